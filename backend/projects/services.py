"""Write side of projects: the project itself, its schema versions, its people, its units.

Each change locks the project row, so that numbers follow one another and the last owner stays;
nothing on the path of a save touches that row.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction

from backend.accounts.selectors import users_by_id
from backend.audit.services import audit_record
from backend.core import events
from backend.core.actor import Actor
from backend.core.errors import Conflict, Forbidden, Invalid, NotFound
from backend.core.queue import ring_on_commit
from backend.imaging.models import Grid
from backend.imaging.selectors import grids_for_studies, grids_get
from backend.imaging.services import audience_add_studies, audience_set_members
from backend.projects import task_names
from backend.projects.domain import (
    ProjectIn,
    ProjectPatch,
    Role,
    SchemaDocument,
    SchemaIn,
    SchemaRefused,
    UnitsAdded,
    UnitsIn,
    schema_following,
)
from backend.projects.models import LabelSchema, Membership, Project, Unit
from backend.projects.policies import may_change_member
from backend.projects.selectors import member_ids, project_get_for, project_role, schema_current


class SchemaConflict(Conflict):
    """Somebody else saved a schema version first; `number` is the present one."""

    code = "projects.schema_conflict"


class SchemaInvalid(Invalid):
    """The version would change what labels that exist mean; the instance carries which code."""

    def __init__(self, refusal: SchemaRefused) -> None:
        super().__init__(refusal.detail)
        self.code = refusal.code  # type: ignore[misc]  # one class for three codes


class LastOwner(Conflict):
    """The project would be left without an owner."""

    code = "projects.last_owner"


@transaction.atomic
def project_create(*, actor: Actor, body: ProjectIn) -> Project:
    """Make a project with its schema, its people and its units; the actor owns it."""
    if actor.user_id is None:
        raise Forbidden("A project needs a person who owns it.")
    project = Project.objects.create(
        name=body.name,
        instructions=body.instructions,
        policy=body.policy.model_dump(mode="json"),
        created_by_id=actor.user_id,
    )
    LabelSchema.objects.create(
        project=project,
        number=project.schema_number,
        document=body.label_schema.model_dump(mode="json"),
        created_by_id=actor.user_id,
    )
    seats: dict[UUID, Role] = {seat.user_id: seat.role for seat in body.members}
    seats[actor.user_id] = "owner"
    _refuse_unknown_people(seats)
    Membership.objects.bulk_create(
        Membership(project=project, user_id=user_id, role=role) for user_id, role in seats.items()
    )
    audience_set_members(audience_id=project.pk, user_ids=list(seats))
    audit_record(actor=actor, verb="project.created", target_id=project.pk, project_id=project.pk)
    _units_add(actor, project, body)
    for user_id in seats:
        events.publish(f"user:{user_id}", "projects", project.pk)
    return project


def _refuse_unknown_people(seats: dict[UUID, Role]) -> None:
    known = users_by_id(ids=seats)
    if any(user_id not in known or not known[user_id].is_active for user_id in seats):
        raise NotFound("Somebody you want to add is not here or has a closed account.")


@transaction.atomic
def project_update(*, actor: Actor, project_id: UUID, change: ProjectPatch) -> Project:
    """Change what `change` names."""
    project = project_get_for(actor=actor, project_id=project_id, verb="edit")
    values: dict[str, Any] = change.model_dump(mode="json", exclude_unset=True, exclude_none=True)
    for field, value in values.items():
        setattr(project, field, value)
    if values:
        project.save(update_fields=list(values))
        audit_record(
            actor=actor,
            verb="project.changed",
            target_id=project.pk,
            project_id=project.pk,
            fields=sorted(values),
        )
        events.publish(f"project:{project.pk}", "project", project.pk)
    return project


@transaction.atomic
def schema_save(*, actor: Actor, project_id: UUID, body: SchemaIn) -> LabelSchema:
    """Append a schema version to `base_number`; saving the same again changes nothing.

    Work that is open keeps the version it was begun with.
    """
    project = project_get_for(actor=actor, project_id=project_id, verb="edit_schema")
    current = schema_current(project_id=project.pk)
    if current.number != body.base_number:
        raise _schema_conflict(current.number)
    document = _following(current, body)
    if document.model_dump(mode="json") == current.document:
        return current
    moved = Project.objects.filter(pk=project.pk, schema_number=body.base_number).update(
        schema_number=body.base_number + 1
    )
    if not moved:
        project.refresh_from_db(fields=["schema_number"])
        raise _schema_conflict(project.schema_number)
    schema = LabelSchema.objects.create(
        project=project,
        number=body.base_number + 1,
        document=document.model_dump(mode="json"),
        created_by_id=actor.user_id,
    )
    audit_record(
        actor=actor,
        verb="schema.saved",
        target_id=schema.pk,
        project_id=project.pk,
        number=schema.number,
    )
    events.publish(f"project:{project.pk}", "schema", project.pk)
    return schema


def _following(current: LabelSchema, body: SchemaIn) -> SchemaDocument:
    try:
        return schema_following(
            before=SchemaDocument.model_validate(current.document),
            after=body.document,
            renamed=frozenset(body.renamed),
        )
    except SchemaRefused as refusal:
        raise SchemaInvalid(refusal) from None


def _schema_conflict(number: int) -> SchemaConflict:
    return SchemaConflict(
        f"Somebody saved version {number} of the schema meanwhile. Look at it, then save again.",
        number=number,
    )


@transaction.atomic
def member_set(*, actor: Actor, project_id: UUID, user_id: UUID, role: Role) -> Membership:
    """Give a person a role in a project, whether or not they had one."""
    project = _lock(project_get_for(actor=actor, project_id=project_id, verb="manage_members"))
    before = _role_of(project, user_id)
    _refuse_role_change(actor, project, before=before, after=role)
    if before is None:
        _refuse_unknown_people({user_id: role})
    if before == "owner" and role != "owner":
        _refuse_last_owner(project, user_id)
    member, _ = Membership.objects.update_or_create(
        project=project, user_id=user_id, defaults={"role": role}
    )
    _people_changed(actor, project, user_id, verb="member.set", role=role)
    return member


@transaction.atomic
def member_remove(*, actor: Actor, project_id: UUID, user_id: UUID) -> None:
    """Take a person out of a project; everybody may leave, but one owner stays."""
    verb = "view" if user_id == actor.user_id else "manage_members"
    project = _lock(project_get_for(actor=actor, project_id=project_id, verb=verb))
    before = _role_of(project, user_id)
    if before is None:
        raise NotFound("This person is not in the project.")
    if user_id != actor.user_id:
        _refuse_role_change(actor, project, before=before, after=None)
    if before == "owner":
        _refuse_last_owner(project, user_id)
    Membership.objects.filter(project=project, user_id=user_id).delete()
    _people_changed(actor, project, user_id, verb="member.removed", role=before)


def _lock(project: Project) -> Project:
    return Project.objects.select_for_update(no_key=True, of=("self",)).get(pk=project.pk)


def _role_of(project: Project, user_id: UUID) -> Any:  # noqa: ANN401  a Role; the column is text
    return project_role(actor=Actor(user_id=user_id), project_id=project.pk)


def _refuse_role_change(
    actor: Actor, project: Project, *, before: Role | None, after: Role | None
) -> None:
    allowed = may_change_member(
        actor_role=_role_of(project, actor.user_id) if actor.user_id else None,
        is_admin=actor.is_admin,
        before=before,
        after=after,
    )
    if not allowed:
        raise Forbidden("Only an owner makes or unmakes an owner.")


def _refuse_last_owner(project: Project, user_id: UUID) -> None:
    others = project.memberships.filter(role="owner").exclude(user_id=user_id)
    if not others.exists():
        raise LastOwner("A project needs an owner; make somebody else one first.")


def _people_changed(actor: Actor, project: Project, user_id: UUID, *, verb: str, role: str) -> None:
    audience_set_members(audience_id=project.pk, user_ids=member_ids(project_id=project.pk))
    audit_record(actor=actor, verb=verb, target_id=user_id, project_id=project.pk, role=role)
    events.publish(f"project:{project.pk}", "members", project.pk)
    events.publish(f"user:{user_id}", "projects", project.pk)


@transaction.atomic
def units_add(*, actor: Actor, project_id: UUID, body: UnitsIn) -> UnitsAdded:
    """Put studies or grids into a project; what is in already stays as it is."""
    if not body.study_ids and not body.grid_ids:
        raise Invalid("Choose at least one study or one series.")
    project = project_get_for(actor=actor, project_id=project_id, verb="add_units")
    return _units_add(actor, _lock(project), body)


def _units_add(actor: Actor, project: Project, body: UnitsIn) -> UnitsAdded:
    grids = _grids(actor, body)
    taken = dict(project.units.values_list("grid_id", "number"))
    new = [grid for grid in grids if grid.pk not in taken]
    first = max(taken.values(), default=0) + 1
    Unit.objects.bulk_create(
        Unit(project=project, grid=grid, number=number)
        for number, grid in enumerate(new, start=first)
    )
    if new:
        _units_changed(actor, project, new)
    return UnitsAdded(
        added=len(new), already_there=len(grids) - len(new), unit_count=len(taken) + len(new)
    )


def _grids(actor: Actor, body: UnitsIn) -> list[Grid]:
    """Return what was chosen, each grid once; NotFound where the actor may not see one."""
    chosen: dict[UUID, Grid] = {}
    if body.study_ids:
        found = grids_for_studies(actor=actor, study_ids=body.study_ids)
        if not found and not body.grid_ids:
            raise Invalid("These studies hold no images that can be labelled.")
        chosen |= {grid.pk: grid for grid in found}
    if body.grid_ids:
        chosen |= {grid.pk: grid for grid in grids_get(actor=actor, grid_ids=body.grid_ids)}
    return list(chosen.values())


def _units_changed(actor: Actor, project: Project, new: Sequence[Grid]) -> None:
    studies = {grid.series.study_id for grid in new}
    audience_add_studies(audience_id=project.pk, study_ids=sorted(studies))
    audit_record(
        actor=actor,
        verb="units.added",
        target_id=project.pk,
        project_id=project.pk,
        count=len(new),
    )
    events.publish(f"project:{project.pk}", "units", project.pk)
    ring_on_commit(task_names.SYNC_TASKS, str(project.pk))
