"""Which study, series, instance and patient a file belongs to.

Identifiers are taken from the header where DICOM allows them. Where one is missing or is none,
Limn derives its own from what the file says, always the same for the same words, and notes it:
the file is kept bit for bit, only the index speaks of it by another name.
"""

import hashlib
import re
from dataclasses import dataclass, field
from typing import Any

from backend.imaging.domain import header as values
from backend.imaging.domain.dicom_json import Header
from backend.imaging.domain.parsed import Parsed

UID_SUBSTITUTED = "uid_substituted"
MOST_REQUESTS = 16
_NOT_LETTERS = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Identity:
    """Identifiers and descriptions for the index; every text is cut to its column."""

    patient: dict[str, Any]
    study: dict[str, Any]
    series: dict[str, Any]
    sop_uid: str
    number: int | None
    remarks: list[str] = field(default_factory=list)


def settle(parsed: Parsed, sha256: str) -> Identity:
    """Return the identity of a file whose content has this hash; corrects its header's UIDs."""
    header = parsed.header
    given = [values.text(header, tag, 128) for tag in ("00080018", "0020000D", "0020000E")]
    sop_uid = values.first_uid([given[0], parsed.meta_sop_uid])
    sop_uid = sop_uid or values.derived_uid("instance", given[0] or sha256)
    patient = _patient(header)
    study_uid = given[1] if values.is_uid(given[1]) else _study_uid(header, given[1], sop_uid)
    series_uid = given[2] if values.is_uid(given[2]) else _series_uid(header, given[2], study_uid)
    final = [sop_uid, study_uid, series_uid]
    remarks = [UID_SUBSTITUTED] if final != given else []
    tags = ("00080018", "0020000D", "0020000E", "00080016")
    for tag, uid in zip(tags, [*final, parsed.sop_class_uid], strict=True):
        header[tag] = {"vr": "UI", "Value": [uid]}
    if not patient["patient_id"] and not patient["name"]:
        patient["identity"] = _hash("study", study_uid)
    return Identity(
        patient=patient,
        study=_study(header, study_uid, patient),
        series=_series(header, series_uid),
        sop_uid=sop_uid,
        number=values.small_integer(header, "00200013"),
        remarks=remarks,
    )


def _hash(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "replace")).hexdigest()


def _patient(header: Header) -> dict[str, Any]:
    patient_id = values.text(header, "00100020", 128)
    issuer = values.text(header, "00100021", 128)
    name = values.person(header, "00100010")
    birth_date = values.text(header, "00100030", 16)
    key = _NOT_LETTERS.sub(" ", name.casefold()).strip()
    return {
        "identity": _hash("patient", issuer, patient_id, key, birth_date),
        "patient_id": patient_id,
        "issuer": issuer,
        "name": name,
        "sex": values.text(header, "00100040", 16),
        "birth_date": birth_date,
    }


def _study_uid(header: Header, given: str, sop_uid: str) -> str:
    """Return a study UID for a file that has none: by what it was given instead, else what it shows."""
    if given:
        return values.derived_uid("study", given)
    frame_of_reference = values.text(header, "00200052", 64)
    patient_id = values.text(header, "00100020", 128)
    if not frame_of_reference and not patient_id:
        return values.derived_uid("study of", sop_uid)
    words = [values.text(header, tag) for tag in ("00100021", "00080020", "00080030", "00080050")]
    return values.derived_uid("study", patient_id, frame_of_reference, *words)


def _series_uid(header: Header, given: str, study_uid: str) -> str:
    if given:
        return values.derived_uid("series", given)
    tags = ("00080060", "00200011", "0008103E", "00080021", "00080031", "00200052", "00200012")
    return values.derived_uid("series", study_uid, *(values.text(header, tag) for tag in tags))


def _study(header: Header, uid: str, patient: dict[str, Any]) -> dict[str, Any]:
    study = {
        "uid": uid,
        "study_id": values.text(header, "00200010", 64),
        "date": values.text(header, "00080020", 16),
        "time": values.text(header, "00080030", 32),
        "accession": values.text(header, "00080050", 64),
        "description": values.text(header, "00081030", 256),
        "referring_physician": values.person(header, "00080090"),
    }
    searched = (patient["patient_id"], patient["name"], study["accession"], study["description"])
    study["search_text"] = "\n".join(searched).casefold()
    return study


def _series(header: Header, uid: str) -> dict[str, Any]:
    return {
        "uid": uid,
        "number": values.small_integer(header, "00200011"),
        "modality": values.text(header, "00080060", 16),
        "description": values.text(header, "0008103E", 256),
        "body_part": values.text(header, "00180015", 64),
        "laterality": values.text(header, "00200060", 16),
        "started_date": values.text(header, "00400244", 16),
        "started_time": values.text(header, "00400245", 32),
        "requests": _requests(header),
    }


def _requests(header: Header) -> list[dict[str, str]]:
    """Return what a series was made for, by the ids of its request attributes."""
    return [
        {
            "step": values.text(item, "00400009", 64),
            "procedure": values.text(item, "00401001", 64),
        }
        for item in values.items(header, "00400275")[:MOST_REQUESTS]
    ]
