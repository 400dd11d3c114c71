"""Pure rules of projects: what a label schema may say, and what a new version may change.

A mask stores segment ids and nothing else, so an id must mean the same for ever: a segment that
is taken out is kept as retired, and its id cannot come back as something else.
"""

from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

Role = Literal["owner", "manager", "reviewer", "annotator", "data_scientist", "viewer"]
ShapeKind = Literal["box", "rectangle", "polygon", "polyline", "point", "ellipse", "length"]
QuestionKind = Literal["choice", "multi", "number", "text"]
Strategy = Literal["uncertainty_diversity", "uncertainty", "random", "in_order"]


def _lowered(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=400)]
Slug = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
Color = Annotated[str, BeforeValidator(_lowered), StringConstraints(pattern=r"^#[0-9a-f]{6}$")]
SegmentId = Annotated[int, Field(ge=1, le=65535)]


class _Frozen(BaseModel):
    """A value: unknown fields are refused, so that a typo is not silently dropped."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Code(_Frozen):
    """A coded concept (PS3.3 8.8): scheme, value and meaning."""

    scheme: Annotated[str, StringConstraints(min_length=1, max_length=16)]
    value: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    meaning: Annotated[str, StringConstraints(min_length=1, max_length=64)]


class Segment(_Frozen):
    """Something painted. `overlap` gives it a mask layer of its own; `retired` takes no more."""

    id: SegmentId
    name: Name
    color: Color
    code: Code | None = None
    overlap: bool = False
    retired: bool = False


class ShapeSpec(_Frozen):
    """Something drawn as points."""

    id: Slug
    name: Name
    kind: ShapeKind
    color: Color


class Option(_Frozen):
    """One answer that may be chosen."""

    value: Slug
    label: Name


class Condition(_Frozen):
    """Ask only when an earlier question was answered so."""

    question: Slug
    equals: str | float


class Question(_Frozen):
    """Something answered in a form."""

    id: Slug
    text: Text
    kind: QuestionKind
    options: tuple[Option, ...] = ()
    unit: Annotated[str, StringConstraints(max_length=20)] | None = None
    min: float | None = None
    max: float | None = None
    required: bool = False
    when: Condition | None = None

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        if self.kind in {"choice", "multi"}:
            if len(self.options) < 2:
                raise ValueError(f"the question '{self.id}' needs at least two options")
            _refuse_twice([option.value for option in self.options], f"option of '{self.id}'")
        elif self.options:
            raise ValueError(f"the question '{self.id}' is no choice and takes no options")
        if self.kind != "number" and (self.min, self.max, self.unit) != (None, None, None):
            raise ValueError(f"only a number has limits and a unit, and '{self.id}' is none")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"the smallest value of '{self.id}' is above its largest")
        return self


class Rules(_Frozen):
    """What must be there before work can be submitted."""

    require_any_segment: bool = False
    required_segments: tuple[SegmentId, ...] = ()


class SchemaDocument(_Frozen):
    """What is labelled: segments, shapes, questions, and the rules of a submission."""

    segments: Annotated[tuple[Segment, ...], Field(max_length=1000)] = ()
    shapes: Annotated[tuple[ShapeSpec, ...], Field(max_length=200)] = ()
    questions: Annotated[tuple[Question, ...], Field(max_length=200)] = ()
    rules: Rules = Rules()

    @property
    def active_segments(self) -> tuple[Segment, ...]:
        """Return the segments that may still be painted."""
        return tuple(segment for segment in self.segments if not segment.retired)

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.active_segments or self.shapes or self.questions):
            raise ValueError("give at least one segment, one shape or one question")
        return self

    @model_validator(mode="after")
    def _names_each_thing_once(self) -> Self:
        _refuse_twice([segment.id for segment in self.segments], "segment number")
        _refuse_twice([item.name.casefold() for item in self.active_segments], "segment name")
        _refuse_twice([shape.id for shape in self.shapes], "shape")
        _refuse_twice([question.id for question in self.questions], "question")
        return self

    @model_validator(mode="after")
    def _asks_in_order(self) -> Self:
        earlier: dict[str, Question] = {}
        for question in self.questions:
            if question.when is not None:
                _check_condition(question, earlier.get(question.when.question))
            earlier[question.id] = question
        return self

    @model_validator(mode="after")
    def _requires_what_exists(self) -> Self:
        unknown = set(self.rules.required_segments) - {item.id for item in self.active_segments}
        if unknown:
            raise ValueError(f"segment {min(unknown)} is required but is not in the schema")
        if self.rules.require_any_segment and not self.active_segments:
            raise ValueError("a segment is required but the schema has none")
        return self


class ProjectPolicy(_Frozen):
    """How the loop runs.

    `retrain_after` counts newly submitted tasks; 0 leaves training to a person. `auto_activate`
    lets a new version propose by itself where it is not worse on the held-out patients.
    `review_percent` of what is submitted waits for a reviewer before it counts as accepted.
    """

    strategy: Strategy = "uncertainty_diversity"
    preannotate: bool = True
    retrain_after: Annotated[int, Field(ge=0, le=100_000)] = 0
    auto_activate: bool = False
    review_percent: Annotated[int, Field(ge=0, le=100)] = 0
    lease_minutes: Annotated[int, Field(ge=1, le=1440)] = 30


def _refuse_twice(values: list[str] | list[int], what: str) -> None:
    seen: set[str | int] = set()
    for value in values:
        if value in seen:
            raise ValueError(f"the {what} '{value}' is there twice")
        seen.add(value)


def _check_condition(question: Question, asked: Question | None) -> None:
    """Refuse a condition on a question that comes later, or on an answer it cannot have."""
    if question.when is None:
        return
    if asked is None:
        raise ValueError(
            f"'{question.id}' depends on '{question.when.question}', which is not asked before it"
        )
    equals = question.when.equals
    possible = {option.value for option in asked.options}
    if possible and equals not in possible:
        raise ValueError(f"'{question.id}' waits for an answer that '{asked.id}' does not offer")
    if asked.kind == "number" and isinstance(equals, str):
        raise ValueError(f"'{question.id}' must wait for a number, because '{asked.id}' is one")


class SchemaRefused(ValueError):
    """A new version would give an old id another meaning; `code` says of which kind of thing."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def schema_following(
    *, before: SchemaDocument, after: SchemaDocument, renamed: frozenset[int] = frozenset()
) -> SchemaDocument:
    """Return `after` as it may follow `before`: what was taken out stays, as retired.

    `renamed` lists segments that the writer says are the same thing under a better name.
    """
    known = {segment.id: segment for segment in before.segments}
    for segment in after.segments:
        old = known.get(segment.id)
        if old is not None:
            _refuse_other_meaning(old, segment, free=_free_id(before, after), renamed=renamed)
    _refuse_other_kinds(before, after)
    kept = {segment.id for segment in after.segments}
    gone = [
        item.model_copy(update={"retired": True}) for item in before.segments if item.id not in kept
    ]
    return after.model_copy(update={"segments": (*after.segments, *gone)})


