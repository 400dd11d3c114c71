"""What travels over the doors of studies: searching, choosing, tags, cohorts, headers."""

from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from backend.imaging.domain.messages import TagRefOut, Words

Order = Literal["arrived", "date", "patient", "description"]
# Of a search in words; more is no search any more.
LONGEST_SEARCH = 200
MOST_CHOSEN = 20_000


class StudyFilter(Words):
    """Which studies are meant. Every part narrows; of a list's values any one suffices.

    Tags are the exception: a study carries all of them. Every word of `search` is found in the
    patient's id or name, the accession number, or the description; a whole Study Instance UID finds its study.
    """

    search: str = Field(default="", max_length=LONGEST_SEARCH)
    modalities: list[str] = Field(default=[], max_length=40)
    body_parts: list[str] = Field(default=[], max_length=40)
    sources: list[str] = Field(default=[], max_length=40)
    date_from: str = Field(default="", max_length=10)
    date_to: str = Field(default="", max_length=10)
    project_id: UUID | None = None
    tag_ids: list[UUID] = Field(default=[], max_length=20)
    cohort_id: UUID | None = None
    has_warnings: bool | None = None


class StudySearchIn(Words):
    """A search. It is sent as a body, because words about patients belong in no address."""

    filter: StudyFilter = StudyFilter()
    order: Order = "arrived"
    is_descending: bool = True
    cursor: str = Field(default="", max_length=1000)


class StudyChoice(Words):
    """Some studies: those named, or all that a filter finds (one of the two)."""

    study_ids: list[UUID] | None = Field(default=None, max_length=MOST_CHOSEN)
    filter: StudyFilter | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.study_ids is None) == (self.filter is None):
            raise ValueError("name the studies, or say which filter finds them")
        return self


class StudyIdsOut(Words):
    """The identifiers of chosen studies, newest first."""

    study_ids: list[UUID]


class FacetsOut(Words):
    """What the newest studies that one may see are made of: what a filter may offer."""

    modalities: list[str]
    body_parts: list[str]
    sources: list[str]


class TagOut(TagRefOut):
    """A tag, on how many studies that one sees, and whether one may change it."""

    study_count: int
    may_change: bool


class TagListOut(Words):
    """Tags by name."""

    results: list[TagOut]


class TagIn(Words):
    """A tag to make, or what it shall be from now on."""

    name: str = Field(min_length=1, max_length=40)
    color: str = Field(pattern=r"^#[0-9a-fA-F]{6}$")


class TaggedOut(Words):
    """How many studies were changed."""

    changed: int


class CohortIn(Words):
    """A cohort to save: a filter, whatever it finds from then on, or a fixed list of studies."""

    name: str = Field(min_length=1, max_length=80)
    is_shared: bool = False
    kind: Literal["filter", "list"]
    studies: StudyChoice

    @model_validator(mode="after")
    def _has_filter(self) -> Self:
        if self.kind == "filter" and self.studies.filter is None:
            raise ValueError("a cohort of this kind needs a filter")
        return self


class CohortPatchIn(Words):
    """What changes of a cohort."""

    name: str | None = Field(default=None, min_length=1, max_length=80)
    is_shared: bool | None = None


class CohortOut(Words):
    """A cohort. `study_count` is known of fixed lists and counts what the reader sees."""

    id: UUID
    name: str
    kind: Literal["filter", "list"]
    filter: StudyFilter | None
    is_shared: bool
    study_count: int | None
    may_change: bool
    created_at: datetime


class CohortListOut(Words):
    """One's own cohorts and those shared by others, by name."""

    results: list[CohortOut]


class InstanceOut(Words):
    """One image or other object of a series."""

    id: int
    sop_uid: str
    sop_class: str
    number: int | None
    frame_count: int
    rows: int | None
    columns: int | None
    size: int
    transfer_syntax: str


class InstanceListOut(Words):
    """A page of a series' objects, by number."""

    results: list[InstanceOut]
    total: int


Fate = Literal["kept", "emptied", "replaced", "pseudonym", "uid_replaced", "shifted", "cleaned"]


class ElementOut(Words):
    """An element of a header. `fate` says what de-identification made of it, where it did."""

    tag: str
    name: str
    vr: str
    value: str
    is_private: bool
    fate: Fate | None
    items: list[list["ElementOut"]]


class HeaderOut(Words):
    """The header of an object as Limn keeps it; `policy` is the one it came in under."""

    instance: InstanceOut
    policy: str | None
    earlier_deidentification: str | None
    elements: list[ElementOut]
