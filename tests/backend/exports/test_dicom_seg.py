"""What a DICOM segmentation says beside its voxels."""

import io

import numpy as np
import pytest
from pydicom import dcmread

from backend.exports.domain.codes import property_codes
from backend.exports.domain.item import SegmentInfo
from backend.imaging.models import Instance
from backend.inference.models import Model, ModelVersion
from tests.backend.exports.reading import names, seg_labels
from tests.backend.releases.world import Work, finish, key_of, put_phantom

pytestmark = pytest.mark.django_db


@pytest.fixture
def version(phantoms):
    model = Model.objects.create(name="U-Net", family="unet2d", project=phantoms)
    return ModelVersion.objects.create(model=model, number=4, weights_sha256="ab" * 32)


@pytest.fixture
def dataset(phantoms, bob, exporter, tmp_path, version):
    made, grid = put_phantom("axial", tmp_path)
    labels = made.labelmap_kji.astype(np.uint16)
    lesion = np.where(labels == 2, 9, 0).astype(np.uint16)
    edit = {
        "tool": "sam",
        "segments": [2],
        "frames": [key_of(grid, 3)],
        "origin": "prompt",
        "model_version_id": str(version.pk),
        "prompts": [{"kind": "point"}],
    }
    finish(phantoms, Work(grid, {0: labels, 9: lesion}, edits=(edit,)), bob)
    archive, _ = exporter.opened("dicom-seg")
    return dcmread(io.BytesIO(archive.read(names(archive, ".dcm")[0])))


def segment(dataset, label):
    return next(item for item in dataset.SegmentSequence if item.SegmentLabel == label)


def test_a_segment_without_a_code_is_tissue_and_never_an_organ(dataset):
    plain = segment(dataset, "Block with a step")
    assert plain.SegmentedPropertyTypeCodeSequence[0].CodeValue == "85756007"
    assert plain.SegmentedPropertyCategoryCodeSequence[0].CodeValue == "85756007"


def test_a_coded_segment_keeps_its_code(dataset):
    lesion = segment(dataset, "Lesion")
    kind = lesion.SegmentedPropertyTypeCodeSequence[0]
    assert (kind.CodeValue, kind.CodingSchemeDesignator) == ("52988006", "SCT")
    category = lesion.SegmentedPropertyCategoryCodeSequence[0]
    assert category.CodeMeaning == "Morphologically Abnormal Structure"


def test_an_organs_code_is_anatomy():
    liver = SegmentInfo(3, "Liver", "#102030", ("SCT", "10200004", "Liver"), overlap=False)
    category, kind = property_codes(liver)
    assert (category.meaning, kind.value) == ("Anatomical Structure", "10200004")


def test_the_algorithm_type_says_how_each_segment_came_about(dataset, version):
    assert segment(dataset, "Block with a step").SegmentAlgorithmType == "MANUAL"
    prompted = segment(dataset, "Tilted ellipsoid")
    assert prompted.SegmentAlgorithmType == "SEMIAUTOMATIC"
    algorithm = prompted.SegmentationAlgorithmIdentificationSequence[0]
    assert (algorithm.AlgorithmName, algorithm.AlgorithmVersion) == ("U-Net", "4 (abababababab)")
    assert algorithm.AlgorithmFamilyCodeSequence[0].CodeMeaning == "Artificial Intelligence"


def test_segments_can_be_tracked_and_their_author_is_named(dataset):
    uids = [item.TrackingUID for item in dataset.SegmentSequence]
    assert len(set(uids)) == len(uids) == 6
    assert str(dataset.ContentCreatorName) == "Bob^"
    assert dataset.ManufacturerModelName == "Limn"


def test_the_segmentation_belongs_to_the_patients_study(dataset):
    assert dataset.PatientID == "LIMN-PHANTOM-AXIAL"
    assert dataset.Modality == "SEG"
    assert dataset.ReferencedSeriesSequence[0].ReferencedInstanceSequence[0]


@pytest.mark.parametrize("slices", [slice(4, 5), slice(2, 9)])
def test_one_segment_alone_comes_back_on_one_slice_and_on_many(
    phantoms, bob, exporter, tmp_path, slices
):
    made, grid = put_phantom("oblique", tmp_path)
    labels = np.zeros(made.labelmap_kji.shape, np.uint16)
    labels[slices] = np.where(made.labelmap_kji[slices] == 1, 1, 0)
    finish(phantoms, Work(grid, {0: labels}), bob)
    archive, proof = exporter.opened("dicom-seg")
    uids = dict(Instance.objects.values_list("pk", "sop_uid"))
    sops = [uids[frame[0]] for frame in grid.frames]
    masks, _ = seg_labels(archive, names(archive, ".dcm")[0], sops, [1] * 12, labels.shape)
    assert (masks[1] == (labels == 1)).all()
    assert proof["equal"] == proof["checked"]


def test_a_series_on_which_nothing_was_drawn_is_left_out_with_a_sentence(
    phantoms, bob, exporter, tmp_path
):
    made, grid = put_phantom("axial", tmp_path / "drawn")
    finish(phantoms, Work(grid, {0: made.labelmap_kji.astype(np.uint16)}), bob)
    made, grid = put_phantom("axial", tmp_path / "empty")
    shape = {
        "id": "0198f2d6-0000-7000-8000-000000000009",
        "shape_id": "axis",
        "kind": "length",
        "frame": key_of(grid, 2),
        "points_mm_lps": [[0.0, 1.0, 2.0], [3.0, 5.0, 7.0]],
        "attributes": {},
    }
    empty = np.zeros(made.labelmap_kji.shape, np.uint16)
    finish(phantoms, Work(grid, {0: empty}, objects=(shape,)), bob)
    _, proof = exporter.opened("dicom-seg")
    [left_out] = proof["left_out"]
    assert left_out["reason"].startswith("Nothing was segmented here")
