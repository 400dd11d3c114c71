"""Doors: pictures for looking at, and thumbnails, at every level (PS3.18 10.4.1.1.3 and .4)."""

from collections.abc import Iterator
from uuid import UUID

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from backend.core.actor import Actor
from backend.imaging.api.negotiation import AnyAccepted, accepted_of
from backend.imaging.api.parts import multipart
from backend.imaging.api.wado import frame_numbers
from backend.imaging.domain.accepting import Accepted, chosen_media
from backend.imaging.domain.rendering import Kind, Look, look_from
from backend.imaging.selectors import rendering

_KINDS: dict[str, Kind] = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}


@extend_schema(exclude=True)
class RenderedView(APIView):
    """Pictures, windowed as the file says or as is asked for.

    As one picture: the frame, the first of an instance, the middle slice of a series or study.
    As multipart/related: every frame.
    """

    content_negotiation_class = AnyAccepted

    def get(
        self,
        request: Request,
        study_uid: str,
        series_uid: str = "",
        sop_uid: str = "",
        frames: str = "",
    ) -> HttpResponseBase:
        """Return a frame, or what stands for more of them, as a picture."""
        look = look_from(request.query_params.dict())
        chosen, media = _media(request)
        actor, uids = Actor.of(request), (study_uid, series_uid, sop_uid)
        numbers = frame_numbers(frames) if frames else []
        kind = _KINDS[media]
        if not chosen.is_multipart and len(numbers) <= 1:
            number = numbers[0] if numbers else None
            content = rendering.rendered(
                actor=actor, uids=uids, number=number, look=look, kind=kind
            )
            return _kept(HttpResponse(content, content_type=media))
        pictures: Iterator[bytes]
        if numbers:
            pictures = rendering.rendered_frames(
                actor=actor, uids=uids, numbers=numbers, look=look, kind=kind
            )
        else:
            pictures = rendering.rendered_all(actor=actor, uids=uids, look=look, kind=kind)
        return multipart(media, ((media, content, "") for content in pictures))


@extend_schema(exclude=True)
class ThumbnailView(APIView):
    """Small pictures; of a study and a series the middle slice."""

    content_negotiation_class = AnyAccepted

    def get(
        self,
        request: Request,
        study_uid: str,
        series_uid: str = "",
        sop_uid: str = "",
        frames: str = "",
    ) -> HttpResponse:
        """Return a small picture."""
        asked = look_from(request.query_params.dict())
        look = Look(asked.window, asked.size or rendering.THUMBNAIL.size, None, asked.quality)
        _, media = _media(request)
        numbers = frame_numbers(frames) if frames else [None]
        content = rendering.rendered(
            actor=Actor.of(request),
            uids=(study_uid, series_uid, sop_uid),
            number=numbers[0],
            look=look,
            kind=_KINDS[media],
        )
        return _kept(HttpResponse(content, content_type=media))


_WEBP = {(200, "image/webp"): OpenApiTypes.BINARY}


class SeriesPreviewView(APIView):
    """The middle slice of a series, small."""

    @extend_schema(operation_id="series_thumbnail", responses=_WEBP)
    def get(self, request: Request, series_id: UUID) -> HttpResponse:
        """Return a windowed picture of the series' largest grid."""
        content = rendering.preview_get(actor=Actor.of(request), series_id=series_id)
        return _kept(HttpResponse(content, content_type="image/webp"))


class StudyPreviewView(APIView):
    """The middle slice of a study, small."""

    @extend_schema(operation_id="study_thumbnail", responses=_WEBP)
    def get(self, request: Request, study_id: UUID) -> HttpResponse:
        """Return a windowed picture of the study's largest grid."""
        content = rendering.preview_get(actor=Actor.of(request), study_id=study_id)
        return _kept(HttpResponse(content, content_type="image/webp"))


def _media(request: Request) -> tuple[Accepted, str]:
    return chosen_media(accepted_of(request), list(_KINDS))


def _kept(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "private, max-age=3600"
    return response
