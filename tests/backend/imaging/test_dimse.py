"""The DIMSE door, called by a real client over a real socket."""

import json
import time

import numpy as np
import pydicom
import pytest
from django.db import OperationalError
from pydicom.dataset import Dataset
from pydicom.uid import (
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGBaseline8Bit,
    JPEGLSLossless,
)
from pynetdicom import AE
from pynetdicom.sop_class import (
    PatientRootQueryRetrieveInformationModelFind,
    PatientRootQueryRetrieveInformationModelGet,
    StudyRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelGet,
    Verification,
)

from backend.core.actor import Actor
from backend.imaging.api.dimse import DimseDoor
from backend.imaging.domain.messages_sources import SourceIn
from backend.imaging.models import IngestRun, Instance, SourceRun, Study
from backend.imaging.services.sources.keeping import source_add
from backend.imaging.services.sources.receiver import visits_recover
from tests.backend.imaging.dimse_process import PATIENCE
from tests.ports import free_port

pytestmark = pytest.mark.django_db(transaction=True)
PLAIN = [ExplicitVRLittleEndian]
FIND = StudyRootQueryRetrieveInformationModelFind
GET = StudyRootQueryRetrieveInformationModelGet


@pytest.fixture(autouse=True)
def all_gone(transactional_db):
    """Let the visits end before the tables are emptied."""
    yield
    wait_for_visits()


def receiver(*callers, **fields):
    settings = {"kind": "receiver", "callers": callers, **fields.pop("settings", {})}
    body = SourceIn.model_validate({"name": "-".join(callers), "settings": settings, **fields})
    return source_add(actor=Actor.system(), body=body)


def datasets(make_phantom, name="axial"):
    return [pydicom.dcmread(path) for path in make_phantom(name).paths]


def storage(dataset):
    return (dataset.SOPClassUID, [dataset.file_meta.TransferSyntaxUID])


def send(dimse, sent, title="CT1"):
    with dimse.called([storage(sent[0])], title=title) as visit:
        assert visit.is_established
        return [visit.send_c_store(each).Status for each in sent]


def wait_for_visits():
    until = time.monotonic() + PATIENCE
    while SourceRun.objects.filter(finished_at=None).exists():
        assert time.monotonic() < until
        time.sleep(0.02)


def ended():
    """Wait until the visit's own thread has closed its delivery; the sender is not kept waiting."""
    wait_for_visits()
    return SourceRun.objects.get()


def query(level, **keys):
    asked = Dataset()
    asked.QueryRetrieveLevel = level
    for name, value in keys.items():
        setattr(asked, name, value)
    return asked


def found(visit, asked, model=FIND):
    rows = [(status.Status, row) for status, row in visit.send_c_find(asked, model)]
    assert rows[-1][0] == 0x0000, hex(rows[-1][0])
    return [row for status, row in rows[:-1]]


def test_only_known_callers_under_the_right_title_are_let_in(dimse):
    receiver("CT1", "MR2", settings={"hosts": ["127.0.0.1"]})
    receiver("CT9", settings={"hosts": ["10.0.0.9"]})
    asked = [(Verification, PLAIN)]

    with dimse.called(asked) as known:
        assert known.send_c_echo().Status == 0x0000
    for title, called in (("CT3", "LIMN"), ("CT9", "LIMN"), ("CT1", "OTHER")):
        with dimse.called(asked, title=title, called=called) as stranger:
            assert stranger.is_rejected, (title, called)


def test_success_is_told_when_the_rows_are_there_and_the_visit_is_one_delivery(dimse, make_phantom):
    receiver("CT1")
    sent = datasets(make_phantom)

    with dimse.called([storage(sent[0])]) as visit:
        for number, each in enumerate(sent, start=1):
            assert visit.send_c_store(each).Status == 0x0000
            assert Instance.objects.count() == number

    run = ended()
    assert (run.outcome, run.found, run.trigger) == ("succeeded", len(sent), "sender")
    assert IngestRun.objects.get().counts["stored"] == len(sent)
    assert IngestRun.objects.get().source == "dimse"
    assert send(dimse, sent[:2]) == [0x0000, 0x0000]  # duplicates are there, too


