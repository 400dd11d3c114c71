"""Taking files in: what becomes of each, and that nothing stored is harmed."""

import pytest

from backend.imaging.models import Instance, Study

pytestmark = pytest.mark.django_db


def test_a_file_is_kept_bit_for_bit(make_phantom, take_in, own_store):
    written = make_phantom("oblique")

    take_in(written.paths[0].parent)

    assert Instance.objects.count() == 12
    for path, uid in zip(written.paths, written.sop_uids, strict=True):
        sha256 = Instance.objects.get(sop_uid=uid).blob_sha256
        assert (own_store / sha256[:2] / sha256[2:4] / sha256).read_bytes() == path.read_bytes()


def test_the_same_file_again_is_a_duplicate(make_phantom, take_in):
    folder = make_phantom("axial").paths[0].parent
    take_in(folder)

    again = take_in(folder)

    assert again.counts == {"stored": 0, "duplicate": 12, "quarantined": 0, "rejected": 0}
    assert Study.objects.get().instance_count == 12
