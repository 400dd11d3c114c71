"""What travels over the doors of patients: their studies, and what is known beside the images."""

import datetime as dt
from typing import Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from backend.imaging.domain.messages import PatientOut, StudyOut, Words

Kind = Literal["fact", "value", "note"]
LONGEST_TEXT = 4_000
LONGEST_CSV = 1_000_000


class PatientStudyOut(StudyOut):
    """A study of a patient; `audience_ids` names the projects it is in, among others."""

    audience_ids: list[UUID]


class PatientDetailOut(PatientOut):
    """A patient with the studies that one may see, oldest first."""

    studies: list[PatientStudyOut]


class ClinicalIn(Words):
    """A fact (a name and a value), a dated measurement, or a note (its text is the value)."""

    kind: Kind
    name: str = Field(default="", max_length=120)
    value: str = Field(min_length=1, max_length=LONGEST_TEXT)
    unit: str = Field(default="", max_length=40)
    date: dt.date | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.kind != "note" and not self.name.strip():
            raise ValueError("a fact or a measurement needs a name")
        if self.kind == "value" and self.date is None:
            raise ValueError("a measurement needs its date")
        return self


class ClinicalOut(ClinicalIn):
    """An entry as it stands, or as it stood until it was withdrawn."""

    id: UUID
    author_id: UUID | None
    created_at: dt.datetime
    replaces_id: UUID | None
    withdrawn_at: dt.datetime | None


class ClinicalListOut(Words):
    """The entries of a patient; dated ones by date, others as they were written."""

    results: list[ClinicalOut]


class ClinicalCsvIn(Words):
    """A table with the columns date, name, value and unit; the first line names them."""

    text: str = Field(min_length=1, max_length=LONGEST_CSV)


class RefusedLineOut(Words):
    """A line that was not taken, and why."""

    line: int
    reason: str


class ClinicalCsvOut(Words):
    """How many entries were added, and which lines were not."""

    added: int
    refused: list[RefusedLineOut]
