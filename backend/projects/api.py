"""Doors: projects, their schema versions, their people, their units."""

from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.core.actor import Actor
from backend.projects.domain import (
    MemberIn,
    MemberList,
    MemberOut,
    ProjectIn,
    ProjectList,
    ProjectOut,
    ProjectPatch,
    SchemaIn,
    SchemaList,
    SchemaOut,
    UnitList,
    UnitsAdded,
    UnitsIn,
)
from backend.projects.selectors import (
    member_out,
    members_of,
    project_describe,
    project_get_for,
    projects_page,
    schema_current,
    schema_out,
    schemas_of,
    units_page,
)
from backend.projects.services import (
    member_remove,
    member_set,
    project_create,
    project_update,
    schema_save,
    units_add,
)

CURSOR = OpenApiParameter("cursor", str, description="`next` of the page before.")


class ProjectsView(APIView):
    """Label projects."""

    @extend_schema(operation_id="projects_list", parameters=[CURSOR], responses={200: ProjectList})
    def get(self, request: Request) -> Response:
        """List the projects one takes part in, newest first."""
        projects, more = projects_page(
            actor=Actor.of(request), cursor=request.query_params.get("cursor")
        )
        return Response(ProjectList(results=projects, next=more).model_dump(mode="json"))

    @extend_schema(operation_id="project_create", request=ProjectIn, responses={201: ProjectOut})
    def post(self, request: Request) -> Response:
        """Make a project; whoever makes it owns it."""
        actor = Actor.of(request)
        project = project_create(actor=actor, body=ProjectIn.model_validate(request.data))
        answer = project_describe(actor=actor, project_id=project.pk)
        return Response(answer.model_dump(mode="json"), status=status.HTTP_201_CREATED)


class ProjectView(APIView):
    """One project."""

    @extend_schema(operation_id="project_get", responses={200: ProjectOut})
    def get(self, request: Request, project_id: UUID) -> Response:
        """Describe it."""
        answer = project_describe(actor=Actor.of(request), project_id=project_id)
        return Response(answer.model_dump(mode="json"))

    @extend_schema(operation_id="project_update", request=ProjectPatch, responses={200: ProjectOut})
    def patch(self, request: Request, project_id: UUID) -> Response:
        """Change its name, instructions, state or policy."""
        actor = Actor.of(request)
        change = ProjectPatch.model_validate(request.data)
        project_update(actor=actor, project_id=project_id, change=change)
        answer = project_describe(actor=actor, project_id=project_id)
        return Response(answer.model_dump(mode="json"))


class SchemaView(APIView):
    """A project's label schema."""

    @extend_schema(operation_id="schema_get", responses={200: SchemaOut})
    def get(self, request: Request, project_id: UUID) -> Response:
        """Return the present version."""
        project = project_get_for(actor=Actor.of(request), project_id=project_id)
        answer = schema_out(schema_current(project_id=project.pk))
        return Response(answer.model_dump(mode="json"))

    @extend_schema(operation_id="schema_save", request=SchemaIn, responses={200: SchemaOut})
    def put(self, request: Request, project_id: UUID) -> Response:
        """Append a version to the one the writer read."""
        body = SchemaIn.model_validate(request.data)
        schema = schema_save(actor=Actor.of(request), project_id=project_id, body=body)
        return Response(schema_out(schema).model_dump(mode="json"))


class SchemasView(APIView):
    """All versions of a project's label schema."""

    @extend_schema(operation_id="schemas_list", responses={200: SchemaList})
    def get(self, request: Request, project_id: UUID) -> Response:
        """List them, newest first."""
        rows = schemas_of(actor=Actor.of(request), project_id=project_id)
        return Response(SchemaList(results=rows).model_dump(mode="json"))


class MembersView(APIView):
    """The people in a project."""

    @extend_schema(operation_id="members_list", responses={200: MemberList})
    def get(self, request: Request, project_id: UUID) -> Response:
        """List them by name."""
        rows = members_of(actor=Actor.of(request), project_id=project_id)
        return Response(MemberList(results=rows).model_dump(mode="json"))


class MemberView(APIView):
    """One person in a project."""

    @extend_schema(operation_id="member_set", request=MemberIn, responses={200: MemberOut})
    def put(self, request: Request, project_id: UUID, user_id: UUID) -> Response:
        """Give them a role."""
        body = MemberIn.model_validate(request.data)
        member = member_set(
            actor=Actor.of(request), project_id=project_id, user_id=user_id, role=body.role
        )
        return Response(member_out(member).model_dump(mode="json"))

    @extend_schema(operation_id="member_remove", responses={204: None})
    def delete(self, request: Request, project_id: UUID, user_id: UUID) -> Response:
        """Take them out; oneself, too."""
        member_remove(actor=Actor.of(request), project_id=project_id, user_id=user_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


class UnitsView(APIView):
    """What is labelled in a project."""

    @extend_schema(operation_id="units_list", parameters=[CURSOR], responses={200: UnitList})
    def get(self, request: Request, project_id: UUID) -> Response:
        """List the units by number."""
        rows, more, total = units_page(
            actor=Actor.of(request),
            project_id=project_id,
            cursor=request.query_params.get("cursor"),
        )
        return Response(UnitList(results=rows, next=more, total=total).model_dump(mode="json"))

    @extend_schema(operation_id="units_add", request=UnitsIn, responses={200: UnitsAdded})
    def post(self, request: Request, project_id: UUID) -> Response:
        """Put studies or grids in; what is in already stays as it is."""
        body = UnitsIn.model_validate(request.data)
        answer = units_add(actor=Actor.of(request), project_id=project_id, body=body)
        return Response(answer.model_dump(mode="json"))
