"""Those whom the tests call or are called by, started once: an Orthanc, and our own DIMSE process."""

import pytest

from tests.backend.imaging.dimse_process import DimseProcess
from tests.backend.imaging.orthanc import orthanc_program, running_orthanc


@pytest.fixture(scope="session")
def orthanc(tmp_path_factory):
    """A remote archive; the test is skipped, visibly, where there is no Orthanc."""
    if orthanc_program() is None:
        pytest.skip("no Orthanc with DICOMweb on this machine")
    with running_orthanc(tmp_path_factory.mktemp("orthanc")) as there:
        yield there


@pytest.fixture(scope="session")
def dimse(tmp_path_factory, django_db_setup, django_db_blocker):
    """The DIMSE process on the tests' database."""
    door = DimseProcess(tmp_path_factory.mktemp("dimse"))
    with django_db_blocker.unblock():
        door.start()
    yield door
    door.stop()
