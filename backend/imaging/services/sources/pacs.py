"""A remote archive over DIMSE: found by C-FIND, fetched by C-GET, or sent to us after a C-MOVE.

Images are searched for in three steps (studies, series, instances), so that what was taken
already is not sent again.
"""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone
from pydicom.dataset import Dataset
from pydicom.uid import UID
from pynetdicom import AE, StoragePresentationContexts, build_role, evt
from pynetdicom.association import Association
from pynetdicom.sop_class import (  # type: ignore[attr-defined]  # made by the library at run time
    StudyRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelGet,
    StudyRootQueryRetrieveInformationModelMove,
    Verification,
)

from backend.core.drafts import Draft
from backend.core.errors import Unavailable
from backend.imaging.domain.dimse import SUCCESS, offers_of
from backend.imaging.domain.messages_sources import PacsSettings, SourceTestOut
from backend.imaging.services.sources.found import (
    BoundedBody,
    Found,
    Look,
    bad,
    fetched,
    good,
    mark_of,
)

CONNECT_SECONDS = 10
ANSWER_SECONDS = 60
FEW_CLASSES = 100
MOST_CONTEXTS = 128
_FIND = StudyRootQueryRetrieveInformationModelFind
_GET = StudyRootQueryRetrieveInformationModelGet
_MOVE = StudyRootQueryRetrieveInformationModelMove
_PENDING = frozenset({0xFF00, 0xFF01})
# Some or none of the images were sent; the archive could not process what was asked of it.
_NOT_ALL = frozenset({0xB000, 0xA702})
_NOT_PROCESSED = 0xC
_WORDS = {
    0x0122: "it does not offer that",
    0x0124: "it does not let Limn; have its AE title allowed there",
    0xA700: "it is out of resources; try again later",
    0xA701: "it is out of resources; try again later",
    0xA801: "it does not know where Limn is; have Limn's AE title, address and port entered there",
    0xA900: "it does not understand what is asked",
    0xFE00: "somebody there stopped it",
}


@dataclass(frozen=True)
class _Series:
    study: str
    uid: str
    classes: frozenset[str]
    instances: list[str]


