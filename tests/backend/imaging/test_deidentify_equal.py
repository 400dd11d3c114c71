"""What is taken from the files before is, to the byte, what the engine makes of the whole file."""

import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from io import BytesIO
from itertools import groupby
from pathlib import Path

import pydicom
import pytest
from pydicom import dcmread, dcmwrite

from backend.imaging.domain.deidentify.equal import EqualElements
from backend.imaging.domain.deidentify.files import deidentified
from backend.imaging.domain.deidentify.policy import BASIC, RESEARCH, PixelRules, Policy
from backend.imaging.domain.deidentify.pseudonyms import Secret
from backend.imaging.domain.deidentify.standard import Option

SHIPPED = sorted((Path(pydicom.__file__).parent / "data").rglob("*.dcm"))
SECRET = Secret(b"a key for the tests, thirty-two bytes")
UNSEEN = PixelRules(check="none")
KEEPING = Policy(
    "keeping",
    "Everything that may be kept",
    options=frozenset(option for option in Option if option is not Option.MODIFIED_DATES),
)
POLICIES = [replace(policy, pixels=UNSEEN) for policy in (BASIC, RESEARCH, KEEPING)]


def both(equal, content, policy):
    """Return what became of a file by its equals and by the engine; None where only it can tell."""
    outcome = equal.cleared(content)
    if outcome is None:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = deidentified(content, policy, SECRET)
        expected = (result.to_bytes(), result.report.document())
    return (b"".join(outcome.chunks), outcome.report.document()), expected


def assert_equal(contents, policy):
    """Compare both ways for files of one delivery; return how many were taken by their equals."""
    equal = EqualElements(policy, SECRET)
    found = [both(equal, content, policy) for content in contents]
    taken = [pair for pair in found if pair is not None]
    for given, expected in taken:
        assert given == expected
    return len(taken)


def changed(content, **values):
    """Return a file with other values."""
    dataset = dcmread(BytesIO(content))
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    target = BytesIO()
    dcmwrite(target, dataset)
    return target.getvalue()


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
def test_files_of_every_kind_come_out_as_by_the_engine(policy):
    contents = [path.read_bytes() for path in SHIPPED]

    assert assert_equal(contents, policy) > 0.5 * len(contents)


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
def test_real_files_come_out_as_by_the_engine(real_data, policy):
    folders = groupby(sorted((real_data / "dicom").rglob("*.dcm")), key=lambda path: path.parent)
    contents = [path.read_bytes() for _, paths in folders for path in list(paths)[:2]]

    assert assert_equal(contents, policy) > 0.8 * len(contents)


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
def test_series_of_two_people_do_not_mix(make_phantom, policy):
    """The second one's name stands as a word in elements that are equal in both series."""
    series = [path.read_bytes() for path in make_phantom("axial").paths[:6]]
    ours = [changed(each, StationName="QUANDT ROOM", PatientName="Miller^Ann") for each in series]
    theirs = [
        changed(each, StationName="QUANDT ROOM", PatientName="Quandt^Ada", PatientID="Q-1")
        for each in series
    ]
    mixed = [each for pair in zip(ours, theirs, strict=True) for each in pair]

    assert assert_equal(mixed, policy) == len(mixed)
    equal = EqualElements(policy, SECRET)
    for each in mixed:
        outcome = equal.cleared(each)
        assert outcome is not None
        is_hers = b"Quandt" in each
        assert not (is_hers and b"quandt" in b"".join(outcome.chunks).lower())


def test_what_is_out_of_the_ordinary_is_left_to_the_engine(make_phantom):
    equal = EqualElements(POLICIES[0], SECRET)
    content = make_phantom("axial").paths[0].read_bytes()
    name = content.index(b"\x10\x00\x10\x00PN")
    length = 8 + int.from_bytes(content[name + 6 : name + 8], "little")
    twice = content[: name + length] + content[name : name + length] + content[name + length :]
    place = content.index(b"\x08\x00\x18\x00UI")
    length = 8 + int.from_bytes(content[place + 6 : place + 8], "little")

    assert equal.cleared(content) is not None
    assert equal.cleared(twice) is None
    assert equal.cleared(content + b"\xfc\xff\xfc\xffOB\0\0\2\0\0\0MR") is None
    assert equal.cleared(content[:-1]) is None
    assert equal.cleared(content[:place] + content[place + length :]) is None
    assert equal.cleared(b"\0" * 132) is None


def test_what_may_carry_text_is_looked_at_whole(make_phantom):
    content = make_phantom("axial").paths[0].read_bytes()
    equal = EqualElements(BASIC, SECRET)

    assert equal.cleared(content) is not None
    assert equal.cleared(changed(content, Modality="US")) is None
    assert equal.cleared(changed(content, BurnedInAnnotation="YES")) is None
    assert equal.cleared(content) is not None
    assert (
        EqualElements(replace(BASIC, pixels=PixelRules(check="all")), SECRET).cleared(content)
        is None
    )


def test_files_of_several_threads_come_out_as_by_the_engine(make_phantom, monkeypatch):
    monkeypatch.setattr("backend.imaging.domain.deidentify.equal._MOST_BYTES", 60_000)
    contents = [path.read_bytes() for path in make_phantom("axial").paths[:8]]
    contents += [changed(each, PatientName="Okafor^Ngozi", PatientID="O-2") for each in contents]
    equal, policy = EqualElements(BASIC, SECRET), BASIC
    expected = [deidentified(content, policy, SECRET).to_bytes() for content in contents]

    def clear(content):
        outcome = equal.cleared(content)
        return b"".join(outcome.chunks)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(clear, contents * 3)) == expected * 3
