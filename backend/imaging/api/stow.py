"""Door: STOW-RS (PS3.18 10.5)."""

import json
from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from backend.core.actor import Actor
from backend.core.errors import LimnError
from backend.imaging.api.body import body_reader
from backend.imaging.api.qido import StudySearchView, base_of, json_kind
from backend.imaging.api.wado import DICOM, RetrieveView
from backend.imaging.domain.multipart import MULTIPART, BadBody, boundary_of, media_of, related_type
from backend.imaging.domain.qido import attribute
from backend.imaging.services.stow import Stored, StoredItem, Taken, stow

# Failure reasons of PS3.18 table I.2-2 and PS3.7 annex C.
_CANNOT_UNDERSTAND = 0xC000
_FAILURES = {
    "imaging.uid_reused": 0x0111,
    "imaging.same_image": 0x0111,
    "imaging.study_taken": 0x0124,
    "imaging.storage_full": 0xA700,
    "imaging.other_study": 0xA900,
    "imaging.internal": 0x0110,
    "imaging.not_decodable": 0x0122,
    "imaging.burned_in": 0xC001,
}
_COERCED = 0xB000


class WrongBody(LimnError):
    """STOW-RS takes multipart/related of application/dicom."""

    status = 415
    code = "dicomweb.unsupported_body"


class StreamParser(BaseParser):
    """Leaves the body alone, so that it can be read part by part."""

    media_type = "*/*"

    def parse(self, stream: Any, *_: object, **__: object) -> Any:  # noqa: ANN401  as DRF has it
        """Return the stream itself."""
        return stream


def _stow(request: Request, study_uid: str) -> HttpResponse:
    content_type = request.content_type or ""
    kind = json_kind(request)
    is_one = media_of(content_type) == DICOM
    is_several = media_of(content_type) == MULTIPART
    if not is_one and not (is_several and related_type(content_type) in {DICOM, ""}):
        raise WrongBody(f"Instances are sent as multipart/related of {DICOM}, or one as {DICOM}.")
    stored = stow(
        actor=Actor.of(request),
        read_into=body_reader(request._request),  # noqa: SLF001  the body itself, unparsed
        boundary="" if is_one else boundary_of(content_type),
        study_uid=study_uid,
    )
    if not stored:
        raise BadBody("The body ends before its first part.")
    document, status = _outcome(stored, base_of(request))
    return HttpResponse(json.dumps(document), content_type=kind, status=status)


@extend_schema(exclude=True)
class StudiesDoor(StudySearchView):
    """Search studies, or send instances of any study."""

    parser_classes = (StreamParser,)

    def post(self, request: Request) -> HttpResponse:
        """Take in every part of the body; tell each one's fate."""
        return _stow(request, "")


@extend_schema(exclude=True)
class StudyDoor(RetrieveView):
    """Fetch a study, or send instances of it."""

    parser_classes = (StreamParser,)

    def post(self, request: Request, study_uid: str) -> HttpResponse:
        """Take in every part of the body that belongs to this study."""
        return _stow(request, study_uid)


def _outcome(stored: list[Stored], base: str) -> tuple[dict[str, Any], int]:
    """Return the document of PS3.18 table 10.5.3-1, and the status."""
    taken, failed, unknown = [], [], []
    for each in stored:
        if each.place is not None:
            taken.append(_taken(each, each.place, base))
        elif each.item.sop_uid:
            failed.append({**_names(each.item), **_reason(each.item)})
        else:
            unknown.append(_reason(each.item))
    document: dict[str, Any] = {}
    studies = {each.place.study_uid for each in stored if each.place is not None}
    if len(studies) == 1:
        document["00081190"] = attribute("UR", f"{base}/studies/{studies.pop()}")
    for tag, listed in (("00081198", failed), ("00081199", taken), ("0008119A", unknown)):
        if listed:
            document[tag] = {"vr": "SQ", "Value": listed}
    warned = any(each.is_coerced for each in stored)
    return document, _status(len(taken), len(failed) + len(unknown), warned=warned)


def _names(item: StoredItem) -> dict[str, Any]:
    return {
        "00081150": attribute("UI", item.sop_class_uid),
        "00081155": attribute("UI", item.sop_uid),
    }


def _taken(stored: Stored, place: Taken, base: str) -> dict[str, Any]:
    series = f"{base}/studies/{place.study_uid}/series/{place.series_uid}"
    told = {
        **_names(stored.item),
        "00081155": attribute("UI", place.sop_uid),
        "00081190": attribute("UR", f"{series}/instances/{place.sop_uid}"),
    }
    if stored.is_coerced:
        told["00081196"] = attribute("US", _COERCED)
    return told


def _reason(item: StoredItem) -> dict[str, Any]:
    return {
        "00081197": attribute("US", _FAILURES.get(item.code, _CANNOT_UNDERSTAND)),
        "00000902": attribute("LO", item.reason),
    }


def _status(taken: int, failed: int, *, warned: bool) -> int:
    if not taken:
        return 409
    return 202 if failed or warned else 200
