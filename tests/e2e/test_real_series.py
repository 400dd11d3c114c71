"""Ingest, annotate and export on real CT and MR series, down to the voxels."""

import json

import numpy as np
import pydicom
import pytest

from tests.e2e import exported
from tests.e2e.outside import export, frame_facts
from tests.e2e.station import Station
from tests.e2e.world import make_project, open_task_ids

pytestmark = [pytest.mark.e2e, pytest.mark.realdata, pytest.mark.timeout(600)]
FOLDERS = ("ct_philips_lidc0314", "mr_toshiba_titan_adc")
ANNOTATOR = "annotator@limn.example"


def test_what_is_drawn_on_real_series_comes_out_at_the_same_voxels(person, limn, real_data):
    admin = limn.client("admin@limn.example")
    uids = [_ingest(limn, real_data / "dicom" / folder) for folder in FOLDERS]
    project = make_project(admin, "Real series", uids, ANNOTATOR)
    annotator = person("annotator")
    drawn = [_draw(annotator, limn, task) for task in open_task_ids(admin, project)]

    body = {"name": "Real", "split": {"train": 100, "validation": 0, "test": 0, "seed": 1}}
    release = admin.post(f"/api/v1/projects/{project}/releases", json=body).raise_for_status()
    segs = exported.files(export(admin, release.json()["id"], "dicom-seg"), ".dcm")
    niftis = exported.files(export(admin, release.json()["id"], "nifti"), "-labels.nii.gz")

    assert len(segs) == len(niftis) == len(drawn) == len(FOLDERS)
    for facts, labels in drawn:
        name, seg = next(
            (n, f) for n, f in segs.items() if exported.seg_series_uid(f) == facts.series_uid
        )
        found = exported.seg_labels_at(seg, facts.sop_uid, facts.shape)
        assert np.array_equal(found > 0, labels > 0)
        stem = name.rsplit("/", 1)[-1].split(".")[0]
        nifti = next(f for n, f in niftis.items() if stem in n)
        assert exported.nifti_voxels(nifti) == (labels > 0).sum()
        j, i = np.argwhere(labels == 1)[3]
        assert exported.nifti_label_at(nifti, facts.voxel_mm_lps(i, j)) == 1
    assert annotator.faults == []


def _ingest(limn, folder) -> str:
    outcome = json.loads(limn.manage("ingest", str(folder), "--json"))
    assert outcome["counts"].get("stored", 0) + outcome["counts"].get("duplicate", 0) > 10
    first = next(p for p in sorted(folder.rglob("*")) if p.is_file() and p.suffix != ".gz")
    return str(pydicom.dcmread(first, stop_before_pixels=True).StudyInstanceUID)


def _draw(annotator, limn, task_id):
    """Draw an asymmetric hook on the shown slice; return where it lies and what it is."""
    page = annotator.page
    station = Station(page).open(task_id)
    frame = station.wait_frame()
    facts = frame_facts(limn.client(annotator.email), task_id, frame)
    rows, columns = facts.shape
    station.tool("Brush")
    page.keyboard.press("1")
    i, j = round(columns * 0.4), round(rows * 0.35)
    station.stroke((i, j), (i + columns // 6, j), (i + columns // 6, j + rows // 4))
    station.wait_saved()
    labels = station.labels(frame, facts.shape)
    assert labels[j, i] == labels[j + rows // 4, i + columns // 6] == 1
    assert labels[j + rows // 4, i] == 0
    station.submit_and_wait_for_next()
    return facts, labels
