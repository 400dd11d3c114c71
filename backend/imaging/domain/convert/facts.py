"""What is known of a file beside its pixels: from side files, from names, from nothing."""

import hashlib
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

# Known by DICOM's own words, by BIDS' and by plain ones; compared without case and signs.
_FIELDS = {
    "patient_id": ("patientid", "patient", "subject", "subjectid", "participantid"),
    "patient_name": ("patientname", "patientsname", "name"),
    "birth_date": ("patientbirthdate", "birthdate", "dateofbirth"),
    "sex": ("patientsex", "sex", "gender"),
    "age": ("patientage",),
    "modality": ("modality",),
    "laterality": ("laterality", "imagelaterality", "side", "eye"),
    "body_part": ("bodypartexamined", "bodypart"),
    "study_uid": ("studyinstanceuid", "studyuid"),
    "study_id": ("studyid", "session", "sessionid"),
    "study_date": ("studydate", "date", "acquisitiondate"),
    "study_description": ("studydescription", "study"),
    "series_description": ("seriesdescription", "series", "protocolname"),
    "series_number": ("seriesnumber",),
    "accession": ("accessionnumber", "accession"),
    "kind": ("kind",),
    "pixel_spacing": ("pixelspacing", "pixelspacingmm"),
    "b_values": ("bvalues", "bvals", "bval"),
    "gradients": ("gradients", "bvecs", "bvec"),
}
_FIELD_OF = {word: name for name, words in _FIELDS.items() for word in words}
_SEXES = {"m": "M", "male": "M", "f": "F", "female": "F", "o": "O", "other": "O"}
_SIDES = {"l": "L", "left": "L", "r": "R", "right": "R", "b": "B", "both": "B", "u": "U",
          "os": "L", "od": "R"}  # fmt: skip
_DATE = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})")
_UID = re.compile(r"(0|[1-9]\d*)(\.(0|[1-9]\d*)){2,}")
_MODALITY = re.compile(r"[A-Z][A-Z0-9_]{0,15}")
_SPOKEN_MODALITIES = {"MRI": "MR", "PET": "PT", "ULTRASOUND": "US", "XRAY": "DX", "X-RAY": "DX"}
_BIDS = re.compile(r"(?:^|/)sub-([A-Za-z0-9]+)(?:[_/]|$)")
_BIDS_SESSION = re.compile(r"[_/]ses-([A-Za-z0-9]+)(?:[_/]|$)")
_BIDS_MR = re.compile(r"_(T1w|T2w|T2star|FLAIR|PDw|T1map|T2map|bold|sbref|dwi|cbv|asl)$")
# Acquisition parameters whose unit is the same everywhere (times are not: BIDS has seconds).
_ACQUISITION = frozenset({"FlipAngle", "MagneticFieldStrength", "KVP"})
# Facts that came later: where they say nothing, a file becomes the same instances as before them.
_LATER = frozenset({"b_values", "gradients"})
_MOST_VOLUMES = 100_000
_WORDS = ("Manufacturer", "ManufacturersModelName", "ManufacturerModelName")