def _free_id(before: SchemaDocument, after: SchemaDocument) -> int:
    return max((item.id for item in (*before.segments, *after.segments)), default=0) + 1


def _refuse_other_meaning(
    old: Segment, new: Segment, *, free: int, renamed: frozenset[int]
) -> None:
    same_code = old.code is not None and new.code is not None and _same(old.code, new.code)
    other_code = old.code is not None and new.code is not None and not same_code
    other_name = old.name.casefold() != new.name.casefold()
    if other_code or (other_name and not same_code and new.id not in renamed):
        raise SchemaRefused(
            "projects.segment_reused",
            f"Segment {old.id} stands for “{old.name}” in labels that exist. "
            f"Give “{new.name}” a number of its own, for example {free}.",
        )
    if old.overlap != new.overlap:
        raise SchemaRefused(
            "projects.segment_reused",
            f"Whether “{old.name}” may overlap others decides where its masks lie and cannot "
            f"change. Retire it and add a new segment, for example number {free}.",
        )


def _same(one: Code, other: Code) -> bool:
    return (one.scheme, one.value) == (other.scheme, other.value)


def _refuse_other_kinds(before: SchemaDocument, after: SchemaDocument) -> None:
    shapes = {shape.id: shape.kind for shape in before.shapes}
    for shape in after.shapes:
        if shapes.get(shape.id, shape.kind) != shape.kind:
            detail = (
                f"The shape “{shape.name}” was a {shapes[shape.id]}; give the new one another id."
            )
            raise SchemaRefused("projects.shape_reused", detail)
    questions = {question.id: question.kind for question in before.questions}
    for question in after.questions:
        if questions.get(question.id, question.kind) != question.kind:
            detail = (
                f"The question “{question.text}” had answers of another kind; give it a new id."
            )
            raise SchemaRefused("projects.question_reused", detail)
