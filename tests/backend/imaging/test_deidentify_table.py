"""The standard's tables as data: complete, well formed, and equal to what others read from it."""

import json
from importlib import resources

import pytest
from pydicom.datadict import dictionary_has_tag, dictionary_VR, tag_for_keyword

from backend.imaging.domain.deidentify.standard import (
    CODES,
    Option,
    required,
    resolved,
    rule_for,
    rules,
    safe_private,
    vocabulary,
)

BASIC = {"D", "Z", "X", "U", "Z/D", "X/Z", "X/D", "X/Z/D", "X/Z/U*"}
# Counts of edition 2026c by column.
FILLED = {
    Option.SAFE_PRIVATE: 1, Option.UIDS: 60, Option.DEVICE: 57, Option.INSTITUTION: 10,
    Option.PATIENT: 14, Option.FULL_DATES: 165, Option.MODIFIED_DATES: 165,
    Option.CLEAN_DESCRIPTORS: 125, Option.CLEAN_STRUCTURED: 3, Option.CLEAN_GRAPHICS: 4,
}  # fmt: skip


def test_the_table_is_whole():
    assert len(rules()) == 656
    assert {rule.basic for rule in rules().values()} == BASIC
    for option, count in FILLED.items():
        assert sum(option in rule.by_option for rule in rules().values()) == count, option
    assert set(CODES) == set(Option)


def test_tags_and_kinds_of_value_are_those_of_the_dictionary():
    for tag, rule in rules().items():
        if len(tag) == 8 and "x" not in tag and dictionary_has_tag(int(tag, 16)):
            assert rule.vr == dictionary_VR(int(tag, 16)), tag


def test_the_basic_profile_equals_what_another_reader_took_from_the_standard():
    lists = pytest.importorskip("dicomanonymizer.dicom_anonymization_databases.dicomfields_2026c")
    theirs = {
        f"{tag[0]:04X}{tag[1]:04X}": name.removesuffix("_TAGS")
        for name in dir(lists)
        if name.endswith("_TAGS") and name != "ALL_TAGS"
        for tag in getattr(lists, name)
        if len(tag) == 2
    }
    ours = {
        tag: rule.basic.replace("/", "_").replace("U*", "U_STAR")
        for tag, rule in rules().items()
        if "x" not in tag and tag != "private"
    }
    assert ours == theirs


def test_requirements_equal_the_modules_of_the_standard_that_highdicom_carries():
    folder = resources.files("highdicom").joinpath("_standard")
    modules, iods, kinds = (
        json.loads(folder.joinpath(f"{name}.json").read_text("utf-8"))
        for name in ("module_attribute_map", "iod_module_map", "sop_class_iod_map")
    )
    rank = {"1": 1, "1C": 1, "2": 2, "2C": 2, "3": 3}
    checked = 0
    for tag, rule in rules().items():
        if "/" not in rule.basic:
            continue
        for uid, iod in kinds.items():
            found = [
                rank[attribute["type"]]
                for module in iods[iod]
                for attribute in modules.get(module["key"], [])
                if not attribute["path"] and tag_for_keyword(attribute["keyword"]) == int(tag, 16)
            ]
            if found:
                assert required(int(tag, 16), uid, nested=False) == min(found), (tag, uid)
                checked += 1
    assert checked > 3000


@pytest.mark.parametrize(
    ("action", "requirement", "expected"),
    [
        ("X/Z/D", 3, "X"), ("X/Z/D", 2, "Z"), ("X/Z/D", 1, "D"), ("X/D", 2, "D"), ("Z/D", 2, "Z"),
        ("X/Z", 1, "Z"), ("X/Z/U*", 1, "U"), ("X/Z/U*", 3, "U"), ("U", 3, "U"),
    ],
)  # fmt: skip
def test_compound_actions_keep_the_object_valid(action, requirement, expected):
    assert resolved(action, requirement) == expected


def test_options_override_the_profile_and_cleaning_beats_keeping():
    study_date = rule_for(0x00080020)
    assert study_date.action(frozenset()) == "Z"
    assert study_date.action(frozenset({Option.FULL_DATES})) == "K"
    assert study_date.action(frozenset({Option.MODIFIED_DATES})) == "C"
    detector = rule_for(0x0018700C)  # a date of the device
    assert detector.action(frozenset({Option.DEVICE, Option.MODIFIED_DATES})) == "C"


def test_overlays_curves_and_private_places_are_known():
    assert rule_for(0x60023000).basic == rule_for(0x50040000).basic == "X"
    assert rule_for(0x60020010) is None
    assert ("SIEMENS MR HEADER", 0x0019, 0x0C) in safe_private()
    assert "flair" in vocabulary()
    assert all(word == word.casefold() for word in vocabulary())
