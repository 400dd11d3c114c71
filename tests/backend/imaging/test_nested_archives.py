"""Archives inside of archives, and files packed alone: opened as far as it is safe."""

import gzip
import hashlib
import tarfile
import zipfile
from pathlib import Path

import py7zr
import pytest
from django.conf import settings

from backend.imaging.models import IngestItem
from backend.imaging.services import unpacking

pytestmark = pytest.mark.django_db


def only(run):
    (item,) = IngestItem.objects.filter(run=run)
    return item


def one(make_phantom):
    return make_phantom("axial").paths[0]


def packed(target, **files):
    """Write an archive of the kind that its name says."""
    if target.suffix == ".zip":
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, path in files.items():
                archive.write(path, name)
    elif target.suffix == ".7z":
        with py7zr.SevenZipFile(target, "w") as archive:
            for name, path in files.items():
                archive.write(path, name)
    else:
        with tarfile.open(target, "w:gz") as archive:
            for name, path in files.items():
                archive.add(path, name)
    return target


@pytest.mark.parametrize("inner", ["in.zip", "in.tar.gz", "in.7z"])
@pytest.mark.parametrize("outer", ["out.zip", "out.tgz", "out.7z"])
def test_an_archive_in_an_archive_is_opened(inner, outer, make_phantom, take_in, tmp_path):
    within = packed(tmp_path / inner, **{"x.dcm": one(make_phantom), "odd": Path(__file__)})

    run = take_in(packed(tmp_path / outer, **{inner: within, "beside": Path(__file__)}))

    found = {item.name: item.outcome for item in IngestItem.objects.filter(run=run)}
    assert found == {
        f"{outer}/{inner}/x.dcm": "stored",
        f"{outer}/{inner}/odd": "rejected",
        f"{outer}/beside": "rejected",
    }
    assert list((Path(settings.LIMN_BLOBS) / "incoming").iterdir()) == []


def test_a_third_archive_is_not_opened(make_phantom, take_in, tmp_path):
    third = packed(tmp_path / "third.zip", **{"x.dcm": one(make_phantom)})
    second = packed(tmp_path / "second.zip", **{"third.zip": third})

    item = only(take_in(packed(tmp_path / "first.zip", **{"second.zip": second})))

    assert item.name == "first.zip/second.zip/third.zip"
    assert item.code == "imaging.zip_nested"


def test_what_inner_archives_unpack_to_counts_together(take_in, tmp_path, monkeypatch):
    monkeypatch.setattr(unpacking, "SMALL_TOTAL", 1 << 20)
    monkeypatch.setattr(unpacking, "LARGEST_RATIO", 1)
    zeros = tmp_path / "zeros"
    zeros.write_bytes(bytes(400 << 10))
    inner = packed(tmp_path / "in.zip", zeros=zeros)
    outer = packed(tmp_path / "out.zip", **{f"{n}.zip": inner for n in range(5)})

    run = take_in(outer)

    codes = list(IngestItem.objects.filter(run=run).order_by("name").values_list("code", flat=True))
    assert codes == ["imaging.not_dicom"] * 2 + ["imaging.zip_bomb"] * 3


def test_a_dicom_file_packed_alone_is_unpacked(make_phantom, take_in, tmp_path):
    path = one(make_phantom)
    (tmp_path / "x.dcm.gz").write_bytes(gzip.compress(path.read_bytes()))
    (tmp_path / "cut.dcm.gz").write_bytes(gzip.compress(path.read_bytes())[:-900])

    run = take_in(tmp_path / "x.dcm.gz")
    cut = take_in(tmp_path / "cut.dcm.gz")

    assert only(run).outcome == "stored"
    assert only(run).sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert only(cut).code == "imaging.zip_broken"


def test_documents_that_are_archives_by_their_making_are_one_file(take_in, tmp_path):
    item = only(
        take_in(
            packed(tmp_path / "report.zip", a=Path(__file__), b=Path(__file__)).rename(
                tmp_path / "report.docx"
            )
        )
    )

    assert item.code == "imaging.not_dicom"
