"""Pure rules: provenance never flatters, agreement is exact, rules follow their conditions."""

from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from backend.annotations.domain import (
    EditIn,
    SchemaRules,
    dice_per_segment,
    provenance_after,
    same_segment,
)
from backend.annotations.domain.provenance import provenance_kept
from backend.annotations.domain.state import apply_delta, delta_between
from ml_worker.contract.masks import encode_mask

MODEL = UUID("6f1a1a5e-3b52-4f0e-9c1e-6a5a5c1b2d3f")
OTHER = UUID("0c7de8a1-94c5-4a0b-8a6e-1fb7c7f0a911")
LABELS = arrays(np.uint16, (5, 7), elements=st.integers(0, 3))


def edit(origin, *segments, model=MODEL, prompts=0):
    return EditIn(
        tool="any",
        segments=list(segments),
        origin=origin,
        model_version_id=None if origin == "manual" else model,
        prompts=[{"type": "point"}] * prompts,
    )


def methods(edits, undeclared=(), before=None):
    after = provenance_after(before or {"segments": {}}, edits, undeclared)
    return {int(number): origin["method"] for number, origin in after["segments"].items()}


@pytest.mark.parametrize(
    ("edits", "method"),
    [
        ([edit("manual", 3)], "manual"),
        ([edit("prompt", 3, prompts=2)], "semiautomatic"),
        ([edit("proposal", 3)], "automatic"),
        ([edit("proposal", 3), edit("proposal", 3)], "automatic"),
        ([edit("proposal", 3), edit("manual", 3)], "semiautomatic"),
        ([edit("proposal", 3), edit("proposal", 3, model=OTHER)], "semiautomatic"),
        ([edit("manual", 3), edit("proposal", 3)], "semiautomatic"),
        ([edit("manual", 3), edit("prompt", 3, prompts=1)], "semiautomatic"),
        ([edit("proposal", 3, model=None)], "semiautomatic"),
    ],
)
def test_a_segment_is_automatic_only_while_nothing_but_one_proposal_made_it(edits, method):
    assert methods(edits) == {3: method}


def test_prompts_are_counted_and_models_named_along_the_chain():
    first = provenance_after(
        {"segments": {}}, [edit("proposal", 3), edit("prompt", 3, prompts=2)], ()
    )
    second = provenance_after(first, [edit("prompt", 3, model=OTHER, prompts=5)], ())

    assert second["segments"]["3"] == {
        "method": "semiautomatic",
        "model_version_ids": [str(MODEL), str(OTHER)],
        "prompts": 7,
    }


def test_a_change_that_nobody_declares_is_never_automatic():
    proposed = provenance_after({"segments": {}}, [edit("proposal", 3)], ())

    assert methods([], undeclared=[3, 4], before=proposed) == {3: "semiautomatic", 4: "manual"}


def test_a_submission_keeps_claims_only_for_what_is_there_and_was_proved():
    proposed = provenance_after({"segments": {}}, [edit("proposal", 3, 4, 5)], ())

    kept = provenance_kept(proposed, present=[3, 4, 6], disproved=[4])

    assert {int(n): origin["method"] for n, origin in kept["segments"].items()} == {
        3: "automatic",
        4: "semiautomatic",
        6: "manual",
    }


@given(LABELS, LABELS)
def test_agreement_equals_the_counted_pixels(a, b):
    found = dice_per_segment({(0, "1.1"): encode_mask(a)}, {(0, "1.1"): encode_mask(b)})

    expected = {
        n: 2 * ((a == n) & (b == n)).sum() / ((a == n).sum() + (b == n).sum())
        for n in (1, 2, 3)
        if (a == n).any() or (b == n).any()
    }
    assert found == pytest.approx(expected)
    for n in (1, 2, 3):
        same = same_segment({(0, "1.1"): encode_mask(a)}, {(0, "1.1"): encode_mask(b)}, n)
        assert same == ((a == n) == (b == n)).all()


def test_agreement_counts_frames_that_only_one_has():
    both = encode_mask(np.array([[1, 1, 0], [0, 0, 0]]))
    alone = encode_mask(np.array([[1, 0, 0], [0, 0, 2]]))

    found = dice_per_segment({(0, "1.1"): both}, {(0, "1.1"): both, (0, "2.1"): alone})

    assert found == pytest.approx({1: 2 * 2 / (2 + 3), 2: 0.0})


FLAT = st.fixed_dictionaries(
    {
        part: st.dictionaries(st.sampled_from("abcd"), st.integers(1, 3), max_size=4)
        for part in ("masks", "objects", "answers")
    }
)


@given(FLAT, FLAT)
def test_applying_the_delta_between_two_states_leads_from_one_to_the_other(before, after):
    delta = delta_between(before, after)
    apply_delta(before, delta)

    assert before == after


RULES = SchemaRules.of(
    {
        "segments": [{"id": 1, "name": "Liver"}, {"id": 4, "name": "Cyst", "overlap": True}],
        "questions": [
            {"id": "usable", "text": "Usable?", "kind": "choice", "required": True,
             "options": [{"value": "yes"}, {"value": "no"}]},
            {"id": "why", "text": "Why not?", "kind": "text", "required": True,
             "when": {"question": "usable", "equals": "no"}},
            {"id": "how", "text": "How bad?", "kind": "number", "min": 1, "max": 5,
             "required": True, "when": {"question": "why", "equals": "noise"}},
        ],
        "rules": {"require_any_segment": True, "required_segments": [4]},
    }
)  # fmt: skip


@pytest.mark.parametrize(
    ("present", "answers", "codes"),
    [
        ((), {}, ["segment_none", "segment_missing", "answer_missing"]),
        ((1,), {"usable": "yes"}, ["segment_missing"]),
        ((4,), {"usable": "yes"}, []),
        ((4,), {"usable": "no"}, ["answer_missing"]),
        ((4,), {"usable": "no", "why": ""}, ["answer_missing"]),
        ((4,), {"usable": "no", "why": "noise"}, ["answer_missing"]),
        ((4,), {"usable": "no", "why": "noise", "how": 2.5}, []),
        ((4,), {"usable": "yes", "why": "noise"}, []),
    ],
)
def test_rules_ask_only_for_what_their_conditions_call_for(present, answers, codes):
    assert [problem.code for problem in RULES.unmet(present, answers)] == codes
