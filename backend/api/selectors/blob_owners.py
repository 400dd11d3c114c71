"""Whom each stored object belongs to: what a damaged or missing one would harm.

Names here are for people who run Limn: UIDs and numbers, never those of patients.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, QuerySet

from backend.core.domain import OPEN_STATES
from backend.core.models import Job
from backend.core.sweep import HASH
from backend.exports.models import Export
from backend.imaging.models import IngestItem, Instance, QuarantinedFile, SourceFile
from backend.inference.models import FeatureBlob, ModelVersion


@dataclass(frozen=True)
class Owner:
    """A column that names objects; `sentence` says of whom, with the values of `facts`."""

    rows: QuerySet[Any]
    column: str
    facts: tuple[str, ...]
    sentence: str

    @property
    def place(self) -> tuple[type[Model], str]:
        """Return the table and the column."""
        return self.rows.model, self.column


def owners() -> tuple[Owner, ...]:
    """Return every column whose objects must be there."""
    return (*_owners_of_images(), *_owners_of_models(), _owner_of_exports())


def _owners_of_images() -> tuple[Owner, ...]:
    return (
        Owner(
            Instance.objects.all(),
            "blob_sha256",
            ("sop_uid", "series__study__uid"),
            "instance {0} of study {1}",
        ),
        Owner(
            SourceFile.objects.all(),
            "sha256",
            ("pk", "series__study__uid"),
            "source file {0} of study {1}",
        ),
        Owner(
            QuarantinedFile.objects.filter(state="waiting"),
            "file_sha256",
            ("pk",),
            "file {0} in quarantine",
        ),
        Owner(
            IngestItem.objects.filter(outcome__in=["waiting", "kept"]).exclude(sha256=""),
            "sha256",
            ("pk", "run_id"),
            "file {0} of delivery {1}",
        ),
    )


def _owners_of_models() -> tuple[Owner, ...]:
    versions = ModelVersion.objects.all()
    return (
        Owner(
            versions.exclude(weights_sha256=""),
            "weights_sha256",
            ("model__name", "number"),
            "weights of model {0}, version {1}",
        ),
        Owner(
            versions.exclude(decoder_sha256=""),
            "decoder_sha256",
            ("model__name", "number"),
            "decoder of model {0}, version {1}",
        ),
        Owner(
            FeatureBlob.objects.all(),
            "sha256",
            ("frame_key", "version_id"),
            "embedding of frame {0} by version {1}, which can be made again",
        ),
    )


def _owner_of_exports() -> Owner:
    return Owner(
        Export.objects.exclude(archive_sha256=""),
        "archive_sha256",
        ("format", "release_id"),
        "{0} export of release {1}",
    )


def referenced(prefix: str) -> set[str]:
    """Return the names beginning like this of all objects that must be there; one question."""
    first, *others = (_names(owner, prefix) for owner in owners())
    return set(first.union(*others).iterator(5000))


def _names(owner: Owner, prefix: str) -> QuerySet[Any, str]:
    """Return the names in a column by range, so that an index can be used."""
    inside = {f"{owner.column}__gte": prefix, f"{owner.column}__lt": f"{prefix}g"}
    rows: QuerySet[Any, str] = owner.rows.filter(**inside).values_list(owner.column, flat=True)
    return rows.order_by()


def referenced_by_jobs() -> set[str]:
    """Return the names of objects that unfinished jobs speak of."""
    requests = Job.objects.filter(state__in=OPEN_STATES).values_list("request", flat=True)
    return {name for request in requests for name in HASH.findall(str(request))}


def owners_of(names: Iterable[str]) -> dict[str, list[str]]:
    """Return whom each of these objects belongs to, as sentences' parts."""
    wanted = sorted(set(names))
    found: dict[str, list[str]] = {name: [] for name in wanted}
    for owner in owners() if wanted else ():
        rows = owner.rows.filter(**{f"{owner.column}__in": wanted})
        for name, *facts in rows.values_list(owner.column, *owner.facts):
            found[name].append(owner.sentence.format(*facts))
    return found
