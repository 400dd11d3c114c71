"""The golden geometry files, worked by hand, and what follows from them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ml_worker.geometry.frames import FrameGeometry, alike_frames, grid_from_frames
from ml_worker.geometry.voxel_grid import VoxelGrid

GOLDEN = Path(__file__).parents[2] / "fixtures" / "geometry"
GRIDS = json.loads((GOLDEN / "grids.json").read_text())["cases"]
FRAMES = json.loads((GOLDEN / "frames.json").read_text())["cases"]


def by_name(cases: list[dict[str, Any]]) -> Any:
    assert len(cases) > 3
    return pytest.mark.parametrize("case", cases, ids=[case["name"] for case in cases])


def grid_of(case: dict[str, Any]) -> VoxelGrid:
    return VoxelGrid.build(
        case["origin_mm_lps"], case["spacing_mm_ijk"], case["direction"], case["shape_kji"]
    )


def frames_of(case: dict[str, Any]) -> list[FrameGeometry]:
    return [
        FrameGeometry(**{k: tuple(v) if isinstance(v, list) else v for k, v in frame.items()})
        for frame in case["frames"]
    ]


@by_name(GRIDS)
def test_an_index_lies_where_the_hand_worked_file_says(case):
    grid = grid_of(case)
    index = [point["index_ijk"] for point in case["points"]]
    lps = [point["lps"] for point in case["points"]]
    np.testing.assert_allclose(grid.lps_from_index(index), lps, atol=1e-9)
    np.testing.assert_allclose(grid.index_from_lps(lps), index, atol=1e-9)


@by_name(GRIDS)
def test_the_ras_affine_is_the_one_worked_by_hand(case):
    np.testing.assert_allclose(grid_of(case).affine_ras, case["affine_ras"], atol=1e-12)


def test_a_point_on_the_edge_of_the_last_voxel_is_inside():
    grid = grid_of(GRIDS[0])
    inside = grid.contains([[6.5, 4.5, 2.5], [-0.5, 0, 0], [6.6, 0, 0], [0, 0, -0.51]])
    assert inside.tolist() == [True, True, False, False]


def test_a_leaning_grid_has_less_volume_than_its_spacings_suggest():
    assert grid_of(GRIDS[3]).voxel_volume_mm3 == pytest.approx(2.0 * 1.0 * 4.0)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("spacing_mm_ijk", [1, 0, 1]),
        ("direction", [1, 0, 0, 0, 1, 1, 0, 0, 0]),
        ("direction", [2, 0, 0, 0, 1, 0, 0, 0, 1]),
        ("direction", [1, 0, 0, 1]),
        ("shape_kji", [0, 4, 4]),
        ("origin_mm_lps", [float("nan"), 0, 0]),
    ],
)
def test_a_grid_that_spans_nothing_is_refused(field, value):
    with pytest.raises(ValueError, match=r"must|has 9"):
        grid_of(GRIDS[0] | {field: value})


@by_name(FRAMES)
def test_frames_form_the_grid_worked_by_hand(case):
    found = grid_from_frames(frames_of(case))
    assert list(found.order) == case["order"]
    assert (found.is_regular, found.reason) == (case["is_regular"], case["reason"])
    if case["grid"] is None:
        assert found.grid is None
    else:
        assert found.grid is not None
        wanted = grid_of(case["grid"])
        np.testing.assert_allclose(found.grid.affine_lps, wanted.affine_lps, atol=1e-9)
        assert found.grid.shape_kji == wanted.shape_kji


@by_name([case for case in FRAMES if case["grid"]])
def test_every_frame_lies_where_its_header_says(case):
    frames = frames_of(case)
    found = grid_from_frames(frames)
    assert found.grid is not None
    for k, index in enumerate(found.order):
        np.testing.assert_allclose(
            found.grid.lps_from_index([0, 0, k]), frames[index].position_mm_lps, atol=1e-9
        )


def test_rounded_headers_are_still_regular():
    steps = [round(k * 1.2500001 + 0.0004 * (-1) ** k, 4) for k in range(300)]
    frames = [FrameGeometry(4, 6, (0.0, 0.0, z), (1, 0, 0, 0, 1, 0), (1.0, 1.0)) for z in steps]
    assert grid_from_frames(frames).is_regular


def test_a_localizer_of_three_planes_is_three_kinds_of_frames():
    planes = [(1, 0, 0, 0, 1, 0), (1, 0, 0, 0, 0, -1), (0, 1, 0, 0, 0, -1)]
    frames = [
        FrameGeometry(4, 6, (float(z), float(z), float(z)), planes[z % 3], (1.0, 1.0))
        for z in range(6)
    ]
    assert alike_frames(frames) == [[0, 3], [1, 4], [2, 5]]


def test_frames_without_geometry_are_alike():
    frames = [FrameGeometry(4, 6)] * 3
    assert alike_frames(frames) == [[0, 1, 2]]
    assert not grid_from_frames(frames).is_regular
