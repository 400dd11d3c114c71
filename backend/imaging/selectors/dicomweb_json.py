"""Search results as DICOM JSON (PS3.18 tables 10.6.3-3 to -5)."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar
from uuid import UUID

from backend.imaging.domain.levels import OF_SERIES, OF_STUDY
from backend.imaging.domain.qido import Search, attribute, name_attribute
from backend.imaging.models import Instance, Series, Study
from backend.imaging.selectors.metadata import FETCHED_AT_ONCE, addressed

Result = dict[str, Any]
Row = TypeVar("Row", Study, Series, Instance)
_ONLINE = attribute("CS", "ONLINE")


def studies_json(studies: Sequence[Study], base: str, search: Search) -> Iterator[Result]:
    """Yield studies as search results, with what else was asked for."""
    for some in _batches(studies):
        headers = _of_studies(some, base) if search.needs_headers else {}
        for study in some:
            yield _ordered(
                {
                    **_asked_for(headers.get(study.pk), search, OF_STUDY),
                    **_study_attributes(study),
                    "00080056": _ONLINE,
                    "00081190": attribute("UR", f"{base}/studies/{study.uid}"),
                    "00201206": attribute("IS", study.series_count),
                    "00201208": attribute("IS", study.instance_count),
                }
            )


def series_json(
    series: Sequence[Series], base: str, search: Search, *, whole: bool
) -> Iterator[Result]:
    """Yield series as search results; with their study's attributes if `whole`."""
    for some in _batches(series):
        headers = _of_series([each.pk for each in some], base) if search.needs_headers else {}
        for each in some:
            url = f"{base}/studies/{each.study.uid}/series/{each.uid}"
            yield _ordered(
                {
                    **_asked_for(headers.get(each.pk), search, OF_SERIES),
                    **(_study_attributes(each.study) if whole else {}),
                    **_series_attributes(each),
                    "0020000D": attribute("UI", each.study.uid),
                    "00081190": attribute("UR", url),
                    "00201209": attribute("IS", each.instance_count),
                }
            )


def instances_json(
    instances: Sequence[Instance], base: str, search: Search, *, study: bool, series: bool
) -> Iterator[Result]:
    """Yield instances as search results; with their study's and series' attributes if wanted."""
    for some in _batches(instances):
        headers: dict[int, str] = {}
        if search.needs_headers:
            rows = Instance.objects.filter(pk__in=[each.pk for each in some])
            headers = dict(rows.values_list("pk", "header"))
        for each in some:
            parent = each.series
            url = f"{base}/studies/{parent.study.uid}/series/{parent.uid}/instances/{each.sop_uid}"
            header = addressed(headers[each.pk], url) if each.pk in headers else None
            yield _ordered(
                {
                    **_asked_for(header, search, None),
                    **(_study_attributes(parent.study) if study else {}),
                    **(_series_attributes(parent) if series else {}),
                    **_instance_attributes(each, url),
                }
            )


def _instance_attributes(instance: Instance, url: str) -> Result:
    parent, module = instance.series, instance.pixel_module
    return {
        "00080016": attribute("UI", instance.sop_class_uid),
        "00080018": attribute("UI", instance.sop_uid),
        "00080056": _ONLINE,
        "00080060": attribute("CS", parent.modality),
        "00081190": attribute("UR", url),
        "0020000D": attribute("UI", parent.study.uid),
        "0020000E": attribute("UI", parent.uid),
        "00200013": attribute("IS", instance.number),
        "00280008": attribute("IS", 1 if "tile" in module else instance.frame_count or None),
        "00280010": attribute("US", instance.rows),
        "00280011": attribute("US", instance.columns),
        "00280100": attribute("US", module.get("bits_allocated")),
        "00083002": attribute("UI", instance.transfer_syntax_uid),
    }


def _batches(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    """Yield rows in turn, so many at once as headers may be in memory."""
    for start in range(0, len(rows), FETCHED_AT_ONCE):
        yield rows[start : start + FETCHED_AT_ONCE]


def _ordered(result: Result) -> Result:
    """Return a result with its attributes in the order of their tags, as the standard has it."""
    return dict(sorted(result.items()))


def _asked_for(text: str | None, search: Search, level: frozenset[str] | None) -> Result:
    """Return the attributes asked for; for a level above instances, all means those of the level."""
    header: Result = json.loads(text) if text else {}
    if search.all_fields:
        return {tag: value for tag, value in header.items() if level is None or tag in level}
    wanted = {path.partition(".")[0] for path in search.fields}
    return {tag: header[tag] for tag in wanted if tag in header}


def _of_studies(studies: Sequence[Study], base: str) -> dict[UUID, str]:
    """Return one header of each study."""
    first = (
        Series.objects.filter(study__in=[study.pk for study in studies])
        .order_by("study_id", "number", "uid")
        .distinct("study_id")
        .values_list("study_id", "pk")
    )
    owners = {series: study for study, series in first}
    return {owners[pk]: header for pk, header in _of_series(list(owners), base).items()}


def _of_series(pks: Sequence[UUID], base: str) -> dict[UUID, str]:
    """Return one header of each series."""
    rows = (
        Instance.objects.filter(series__in=pks)
        .order_by("series_id", "number", "pk")
        .distinct("series_id")
        .values_list("series_id", "header", "series__study__uid", "series__uid", "sop_uid")
    )
    return {
        pk: addressed(header, f"{base}/studies/{study}/series/{series}/instances/{sop}")
        for pk, header, study, series, sop in rows
    }


def _study_attributes(study: Study) -> Result:
    patient = study.patient
    issuer = {"00100021": attribute("LO", patient.issuer)} if patient.issuer else {}
    return {
        **issuer,
        "00080005": attribute("CS", "ISO_IR 192"),
        "00080020": attribute("DA", study.date),
        "00080030": attribute("TM", study.time),
        "00080050": attribute("SH", study.accession),
        "00080061": attribute("CS", *study.modalities),
        "00080090": name_attribute(study.referring_physician),
        "00081030": attribute("LO", study.description),
        "00100010": name_attribute(patient.name),
        "00100020": attribute("LO", patient.patient_id),
        "00100030": attribute("DA", patient.birth_date),
        "00100040": attribute("CS", patient.sex),
        "0020000D": attribute("UI", study.uid),
        "00200010": attribute("SH", study.study_id),
    }


def _series_attributes(series: Series) -> Result:
    found = {
        "00080060": attribute("CS", series.modality),
        "0008103E": attribute("LO", series.description),
        "0020000E": attribute("UI", series.uid),
        "00200011": attribute("IS", series.number),
        "00180015": attribute("CS", series.body_part),
        "00400244": attribute("DA", series.started_date),
        "00400245": attribute("TM", series.started_time),
    }
    if series.laterality:
        found["00200060"] = attribute("CS", series.laterality)
    if series.requests:
        items = [
            {
                "00400009": attribute("SH", each.get("step")),
                "00401001": attribute("SH", each.get("procedure")),
            }
            for each in series.requests
        ]
        found["00400275"] = {"vr": "SQ", "Value": items}
    return found
