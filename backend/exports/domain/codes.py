"""Which coded concepts a segment is written with.

A segment without a code is written as tissue and nothing more: a default never names an organ.
"""

from highdicom.sr.coding import CodedConcept

from backend.exports.domain.item import SegmentInfo

TISSUE = CodedConcept("85756007", "SCT", "Tissue")
ANATOMY = CodedConcept("91723000", "SCT", "Anatomical Structure")
ABNORMAL = CodedConcept("49755003", "SCT", "Morphologically Abnormal Structure")
LEARNED_MODEL = CodedConcept("123110", "DCM", "Artificial Intelligence")

# SNOMED CT concepts of disease that segments are often coded with; the rest counts as anatomy.
_ABNORMAL_VALUES = frozenset(
    {
        "4147007",  # mass
        "52988006",  # lesion
        "108369006",  # neoplasm
        "86049000",  # neoplasm, primary
        "14799000",  # neoplasm, secondary
        "27925004",  # nodule
        "44132006",  # abscess
        "50960005",  # haemorrhage
        "55641003",  # infarct
        "6574001",  # necrosis
        "79654002",  # oedema
        "367643001",  # cyst
        "12402003",  # scar
    }
)


def property_codes(segment: SegmentInfo) -> tuple[CodedConcept, CodedConcept]:
    """Return the category and the type of a segment."""
    if segment.code is None:
        return TISSUE, TISSUE
    scheme, value, meaning = segment.code
    is_abnormal = scheme == "SCT" and value in _ABNORMAL_VALUES
    return ABNORMAL if is_abnormal else ANATOMY, CodedConcept(value, scheme, meaning)
