"""kill -9 of the model worker, the broker and the web process in the middle of jobs.

Real processes, a real broker and the test's real PostgreSQL. What must hold afterwards: every job
is done, no answer was taken twice, and nobody had to help.
"""

import time

import numpy as np
import pytest
from django.db import transaction

from backend.core.actor import Actor
from backend.core.models import Job
from backend.inference.models import ModelVersion, Prediction, TrainingRun
from backend.inference.services import training_start
from tests.backend.inference.processes import Site, wait_until
from tests.backend.releases.world import Work, finish, put_phantom
from tests.factories import add_unit

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]
LEFT = 5


@pytest.fixture
def site(tmp_path):
    running = Site(tmp_path)
    yield running
    running.kill_all()


def jobs(kind, *states):
    found = Job.objects.filter(kind=kind)
    return found.filter(state__in=states) if states else found


def all_done():
    return not Job.objects.exclude(state="succeeded").exists()


def trains(attempt):
    at_work = jobs("train", "running").filter(attempt__gte=attempt, progress__gt=0)
    return at_work.exists


def order_a_training(project, annotator, scientist, folder):
    """Submit two patients, leave some units, and ask for a training."""
    for n in range(2):
        made, grid = put_phantom("axial", folder / str(n), patient=f"patient-{n}")
        finish(project, Work(grid, {0: made.labelmap_kji.astype(np.uint16)}), annotator)
    for n in range(LEFT):
        add_unit(project, put_phantom("oblique", folder / f"left-{n}")[1])
    with transaction.atomic():
        training_start(
            actor=Actor(user_id=scientist.pk),
            project_id=project.pk,
            max_seconds=8,
            max_steps=100_000,
        )


def test_no_job_is_lost_and_no_answer_doubled(phantoms, dora, bob, tmp_path, site):
    # The broker is not even there when the work is ordered: the sweeper rings once it is.
    order_a_training(phantoms, bob, dora, tmp_path)
    for name in ("broker", "web", "default", "ml"):
        site.start(name)
    wait_until(site.web_answers, seconds=40, what="The start of the web process", site=site)

    # In the middle of the training: the model worker dies, and its successor starts over.
    wait_until(trains(attempt=1), seconds=60, what="The training", site=site)
    site.kill("ml")
    site.start("ml")
    wait_until(trains(attempt=2), seconds=60, what="The second attempt", site=site)

    # While it trains on: the broker dies and comes back, then the web process does.
    site.kill("broker")
    site.start("broker")
    site.kill("web")
    time.sleep(1)
    site.start("web")
    trained = jobs("train", "succeeded").exists
    wait_until(trained, seconds=60, what="The answer", site=site)

    # In the middle of the predictions: the broker and the worker for Django's own jobs.
    predicting = jobs("predict", "running", "succeeded").exists
    wait_until(predicting, seconds=40, what="The predictions", site=site)
    for name in ("broker", "default"):
        site.kill(name)
        site.start(name)
    wait_until(all_done, seconds=60, what="The end of all jobs", site=site)
    check_that_each_answer_counts_once()


def check_that_each_answer_counts_once():
    run = TrainingRun.objects.get()
    assert run.version == ModelVersion.objects.get()
    assert jobs("train").get().attempt >= 2
    predictions = Prediction.objects.filter(version=run.version)
    assert [row.error for row in predictions] == [""] * LEFT
    predicted = [v["unit_id"] for job in jobs("predict") for v in job.request["volumes"]]
    assert len(predicted) == len(set(predicted)) == LEFT
    steps = [point["step"] for point in run.curve]
    assert steps == sorted(set(steps))