def test_what_is_not_stored_is_never_called_a_success(dimse, make_phantom):
    receiver("CT1")
    good, empty = datasets(make_phantom)[:2]
    del empty.PixelData
    other_pixels = pydicom.dcmread(make_phantom("axial").paths[0])
    other_pixels.PixelData = bytes(len(other_pixels.PixelData))

    with dimse.called([storage(good)]) as visit:
        assert visit.send_c_store(good).Status == 0x0000
        missing = visit.send_c_store(empty)
        clash = visit.send_c_store(other_pixels)

    assert missing.Status == 0xA900
    assert missing.ErrorComment.startswith("The file is an image by its kind")
    assert clash.Status != 0x0000
    assert Instance.objects.count() == 1


def test_a_policy_holds_for_senders_and_quarantine_is_a_warning(dimse, make_phantom, tmp_path):
    receiver("CT1", policy="basic")
    clean, banner = datasets(make_phantom)[:2]
    clean.PatientName = banner.PatientName = "Muster^Maria"
    banner.BurnedInAnnotation = "YES"

    with dimse.called([storage(clean)]) as visit:
        statuses = [visit.send_c_store(each).Status for each in (clean, banner)]

    assert statuses == [0x0000, 0xB000]
    assert "Muster" not in Study.objects.get().patient.name
    assert "Muster" not in Instance.objects.get().header


def test_what_was_confirmed_survives_a_kill_and_the_visit_is_closed_at_the_next_start(
    dimse, make_phantom
):
    receiver("CT1")
    sent = datasets(make_phantom)
    with dimse.called([storage(sent[0])]) as visit:
        assert [visit.send_c_store(each).Status for each in sent[:3]] == [0x0000] * 3
        dimse.kill()
    assert Instance.objects.count() == 3
    assert SourceRun.objects.get().finished_at is None

    dimse.start()

    run = ended()
    assert (run.found, IngestRun.objects.get().state) == (3, "finished")
    assert "stopped in the middle" in run.problem
    assert send(dimse, sent) == [0x0000] * len(sent)
    assert Instance.objects.count() == len(sent)
    assert visits_recover() <= 1


def test_a_search_by_levels_gives_what_qido_gives(dimse, make_phantom, take_in):
    receiver("WS", settings={"may_read": "all"})
    take_in(make_phantom("axial").paths[0].parent, make_phantom("oblique").paths[0].parent)
    study = Study.objects.order_by("pk").first()
    patient_root = PatientRootQueryRetrieveInformationModelFind

    with dimse.called([(FIND, PLAIN), (patient_root, PLAIN)], title="WS") as visit:
        studies = found(visit, query("STUDY", StudyInstanceUID="", PatientName="", StudyDate=""))
        one = found(
            visit, query("STUDY", StudyInstanceUID=study.uid, NumberOfStudyRelatedInstances="")
        )
        series = found(visit, query("SERIES", StudyInstanceUID=study.uid, SeriesInstanceUID=""))
        uid = series[0].SeriesInstanceUID
        images = found(
            visit,
            query("IMAGE", StudyInstanceUID=study.uid, SeriesInstanceUID=uid, SOPInstanceUID=""),
        )
        patients = found(visit, query("PATIENT", PatientID="", PatientName=""), patient_root)
        unbound = [s.Status for s, _ in visit.send_c_find(query("IMAGE", SOPInstanceUID=""), FIND)]

    assert {row.StudyInstanceUID for row in studies} == set(
        Study.objects.values_list("uid", flat=True)
    )
    assert one[0].NumberOfStudyRelatedInstances == study.instance_count
    assert {row.SOPInstanceUID for row in images} == set(
        Instance.objects.filter(series__uid=uid).values_list("sop_uid", flat=True)
    )
    assert len(patients) == Study.objects.values("patient").distinct().count()
    assert (images[0].RetrieveAETitle, images[0].QueryRetrieveLevel) == ("LIMN", "IMAGE")
    assert unbound == [0xA900]


