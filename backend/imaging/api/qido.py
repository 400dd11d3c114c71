"""Doors: QIDO-RS searches and WADO-RS metadata (PS3.18 chapter 10)."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from backend.core.actor import Actor
from backend.imaging.api.negotiation import AnyAccepted, accepted_of
from backend.imaging.domain.accepting import chosen_media
from backend.imaging.domain.qido import Search, search_from
from backend.imaging.selectors import dicomweb, dicomweb_json, metadata, qido_conditions

DICOM_JSON = "application/dicom+json"
# Of more results with what only headers hold, a few at a time are made while they are sent.
MOST_IN_MEMORY = 100
# What says how to answer, not what to look for (8.3.3).
_NEGOTIATION = frozenset({"accept", "charset"})
_PLAIN_NAME = re.compile(r"[A-Za-z0-9.]{1,64}")
_KINDS = [DICOM_JSON, "application/json"]
_STUDY = qido_conditions.STUDY_FIELDS
_SERIES = {**_STUDY, **qido_conditions.SERIES_FIELDS}
_INSTANCE = {**_SERIES, **qido_conditions.INSTANCE_FIELDS}


def json_kind(request: Request) -> str:
    """Return in which kind of JSON to answer; raises NotAcceptable, for there is no XML."""
    _, media = chosen_media(
        [each for each in accepted_of(request) if not each.is_multipart], _KINDS
    )
    return media


@extend_schema(exclude=True)
class SearchView(APIView):
    """Base of the searches."""

    content_negotiation_class = AnyAccepted
    known: dict[str, str] = _SERIES

    def search(self, request: Request) -> Search:
        """Return what is asked for."""
        asked = request.query_params.lists()
        pairs = [(name, v) for name, vs in asked if name not in _NEGOTIATION for v in vs]
        return search_from(pairs, self.known)

    def answer(
        self,
        request: Request,
        results: Iterator[dict[str, Any]],
        page: dicomweb.Page[Any],
        ask: Search,
    ) -> HttpResponseBase:
        """Return results as DICOM JSON; what was left out or ignored is told."""
        kind = json_kind(request)
        text = _listed(json.dumps(each) for each in results)
        response: HttpResponseBase
        if ask.needs_headers and len(page.rows) > MOST_IN_MEMORY:
            response = StreamingHttpResponse(text, content_type=kind)
        else:
            response = HttpResponse("".join(text), content_type=kind)
        warnings = []
        if page.total is not None:
            response["X-Total-Count"] = str(page.total)
        else:
            warnings.append(f'299 limn "There are more than {dicomweb.MOST_COUNTED} matches."')
        if not page.is_last:
            warnings.append('299 limn "There are more results; ask with offset."')
        if ask.ignored:
            warnings.append(f'299 limn "Not matched: {_told(ask.ignored)}."')
        if warnings:
            response["Warning"] = ", ".join(warnings)
        return response


def _told(names: Iterable[str]) -> str:
    """Return names of parameters for a header, which not every sign may be in."""
    plain = [name for name in names if _PLAIN_NAME.fullmatch(name)]
    return ", ".join(plain) or "what names no attribute"


class StudySearchView(SearchView):
    """Studies."""

    def get(self, request: Request) -> HttpResponseBase:
        """Search studies."""
        ask = self.search(request)
        page = dicomweb.studies_found(actor=Actor.of(request), search=ask)
        results = dicomweb_json.studies_json(page.rows, base_of(request), ask)
        return self.answer(request, results, page, ask)


class SeriesSearchView(SearchView):
    """Series of a study, or of all."""

    def get(self, request: Request, study_uid: str = "") -> HttpResponseBase:
        """Search series."""
        ask = self.search(request)
        page = dicomweb.series_found(actor=Actor.of(request), search=ask, study_uid=study_uid)
        results = dicomweb_json.series_json(page.rows, base_of(request), ask, whole=not study_uid)
        return self.answer(request, results, page, ask)


class InstanceSearchView(SearchView):
    """Instances of a series, a study, or of all."""

    known = _INSTANCE

    def get(self, request: Request, study_uid: str = "", series_uid: str = "") -> HttpResponseBase:
        """Search instances."""
        ask = self.search(request)
        page = dicomweb.instances_found(
            actor=Actor.of(request), search=ask, study_uid=study_uid, series_uid=series_uid
        )
        base = base_of(request)
        results = dicomweb_json.instances_json(
            page.rows, base, ask, study=not study_uid, series=not series_uid
        )
        return self.answer(request, results, page, ask)


def base_of(request: Request) -> str:
    """Return the address of DICOMweb as the client knows it."""
    return request.build_absolute_uri("/dicomweb")


@extend_schema(exclude=True)
class MetadataView(APIView):
    """Headers as they were written at ingest, passed on as text."""

    content_negotiation_class = AnyAccepted

    def get(
        self, request: Request, study_uid: str, series_uid: str = "", sop_uid: str = ""
    ) -> StreamingHttpResponse:
        """Return the headers of a study, a series or an instance."""
        kind = json_kind(request)
        instances = dicomweb.instances_of(
            actor=Actor.of(request), study_uid=study_uid, series_uid=series_uid, sop_uid=sop_uid
        )
        headers = metadata.headers_of(instances, f"{base_of(request)}/studies/{study_uid}")
        return StreamingHttpResponse(_listed(headers), content_type=kind)


def _listed(headers: Iterable[str]) -> Iterator[str]:
    """Yield a list in pieces of some size: each costs a write to the network."""
    pieces, size, lead = [], 0, "["
    for header in headers:
        pieces.append(lead + header)
        size += len(header)
        lead = ","
        if size > 1 << 18:
            yield "".join(pieces)
            pieces, size = [], 0
    yield "".join(pieces) + ("[]" if lead == "[" else "]")
