"""Reads for DIMSE: the searches of QIDO-RS and the files of WADO-RS, asked by levels (PS3.4 C.4)."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from backend.core.actor import Actor
from backend.core.errors import NotFound
from backend.imaging.domain.qido import BadQuery, Search, listed, search_from
from backend.imaging.selectors import dicomweb, dicomweb_json
from backend.imaging.selectors.access import studies_visible_to
from backend.imaging.selectors.originals import Original
from backend.imaging.selectors.qido_conditions import INSTANCE_FIELDS, SERIES_FIELDS, STUDY_FIELDS

PAGE = 200
STUDY, SERIES, SOP, PATIENT_ID = "0020000D", "0020000E", "00080018", "00100020"
LEVELS = ("PATIENT", "STUDY", "SERIES", "IMAGE")
# What must be named above a level: without it the whole archive would be searched.
NEEDED: dict[str, tuple[str, ...]] = {"SERIES": (STUDY,), "IMAGE": (STUDY, SERIES)}
# What says by itself what is to be sent: nobody fetches what nobody named.
UNIQUE = {"PATIENT": PATIENT_ID, "STUDY": STUDY, "SERIES": SERIES, "IMAGE": SOP}
_UID, _UIDS = re.compile(r"[0-9.]+"), re.compile(r"[0-9.]+([\\,][0-9.]+)*")
_PATIENT = ("00100010", PATIENT_ID, "00100021", "00100030", "00100040")
Result = dict[str, Any]


@dataclass(frozen=True)
class Retrievable:
    """An instance that may be sent, and of which class it is."""

    sop_uid: str
    sop_class_uid: str
    original: Original


def dimse_found(*, actor: Actor, level: str, keys: Mapping[str, str]) -> Iterator[Result]:
    """Yield what matches as DICOM JSON, page by page; `keys` are values by tag, empty ones wanted."""
    _refuse_incomplete(level, keys)
    known = {**STUDY_FIELDS, **SERIES_FIELDS, **INSTANCE_FIELDS}
    pairs = [(tag, value) for tag, value in keys.items() if value]
    fields = ",".join(tag for tag in keys if tag not in known)
    search = search_from([*pairs, *([("includefield", fields)] if fields else [])], known)
    if level == "PATIENT":
        yield from _patients(actor, search)
    elif level == "STUDY":
        yield from _pages(search, lambda asked: _studies(actor, asked))
    elif level == "SERIES":
        yield from _pages(search, lambda asked: _series(actor, asked))
    else:
        yield from _pages(search, lambda asked: _instances(actor, asked))


def dimse_instances(*, actor: Actor, level: str, keys: Mapping[str, str]) -> list[Retrievable]:
    """Return the instances that a C-GET asks for; what is not seen is not there."""
    _refuse_incomplete(level, keys)
    named = keys.get(UNIQUE[level], "").strip()
    if not named or (level != "PATIENT" and _UIDS.fullmatch(named) is None):
        raise BadQuery("What is to be sent must be named, by its identifiers.")
    if level == "PATIENT":
        theirs = studies_visible_to(actor=actor).filter(patient__patient_id=named)
        studies = list(theirs.order_by("pk").values_list("uid", flat=True))
    else:
        studies = listed(keys[STUDY])
    wanted = {
        SERIES: listed(keys.get(SERIES, "")) if level in {"SERIES", "IMAGE"} else [],
        SOP: listed(keys.get(SOP, "")) if level == "IMAGE" else [],
    }
    return [each for study in studies for each in _of_study(actor, study, wanted)]


def _of_study(actor: Actor, study: str, wanted: Mapping[str, list[str]]) -> list[Retrievable]:
    try:
        instances = dicomweb.instances_of(actor=actor, study_uid=study)
    except NotFound:
        return []
    if wanted[SERIES]:
        instances = instances.filter(series__uid__in=wanted[SERIES])
    if wanted[SOP]:
        instances = instances.filter(sop_uid__in=wanted[SOP])
    rows = instances.values_list(
        "sop_uid",
        "sop_class_uid",
        "pk",
        "blob_sha256",
        "size_bytes",
        "transfer_syntax_uid",
        "pixel_module__bits_allocated",
    )
    return [Retrievable(row[0], row[1], Original(*row[2:])) for row in rows.iterator(500)]


def _refuse_incomplete(level: str, keys: Mapping[str, str]) -> None:
    if level not in LEVELS:
        raise BadQuery("The Query/Retrieve Level must be PATIENT, STUDY, SERIES or IMAGE.")
    if not all(_UID.fullmatch(keys.get(tag, "")) for tag in NEEDED.get(level, ())):
        raise BadQuery("Of each level above, one UID must be given.")


def _pages(
    search: Search, find: Callable[[Search], tuple[Iterable[Result], bool]]
) -> Iterator[Result]:
    offset, is_last = 0, False
    while not is_last:
        rows, is_last = find(replace(search, limit=PAGE, offset=offset))
        yield from rows
        offset += PAGE


def _patients(actor: Actor, search: Search) -> Iterator[Result]:
    """Yield each patient once: those whose studies match what is asked of patients."""
    of_patient = {tag: value for tag, value in search.values.items() if tag in _PATIENT}
    seen = set()
    for row in _pages(Search(values=of_patient), lambda asked: _studies(actor, asked)):
        patient = {tag: row[tag] for tag in _PATIENT if tag in row}
        key = str(sorted(patient.items()))
        if key not in seen:
            seen.add(key)
            yield patient


def _studies(actor: Actor, asked: Search) -> tuple[Iterable[Result], bool]:
    page = dicomweb.studies_found(actor=actor, search=asked)
    return dicomweb_json.studies_json(page.rows, "", asked), page.is_last


def _series(actor: Actor, asked: Search) -> tuple[Iterable[Result], bool]:
    try:
        page = dicomweb.series_found(actor=actor, search=asked, study_uid=asked.values[STUDY])
    except NotFound:
        return [], True
    return dicomweb_json.series_json(page.rows, "", asked, whole=True), page.is_last


def _instances(actor: Actor, asked: Search) -> tuple[Iterable[Result], bool]:
    try:
        page = dicomweb.instances_found(
            actor=actor,
            search=asked,
            study_uid=asked.values[STUDY],
            series_uid=asked.values[SERIES],
        )
    except NotFound:
        return [], True
    rows = dicomweb_json.instances_json(page.rows, "", asked, study=True, series=True)
    return rows, page.is_last