def test_a_search_that_cannot_be_answered_is_refused_in_words(dimse, make_phantom):
    receiver("WS", settings={"may_read": "all"})
    send(dimse, datasets(make_phantom)[:1], title="WS")
    study = Study.objects.get().uid
    asked = {
        "one UID": query("SERIES", StudyInstanceUID="", SeriesInstanceUID=""),
        "one UID must": query("SERIES", StudyInstanceUID=f"{study}\\1.2", SeriesInstanceUID=""),
        "be given": query("IMAGE", StudyInstanceUID=study, SeriesInstanceUID="*"),
        "YYYYMMDD": query("STUDY", StudyInstanceUID="", StudyDate="2025"),
        "Level": query("WARD", StudyInstanceUID=""),
    }

    with dimse.called([(FIND, PLAIN)], title="WS") as visit:
        answers = {word: list(visit.send_c_find(each, FIND)) for word, each in asked.items()}

    for word, answer in answers.items():
        ((status, row),) = answer
        assert (status.Status, row) == (0xA900, None), word
        assert word in status.ErrorComment


def test_a_match_tells_every_key_even_of_a_damaged_header(dimse, make_phantom):
    receiver("WS", settings={"may_read": "all"})
    sent = datasets(make_phantom)[0]
    sent.PatientName, sent.SpecificCharacterSet = "Muster^Ägidius", "ISO_IR 100"
    sent.Laterality, sent.IssuerOfPatientID = "L", "KLINIK"
    send(dimse, [sent], title="WS")
    kept = Instance.objects.get()
    header = json.loads(kept.header)
    header["00181150"] = {"vr": "IS", "Value": ["a while"]}
    header["00180050"] = {"vr": "DS", "Value": [1 / 3]}
    Instance.objects.update(header=json.dumps(header))
    of_patient = query("PATIENT", PatientName="MUSTER^ä*", PatientID="", IssuerOfPatientID="")
    of_patient.SpecificCharacterSet = "ISO_IR 100"
    of_series = query("SERIES", StudyInstanceUID=sent.StudyInstanceUID, Laterality="")
    of_image = query(
        "IMAGE",
        StudyInstanceUID=sent.StudyInstanceUID,
        SeriesInstanceUID=sent.SeriesInstanceUID,
        ExposureTime=None,
        SliceThickness=None,
        KVP=None,
    )

    with dimse.called([(FIND, PLAIN)], title="WS") as visit:
        ((patient,), (series,), (image,)) = [
            found(visit, asked) for asked in (of_patient, of_series, of_image)
        ]

    assert (patient.IssuerOfPatientID, series.Laterality) == ("KLINIK", "L")
    assert patient.PatientName == "Muster^Ägidius"
    assert (image.ExposureTime, image.KVP) == (None, 120)
    assert abs(image.SliceThickness - 1 / 3) < 1e-6


def test_what_is_fetched_must_be_named(dimse, make_phantom):
    receiver("WS", settings={"may_read": "all"})
    sent = datasets(make_phantom)[:2]
    send(dimse, sent, title="WS")
    study, series = sent[0].StudyInstanceUID, sent[0].SeriesInstanceUID
    arrived = []

    def receive(event):
        arrived.append(event.request.AffectedSOPInstanceUID)
        return 0x0000

    def fetch(asked, model=GET):
        contexts = [(model, PLAIN), (sent[0].SOPClassUID, PLAIN)]
        with dimse.called(contexts, title="WS", receive=receive) as visit:
            return [status for status, _ in visit.send_c_get(asked, model)][-1]

    for vague in (
        query("STUDY", StudyInstanceUID="*"),
        query("SERIES", StudyInstanceUID=study),
        query("IMAGE", StudyInstanceUID=study, SeriesInstanceUID=series),
    ):
        refused = fetch(vague)
        assert (refused.Status, "must be named" in refused.ErrorComment) == (0xA900, True)
    patient_root = PatientRootQueryRetrieveInformationModelGet
    assert fetch(query("PATIENT", PatientID="*"), patient_root).Status == 0x0000
    assert arrived == []

    assert fetch(query("PATIENT", PatientID=sent[0].PatientID), patient_root).Status == 0x0000
    assert sorted(arrived) == sorted(each.SOPInstanceUID for each in sent)


