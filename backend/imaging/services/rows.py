"""The rows of a batch in one transaction: patients, studies, series, instances, access, counts."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID, uuid4

from django.db import connection, transaction

from backend.core.actor import Actor
from backend.imaging.domain.header import derived_uid
from backend.imaging.domain.identity import UID_SUBSTITUTED, Identity
from backend.imaging.domain.messages import Outcome
from backend.imaging.domain.parsed import Parsed
from backend.imaging.domain.rejections import QUARANTINED, Rejected
from backend.imaging.models import Instance, Patient, Series, Study
from backend.imaging.selectors.access import studies_visible_to
from backend.imaging.services.audiences import audience_add_own, audience_add_studies
from backend.imaging.services.bulk import BulkInsert
from backend.imaging.services.grids import OTHER_PATIENT
from backend.imaging.services.referring import references_write
from ml_worker.contract.messages import BlobRef

_INSTANCES = BulkInsert(
    "imaging_instance",
    {
        "series_id": "uuid",
        "sop_uid": "text",
        "sop_class_uid": "text",
        "number": "integer",
        "blob_sha256": "text",
        "size_bytes": "bigint",
        "transfer_syntax_uid": "text",
        "rows": "integer",
        "columns": "integer",
        "frame_count": "integer",
        "frame_index": "bytea",
        "pixel_module": "jsonb",
        "frame_geometry": "jsonb",
        "remarks": "varchar[]",
        "header": "text",
    },
    then="ON CONFLICT (sop_uid) DO NOTHING RETURNING sop_uid, id",
)


@dataclass(frozen=True)
class Ready:
    """A file whose bytes are safe and whose header is understood; `place` is its turn."""

    place: int
    parsed: Parsed
    identity: Identity
    blob: BlobRef


@dataclass(frozen=True)
class Fate:
    """What became of a file."""

    outcome: Outcome
    code: str = ""
    reason: str = ""
    next_step: str = ""
    sha256: str = ""
    instance_pk: int | None = None
    sop_uid: str = ""
    sop_class_uid: str = ""

    @classmethod
    def refused(cls, refusal: Rejected, sha256: str = "") -> Self:
        """Return the fate of a file that is not taken."""
        return cls(
            "quarantined" if refusal.code in QUARANTINED else "rejected",
            refusal.code,
            refusal.reason,
            refusal.next_step,
            sha256,
            sop_uid=refusal.sop_uid,
            sop_class_uid=refusal.sop_class_uid,
        )


@transaction.atomic
def rows_write(
    *, actor: Actor, ready: list[Ready], audience_id: UUID | None = None, source: str = ""
) -> dict[int, Fate]:
    """Write what is new of these files and return each one's fate by its place.

    `source` is what brings them; their studies remember it.
    """
    if not ready:
        return {}
    studies, new_studies = _studies(ready)
    fates, allowed = _refuse_foreign(actor, ready, studies, new_studies)
    series, new_series = _series(allowed, studies)
    stored = _instances(allowed, studies, series)
    fates.update(_fates(allowed, stored))
    added = [each for each in allowed if fates[each.place].outcome == "stored"]
    _grant(actor, audience_id, {studies[each.identity.study["uid"]].pk for each in added})
    _count(added, studies, series, new_series, source)
    return fates


def _studies(ready: list[Ready]) -> tuple[dict[str, Study], set[UUID]]:
    """Return the studies by UID, and the ids of those this transaction has added."""
    wanted = {each.identity.study["uid"]: each.identity for each in reversed(ready)}
    found = _studies_by_uid(wanted)
    missing = [wanted[uid] for uid in sorted(set(wanted) - set(found))]
    if not missing:
        return found, set()
    by_identity = {identity.patient["identity"]: identity.patient for identity in missing}
    Patient.objects.bulk_create(
        [Patient(**by_identity[key]) for key in sorted(by_identity)], ignore_conflicts=True
    )
    patients = {
        patient.identity: patient for patient in Patient.objects.filter(identity__in=by_identity)
    }
    new = [
        Study(id=uuid4(), patient=patients[identity.patient["identity"]], **identity.study)
        for identity in missing
    ]
    Study.objects.bulk_create(new, ignore_conflicts=True)
    found = _studies_by_uid(wanted)
    ours = {study.pk for study in new}
    return found, {study.pk for study in found.values() if study.pk in ours}


def _studies_by_uid(uids: Iterable[str]) -> dict[str, Study]:
    rows = Study.objects.select_related("patient").filter(uid__in=list(uids))
    return {study.uid: study for study in rows}


def _refuse_foreign(
    actor: Actor, ready: list[Ready], studies: dict[str, Study], new: set[UUID]
) -> tuple[dict[int, Fate], list[Ready]]:
    """Refuse files that would enter a study this person cannot see.

    Bytes that are stored already are let through: they end as duplicates and grant nothing.
    """
    old = {study.pk for study in studies.values()} - new
    if actor.is_admin or not old:
        return {}, ready
    seen = set(studies_visible_to(actor=actor).filter(pk__in=old).values_list("pk", flat=True))
    same = set(
        Instance.objects.filter(blob_sha256__in=[each.blob.sha256 for each in ready]).values_list(
            "sop_uid", "blob_sha256"
        )
    )
    fates, allowed = {}, []
    for each in ready:
        study = studies[each.identity.study["uid"]]
        is_theirs = study.pk in new or study.pk in seen
        if is_theirs or (each.identity.sop_uid, each.blob.sha256) in same:
            allowed.append(each)
        else:
            fates[each.place] = Fate.refused(Rejected("imaging.study_taken"), each.blob.sha256)
    return fates, allowed


def _series(ready: list[Ready], studies: dict[str, Study]) -> tuple[dict[int, Series], set[UUID]]:
    """Return each file's series by its place, and the ids of those added here.

    A series UID that another study uses already is replaced by one derived from both.
    """
    found = _series_by_uid({each.identity.series["uid"] for each in ready})
    owners = {uid: series.study_id for uid, series in found.items()}
    for each in ready:
        study = studies[each.identity.study["uid"]]
        uid = each.identity.series["uid"]
        if owners.setdefault(uid, study.pk) != study.pk:
            _rename_series(each, derived_uid("series", study.uid, uid))
    rows = {each.identity.series["uid"]: each.identity for each in reversed(ready)}
    if rows.keys() <= found.keys():
        return {each.place: found[each.identity.series["uid"]] for each in ready}, set()
    new = [
        Series(id=uuid4(), study=studies[rows[uid].study["uid"]], **rows[uid].series)
        for uid in sorted(set(rows) - set(_series_by_uid(rows)))
    ]
    Series.objects.bulk_create(new, ignore_conflicts=True)
    found = _series_by_uid(rows)
    ours = {each.pk for each in new}
    added = {each.pk for each in found.values() if each.pk in ours}
    return {each.place: found[each.identity.series["uid"]] for each in ready}, added


def _series_by_uid(uids: Iterable[str]) -> dict[str, Series]:
    return {series.uid: series for series in Series.objects.filter(uid__in=list(uids))}


def _rename_series(each: Ready, uid: str) -> None:
    each.identity.series["uid"] = uid
    each.parsed.header["0020000E"] = {"vr": "UI", "Value": [uid]}
    if UID_SUBSTITUTED not in each.identity.remarks:
        each.identity.remarks.append(UID_SUBSTITUTED)


def _instances(
    ready: list[Ready], studies: dict[str, Study], series: dict[int, Series]
) -> dict[int, int]:
    """Insert what is new; return the key of each new row by place. Others hold the UID already."""
    first = {each.identity.sop_uid: each for each in reversed(ready)}
    known = set(Instance.objects.filter(sop_uid__in=list(first)).values_list("sop_uid", flat=True))
    new = [first[uid] for uid in sorted(set(first) - known)]
    if not new:
        return {}
    added = dict(
        _INSTANCES.add(
            _row(each, studies[each.identity.study["uid"]], series[each.place]) for each in new
        )
    )
    keys = {
        each.place: added[each.identity.sop_uid] for each in new if each.identity.sop_uid in added
    }
    references_write(
        (keys[each.place], each.parsed.references) for each in new if each.place in keys
    )
    return keys


def _row(each: Ready, study: Study, series: Series) -> dict[str, Any]:
    parsed, identity, pixels = each.parsed, each.identity, each.parsed.pixels
    remarks = [*identity.remarks, *parsed.remarks]
    if study.patient.identity != identity.patient["identity"]:
        remarks.append(OTHER_PATIENT)
    return {
        "series_id": str(series.pk),
        "sop_uid": identity.sop_uid,
        "sop_class_uid": parsed.sop_class_uid,
        "number": identity.number,
        "blob_sha256": each.blob.sha256,
        "size_bytes": each.blob.size,
        "transfer_syntax_uid": parsed.transfer_syntax_uid,
        "rows": pixels.rows if pixels else None,
        "columns": pixels.columns if pixels else None,
        "frame_count": pixels.frames if pixels else 0,
        "frame_index": parsed.frame_index.hex(),
        "pixel_module": parsed.pixel_module,
        "frame_geometry": parsed.frames,
        "remarks": remarks,
        "header": parsed.header_text,
    }


def _fates(ready: list[Ready], stored: dict[int, int]) -> dict[int, Fate]:
    others = [each.identity.sop_uid for each in ready if each.place not in stored]
    there = {
        uid: (sha256, pk)
        for uid, sha256, pk in Instance.objects.filter(sop_uid__in=others).values_list(
            "sop_uid", "blob_sha256", "pk"
        )
    }
    fates = {}
    for each in ready:
        sha256 = each.blob.sha256
        if each.place in stored:
            fates[each.place] = Fate("stored", sha256=sha256, instance_pk=stored[each.place])
        elif there[each.identity.sop_uid][0] == sha256:
            pk = there[each.identity.sop_uid][1]
            fates[each.place] = Fate("duplicate", sha256=sha256, instance_pk=pk)
        else:
            fates[each.place] = Fate.refused(Rejected("imaging.uid_reused"), sha256)
    return fates


def _grant(actor: Actor, audience_id: UUID | None, study_ids: set[UUID]) -> None:
    if not study_ids:
        return
    if actor.user_id is not None:
        audience_add_own(user_id=actor.user_id, study_ids=study_ids)
    if audience_id is not None:
        audience_add_studies(audience_id=audience_id, study_ids=study_ids)


def _count(
    added: list[Ready],
    studies: dict[str, Study],
    series: dict[int, Series],
    new_series: set[UUID],
    source: str,
) -> None:
    """Raise the counters of series and studies; last, because it holds their rows."""
    files = Counter(series[each.place].pk for each in added)
    frames: Counter[UUID] = Counter()
    owners: dict[UUID, tuple[UUID, str]] = {}
    for each in added:
        home = series[each.place]
        frames[home.pk] += each.parsed.pixels.frames if each.parsed.pixels else 0
        owners[home.pk] = (studies[each.identity.study["uid"]].pk, home.modality)
    instances: Counter[UUID] = Counter()
    fresh: Counter[UUID] = Counter()
    modalities: dict[UUID, set[str]] = {}
    for pk, (study_pk, modality) in owners.items():
        instances[study_pk] += files[pk]
        fresh[study_pk] += pk in new_series
        modalities.setdefault(study_pk, set()).update(filter(None, [modality]))
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE imaging_series SET instance_count = instance_count + %s,"
            " frame_count = frame_count + %s, grids_stale = true WHERE id = %s",
            [(files[pk], frames[pk], pk) for pk in sorted(files)],
        )
        cursor.executemany(
            "UPDATE imaging_study SET instance_count = instance_count + %s,"
            " series_count = series_count + %s, modalities = ARRAY("
            "SELECT DISTINCT unnest(modalities || %s::varchar[]) ORDER BY 1), sources = ARRAY("
            "SELECT DISTINCT unnest(sources || %s::varchar[]) ORDER BY 1) WHERE id = %s",
            [
                (instances[pk], fresh[pk], sorted(modalities[pk]), [source] if source else [], pk)
                for pk in sorted(instances)
            ],
        )