@dataclass(frozen=True)
class Facts:
    """Everything optional; texts are clean enough for DICOM. `labels` are columns unknown.

    `b_values` (s/mm2) and `gradients` have an entry for each volume of a diffusion series; the
    directions are along the axes of the voxels, as FSL's .bvec files give them.
    """

    patient_id: str = ""
    patient_name: str = ""
    birth_date: str = ""
    sex: str = ""
    age: str = ""
    modality: str = ""
    laterality: str = ""
    body_part: str = ""
    study_uid: str = ""
    study_id: str = ""
    study_date: str = ""
    study_description: str = ""
    series_description: str = ""
    series_number: int | None = None
    accession: str = ""
    kind: str = ""
    pixel_spacing_mm: tuple[float, float] | None = None
    b_values: tuple[float, ...] = ()
    gradients: tuple[tuple[float, float, float], ...] = ()
    acquisition: tuple[tuple[str, float | str], ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    remarks: tuple[str, ...] = field(default=(), compare=False)

    def digest(self) -> str:
        """Return a hash of all that goes into the instances."""
        said = {
            key: value
            for key, value in asdict(self).items()
            if key not in {"remarks", "labels"} and (value or key not in _LATER)
        }
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()

    def over(self, other: "Facts") -> "Facts":
        """Return these facts, filled up by others that are less sure."""
        own = {
            name: getattr(other, name)
            for name in self.__dataclass_fields__
            if getattr(self, name) in ("", None, ())
        }
        return replace(self, **own)


def facts_from(said: Mapping[str, Any]) -> Facts:
    """Return what a side file says of one image; what cannot be is left out, and told."""
    found: dict[str, Any] = {}
    acquisition: list[tuple[str, float | str]] = []
    labels: list[tuple[str, str]] = []
    remarks: list[str] = []
    for key, value in said.items():
        name = _FIELD_OF.get(re.sub(r"[\W_]", "", str(key)).lower())
        if name is not None:
            checked = _checked(name, value)
            if checked in ("", None, ()) and _text(value):
                remarks.append(f"The side file's {name.replace('_', ' ')} was not understood.")
            elif checked not in ("", None, ()):
                found.setdefault(name, checked)
        elif key in _ACQUISITION or key in _WORDS:
            acquisition += _parameter(str(key), value)
        elif (word := _text(value)) and not isinstance(value, list | dict):
            labels.append((str(key)[:64], word[:200]))
    spacing = found.pop("pixel_spacing", None)
    if "b_values" in found:  # only MR has any
        found.setdefault("modality", "MR")
    return Facts(
        **found,
        pixel_spacing_mm=spacing,
        acquisition=tuple(acquisition),
        labels=tuple(labels),
        remarks=tuple(remarks),
    )


def facts_from_name(name: str) -> Facts:
    """Return what a name by the rules of BIDS says: subject, session, kind of scan."""
    subject = _BIDS.search(name)
    session = _BIDS_SESSION.search(name)
    stem = stem_of(name)
    return Facts(
        patient_id=subject[1] if subject else "",
        study_id=session[1][:16] if subject and session else "",
        modality="MR" if subject and _BIDS_MR.search(stem) else "",
        series_description=_clean(stem, 64),
    )


def stem_of(name: str) -> str:
    """Return a file's name without its folder and its endings."""
    last = name.rsplit("/", 1)[-1]
    for ending in (".nii.gz", ".img.gz", ".seg.nrrd"):
        if last.lower().endswith(ending):
            return last[: -len(ending)]
    return last.rsplit(".", 1)[0] if "." in last[1:] else last


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()


def _clean(text: str, limit: int) -> str:
    """Return text without what DICOM's strings may not hold."""
    kept = "".join(sign if sign.isprintable() and sign != "\\" else " " for sign in text)
    return " ".join(kept.split())[:limit]


def _checked(name: str, value: object) -> Any:  # noqa: ANN401  by its field
    """Return a value as its field takes it; empty where it cannot be meant."""
    text = _text(value)
    checks: dict[str, Callable[[], Any]] = {
        "sex": lambda: _SEXES.get(text.lower(), ""),
        "laterality": lambda: _SIDES.get(text.lower(), ""),
        "birth_date": lambda: _date(text),
        "study_date": lambda: _date(text),
        "modality": lambda: _modality(text),
        "study_uid": lambda: text if _UID.fullmatch(text) and len(text) <= 64 else "",
        "series_number": lambda: int(text) if re.fullmatch(r"\d{1,9}", text) else None,
        "kind": lambda: text.lower() if text.lower() in {"image", "labels"} else "",
        "pixel_spacing": lambda: _spacing(value),
        "b_values": lambda: _b_values(value),
        "gradients": lambda: _gradients(value),
        "age": lambda: text if re.fullmatch(r"\d{3}[DWMY]", text) else "",
        "body_part": lambda: _clean(text.upper(), 16),
        "study_id": lambda: _clean(text, 16),
        "accession": lambda: _clean(text, 16),
        "patient_name": lambda: _clean(text, 64).replace("=", " "),
    }
    return checks.get(name, lambda: _clean(text, 64))()


def _date(text: str) -> str:
    match = _DATE.match(text)
    if match is None or not (1 <= int(match[2]) <= 12 and 1 <= int(match[3]) <= 31):
        return ""
    return "".join(match.groups())


def _modality(text: str) -> str:
    word = text.upper()
    word = _SPOKEN_MODALITIES.get(word, word)
    return word if _MODALITY.fullmatch(word) else ""


def _spacing(value: object) -> tuple[float, float] | None:
    words = value if isinstance(value, list) else re.split(r"[\s,;x\\]+", _text(value))
    try:
        numbers = [float(word) for word in words]
    except (TypeError, ValueError):
        return None
    numbers = numbers * 2 if len(numbers) == 1 else numbers
    if len(numbers) != 2 or not all(1e-6 < number < 1e6 for number in numbers):
        return None
    return numbers[0], numbers[1]


def _b_values(value: object) -> tuple[float, ...]:
    """Return b-values in s/mm2; none where one of them cannot be one."""
    numbers = _numbers(value)
    return tuple(numbers) if all(0 <= number < 1e6 for number in numbers) else ()


def _gradients(value: object) -> tuple[tuple[float, float, float], ...]:
    """Return directions, from three rows or three columns; none where they are something else."""
    rows = value if isinstance(value, list) else []
    lines = [_numbers(row) for row in rows]
    if len(lines) != 3 and all(len(line) == 3 for line in lines):
        lines = [list(column) for column in zip(*lines, strict=True)]
    if len(lines) != 3 or len({len(line) for line in lines}) != 1:
        return ()
    return tuple((x, y, z) for x, y, z in zip(*lines, strict=True))


def _numbers(value: object) -> list[float]:
    words = value if isinstance(value, list) else re.split(r"[\s,;]+", _text(value))
    try:
        numbers = [float(word) for word in words[:_MOST_VOLUMES] if str(word)]
    except (TypeError, ValueError):
        return []
    return numbers if all(map(math.isfinite, numbers)) else []


def _parameter(key: str, value: object) -> list[tuple[str, float | str]]:
    if key in _WORDS:
        return [(key.replace("ersM", "erM"), _clean(_text(value), 64))]
    try:
        number = float(_text(value))
    except ValueError:
        return []
    return [(key, number)] if 0 <= number < 1e9 else []
