"""Every tool of the station, by key and by mouse, down to what the server holds afterwards."""

import numpy as np
import pytest
from playwright.sync_api import expect

from fixtures.phantoms import Phantom, phantom
from tests.e2e.outside import frame_facts
from tests.e2e.station import Station
from tests.e2e.world import EVERYTHING, make_project, open_task_ids

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]
ANNOTATOR = "annotator@limn.example"
ROWS, COLUMNS = 48, 64
RADIUS_MM = 6.0
NOTHING = np.zeros((ROWS, COLUMNS), np.uint16)
CORNERS = [(9.5, 7.5), (30.5, 7.5), (30.5, 29.5), (9.5, 29.5)]
A, B, C = (10, 12), (40, 33), (50, 12)
POINTS = {
    "length": (A, B),
    "box": (A, B),
    "polyline": (A, B, C),
    "point": (C,),
    "polygon": (A, B, C),
    "rectangle": (A, B),
    "ellipse": (A, B),
}
RAIL = {
    "v": "Select and move",
    "b": "Brush",
    "e": "Eraser",
    "t": "Threshold brush",
    "p": "Polygon",
    "r": "Filled rectangle",
    "c": "Filled ellipse",
    "k": "Smart click",
    "x": "Box",
    "l": "Length",
    "y": "Polyline",
    "d": "Point",
}


@pytest.fixture(scope="module")
def client(limn):
    """The annotator over the API."""
    with limn.client(ANNOTATOR) as somebody:
        yield somebody


@pytest.fixture(scope="module")
def world(limn, tmp_path_factory) -> dict[str, tuple[Phantom, str]]:
    """Two phantoms whose every voxel is known, and the task on each."""
    folder = tmp_path_factory.mktemp("phantoms")
    phantoms = {
        name: phantom(name, folder / name, owner="tools") for name in ("anisotropic", "oblique")
    }
    limn.manage("ingest", str(folder))
    made = {}
    with limn.client("admin@limn.example") as admin:
        for name, what in phantoms.items():
            uids = [what.header.study_uid]
            project = make_project(admin, f"Tools {name}", uids, ANNOTATOR, EVERYTHING)
            made[name] = (what, open_task_ids(admin, project)[0])
    return made


@pytest.fixture
def annotator(person):
    somebody = person("annotator")
    yield somebody
    assert somebody.faults == []


def _take(station: Station, key: str) -> None:
    """Take a tool by its key, put it back, take it from the rail."""
    button = station.page.get_by_role("toolbar", name="Tools").get_by_role(
        "button", name=RAIL[key], exact=True
    )
    station.press(key)
    expect(button).to_have_attribute("aria-pressed", "true")
    station.press("v" if key != "v" else "b")
    expect(button).to_have_attribute("aria-pressed", "false")
    station.tool(RAIL[key])


def _disc(i: float, j: float, radius_mm: float) -> np.ndarray:
    """Voxels of the anisotropic phantom within a distance of a voxel, [rows, columns]."""
    y, x = np.mgrid[:ROWS, :COLUMNS]
    return ((x - i) * 0.7) ** 2 + ((y - j) * 1.3) ** 2 <= radius_mm**2


def _there_and_back(station: Station, frame: str, before: np.ndarray) -> np.ndarray:
    """Undo and redo the last edit; return what it left on the frame."""
    after = station.labels(frame, (ROWS, COLUMNS))
    assert not np.array_equal(after, before)
    station.press("Control+z")
    assert np.array_equal(station.labels(frame, (ROWS, COLUMNS)), before)
    station.press("Control+y")
    assert np.array_equal(station.labels(frame, (ROWS, COLUMNS)), after)
    return after


def test_brush_and_eraser_paint_a_disc_in_millimetres_and_take_it_away(annotator, world):
    _, task = world["anisotropic"]
    station = Station(annotator.page).open(task)
    frame = station.go_to(6)
    station.press("1")
    _take(station, "b")
    station.click(32, 24)
    brushed = _there_and_back(station, frame, NOTHING)
    assert np.array_equal(brushed == 1, _disc(32, 24, RADIUS_MM))

    _take(station, "e")
    station.stroke((32, 24), (32, 28))
    assert not _there_and_back(station, frame, brushed).any()


