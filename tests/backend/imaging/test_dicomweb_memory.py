"""A large series is made into another syntax and goes out over WADO-RS in constant memory."""

from pathlib import Path

import pytest
from django.test import Client

from backend.imaging.models import Series
from tests.backend.imaging.tokens import bearer_of
from tests.bench.sending import series_files

pytestmark = pytest.mark.django_db
SLICES, SIDE = 48, 1024
MOST_GROWTH_MIB = 32
ACCEPTED = 'multipart/related; type="application/dicom"; transfer-syntax=1.2.840.10008.1.2.4.80'


def peak_mib():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def forget_peak():
    """Have the system count the largest size of this process from now on."""
    Path("/proc/self/clear_refs").write_text("5")


def test_a_large_series_is_made_anew_in_constant_memory(ada, take_in, tmp_path):
    paths = series_files(tmp_path, "large", SLICES, SIDE)
    size = sum(path.stat().st_size for path in paths)
    take_in(paths[0].parent)
    series = Series.objects.select_related("study").get()
    web = Client(headers={"Authorization": f"Bearer {bearer_of(ada)}"})
    sent = 0

    forget_peak()
    before = peak_mib()
    answer = web.get(
        f"/dicomweb/studies/{series.study.uid}/series/{series.uid}",
        headers={"Accept": ACCEPTED},
    )
    for chunk in answer.streaming_content:
        sent += len(chunk)
    growth = peak_mib() - before

    assert answer.status_code == 200
    assert size > 90 << 20
    assert sent > size // 4
    assert growth < MOST_GROWTH_MIB
