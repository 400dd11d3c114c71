"""Doors: tags, cohorts."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.core.actor import Actor
from backend.imaging.domain.messages_studies import (
    CohortIn,
    CohortListOut,
    CohortOut,
    CohortPatchIn,
    StudyChoice,
    TaggedOut,
    TagIn,
    TagListOut,
    TagOut,
)
from backend.imaging.selectors import tags
from backend.imaging.services import curation


class TagsView(APIView):
    """Tags."""

    @extend_schema(operation_id="tags_list", responses={200: TagListOut})
    def get(self, request: Request) -> Response:
        """List the tags one made, and those on studies one sees, by name."""
        return Response(tags.tags_list(actor=Actor.of(request)).model_dump(mode="json"))

    @extend_schema(operation_id="tag_create", request=TagIn, responses={201: TagOut})
    def post(self, request: Request) -> Response:
        """Make a tag."""
        actor = Actor.of(request)
        tag = curation.tag_create(actor=actor, body=TagIn.model_validate(request.data))
        answer = tags.tag_out(actor, tag, 0).model_dump(mode="json")
        return Response(answer, status=status.HTTP_201_CREATED)


class TagView(APIView):
    """One tag."""

    @extend_schema(operation_id="tag_update", request=TagIn, responses={204: None})
    def put(self, request: Request, tag_id: UUID) -> Response:
        """Give it another name or colour."""
        body = TagIn.model_validate(request.data)
        curation.tag_update(actor=Actor.of(request), tag_id=tag_id, body=body)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(operation_id="tag_delete", responses={204: None})
    def delete(self, request: Request, tag_id: UUID) -> Response:
        """Remove it from all studies and altogether."""
        curation.tag_delete(actor=Actor.of(request), tag_id=tag_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


class TagGiveView(APIView):
    """Studies that shall carry a tag."""

    @extend_schema(operation_id="tag_give", request=StudyChoice, responses={200: TaggedOut})
    def post(self, request: Request, tag_id: UUID) -> Response:
        """Let the chosen studies carry it."""
        choice = StudyChoice.model_validate(request.data)
        changed = curation.tag_give(actor=Actor.of(request), tag_id=tag_id, choice=choice)
        return Response(TaggedOut(changed=changed).model_dump(mode="json"))


class TagTakeView(APIView):
    """Studies that shall no longer carry a tag."""

    @extend_schema(operation_id="tag_take", request=StudyChoice, responses={200: TaggedOut})
    def post(self, request: Request, tag_id: UUID) -> Response:
        """Take it from the chosen studies."""
        choice = StudyChoice.model_validate(request.data)
        changed = curation.tag_take(actor=Actor.of(request), tag_id=tag_id, choice=choice)
        return Response(TaggedOut(changed=changed).model_dump(mode="json"))


class CohortsView(APIView):
    """Cohorts."""

    @extend_schema(operation_id="cohorts_list", responses={200: CohortListOut})
    def get(self, request: Request) -> Response:
        """List one's own cohorts and those others share, by name."""
        return Response(tags.cohorts_list(actor=Actor.of(request)).model_dump(mode="json"))

    @extend_schema(operation_id="cohort_create", request=CohortIn, responses={201: CohortOut})
    def post(self, request: Request) -> Response:
        """Save a filter, or the list of what was chosen."""
        actor = Actor.of(request)
        cohort = curation.cohort_create(actor=actor, body=CohortIn.model_validate(request.data))
        answer = tags.cohort_described(actor=actor, cohort=cohort).model_dump(mode="json")
        return Response(answer, status=status.HTTP_201_CREATED)


class CohortView(APIView):
    """One cohort."""

    @extend_schema(operation_id="cohort_update", request=CohortPatchIn, responses={200: CohortOut})
    def patch(self, request: Request, cohort_id: UUID) -> Response:
        """Rename it, share it, or share it no longer."""
        actor = Actor.of(request)
        cohort = curation.cohort_update(
            actor=actor, cohort_id=cohort_id, body=CohortPatchIn.model_validate(request.data)
        )
        return Response(tags.cohort_described(actor=actor, cohort=cohort).model_dump(mode="json"))

    @extend_schema(operation_id="cohort_delete", responses={204: None})
    def delete(self, request: Request, cohort_id: UUID) -> Response:
        """Remove it; its studies stay."""
        curation.cohort_delete(actor=Actor.of(request), cohort_id=cohort_id)
        return Response(status=status.HTTP_204_NO_CONTENT)
