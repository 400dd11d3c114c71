"""Pictures and videos become DICOM with equal pixels, upright, and nothing left out unsaid."""

import numpy as np
import pytest
import tifffile
from PIL import Image

from backend.imaging.domain.convert import video
from backend.imaging.domain.convert.facts import Facts
from backend.imaging.domain.convert.model import Kept
from backend.imaging.domain.rejections import Rejected
from tests.backend.imaging.converted import make, speckle

GREY, COLOUR = (31, 47), (31, 47, 3)


def only(made):
    (dataset,) = made.datasets
    return dataset


@pytest.mark.parametrize(
    ("ending", "shape", "dtype"),
    [
        ("png", GREY, "uint8"),
        ("png", GREY, "uint16"),
        ("png", COLOUR, "uint8"),
        ("webp", COLOUR, "uint8"),
        ("bmp", GREY, "uint8"),
        ("bmp", COLOUR, "uint8"),
        ("gif", GREY, "uint8"),
        ("tif", GREY, "uint8"),
        ("tif", GREY, "uint16"),
        ("tif", COLOUR, "uint8"),
    ],
)
def test_pixels_of_a_picture_stay_equal(ending, shape, dtype, tmp_path):
    pixels = speckle(shape, dtype)
    path = tmp_path / f"skin.{ending}"
    Image.fromarray(pixels).save(path, **({"lossless": True} if ending == "webp" else {}))

    dataset = only(make(path))

    np.testing.assert_array_equal(dataset.pixel_array, pixels)
    assert dataset.SOPClassUID.name == "Secondary Capture Image Storage"


def test_an_animated_gif_keeps_the_colours_of_every_picture(tmp_path):
    """Each picture of a GIF may bring a palette of its own; the first here is grey."""
    few = np.random.default_rng(3).integers(0, 5, (3, 31, 47)) * 60
    colours = [
        np.stack([few[0], few[0], few[0]], axis=-1),
        np.stack([few[1], few[0], few[2]], axis=-1),
        np.stack([few[2], few[2], few[0]], axis=-1),
    ]
    frames = [Image.fromarray(each.astype(np.uint8)) for each in colours]
    path = tmp_path / "beat.gif"
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=40, loop=0)

    dataset = only(make(path))

    assert (dataset.NumberOfFrames, float(dataset.FrameTime)) == (3, 40)
    with Image.open(path) as image:
        for number, frame in enumerate(dataset.pixel_array):
            image.seek(number)
            np.testing.assert_array_equal(frame, np.asarray(image.convert("RGB")))
            assert np.abs(frame.astype(int) - colours[number]).max() <= 8


def test_a_jpeg_has_the_pixels_of_the_reference_decoder_and_says_it_was_lossy(tmp_path):
    path = tmp_path / "skin.jpg"
    Image.fromarray(speckle(COLOUR, np.uint8)).save(path, quality=70)

    dataset = only(make(path))

    np.testing.assert_array_equal(dataset.pixel_array, np.asarray(Image.open(path)))
    assert (dataset.LossyImageCompression, dataset.LossyImageCompressionMethod) == (
        "01",
        "ISO_10918_1",
    )


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_phone_held_any_way_gives_an_upright_picture(orientation, tmp_path):
    upright = np.zeros((24, 40, 3), np.uint8)
    upright[:8, :8] = (250, 0, 0)  # top left, when looked at as it was meant
    upright[-8:, :8] = (0, 250, 0)
    turns = [
        lambda a: a, lambda a: a[:, ::-1], lambda a: a[::-1, ::-1], lambda a: a[::-1],
        lambda a: a.transpose(1, 0, 2), np.rot90, lambda a: a[::-1, ::-1].transpose(1, 0, 2),
        lambda a: np.rot90(a, -1),
    ]  # fmt: skip
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "phone.png"
    Image.fromarray(np.ascontiguousarray(turns[orientation - 1](upright))).save(path, exif=exif)

    made = make(path)

    np.testing.assert_array_equal(only(made).pixel_array, upright)
    assert ("held sideways" in made.remarks) == (orientation > 1)