class PacsFetcher:
    """Goes to an archive that speaks DIMSE."""

    def __init__(self, chosen: PacsSettings) -> None:
        self._chosen = chosen

    def test(self) -> SourceTestOut:
        """Send a C-ECHO, and ask whether it lets itself be searched."""
        name = self._chosen.called_ae
        if self._chosen.retrieve == "move" and not settings.LIMN_DIMSE_PORT:
            return bad("C-MOVE needs Limn's own receiver: set LIMN_DIMSE_PORT, or choose C-GET.")
        try:
            with self._associated([Verification]) as echo:
                status = echo.send_c_echo()
            if status.get("Status") != SUCCESS:
                return bad(f"{name} answers, but not to a C-ECHO.")
            with self._associated([_FIND, self._retrieving]) as ways:
                offered = {str(each.abstract_syntax) for each in ways.accepted_contexts}
        except Unavailable as problem:
            return bad(problem.detail)
        if str(_FIND) not in offered:
            return bad(f"{name} answers to a C-ECHO, but does not let Limn search (C-FIND).")
        if str(self._retrieving) not in offered:
            other = "C-MOVE" if self._chosen.retrieve == "get" else "C-GET"
            return bad(f"{name} can be searched, but does not send this way; try {other}.")
        return good(f"{name} answers to a C-ECHO, and can be searched and asked for images.")

    @property
    def _retrieving(self) -> UID:
        return UID(_GET if self._chosen.retrieve == "get" else _MOVE)

    def files(self, look: Look) -> Iterator[Found]:
        """Yield the instances that were not taken yet, series by series."""
        look.tell(0.0, "Asking for studies")
        with self._associated([_FIND]) as asking:
            studies = self._studies(asking)
        for number, study in enumerate(studies):
            look.tell(number / len(studies), f"Study {number + 1} of {len(studies)}")
            with self._associated([_FIND]) as asking:
                new = [
                    (series, wanted)
                    for series in _series_of(asking, study)
                    if (wanted := _new(series, look))
                ]
            for series, wanted in new:
                if self._chosen.retrieve == "get":
                    yield from self._got(series, wanted, look)
                else:
                    self._moved(series, wanted, look)

    def _studies(self, asking: Association) -> list[str]:
        found: dict[str, None] = {}
        for modality in self._chosen.filter.modalities or [""]:
            for row in _found(asking, self._matching(modality)):
                if uid := str(row.get("StudyInstanceUID") or ""):
                    found[uid] = None
        return list(found)

    def _matching(self, modality: str) -> Dataset:
        wanted = self._chosen.filter
        asked = _identifier("STUDY")
        asked.StudyInstanceUID = ""
        asked.ModalitiesInStudy = modality
        asked.PatientID = wanted.patient_id
        asked.StudyDescription = f"*{wanted.description}*" if wanted.description else ""
        if wanted.last_days is not None:
            since = timezone.now() - timedelta(days=wanted.last_days)
            asked.StudyDate = f"{since:%Y%m%d}-"
        return asked

    def _got(self, series: _Series, wanted: list[str], look: Look) -> Iterator[Found]:
        """Fetch over the connection that we open; each file is given on as it comes."""
        arrived: deque[tuple[str, Draft, BoundedBody]] = deque()

        def on_store(event: evt.Event) -> int:
            request: Any = event.request
            draft = look.draft()
            body = BoundedBody(draft)
            body.write(event.encoded_dataset())
            arrived.append((str(request.AffectedSOPInstanceUID), draft, body))
            return SUCCESS

        classes = sorted(series.classes)[:FEW_CLASSES] or _usual_classes()
        try:
            with self._associated([_GET], classes, on_store) as fetching:
                for asked in _asked_for(series, wanted):
                    for status, _ in fetching.send_c_get(asked, _GET):
                        _count(status, look, len(wanted) if _is_series(asked) else 1)
                        while arrived:
                            yield _arrived(*arrived.popleft())
        finally:
            for _, draft, _ in arrived:
                draft.discard()

    def _moved(self, series: _Series, wanted: list[str], look: Look) -> None:
        """Have the archive send to our receiver, and wait until what was sent is remembered."""
        with self._associated([_MOVE]) as asking:
            for asked in _asked_for(series, wanted):
                for status, _ in asking.send_c_move(asked, settings.LIMN_DIMSE_AE, _MOVE):
                    look.tell(0.0, "The archive is sending to Limn's receiver")
                    _count(status, look, len(wanted) if _is_series(asked) else 1)
                look.sent += int(status.get("NumberOfCompletedSuboperations") or 0)
                look.sent += int(status.get("NumberOfWarningSuboperations") or 0)

    @contextmanager
    def _associated(
        self,
        models: list[UID],
        classes: list[str] | None = None,
        on_store: Callable[[evt.Event], int] | None = None,
    ) -> Iterator[Association]:
        """Open an association for these models; also as a receiver of `classes`."""
        chosen = self._chosen
        entity = AE(ae_title=chosen.calling_ae)
        entity.acse_timeout = entity.connection_timeout = CONNECT_SECONDS
        entity.dimse_timeout = entity.network_timeout = ANSWER_SECONDS
        for model in models:
            entity.add_requested_context(model)
        for each, syntaxes in offers_of(classes or [], MOST_CONTEXTS - len(models)):
            entity.add_requested_context(each, syntaxes)
        open_one = entity.associate(
            chosen.host,
            chosen.port,
            ae_title=chosen.called_ae,
            ext_neg=[build_role(each, scp_role=True) for each in classes or []],
            evt_handlers=[(evt.EVT_C_STORE, on_store)] if on_store else [],
        )
        if not open_one.is_established:
            raise Unavailable(_why_not(open_one, chosen))
        try:
            yield open_one
        finally:
            if open_one.is_established:
                open_one.release()


def receiver_tried() -> SourceTestOut:
    """Call Limn's own door as nobody it knows: it must answer, and refuse."""
    port, title = settings.LIMN_DIMSE_PORT, settings.LIMN_DIMSE_AE
    if not port:
        return bad("The receiver does not run: set LIMN_DIMSE_PORT and start Limn again.")
    host = settings.LIMN_DIMSE_HOST
    entity = AE(ae_title="LIMN-TRIES-IT")
    entity.acse_timeout = entity.connection_timeout = CONNECT_SECONDS
    entity.add_requested_context(Verification)
    call = entity.associate("127.0.0.1" if host == "0.0.0.0" else host, port, ae_title=title)  # noqa: S104
    answers = call.is_rejected or call.is_established
    if call.is_established:
        call.release()
    if not answers:
        return bad(f"Nobody answers on port {port}: is the DIMSE process running?")
    return good(f"Limn answers as {title} on port {port}, and refuses who is not named here.")


