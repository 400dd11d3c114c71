"""Text in pictures: found, and blanked in every frame without touching anything else."""

from io import BytesIO

import numpy as np
import pytest
from pydicom import dcmread, dcmwrite
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import (
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    RLELossless,
)

from backend.imaging.domain.deidentify import reading
from backend.imaging.domain.deidentify.burned_in import inspected, is_likely, known_places
from backend.imaging.domain.deidentify.policy import PixelRules, Policy, PolicyInvalid, Recipe
from backend.imaging.domain.deidentify.redact import NotRedactable, redacted
from backend.imaging.domain.deidentify.text_boxes import Box, text_boxes
from tests.bench.planting import clean_picture, stored, write_on

US_MULTI = "1.2.840.10008.5.1.4.1.1.3.1"
WHERE = Box(2, 3, 9, 20)


def picture(kind, *, size=16, contrast=0.6, seed=5):
    rng = np.random.default_rng(seed)
    return write_on(clean_picture(kind, rng), kind, size, contrast, rng)


def image(pixels, *, frames=1, colour="MONOCHROME2", syntax=ExplicitVRLittleEndian, planar=0):
    """Return a file with these pixels; (frames, rows, columns[, 3])."""
    dataset = FileDataset("", Dataset(), file_meta=FileMetaDataset(), preamble=b"\0" * 128)
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian if syntax.is_compressed else syntax
    dataset.SOPClassUID, dataset.SOPInstanceUID = US_MULTI, "1.2.3"
    dataset.file_meta.MediaStorageSOPClassUID = US_MULTI
    dataset.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
    dataset.Modality, dataset.ImageType = "US", ["ORIGINAL", "PRIMARY"]
    dataset.NumberOfFrames = frames
    dataset.Rows, dataset.Columns = pixels.shape[1:3]
    dataset.SamplesPerPixel = 3 if pixels.ndim == 4 else 1
    if pixels.ndim == 4:
        dataset.PlanarConfiguration = planar
    dataset.PhotometricInterpretation = colour
    bits = pixels.dtype.itemsize * 8
    dataset.BitsAllocated = dataset.BitsStored = bits
    dataset.HighBit, dataset.PixelRepresentation = bits - 1, int(pixels.dtype.kind == "i")
    laid = pixels.transpose(0, 3, 1, 2) if planar else pixels
    dataset.PixelData = laid.tobytes()
    if syntax.is_compressed:
        dataset.compress(syntax, generate_instance_uid=False)
    target = BytesIO()
    dcmwrite(target, dataset, enforce_file_format=True)
    return dcmread(BytesIO(target.getvalue()))


@pytest.mark.parametrize("kind", ["ct", "mr", "us", "cr", "screen"])
def test_a_name_is_found_where_it_was_written(kind):
    planted = picture(kind)
    want = Box(*planted.box)
    assert sum(box.covers(want) for box in text_boxes(planted.picture)) > 0.5


@pytest.mark.parametrize("kind", ["ct", "cr", "screen"])
def test_pictures_without_letters_are_clean(kind):
    assert text_boxes(stored(clean_picture(kind, np.random.default_rng(8)), kind)) == []


@pytest.mark.parametrize("shape", [(1, 1), (3, 900), (64, 64)])
@pytest.mark.parametrize("value", [0, 255])
def test_blank_and_tiny_pictures_are_no_trouble(shape, value):
    assert text_boxes(np.full(shape, value, dtype=np.uint8)) == []


def test_the_middle_frame_of_a_cine_is_looked_at_too():
    frames = np.zeros((3, 480, 640, 3), dtype=np.uint8)
    frames[1] = picture("us", contrast=1.0).picture
    finding = inspected(image(frames, frames=3, colour="RGB"), PixelRules())
    assert finding.verdict == "quarantine"
    assert finding.reason == "text"
    assert finding.frames_checked == 3


def test_only_likely_pictures_are_searched_unless_all_are_asked_for():
    dataset = image(picture("ct").picture[None])
    dataset.SOPClassUID, dataset.Modality = "1.2.840.10008.5.1.4.1.1.2", "CT"
    assert inspected(dataset, PixelRules()).verdict == "clean"
    assert inspected(dataset, PixelRules("all")).verdict == "quarantine"
    dataset.SeriesDescription = "Screen Save"
    assert inspected(dataset, PixelRules()).verdict == "quarantine"
    assert inspected(dataset, PixelRules("none")).verdict == "clean"


def test_a_file_that_declares_text_waits_even_if_none_is_seen():
    dataset = image(np.zeros((1, 64, 64), dtype=np.uint8))
    dataset.Modality, dataset.BurnedInAnnotation = "MR", "YES"
    assert inspected(dataset, PixelRules()).reason == "declared"


def test_what_cannot_be_decoded_waits():
    dataset = image(np.zeros((1, 64, 64), dtype=np.uint8), syntax=JPEG2000Lossless)
    dataset.PixelData = b"\xfe\xff\x00\xe0\0\0\0\0\xfe\xff\x00\xe0\x04\0\0\0junk"
    assert inspected(dataset, PixelRules()).reason == "undecodable"