def test_a_grey_picture_saved_as_colour_is_kept_as_grey(tmp_path):
    grey = speckle(GREY, np.uint8)
    path = tmp_path / "us.png"
    Image.fromarray(np.repeat(grey[..., None], 3, axis=2)).save(path)

    made = make(path)

    np.testing.assert_array_equal(only(made).pixel_array, grey)
    assert "kept as grey" in made.remarks


def test_a_palette_gives_its_colours(tmp_path):
    image = Image.fromarray(speckle(GREY, np.uint8) % 3, mode="P")
    image.putpalette([0, 0, 0, 200, 10, 10, 10, 200, 10])
    path = tmp_path / "map.png"
    image.save(path)

    np.testing.assert_array_equal(
        only(make(path)).pixel_array, np.asarray(Image.open(path).convert("RGB"))
    )


def test_a_palette_of_labels_is_known_by_its_name(tmp_path):
    image = Image.fromarray(speckle(GREY, np.uint8) % 3, mode="P")
    image.putpalette([0, 0, 0, 200, 10, 10, 10, 200, 10])
    image.save(tmp_path / "case.png")

    with pytest.raises(Kept):
        make(tmp_path / "case.png", name="masks/case.png")


def test_transparency_and_deep_colours_are_told(tmp_path):
    Image.fromarray(speckle((31, 47, 4), np.uint8)).save(tmp_path / "clear.png")
    tifffile.imwrite(tmp_path / "deep.tif", speckle(COLOUR, np.uint16), photometric="rgb")

    assert "transparency was left out" in make(tmp_path / "clear.png").remarks
    deep = make(tmp_path / "deep.tif")
    assert "shortened to 8" in deep.remarks
    np.testing.assert_array_equal(
        only(deep).pixel_array, tifffile.imread(tmp_path / "deep.tif") >> 8
    )


