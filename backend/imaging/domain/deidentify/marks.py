"""What a de-identified object says about itself (PS3.15 E.1.1, PS3.3 C.12.1.1.9 and others)."""

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from backend.imaging.domain.deidentify.policy import Policy
from backend.imaging.domain.deidentify.standard import BASIC_CODE, CODES, EDITION, Option

_LONGEST = 64


def set_marks(dataset: Dataset, policy: Policy) -> None:
    """Say that the identity was removed, by which policy and options, and what became of dates."""
    dataset.PatientIdentityRemoved = "YES"
    earlier = dataset.get("DeidentificationMethod") or []
    methods = [str(m) for m in ([earlier] if isinstance(earlier, str) else earlier)]
    ours = f"Limn {policy.label}, PS3.15 {EDITION}"[:_LONGEST]
    dataset.DeidentificationMethod = [*[m for m in methods if m != ours], ours]
    chosen = [BASIC_CODE, *(CODES[option] for option in sorted(policy.options))]
    dataset.DeidentificationMethodCodeSequence = Sequence([_code(*code) for code in chosen])
    dataset.LongitudinalTemporalInformationModified = _dates(policy)


def mark_pixels(dataset: Dataset) -> None:
    """Say that no text that identifies is left in the picture."""
    dataset.BurnedInAnnotation = "NO"
    codes = list(dataset.get("DeidentificationMethodCodeSequence") or [])
    value, meaning = CODES[Option.CLEAN_PIXELS]
    if all(code.get("CodeValue") != value for code in codes):
        codes.append(_code(value, meaning))
    dataset.DeidentificationMethodCodeSequence = Sequence(codes)


def _dates(policy: Policy) -> str:
    if Option.FULL_DATES in policy.options:
        return "UNMODIFIED"
    return "MODIFIED" if Option.MODIFIED_DATES in policy.options else "REMOVED"


def _code(value: str, meaning: str) -> Dataset:
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = value, "DCM", meaning
    return code
