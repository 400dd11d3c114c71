"""Archives of every kind give their files, and none harms: no bombs, no paths, no links."""

import gzip
import io
import tarfile

import py7zr
import pytest

from backend.imaging.domain import archives
from backend.imaging.domain.archives import Bounds, archive_format, members
from backend.imaging.domain.rejections import Rejected

BOUNDS = Bounds(largest_member=1 << 20, total=4 << 20, most_members=50)
FILES = {"a/one.dcm": b"1" * 700, "b.nii": b"2" * 40_000, "empty": b""}


def tar_of(path, files=FILES, mode="w"):
    with tarfile.open(path, mode) as archive:
        archive.add(path.parent, "folder", recursive=False)
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def seven_zip_of(path, files=FILES, **options):
    with py7zr.SevenZipFile(path, "w", **options) as archive:
        for name, data in files.items():
            archive.writestr(data, name)
    return path


def format_of(path):
    return archive_format(path, path.read_bytes()[:512])


def read(path, tmp_path, bounds=BOUNDS):
    """Return names and contents; a member that is refused gives its code."""
    found = {}
    for member in members(path, format_of(path), bounds, tmp_path / "scratch"):
        target = io.BytesIO()
        try:
            member.copy(target.write)
            found[member.name] = target.getvalue()
        except Rejected as refusal:
            found[member.name] = refusal.code
    assert list((tmp_path / "scratch").glob("*")) == []
    return found


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_a_tar_gives_its_files(mode, tmp_path):
    assert read(tar_of(tmp_path / "x", mode=mode), tmp_path) == FILES


def test_a_7z_gives_its_files(tmp_path):
    assert read(seven_zip_of(tmp_path / "x.7z"), tmp_path) == FILES


def test_a_packed_volume_is_no_archive(tmp_path):
    (tmp_path / "scan.nii.gz").write_bytes(gzip.compress(b"\x5c\x01\0\0" + bytes(600)))

    assert format_of(tmp_path / "scan.nii.gz") is None


def test_links_and_devices_are_not_followed_and_names_stay_names(tmp_path):
    path = tmp_path / "x.tar"
    with tarfile.open(path, "w") as archive:
        for name, kind in [
            ("link", tarfile.SYMTYPE),
            ("hard", tarfile.LNKTYPE),
            ("pipe", tarfile.FIFOTYPE),
        ]:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
        info = tarfile.TarInfo("../../outside")
        info.size = 3
        archive.addfile(info, io.BytesIO(b"abc"))

    found = read(path, tmp_path)

    assert {found[name] for name in ("link", "hard", "pipe")} == {"imaging.not_a_file"}
    assert found["../../outside"] == b"abc"
    assert not (tmp_path.parent.parent / "outside").exists()


@pytest.mark.parametrize("make", [tar_of, seven_zip_of])
def test_an_archive_that_unpacks_to_too_much_is_refused(make, tmp_path):
    path = make(tmp_path / "x", {f"{n}": bytes(900_000) for n in range(6)})

    with pytest.raises(Rejected) as refusal:
        read(path, tmp_path)
    assert refusal.value.code == "imaging.zip_bomb"


@pytest.mark.parametrize("make", [tar_of, seven_zip_of])
def test_an_archive_of_too_many_files_is_refused(make, tmp_path):
    path = make(tmp_path / "x", {f"{n}": b"x" for n in range(60)})

    with pytest.raises(Rejected, match="more than 50 files"):
        read(path, tmp_path)


@pytest.mark.parametrize("make", [tar_of, seven_zip_of])
def test_one_file_too_large_does_not_stop_the_others(make, tmp_path):
    found = read(make(tmp_path / "x", {"big": bytes(2 << 20), "small": b"s"}), tmp_path)

    assert found == {"big": "imaging.too_large", "small": b"s"}


@pytest.mark.parametrize("mode", ["w", "w:gz"])
@pytest.mark.parametrize("share", [0.2, 0.6, 0.9])
def test_a_tar_that_breaks_off_gives_what_came_and_says_so(mode, share, tmp_path):
    whole = tar_of(tmp_path / "whole", {f"{n}": bytes([n]) * 9000 for n in range(8)}, mode)
    path = tmp_path / "cut"
    path.write_bytes(whole.read_bytes()[: int(whole.stat().st_size * share)])
    if format_of(path) is None:
        return

    try:
        found = read(path, tmp_path)
    except Rejected as refusal:
        assert refusal.code == "imaging.zip_broken"  # noqa: PT017
    else:
        assert "imaging.zip_broken" in found.values()


def test_a_7z_that_breaks_off_or_is_damaged_is_refused(tmp_path):
    data = bytearray(seven_zip_of(tmp_path / "x.7z").read_bytes())
    (tmp_path / "cut").write_bytes(data[: len(data) // 2])
    data[40] ^= 0xFF
    (tmp_path / "bent").write_bytes(data)

    for name in ("cut", "bent"):
        with pytest.raises(Rejected, match="damaged"):
            read(tmp_path / name, tmp_path)


def test_a_7z_with_a_password_says_so(tmp_path):
    path = seven_zip_of(tmp_path / "x.7z", password="secret", header_encryption=True)
    open_names = seven_zip_of(tmp_path / "y.7z", password="secret")

    for each in (path, open_names):
        with pytest.raises(Rejected) as refusal:
            read(each, tmp_path)
        assert refusal.value.code == "imaging.zip_encrypted"


def test_a_7z_that_asks_for_boundless_memory_is_refused(tmp_path, monkeypatch):
    path = seven_zip_of(tmp_path / "x.7z")
    monkeypatch.setattr(archives, "LARGEST_DICTIONARY", 1 << 10)

    with pytest.raises(Rejected, match="memory"):
        read(path, tmp_path)


def test_a_7z_that_names_a_path_outside_is_refused_or_only_a_name(tmp_path):
    path = seven_zip_of(tmp_path / "x.7z", {"safe": b"abc"})
    with py7zr.SevenZipFile(path, "a") as archive:
        archive.writestr(b"evil", "inner")
        archive.files.files_list[-1]["filename"] = "../../outside"

    try:
        found = read(path, tmp_path)
    except Rejected as refusal:
        assert refusal.code == "imaging.zip_broken"  # noqa: PT017
    else:
        assert found["safe"] == b"abc"
    assert not (tmp_path.parent.parent / "outside").exists()


def test_a_tar_header_that_claims_to_be_boundless_takes_no_memory(tmp_path):
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.XHDTYPE, 1 << 33
    path = tmp_path / "x.tar"
    path.write_bytes(info.tobuf(tarfile.GNU_FORMAT) + bytes(4096))

    with pytest.raises(Rejected):
        read(path, tmp_path)
