"""What the doors of this room take and give."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from backend.accounts.domain import UserOut
from backend.projects.domain.schema import ProjectPolicy, Role, SchemaDocument

ProjectName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=160)]
Instructions = Annotated[str, StringConstraints(max_length=100_000)]
ProjectState = Literal["active", "closed"]


class _Request(BaseModel):
    """A body: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", validate_by_name=True, validate_by_alias=True)


class MemberSeat(_Request):
    """A person and the role they get."""

    user_id: UUID
    role: Role


class MemberIn(_Request):
    """A role."""

    role: Role


class UnitsIn(_Request):
    """What to put into a project: whole studies, single grids, or both."""

    study_ids: Annotated[list[UUID], Field(max_length=5000)] = []
    grid_ids: Annotated[list[UUID], Field(max_length=5000)] = []


class ProjectIn(UnitsIn):
    """A new project."""

    name: ProjectName
    instructions: Instructions = ""
    label_schema: SchemaDocument = Field(alias="schema")
    members: Annotated[list[MemberSeat], Field(max_length=1000)] = []
    policy: ProjectPolicy = ProjectPolicy()

    @model_validator(mode="after")
    def _seats_each_person_once(self) -> Self:
        if len({seat.user_id for seat in self.members}) < len(self.members):
            raise ValueError("somebody is named twice among the members")
        return self


class ProjectPatch(_Request):
    """What is to change; what is left out stays."""

    name: ProjectName | None = None
    instructions: Instructions | None = None
    state: ProjectState | None = None
    policy: ProjectPolicy | None = None


class SchemaIn(_Request):
    """A new schema version. `renamed`: segments that are the same thing under a better name."""

    document: SchemaDocument
    base_number: Annotated[int, Field(ge=1)]
    renamed: Annotated[list[int], Field(max_length=1000)] = []


class SchemaOut(BaseModel):
    """A schema version."""

    number: int
    document: SchemaDocument


class SchemaRow(SchemaOut):
    """A schema version in the list of all of them."""

    created_at: datetime
    created_by: UserOut | None


class SchemaList(BaseModel):
    """All versions of a project's schema, newest first."""

    results: list[SchemaRow]


class NextStep(BaseModel):
    """What a project needs before people can work in it."""

    code: str
    sentence: str


class ProjectOut(BaseModel):
    """A project as one of its people sees it; `my_role` is null for an administrator outside."""

    model_config = ConfigDict(validate_by_name=True, serialize_by_alias=True)

    id: UUID
    name: str
    instructions: str
    state: ProjectState
    my_role: Role | None
    permissions: list[str]
    created_at: datetime
    label_schema: SchemaOut = Field(alias="schema")
    policy: ProjectPolicy
    member_count: int
    unit_count: int
    next_step: NextStep | None


class ProjectList(BaseModel):
    """A page of projects, newest first."""

    results: list[ProjectOut]
    next: str | None


class MemberOut(BaseModel):
    """A person in a project."""

    user: UserOut
    role: Role
    since: datetime


class MemberList(BaseModel):
    """The people in a project."""

    results: list[MemberOut]


class UnitOut(BaseModel):
    """One thing to label. `number` gives its name: no patient data is in here."""

    id: UUID
    number: int
    grid_id: UUID
    study_id: UUID
    modality: str
    frame_count: int
    is_regular: bool
    created_at: datetime


class UnitList(BaseModel):
    """A page of units by number."""

    results: list[UnitOut]
    next: str | None
    total: int


class UnitsAdded(BaseModel):
    """What came of adding."""

    added: int
    already_there: int
    unit_count: int
