"""Doors: studies, grids, leave to read frames."""

from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.core.actor import Actor
from backend.imaging.domain.messages import (
    FrameTokenOut,
    GridView,
    OverlayListOut,
    StudyDetailOut,
    StudyListOut,
    TableListOut,
)
from backend.imaging.domain.messages_studies import (
    FacetsOut,
    HeaderOut,
    InstanceListOut,
    StudyChoice,
    StudyFilter,
    StudyIdsOut,
    StudySearchIn,
)
from backend.imaging.selectors import headers, studies, windows
from backend.imaging.selectors.overlays import overlays_get
from backend.imaging.selectors.study_filter import study_ids_chosen
from backend.imaging.selectors.tables import tables_get
from backend.imaging.services.tokens import frame_token_issue, grid_open

_TEXTS = ("search", "modality", "date_from", "date_to", "cursor")


class StudiesView(APIView):
    """Studies one may see."""

    @extend_schema(
        operation_id="studies_list",
        parameters=[
            *(OpenApiParameter(name, str) for name in _TEXTS),
            OpenApiParameter("project", OpenApiTypes.UUID),
        ],
        responses={200: StudyListOut},
    )
    def get(self, request: Request) -> Response:
        """List studies, newest first."""
        given = request.query_params
        asked = StudyFilter.model_validate(
            {
                "search": given.get("search", ""),
                "modalities": [given["modality"]] if given.get("modality") else [],
                "date_from": given.get("date_from", ""),
                "date_to": given.get("date_to", ""),
                "project_id": given.get("project") or None,
            }
        )
        page = studies.studies_list(
            actor=Actor.of(request), asked=asked, cursor=given.get("cursor", "")
        )
        return Response(page.model_dump(mode="json"))


class StudySearchView(APIView):
    """Studies found by words and filters; nothing of it stands in an address."""

    @extend_schema(
        operation_id="studies_search", request=StudySearchIn, responses={200: StudyListOut}
    )
    def post(self, request: Request) -> Response:
        """Return a page of what is found, in the order asked for; the first with the number of all."""
        search = StudySearchIn.model_validate(request.data)
        page = studies.studies_search(actor=Actor.of(request), search=search)
        return Response(page.model_dump(mode="json"))


class StudyIdsView(APIView):
    """All studies that a filter finds, to do something with them."""

    @extend_schema(operation_id="studies_ids", request=StudyChoice, responses={200: StudyIdsOut})
    def post(self, request: Request) -> Response:
        """Return the identifiers of a choice, newest first."""
        choice = StudyChoice.model_validate(request.data)
        found = study_ids_chosen(actor=Actor.of(request), choice=choice)
        return Response(StudyIdsOut(study_ids=found).model_dump(mode="json"))


class FacetsView(APIView):
    """What filters may offer."""

    @extend_schema(operation_id="studies_facets", responses={200: FacetsOut})
    def get(self, request: Request) -> Response:
        """Return modalities, body parts and sources of the newest studies."""
        return Response(studies.facets(actor=Actor.of(request)).model_dump(mode="json"))


class InstancesView(APIView):
    """The objects of a series."""

    @extend_schema(operation_id="series_instances", responses={200: InstanceListOut})
    def get(self, request: Request, series_id: UUID) -> Response:
        """List the first two thousand by number."""
        found = headers.instances_list(actor=Actor.of(request), series_id=series_id)
        return Response(found.model_dump(mode="json"))


class HeaderView(APIView):
    """The header of an object."""

    @extend_schema(operation_id="instance_header", responses={200: HeaderOut})
    def get(self, request: Request, instance_id: int) -> Response:
        """Return every element, and what de-identification made of it."""
        found = headers.header_get(actor=Actor.of(request), instance_id=instance_id)
        return Response(found.model_dump(mode="json"))


class StudyView(APIView):
    """One study."""

    @extend_schema(operation_id="study_get", responses={200: StudyDetailOut})
    def get(self, request: Request, study_id: UUID) -> Response:
        """Return a study with its series and grids."""
        found = studies.study_detail(actor=Actor.of(request), study_id=study_id)
        return Response(found.model_dump(mode="json"))


class FrameTokenView(APIView):
    """Leave to read the frames of a study."""

    @extend_schema(operation_id="frame_token_issue", request=None, responses={200: FrameTokenOut})
    def post(self, request: Request, study_id: UUID) -> Response:
        """Issue a token for the header `X-Limn-Frames`."""
        token = frame_token_issue(actor=Actor.of(request), study_id=study_id)
        return Response(token.model_dump(mode="json"))


class GridViewView(APIView):
    """What a viewer needs to show a grid."""

    @extend_schema(operation_id="grid_view", responses={200: GridView})
    def get(self, request: Request, grid_id: UUID) -> Response:
        """Return frames, their layout, geometry, windows and a token."""
        found = grid_open(actor=Actor.of(request), grid_id=grid_id)
        return Response(found.model_dump(mode="json"))


class OverlaysView(APIView):
    """Overlays of a frame."""

    @extend_schema(
        operation_id="grid_overlays",
        parameters=[OpenApiParameter("frame", str)],
        responses={200: OverlayListOut},
    )
    def get(self, request: Request, grid_id: UUID) -> Response:
        """Return the overlays (DICOM groups 60xx) of the frame with this key, else of the first, as masks."""
        key = request.query_params.get("frame", "")
        found = overlays_get(actor=Actor.of(request), grid_id=grid_id, key=key)
        return Response(found.model_dump(mode="json"))


class TablesView(APIView):
    """Brightness tables of a frame."""

    @extend_schema(
        operation_id="grid_tables",
        parameters=[OpenApiParameter("frame", str)],
        responses={200: TableListOut},
    )
    def get(self, request: Request, grid_id: UUID) -> Response:
        """Return the VOI LUTs of the frame with this key, else of the first; they never change."""
        key = request.query_params.get("frame", "")
        found = tables_get(actor=Actor.of(request), grid_id=grid_id, key=key)
        headers = {"Cache-Control": "private, max-age=86400"}
        return Response(found.model_dump(mode="json"), headers=headers)


class ThumbnailView(APIView):
    """The middle slice, small."""

    @extend_schema(
        operation_id="grid_thumbnail", responses={(200, "image/webp"): OpenApiTypes.BINARY}
    )
    def get(self, request: Request, grid_id: UUID) -> HttpResponse:
        """Return a windowed picture; a grid never changes, so it may be kept."""
        content = windows.thumbnail_get(actor=Actor.of(request), grid_id=grid_id)
        response = HttpResponse(content, content_type="image/webp")
        response["Cache-Control"] = "private, max-age=86400"
        return response