def test_who_takes_only_the_default_syntax_is_served_and_what_nobody_takes_is_counted(
    dimse, make_phantom
):
    receiver("WS", settings={"may_read": "all"})
    plain, packed = datasets(make_phantom)[:2]
    packed.compress(JPEGLSLossless)
    send(dimse, [plain], title="WS")
    send(dimse, [packed], title="WS")
    arrived = {}

    def receive(event):
        arrived[event.dataset.SOPInstanceUID] = event.dataset
        event.dataset.file_meta = event.file_meta
        return 0x0000

    def fetch(syntax):
        contexts = [(GET, PLAIN), (plain.SOPClassUID, [syntax])]
        with dimse.called(contexts, title="WS", receive=receive) as visit:
            asked = query("STUDY", StudyInstanceUID=plain.StudyInstanceUID)
            return list(visit.send_c_get(asked, GET))[-1]

    default, _ = fetch(ImplicitVRLittleEndian)
    assert (default.Status, default.NumberOfCompletedSuboperations) == (0x0000, 2)
    packed.decompress(generate_instance_uid=False)
    for sent in (plain, packed):
        assert np.array_equal(arrived[sent.SOPInstanceUID].pixel_array, sent.pixel_array)

    status, failed = fetch(JPEGBaseline8Bit)
    assert (status.Status, status.NumberOfFailedSuboperations) == (0xA702, 2)
    assert set(failed.FailedSOPInstanceUIDList) == {plain.SOPInstanceUID, packed.SOPInstanceUID}


def test_while_the_database_is_away_callers_are_turned_away_for_now(monkeypatch, settings):
    def away(*_):
        raise OperationalError("the database is away")

    monkeypatch.setattr("backend.imaging.api.dimse.caller_find", away)
    settings.LIMN_DIMSE_AE, port = "LIMN", free_port()
    door = DimseDoor()
    door.listen("127.0.0.1", port)
    entity = AE(ae_title="CT1")
    entity.add_requested_context(Verification)

    call = entity.associate("127.0.0.1", port, ae_title="LIMN")
    door.close()

    assert call.is_rejected
    assert call.acceptor.primitive.result == 0x02  # transient: it will try again


def test_files_are_sent_back_as_they_came_or_decoded_for_who_needs_that(dimse, make_phantom):
    receiver("WS", settings={"may_read": "sent"})
    receiver("MR2", settings={"may_read": "sent"})
    receiver("DUMB")
    sent = datasets(make_phantom)[:2]
    packed = datasets(make_phantom, "oblique")[0]
    packed.compress(JPEGLSLossless)
    send(dimse, sent, title="WS")
    send(dimse, [packed], title="WS")
    arrived = []

    def receive(event):
        arrived.append(event.dataset)
        arrived[-1].file_meta = event.file_meta
        return 0x0000

    def fetch(title, study):
        contexts = [(GET, PLAIN), (sent[0].SOPClassUID, PLAIN)]
        with dimse.called(contexts, title=title, receive=receive) as visit:
            asked = query("STUDY", StudyInstanceUID=study)
            return [status.Status for status, _ in visit.send_c_get(asked, GET)][-1]

    assert fetch("WS", sent[0].StudyInstanceUID) == 0x0000
    assert {each.SOPInstanceUID: each.PixelData for each in arrived} == {
        each.SOPInstanceUID: each.PixelData for each in sent
    }
    arrived.clear()
    assert fetch("WS", packed.StudyInstanceUID) == 0x0000
    packed.decompress()
    assert np.array_equal(arrived[0].pixel_array, packed.pixel_array)
    arrived.clear()
    assert fetch("MR2", sent[0].StudyInstanceUID) == 0x0000  # nothing of it is theirs
    assert fetch("DUMB", sent[0].StudyInstanceUID) != 0x0000
    assert arrived == []
