"""Stand-in values by VR, and dates moved by whole days."""

import re
from datetime import date, timedelta
from typing import Any

TEXT_VRS = frozenset({"AE", "AS", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"})
DATE_VRS = frozenset({"DA", "DT", "TM"})
REMOVED = "REMOVED"
_DUMMIES: dict[str, Any] = {
    "AS": "000Y", "DA": "19000101", "DT": "19000101000000", "TM": "000000", "DS": "0", "IS": "0",
    "FD": 0.0, "FL": 0.0, "SL": 0, "SS": 0, "SV": 0, "UL": 0, "US": 0, "UV": 0,
    "OB": b"\0\0", "OW": b"\0\0", "UN": b"\0\0", "OF": b"\0" * 4, "OL": b"\0" * 4,
    "OD": b"\0" * 8, "OV": b"\0" * 8,
}  # fmt: skip
_DATE = re.compile(r"(\d{4})[.]?(\d{2})[.]?(\d{2})")
_DATE_TIME = re.compile(r"(\d{4})(\d{2})?(\d{2})?(.*)", re.DOTALL)


def dummy(vr: str) -> Any:  # noqa: ANN401  a value of any VR
    """Return a value that says nothing and is valid for this VR."""
    return _DUMMIES.get(vr, REMOVED)


def shifted_date(text: str, days: int) -> str | None:
    """Return a DA value moved by days; None where it is no date."""
    found = _DATE.fullmatch(text.strip())
    return _moved(found.groups(), days) if found else None


def shifted_datetime(text: str, days: int) -> str | None:
    """Return a DT value moved by days, as precise as it was; None where it is none."""
    found = _DATE_TIME.fullmatch(text.strip())
    if not found:
        return None
    year, month, day, rest = found.groups()
    if rest and not re.fullmatch(r"(\d{2}){0,3}(\.\d{1,6})?([+-]\d{4})?", rest):
        return None
    moved = _moved((year, month or "01", day or "01"), days)
    if moved is None:
        return None
    precise = 4 + 2 * (month is not None) + 2 * (day is not None)
    return moved[:precise] + rest


def shifted(vr: str, text: str, days: int) -> str | None:
    """Return a date, time or date-time moved by whole days: a time of day stays as it is."""
    if not text.strip():
        return ""
    if vr == "TM":
        return text if re.fullmatch(r"\d{2}(:?\d{2}){0,2}(\.\d{1,6})?", text.strip()) else None
    return shifted_date(text, days) if vr == "DA" else shifted_datetime(text, days)


def _moved(parts: tuple[str | Any, ...], days: int) -> str | None:
    try:
        year, month, day = (int(part) for part in parts)
        moved = date(year, month, day) + timedelta(days=days)
    except (ValueError, OverflowError):
        return None
    return f"{moved:%Y%m%d}".rjust(8, "0")
