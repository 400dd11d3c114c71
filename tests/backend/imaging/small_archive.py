"""An archive over DIMSE that fails as it is told to: Orthanc cannot be made to."""

from types import SimpleNamespace

import pydicom
from pydicom.dataset import Dataset
from pynetdicom import AE, AllStoragePresentationContexts, evt
from pynetdicom.sop_class import (
    StudyRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelGet,
    StudyRootQueryRetrieveInformationModelMove,
)

from tests.ports import free_port

_KEYS = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")
_DEPTHS = {"STUDY": 1, "SERIES": 2, "IMAGE": 3}


class SmallArchive:
    """Holds a few files; cannot send what is `lost`, or answers every C-GET by `refusal`."""

    def __init__(self, paths, *, lost=(), refusal=None):
        self.dicom_port = free_port()
        self._datasets = [pydicom.dcmread(path) for path in paths]
        self._lost, self._refusal = lost, refusal

    def __enter__(self):
        entity = AE(ae_title="ORTHANC")
        for model in (
            StudyRootQueryRetrieveInformationModelFind,
            StudyRootQueryRetrieveInformationModelGet,
            StudyRootQueryRetrieveInformationModelMove,
        ):
            entity.add_supported_context(model)
        for context in AllStoragePresentationContexts:
            entity.add_supported_context(context.abstract_syntax, scu_role=True, scp_role=True)
        handlers = [
            (evt.EVT_C_FIND, self._find),
            (evt.EVT_C_GET, self._get),
            (evt.EVT_C_MOVE, self._move),
        ]
        here = ("127.0.0.1", self.dicom_port)
        self._server = entity.start_server(here, block=False, evt_handlers=handlers)
        return SimpleNamespace(dicom_port=self.dicom_port)

    def __exit__(self, *_):
        self._server.shutdown()

    def _matching(self, asked):
        wanted = {key: asked.get(key) for key in _KEYS if asked.get(key)}
        return [
            each
            for each in self._datasets
            if all(each[key].value == uid for key, uid in wanted.items())
        ]

    def _find(self, event):
        asked = event.identifier
        keys = _KEYS[: _DEPTHS[asked.QueryRetrieveLevel]]
        for each in {tuple(d[k].value for k in keys): d for d in self._matching(asked)}.values():
            answer = Dataset()
            answer.QueryRetrieveLevel = asked.QueryRetrieveLevel
            for key in (*keys, "SOPClassUID"):
                setattr(answer, key, each[key].value)
            yield 0xFF00, answer

    def _get(self, event):
        wanted = [] if self._refusal else self._matching(event.identifier)
        yield max(len(wanted), 1)
        if self._refusal:
            yield self._refusal, None
        for each in wanted:
            unsent = Dataset()
            unsent.SOPInstanceUID = each.SOPInstanceUID
            yield 0xFF00, unsent if each.SOPInstanceUID in self._lost else each

    def _move(self, _):
        yield None, None  # it knows nobody that it could send to