def test_the_ball_reaches_into_the_slices_beside_and_weighs_its_millilitres(
    annotator, client, world
):
    _, task = world["anisotropic"]
    station = Station(annotator.page).open(task)
    others = station.voxels(1)
    frame = station.go_to(8)
    station.press("1")
    station.press("b")
    station.press("q")
    ball = annotator.page.get_by_role("button", name="Ball (3D)")
    expect(ball).to_have_attribute("aria-pressed", "true")
    station.click(20, 20)
    assert np.array_equal(_there_and_back(station, frame, NOTHING) == 1, _disc(20, 20, RADIUS_MM))
    beside = _disc(20, 20, float(np.sqrt(RADIUS_MM**2 - 5.0**2)))
    voxels = others + int(_disc(20, 20, RADIUS_MM).sum() + 2 * beside.sum())
    assert station.voxels(1) == voxels
    station.wait_saved()
    assert station.stored(client).voxels(1) == voxels
    volume = f"{voxels * 0.7 * 1.3 * 5.0 / 1000:.1f} ml"
    expect(annotator.page.get_by_role("region", name="Segments")).to_contain_text(volume)


def test_the_threshold_brush_paints_only_values_in_its_range(annotator, world):
    made, task = world["anisotropic"]
    station = Station(annotator.page).open(task)
    values, disc = made.values_kji[1], _disc(40, 20, RADIUS_MM)
    frame = station.go_to(2)
    low, high = (int(np.percentile(values[disc], share)) for share in (30, 70))
    station.press("1")
    _take(station, "t")
    for name, bound in (("Lowest value", low), ("Highest value", high)):
        annotator.page.get_by_role("textbox", name=name).fill(str(bound))
    station.click(40, 20)
    wanted = disc & (values >= low) & (values <= high)
    assert 20 < wanted.sum() < disc.sum()
    assert np.array_equal(_there_and_back(station, frame, NOTHING) == 1, wanted)

    station.click(40, 20, held="Alt")
    lowest = annotator.page.get_by_role("textbox", name="Lowest value")
    mean, spread = values[disc].mean(), 2 * values[disc].std()
    assert float(lowest.input_value()) == pytest.approx(mean - spread, abs=1)


def test_polygon_rectangle_and_ellipse_fill_exactly_what_they_enclose(annotator, client, world):
    _, task = world["anisotropic"]
    station = Station(annotator.page).open(task)
    station.press("2")
    drawn = {}
    for number, key in ((10, "p"), (11, "r"), (12, "c")):
        frame = station.go_to(number)
        _take(station, key)
        if key == "p":
            for corner in CORNERS:
                station.click(*corner)
            annotator.page.keyboard.press("Enter")
        else:
            station.stroke(CORNERS[0], CORNERS[2])
        drawn[key] = _there_and_back(station, frame, NOTHING) == 2
    square = np.zeros((ROWS, COLUMNS), bool)
    square[8:30, 10:31] = True
    assert np.array_equal(drawn["p"], square)
    assert np.array_equal(drawn["r"], square)
    y, x = np.mgrid[:ROWS, :COLUMNS]
    assert np.array_equal(drawn["c"], ((x - 20) / 10.5) ** 2 + ((y - 18.5) / 11) ** 2 <= 1)
    station.wait_saved()
    stored = station.stored(client)
    assert np.array_equal(stored.labels(frame), drawn["c"] * 2)
    assert stored.voxels(2) == station.voxels(2)


def test_a_freehand_polygon_and_one_closed_at_its_first_corner_fill_the_same_way(annotator, world):
    _, task = world["anisotropic"]
    station = Station(annotator.page).open(task)
    station.press("2")
    station.press("p")
    frame = station.go_to(4)
    for corner in (*CORNERS, CORNERS[0]):
        station.click(*corner)
    square = station.labels(frame, (ROWS, COLUMNS)) == 2
    assert square[8:30, 10:31].all()
    assert square.sum() == 22 * 21

    frame = station.go_to(5)
    station.stroke(*CORNERS, (9.5, 8.5))
    freehand = station.labels(frame, (ROWS, COLUMNS)) == 2
    assert (freehand ^ square).sum() <= 4

    frame = station.go_to(3)
    for corner in ((9.5, 7.5), (30.5, 7.5), (50, 40)):
        station.click(*corner)
    station.press("Delete")
    station.click(20, 30)
    station.press("Escape")
    station.press("Enter")
    assert not station.labels(frame, (ROWS, COLUMNS)).any()
    assert station.task_id == task


def _draw_every_shape(station: Station) -> None:
    page = station.page
    for key in "lxyd":
        _take(station, key)
        if key in "lx":
            station.stroke(A, B)
        else:
            for point in (A, B, C) if key == "y" else (C,):
                station.click(*point)
            page.keyboard.press("Enter" if key == "y" else "Escape")
    for key, kind in (("p", "polygon"), ("r", "rectangle"), ("c", "ellipse")):
        _take(station, key)
        page.get_by_role("button", name=f"A {kind}", exact=True).click()
        if key == "p":
            for point in (A, B, C, A):
                station.click(*point)
        else:
            station.stroke(A, B)


