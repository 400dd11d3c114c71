"""Numbers mean what the header says: tables, rescaling, windows, curves, uptake, doses, overlays."""

import base64
import io
import math

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.pixels.processing import apply_modality_lut, apply_voi_lut, apply_windowing

from backend.core.actor import Actor
from backend.imaging.domain.curves import tables_of, through_table
from backend.imaging.domain.frame_geometry import frames_from
from backend.imaging.domain.pixels import values_from
from backend.imaging.domain.rendering import Look, Window
from backend.imaging.domain.suv import suv_from
from backend.imaging.models import Grid, Instance
from backend.imaging.selectors import frame_keys, grid_view, volume_ref
from backend.imaging.selectors.frames import frame_array, frame_source
from backend.imaging.selectors.overlays import overlays_get
from backend.imaging.selectors.rendering import picture
from backend.imaging.selectors.tables import tables_get
from ml_worker.blobs import FolderBlobs
from ml_worker.contract.masks import decode_mask
from ml_worker.volumes import load_volume


def header(**tags):
    """Return a header as the parser makes it, from tag and values."""
    return {tag.removeprefix("t"): {"vr": "UN", "Value": value} for tag, value in tags.items()}


def pet(units="BQML", decay="START", **more):
    """Return a PET header: 70 kg, 370 MBq of F-18 an hour before the scan, 2 minutes a frame."""
    drug = header(t00181074=[370e6], t00181075=[6586.2], t00181072=["100000.000"])
    drug |= header(**more.pop("drug", {}))
    return header(
        t00080060=["PT"],
        t00541001=[units],
        t00541102=[decay],
        t00101030=[70.0],
        t00080021=["20240305"],
        t00080031=["110000"],
        t00080022=["20240305"],
        t00080032=["111500.5"],
        t00181242=[120000],
        t00540016=[drug],
    ) | header(**more)


LEFT = 370e6 * 2 ** (-3600 / 6586.2)


def test_suv_when_decay_was_corrected_to_the_start_of_the_scan():
    found = suv_from(pet())
    assert found.factor == pytest.approx(70_000 / LEFT)
    assert found.why == "By body weight; decay corrected to the scan's start."


def test_suv_when_decay_was_corrected_to_the_injection():
    assert suv_from(pet(decay="ADMIN")).factor == pytest.approx(70_000 / 370e6)


def test_suv_when_decay_was_not_corrected_takes_each_frame_at_its_own_moment():
    decay = math.log(2) / 6586.2
    at_start = 370e6 * math.exp(-decay * 4500.5)
    mean = at_start * (1 - math.exp(-decay * 120)) / (decay * 120)
    assert suv_from(pet(decay="NONE")).factor == pytest.approx(70_000 / mean)


def test_a_series_made_afterwards_starts_where_its_frames_say():
    """Series time after the acquisition: the start follows from the frame's reference time."""
    decay = math.log(2) / 6586.2
    mean_at = math.log(decay * 120 / (1 - math.exp(-decay * 120))) / decay
    waited = 4500.5 + mean_at - 900
    late = pet(t00080031=["150000"], t00541300=[900_000])
    assert suv_from(late).factor == pytest.approx(70_000 / (370e6 * 2 ** (-waited / 6586.2)))


def test_an_injection_before_midnight():
    drug = {"t00181072": ["233000"]}
    early = pet(t00080031=["003000"], t00080032=["004000"], drug=drug)
    assert suv_from(early).factor == pytest.approx(70_000 / LEFT)


def test_the_date_and_time_of_injection_counts_before_the_time_alone():
    drug = {"t00181078": ["20240305100000.00+0100"], "t00181072": ["093000"]}
    assert suv_from(pet(drug=drug)).factor == pytest.approx(70_000 / LEFT)


def test_counts_become_suv_by_the_factors_of_philips():
    philips = {"t70530010": ["Philips PET Private Group"]}
    assert suv_from(pet("CNTS", **philips, t70531000=[0.00042])).factor == 0.00042
    by_activity = suv_from(pet("CNTS", **philips, t70531000=[0.0], t70531009=[2.5]))
    assert by_activity.factor == pytest.approx(2.5 * 70_000 / LEFT)


