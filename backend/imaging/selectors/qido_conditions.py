"""What a search by DICOMweb asks for, as conditions of the database (PS3.4 C.2.2.2)."""

import json
import re

from django.db.models import BooleanField, F, Func, Q, Value

from backend.imaging.domain.qido import (
    Search,
    date_range,
    like_pattern,
    likely_pattern,
    listed,
    name_words,
    time_range,
    vr_of,
    word_pattern,
)
from backend.imaging.models import Series, Study
from backend.imaging.selectors import patterns  # noqa: F401  its lookups

STUDY_FIELDS = {
    "00080020": "date",
    "00080030": "time",
    "00080050": "accession",
    "00080061": "modalities",
    "00080090": "referring_physician",
    "00081030": "description",
    "00100010": "patient__name",
    "00100020": "patient__patient_id",
    "00100021": "patient__issuer",
    "00100030": "patient__birth_date",
    "00100040": "patient__sex",
    "0020000D": "uid",
    "00200010": "study_id",
}
SERIES_FIELDS = {
    "00080060": "modality",
    "0008103E": "description",
    "00180015": "body_part",
    "00200060": "laterality",
    "0020000E": "uid",
    "00200011": "number",
    "00400244": "started_date",
    "00400245": "started_time",
    "00400275.00400009": "requests",
    "00400275.00401001": "requests",
}
INSTANCE_FIELDS = {
    "00080016": "sop_class_uid",
    "00080018": "sop_uid",
    "00200013": "number",
    "00280008": "frame_count",
    "00280010": "rows",
    "00280011": "columns",
}
# What an item of `Series.requests` calls the attributes of the sequence.
_REQUEST_KEYS = {"00400275.00400009": "step", "00400275.00401001": "procedure"}
_STARTS = {"00080020": "00080030", "00400244": "00400245"}
_MODALITIES = "00080061"
# What `Study.search_text` holds: one column, where a pattern over a join would cost ten times more.
_SEARCHED = frozenset({"00080050", "00081030", "00100010", "00100020"})
_WHOLE_NUMBERS = frozenset({"IS", "US", "UL"})
_NO_LIMIT = 2**31
Levels = tuple[dict[str, str], str]


def conditions(search: Search, *levels: Levels) -> Q:
    """Return what a search asks of rows; each level is its columns by tag, and how to reach them."""
    wanted = Q()
    for fields, prefix in levels:
        tags = {tag: search.values[tag] for tag in fields if tag in search.values}
        wanted &= _moments(tags, fields, prefix) & _requests(tags, prefix)
        likely = Q()
        for tag, value in tags.items():
            if tag not in _REQUEST_KEYS:
                wanted &= _condition(search, tag, prefix + fields[tag], value)
                likely &= _likely(search, tag, value)
        if likely:
            # The limit is never reached: it makes PostgreSQL look here first, where looking is quick.
            found = Study.objects.filter(likely).values("pk")[:_NO_LIMIT]
            wanted &= Q(**{f"{prefix}pk__in": found})
    return wanted


def having_series(search: Search) -> Q:
    """Return conditions on studies that hold a series as asked for."""
    tags = {tag: value for tag, value in search.values.items() if tag in SERIES_FIELDS}
    if not tags:
        return Q()
    narrowed = Search(values=tags, several=search.several)
    matching = Series.objects.filter(conditions(narrowed, (SERIES_FIELDS, "")))
    return Q(pk__in=matching.values("study_id"))


def _moments(tags: dict[str, str], fields: dict[str, str], prefix: str) -> Q:
    """Return conditions on dates with times: both together are one range of moments."""
    wanted = Q()
    for day_tag, time_tag in _STARTS.items():
        days, times = tags.get(day_tag), tags.get(time_tag)
        if days and times and ("-" in days or "-" in times):
            day, time = prefix + fields[day_tag], prefix + fields[time_tag]
            wanted &= _moment_range(day, time, date_range(days), time_range(times))
            tags.pop(day_tag)
            tags.pop(time_tag)
    return wanted


