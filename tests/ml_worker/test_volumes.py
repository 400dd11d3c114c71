"""Blobs and volumes: what was written comes back, exactly, and damage is noticed."""

import os
import time

import numpy as np
import pytest
from pydicom.data import get_testdata_file

from fixtures.phantoms import PHANTOM_NAMES
from ml_worker.blobs import BlobMissing, FolderBlobs, open_blobs
from ml_worker.contract.messages import BlobRef
from ml_worker.decoding import ImageUnreadable, Instance
from ml_worker.volumes import VolumeCache, load_frame, load_volume
from tests.ml_worker.samples import MemoryBlobs, stored_phantom


def test_a_blob_lies_where_the_backend_looks_for_it(tmp_path):
    ref = FolderBlobs(tmp_path).write(b"limn")
    path = tmp_path / ref.sha256[:2] / ref.sha256[2:4] / ref.sha256
    assert path.read_bytes() == b"limn"
    assert open_blobs(str(tmp_path)).read(ref) == b"limn"
    assert [p.name for p in path.parent.iterdir()] == [ref.sha256]


def test_a_missing_and_a_damaged_blob_are_told(tmp_path):
    blobs = FolderBlobs(tmp_path)
    with pytest.raises(BlobMissing, match="has no"):
        blobs.read(BlobRef(sha256="0" * 64, size=1))
    ref = blobs.write(b"limn")
    (tmp_path / ref.sha256[:2] / ref.sha256[2:4] / ref.sha256).write_bytes(b"lamn")
    with pytest.raises(BlobMissing, match="damaged"):
        blobs.read(ref)


@pytest.mark.parametrize("name", PHANTOM_NAMES)
def test_every_phantom_is_read_in_grid_order_and_rescaled(name, tmp_path):
    blobs = MemoryBlobs()
    made, ref = stored_phantom(name, tmp_path, blobs)
    volume = load_volume(ref, blobs)
    assert volume.image_kji.dtype == np.float32
    np.testing.assert_allclose(volume.image_kji, made.values_kji, atol=1e-3)
    if volume.grid is not None:
        np.testing.assert_allclose(volume.grid.affine_lps, made.affine_lps, atol=1e-6)
    frame, is_inverted = load_frame(ref, volume.keys[3], blobs)
    np.testing.assert_array_equal(frame, volume.image_kji[3])
    assert not is_inverted


def test_a_second_look_comes_from_the_cache_and_the_cache_stays_small(tmp_path):
    blobs = MemoryBlobs()
    _, first = stored_phantom("axial", tmp_path / "a", blobs)
    _, second = stored_phantom("oblique", tmp_path / "b", blobs)
    cache = VolumeCache(tmp_path / "cache", limit_mib=1)
    once = load_volume(first, blobs, cache)
    reads = blobs.reads
    np.testing.assert_array_equal(load_volume(first, blobs, cache).image_kji, once.image_kji)
    assert blobs.reads == reads
    cache.limit = once.image_kji.nbytes + 1000
    load_volume(second, blobs, cache)
    assert len(list(cache.folder.iterdir())) == 1


def test_volumes_unused_since_a_patient_was_erased_are_forgotten(tmp_path):
    blobs = MemoryBlobs()
    cache = VolumeCache(tmp_path / "cache", limit_mib=10)
    _, before = stored_phantom("axial", tmp_path / "a", blobs)
    _, after = stored_phantom("oblique", tmp_path / "b", blobs)
    load_volume(before, blobs, cache)
    (old,) = cache.folder.iterdir()
    os.utime(old, (time.time() - 100, time.time() - 100))
    load_volume(after, blobs, cache)

    cache.forget(None)
    assert len(list(cache.folder.iterdir())) == 2
    cache.forget(50)

    (left,) = cache.folder.iterdir()
    assert left != old


def test_a_broken_cache_file_costs_time_not_truth(tmp_path):
    blobs = MemoryBlobs()
    made, ref = stored_phantom("axial", tmp_path / "a", blobs)
    cache = VolumeCache(tmp_path / "cache", limit_mib=1)
    load_volume(ref, blobs, cache)
    for path in cache.folder.iterdir():
        path.write_bytes(b"\x93NUMPY half a file")
    np.testing.assert_allclose(load_volume(ref, blobs, cache).image_kji, made.values_kji, atol=1e-3)


def test_what_cannot_be_decoded_says_so_in_a_sentence(tmp_path):
    blobs = MemoryBlobs()
    with pytest.raises(ImageUnreadable, match=r"not readable|cannot be decoded"):
        Instance(b"no DICOM at all").frame(1)
    _, ref = stored_phantom("axial", tmp_path, blobs)
    with pytest.raises(ImageUnreadable, match="no frame 2"):
        Instance(blobs.read(ref.frames[0].blob)).frame(2)
    with pytest.raises(ImageUnreadable, match=r"no frame 9\.9"):
        load_frame(ref, "9.9", blobs)
    with pytest.raises(ImageUnreadable, match="Slice 1 is"):
        load_volume(ref.model_copy(update={"rows": ref.rows + 1}), blobs)


@pytest.mark.parametrize(
    ("name", "shape"), [("SC_rgb_small_odd.dcm", (3, 3)), ("examples_ybr_color.dcm", (240, 320))]
)
def test_a_colour_image_is_seen_in_grey(name, shape):
    path = get_testdata_file(name, download=False)
    with open(path, "rb") as file:  # noqa: PTH123 - pydicom gives a plain string
        grey = Instance(file.read()).frame(1)
    assert grey.shape == shape
    assert 0 <= grey.min() < grey.max() <= 255.5
