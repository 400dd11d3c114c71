"""Studies in lists and in detail."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from backend.core.actor import Actor
from backend.core.errors import NotFound
from backend.imaging.domain.messages import (
    PatientOut,
    SeriesOut,
    StudyDetailOut,
    StudyListOut,
    StudyOut,
    TagRefOut,
)
from backend.imaging.domain.messages_studies import FacetsOut, StudyFilter, StudySearchIn
from backend.imaging.models import (
    AudienceMember,
    Grid,
    Patient,
    Series,
    Study,
    StudyAudience,
    StudyTag,
)
from backend.imaging.selectors.access import studies_visible_to
from backend.imaging.selectors.links import Links, links_of
from backend.imaging.selectors.study_filter import counted, page_of, studies_matching
from backend.imaging.selectors.views import grid_out

PAGE = 50
SEARCH_PAGE = 100
FACETS_OF = 5_000


def studies_list(*, actor: Actor, asked: StudyFilter, cursor: str = "") -> StudyListOut:
    """Return a page of studies, newest first."""
    studies = studies_matching(actor=actor, asked=asked).select_related("patient")
    page, marker = page_of(studies, StudySearchIn(cursor=cursor), PAGE)
    return StudyListOut(results=studies_out(page), next=marker)


def studies_search(*, actor: Actor, search: StudySearchIn) -> StudyListOut:
    """Return a page of what a search finds; with the first page, how many there are."""
    studies = studies_matching(actor=actor, asked=search.filter)
    page, marker = page_of(studies.select_related("patient"), search, SEARCH_PAGE)
    listed = StudyListOut(results=studies_out(page), next=marker)
    if search.cursor:
        return listed
    total, is_capped = counted(studies) if marker else (len(page), False)
    return listed.model_copy(update={"total": total, "is_total_capped": is_capped})


def facets(*, actor: Actor) -> FacetsOut:
    """Return what filters may offer: what the newest studies are made of, each value once."""
    newest = studies_visible_to(actor=actor).order_by("-created_at", "id")
    rows = list(newest.values_list("pk", "modalities", "sources")[:FACETS_OF])
    parts = Series.objects.filter(study_id__in=[row[0] for row in rows]).exclude(body_part="")
    return FacetsOut(
        modalities=sorted({each for row in rows for each in row[1]}),
        body_parts=sorted(set(parts.values_list("body_part", flat=True).distinct())),
        sources=sorted({each for row in rows for each in row[2]}),
    )


def studies_out(studies: list[Study]) -> list[StudyOut]:
    """Return studies, with their patients loaded, as the interface speaks of them in lists."""
    return [StudyOut(**fields) for fields in _fields(studies)]


def study_get(*, actor: Actor, study_id: UUID) -> Study:
    """Return one study with its patient."""
    study = studies_visible_to(actor=actor).select_related("patient").filter(pk=study_id).first()
    if study is None:
        raise NotFound("There is no such study.")
    return study


def study_detail(*, actor: Actor, study_id: UUID) -> StudyDetailOut:
    """Return one study with its series and their current grids."""
    study = study_get(actor=actor, study_id=study_id)
    series = list(Series.objects.filter(study=study).order_by("number", "uid"))
    grids: dict[UUID, list[Grid]] = {}
    for grid in Grid.objects.filter(series__in=series, superseded_at=None).order_by("number"):
        grids.setdefault(grid.series_id, []).append(grid)
    (fields,) = _fields([study])
    links = links_of(actor=actor, series=series)
    return StudyDetailOut(
        **fields,
        series=[_series_out(each, grids.get(each.pk, []), links[each.pk]) for each in series],
        audience_ids=audiences_of(actor=actor, studies=[study])[study.pk],
    )


def audiences_of(*, actor: Actor, studies: list[Study]) -> dict[UUID, list[UUID]]:
    """Return, for each study, the audiences it was shown to that the actor belongs to or manages."""
    found: dict[UUID, list[UUID]] = {study.pk: [] for study in studies}
    if actor.user_id is None:
        return found
    shared = StudyAudience.objects.filter(study__in=studies).exclude(audience_id=actor.user_id)
    if not actor.is_admin:
        own = AudienceMember.objects.filter(user_id=actor.user_id).values("audience_id")
        shared = shared.filter(audience_id__in=own)
    for study_id, audience_id in shared.order_by("pk").values_list("study_id", "audience_id"):
        found[study_id].append(audience_id)
    return found


def _extras(studies: list[Study]) -> tuple[dict[UUID, str], dict[UUID, list[str]]]:
    """Return a thumbnail address and the warnings of each study."""
    pks = [study.pk for study in studies]
    thumbnails: dict[UUID, str] = {}
    biggest = (
        Grid.objects.filter(series__study_id__in=pks, superseded_at=None)
        .order_by("-is_regular", "-frame_count", "pk")
        .values_list("series__study_id", "pk")
    )
    for study_pk, grid_pk in biggest:
        thumbnails.setdefault(study_pk, f"/api/v1/grids/{grid_pk}/thumbnail")
    warnings: dict[UUID, list[str]] = {}
    for study_pk, listed in (
        Series.objects.filter(study_id__in=pks)
        .exclude(warnings=[])
        .order_by("number", "uid")
        .values_list("study_id", "warnings")
    ):
        known = warnings.setdefault(study_pk, [])
        known.extend(sentence for sentence in listed if sentence not in known)
    return thumbnails, warnings


def _tags(pks: list[UUID]) -> dict[UUID, list[TagRefOut]]:
    found: dict[UUID, list[TagRefOut]] = {}
    rows = StudyTag.objects.filter(study_id__in=pks).order_by("tag__name")
    for study_pk, pk, name, color in rows.values_list(
        "study_id", "tag_id", "tag__name", "tag__color"
    ):
        found.setdefault(study_pk, []).append(TagRefOut(id=pk, name=name, color=color))
    return found


def _fields(studies: list[Study]) -> Iterator[dict[str, Any]]:
    thumbnails, warnings = _extras(studies)
    tags = _tags([study.pk for study in studies])
    for study in studies:
        yield {
            "id": study.pk,
            "uid": study.uid,
            "patient": patient_out(study.patient),
            "date": study.date or None,
            "description": study.description,
            "accession": study.accession,
            "modalities": study.modalities,
            "series_count": study.series_count,
            "instance_count": study.instance_count,
            "created_at": study.created_at,
            "warnings": warnings.get(study.pk, []),
            "thumbnail_url": thumbnails.get(study.pk),
            "sources": study.sources,
            "tags": tags.get(study.pk, []),
        }


def patient_out(patient: Patient) -> PatientOut:
    """Return a patient as the interface speaks of them."""
    return PatientOut(
        id=patient.pk,
        patient_id=patient.patient_id,
        name=_shown(patient.name),
        sex=patient.sex,
        birth_date=patient.birth_date or None,
    )


def _shown(name: str) -> str:
    """Return a person's name as people write it: the first group, family name first."""
    parts = [part for part in name.split("=", maxsplit=1)[0].split("^") if part]
    return ", ".join([parts[0], " ".join(parts[1:])]) if len(parts) > 1 else "".join(parts)


def _series_out(series: Series, grids: list[Grid], links: Links) -> SeriesOut:
    return SeriesOut(
        id=series.pk,
        uid=series.uid,
        number=series.number,
        modality=series.modality,
        description=series.description,
        body_part=series.body_part,
        instance_count=series.instance_count,
        frame_count=series.frame_count,
        grids=[grid_out(grid) for grid in grids],
        warnings=series.warnings,
        references=links.references,
        referenced_by=links.referenced_by,
    )
