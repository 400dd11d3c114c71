"""Freeze finished work into a release.

What is frozen is the number of each document's head and the hashes of all it holds; revisions are
never changed, so the release stays what it is whatever happens to the documents afterwards.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from backend.annotations.models import Document
from backend.audit.services import audit_record
from backend.core import events
from backend.core.actor import Actor
from backend.core.errors import Invalid
from backend.projects.models import LabelSchema, Project
from backend.projects.selectors import project_get_for
from backend.releases.domain import (
    MANIFEST_FORMAT,
    SPLITS,
    ReleaseSummary,
    SegmentCount,
    Split,
    SplitSpec,
    Work,
    canonical,
    manifest_checksum,
    split_by_seed,
    split_held_out,
)
from backend.releases.models import Release, ReleaseItem
from backend.releases.selectors import (
    documents_finished,
    item_records,
    people_named,
    schema_and_project,
    units_by_grid,
)
from backend.releases.services.records import Drawn, document_read, item_record, voxel_ml

ITEMS_AT_ONCE = 50


class NothingToRelease(Invalid):
    """The project has no finished work of the kind asked for."""

    code = "releases.nothing_accepted"


@transaction.atomic
def release_create(
    *,
    actor: Actor,
    project_id: UUID,
    name: str = "",
    split: SplitSpec | None = None,
    purpose: str = Release.Purpose.DATASET,
    work: Work | None = None,
) -> Release:
    """Freeze the project's finished work; refuses a release of nothing.

    A training release takes submitted work, too, and holds out the same patients every time.
    """
    training = purpose == Release.Purpose.TRAINING
    project_get_for(actor=actor, project_id=project_id, verb="train" if training else "release")
    Project.objects.select_for_update(no_key=True).get(pk=project_id)
    project, schema = schema_and_project(project_id=project_id)
    work, documents = _finished(project_id, "submitted" if training else work)
    spec = split or SplitSpec()
    splits = _splits(project_id, documents, None if training else spec)
    release = _release_row(
        project=project, schema=schema, name=name, purpose=purpose, actor=actor, spec=spec
    )
    tally = _write_items(release, documents, splits)
    release.summary = tally.summary(work, schema).model_dump(mode="json")
    release.manifest_head = canonical(_head(release, schema, project, work))
    release.checksum = manifest_checksum(
        _head(release, schema, project, work), item_records(release.pk)
    )
    release.save(update_fields=["summary", "manifest_head", "checksum"])
    audit_record(
        actor=actor,
        verb="release.created",
        target_id=release.pk,
        project_id=project_id,
        number=release.number,
        checksum=release.checksum,
    )
    events.publish(f"project:{project_id}", "release", release.pk)
    return release


def _finished(project_id: UUID, work: Work | None) -> tuple[Work, list[Document]]:
    """Return the work to freeze; unasked, accepted work where there is any, else submitted."""
    for kind in (work,) if work else ("accepted", "submitted"):
        documents = list(documents_finished(project_id=project_id, work=kind))
        if documents:
            return kind, documents
    raise NothingToRelease(_why_nothing(project_id, work))


def _why_nothing(project_id: UUID, work: Work | None) -> str:
    if work == "accepted":
        waiting = documents_finished(project_id=project_id, work="submitted").count()
        if waiting:
            return (
                f"No work is accepted yet; {waiting} submitted "
                f"{'task waits' if waiting == 1 else 'tasks wait'} for review. "
                "Accept some, or release submitted work."
            )
    return (
        "There is nothing to release yet: no task of this project has been submitted. "
        "Label and submit at least one task, then make the release."
    )


def _splits(
    project_id: UUID, documents: Iterable[Document], spec: SplitSpec | None
) -> dict[str, Split]:
    patients = {str(document.grid.series.study.patient_id) for document in documents}
    if spec is None:
        return split_held_out(patients, project=str(project_id))
    return split_by_seed(patients, spec)


def _release_row(
    *,
    project: Project,
    schema: LabelSchema,
    name: str,
    purpose: str,
    actor: Actor,
    spec: SplitSpec,
) -> Release:
    last = Release.objects.filter(project=project).aggregate(last=Max("number"))["last"] or 0
    training = purpose == Release.Purpose.TRAINING
    return Release.objects.create(
        project=project,
        schema=schema,
        number=last + 1,
        name=name or (f"Training set {last + 1}" if training else f"Release {last + 1}"),
        purpose=purpose,
        split={"held_out": True} if training else spec.model_dump(mode="json"),
        created_by_id=actor.user_id,
    )


def _head(release: Release, schema: LabelSchema, project: Project, work: Work) -> dict[str, Any]:
    return {
        "format": MANIFEST_FORMAT,
        "release": {
            "id": str(release.pk),
            "number": release.number,
            "name": release.name,
            "purpose": release.purpose,
            "work": work,
            "created_at": release.created_at.isoformat(),
        },
        "project": {"id": str(project.pk), "name": project.name},
        "schema": {"number": schema.number, "document": schema.document},
        "split": release.split,
    }


class _Tally:
    """What is counted while items are written, one at a time."""

    def __init__(self) -> None:
        self.items: Counter[Split] = Counter()
        self.patients: dict[Split, set[UUID]] = defaultdict(set)
        self.drawn: Counter[int] = Counter()
        self.ml: dict[int, float] = {}
        self.people: set[UUID] = set()
        self.dice: dict[int, list[float]] = defaultdict(list)

    def add(self, drawn: Drawn, split: Split) -> None:
        """Count one item."""
        grid = drawn.document.grid
        self.items[split] += 1
        self.patients[split].add(grid.series.study.patient_id)
        self.people |= drawn.people
        each = voxel_ml(grid)
        for segment, pixels in drawn.pixels.items():
            self.drawn[segment] += 1
            if each is not None:
                self.ml[segment] = self.ml.get(segment, 0.0) + pixels * each
        for segment, dice in drawn.agreement.items():
            self.dice[segment].append(dice)

    def _ml_of(self, segment: int) -> float | None:
        """Return the volume over the regular grids; None where it was drawn on others alone."""
        return self.ml.get(segment, None if self.drawn[segment] else 0.0)

    def summary(self, work: Work, schema: LabelSchema) -> ReleaseSummary:
        """Return the counts as the datasheet shows them."""
        segments = [
            SegmentCount(
                id=segment["id"],
                name=segment["name"],
                count=self.drawn[segment["id"]],
                ml=self._ml_of(segment["id"]),
            )
            for segment in schema.document["segments"]
            if not segment.get("retired") or self.drawn[segment["id"]]
        ]
        return ReleaseSummary(
            work=work,
            item_count=self.items.total(),
            patient_count=sum(len(patients) for patients in self.patients.values()),
            splits={
                split: {"items": self.items[split], "patients": len(self.patients[split])}
                for split in SPLITS
            },
            segments=segments,
            labelled_by=people_named(ids=self.people),
            agreement={
                segment: sum(values) / len(values) for segment, values in sorted(self.dice.items())
            },
        )


def _write_items(release: Release, documents: list[Document], splits: dict[str, Split]) -> _Tally:
    tally = _Tally()
    units = units_by_grid(project_id=release.project_id)
    for start in range(0, len(documents), ITEMS_AT_ONCE):
        rows = []
        for document in documents[start : start + ITEMS_AT_ONCE]:
            patient = document.grid.series.study.patient_id
            split = splits[str(patient)]
            drawn = document_read(document)
            tally.add(drawn, split)
            record = item_record(drawn, unit=units.get(document.grid_id), split=split)
            rows.append(
                ReleaseItem(
                    release=release,
                    document=document,
                    revision=drawn.revision,
                    patient_id=patient,
                    split=split,
                    record=canonical(record),
                )
            )
        ReleaseItem.objects.bulk_create(rows)
    return tally
