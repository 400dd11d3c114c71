"""A delivery undone: what it stored first goes again, unless somebody's work hangs on it.

Series by series, each in a transaction of its own, so that nobody waits long and a broken-off undo
can be done again. Rows go at once; bytes go with the next sweep, after its time of grace, because
the same file may be on its way in at this moment.
"""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Model, QuerySet, Sum
from django.utils import timezone

from backend.annotations.models import Document
from backend.api.services.undo_rules import Keep, reason_to_keep
from backend.audit.services import audit_record
from backend.core import events
from backend.core.actor import Actor
from backend.core.errors import Conflict
from backend.imaging.domain.messages_deid import QuarantineDecisionIn
from backend.imaging.domain.messages_runs import IngestRunOut, KeptSeriesOut, RunUndoOut
from backend.imaging.domain.rejections import Rejected
from backend.imaging.models import (
    Grid,
    IngestItem,
    IngestRun,
    Instance,
    Patient,
    QuarantinedFile,
    Series,
    SourceFile,
    Study,
)
from backend.imaging.selectors.runs import run_counts, run_get, run_out
from backend.imaging.services.grids import grids_form
from backend.imaging.services.quarantine import quarantine_decide
from backend.inference.models import FeatureBlob, Prediction
from backend.projects.models import Unit
from backend.worklists.models import Task


@dataclass
class _Undone:
    """What went and what stayed, so far."""

    files: int = 0
    studies: set[UUID] = field(default_factory=set)
    discarded: int = 0
    kept: list[KeptSeriesOut] = field(default_factory=list)


def run_undo(*, actor: Actor, run_id: UUID) -> RunUndoOut:
    """Take out what a delivery stored first; say what was kept, and why."""
    run = run_get(actor=actor, run_id=run_id)
    if run.state != "finished":
        raise Conflict("This delivery is still being taken in; wait until it is finished.")
    undone = _Undone()
    for series_id, instances in sorted(_stored_by(run).items()):
        _undo_series(actor, run, series_id, instances, undone)
    waiting = QuarantinedFile.objects.filter(run=run, state="waiting").values_list("pk", flat=True)
    for file_id in list(waiting):
        discard = QuarantineDecisionIn(decision="discard")
        quarantine_decide(actor=actor, file_id=file_id, body=discard)
        undone.discarded += 1
    _forget_kept(run)
    return _close(actor, run, undone)


def _stored_by(run: IngestRun) -> dict[UUID, set[int]]:
    """Return the instances that were not there before this delivery, by series."""
    found: dict[UUID, set[int]] = {}
    items = IngestItem.objects.filter(run=run, instance__isnull=False)
    stored = items.filter(outcome="stored").values_list("instance__series_id", "instance_id")
    for series_id, pk in stored:
        found.setdefault(series_id, set()).add(pk)
    converted = items.filter(outcome="converted").values("instance__series_id")
    sources = SourceFile.objects.filter(item__run=run, series__isnull=False).values("series_id")
    made = Instance.objects.filter(series_id__in=converted.union(sources))
    for series_id, pk in made.values_list("series_id", "pk"):
        found.setdefault(series_id, set()).add(pk)
    return found


@transaction.atomic
def _undo_series(
    actor: Actor, run: IngestRun, series_id: UUID, instances: set[int], undone: _Undone
) -> None:
    # With their keys: these rows may go, so nothing that points at them may come in meanwhile.
    study = Study.objects.select_for_update(no_key=False).get(series=series_id)
    series = Series.objects.select_for_update(no_key=False).get(pk=series_id)
    documents = Document.objects.filter(grid__series=series).order_by("pk")
    list(documents.select_for_update(no_key=False).values_list("pk", flat=True))
    keep = reason_to_keep(actor=actor, run=run, series=series, instances=instances)
    if keep is not None:
        undone.kept.append(_kept(study, series, len(instances), keep))
        return
    undone.files += _take_out(run, series, instances)
    undone.studies |= _tidy(study, series)


def _kept(study: Study, series: Series, files: int, keep: Keep) -> KeptSeriesOut:
    return KeptSeriesOut(
        study_uid=study.uid,
        series_uid=series.uid,
        files=files,
        code=keep.code,
        reason=keep.reason,
    )


