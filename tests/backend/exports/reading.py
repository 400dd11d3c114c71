"""Make an export and look into it; what is read here knows nothing of how it was written."""

import io
import json
import zipfile

import nibabel as nib
import numpy as np
from pydicom import dcmread

from backend.core.actor import Actor
from backend.core.models import Job
from backend.core.services import job_run
from backend.exports.models import Export
from backend.exports.services.write import export_write
from backend.releases.services import release_create
from tests.factories import api_of


class Exporter:
    """Alice, who releases and exports."""

    def __init__(self, project, user):
        self.project = project
        self.actor = Actor(user_id=user.pk, is_admin=user.is_admin)
        self.api = api_of(user)

    def run(self, format_name):
        """Release all finished work, export it, and return the row and its job."""
        release = release_create(actor=self.actor, project_id=self.project.pk)
        address = f"/api/v1/releases/{release.pk}/exports"
        started = self.api.post(address, {"format": format_name})
        assert started.status_code == 202, started.content
        job_run(job_id=started.json()["job"]["id"], handler=export_write)
        export = Export.objects.get(pk=started.json()["export"]["id"])
        return export, Job.objects.get(pk=export.job_id)

    def opened(self, format_name):
        """Return the downloaded archive and the proof."""
        export, job = self.run(format_name)
        assert job.state == "succeeded", job.error_detail
        said = self.api.get(f"/api/v1/exports/{export.pk}").json()
        download = self.api.get(said["download_url"])
        assert download.status_code == 200
        return zipfile.ZipFile(io.BytesIO(download.getvalue())), said["proof"]


def names(archive, suffix):
    return sorted(name for name in archive.namelist() if name.endswith(suffix))


def seg_labels(archive, name, sop_uids, frame_numbers, shape_kji):
    """Return {schema segment id: mask [k, j, i]} and the dataset, by pydicom alone."""
    dataset = dcmread(io.BytesIO(archive.read(name)))
    files = {file["name"]: file for file in json.loads(archive.read("export.json"))["files"]}
    ids = files[name]["segment_ids"]
    planes = np.atleast_3d(dataset.pixel_array)
    if dataset.pixel_array.ndim == 2:
        planes = dataset.pixel_array[None]
    place = {pair: k for k, pair in enumerate(zip(sop_uids, frame_numbers, strict=True))}
    masks = {
        ids[str(item.SegmentNumber)]: np.zeros(shape_kji, bool) for item in dataset.SegmentSequence
    }
    for plane, groups in zip(planes, dataset.PerFrameFunctionalGroupsSequence, strict=True):
        own = "DerivationImageSequence" in groups
        derived = groups if own else dataset.SharedFunctionalGroupsSequence[0]
        source = derived.DerivationImageSequence[0].SourceImageSequence[0]
        k = place[source.ReferencedSOPInstanceUID, int(source.get("ReferencedFrameNumber", 1))]
        shared = dataset.SharedFunctionalGroupsSequence[0]
        place_of = groups if "SegmentIdentificationSequence" in groups else shared
        number = place_of.SegmentIdentificationSequence[0].ReferencedSegmentNumber
        masks[ids[str(number)]][k] |= plane > 0
    return masks, dataset


def nifti(archive, name):
    """Return voxels [i, j, k] and the affine in RAS."""
    image = nib.Nifti1Image.from_bytes(_gunzip(archive.read(name)))
    return np.asanyarray(image.dataobj), image.affine


def _gunzip(data):
    import gzip  # noqa: PLC0415

    return gzip.decompress(data)
