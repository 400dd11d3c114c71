"""Search parameters of QIDO-RS (PS3.18 8.3.4 and 10.6): from the address to conditions."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pydicom.datadict import dictionary_VR, tag_for_keyword

from backend.core.errors import LimnError

MOST_RESULTS = 5000
_TAG = re.compile(r"[0-9A-Fa-f]{8}")
_DATE = re.compile(r"\d{8}", re.ASCII)
_TIME = re.compile(r"\d{2}(\d{2}(\d{2}(\.\d{1,6})?)?)?", re.ASCII)
_UID = re.compile(r"[0-9.]{1,64}")
_NUMBER = re.compile(r"-?\d{1,9}", re.ASCII)
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
_FLAGS = ("fuzzymatching", "emptyvaluematching", "multiplevaluematching")
_END_OF_DAY = "235959.999999"
_EMPTY = '""'


class BadQuery(LimnError):
    """A search says something that cannot be meant."""

    status = 400
    code = "dicomweb.bad_query"


@dataclass(frozen=True)
class Search:
    """What is asked for: values by 8-digit tag (``a.b`` within a sequence), fields, and the page."""

    values: Mapping[str, str]
    fields: frozenset[str] = frozenset()
    all_fields: bool = False
    limit: int = MOST_RESULTS
    offset: int = 0
    fuzzy: bool = False
    several: bool = False
    ignored: tuple[str, ...] = field(default=())

    @property
    def needs_headers(self) -> bool:
        """Tell whether attributes are wanted that only headers hold."""
        return self.all_fields or bool(self.fields)


def search_from(parameters: Iterable[tuple[str, str]], known: Iterable[str]) -> Search:
    """Read the query of an address; attributes not in `known` are ignored, and told."""
    matched: dict[str, str] = {}
    ignored: list[str] = []
    fields: set[str] = set()
    page = {"limit": MOST_RESULTS, "offset": 0}
    flags = dict.fromkeys(_FLAGS, False)
    wanted = set(known)
    for name, value in parameters:
        if name in page:
            page[name] = _count(name, value)
        elif name in flags:
            flags[name] = _flag(name, value)
        elif name == "includefield":
            fields.update(part.strip() for part in value.split(","))
        elif (tag := path_of(name)) not in wanted:
            ignored.append(name)
        elif matched.setdefault(tag, value) != value:
            raise BadQuery(f"{name} is asked for twice.")
    unknown = sorted(each for each in fields - {"all", ""} if not path_of(each))
    if unknown:
        raise BadQuery(f"includefield names no attribute: {unknown[0][:64]}.")
    return Search(
        values=_checked(matched, flags),
        fields=frozenset(path_of(each) for each in fields - {"all", ""}),
        all_fields="all" in fields,
        limit=min(page["limit"], MOST_RESULTS),
        offset=page["offset"],
        fuzzy=flags["fuzzymatching"],
        several=flags["multiplevaluematching"],
        ignored=tuple(ignored),
    )


def _checked(matched: dict[str, str], flags: Mapping[str, bool]) -> dict[str, str]:
    """Return what restricts a search: no value, or only ``*``, matches all."""
    values = {}
    for tag, given in matched.items():
        value = given.strip()
        if value in {"", "*"} or (value == _EMPTY and not flags["emptyvaluematching"]):
            continue
        if value != _EMPTY:
            _check(tag, value)
        values[tag] = "" if value == _EMPTY else value
    return values


def _check(tag: str, value: str) -> None:
    if _CONTROLS.search(value):
        raise BadQuery("No value of an attribute holds control characters.")
    vr = vr_of(tag)
    if vr == "UI":
        if not all(_UID.fullmatch(each) for each in listed(value)):
            raise BadQuery("A UID is made of digits and dots; several are separated by commas.")
    elif vr == "DA":
        bounds(value, _DATE, "A date is written YYYYMMDD, a range YYYYMMDD-YYYYMMDD.")
    elif vr == "TM":
        bounds(value, _TIME, "A time is written HHMMSS, a range HHMMSS-HHMMSS.")
    elif vr in {"IS", "US", "UL", "SL", "SS"} and not all(
        _NUMBER.fullmatch(each) for each in value.split("\\")
    ):
        raise BadQuery("This attribute is searched by a whole number.")


def vr_of(path: str) -> str:
    """Return the value representation of an attribute."""
    try:
        return dictionary_VR(int(path.rpartition(".")[2], 16))
    except KeyError:
        return "UN"


def _count(name: str, value: str) -> int:
    if not value.isascii() or not value.isdigit() or len(value) > 9:
        raise BadQuery(f"{name} must be a whole number, not below 0.")
    return int(value)


def _flag(name: str, value: str) -> bool:
    if value.lower() not in {"true", "false"}:
        raise BadQuery(f"{name} must be true or false.")
    return value.lower() == "true"


def path_of(name: str) -> str:
    """Return tags in 8 hex digits for keywords or tags, ``a.b`` within a sequence; else nothing."""
    tags = [tag_of(part) for part in name.split(".")]
    return ".".join(tags) if all(tags) else ""


def tag_of(name: str) -> str:
    """Return the tag of a keyword or tag, as 8 hex digits; empty where it is none."""
    if _TAG.fullmatch(name):
        return name.upper()
    tag = tag_for_keyword(name)
    return "" if tag is None else f"{tag:08X}"


def listed(value: str) -> list[str]:
    """Return the values of a list, separated by backslashes or commas."""
    return [part.strip() for part in value.replace("\\", ",").split(",") if part.strip()]


def like_pattern(value: str) -> str | None:
    """Return DICOM wildcards (``*`` and ``?``) as a pattern of SQL's LIKE; None where there are none."""
    if "*" not in value and "?" not in value:
        return None
    escaped = re.sub(r"([\\%_])", r"\\\1", value)
    return re.sub(r"\*+", "%", escaped).replace("?", "_")


