"""Read side of releases: who may see them, what is eligible, and the manifest's bytes."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from backend.accounts.models import User
from backend.annotations.models import Document
from backend.core.actor import Actor
from backend.core.errors import NotFound
from backend.imaging.models import Instance
from backend.projects.models import LabelSchema, Project, Unit
from backend.projects.selectors import project_get_for, project_verbs
from backend.releases.domain import (
    Labeller,
    ReleaseList,
    ReleaseOut,
    ReleaseSummary,
    Work,
    manifest_pieces,
)
from backend.releases.models import Release, ReleaseItem

STATES_OF_WORK: dict[Work, tuple[str, ...]] = {
    "accepted": (Document.State.ACCEPTED,),
    "submitted": (Document.State.SUBMITTED, Document.State.ACCEPTED),
}


@dataclass(frozen=True)
class FrameIdentity:
    """The SOP instance a frame lies in, and its bytes."""

    sop_uid: str
    blob_sha256: str


def documents_finished(*, project_id: UUID, work: Work) -> QuerySet[Document]:
    """Return the readers' finished documents of a project, in order of creation."""
    return (
        Document.objects.filter(
            project_id=project_id,
            kind=Document.Kind.LABEL,
            state__in=STATES_OF_WORK[work],
            head_number__gt=0,
        )
        .select_related("grid__series__study", "schema", "reader")
        .order_by("created_at", "pk")
    )


def patients_finished(*, project_id: UUID) -> set[UUID]:
    """Return the patients with submitted or accepted work: cheap enough for every submission."""
    finished = documents_finished(project_id=project_id, work="submitted").order_by()
    return set(finished.values_list("grid__series__study__patient_id", flat=True).distinct())


def units_by_grid(*, project_id: UUID) -> dict[UUID, Unit]:
    """Return the units of a project by the grid they are made of."""
    return {unit.grid_id: unit for unit in Unit.objects.filter(project_id=project_id)}


def frame_identities(*, instance_ids: set[int]) -> dict[int, FrameIdentity]:
    """Return what each instance is, by its primary key."""
    rows = Instance.objects.filter(pk__in=instance_ids)
    return {
        pk: FrameIdentity(sop_uid, blob)
        for pk, sop_uid, blob in rows.values_list("pk", "sop_uid", "blob_sha256")
    }


def release_row(*, actor: Actor, release_id: UUID, verb: str = "view") -> Release:
    """Return a release of a project the actor may see; `verb` is what is meant to be done."""
    release = (
        Release.objects.select_related("created_by", "project", "schema")
        .filter(pk=release_id)
        .first()
    )
    if release is None or not project_verbs(actor=actor, project_id=release.project_id):
        raise NotFound("There is no such release.")
    project_get_for(actor=actor, project_id=release.project_id, verb=verb)
    return release


def release_get(*, actor: Actor, release_id: UUID) -> ReleaseOut:
    """Return a release as its datasheet shows it."""
    return release_out(release_row(actor=actor, release_id=release_id))


def releases_of_project(*, actor: Actor, project_id: UUID) -> ReleaseList:
    """Return a project's releases, newest first."""
    project_get_for(actor=actor, project_id=project_id, verb="view")
    rows = Release.objects.filter(project_id=project_id).select_related("created_by")
    return ReleaseList(results=[release_out(row) for row in rows.order_by("-number")])


def release_out(release: Release) -> ReleaseOut:
    """Return the row as it travels."""
    summary = ReleaseSummary.model_validate(release.summary)
    author = release.created_by
    return ReleaseOut(
        **summary.model_dump(),
        id=release.pk,
        project_id=release.project_id,
        number=release.number,
        name=release.name,
        purpose="training" if release.purpose == Release.Purpose.TRAINING else "dataset",
        checksum=release.checksum,
        created_at=release.created_at,
        created_by=Labeller(id=author.pk, name=author.name) if author else None,
        manifest_url=f"/api/v1/releases/{release.pk}/manifest",
    )


def release_manifest(*, actor: Actor, release_id: UUID) -> tuple[str, Iterator[bytes]]:
    """Return the checksum and the bytes it covers, piece by piece."""
    release = release_row(actor=actor, release_id=release_id)
    return release.checksum, manifest_pieces(manifest_head(release), item_records(release.pk))


def manifest_head(release: Release) -> dict[str, Any]:
    """Return the manifest without its items."""
    head: dict[str, Any] = json.loads(release.manifest_head)
    return head


def item_records(release_id: UUID) -> Iterator[str]:
    """Yield the items' records as canonical JSON, in the manifest's order."""
    rows = ReleaseItem.objects.filter(release_id=release_id).order_by("pk")
    yield from rows.values_list("record", flat=True).iterator(chunk_size=50)


def schema_and_project(*, project_id: UUID) -> tuple[Project, LabelSchema]:
    """Return the project with its current schema."""
    project = Project.objects.get(pk=project_id)
    return project, LabelSchema.objects.get(project=project, number=project.schema_number)


def people_named(*, ids: set[UUID]) -> list[Labeller]:
    """Return people by id, in the order of their names."""
    people = User.objects.filter(pk__in=ids).order_by("name", "pk")
    return [Labeller(id=person.pk, name=person.name) for person in people]


def proposal_before(*, document: Document, moment: datetime) -> Document | None:
    """Return the newest proposal that a model had made for the same grid by then."""
    return (
        Document.objects.filter(
            project_id=document.project_id,
            grid_id=document.grid_id,
            kind=Document.Kind.PROPOSAL,
            head_number__gt=0,
            created_at__lt=moment,
        )
        .order_by("-created_at")
        .first()
    )
