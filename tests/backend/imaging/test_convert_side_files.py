"""Side files say whose images are and what they show; what they cannot mean is left out and told."""

import json
from contextlib import suppress

import pytest

from backend.imaging.domain.convert.delivery import Arrived, Neighbourhood, images_of
from backend.imaging.domain.convert.facts import Facts, facts_from, facts_from_name
from backend.imaging.domain.convert.kinds import Kind
from backend.imaging.domain.convert.side_files import Knowledge, read_side_file
from backend.imaging.domain.rejections import Rejected


def side(tmp_path, name, content):
    path = tmp_path / "side"
    path.write_bytes(content if isinstance(content, bytes) else str(content).encode())
    return read_side_file(name, path)


def test_a_json_named_like_its_image_speaks_for_it_alone(tmp_path):
    said = {"PatientID": "P1", "Modality": "mri", "sex": "female", "laterality": "OD",
            "birth date": "1970-02-03", "BodyPartExamined": "knee", "grade": 3}  # fmt: skip
    knowledge = Knowledge([side(tmp_path, "a/scan.json", json.dumps(said))])

    facts = knowledge.of("a/scan.nii.gz")

    assert (facts.patient_id, facts.modality, facts.sex) == ("P1", "MR", "F")
    assert (facts.laterality, facts.birth_date, facts.body_part) == ("R", "19700203", "KNEE")
    assert facts.labels == (("grade", "3"),)
    assert knowledge.of("a/other.nii.gz").patient_id == ""
    assert knowledge.of("b/scan.nii.gz").patient_id == ""
    assert knowledge.uses == {"a/scan.json": 1}


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize(
    "named", ["images/a.png", "./images/a.png", "images/a", "images\\a.png", "a.png", "a"]
)
def test_a_table_names_its_images_in_many_ways(named, separator, tmp_path):
    rows = [["File Name", "Patient ID", "class"], [named, "P1", "benign"], ["b.png", "P2", "x"]]
    text = "\n".join(separator.join(row) for row in rows)
    knowledge = Knowledge([side(tmp_path, "set/labels.csv", "\ufeff" + text)])

    facts = knowledge.of("set/images/a.png")

    assert facts.patient_id == "P1"
    assert facts.labels == (("class", "benign"),)


def test_one_folders_table_does_not_speak_for_another(tmp_path):
    table = side(tmp_path, "one/table.csv", "file,patient_id\nimages/a.png,P1\nb.png,P2")
    knowledge = Knowledge([table])

    assert knowledge.of("two/images/a.png").patient_id == ""
    assert knowledge.of("one/other/a.png").patient_id == ""
    assert knowledge.of("one/b.png").patient_id == "P2"


def test_the_nearer_word_counts_and_the_further_fills_up(tmp_path):
    knowledge = Knowledge(
        [
            side(tmp_path, "limn.json", '{"modality": "US", "patient_id": "all", "files": {"a/x.png": {"sex": "M"}}}'),
            side(tmp_path, "a/metadata.json", '{"patient_id": "folder"}'),
            side(tmp_path, "a/x.json", '{"patient_id": "own"}'),
        ]
    )  # fmt: skip

    assert knowledge.of("a/x.png").patient_id == "own"
    assert knowledge.of("a/y.png").patient_id == "folder"
    assert knowledge.of("b/x.png").patient_id == "all"
    assert {knowledge.of(n).modality for n in ("a/x.png", "a/y.png", "b/x.png")} == {"US"}
    assert knowledge.of("a/x.png").sex == "M"


def test_names_by_the_rules_of_bids_tell_subject_session_and_modality():
    facts = facts_from_name("ds/sub-07/ses-2/anat/sub-07_ses-2_T1w.nii.gz")

    assert (facts.patient_id, facts.study_id, facts.modality) == ("07", "2", "MR")
    assert facts.series_description == "sub-07_ses-2_T1w"
    assert facts_from_name("subway_T1w.nii.gz").patient_id == ""
    assert facts_from_name("x_T1w.nii.gz").modality == ""


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("sex", "unsure"), ("laterality", "top"), ("StudyDate", "yesterday"), ("birthdate", "1990-13-01"),
        ("modality", "a picture"), ("StudyInstanceUID", "1.2.x"), ("series_number", "one"),
        ("kind", "maybe"), ("pixel_spacing", "0.5 mm"), ("PixelSpacing", [0, 1]), ("PatientAge", "53"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_left_out_and_told(key, value):
    facts = facts_from({key: value})

    assert facts == Facts(labels=facts.labels)
    assert "was not understood" in facts.remarks[0]


def test_texts_are_made_fit_for_dicom():
    facts = facts_from({"PatientName": "Müller\\^\nAda" * 20, "PatientID": "a\\b\tc"})

    assert facts.patient_id == "a b c"
    assert len(facts.patient_name) <= 64
    assert "\\" not in facts.patient_name


@pytest.mark.parametrize("spacing", ["0.2, 0.3", "0.2x0.3", [0.2, 0.3], ["0.2", "0.3"], "0.2\\0.3"])
def test_pixel_spacing_is_read_as_people_write_it(spacing):
    assert facts_from({"pixel_spacing_mm": spacing}).pixel_spacing_mm == (0.2, 0.3)
    assert facts_from({"pixel_spacing_mm": 0.5}).pixel_spacing_mm == (0.5, 0.5)


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.json", "{"), ("a.json", "7"), ("a.json", "[" * 100_000), ("a.csv", '"a' + "\0" * 9)],
)
def test_a_broken_side_file_is_refused_or_says_nothing(name, content, tmp_path):
    with suppress(Rejected):
        assert side(tmp_path, name, content).rows == []


def test_a_table_in_an_old_encoding_is_read(tmp_path):
    table = side(tmp_path, "t.csv", "file;PatientName\na.png;Müller".encode("latin-1"))

    assert Knowledge([table]).of("a.png").patient_name == "Müller"


def test_headers_find_their_data_only_in_their_own_folder():
    files = [
        Arrived("a/scan.mhd", Kind.METAIMAGE),
        Arrived("a/Scan.RAW", Kind.PART),
        Arrived("b/other.raw", Kind.PART),
        Arrived("a/photo.png", Kind.PICTURE),
        Arrived("a/notes.json", Kind.SIDE),
    ]
    around = Neighbourhood.of(files)

    assert [each.name for each in images_of(files)] == ["a/photo.png", "a/scan.mhd"]
    assert list(around.beside(files[0])) == ["scan.raw"]
    assert around.beside(files[3]) == {}
