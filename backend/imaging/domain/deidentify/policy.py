"""What an installation chose to do with identities: a versioned document, never changed.

A changed policy is a new version; every file and every report says by which one it was made.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any, Literal, Self

from backend.imaging.domain.deidentify.standard import EDITION, Option

Check = Literal["likely", "all", "none"]
_CHECKS = ("likely", "all", "none")
_DATE_OPTIONS = {Option.FULL_DATES, Option.MODIFIED_DATES}


class PolicyInvalid(ValueError):
    """The document is no policy; the message says why."""


@dataclass(frozen=True)
class Recipe:
    """Where a device writes: its maker and model, the size of its pictures, boxes of four numbers.

    Boxes are (top, left, bottom, right) in pixels. An empty model or a size of 0 means any.
    """

    manufacturer: str
    boxes: tuple[tuple[int, int, int, int], ...]
    model: str = ""
    rows: int = 0
    columns: int = 0


@dataclass(frozen=True)
class PixelRules:
    """Which pictures are searched for burned-in text, and whether known places are blanked.

    `check`: ``likely`` looks at what often carries text (ultrasound, secondary captures,
    screenshots, radiographs), ``all`` at every image, ``none`` at none. `blank_known` blanks the
    places a device recipe or the ultrasound regions name, without a person.
    """

    check: Check = "likely"
    blank_known: bool = False
    recipes: tuple[Recipe, ...] = ()


@dataclass(frozen=True)
class Policy:
    """A policy: `applies` is False where data comes in de-identified already.

    `salt_id` names the secret that pseudonyms and UIDs are made with. `shift_days` bounds the
    shift of a patient's dates, both ends included. `separate_issuers` tells patients of equal
    IDs apart by the issuer. `way_back` keeps who each pseudonym is, sealed, for those who may ask.
    `memory_only` keeps what arrives over DICOMweb off the disk until it is cleared.
    """

    name: str
    title: str
    version: int = 1
    applies: bool = True
    options: frozenset[Option] = frozenset()
    salt_id: str = "default"
    shift_days: tuple[int, int] = (-365, -1)
    pixels: PixelRules = field(default_factory=PixelRules)
    separate_issuers: bool = False
    way_back: bool = False
    memory_only: bool = False
    edition: str = EDITION

    def __post_init__(self) -> None:
        if self.options >= _DATE_OPTIONS:
            raise PolicyInvalid("Dates are either kept in full or shifted, not both.")
        first, last = self.shift_days
        if first > last or first == last == 0:
            raise PolicyInvalid("The range of the date shift must hold a day other than zero.")
        if abs(first) > 36500 or abs(last) > 36500:
            raise PolicyInvalid("A date shift of more than a century is not meant.")
        if self.version < 1 or not self.name or len(self.name) > 60:
            raise PolicyInvalid("A policy has a name of at most 60 letters and a version from 1.")
        if self.memory_only and not self.applies:
            raise PolicyInvalid("What is kept as it is cannot be kept off the disk.")
        if self.pixels.check not in _CHECKS:
            raise PolicyInvalid("Pictures are checked where likely, all of them, or none.")
        if self.edition != EDITION:
            raise PolicyInvalid(f"This Limn knows the standard's edition {EDITION} only.")

    def document(self) -> dict[str, Any]:
        """Return the policy as plain values; `from_document` reads it back equal."""
        found = json.dumps({**asdict(self), "options": sorted(self.options)})
        document: dict[str, Any] = json.loads(found)
        return document

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Self:
        """Read a policy; raises PolicyInvalid, unknown fields included."""
        try:
            return cls(
                **{
                    **document,
                    "options": frozenset(Option(each) for each in document.get("options", [])),
                    "shift_days": _range(document.get("shift_days", (-365, -1))),
                    "pixels": _pixels(document.get("pixels", {})),
                }
            )
        except PolicyInvalid:
            raise
        except (TypeError, ValueError, KeyError) as error:
            raise PolicyInvalid(f"This is not a policy: {error}.") from None

    @cached_property
    def digest(self) -> str:
        """Return a hash of everything that decides the outcome; made once, every report names it."""
        text = json.dumps(self.document(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def label(self) -> str:
        """Return how files and reports name this policy."""
        return f"{self.name} v{self.version}"

    def renewed(self, **changes: Any) -> Self:  # noqa: ANN401  the fields of this class
        """Return the next version with these fields changed."""
        return replace(self, version=self.version + 1, **changes)


def _range(value: Any) -> tuple[int, int]:  # noqa: ANN401  checked here
    first, last = (int(day) for day in value)
    return first, last


def _pixels(document: dict[str, Any]) -> PixelRules:
    recipes = tuple(
        Recipe(**{**recipe, "boxes": tuple(_box(box) for box in recipe["boxes"])})
        for recipe in document.get("recipes", ())
    )
    return PixelRules(**{**document, "recipes": recipes})


def _box(box: Any) -> tuple[int, int, int, int]:  # noqa: ANN401  checked here
    top, left, bottom, right = (int(edge) for edge in box)
    if not (0 <= top < bottom and 0 <= left < right):
        raise PolicyInvalid("A box is top, left, bottom, right in pixels, with an inside.")
    return top, left, bottom, right


BASIC = Policy("basic", "Basic profile")
RESEARCH = Policy(
    "research-shifted",
    "Research, dates shifted",
    options=frozenset(
        {
            Option.MODIFIED_DATES,
            Option.PATIENT,
            Option.SAFE_PRIVATE,
            Option.CLEAN_DESCRIPTORS,
            Option.CLEAN_STRUCTURED,
            Option.CLEAN_GRAPHICS,
        }
    ),
)
KEEP = Policy(
    "keep", "Keep as is (already de-identified)", applies=False, pixels=PixelRules(check="none")
)
PRESETS = {policy.name: policy for policy in (BASIC, RESEARCH, KEEP)}
