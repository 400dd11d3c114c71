"""Video in DICOM is taken, and shown frame by frame; without a decoder it is kept and said so."""

import io
import zlib

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import HEVCMP51, MPEG2MPML, MPEG4HP41, RLELossless, VideoEndoscopicImageStorage

from backend.imaging.domain.decode import decode_frame
from backend.imaging.models import Grid, IngestItem, Instance, Series
from backend.imaging.selectors.frames import frame_array, frame_bytes, frame_source
from fixtures.uids import uid_of
from ml_worker.pixels import films
from ml_worker.pixels.bit_frames import DEFLATED_FRAMES

pytestmark = pytest.mark.django_db
ROWS, COLUMNS, COUNT = 48, 64, 9


def stream_of(codec, container="mp4"):
    """Return a film whose frames are bright by their number, 40 more each but for noise."""
    av = pytest.importorskip("av")
    target = io.BytesIO()
    with av.open(target, "w", format=container) as film:
        stream = film.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = COLUMNS, ROWS, "yuv420p"
        for number in range(COUNT):
            grey = np.full((ROWS, COLUMNS, 3), 20 + 25 * number, np.uint8)
            for packet in stream.encode(av.VideoFrame.from_ndarray(grey, format="rgb24")):
                film.mux(packet)
        for packet in stream.encode():
            film.mux(packet)
    return target.getvalue()


def film_file(path, stream, syntax):
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID = VideoEndoscopicImageStorage
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = uid_of("film", syntax)
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = (
        uid_of("film study"),
        uid_of("film series"),
    )
    dataset.PatientID, dataset.Modality = "FILM", "ES"
    dataset.Rows, dataset.Columns, dataset.NumberOfFrames = ROWS, COLUMNS, COUNT
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 3, "YBR_PARTIAL_420"
    dataset.PlanarConfiguration, dataset.PixelRepresentation = 0, 0
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 8, 8, 7
    dataset.PixelData = encapsulate([stream], has_bot=False)
    dataset["PixelData"].is_undefined_length = True
    dataset.save_as(path, enforce_file_format=True)
    return path


@pytest.mark.parametrize(
    ("codec", "container", "syntax"),
    [
        ("mpeg2video", "mpegts", MPEG2MPML),
        ("libx264", "mp4", MPEG4HP41),
        ("libx265", "mp4", HEVCMP51),
    ],
)
def test_frames_of_a_film_are_decoded_on_the_server(codec, container, syntax, take_in, tmp_path):
    take_in(film_file(tmp_path / "film.dcm", stream_of(codec, container), syntax))

    grid, source = Grid.objects.get(), frame_source(Instance.objects.get().pk)

    assert (grid.frame_count, grid.is_regular) == (COUNT, False)
    for number in (1, 6, COUNT):
        served = frame_bytes(source, number)
        with served.place.path.open("rb") as file:
            frame = np.frombuffer(file.read(), np.uint8).reshape(ROWS, COLUMNS, 3)
        np.testing.assert_allclose(frame, 20 + 25 * (number - 1), atol=4)
    np.testing.assert_array_equal(frame_array(source, COUNT), frame)


def test_without_a_decoder_a_film_is_kept_and_its_series_says_so(take_in, tmp_path, monkeypatch):
    monkeypatch.setattr(films, "can_decode", lambda: False)

    take_in(film_file(tmp_path / "film.dcm", b"\0\0\1\xb3 a stream", MPEG2MPML))

    assert IngestItem.objects.get().outcome == "stored"
    assert Instance.objects.get().frame_count == 0
    (warning,) = Series.objects.get().warnings
    assert "kept as they came, and cannot be shown here" in warning
    assert not Grid.objects.exists()


def bits_of(seed):
    return np.random.default_rng(seed).integers(0, 2, (3, 21, 30), np.uint8)


def packed(plane):
    return np.packbits(plane.ravel(), bitorder="little").tobytes()


def run_lengths(data):
    """Return bytes as literal runs in one RLE segment."""
    body = b"".join(bytes([len(part) - 1]) + part for part in chunks(data, 128))
    return (1).to_bytes(4, "little") + (64).to_bytes(4, "little") + bytes(56) + body


def chunks(data, size):
    return [data[start : start + size] for start in range(0, len(data), size)]


def deflated(data):
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("syntax", "pack"), [(RLELossless, run_lengths), (DEFLATED_FRAMES, deflated)]
)
def test_single_bits_are_unpacked_from_run_lengths_and_deflated_frames(syntax, pack, tmp_path):
    truth = bits_of(7)
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = RLELossless  # the other one is not known to the writer
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.66.4"
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = uid_of("bits")
    dataset.NumberOfFrames, dataset.Rows, dataset.Columns = truth.shape
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 1, 1, 0
    dataset.PixelRepresentation = 0
    dataset.PixelData = encapsulate([pack(packed(plane)) for plane in truth])
    dataset["PixelData"].is_undefined_length = True
    path = tmp_path / "bits.dcm"
    pydicom.dcmwrite(path, dataset, enforce_file_format=True)

    for number, plane in enumerate(truth, start=1):
        np.testing.assert_array_equal(decode_frame(path, syntax, number), plane)
