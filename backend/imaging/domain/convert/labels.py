"""Labels in the clothes of pictures: masks and segmentations that must not become images."""

import re

from backend.imaging.domain.convert.facts import Facts, stem_of
from backend.imaging.domain.convert.values import Survey

_FOLDERS = frozenset(
    {"label", "labels", "labelstr", "labelsts", "mask", "masks", "seg", "segs", "segmentation",
     "segmentations", "groundtruth", "ground_truth", "gt"}
)  # fmt: skip
_WORDS = frozenset(
    {"label", "labels", "labelmap", "mask", "masks", "seg", "segmentation", "segmentations",
     "dseg", "gt", "groundtruth"}
)  # fmt: skip
# A volume that has no more values than this may be labels, whatever it is called.
SUSPICIOUS = 8
FEW_VALUES = (
    "It has only {count} different values; if these are labels, say so in a side file "
    "(kind = labels)."
)


def name_says_labels(name: str) -> bool:
    """Tell by folder and words of its name whether a file calls itself labels."""
    folders = name.lower().split("/")[:-1]
    words = re.split(r"[_\-. ]+", stem_of(name).lower())
    own = name.lower().endswith(".seg.nrrd")
    return own or not _WORDS.isdisjoint(words) or any(f in _FOLDERS for f in folders[-2:])


def why_labels(name: str, facts: Facts, survey: Survey | None, *, says_labels: bool) -> str:
    """Return why a file is labels; empty where it is a picture.

    A side file has the last word. A name alone is not believed where the values have fractions,
    or are more than labels ever have.
    """
    if facts.kind:
        return "its side file says so" if facts.kind == "labels" else ""
    if says_labels:
        return "its header says so"
    if not name_says_labels(name):
        return ""
    if survey is not None and (not survey.whole or survey.distinct is None or survey.low < 0):
        return ""
    return "its name says so, and its values are few and whole"


def remark_on(survey: Survey) -> list[str]:
    """Return what should be said of a volume with few values."""
    few = survey.whole and survey.distinct is not None and 1 < len(survey.distinct) <= SUSPICIOUS
    if not few or survey.count < 1000:
        return []
    return [FEW_VALUES.format(count=len(survey.distinct or ()))]