@pytest.mark.parametrize("compression", [None, "deflate", "lzw", "packbits", "zstd"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_pages_of_a_tiff_become_frames(compression, order, tmp_path):
    pages = speckle((5, *GREY), np.uint16)
    path = tmp_path / "stack.tif"
    tifffile.imwrite(
        path, pages, compression=compression, byteorder=order, photometric="minisblack"
    )

    dataset = only(make(path))

    np.testing.assert_array_equal(dataset.pixel_array, pages)
    assert dataset.SOPClassUID.name.startswith("Multi-frame Grayscale Word Secondary")


@pytest.mark.parametrize("dtype", ["int16", "int32", "float32", "float64"])
def test_pages_with_signs_or_fractions_keep_them(dtype, tmp_path):
    pages = speckle((3, *GREY), dtype)
    tifffile.imwrite(tmp_path / "dose.tif", pages, photometric="minisblack")

    made = make(tmp_path / "dose.tif")

    found = [each.pixel_array for each in made.datasets]
    stacked = np.concatenate([array.reshape(-1, *GREY) for array in found])
    values = stacked * float(made.datasets[0].get("RescaleSlope", 1))
    np.testing.assert_array_equal(values, pages)


def test_pages_of_several_sizes_are_all_there(tmp_path):
    with tifffile.TiffWriter(tmp_path / "mixed.tif") as writer:
        for rows in (20, 20, 33):
            writer.write(speckle((rows, 47), np.uint8), photometric="minisblack")

    made = make(tmp_path / "mixed.tif")

    assert sorted((each.Rows, each.get("NumberOfFrames", 1)) for each in made.datasets) == [
        (20, 2),
        (33, 1),
    ]
    assert len({each.SOPInstanceUID for each in made.datasets}) == 2
    assert len({each.StudyInstanceUID for each in made.datasets}) == 1
    assert "differ in size" in made.remarks


def test_black_on_white_is_kept_and_called_so(tmp_path):
    pixels = speckle(GREY, np.uint8)
    tifffile.imwrite(tmp_path / "film.tif", pixels, photometric="miniswhite")

    dataset = only(make(tmp_path / "film.tif"))

    assert dataset.PhotometricInterpretation == "MONOCHROME1"
    np.testing.assert_array_equal(dataset.pixel_array, pixels)


def test_pixel_spacing_from_a_side_file_is_written(tmp_path):
    Image.fromarray(speckle(GREY, np.uint8)).save(tmp_path / "x.png")

    dataset = only(make(tmp_path / "x.png", facts=Facts(pixel_spacing_mm=(0.2, 0.3))))

    assert [float(mm) for mm in dataset.PixelSpacing] == [0.2, 0.3]


def film(path, codec, frames, pixel_format, rate=25):
    av = pytest.importorskip("av")
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate)
        stream.width, stream.height, stream.pix_fmt = frames.shape[2], frames.shape[1], pixel_format
        for pixels in frames:
            for packet in stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return path


def moving():
    frames = np.zeros((8, 48, 64, 3), np.uint8)
    for t in range(8):
        frames[t, 8:24, 6 * t : 6 * t + 12] = (200, 60 + 20 * t, 40)
    return frames


def test_a_video_gives_every_frame_in_order(tmp_path):
    path = film(tmp_path / "clip.mp4", "mpeg4", moving(), "yuv420p")

    made = make(path)

    dataset = only(made)
    assert dataset.pixel_array.shape == (8, 48, 64, 3)
    assert float(dataset.FrameTime) == 40.0
    difference = np.abs(dataset.pixel_array.astype(int) - moving()).mean(axis=(1, 2, 3))
    assert difference.max() < 12
    assert dataset.SOPClassUID.name.startswith("Multi-frame True Color Secondary")


def test_an_avi_of_jpegs_needs_no_decoder_of_films(tmp_path, monkeypatch):
    path = film(tmp_path / "clip.avi", "mjpeg", moving(), "yuvj420p")
    whole = only(make(path)).pixel_array
    monkeypatch.setitem(__import__("sys").modules, "av", None)

    made = make(path)

    assert only(made).pixel_array.shape == whole.shape
    assert np.abs(only(made).pixel_array.astype(int) - whole).mean() < 2
    assert float(only(made).FrameTime) == 40.0


@pytest.mark.parametrize("pixel_format", ["yuvj420p", "gray"])
def test_a_long_film_is_packed_without_loss(pixel_format, tmp_path, monkeypatch):
    path = film(tmp_path / "clip.avi", "mjpeg", moving(), "yuvj420p")
    if pixel_format == "gray":
        path = film(tmp_path / "grey.avi", "ffv1", moving(), "gray")
    plain = only(make(path)).pixel_array
    monkeypatch.setattr(video, "LARGEST_PLAIN", 1000)

    dataset = only(make(path))

    assert dataset.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.4.201"
    np.testing.assert_array_equal(dataset.pixel_array, plain)


def test_a_film_that_nothing_here_decodes_is_refused_in_a_sentence(tmp_path, monkeypatch):
    path = film(tmp_path / "clip.mp4", "mpeg4", moving(), "yuv420p")
    monkeypatch.setitem(__import__("sys").modules, "av", None)

    with pytest.raises(Rejected, match="no decoder for this video"):
        make(path)


def test_a_film_too_long_is_refused_before_it_fills_the_disk(tmp_path, monkeypatch):
    path = film(tmp_path / "clip.mp4", "mpeg4", moving(), "yuv420p")
    monkeypatch.setattr(video, "MOST_NATIVE_BYTES", 48 * 64 * 3 * 5)

    with pytest.raises(Rejected, match="more than 5 pictures"):
        make(path)


def test_an_animated_picture_becomes_frames(tmp_path):
    frames = [Image.fromarray(each) for each in moving()[:4]]
    frames[0].save(
        tmp_path / "beat.webp", save_all=True, append_images=frames[1:], duration=50, lossless=True
    )

    dataset = only(make(tmp_path / "beat.webp"))

    np.testing.assert_array_equal(dataset.pixel_array, moving()[:4])
    assert float(dataset.FrameTime) == 50.0
