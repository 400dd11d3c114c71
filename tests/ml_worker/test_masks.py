"""limn-rle-1: the golden file worked by hand, and any mask there and back."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from ml_worker.contract.masks import (
    MaskInvalid,
    decode_mask,
    encode_mask,
    mask_sha256,
    pack_masks,
    parse_mask,
    unpack_masks,
)

GOLDEN = json.loads((Path(__file__).parents[2] / "fixtures" / "masks" / "rle.json").read_text())


def pixels(case: dict[str, Any]) -> np.ndarray:
    values, counts = zip(*case["pixels"], strict=True)
    return np.repeat(values, counts).reshape(case["rows"], case["columns"])


@pytest.mark.parametrize("case", GOLDEN["masks"], ids=lambda case: case["name"])
def test_the_bytes_are_those_worked_by_hand(case):
    assert encode_mask(pixels(case)).hex() == case["hex"]
    decoded = decode_mask(bytes.fromhex(case["hex"]))
    assert decoded.dtype == np.uint16
    np.testing.assert_array_equal(decoded, pixels(case))


@pytest.mark.parametrize("case", GOLDEN["refused"], ids=lambda case: case["name"])
def test_what_is_not_canonical_is_refused(case):
    with pytest.raises(MaskInvalid, match=case["why"]):
        decode_mask(bytes.fromhex(case["hex"]))


masks = array_shapes(min_dims=2, max_dims=2, max_side=40).flatmap(
    lambda shape: arrays(np.uint16, shape, elements=st.sampled_from([0, 0, 0, 1, 2, 300, 65535]))
)


@given(masks)
@settings(max_examples=80, deadline=None)
def test_any_mask_comes_back_unchanged(mask):
    data = encode_mask(mask)
    np.testing.assert_array_equal(decode_mask(data, shape=mask.shape), mask)
    counts = {int(v): int(n) for v, n in zip(*np.unique(mask, return_counts=True), strict=True)}
    counts.pop(0, None)
    assert parse_mask(data).count_pixels() == counts


@given(st.binary(max_size=40))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_either_refused_or_canonical(data):
    small = b"\x04\x00\x05\x00" + data
    try:
        mask = decode_mask(small)
    except MaskInvalid:
        return
    assert encode_mask(mask) == small


def test_a_tiny_blob_that_claims_a_huge_mask_is_refused_before_it_is_painted():
    whole = bytes.fromhex("ffffffff00") + bytes([0x81, 0x80, 0xF8, 0xFF, 0x0F])
    with pytest.raises(MaskInvalid, match="65535 x 65535"):
        decode_mask(whole, shape=(512, 512))


def test_ids_and_shapes_out_of_range_are_refused():
    for bad in (np.full((2, 2), 70000), np.full((2, 2), -1), np.zeros((0, 3)), np.zeros(4)):
        with pytest.raises(MaskInvalid):
            encode_mask(bad)


def test_a_pack_keeps_every_frame_and_does_not_depend_on_the_order_of_writing():
    one, two = encode_mask(np.eye(3, dtype=int)), encode_mask(np.full((2, 5), 9))
    frames = {(0, "12.1"): one, (4, "12.1"): two, (0, "9.30"): two}
    pack = pack_masks(frames)
    assert unpack_masks(pack) == frames
    assert pack == pack_masks(dict(reversed(frames.items())))
    assert unpack_masks(pack_masks({})) == {}


@pytest.mark.parametrize(
    "pack",
    [
        b"",
        b"no newline",
        b"{}\n",
        b"[1]\n",
        b'{"frames":[{"layer":0,"frame":"1.1","offset":0,"length":9}]}\nshort',
        b'{"frames":[{"layer":0,"frame":"1.1","offset":-1,"length":1}]}\nshort',
        (
            b'{"frames":[{"layer":0,"frame":"1.1","offset":0,"length":1},'
            b'{"layer":0,"frame":"1.1","offset":1,"length":1}]}\nshort'
        ),
    ],
)
def test_a_broken_pack_is_refused(pack):
    with pytest.raises(MaskInvalid):
        unpack_masks(pack)


def test_the_name_of_a_mask_is_the_hash_of_its_bytes():
    first = GOLDEN["masks"][0]
    data = bytes.fromhex(first["hex"])
    assert mask_sha256(data) == hashlib.sha256(data).hexdigest()