def test_places_of_devices_come_from_regions_and_recipes():
    dataset = image(np.zeros((1, 100, 200), dtype=np.uint8))
    region = Dataset()
    region.RegionLocationMinX0, region.RegionLocationMinY0 = 10, 20
    region.RegionLocationMaxX1, region.RegionLocationMaxY1 = 189, 99
    dataset.SequenceOfUltrasoundRegions = [region]
    dataset.Manufacturer = "Acme Imaging"
    rules = PixelRules(
        recipes=(Recipe("ACME", ((0, 0, 5, 999),)), Recipe("Other", ((1, 1, 2, 2),)))
    )
    assert known_places(dataset, rules) == (
        Box(0, 0, 5, 200), Box(0, 0, 20, 200), Box(20, 0, 100, 10), Box(20, 190, 100, 200),
    )  # fmt: skip
    policy = Policy("p", "P", pixels=rules)
    assert Policy.from_document(policy.document()) == policy
    with pytest.raises(PolicyInvalid):
        Policy.from_document(
            {
                "name": "p",
                "title": "P",
                "pixels": {"recipes": [{"manufacturer": "A", "boxes": [[5, 5, 1, 1]]}]},
            }
        )


@pytest.mark.parametrize(
    ("modality", "expected"), [("US", True), ("CT", False), ("MR", False), ("DX", True)]
)
def test_kinds_that_often_carry_text(modality, expected):
    dataset = Dataset()
    dataset.Modality = modality
    assert is_likely(dataset) is expected


def _noise(shape, dtype):
    info = np.iinfo(dtype)
    return np.random.default_rng(3).integers(info.min, info.max, shape, dtype=dtype)


@pytest.mark.parametrize(
    ("pixels", "frames", "options"),
    [
        (_noise((3, 32, 40), np.uint16), 3, {}),
        (_noise((2, 32, 40), np.int16), 2, {"syntax": ImplicitVRLittleEndian}),
        (_noise((2, 32, 40, 3), np.uint8), 2, {"colour": "RGB"}),
        (_noise((2, 32, 40, 3), np.uint8), 2, {"colour": "RGB", "planar": 1}),
        (_noise((2, 32, 40), np.uint16), 2, {"syntax": JPEG2000Lossless}),
        (_noise((2, 32, 40, 3), np.uint8), 2, {"colour": "RGB", "syntax": RLELossless}),
        (_noise((1, 32, 40), np.uint8), 1, {"colour": "MONOCHROME1"}),
    ],
)
def test_blanking_changes_the_box_in_all_frames_and_nothing_else(pixels, frames, options):
    before = image(pixels, frames=frames, **options)
    given = before.pixel_array.reshape(pixels.shape).copy()
    target = BytesIO()
    dcmwrite(target, redacted(before, [WHERE]), enforce_file_format=True)
    after = dcmread(BytesIO(target.getvalue()))
    found = after.pixel_array.reshape(pixels.shape)
    inside = np.zeros(pixels.shape, dtype=bool)
    inside[:, WHERE.top : WHERE.bottom, WHERE.left : WHERE.right] = True
    assert (found[~inside] == given[~inside]).all()
    assert len(np.unique(found[inside])) == 1
    assert after.ImageType[0] == "DERIVED"
    assert after.BurnedInAnnotation == "NO"
    assert after.SOPInstanceUID == "1.2.3"
    assert (
        after.file_meta.TransferSyntaxUID.is_compressed
        == options.get("syntax", ExplicitVRLittleEndian).is_compressed
    )


def test_pixels_of_single_bits_are_refused():
    dataset = image(np.zeros((1, 32, 40), dtype=np.uint8))
    dataset.BitsAllocated = 1
    with pytest.raises(NotRedactable):
        redacted(dataset, [WHERE])


def test_after_blanking_nothing_is_found():
    planted = picture("us", contrast=1.0)
    dataset = image(planted.picture[None], colour="RGB")
    first = inspected(dataset, PixelRules())
    assert first.boxes
    again = inspected(redacted(dataset, first.boxes), PixelRules())
    want = Box(*planted.box)
    assert not any(box.covers(want) > 0.05 for box in again.boxes)


@pytest.mark.skipif(reading.tesseract() is None, reason="Tesseract is not installed")
def test_a_reader_counts_letters_and_keeps_no_text():
    planted = picture("ct", size=24, contrast=1.0)
    empty = Box(300, 200, 320, 300)
    counts = reading.letters_read(planted.picture, [Box(*planted.box), empty])
    assert counts[0] >= 5
    assert counts[1] == 0


def test_without_a_reader_every_box_stands(monkeypatch):
    monkeypatch.setattr(reading, "tesseract", lambda: None)
    assert reading.letters_read(np.zeros((9, 9)), [WHERE]) is None