def test_grams_per_millilitre_are_suv_already():
    assert suv_from(pet("GML")).factor == 1.0
    lean = suv_from(pet("GML", t00541006=["LBM"]))
    assert (lean.factor, lean.why) == (
        None,
        "The stored values are SUV by LBM, not by body weight.",
    )


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        (
            {"t00101030": []},
            "SUV cannot be computed: the header does not say the patient's weight.",
        ),
        ({"decay": "WRONG"}, "decay was not corrected in a way that is known (WRONG)"),
        ({"units": "CNTS"}, "the file brings no Philips factor"),
        ({"units": "PROPCNTS"}, "The unit of the stored values (PROPCNTS)"),
        ({"t00080031": ["093000"]}, "does not say"),
        ({"t00540016": []}, "the activity given"),
    ],
)
def test_where_there_is_no_factor_a_sentence_says_why(changed, why):
    if "t00080031" in changed:
        changed["drug"] = {"t00181078": ["20240305100000"]}
        why = "the injection is not within the day before the scan"
    found = suv_from(pet(**changed))
    assert found.factor is None
    assert why in found.why


def test_other_modalities_have_no_suv():
    assert suv_from(header(t00080060=["CT"])) is None


def test_a_dose_grid_is_scaled_to_gray():
    found = values_from(header(t3004000E=[0.0025], t30040002=["GY"]))
    assert (found["slope"], found["rescale_type"]) == (0.0025, "GY")


def table(keyword, first, entries, bits=16):
    """Return an item of a Modality or VOI LUT Sequence."""
    item = Dataset()
    item.LUTDescriptor = [len(entries), first, bits]
    item["LUTDescriptor"].VR = "SS" if first < 0 else "US"
    item.LUTData = [int(entry) for entry in entries]
    item["LUTData"].VR = "US"
    if keyword == "modality":
        item.ModalityLUTType = "OD"
    return item


@pytest.fixture
def tabled(make_phantom, tmp_path):
    """Write a slice with tables; returns its path and its data set."""

    def write(**sequences):
        dataset = pydicom.dcmread(make_phantom("axial").paths[4])
        for keyword, item in sequences.items():
            setattr(dataset, keyword, [item])
        if "ModalityLUTSequence" in sequences:
            del dataset.RescaleSlope, dataset.RescaleIntercept
        if "VOILUTSequence" in sequences:
            del dataset.WindowCenter, dataset.WindowWidth
        path = tmp_path / "tabled.dcm"
        dataset.save_as(path)
        return path, pydicom.dcmread(path)

    return write


