"""Values out of a header in DICOM JSON, each checked for what it may be."""

import hashlib
import math
import re
from collections.abc import Sequence
from typing import Any

from backend.imaging.domain.dicom_json import Header

LONGEST_UID = 64
_NUMBER = (int, float)
_UID = re.compile(r"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))*")


def values(header: Header, tag: str) -> list[Any]:
    """Return all values of an element; empty where it is absent."""
    element = header.get(tag)
    found = None if element is None else element.get("Value")
    return found if isinstance(found, list) else []


def text(header: Header, tag: str, limit: int = 256) -> str:
    """Return the first value as text, cut to `limit` characters."""
    if tag not in header:
        return ""
    found = values(header, tag)
    first = found[0] if found else None
    if isinstance(first, dict):
        first = first.get("Alphabetic") or first.get("Ideographic") or first.get("Phonetic")
    return "" if first is None else str(first)[:limit]


def person(header: Header, tag: str, limit: int = 400) -> str:
    """Return a person's name with all its groups, as DICOM writes it."""
    found = values(header, tag)
    if not found or not isinstance(found[0], dict):
        return ""
    groups = [found[0].get(key, "") for key in ("Alphabetic", "Ideographic", "Phonetic")]
    return "=".join(groups).rstrip("=")[:limit]


def integer(header: Header, tag: str) -> int | None:
    """Return the first value as a whole number; None where it is none."""
    if tag not in header:
        return None
    found = values(header, tag)
    first = found[0] if found else None
    if isinstance(first, bool) or not isinstance(first, _NUMBER):
        return None
    return int(first) if float(first).is_integer() else None


def small_integer(header: Header, tag: str) -> int | None:
    """Return a whole number that a database column of 32 bits holds, else None."""
    value = integer(header, tag)
    return value if value is not None and abs(value) < 2**31 else None


def number(header: Header, tag: str) -> float | None:
    """Return the first value as a finite number."""
    found = numbers(header, tag)
    return found[0] if found else None


def numbers(header: Header, tag: str, count: int | None = None) -> list[float] | None:
    """Return all values as finite numbers; None if one is no number or the count is wrong."""
    if tag not in header:
        return None
    found = values(header, tag)
    if not found or (count is not None and len(found) != count):
        return None
    if not all(isinstance(v, _NUMBER) and math.isfinite(v) for v in found):
        return None
    return [float(v) for v in found]


def items(header: Header, tag: str) -> list[Header]:
    """Return the items of a sequence."""
    return [item for item in values(header, tag) if isinstance(item, dict)]


def first_item(header: Header, tag: str) -> Header:
    """Return the first item of a sequence; an empty header where there is none."""
    found = items(header, tag)
    return found[0] if found else {}


def is_uid(candidate: str) -> bool:
    """Tell whether this is a UID as DICOM allows it (PS3.5 chapter 9)."""
    return 0 < len(candidate) <= LONGEST_UID and _UID.fullmatch(candidate) is not None


def derived_uid(*parts: str) -> str:
    """Return a UID under 2.25 that always is the same for the same parts."""
    digest = hashlib.sha256("\x1f".join(parts).encode("utf-8", "replace")).digest()
    return f"2.25.{int.from_bytes(digest[:16], 'big')}"


def first_uid(candidates: Sequence[str]) -> str:
    """Return the first candidate that is a UID; empty where none is."""
    return next((candidate for candidate in candidates if is_uid(candidate)), "")
