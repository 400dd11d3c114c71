"""Jobs: the row is the truth, the message a doorbell."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from backend.core.actor import Actor
from backend.core.models import Job
from backend.core.services import (
    JobLost,
    job_cancel,
    job_claim,
    job_create,
    job_finish,
    job_heartbeat,
    job_retry,
    jobs_sweep,
)


@pytest.fixture
def rung(monkeypatch):
    """The doorbells that were rung; the broker is the process edge and stays out of these tests."""
    bells = []

    def note(task_name, /, *args, queue="default"):
        bells.append((task_name, args, queue))
        return True

    monkeypatch.setattr("backend.core.services.ring", note)
    return bells


def make_job(**fields):
    with transaction.atomic():
        return job_create(
            actor=Actor.system(), kind="tests.work", queue="default", request={"n": 3}, **fields
        )


@pytest.mark.django_db(transaction=True)
def test_the_doorbell_rings_only_once_the_row_is_committed(rung):
    with transaction.atomic():
        job = job_create(actor=Actor.system(), kind="tests.work", queue="default", request={})
        assert rung == []

    assert rung == [("tests.work", (str(job.pk),), "default")]
    assert Job.objects.get().state == "sent"


@pytest.mark.django_db(transaction=True)
def test_of_eight_workers_that_claim_at_once_exactly_one_gets_the_job(rung):
    job = make_job()
    gate = threading.Barrier(8)
    got = []

    def claim(name):
        gate.wait()
        got.append(job_claim(job_id=job.pk, worker=name, lease_s=30))
        connection.close()

    threads = [threading.Thread(target=claim, args=(f"w{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(claimed is not None for claimed in got) == 1


@pytest.mark.django_db(transaction=True)
def test_a_worker_believed_dead_cannot_answer_for_the_one_that_took_over(rung):
    job = make_job()
    first = job_claim(job_id=job.pk, worker="slow", lease_s=30)
    Job.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    second = job_claim(job_id=job.pk, worker="quick", lease_s=30)

    assert job_heartbeat(job_id=job.pk, attempt=first.attempt, progress=0.5, message="") == "lost"
    with pytest.raises(JobLost), transaction.atomic():
        job_finish(job_id=job.pk, attempt=first.attempt, answer={"from": "slow"})
    with transaction.atomic():
        job_finish(job_id=job.pk, attempt=second.attempt, answer={"from": "quick"})

    assert Job.objects.get().answer == {"from": "quick"}


@pytest.mark.django_db(transaction=True)
def test_the_sweeper_rings_again_for_an_expired_lease_and_ends_what_is_hopeless(rung):
    job = make_job(max_attempts=1)
    other = make_job()
    for each in (job, other):
        job_claim(job_id=each.pk, worker="gone", lease_s=30)
    Job.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    rung.clear()

    jobs_sweep()

    assert [args[0] for _, args, _ in rung] == [str(other.pk)]
    assert Job.objects.get(pk=job.pk).state == "lost"
    assert "try again" in Job.objects.get(pk=job.pk).error_detail


@pytest.mark.django_db(transaction=True)
def test_a_cancelled_job_is_not_claimed_and_can_be_tried_again(rung):
    job = make_job()
    job_cancel(job_id=job.pk)
    assert job_claim(job_id=job.pk, worker="w", lease_s=30) is None

    job_retry(job_id=job.pk)

    assert job_claim(job_id=job.pk, worker="w", lease_s=30) is not None


@pytest.mark.django_db(transaction=True)
def test_an_open_job_with_the_same_key_is_not_made_twice(rung):
    assert make_job(dedupe_key="grid-7").pk == make_job(dedupe_key="grid-7").pk


@pytest.mark.django_db(transaction=True)
def test_of_eight_that_ask_for_the_same_work_at_once_all_get_the_one_job(rung):
    gate = threading.Barrier(8)
    made = []

    def ask():
        gate.wait()
        made.append(make_job(dedupe_key="grid-9").pk)
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(made) == 8
    assert len(set(made)) == Job.objects.count() == 1
