"""A DICOMDIR is an index: what it names and is not here is said, and nobody is refused for it."""

import shutil
import zipfile

import pytest
from pydicom.fileset import FileSet

from backend.imaging.models import IngestItem
from fixtures.phantoms import phantom

pytestmark = pytest.mark.django_db


@pytest.fixture
def disc(tmp_path):
    """Write a disc of twelve slices with its index."""
    written = phantom("axial", tmp_path / "slices")
    files = FileSet()
    for path in written.paths:
        files.add(path)
    files.write(tmp_path / "disc")
    return tmp_path / "disc"


def index_of(run):
    return IngestItem.objects.get(run=run, name__endswith="DICOMDIR")


def test_a_disc_that_is_complete(disc, take_in):
    run = take_in(disc)

    item = index_of(run)
    assert (item.outcome, item.code) == ("kept", "imaging.dicomdir_complete")
    assert item.reason == (
        "This is a DICOMDIR, an index of other files: all of the 12 files it names are here."
    )
    assert item.sha256 == ""  # it names patients, and has done its work
    assert run.counts["stored"] == 12
    assert run.counts["rejected"] == 0


def test_what_is_missing_is_named(disc, take_in):
    first, second, *_ = sorted(path for path in disc.rglob("IM*"))
    first.unlink()
    second.unlink()

    item = index_of(take_in(disc))

    assert item.code == "imaging.dicomdir_missing"
    assert "of the 12 files it names, 2 are not here (" in item.reason
    assert first.relative_to(disc).as_posix() in item.reason


def test_what_came_another_time_is_not_missing(disc, take_in, tmp_path):
    first = min(disc.rglob("IM*"))
    shutil.move(first, tmp_path / "apart")
    take_in(tmp_path / "apart")

    assert index_of(take_in(disc)).code == "imaging.dicomdir_complete"


def test_a_disc_in_an_archive(disc, take_in, tmp_path):
    path = tmp_path / "disc.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(disc.rglob("*")):
            if file.is_file():
                archive.write(file, f"EXPORT/{file.relative_to(disc).as_posix().lower()}")

    run = take_in(path)

    item = IngestItem.objects.get(run=run, name__endswith="dicomdir")
    assert item.code == "imaging.dicomdir_complete"


def test_an_index_that_is_damaged_does_no_harm(disc, take_in):
    index = disc / "DICOMDIR"
    index.write_bytes(index.read_bytes()[:900])

    run = take_in(disc)

    assert index_of(run).outcome in {"kept", "rejected"}
    assert run.counts["stored"] == 12
