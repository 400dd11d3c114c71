"""The tables of PS3.15 Annex E, read from the CSV files beside this module.

``table.csv`` is table E.1-1: one row per attribute with its action under the Basic Profile and
under each option. ``requirements.csv`` says how the IODs of PS3.3 require the attributes with a
compound action (X/Z/D ...), at the root of a data set and inside sequences. ``safe_private.csv``
is the standard's list of private attributes thought to be safe.
"""

import csv
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib import resources

EDITION = "2026c"
PRIVATE = "private"
_PACKAGE = "backend.imaging.domain.deidentify"
# The strictest first: a cleaned value is safer than a kept one.
_STRICTEST = ("C", "K")
_OVERLAY_DATA, _OVERLAY_COMMENTS = "60xx3000", "60xx4000"


class Option(StrEnum):
    """The options of the profile; all but CLEAN_PIXELS are columns of the table."""

    SAFE_PRIVATE = "retain_safe_private"
    UIDS = "retain_uids"
    DEVICE = "retain_device"
    INSTITUTION = "retain_institution"
    PATIENT = "retain_patient"
    FULL_DATES = "full_dates"
    MODIFIED_DATES = "modified_dates"
    CLEAN_DESCRIPTORS = "clean_descriptors"
    CLEAN_STRUCTURED = "clean_structured"
    CLEAN_GRAPHICS = "clean_graphics"
    CLEAN_PIXELS = "clean_pixels"


_COLUMNS: tuple[Option, ...] = tuple(
    option for option in Option if option is not Option.CLEAN_PIXELS
)
BASIC_CODE = ("113100", "Basic Application Confidentiality Profile")
# Codes of PS3.16 CID 7050, which the data set carries in (0012,0064).
CODES: dict[Option, tuple[str, str]] = {
    Option.CLEAN_PIXELS: ("113101", "Clean Pixel Data Option"),
    Option.CLEAN_GRAPHICS: ("113103", "Clean Graphics Option"),
    Option.CLEAN_STRUCTURED: ("113104", "Clean Structured Content Option"),
    Option.CLEAN_DESCRIPTORS: ("113105", "Clean Descriptors Option"),
    Option.FULL_DATES: (
        "113106",
        "Retain Longitudinal Temporal Information Full Dates Option",
    ),
    Option.MODIFIED_DATES: (
        "113107",
        "Retain Longitudinal Temporal Information Modified Dates Option",
    ),
    Option.PATIENT: ("113108", "Retain Patient Characteristics Option"),
    Option.DEVICE: ("113109", "Retain Device Identity Option"),
    Option.UIDS: ("113110", "Retain UIDs Option"),
    Option.SAFE_PRIVATE: ("113111", "Retain Safe Private Option"),
    Option.INSTITUTION: ("113112", "Retain Institution Identity Option"),
}


@dataclass(frozen=True)
class Rule:
    """One row of the table: what happens to an attribute."""

    tag: str
    name: str
    vr: str
    basic: str
    by_option: dict[Option, str]

    def action(self, options: frozenset[Option]) -> str:
        """Return the action under the options chosen; an option overrides the profile."""
        chosen = {self.by_option[option] for option in options if option in self.by_option}
        return next((action for action in _STRICTEST if action in chosen), self.basic)


@dataclass(frozen=True)
class Requirement:
    """How strictly the IODs ask for an attribute: 1 a value, 2 the element, 3 nothing."""

    otherwise: int
    by_sop_class: dict[str, int]

    def of(self, sop_class_uid: str) -> int:
        """Return the requirement in this kind of object."""
        return self.by_sop_class.get(sop_class_uid, self.otherwise)


@lru_cache(maxsize=1)
def rules() -> dict[str, Rule]:
    """Return the table's rules by tag: eight digits, ``60xx3000`` and the like, or ``private``."""
    found = {}
    for row in _rows("table.csv"):
        by_option: dict[Option, str] = {option: row[option] for option in _COLUMNS if row[option]}
        rule = Rule(row["tag"], row["name"], row["vr"], row["basic"], by_option)
        found[rule.tag] = rule
    return found


@lru_cache(maxsize=4096)
def rule_for(tag: int) -> Rule | None:
    """Return the rule of a public attribute; None where the table does not speak of it."""
    group, element = tag >> 16, tag & 0xFFFF
    if 0x5000 <= group <= 0x50FF:
        return rules()["50xxxxxx"]
    if 0x6000 <= group <= 0x60FF:
        if element == 0x4000:
            return rules()[_OVERLAY_COMMENTS]
        return rules()[_OVERLAY_DATA] if element == 0x3000 else None
    return rules().get(f"{tag:08X}")


@lru_cache(maxsize=1)
def _requirements() -> dict[tuple[str, str], Requirement]:
    listed: dict[tuple[str, str], dict[str, int]] = {}
    for row in _rows("requirements.csv"):
        place = listed.setdefault((row["tag"], row["level"]), {})
        place.update(dict.fromkeys(row["sop_classes"].split(), int(row["type"])))
    return {
        place: Requirement(by_class.pop("*", 3), by_class) for place, by_class in listed.items()
    }


def required(tag: int, sop_class_uid: str, *, nested: bool) -> int:
    """Return 1, 2 or 3: what an object of this kind needs of an attribute with a compound action."""
    place = (f"{tag:08X}", "nested" if nested else "root")
    requirement = _requirements().get(place)
    return requirement.of(sop_class_uid) if requirement else 3


def resolved(action: str, requirement: int) -> str:
    """Return the one action that a compound one comes to under this requirement.

    The standard's rule: remove unless an empty element is required, empty it unless a value is.
    References to images (X/Z/U*) stay with their UIDs replaced, required or not: nothing in them
    identifies anybody then, and labels need them to find their images.
    """
    if "/" not in action:
        return action
    if action.endswith("*"):
        return "U"
    choices = action.split("/")
    if requirement == 3:
        return choices[0]
    if requirement == 2 and "Z" in choices:
        return "Z"
    return choices[-1]


@lru_cache(maxsize=1)
def safe_private() -> frozenset[tuple[str, int, int]]:
    """Return (creator, group, element within its block) of what the standard lists as safe."""
    return frozenset(
        (row["creator"], int(row["group"], 16), int(row["element"], 16))
        for row in _rows("safe_private.csv")
    )


@lru_cache(maxsize=1)
def vocabulary() -> frozenset[str]:
    """Return words of imaging that identify nobody; what Clean Descriptors lets through."""
    return frozenset(_text("vocabulary.txt").split())


def _text(name: str) -> str:
    return resources.files(_PACKAGE).joinpath(name).read_text(encoding="utf-8")


def _rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(_text(name).splitlines()))
