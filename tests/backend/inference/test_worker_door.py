"""The workers' door: one secret, one holder of a job, one answer."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from backend.audit.models import PATIENT_ERASED
from backend.audit.services import audit_record
from backend.core.actor import Actor
from backend.core.models import Job
from backend.core.services import job_cancel, job_create
from backend.inference.selectors import workers_alive
from tests.backend.inference.worker import FakeWorker
from tests.factories import api_of

pytestmark = pytest.mark.django_db(transaction=True)

HELLO = {
    "worker": "gpu-3",
    "device": "cpu",
    "memory_mib": 2048,
    "families": ["unet2d", "sam"],
    "torch": "2.13.0",
    "torchvision": "0.28.0",
}


def ml_job(kind="features"):
    with transaction.atomic():
        return job_create(
            actor=Actor.system(), kind=kind, queue="ml", request={"kind": kind, "keys": []}
        )


def failed(code="worker_error"):
    return {"kind": "failed", "code": code, "detail": "It stumbled."}


def test_without_the_token_the_door_is_shut_for_people_too(rung, alice):
    job = ml_job()
    assert FakeWorker(token="wrong").claim(job).status_code == 401
    assert api_of(alice).post(f"/worker/v1/jobs/{job.pk}/claim", {}).status_code == 401
    assert FakeWorker(token="").post("hello", HELLO).status_code == 401
    assert Job.objects.get(pk=job.pk).attempt == 0


def test_the_workers_token_opens_nothing_of_the_peoples_api(worker):
    answer = worker.http.get("/api/v1/jobs", headers={"Authorization": f"Worker {worker.token}"})
    assert answer.status_code == 401


def test_a_hello_is_remembered(worker):
    assert worker.post("hello", HELLO).status_code == 200
    assert worker.post("hello", HELLO | {"memory_mib": 1024}).status_code == 200
    [host] = workers_alive()
    assert (host.name, host.memory_mib, host.facts["torch"]) == ("gpu-3", 1024, "2.13.0")


def test_a_worker_learns_when_a_patient_was_erased(worker):
    """What it has kept, and not used since, may show that patient."""
    assert worker.post("hello", HELLO).json() == {"erased_ago_s": None}
    audit_record(actor=Actor.system(), verb=PATIENT_ERASED, target_id="1")

    ago_s = worker.post("hello", HELLO).json()["erased_ago_s"]

    assert 0 <= ago_s < 60


def test_a_job_is_claimed_once_and_knows_its_own_name(rung, worker):
    job = ml_job()
    first, second = worker.claim(job), FakeWorker("other").claim(job)
    assert first.json() == {
        "kind": "features",
        "attempt": 1,
        "request": {"kind": "features", "keys": [], "job_id": str(job.pk)},
    }
    assert second.status_code == 409


def test_jobs_of_the_default_queue_are_not_for_model_workers(rung, worker):
    with transaction.atomic():
        job = job_create(actor=Actor.system(), kind="exports.write", queue="default", request={})
    assert worker.claim(job).status_code == 409


def test_the_answer_of_a_worker_believed_dead_is_not_taken(rung, worker):
    job = ml_job()
    worker.claim(job)
    Job.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    other = FakeWorker("other")
    assert other.claim(job).json()["attempt"] == 2

    assert worker.beat(job, attempt=1).json() == {"verdict": "lost"}
    assert worker.answer(job, 1, failed()).status_code == 409
    assert other.answer(job, 2, failed("out_of_memory")).status_code == 204
    assert other.answer(job, 2, failed()).status_code == 409

    row = Job.objects.get(pk=job.pk)
    assert (row.state, row.error_code) == ("failed", "out_of_memory")


def test_a_heartbeat_tells_that_the_job_was_cancelled(rung, worker):
    job = ml_job()
    worker.claim(job)
    assert worker.beat(job, 1, 0.25, message="Slice 3").json() == {"verdict": "go"}
    job_cancel(job_id=job.pk)
    assert worker.beat(job, 1, 0.5).json() == {"verdict": "cancelled"}
    assert worker.answer(job, 1, failed("cancelled")).status_code == 204
    assert Job.objects.get(pk=job.pk).state == "cancelled"


def test_an_answer_to_another_question_is_refused_and_the_job_goes_on(rung, worker):
    job = ml_job()
    worker.claim(job)
    wrong = {"kind": "predicted", "version_id": "x", "weights_sha256": "", "results": []}
    assert worker.answer(job, 1, wrong).status_code == 422
    missing = {
        "kind": "features_ready",
        "items": [{"key": "1.1", "blob": {"sha256": "0" * 64, "size": 3}}],
    }
    assert worker.answer(job, 1, missing).json()["code"] == "inference.answer_refused"
    assert Job.objects.get(pk=job.pk).state == "running"


def test_an_unknown_job_is_a_conflict(worker):
    class Unknown:
        pk = "0198f2d6-6a55-7cc1-9d1e-0c3c5b7a1f10"

    assert worker.claim(Unknown).status_code == 409
    assert worker.answer(Unknown, 1, failed()).status_code == 409
    assert worker.beat(Unknown, 1).json() == {"verdict": "lost"}
