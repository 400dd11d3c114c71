"""Doors: WADO-RS originals, frames and bulk data (PS3.18 10.4), in single or in several parts."""

import re
from collections.abc import Iterator
from typing import BinaryIO, cast

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from backend.core.actor import Actor
from backend.imaging.api.negotiation import AnyAccepted, accepted_of
from backend.imaging.api.parts import Part, multipart, single
from backend.imaging.domain.accepting import (
    MEDIA_OF,
    OCTETS,
    Accepted,
    NotAcceptable,
    Offer,
    chosen_media,
    chosen_offer,
)
from backend.imaging.domain.encode import EXPLICIT_LITTLE
from backend.imaging.domain.qido import BadQuery
from backend.imaging.selectors import bulkdata, dicomweb, originals, transcoding
from backend.imaging.selectors.frames import FrameSource

DICOM = "application/dicom"
MOST_FRAMES = 10_000
_FRAME = re.compile(r"[0-9]{1,8}")


@extend_schema(exclude=True)
class RetrieveView(APIView):
    """Originals: bit for bit with ``transfer-syntax=*``, else in a syntax that is accepted."""

    content_negotiation_class = AnyAccepted

    def get(
        self, request: Request, study_uid: str, series_uid: str = "", sop_uid: str = ""
    ) -> HttpResponseBase:
        """Return the instances of a study, a series or one instance."""
        instances = dicomweb.instances_of(
            actor=Actor.of(request), study_uid=study_uid, series_uid=series_uid, sop_uid=sop_uid
        )
        suitable = [each for each in accepted_of(request) if each.takes(DICOM)]
        if not suitable:
            raise NotAcceptable(f"Instances are sent as {DICOM}, alone or as multipart/related.")
        if not sop_uid:
            suitable = [each for each in suitable if each.is_multipart or "*" in each.media]
            if not suitable:
                raise NotAcceptable("Several instances are sent as multipart/related.")
        originals.refuse_unacceptable(instances, suitable)
        if sop_uid:
            original = originals.original_of(instances)
            chosen, _ = original.chosen_for(suitable)
            if not chosen.is_multipart and chosen.media == DICOM:
                return _alone(original, [chosen])
            suitable = [chosen]
        return multipart(
            DICOM, (_part(each, suitable) for each in originals.originals_of(instances))
        )


def _alone(original: originals.Original, accepted: list[Accepted]) -> HttpResponseBase:
    syntax, file = original.opened_for(accepted)
    size = original.size if syntax == original.syntax else None
    return single(f"{DICOM}; transfer-syntax={syntax}", file, size)


def _part(original: originals.Original, accepted: list[Accepted]) -> Part:
    syntax, file = original.opened_for(accepted)
    return f"{DICOM}; transfer-syntax={syntax}", file, ""


@extend_schema(exclude=True)
class FramesView(APIView):
    """Single frames, as stored or made."""

    content_negotiation_class = AnyAccepted

    def get(
        self, request: Request, study_uid: str, series_uid: str, sop_uid: str, frames: str
    ) -> HttpResponseBase:
        """Return the frames of a comma-separated list, each a part."""
        numbers = frame_numbers(frames)
        source = originals.frame_source_of(
            actor=Actor.of(request), study_uid=study_uid, series_uid=series_uid, sop_uid=sop_uid
        )
        transcoding.refuse_absent(source, numbers)
        return _frames(request, source, numbers)


def _frames(request: Request, source: FrameSource, numbers: list[int]) -> HttpResponseBase:
    offers = [
        Offer(tuple(dict.fromkeys((MEDIA_OF.get(syntax, OCTETS), OCTETS))), syntax)
        for syntax in transcoding.syntaxes_of(source)
    ]
    chosen, offer = chosen_offer(accepted_of(request), offers, EXPLICIT_LITTLE)
    media = offer.media[0] if "*" in chosen.media else chosen.media
    content_type = f"{media}; transfer-syntax={offer.syntax}"
    if not chosen.is_multipart and len(numbers) == 1 and chosen.media != "*/*":
        frame = transcoding.frame_as(source, numbers[0], offer.syntax)
        return HttpResponse(frame, content_type=content_type)

    def parts() -> Iterator[Part]:
        for number in numbers:
            yield content_type, transcoding.frame_as(source, number, offer.syntax), ""

    return multipart(media, parts())


@extend_schema(exclude=True)
class BulkdataView(APIView):
    """Values that are too large for metadata, pixel data among them."""

    content_negotiation_class = AnyAccepted

    def get(
        self, request: Request, study_uid: str, series_uid: str, sop_uid: str, place: str
    ) -> HttpResponseBase:
        """Return the value of one element; compressed pixel data comes frame by frame."""
        uids = {"study_uid": study_uid, "series_uid": series_uid, "sop_uid": sop_uid}
        source = None
        if place.upper() in bulkdata.PIXEL_DATA:
            source = originals.frame_source_of(actor=Actor.of(request), **uids)
            if transcoding.stored_syntax(source) != EXPLICIT_LITTLE:
                return _frames(request, source, list(range(1, source.stored_frames + 1)))
        chosen, _ = chosen_media(accepted_of(request), [OCTETS])
        if source is not None and source.depth > 1:
            value: BinaryIO = cast("BinaryIO", bulkdata.PixelsOf(source))
        else:
            value = bulkdata.bulkdata_open(actor=Actor.of(request), place=place, **uids)
        if chosen.is_multipart:
            return multipart(OCTETS, [(OCTETS, value, request.build_absolute_uri())])
        return single(OCTETS, value)


def frame_numbers(text: str) -> list[int]:
    """Return the numbers of a list of frames."""
    words = text.split(",")
    if len(words) > MOST_FRAMES or not all(_FRAME.fullmatch(word) for word in words):
        raise BadQuery("Frames are asked for by number, from 1, separated by commas.")
    return [int(word) for word in words]
