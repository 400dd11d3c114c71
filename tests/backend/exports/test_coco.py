"""COCO: pictures, run lengths, boxes; read by other eyes."""

import io
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image
from pycocotools import mask as coco_masks

from backend.exports.domain.coco_reading import unpack_flat
from tests.backend.exports.reading import names
from tests.backend.releases.world import Work, finish, key_of, put_phantom


@given(arrays(np.bool_, st.tuples(st.integers(1, 30), st.integers(1, 30)), elements=st.booleans()))
def test_what_the_coco_tools_write_is_read_back_exactly(mask):
    text = coco_masks.encode(np.asfortranarray(mask, np.uint8))["counts"].decode()
    assert (unpack_flat(text, mask.size).reshape(mask.shape, order="F") == mask).all()


@pytest.mark.parametrize("text", ["6", "61X13mN000`", "", "61X13mN000`01"])
def test_run_lengths_that_do_not_cover_the_image_are_refused(text):
    with pytest.raises(ValueError, match="run lengths"):
        unpack_flat(text, 90)


def rle_mask(segmentation):
    """Read compressed run lengths after their description in the COCO tools, on its own."""
    counts, position = [], 0
    text = segmentation["counts"]
    while position < len(text):
        value, bits, more = 0, 0, True
        while more:
            code = ord(text[position]) - 48
            value |= (code & 0x1F) << 5 * bits
            more = bool(code & 0x20)
            position += 1
            bits += 1
            if not more and code & 0x10:
                value |= -1 << 5 * bits
        if len(counts) > 2:
            value += counts[-2]
        counts.append(value)
    flat = np.concatenate([np.full(n, index % 2, bool) for index, n in enumerate(counts)])
    return flat.reshape(segmentation["size"], order="F")


SHAPES = (
    {
        "id": "0198f2d6-0000-7000-8000-000000000001",
        "shape_id": "roi",
        "kind": "rectangle",
        "ij": [[5.5, 7.25], [21.0, 30.5]],
    },
    {
        "id": "0198f2d6-0000-7000-8000-000000000002",
        "shape_id": "rim",
        "kind": "polygon",
        "ij": [[10, 12], [40, 15], [33, 44]],
    },
    {
        "id": "0198f2d6-0000-7000-8000-000000000003",
        "shape_id": "axis",
        "kind": "length",
        "ij": [[1, 2], [9, 30]],
    },
)


def on_frame(made, grid, k):
    """Return the shapes of `SHAPES` on frame k, in patient millimetres."""
    affine = made.affine_lps
    objects = []
    for shape in SHAPES:
        points = [[i, j, made.grid.slots[k], 1] for i, j in shape["ij"]]
        placed = (np.array(points, float) @ affine.T)[:, :3].tolist()
        kept = {name: value for name, value in shape.items() if name != "ij"}
        objects.append(
            {**kept, "frame": key_of(grid, k), "points_mm_lps": placed, "attributes": {}}
        )
    return tuple(objects)


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["oblique", "gapped", "multiframe"])
def test_masks_and_shapes_lie_on_their_pictures(name, phantoms, bob, exporter, tmp_path):
    made, grid = put_phantom(name, tmp_path)
    labels = made.labelmap_kji.astype(np.uint16)
    finish(phantoms, Work(grid, {0: labels}, objects=on_frame(made, grid, 3)), bob)

    archive, proof = exporter.opened("coco")
    [file] = names(archive, "s/train.json") + names(archive, "s/test.json")
    document = json.loads(archive.read(file))
    images = {image["id"]: image for image in document["images"]}
    found = np.zeros_like(labels)
    places = {key_of(grid, k): k for k in range(len(labels))}
    drawn = {}
    for annotation in document["annotations"]:
        k = places[images[annotation["image_id"]]["frame"]]
        if isinstance(annotation["segmentation"], dict):
            mask = rle_mask(annotation["segmentation"])
            found[k][mask] = annotation["category_id"]
            assert annotation["area"] == mask.sum()
        else:
            assert k == 3
            drawn[annotation["category_id"]] = annotation

    assert (found == labels).all()
    assert len(images) == len(labels)
    assert np.allclose(drawn[65536]["bbox"], [6.0, 7.75, 15.5, 23.25], atol=1e-2)
    assert np.allclose(
        drawn[65537]["segmentation"][0], [10.5, 12.5, 40.5, 15.5, 33.5, 44.5], atol=1e-2
    )
    assert proof["remarks"] == [
        "1 shape \u201cAxis\u201d could not be written: COCO knows boxes, polygons and points."
    ]


@pytest.mark.django_db
def test_pictures_are_windowed_as_the_header_says(phantoms, bob, exporter, tmp_path):
    made, grid = put_phantom("axial", tmp_path)
    finish(phantoms, Work(grid, {0: made.labelmap_kji.astype(np.uint16)}), bob)
    archive, _ = exporter.opened("coco")
    pictures = names(archive, ".png")
    assert len(pictures) == 12
    with Image.open(io.BytesIO(archive.read(pictures[4]))) as picture:
        pixels = np.asarray(picture)
    low, high = 60 - 500 / 2, 60 + 500 / 2
    wanted = np.clip((made.values_kji[4] - low) / (high - low), 0, 1) * 255
    assert np.abs(pixels - wanted).max() <= 1.0
    assert pixels.max() > pixels.min()
