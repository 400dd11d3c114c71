"""Read side of projects: fetching is asking, and what an actor may not see looks absent."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from backend.accounts.selectors import user_out
from backend.core.actor import Actor
from backend.core.errors import Forbidden, Invalid, NotFound
from backend.core.http import cursor_decode, cursor_encode
from backend.projects.domain import (
    MemberOut,
    NextStep,
    ProjectOut,
    ProjectPolicy,
    SchemaDocument,
    SchemaOut,
    SchemaRow,
    UnitOut,
)
from backend.projects.models import LabelSchema, Membership, Project, Unit
from backend.projects.policies import VERBS, role_verbs

PAGE = 100
NOBODY = UUID(int=0)
_REFUSED = "Your role in this project does not allow this."


def projects_visible_to(*, actor: Actor) -> QuerySet[Project]:
    """Return the projects the actor takes part in; an administrator sees all."""
    if actor.is_admin:
        return Project.objects.all()
    if actor.user_id is None:
        return Project.objects.none()
    return Project.objects.filter(memberships__user_id=actor.user_id)


def project_role(*, actor: Actor, project_id: UUID) -> str | None:
    """Return the actor's role in a project, if they have one."""
    if actor.user_id is None:
        return None
    return (
        Membership.objects.filter(project_id=project_id, user_id=actor.user_id)
        .values_list("role", flat=True)
        .first()
    )


def project_verbs(*, actor: Actor, project_id: UUID) -> frozenset[str]:
    """Return what the actor may do in a project; nothing means that they may not see it."""
    role = None if actor.is_admin else project_role(actor=actor, project_id=project_id)
    return role_verbs(role, is_admin=actor.is_admin)


def project_get_for(*, actor: Actor, project_id: UUID, verb: str = "view") -> Project:
    """Return the project if the actor sees it and may do `verb` with it."""
    if verb not in VERBS:
        raise ValueError(f"{verb!r} is no verb of projects; there are {', '.join(VERBS)}.")
    verbs = project_verbs(actor=actor, project_id=project_id)
    project = Project.objects.filter(pk=project_id).first() if verbs else None
    if project is None:
        raise NotFound("There is no such project.")
    if verb not in verbs:
        raise Forbidden(_REFUSED)
    return project


def member_ids(*, project_id: UUID) -> list[UUID]:
    """Return the people in a project."""
    return list(
        Membership.objects.filter(project_id=project_id)
        .order_by("pk")
        .values_list("user_id", flat=True)
    )


def schema_current(*, project_id: UUID) -> LabelSchema:
    """Return the schema version that new work gets."""
    return LabelSchema.objects.get(project_id=project_id, number=F("project__schema_number"))


def schema_numbered(*, project_id: UUID, number: int) -> LabelSchema:
    """Return one schema version."""
    schema = LabelSchema.objects.filter(project_id=project_id, number=number).first()
    if schema is None:
        raise NotFound("The project has no such schema version.")
    return schema


def schema_out(schema: LabelSchema) -> SchemaOut:
    """Return a schema version as the doors give it."""
    document = SchemaDocument.model_validate(schema.document)
    return SchemaOut(number=schema.number, document=document)


def schemas_of(*, actor: Actor, project_id: UUID) -> list[SchemaRow]:
    """Return all versions of a project's schema, newest first."""
    project = project_get_for(actor=actor, project_id=project_id)
    rows = project.schemas.select_related("created_by").order_by("-number")
    return [
        SchemaRow(
            **schema_out(row).model_dump(),
            created_at=row.created_at,
            created_by=user_out(row.created_by) if row.created_by else None,
        )
        for row in rows
    ]


def project_describe(*, actor: Actor, project_id: UUID) -> ProjectOut:
    """Return one project as the actor sees it."""
    project_get_for(actor=actor, project_id=project_id)
    return _describe(actor, [project_id])[0]


def projects_page(
    *, actor: Actor, cursor: str | None = None
) -> tuple[list[ProjectOut], str | None]:
    """Return a page of the actor's projects, newest first; three queries whatever their number."""
    rows = projects_visible_to(actor=actor).order_by("-created_at", "-pk")
    if cursor:
        try:
            at, last_id = cursor_decode(cursor)
            rows = rows.filter(Q(created_at__lt=at) | Q(created_at=at, pk__lt=UUID(last_id)))
            found = list(rows.values_list("pk", "created_at")[: PAGE + 1])
        except (ValueError, TypeError, AttributeError, LookupError):
            raise Invalid("The page marker is not one of Limn's; start again.") from None
    else:
        found = list(rows.values_list("pk", "created_at")[: PAGE + 1])
    page = found[:PAGE]
    more = None
    if len(found) > PAGE:
        more = cursor_encode(page[-1][1].isoformat(), str(page[-1][0]))
    return _describe(actor, [pk for pk, _ in page]), more