def _why_not(closed: Association, chosen: PacsSettings) -> str:
    if closed.is_rejected:
        return (
            f"{chosen.called_ae} refuses {chosen.calling_ae}: have Limn's AE title entered there,"
            " and check the title of the archive."
        )
    if closed.is_aborted:
        return f"Nobody answers as an archive at {chosen.host}:{chosen.port}; check host and port."
    return f"{chosen.called_ae} offers none of what is asked for."


def _identifier(level: str) -> Dataset:
    asked = Dataset()
    asked.QueryRetrieveLevel = level
    return asked


def _found(asking: Association, asked: Dataset) -> Iterator[Dataset]:
    for status, row in asking.send_c_find(asked, _FIND):
        _refuse(status, "search")
        if row is not None and status.Status in _PENDING:
            yield row


def _refuse(status: Dataset, deed: str) -> None:
    """Raise where the archive did not do what was asked."""
    if "Status" not in status:
        raise Unavailable("The connection to the archive broke, or it took too long to answer.")
    if status.Status in _PENDING or status.Status == SUCCESS:
        return
    why = _WORDS.get(status.Status)
    if why is not None:
        raise Unavailable(f"The archive did not {deed}: {why} ({status.Status:04X}).")
    raise Unavailable(f"The archive did not {deed} (status {status.Status:04X}).")


def _count(status: Dataset, look: Look, asked: int) -> None:
    """Count images that were not sent, and go on: one that cannot be must not keep back the others."""
    code = status.get("Status")
    if code in _NOT_ALL or (code is not None and code >> 12 == _NOT_PROCESSED):
        failed = status.get("NumberOfFailedSuboperations")
        look.miss(asked if failed is None else int(failed), f"the archive answers {code:04X}")
        return
    _refuse(status, "send images")


def _is_series(asked: Dataset) -> bool:
    return bool(asked.QueryRetrieveLevel == "SERIES")


def _series_of(asking: Association, study: str) -> list[_Series]:
    asked = _identifier("SERIES")
    asked.StudyInstanceUID, asked.SeriesInstanceUID = study, ""
    uids = [str(row.get("SeriesInstanceUID") or "") for row in list(_found(asking, asked))]
    return [_instances_of(asking, study, uid) for uid in uids if uid]


def _instances_of(asking: Association, study: str, series: str) -> _Series:
    asked = _identifier("IMAGE")
    asked.StudyInstanceUID, asked.SeriesInstanceUID = study, series
    asked.SOPInstanceUID = asked.SOPClassUID = ""
    rows = list(_found(asking, asked))
    return _Series(
        study,
        series,
        frozenset(str(row.SOPClassUID) for row in rows if row.get("SOPClassUID")),
        [str(row.SOPInstanceUID) for row in rows if row.get("SOPInstanceUID")],
    )


def _new(series: _Series, look: Look) -> list[str]:
    marks = {sop: mark_of(sop) for sop in series.instances}
    wanted = look.new_of(list(marks.values()))
    return [sop for sop, mark in marks.items() if mark in wanted]


def _asked_for(series: _Series, wanted: list[str]) -> Iterator[Dataset]:
    """Yield what to ask for: the series as a whole, or single instances of it."""
    is_whole = len(wanted) == len(series.instances)
    for sop in [""] if is_whole else wanted:
        asked = _identifier("SERIES" if is_whole else "IMAGE")
        asked.StudyInstanceUID, asked.SeriesInstanceUID = series.study, series.uid
        if sop:
            asked.SOPInstanceUID = sop
        yield asked


def _arrived(uid: str, draft: Draft, body: BoundedBody) -> Found:
    return Found(mark_of(uid), lambda: fetched(f"{uid}.dcm", draft, body.refusal))


def _usual_classes() -> list[str]:
    return [str(each.abstract_syntax) for each in StoragePresentationContexts[:FEW_CLASSES]]
