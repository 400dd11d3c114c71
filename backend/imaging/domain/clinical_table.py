"""Reads a table of dated values: comma, semicolon or tab between cells, the first line names them."""

import csv
from collections.abc import Iterator
from datetime import date, datetime
from io import StringIO

from pydantic import ValidationError

from backend.imaging.domain.messages_patients import ClinicalIn

MOST_LINES = 5_000
_COLUMNS = ("date", "name", "value", "unit")
_DATES = ("%Y-%m-%d", "%Y%m%d", "%d.%m.%Y", "%Y/%m/%d")


class NoTable(ValueError):
    """The text is no such table; the message says why."""


def clinical_lines(text: str) -> Iterator[tuple[int, ClinicalIn | str]]:
    """Yield each line's number with its entry, or the reason why it is none; raises NoTable."""
    head = text.lstrip("\ufeff").split("\n", 1)[0]
    delimiter = max(",;\t", key=head.count)
    reader = csv.DictReader(StringIO(text.lstrip("\ufeff")), delimiter=delimiter)
    names = {(name or "").strip().casefold(): name for name in reader.fieldnames or ()}
    if "name" not in names or "value" not in names:
        raise NoTable("The first line must name the columns: date, name, value, unit.")
    for number, row in enumerate(reader, start=2):
        if number > MOST_LINES + 1:
            raise NoTable(f"A table may have at most {MOST_LINES} lines; send it in parts.")
        cells = {key: str(row.get(names.get(key, ""), "") or "").strip() for key in _COLUMNS}
        if any(cells.values()):
            yield number, _entry(cells)


def _entry(cells: dict[str, str]) -> ClinicalIn | str:
    day = _day(cells["date"])
    if cells["date"] and day is None:
        return "The date is none that Limn reads; write it as 2025-01-31."
    try:
        return ClinicalIn(
            kind="value" if day else "fact",
            name=cells["name"],
            value=cells["value"],
            unit=cells["unit"],
            date=day,
        )
    except ValidationError:
        return "The line needs a name of at most 120 letters, a value, and a unit of at most 40."


def _day(text: str) -> date | None:
    for form in _DATES:
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007  a day has no zone
        except ValueError:
            continue
    return None
