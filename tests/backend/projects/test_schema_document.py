"""Label schemas: what one may say, and what the next may change."""

import pytest
from pydantic import ValidationError

from backend.projects.domain import SchemaDocument, SchemaRefused, schema_following
from tests.factories import LIVER_SCHEMA


def schema(**fields):
    return SchemaDocument.model_validate(fields)


LIVER = {"id": 1, "name": "Liver", "color": "#E69F00"}
TUMOUR = {"id": 4, "name": "Tumour", "color": "#56b4e9"}
YES_NO = [{"value": "yes", "label": "Yes"}, {"value": "no", "label": "No"}]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "at least one segment"),
        ({"segments": [LIVER, {**TUMOUR, "id": 1}]}, "the segment number '1' is there twice"),
        ({"segments": [LIVER, {**TUMOUR, "name": "liver"}]}, "the segment name 'liver'"),
        ({"segments": [{**LIVER, "id": 0}]}, "greater than or equal to 1"),
        ({"segments": [{**LIVER, "id": 65536}]}, "less than or equal to 65535"),
        ({"segments": [{**LIVER, "color": "red"}]}, "color"),
        ({"segments": [{**LIVER, "colour": "#ffffff"}]}, "colour"),
        ({"segments": [LIVER], "rules": {"required_segments": [4]}}, "segment 4 is required"),
        ({"questions": [{"id": "q", "text": "Q?", "kind": "choice"}]}, "at least two options"),
        (
            {"questions": [{"id": "n", "text": "N?", "kind": "number", "min": 5, "max": 3}]},
            "smallest value of 'n' is above",
        ),
        (
            {
                "questions": [
                    {
                        "id": "b",
                        "text": "B?",
                        "kind": "text",
                        "when": {"question": "a", "equals": "yes"},
                    },
                    {"id": "a", "text": "A?", "kind": "choice", "options": YES_NO},
                ]
            },
            "'a', which is not asked before it",
        ),
        (
            {
                "questions": [
                    {"id": "a", "text": "A?", "kind": "choice", "options": YES_NO},
                    {
                        "id": "b",
                        "text": "B?",
                        "kind": "text",
                        "when": {"question": "a", "equals": "si"},
                    },
                ]
            },
            "does not offer",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_with_a_sentence(fields, sentence):
    with pytest.raises(ValidationError, match=sentence):
        schema(**fields)


def test_colours_are_kept_in_one_spelling():
    assert schema(segments=[LIVER]).segments[0].color == "#e69f00"


def test_a_segment_that_is_taken_out_stays_as_retired():
    after = schema_following(
        before=schema(segments=[LIVER, TUMOUR]), after=schema(segments=[TUMOUR])
    )

    assert [(item.id, item.retired) for item in after.segments] == [(4, False), (1, True)]


def test_a_retired_number_cannot_come_back_as_something_else():
    before = schema_following(
        before=schema(segments=[LIVER, TUMOUR]), after=schema(segments=[TUMOUR])
    )

    with pytest.raises(SchemaRefused, match="number of its own, for example 5") as refusal:
        schema_following(before=before, after=schema(segments=[{**LIVER, "name": "Spleen"}]))

    assert refusal.value.code == "projects.segment_reused"


def test_a_better_name_for_the_same_thing_must_be_said_to_be_one():
    before, after = schema(segments=[LIVER]), schema(segments=[{**LIVER, "name": "Liver tissue"}])

    with pytest.raises(SchemaRefused):
        schema_following(before=before, after=after)

    assert schema_following(before=before, after=after, renamed=frozenset({1})) == after


def test_a_segment_with_the_same_code_may_be_renamed_and_one_with_another_code_may_not():
    def coded(name, value):
        code = {"scheme": "SCT", "value": value, "meaning": name}
        return schema(segments=[{**LIVER, "name": name, "code": code}])

    before = coded("Liver", "10200004")
    assert schema_following(before=before, after=coded("Hepar", "10200004"))
    with pytest.raises(SchemaRefused):
        schema_following(before=before, after=coded("Liver", "78961009"), renamed=frozenset({1}))


def test_whether_a_segment_may_overlap_cannot_change_because_its_masks_lie_elsewhere():
    with pytest.raises(SchemaRefused, match="overlap"):
        schema_following(
            before=schema(segments=[LIVER]), after=schema(segments=[{**LIVER, "overlap": True}])
        )


def test_shapes_and_questions_keep_their_kind():
    point = {"id": "tip", "name": "Tip", "kind": "point", "color": "#cc79a7"}
    with pytest.raises(SchemaRefused, match="was a point"):
        schema_following(
            before=schema(shapes=[point]), after=schema(shapes=[{**point, "kind": "box"}])
        )
    text = {"id": "note", "text": "Note?", "kind": "text"}
    with pytest.raises(SchemaRefused, match="another kind"):
        schema_following(
            before=schema(questions=[text]), after=schema(questions=[{**text, "kind": "number"}])
        )


def test_the_stored_form_reads_back_equal():
    assert SchemaDocument.model_validate(LIVER_SCHEMA.model_dump(mode="json")) == LIVER_SCHEMA