def _moment_range(day: str, time: str, days: tuple[str, str], times: tuple[str, str]) -> Q:
    wanted = Q()
    if days[0]:
        wanted &= Q(**{f"{day}__gt": days[0]}) | Q(**{day: days[0], f"{time}__gte": times[0]})
    if days[1]:
        until = {f"{time}__lte": times[1]} if times[1] else {}
        wanted &= Q(**{f"{day}__lt": days[1]}) | Q(**{day: days[1], **until})
        wanted &= ~Q(**{day: ""})
    return wanted


def _requests(tags: dict[str, str], prefix: str) -> Q:
    """Return a condition that one item of the sequence fulfils as a whole."""
    asked = [(_REQUEST_KEYS[tag], value) for tag, value in tags.items() if tag in _REQUEST_KEYS]
    if not asked:
        return Q()
    each = " && ".join(_of_request(key, value) for key, value in asked)
    matched = Func(
        F(f"{prefix}requests"),
        Value(f"$[*] ? ({each})"),
        template="jsonb_path_exists(%(expressions)s::jsonpath)",
        output_field=BooleanField(),
    )
    if any(value for _, value in asked):
        return Q(matched)
    return Q(matched) | Q(**{f"{prefix}requests": []})


def _of_request(key: str, value: str) -> str:
    """Return a condition on an item as SQL/JSON has it; without a value, none must be there."""
    if not value:
        return f'(!exists(@.{key}) || @.{key} == "")'
    return f"@.{key} like_regex {json.dumps(_regular_expression(value))}"


def _regular_expression(value: str) -> str:
    parts = {"*": ".*", "?": "."}
    return f"^{''.join(parts.get(sign) or re.escape(sign) for sign in value)}$"


def _condition(search: Search, tag: str, column: str, value: str) -> Q:
    vr = vr_of(tag)
    if not value:
        return _nothing(tag, column, vr)
    if vr in {"DA", "TM"}:
        return _between(column, *(date_range if vr == "DA" else time_range)(value))
    if vr == "UI":
        return Q(**{f"{column}__in": listed(value)})
    if tag == _MODALITIES:
        return _any_of(column, listed(value))
    if vr in _WHOLE_NUMBERS:
        return Q(**{f"{column}__in": [int(each) for each in value.split("\\")]})
    return _words(search, column, value, is_name=vr == "PN")


def _nothing(tag: str, column: str, vr: str) -> Q:
    """Return a condition that there is no value."""
    if vr in _WHOLE_NUMBERS:
        return Q(**{f"{column}__isnull": True})
    return Q(**{column: [] if tag == _MODALITIES else ""})


def _between(column: str, start: str, end: str) -> Q:
    return (Q(**{f"{column}__gte": start}) if start else Q()) & (
        Q(**{f"{column}__lte": end}) & ~Q(**{column: ""}) if end else Q()
    )


def _words(search: Search, column: str, value: str, *, is_name: bool) -> Q:
    if is_name and search.fuzzy:
        words = [Q(**{f"{column}__iregex": word_pattern(word)}) for word in name_words(value)]
        return Q(*words)
    wanted = Q()
    for each in value.split("\\") if search.several else [value]:
        wanted |= _text_condition(column, each, any_case=is_name)
    return wanted


def _any_of(column: str, values: list[str]) -> Q:
    """Return a condition that one of an array's elements is one of the values."""
    wanted = Q(**{f"{column}__overlap": values})
    for each in values:
        pattern = like_pattern(each)
        if pattern is not None:
            wanted |= Q(**{f"{column}__any_like": pattern})
    return wanted


def _likely(search: Search, tag: str, value: str) -> Q:
    """Return a condition on studies that is quick to check and true wherever the exact one is."""
    if tag not in _SEARCHED or not value or (search.several and "\\" in value):
        return Q()
    if search.fuzzy and vr_of(tag) == "PN":
        likely = Q()
        for word in name_words(value):
            likely &= Q(search_text__contains=word)
        return likely
    pattern = likely_pattern(value)
    return Q(search_text__like=pattern) if pattern else Q()


def _text_condition(column: str, value: str, *, any_case: bool) -> Q:
    pattern = like_pattern(value)
    if pattern is None:
        return Q(**{f"{column}__iexact" if any_case else column: value})
    return Q(**{f"{column}__{'ilike' if any_case else 'like'}": pattern})
