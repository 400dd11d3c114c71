"""The DIMSE door: C-ECHO and C-STORE for those who may call, C-FIND and C-GET for those who may read.

One thread serves an association. Who calls under an unknown title, or from another address than
agreed, is refused before anything is said.
"""

import logging
from typing import Any

from django.conf import settings
from django.db import close_old_connections, connection
from pydicom.dataset import Dataset
from pynetdicom import AE, AllStoragePresentationContexts, _config, evt
from pynetdicom.ae import ApplicationEntity
from pynetdicom.sop_class import (  # type: ignore[attr-defined]  # made by the library at run time
    PatientRootQueryRetrieveInformationModelFind,
    PatientRootQueryRetrieveInformationModelGet,
    StudyRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelGet,
    Verification,
)

from backend.core.errors import LimnError
from backend.imaging.api.dimse_reading import found, retrieved
from backend.imaging.domain.dimse import (
    NOT_AUTHORISED,
    NOT_OF_ITS_CLASS,
    OUT_OF_RESOURCES,
    PROCESSING_FAILURE,
    SUCCESS,
    SYNTAXES,
    status_of,
    status_with,
)
from backend.imaging.services.incoming import Incoming
from backend.imaging.services.sources.receiver import (
    Visit,
    any_in_memory,
    caller_find,
    visit_draft,
    visit_end,
    visit_store,
)

log = logging.getLogger(__name__)
MOST_ASSOCIATIONS = 32
IDLE_SECONDS = 60
# Result, source and reason of a rejection (PS3.8 table 9-21).
UNKNOWN = (0x01, 0x01, 0x03)  # for good: the calling AE title is not recognised
NOT_NOW = (0x02, 0x03, 0x01)  # for now: the one who calls tries again
_READING = (
    PatientRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelFind,
    PatientRootQueryRetrieveInformationModelGet,
    StudyRootQueryRetrieveInformationModelGet,
)
Event = evt.Event


class DimseDoor:
    """Listens for associations, and knows who is in."""

    def __init__(self) -> None:
        self._visits: dict[Any, Visit] = {}
        for name in dir(_config):
            if name.startswith("LOG_"):  # identifiers are patients' names
                setattr(_config, name, False)
        self._entity = self._made_entity()

    def listen(self, host: str, port: int) -> None:
        """Begin to answer, in threads."""
        handlers: list[Any] = [
            (evt.EVT_REQUESTED, self._on_requested),
            (evt.EVT_RELEASED, self._on_gone),
            (evt.EVT_ABORTED, self._on_gone),
            (evt.EVT_C_ECHO, lambda _: SUCCESS),
            (evt.EVT_C_STORE, self._on_store),
            (evt.EVT_C_FIND, self._on_find),
            (evt.EVT_C_GET, self._on_get),
        ]
        self._entity.start_server((host, port), block=False, evt_handlers=handlers)

    def close(self) -> None:
        """End all associations and stop listening."""
        self._entity.shutdown()

    @staticmethod
    def _made_entity() -> ApplicationEntity:
        entity = AE(ae_title=settings.LIMN_DIMSE_AE)
        entity.require_called_aet = True
        entity.maximum_associations = MOST_ASSOCIATIONS
        entity.network_timeout = IDLE_SECONDS
        entity.add_supported_context(Verification)
        for context in AllStoragePresentationContexts:
            entity.add_supported_context(
                context.abstract_syntax or "", list(SYNTAXES), scu_role=True, scp_role=True
            )
        for model in _READING:
            entity.add_supported_context(model)
        return entity

    def _on_requested(self, event: Event) -> None:
        """Let in who is known; refuse the others, and everybody for now while the database is away."""
        caller, refusal = None, UNKNOWN
        try:
            close_old_connections()
            asked = event.assoc.requestor
            title = asked.primitive.calling_ae_title if asked.primitive else ""
            caller = caller_find(str(title).strip(), str(asked.address))
            _config.STORE_RECV_CHUNKED_DATASET = not any_in_memory()
        except Exception:
            log.exception("A caller could not be looked up")
            refusal = NOT_NOW
        if caller is None:
            event.assoc.acse.send_reject(*refusal)
            event.assoc.kill()
            connection.close()
            return
        self._visits[event.assoc] = Visit(caller)

    def _on_gone(self, event: Event) -> None:
        visit = self._visits.pop(event.assoc, None)
        try:
            if visit is not None:
                visit_end(visit)
        except Exception:
            log.exception("A visit could not be closed; the clock does it")
        finally:
            connection.close()

    def _on_store(self, event: Event) -> Dataset | int:
        visit = self._visits.get(event.assoc)
        if visit is None:
            return NOT_AUTHORISED
        try:
            close_old_connections()
            item = _stored(visit, event)
        except LimnError as error:
            return _status(OUT_OF_RESOURCES, error.detail)
        except Exception:
            log.exception("What was sent could not be taken in")
            return _status(PROCESSING_FAILURE, "Not stored; send it again later.")
        return _status(status_of(item.outcome, item.code), item.reason)

    def _on_find(self, event: Event) -> Any:  # noqa: ANN401  pynetdicom takes any iterator of pairs
        visit = self._visits.get(event.assoc)
        reader = visit.caller.reader if visit else None
        if reader is None:
            yield NOT_AUTHORISED, None
            return
        try:
            close_old_connections()
            yield from found(event, reader)
        except LimnError as error:
            log.info("A search was refused: %s", error.detail)
            yield status_with(NOT_OF_ITS_CLASS, error.detail), None

    def _on_get(self, event: Event) -> Any:  # noqa: ANN401  pynetdicom takes any iterator of pairs
        visit = self._visits.get(event.assoc)
        reader = visit.caller.reader if visit else None
        if reader is None:
            yield 1
            yield NOT_AUTHORISED, None
            return
        close_old_connections()
        yield from retrieved(event, reader)


def _stored(visit: Visit, event: Event) -> Any:  # noqa: ANN401  a row; doors import no models
    request: Any = event.request
    name = f"{request.AffectedSOPInstanceUID}.dcm"
    originator = str(request.MoveOriginatorApplicationEntityTitle or "").strip()
    uid = str(request.AffectedSOPInstanceUID)
    path = getattr(request, "_dataset_path", None)
    if path is not None:
        return visit_store(visit, Incoming(name, path), sop_uid=uid, originator=originator)
    draft = visit_draft(visit)
    try:
        draft.write(event.encoded_dataset())
        incoming = Incoming.drafted(name, draft)
        return visit_store(visit, incoming, sop_uid=uid, originator=originator)
    finally:
        draft.discard()


def _status(status: int, reason: str) -> Dataset | int:
    return SUCCESS if status == SUCCESS else status_with(status, reason)
