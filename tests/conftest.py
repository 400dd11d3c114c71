"""What every test may use."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def real_data_folder() -> Path | None:
    """Return the folder of real images, or None where it is absent."""
    folder = Path(os.environ.get("LIMN_TEST_DATA", ROOT.parent / "shared" / "data")).resolve()
    return folder if (folder / "manifest.csv").is_file() else None


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The real images; the test is skipped, visibly, where they are absent."""
    folder = real_data_folder()
    if folder is None:
        pytest.skip("LIMN_TEST_DATA names no folder with a manifest.csv")
    return folder