SQUARES = np.clip(np.arange(3000) ** 2 // 200, 0, 65535)


@pytest.mark.django_db
def test_a_modality_table_is_applied_everywhere(tabled, take_in, own_store):
    path, dataset = tabled(ModalityLUTSequence=table("modality", 100, SQUARES))
    take_in(path)
    truth = apply_modality_lut(dataset.pixel_array, dataset)
    grid, instance = Grid.objects.get(), Instance.objects.get()

    served = frame_array(frame_source(instance.pk), 1)
    (image,) = grid_view(actor=Actor.system(), grid_id=grid.pk).images
    learned = load_volume(volume_ref(grid.pk), FolderBlobs(own_store)).image_kji[0]

    np.testing.assert_array_equal(served, truth)
    np.testing.assert_array_equal(learned, truth)
    assert (image.rescale_slope, image.rescale_intercept, image.rescale_type) == (None, None, "OD")
    assert (image.bits_allocated, image.bits_stored, image.pixel_representation) == (16, 16, 0)
    assert not instance.pixel_module["exact"]  # the browser must not get what is stored


@pytest.mark.django_db
@pytest.mark.parametrize("photometric", ["MONOCHROME2", "MONOCHROME1"])
def test_the_server_draws_through_the_first_table_and_the_viewer_is_given_all(
    tabled, take_in, photometric
):
    curve = (np.sin(np.linspace(0, np.pi / 2, 1200)) * 4095).astype(int)
    path, dataset = tabled(VOILUTSequence=table("voi", -600, curve, 12))
    harder = table("voi", -300, np.arange(700) % 256, 8)
    dataset.VOILUTSequence[0].LUTExplanation = harder.LUTExplanation = "Harder"
    dataset.VOILUTSequence.append(harder)
    dataset.WindowCenter, dataset.WindowWidth = 40, 400  # the table goes before it
    dataset.PhotometricInterpretation = photometric
    dataset.save_as(path)
    take_in(path)
    shown = apply_voi_lut(
        apply_modality_lut(dataset.pixel_array, dataset).astype(np.int64), dataset
    )
    grid, instance = Grid.objects.get(), Instance.objects.get()

    drawn = picture((instance.pk, 1), "CT", Look(), "PNG")
    asked = picture((instance.pk, 1), "CT", Look(window=Window(40, 400)), "PNG")
    view = grid_view(actor=Actor.system(), grid_id=grid.pk)
    given = tables_get(actor=Actor.system(), grid_id=grid.pk, key=frame_keys(grid)[0]).results

    grey = np.rint(shown / 4095 * 255)
    np.testing.assert_array_equal(
        np.asarray(Image.open(io.BytesIO(drawn))),
        255 - grey if photometric == "MONOCHROME1" else grey,
    )
    assert asked != drawn
    assert view.warnings == []
    assert [(each.first, each.count) for each in view.images[0].voi_tables] == [
        (-600, 1200),
        (-300, 700),
    ]
    assert [(each.name, each.table) for each in view.presets][:3] == [
        ("VOI LUT: Harder", 0),
        ("VOI LUT: Harder 2", 1),
        ("As sent", None),
    ]
    wide, narrow = (np.frombuffer(base64.b64decode(each.entries), f"<u{size}") for each, size in
                    zip(given, (2, 1), strict=True))  # fmt: skip
    np.testing.assert_array_equal(wide, curve)
    np.testing.assert_array_equal(narrow, np.arange(700) % 256)
    assert [(each.name, each.bits) for each in given] == [("Harder", 12), ("Harder", 8)]


RAMP = np.arange(65536) // 16


@pytest.mark.parametrize(
    ("descriptor", "data", "vr", "first", "entries"),
    [
        pytest.param([0, 0, 12], RAMP.astype("<u2").tobytes(), "OW", 0, RAMP, id="65536 entries"),
        pytest.param([4, 7, 8], b"\x01\x02\x03\xff", "OW", 7, [1, 2, 3, 255], id="packed bytes"),
        pytest.param([3, 7, 8], b"\x01\0\x02\0\xff\0", "OW", 7, [1, 2, 255], id="bytes in words"),
        pytest.param([3, 7, 8], [0x0201, 0x00FF], "US", 7, [1, 2, 255], id="packed words"),
        pytest.param([3, 64936, 16], [0, 9, 65535], "US", -600, [0, 9, 65535], id="sign left open"),
        pytest.param([1, 5, 10], 1023, "US", 5, [1023], id="a single entry"),
        pytest.param([4, 0, 16], [1, 2], "US", 0, None, id="cut short"),
    ],
)
def test_a_table_is_read_however_it_was_written(descriptor, data, vr, first, entries):
    item, dataset = Dataset(), Dataset()
    item.add_new(0x00283002, "US", descriptor)
    item.add_new(0x00283006, vr, data)
    dataset.VOILUTSequence = [item]
    said = header(t00280103=[1], t00283010=[header(t00283002=descriptor)])

    [described] = values_from(said)["tables"]
    [found] = tables_of(dataset, 1, [described])

    assert described["first"] == first
    assert (found is None) == (entries is None)
    if found is not None:
        np.testing.assert_array_equal(found.entries, entries)
        around = np.array([first - 5.0, first, first + len(entries) - 1.4, first + 70_000])
        grey = through_table(found, around) * ((1 << descriptor[2]) - 1)
        expected = [entries[0], entries[0], entries[-1], entries[-1]]
        np.testing.assert_allclose(grey, expected)


def test_a_frame_of_its_own_goes_before_what_all_share():
    """Functional groups of one frame say what its values mean (PS3.3 C.7.6.16.2.9, C.7.6.16.2.10)."""
    group = header(
        t00289145=[header(t00281052=[-5.0], t00281053=[2.0])],
        t00289132=[header(t00281050=[10.0], t00281051=[20.0], t00281056=["SIGMOID"])],
    )
    shared = header(t00289132=[header(t00281050=[1.0], t00281051=[2.0])])
    enhanced = header(t52009229=[shared], t52009230=[group, header()])

    entries, values = frames_from(enhanced, 2, "")

    own, other = (values[entry["v"]] for entry in entries)
    assert (own["slope"], own["intercept"]) == (2.0, -5.0)
    assert (own["center"], own["width"], own["voi_function"]) == ([10.0], [20.0], "SIGMOID")
    assert (other["slope"], other["center"], other["width"]) == (None, [1.0], [2.0])


@pytest.mark.django_db
@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
def test_a_window_is_drawn_by_the_function_that_the_file_names(tabled, take_in, function):
    path, dataset = tabled()
    dataset.WindowCenter, dataset.WindowWidth, dataset.VOILUTFunction = 40, 9, function
    dataset.save_as(path)
    take_in(path)
    values = apply_modality_lut(dataset.pixel_array, dataset)
    reached = apply_windowing(np.append(values.ravel(), [-1e3, 1e3]), dataset)
    low, high = reached[-2:]

    grey = picture((Instance.objects.get().pk, 1), "CT", Look(), "PNG")
    [preset, *_] = grid_view(actor=Actor.system(), grid_id=Grid.objects.get().pk).presets

    shown = (reached[:-2].reshape(values.shape) - low) / (high - low) * 255
    np.testing.assert_allclose(np.asarray(Image.open(io.BytesIO(grey))), shown, atol=0.501)
    assert (preset.name, preset.function) == ("As sent", function)


CHECKS = (np.indices((48, 64)).sum(0) % 2).astype(bool)


def overlaid(dataset, group, *, bit=0, data=None, origin=(1, 1), label=""):
    """Add an overlay of 48 x 64, or as large as `data`, to a data set."""
    rows, columns = data.shape if data is not None else (48, 64)
    for element, vr, value in (
        (0x0010, "US", rows), (0x0011, "US", columns), (0x0040, "CS", "G"),
        (0x0050, "SS", list(origin)), (0x0100, "US", 16 if bit else 1), (0x0102, "US", bit),
    ):  # fmt: skip
        dataset.add_new((group, element), vr, value)
    if label:
        dataset.add_new((group, 0x1500), "LO", label)
    if data is not None:
        packed = np.packbits(data.ravel(), bitorder="little").tobytes()
        dataset.add_new((group, 0x3000), "OW", packed + b"\0" * (len(packed) % 2))


@pytest.mark.django_db
def test_overlays_in_spare_bits_are_no_part_of_a_value(make_phantom, take_in, tmp_path):
    dataset = pydicom.dcmread(make_phantom("axial").paths[4])
    truth = dataset.pixel_array.copy()
    dataset.PixelData = (truth.astype(np.uint16) | (CHECKS << 14).astype(np.uint16)).tobytes()
    overlaid(dataset, 0x6000, bit=14, label="Checks")
    small = np.zeros((5, 7), bool)
    small[1:4, 2:6] = True
    overlaid(dataset, 0x6002, data=small, origin=(-1, 60))
    path = tmp_path / "overlay.dcm"
    dataset.save_as(path)
    take_in(path)
    instance, grid = Instance.objects.get(), Grid.objects.get()

    found = overlays_get(actor=Actor.system(), grid_id=grid.pk, key=frame_keys(grid)[0]).results

    assert not instance.pixel_module["exact"]
    np.testing.assert_array_equal(frame_array(frame_source(instance.pk), 1), truth)
    assert [(each.group, each.label) for each in found] == [("6000", "Checks"), ("6002", "")]
    hidden, own = (decode_mask(base64.b64decode(each.mask)) > 0 for each in found)
    np.testing.assert_array_equal(hidden, CHECKS)
    wanted = np.zeros((48, 64), bool)
    wanted[:2, 61:64] = small[2:4, 2:5]  # its first pixel lies in row -1, column 60
    np.testing.assert_array_equal(own, wanted)
    assert grid_view(actor=Actor.system(), grid_id=grid.pk).overlays == ["Checks", "graphics"]
