"""Original files for DICOMweb: opened from the store, or in the syntax a client asks for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from django.db.models import QuerySet

from backend.core.actor import Actor
from backend.core.blobs import blob_store
from backend.core.errors import NotFound, Unavailable
from backend.imaging.domain.accepting import Accepted, NotAcceptable
from backend.imaging.domain.encode import EXPLICIT_LITTLE, MADE, can_make
from backend.imaging.models import Instance
from backend.imaging.selectors.dicomweb import instances_of
from backend.imaging.selectors.frames import FrameSource, frame_source
from backend.imaging.selectors.transcoding import instance_as
from ml_worker.pixels.films import VIDEO


@dataclass(frozen=True)
class Original:
    """One stored file; `depth` is the bits allocated for a sample, None without frames."""

    pk: int
    sha256: str
    size: int
    syntax: str
    depth: int | None

    def chosen_for(self, accepted: Sequence[Accepted]) -> tuple[Accepted, str]:
        """Return the best alternative that can be met, and the syntax to send; or NotAcceptable.

        ``transfer-syntax=*`` means the stored form. Where no syntax is named, that is explicit
        little endian (PS3.18 8.7.3.5.2); of films the stored form, for nobody wants them decoded.
        """
        for each in accepted:
            wanted = each.syntax or (self.syntax if self.syntax in VIDEO else EXPLICIT_LITTLE)
            if wanted in {"*", self.syntax}:
                return each, self.syntax
            if wanted in MADE and can_be_made(wanted, self.depth):
                return each, wanted
        there = [s for s in MADE if can_be_made(s, self.depth) and s != self.syntax]
        others = f" or as {', '.join(there)}" if there else ""
        raise NotAcceptable(
            f"The instance is stored as {self.syntax}; it can be sent as that{others}."
        )

    def syntax_for(self, accepted: Sequence[Accepted]) -> str:
        """Return the syntax to send it in; raises NotAcceptable."""
        return self.chosen_for(accepted)[1]

    def opened_for(self, accepted: Sequence[Accepted]) -> tuple[str, BinaryIO]:
        """Open it as it is to be sent, and return the syntax of that.

        What cannot be decoded is sent as it is stored, unless a syntax is insisted on.
        """
        syntax = self.syntax_for(accepted)
        try:
            return syntax, self.open_as(syntax)
        except (NotAcceptable, Unavailable):
            if all(each.syntax for each in accepted):
                raise
            return self.syntax, self.open_as(self.syntax)

    def open_as(self, syntax: str) -> BinaryIO:
        """Open the file as it was sent, or in another syntax."""
        if syntax == self.syntax:
            return blob_store().open(self.sha256)
        return instance_as(self.sha256, frame_source(self.pk), syntax)


def can_be_made(syntax: str, depth: int | None) -> bool:
    """Tell whether an instance can be sent in a syntax; without frames only in the plain one."""
    return syntax == EXPLICIT_LITTLE if depth is None else can_make(syntax, depth)


_COLUMNS = (
    "pk",
    "blob_sha256",
    "size_bytes",
    "transfer_syntax_uid",
    "pixel_module__bits_allocated",
)


def originals_of(instances: QuerySet[Instance]) -> Iterator[Original]:
    """Yield the files of these instances."""
    for row in instances.values_list(*_COLUMNS).iterator(chunk_size=500):
        yield Original(*row)


def original_of(instances: QuerySet[Instance]) -> Original:
    """Return the file of the one instance."""
    return Original(*instances.values_list(*_COLUMNS)[0])


def refuse_unacceptable(instances: QuerySet[Instance], accepted: Sequence[Accepted]) -> None:
    """Refuse before the answer begins what one of the instances cannot be sent as."""
    kinds = instances.order_by().values_list("transfer_syntax_uid", "pixel_module__bits_allocated")
    for syntax, depth in kinds.distinct():
        Original(0, "", 0, syntax, depth).syntax_for(accepted)


def frame_source_of(*, actor: Actor, study_uid: str, series_uid: str, sop_uid: str) -> FrameSource:
    """Return how the frames of an instance are stored; NotFound if unseen or without frames."""
    found = instances_of(
        actor=actor, study_uid=study_uid, series_uid=series_uid, sop_uid=sop_uid
    ).values_list("pk", flat=True)
    source = frame_source(found[0])
    if source is None:
        raise NotFound("This instance has no frames.")
    return source
