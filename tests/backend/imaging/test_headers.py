"""The header of an object as people read it, and what de-identification made of it."""

import pytest
from pydicom import dcmread

from backend.core.actor import Actor
from backend.imaging.models import Instance, Series
from backend.imaging.services import ingest_paths
from tests.factories import api_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(make_phantom):
    """A file with a private block and a sequence."""
    path = make_phantom("axial").paths[0]
    dataset = dcmread(path)
    block = dataset.private_block(0x0009, "MAKER 1", create=True)
    block.add_new(0x01, "LO", "secret")
    dataset.save_as(path)
    return path


def header_of(api, instance):
    said = api.get(f"/api/v1/instances/{instance.pk}/header").json()
    return said, {element["tag"]: element for element in said["elements"]}


def test_a_header_is_told_element_by_element(file, ada):
    ingest_paths(actor=Actor.system(), paths=[file])
    instance, api = Instance.objects.get(), api_of(ada)

    said, elements = header_of(api, instance)

    assert said["policy"] is None
    assert said["instance"]["sop_class"] == "CT Image Storage"
    assert elements["(0010,0010)"]["name"] == "Patient's Name"
    assert elements["(0010,0010)"]["value"].startswith("Phantom")
    private = elements["(0009,1001)"]
    assert (private["is_private"], private["value"], private["fate"]) == (True, "secret", None)
    assert elements["(0009,0010)"]["name"] == "Private creator"
    assert {element["fate"] for element in said["elements"]} == {None}
    listed = api.get(f"/api/v1/series/{Series.objects.get().pk}/instances").json()
    assert (listed["total"], listed["results"][0]["id"]) == (1, instance.pk)


def test_a_de_identified_header_says_what_became_of_each_value(file, ada):
    ingest_paths(actor=Actor.system(), paths=[file], policy="research-shifted")
    said, elements = header_of(api_of(ada), Instance.objects.get())

    assert said["policy"] == "research-shifted v1"
    fates = {
        tag: elements[tag]["fate"]
        for tag in ("(0010,0010)", "(0020,000D)", "(0008,0020)", "(0008,1030)", "(0028,0010)")
    }
    assert fates == {
        "(0010,0010)": "pseudonym",
        "(0020,000D)": "uid_replaced",
        "(0008,0020)": "shifted",
        "(0008,1030)": "cleaned",
        "(0028,0010)": None,
    }
    assert "(0009,1001)" not in elements


def test_who_does_not_see_the_pixels_does_not_read_the_header(file, charlie):
    ingest_paths(actor=Actor.system(), paths=[file])

    api = api_of(charlie)

    assert api.get(f"/api/v1/instances/{Instance.objects.get().pk}/header").status_code == 404
    assert api.get(f"/api/v1/series/{Series.objects.get().pk}/instances").status_code == 404