def _take_out(run: IngestRun, series: Series, instances: set[int]) -> int:
    """Remove instances and everything that hangs on them but is nobody's work."""
    units = Unit.objects.filter(grid__series=series)
    Task.objects.filter(unit__in=units).delete()
    Prediction.objects.filter(unit__in=units).delete()
    Document.objects.filter(grid__series=series).delete()
    units.delete()
    for pk in instances:
        FeatureBlob.objects.filter(frame_key__startswith=f"{pk}.").delete()
    Grid.objects.filter(series=series).delete()
    word = Rejected("imaging.undone")
    items = IngestItem.objects.filter(run=run, instance__in=instances)
    files = items.filter(outcome__in=["stored", "converted"])
    files.update(
        outcome="rejected",
        code=word.code,
        reason=word.reason,
        next_step=word.next_step,
        sha256="",
    )
    Instance.objects.filter(pk__in=instances).delete()
    return len(instances)


def _tidy(study: Study, series: Series) -> set[UUID]:
    """Remove what is empty now and count the rest anew; return the study if it went."""
    left = Instance.objects.filter(series=series)
    if left.exists():
        series.instance_count = left.count()
        series.frame_count = left.aggregate(frames=Sum("frame_count"))["frames"] or 0
        series.grids_stale = True
        series.save(update_fields=["instance_count", "frame_count", "grids_stale"])
        grids_form(series_id=series.pk)
    else:
        series.delete()
    if not study.series.exists():
        gone, patient = study.pk, study.patient
        study.delete()
        if not _is_spoken_of(patient):
            patient.delete()
        return {gone}
    study.series_count = study.series.count()
    study.instance_count = Instance.objects.filter(series__study=study).count()
    study.modalities = sorted(
        set(study.series.exclude(modality="").values_list("modality", flat=True))
    )
    study.save(update_fields=["series_count", "instance_count", "modalities"])
    return set()


def _is_spoken_of(patient: Patient) -> bool:
    """Tell whether any row of any table refers to a patient."""
    return any(
        _rows_of(relation.related_model).filter(**{relation.field.name: patient}).exists()
        for relation in Patient._meta.related_objects  # noqa: SLF001  Django's documented API
    )


def _rows_of(model: Any) -> QuerySet[Model]:  # noqa: ANN401  a model, as Django's relations name it
    rows: QuerySet[Model] = model._default_manager.all()  # noqa: SLF001  documented API
    return rows


def _forget_kept(run: IngestRun) -> None:
    """Let go of files that were kept without a series, such as label volumes."""
    SourceFile.objects.filter(item__run=run, series=None).delete()
    word = Rejected("imaging.undone")
    IngestItem.objects.filter(run=run, outcome="kept").update(
        outcome="rejected", code=word.code, reason=word.reason, next_step="", sha256=""
    )


@transaction.atomic
def _close(actor: Actor, run: IngestRun, undone: _Undone) -> RunUndoOut:
    run.undone_at, run.counts = timezone.now(), run_counts(run)
    run.save(update_fields=["undone_at", "counts"])
    audit_record(
        actor=actor,
        verb="ingest.undone",
        target_id=run.pk,
        files=undone.files,
        studies=len(undone.studies),
        discarded=undone.discarded,
        kept=[[each.series_uid, each.code] for each in undone.kept],
    )
    if run.actor_id is not None:
        events.publish(f"user:{run.actor_id}", "ingest_run", run.pk)
    out: IngestRunOut = run_out(run)
    return RunUndoOut(
        run=out,
        removed_files=undone.files,
        removed_studies=len(undone.studies),
        discarded=undone.discarded,
        kept=undone.kept,
        sentence=_sentence(undone),
    )


def _sentence(undone: _Undone) -> str:
    words = [f"{_files(undone.files)} taken out again."]
    if undone.discarded:
        words.append(f"{_files(undone.discarded)} discarded in quarantine.")
    if undone.kept:
        count = sum(each.files for each in undone.kept)
        words.append(f"{_files(count)} kept, because somebody's work needs them.")
    return " ".join(words)


def _files(count: int) -> str:
    return "One file was" if count == 1 else f"{count} files were"