def _describe(actor: Actor, ids: Sequence[UUID]) -> list[ProjectOut]:
    members = Membership.objects.filter(project_id=OuterRef("pk")).order_by()
    units = Unit.objects.filter(project_id=OuterRef("pk")).order_by()
    count = Count("pk")
    projects = Project.objects.filter(pk__in=ids).annotate(
        member_count=Coalesce(
            Subquery(members.values("project_id").annotate(n=count).values("n")), 0
        ),
        unit_count=Coalesce(Subquery(units.values("project_id").annotate(n=count).values("n")), 0),
        my_role=Subquery(members.filter(user_id=actor.user_id or NOBODY).values("role")[:1]),
    )
    schemas = {
        row.project_id: schema_out(row)
        for row in LabelSchema.objects.filter(
            project_id__in=ids, number=F("project__schema_number")
        )
    }
    described = {row.pk: _project_out(actor, row, schemas[row.pk]) for row in projects}
    return [described[pk] for pk in ids]


def _project_out(actor: Actor, row: Project, schema: SchemaOut) -> ProjectOut:
    """Encode a row that carries `member_count`, `unit_count` and `my_role`."""
    facts = vars(row)
    verbs = role_verbs(facts["my_role"], is_admin=actor.is_admin)
    return ProjectOut.model_validate(
        {
            "id": row.pk,
            "name": row.name,
            "instructions": row.instructions,
            "state": row.state,
            "my_role": facts["my_role"],
            "permissions": [verb for verb in VERBS if verb in verbs],
            "created_at": row.created_at,
            "schema": schema,
            "policy": ProjectPolicy.model_validate(row.policy),
            "member_count": facts["member_count"],
            "unit_count": facts["unit_count"],
            "next_step": _next_step(facts["unit_count"]),
        }
    )


def _next_step(unit_count: int) -> NextStep | None:
    if unit_count:
        return None
    sentence = "This project has no studies yet. Add some, and its first tasks are made."
    return NextStep(code="projects.add_studies", sentence=sentence)


def members_of(*, actor: Actor, project_id: UUID) -> list[MemberOut]:
    """Return the people in a project by name."""
    project = project_get_for(actor=actor, project_id=project_id)
    rows = project.memberships.select_related("user").order_by("user__name", "pk")
    return [member_out(row) for row in rows]


def member_out(row: Membership) -> MemberOut:
    """Return a membership as the doors give it."""
    return MemberOut.model_validate(
        {"user": user_out(row.user), "role": row.role, "since": row.created_at}
    )


def units_of(*, project_id: UUID) -> QuerySet[Unit]:
    """Return a project's units by number, with grid, series and study at hand."""
    return (
        Unit.objects.filter(project_id=project_id)
        .select_related("grid__series__study")
        .order_by("number")
    )


def units_page(
    *, actor: Actor, project_id: UUID, cursor: str | None = None
) -> tuple[list[UnitOut], str | None, int]:
    """Return a page of a project's units, the next page's marker, and how many there are."""
    project = project_get_for(actor=actor, project_id=project_id)
    rows = units_of(project_id=project.pk).defer("grid__frames")
    total = rows.count()
    if cursor:
        try:
            (after,) = cursor_decode(cursor)
            rows = rows.filter(number__gt=int(after))
        except (ValueError, TypeError):
            raise Invalid("The page marker is not one of Limn's; start again.") from None
    found = list(rows[: PAGE + 1])
    more = cursor_encode(found[PAGE - 1].number) if len(found) > PAGE else None
    return [_unit_out(row) for row in found[:PAGE]], more, total


def _unit_out(row: Unit) -> UnitOut:
    return UnitOut(
        id=row.pk,
        number=row.number,
        grid_id=row.grid_id,
        study_id=row.grid.series.study_id,
        modality=row.grid.series.modality,
        frame_count=row.grid.frame_count,
        is_regular=row.grid.is_regular,
        created_at=row.created_at,
    )
