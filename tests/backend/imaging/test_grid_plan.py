"""What belongs together in a series: nothing dropped, nothing mixed, each part with a name."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.imaging.domain.frame_geometry import frames_from
from backend.imaging.domain.grid_plan import FILM, TILES, PlacedFrame, plan_grids

AXIAL = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]
CORONAL = [1.0, 0.0, 0.0, 0.0, 0.0, -1.0]
SAGITTAL = [0.0, 1.0, 0.0, 0.0, 0.0, -1.0]


def frame(pk, z, *, orientation=AXIAL, spacing=(0.5, 0.7), rows=4, is_colour=False, **labels):
    """Return a frame at height `z` along its normal, with these labels."""
    normal = np.cross(orientation[:3], orientation[3:])
    placed = None if z is None else [float(v) for v in normal * z]
    entry = {"p": placed, "o": orientation, "s": list(spacing), "f": "1.2", "l": labels, "v": 0}
    return PlacedFrame(pk, 1, pk, rows, 6, is_colour, entry)


def summary(plans):
    return [(plan.name, len(plan.frames), plan.is_regular) for plan in plans]


def stack(start, heights, **labels):
    return [frame(start + n, z, **labels) for n, z in enumerate(heights)]


HEIGHTS = [0.0, 3.0, 6.0, 9.0]


@pytest.mark.parametrize(
    ("label", "values", "names"),
    [
        ("b", [0, 500, 1000], ["b=0", "b=500", "b=1000"]),
        ("echo", [1, 2], ["echo 1", "echo 2"]),
        ("time", [1, 2, 3], ["t=1", "t=2", "t=3"]),
        ("te", [4.9, 9.8], ["TE 4.9 ms", "TE 9.8 ms"]),
        ("component", ["magnitude", "phase"], ["magnitude", "phase"]),
        ("phase", [0, 35, 70], ["phase 0 %", "phase 35 %", "phase 70 %"]),
        ("acquisition", [4, 7], ["acquisition 4", "acquisition 7"]),
        ("cardiac position", [1, 2], ["cardiac position 1", "cardiac position 2"]),
    ],
)
def test_repetitions_are_named_by_what_sets_them_apart(label, values, names):
    frames = [
        each
        for turn, value in enumerate(values)
        for each in stack(turn * 100, HEIGHTS, **{label: value})
    ]

    assert summary(plan_grids(frames)) == [(name, 4, True) for name in names]


def test_two_labels_together_part_what_one_cannot():
    frames = [
        each
        for time in (1, 2)
        for echo in (1, 2)
        for each in stack(time * 1000 + echo * 100, HEIGHTS, time=time, echo=echo)
    ]

    names = [plan.name for plan in plan_grids(frames)]

    assert names == ["t=1, echo 1", "t=1, echo 2", "t=2, echo 1", "t=2, echo 2"]


def test_directions_of_diffusion_are_counted():
    frames = stack(0, HEIGHTS, b=0)
    for turn, direction in enumerate(["0.1, 0.2, 0.3", "0.4, 0.5, 0.6"]):
        frames += stack(100 * (turn + 1), HEIGHTS, b=1000, gradient=direction)

    assert summary(plan_grids(frames)) == [
        ("b=0", 4, True),
        ("b=1000, gradient 1", 4, True),
        ("b=1000, gradient 2", 4, True),
    ]


def test_a_label_that_differs_from_slice_to_slice_is_not_believed():
    """Trigger times of a cine drift from slice to slice; the turn at each place counts."""
    frames = [
        frame(slice_ * 10 + phase, 3.0 * slice_, trigger=30.0 * phase + 0.7 * slice_)
        for slice_ in range(5)
        for phase in range(4)
    ]

    plans = plan_grids(frames)

    assert summary(plans) == [(f"phase {n}", 5, True) for n in (1, 2, 3, 4)]
    assert [f.instance_pk % 10 for f in plans[2].frames] == [2] * 5


def test_a_film_at_one_place_stays_one_grid_in_the_order_of_time():
    frames = [frame(n, 12.0, trigger=500.0 - n) for n in range(8)]

    (plan,) = plan_grids(frames)

    assert (plan.is_regular, plan.reason, len(plan.frames)) == (False, FILM, 8)
    assert [f.instance_pk for f in plan.frames] == list(range(7, -1, -1))


def test_a_slice_that_came_twice_lies_apart_and_is_told():
    frames = [*stack(0, HEIGHTS), frame(50, 6.0)]

    first, second = plan_grids(frames)

    assert (first.name, len(first.frames), first.is_regular) == ("", 4, True)
    assert (second.name, second.is_regular) == ("doubled", False)
    assert (
        second.reason == "One frame lies at places that other frames of the series cover already."
    )


def test_missing_slices_are_a_gap_and_no_volume():
    (plan,) = plan_grids(stack(0, [0.0, 3.0, 6.0, 15.0, 18.0]))

    assert not plan.is_regular
    assert plan.grid is None
    assert "gap of 9.00 mm after slice 3" in plan.reason


def test_two_slabs_are_two_volumes():
    frames = stack(0, [0, 5, 10, 15], acquisition=1) + stack(50, [25, 35, 45], acquisition=2)

    assert summary(plan_grids(frames)) == [("acquisition 1", 4, True), ("acquisition 2", 3, True)]


def test_mixed_orientations_and_sizes_have_names_of_their_own():
    frames = [
        *stack(0, HEIGHTS),
        frame(90, 1.0, orientation=CORONAL),
        frame(91, 1.0, orientation=SAGITTAL, rows=8),
        frame(92, None),
    ]

    assert [name for name, _, _ in summary(plan_grids(frames))] == [
        "axial, 6 x 4",
        "coronal, 6 x 4",
        "sagittal, 6 x 8",
        "6 x 4",
    ]


def test_a_leaning_stack_is_refused_as_a_volume_and_keeps_its_sheared_affine():
    frames = []
    for n in range(4):
        each = frame(n, 5.0 * n)
        each.entry["p"][1] += 1.25 * n
        frames.append(each)

    (plan,) = plan_grids(frames)

    assert not plan.is_regular
    assert plan.reason.startswith("The stack leans by 14.0 degrees (gantry tilt)")
    assert plan.grid is not None
    for k, each in enumerate(plan.frames):
        np.testing.assert_allclose(plan.grid.lps_from_index([0, 0, k]), each.entry["p"], atol=1e-9)


def test_tiles_of_a_slide_are_shown_one_by_one():
    header = {"00080008": {"vr": "CS", "Value": ["ORIGINAL"]}}
    entries, _ = frames_from(header, 5, "1.2.840.10008.5.1.4.1.1.77.1.6")
    frames = [PlacedFrame(1, n + 1, 1, 4, 6, True, entry) for n, entry in enumerate(entries)]

    (plan,) = plan_grids(frames)

    assert (plan.reason, len(plan.frames)) == (TILES, 5)


ANY_FRAME = st.builds(
    frame,
    pk=st.integers(1, 10**6),
    z=st.one_of(st.none(), st.integers(-6, 6).map(lambda n: n * 2.5), st.floats(-30, 30)),
    orientation=st.sampled_from([AXIAL, CORONAL, SAGITTAL, [1.0, 0, 0, 1.0, 0, 0]]),
    spacing=st.sampled_from([(0.5, 0.7), (1.0, 1.0)]),
    rows=st.sampled_from([4, 8]),
    is_colour=st.booleans(),
    b=st.sampled_from([0, 1000]),
    time=st.one_of(st.none(), st.integers(1, 3)),
    type=st.sampled_from(["M", "P"]),
    acquired=st.sampled_from(["101500", "101501.5"]),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(ANY_FRAME, max_size=24, unique_by=lambda each: each.instance_pk))
def test_whatever_comes_each_frame_is_in_exactly_one_grid(frames):
    plans = plan_grids(frames)

    shown = Counter(each.instance_pk for plan in plans for each in plan.frames)
    assert shown == Counter(each.instance_pk for each in frames)
    assert len({plan.name for plan in plans}) == len(plans)
    for plan in plans:
        assert plan.is_regular == (plan.reason == "")
        assert plan.grid is not None or not plan.is_regular


@settings(max_examples=30, deadline=None)
@given(
    slices=st.integers(2, 9),
    times=st.integers(1, 4),
    echoes=st.integers(1, 3),
    missing=st.integers(0, 1),
    shuffle=st.randoms(use_true_random=False),
)
def test_whole_repetitions_come_back_whole_whatever_their_order(
    slices, times, echoes, missing, shuffle
):
    frames = [
        frame((t * 10 + e) * 100 + k, 2.5 * k, time=t, echo=e, acquired=f"10{t}{e}{k:02d}")
        for t in range(times)
        for e in range(echoes)
        for k in range(slices)
    ]
    dropped = frames.pop() if missing and times * echoes > 1 and slices > 2 else None
    shuffle.shuffle(frames)

    plans = plan_grids(frames)

    assert len(plans) == times * echoes
    assert sum(len(plan.frames) for plan in plans) == len(frames)
    for plan in plans:
        assert len({(f.labels["time"], f.labels["echo"]) for f in plan.frames}) == 1
        assert plan.is_regular
        assert len(plan.frames) == slices - (
            dropped is not None
            and (plan.first.labels["time"], plan.first.labels["echo"])
            == (dropped.labels["time"], dropped.labels["echo"])
        )