def likely_pattern(value: str) -> str | None:
    """Return a pattern that a casefolded text fits if any part of it matches `value`.

    A letter may be two once it is folded, so each wildcard stands for any number of them.
    """
    literals = [part for part in re.split(r"[*?]+", value.casefold()) if part]
    if not literals:
        return None
    escaped = [re.sub(r"([\\%_])", r"\\\1", part) for part in literals]
    return f"%{'%'.join(escaped)}%"


def name_words(value: str) -> list[str]:
    """Return the words of a name that a fuzzy search looks for, whatever their order."""
    return [word for word in re.split(r"[\s^=,.*?-]+", value.casefold()) if word]


def word_pattern(word: str) -> str:
    """Return a regular expression of PostgreSQL for a word of a name that begins like this."""
    return r"(^|[\s^=,.-])" + re.sub(r"([^\w])", r"\\\1", word)


def bounds(value: str, single: re.Pattern[str], sentence: str) -> tuple[str, str]:
    """Return the ends of a range ``a-b``, ``a-``, ``-b`` or ``a``; an open end is empty."""
    start, dash, end = value.partition("-")
    if any(part and not single.fullmatch(part) for part in (start, end)) or not (start or end):
        raise BadQuery(sentence)
    return (start, end) if dash else (start, start)


def date_range(value: str) -> tuple[str, str]:
    """Return the first and the last day of a range; an open end is empty."""
    return bounds(value, _DATE, "A date is written YYYYMMDD, a range YYYYMMDD-YYYYMMDD.")


def time_range(value: str) -> tuple[str, str]:
    """Return the first and the last moment of a range, comparable as text with times as stored.

    A stored time may leave out seconds and minutes: the start is cut to what every such writing
    of it begins with, the end is filled up to the last moment that is meant.
    """
    start, end = bounds(value, _TIME, "A time is written HHMMSS, a range HHMMSS-HHMMSS.")
    whole = start.rstrip("0").rstrip(".") if "." in start else start
    while whole.endswith("00") and "." not in whole:
        whole = whole[:-2]
    last = end + _END_OF_DAY[len(end) :] if end else ""
    return whole, last


def attribute(vr: str, *values: str | float | None) -> dict[str, object]:
    """Return an element of DICOM JSON; one without value carries none (F.2.5)."""
    kept = [value for value in values if value not in {None, ""}]
    if not kept:
        return {"vr": vr}
    return {"vr": vr, "Value": [{"Alphabetic": v} for v in kept] if vr == "PN" else kept}


def name_attribute(name: str) -> dict[str, object]:
    """Return a person's name with its groups."""
    groups = ("Alphabetic", "Ideographic", "Phonetic")
    parts = {g: part for g, part in zip(groups, name.split("="), strict=False) if part}
    return {"vr": "PN", "Value": [parts]} if parts else {"vr": "PN"}
