"""What a test learns over the API, beside the browser: where a frame lies, what came out."""

import time
from dataclasses import dataclass

import httpx
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class FrameFacts:
    """One frame, named as DICOM names it."""

    sop_uid: str
    series_uid: str
    position_mm_lps: NDArray[np.float64]
    shape: tuple[int, int]
    row_step_mm: NDArray[np.float64]
    column_step_mm: NDArray[np.float64]

    def voxel_mm_lps(self, i: int, j: int) -> NDArray[np.float64]:
        """Return the centre of a voxel (PS3.3 C.7.6.2.1.1)."""
        return self.position_mm_lps + i * self.column_step_mm + j * self.row_step_mm


def frame_facts(client: httpx.Client, task_id: str, key: str) -> FrameFacts:
    """Return what DICOM says of a task's frame."""
    task = client.get(f"/api/v1/tasks/{task_id}").raise_for_status().json()
    view = client.get(f"/api/v1/grids/{task['grid_id']}/view").raise_for_status().json()
    place = next(f for f in view["frames"] if f["key"] == key)
    position = np.array(place["position_mm_lps"], float)
    study, series = view["study"]["uid"], view["series"]["uid"]
    headers = {"Accept": "application/dicom+json"}
    url = f"/dicomweb/studies/{study}/series/{series}/metadata"
    for header in client.get(url, headers=headers).raise_for_status().json():
        at = np.array(header["00200032"]["Value"], float)
        if np.allclose(at, position, atol=1e-3):
            return _facts(header, series, position)
    raise AssertionError(f"no image of the series lies at {position}")


def _facts(header: dict, series: str, position: NDArray[np.float64]) -> FrameFacts:
    along_row, along_column = np.array(header["00200037"]["Value"], float).reshape(2, 3)
    between_rows, between_columns = header["00280030"]["Value"]
    return FrameFacts(
        sop_uid=header["00080018"]["Value"][0],
        series_uid=series,
        position_mm_lps=position,
        shape=(header["00280010"]["Value"][0], header["00280011"]["Value"][0]),
        row_step_mm=along_column * float(between_rows),
        column_step_mm=along_row * float(between_columns),
    )


def export(client: httpx.Client, release_id: str, form: str, seconds: float = 180) -> bytes:
    """Export a release and return the archive, once its proof holds."""
    made = client.post(f"/api/v1/releases/{release_id}/exports", json={"format": form})
    export_id = made.raise_for_status().json()["export"]["id"]
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        state = client.get(f"/api/v1/exports/{export_id}").raise_for_status().json()
        job = state["job"]
        assert job["state"] not in {"failed", "lost", "cancelled"}, job
        if state["proof"]:
            assert state["proof"]["checked"] == state["proof"]["equal"] > 0
            return client.get(f"/api/v1/exports/{export_id}/download").raise_for_status().content
        time.sleep(0.5)
    raise AssertionError(f"the export was not ready after {seconds} s: {state}")
