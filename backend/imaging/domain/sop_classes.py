"""What kind of object a SOP class is, as far as Limn treats them differently."""

from pydicom.uid import UID

DICOMDIR = "1.2.840.10008.1.3.10"

_ROOT = "1.2.840.10008.5.1.4.1.1."
# Objects that may hold pixels but are no pictures to label.
SEGMENTATIONS = frozenset({_ROOT + "66.4", _ROOT + "66.7"})
RT_DOSE = _ROOT + "481.2"
NUCLEAR_MEDICINE = _ROOT + "20"
SLIDE = _ROOT + "77.1.6"
# Storage classes whose name says "Image Storage" yet which carry no pixel data of their own.
_NO_PICTURES = ("Raw Data", "Spatial", "Presentation State", "Waveform")
_PICTURES_BESIDES = frozenset({RT_DOSE, _ROOT + "30", *SEGMENTATIONS})


def is_image(sop_class_uid: str) -> bool:
    """Tell whether objects of this class must have pixel data."""
    name = UID(sop_class_uid).name
    if any(word in name for word in _NO_PICTURES):
        return False
    return "Image Storage" in name or sop_class_uid in _PICTURES_BESIDES


def is_picture(sop_class_uid: str) -> bool:
    """Tell whether frames of this class are shown and labelled (segmentations are not)."""
    return sop_class_uid not in SEGMENTATIONS
