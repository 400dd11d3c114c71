"""What a label schema allows, compiled once per version: masks, shapes, answers, submission."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from ml_worker.contract.masks import parse_mask

TEXT_LIMIT = 20_000


class NotAllowed(ValueError):
    """The schema, the frame or the encoding forbids it; the message is safe to show."""


@dataclass(frozen=True)
class RuleUnmet:
    """A reason why work cannot be submitted yet."""

    code: str
    message: str
    segment: int | None = None
    question: str | None = None


@dataclass(frozen=True)
class SchemaRules:
    """One schema version, ready for checking. Layer 0 holds every segment that may not overlap."""

    segment_names: Mapping[int, str]
    exclusive: frozenset[int]
    overlapping: frozenset[int]
    shapes: Mapping[str, str]
    questions: Mapping[str, Mapping[str, Any]]
    require_any_segment: bool
    required_segments: tuple[int, ...]

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """Compile a SchemaDocument."""
        segments = document.get("segments", [])
        rules = document.get("rules") or {}
        return cls(
            segment_names={int(s["id"]): str(s["name"]) for s in segments},
            exclusive=frozenset(int(s["id"]) for s in segments if not s.get("overlap")),
            overlapping=frozenset(int(s["id"]) for s in segments if s.get("overlap")),
            shapes={str(s["id"]): str(s["kind"]) for s in document.get("shapes", [])},
            questions={str(q["id"]): q for q in document.get("questions", [])},
            require_any_segment=bool(rules.get("require_any_segment")),
            required_segments=tuple(int(n) for n in rules.get("required_segments", [])),
        )

    def check_mask(self, layer: int, data: bytes, shape: tuple[int, int]) -> frozenset[int]:
        """Return the segments a mask frame [rows, columns] holds; refuse what may not be there."""
        present = set(parse_mask(data, shape=shape).values.tolist())
        present.discard(0)
        unknown = present - self.segments_of_layer(layer)
        if unknown:
            numbers = ", ".join(map(str, sorted(unknown)))
            raise NotAllowed(f"Layer {layer} cannot hold segment {numbers} in this schema version")
        return frozenset(present)

    def segments_of_layer(self, layer: int) -> frozenset[int]:
        """Return which segments a layer may hold."""
        if layer == 0:
            return self.exclusive
        if layer in self.overlapping:
            return frozenset((layer,))
        raise NotAllowed(f"The schema has no layer {layer}")

    def check_shape(self, shape_id: str, kind: str) -> None:
        """Refuse a shape the schema does not have, or not of this kind."""
        if self.shapes.get(shape_id) != kind:
            raise NotAllowed(f"The schema has no {kind} named {shape_id!r}")

    def check_answer(self, question_id: str, value: Any) -> None:  # noqa: ANN401  any JSON value
        """Refuse an answer that its question does not allow."""
        question = self.questions.get(question_id)
        if question is None:
            raise NotAllowed(f"The schema has no question {question_id!r}")
        if not _answer_fits(question, value):
            raise NotAllowed(f"The answer to {question_id!r} is not one it allows")

    def unmet(self, present: Iterable[int], answers: Mapping[str, Any]) -> list[RuleUnmet]:
        """Return everything that stands between this work and its submission."""
        there = set(present)
        problems = []
        if self.require_any_segment and not there:
            problems.append(RuleUnmet("segment_none", "Nothing has been labelled yet."))
        problems += [
            RuleUnmet(
                "segment_missing",
                f"{self.segment_names.get(number, f'Segment {number}')} has not been labelled yet.",
                segment=number,
            )
            for number in self.required_segments
            if number not in there
        ]
        return problems + self._unanswered(answers)

    def _unanswered(self, answers: Mapping[str, Any]) -> list[RuleUnmet]:
        return [
            RuleUnmet("answer_missing", f"Please answer: {question['text']}", question=number)
            for number, question in self.questions.items()
            if question.get("required")
            and self._is_asked(question, answers)
            and answers.get(number) in (None, "", [])
        ]

    def _is_asked(self, question: Mapping[str, Any], answers: Mapping[str, Any]) -> bool:
        """Tell whether a question's condition holds; a condition on an unasked one does not."""
        seen: set[str] = set()
        current: Mapping[str, Any] | None = question
        while current is not None and current.get("when"):
            when = current["when"]
            name = str(when["question"])
            given = answers.get(name)
            holds = when["equals"] in given if isinstance(given, list) else given == when["equals"]
            if not holds or name in seen:
                return False
            seen.add(name)
            current = self.questions.get(name)
        return True


def _answer_fits(question: Mapping[str, Any], value: Any) -> bool:  # noqa: ANN401  any JSON value
    options = [option["value"] for option in question.get("options") or []]
    match question["kind"]:
        case "choice":
            return value in options
        case "multi":
            return isinstance(value, list) and all(v in options for v in value)
        case "number":
            return _number_fits(question, value)
        case _:
            return isinstance(value, str) and len(value) <= TEXT_LIMIT


def _number_fits(question: Mapping[str, Any], value: Any) -> bool:  # noqa: ANN401  any JSON value
    if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
        return False
    least, most = question.get("min"), question.get("max")
    return (least is None or value >= least) and (most is None or value <= most)