def test_shapes_lie_where_they_were_drawn_in_millimetres(annotator, client, world):
    made, task = world["oblique"]
    station = Station(annotator.page).open(task)
    frame = station.go_to(6)
    facts = frame_facts(client, task, frame)
    _draw_every_shape(station)
    station.wait_saved()
    stored = station.stored(client)
    assert len(stored.state["objects"]) == len(POINTS)
    assert stored.state["masks"] == []
    (line,) = stored.shapes("length")
    ends = np.array(line["points_mm_lps"])
    wanted_mm = float(np.hypot(*((np.array(B) - A) * made.grid.spacing_mm_ijk[:2])))
    assert np.linalg.norm(ends[1] - ends[0]) == pytest.approx(wanted_mm, abs=0.3)
    shown = annotator.page.get_by_role("region", name="Shapes")
    expect(shown).to_contain_text(f"{np.linalg.norm(ends[1] - ends[0]):.1f} mm")
    for kind, points in POINTS.items():
        (shape,) = stored.shapes(kind)
        assert shape["frame"] == frame
        found = np.array(shape["points_mm_lps"])
        truth = np.array([facts.voxel_mm_lps(*point) for point in points])
        assert found.shape == truth.shape
        assert np.abs(found - truth).max() < 0.3
    for _ in POINTS:
        station.press("Control+z")
    station.wait_saved()
    assert station.stored(client).state["objects"] == []


def test_a_shape_can_be_changed_chosen_from_the_list_and_deleted(annotator, client, world):
    _, task = world["oblique"]
    station = Station(annotator.page).open(task)
    frame = station.go_to(3)
    facts = frame_facts(client, task, frame)
    station.press("l")
    station.stroke(A, B)
    _take(station, "v")
    station.stroke(B, (45, 40))
    station.wait_saved()
    (line,) = station.stored(client).shapes("length")
    assert np.abs(np.array(line["points_mm_lps"])[1] - facts.voxel_mm_lps(45, 40)).max() < 0.3
    station.stroke(((A[0] + 45) / 2, (A[1] + 40) / 2), (35, 20))
    station.wait_saved()
    (moved,) = station.stored(client).shapes("length")
    before, after = (np.array(shape["points_mm_lps"]) for shape in (line, moved))
    assert np.allclose(before[1] - before[0], after[1] - after[0], atol=1e-6)
    assert np.linalg.norm(after[0] - before[0]) > 2

    station.go_to(9)
    shapes = annotator.page.get_by_role("region", name="Shapes")
    shapes.get_by_text("A length").click()
    annotator.page.wait_for_function("window.__limn.slice === 2")
    station.press("Delete")
    station.wait_saved()
    assert station.stored(client).state["objects"] == []
    expect(shapes).to_have_count(0)


@pytest.fixture
def organs(limn) -> str:
    """A task on a demo patient's abdomen."""
    with limn.client("admin@limn.example") as admin:
        studies = admin.get("/api/v1/studies", params={"search": "LIMN-0002"}).json()["results"]
        project = make_project(admin, "Smart", [studies[0]["uid"]], ANNOTATOR, EVERYTHING)
        return open_task_ids(admin, project)[0]


def _wait_for_mask(station: Station, prompts: int) -> None:
    """Wait until the model has answered so many prompts."""
    station.page.wait_for_function(
        "(n) => window.__limn.smartPrompts === n && window.__limn.smartMs !== null", arg=prompts
    )


def test_smart_clicks_and_boxes_become_labels_with_their_prompts(annotator, client, organs):
    station = Station(annotator.page).open(organs)
    frame = station.wait_frame()
    rows, columns = frame_facts(client, organs, frame).shape
    i, j = round(columns * 0.36), round(rows * 0.45)
    _take(station, "k")
    annotator.page.wait_for_function("window.__limn.smart === 'ready'", timeout=60_000)

    station.click(i, j)
    _wait_for_mask(station, 1)
    station.click(i + 60, j, held="Alt")
    _wait_for_mask(station, 2)
    station.press("Delete")
    _wait_for_mask(station, 1)
    assert station.voxels(1) == 0
    station.press("a")
    clicked = station.voxels(1)
    assert 50 < clicked < rows * columns / 3
    station.press("Control+z")
    assert station.voxels(1) == 0
    station.press("Control+y")
    assert station.voxels(1) == clicked

    station.press("2")
    station.stroke((columns * 0.55, rows * 0.5), (columns * 0.7, rows * 0.68))
    _wait_for_mask(station, 1)
    annotator.page.get_by_role("button", name="Accept into Other").click()
    station.wait_saved()
    stored = station.stored(client)
    assert stored.voxels(2) == station.voxels(2) > 20
    origin = stored.state["provenance"]["segments"]
    assert {origin[n]["method"] for n in ("1", "2")} == {"semiautomatic"}
    assert origin["1"]["model_version_ids"]
