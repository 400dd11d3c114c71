"""From submitted work to a version that proposes, and to the order of the queue."""

import json

import numpy as np
import pytest

from backend.annotations.models import Document
from backend.annotations.selectors import labelmaps_kji
from backend.core.blobs import blob_store
from backend.core.models import Job
from backend.core.services import job_run
from backend.inference.domain.quality import compared
from backend.inference.models import ModelVersion, Prediction, Score, TrainingRun
from backend.inference.selectors import active_version, learning_curve
from backend.inference.services import (
    training_consider,
    training_dispatch,
    units_rank,
)
from backend.inference.services.predictions import UNITS_PER_JOB
from ml_worker.contract.masks import decode_mask, unpack_masks
from ml_worker.contract.messages import TrainRequest
from tests.backend.inference.worker import predicted, trained
from tests.backend.releases.world import Work, finish, key_of, put_phantom
from tests.factories import add_unit, api_of

pytestmark = pytest.mark.django_db


def submit(project, user, folder, count, *, first=0):
    """Submit `count` phantoms of as many patients and return their grids."""
    grids = []
    for n in range(first, first + count):
        made, grid = put_phantom("axial", folder / str(n), patient=f"patient-{n}")
        finish(project, Work(grid, {0: made.labelmap_kji.astype(np.uint16)}), user)
        grids.append(grid)
    return grids


def leave(project, folder, count):
    """Add `count` units that nobody has started."""
    grids = [put_phantom("oblique", folder / f"left-{n}")[1] for n in range(count)]
    return [add_unit(project, grid) for grid in grids]


def run_default(kind):
    handlers = {
        "inference.dispatch_training": training_dispatch,
        "inference.rank_units": units_rank,
    }
    job = Job.objects.filter(kind=kind, state__in=["queued", "sent"]).earliest("created_at")
    job_run(job_id=job.pk, handler=handlers[kind])
    job.refresh_from_db()
    assert job.state == "succeeded", job.error_detail
    return job


def train(project, user, worker, **quality):
    answer = api_of(user).post(f"/api/v1/projects/{project.pk}/train", {})
    assert answer.status_code == 202, answer.content
    run_default("inference.dispatch_training")
    worker.work("train", lambda request: trained(request, **quality))
    return TrainingRun.objects.get(pk=answer.json()["run"]["id"])


def test_training_with_one_patient_is_refused_with_numbers_and_a_way_out(
    phantoms, dora, bob, tmp_path, rung
):
    submit(phantoms, bob, tmp_path, 1)
    answer = api_of(dora).post(f"/api/v1/projects/{phantoms.pk}/train", {})
    assert answer.status_code == 422
    body = answer.json()
    assert (body["code"], body["patients"], body["needed"]) == ("inference.too_few_cases", 1, 2)
    assert "Submit tasks of 1 more" in body["detail"]
    assert not Job.objects.exists()


def test_the_training_message_carries_every_label_by_reference(
    phantoms, dora, bob, tmp_path, rung, worker
):
    grids = submit(phantoms, bob, tmp_path, 3)
    api_of(dora).post(f"/api/v1/projects/{phantoms.pk}/train", {"max_steps": 7})
    run_default("inference.dispatch_training")

    job = Job.objects.get(kind="train")
    request = TrainRequest.model_validate(worker.claim(job).json()["request"])

    assert request.settings.max_steps == 7
    assert sorted({item.split for item in request.items}) == ["test", "train", "validation"]
    assert {item.volume.grid_id for item in request.items} == {str(grid.pk) for grid in grids}
    item = next(item for item in request.items if item.volume.grid_id == str(grids[1].pk))
    with blob_store().open(item.labels.sha256) as file:
        frames = unpack_masks(file.read())
    wanted = labelmaps_kji(Document.objects.get(grid=grids[1]).pk)[0]
    for k in range(12):
        data = frames.get((0, key_of(grids[1], k)))
        found = decode_mask(data) if data else np.zeros_like(wanted[k])
        assert (found == wanted[k]).all()


def test_two_clicks_on_train_start_one_training(phantoms, dora, bob, tmp_path, rung):
    submit(phantoms, bob, tmp_path, 2)
    api = api_of(dora)
    first = api.post(f"/api/v1/projects/{phantoms.pk}/train", {}).json()
    second = api.post(f"/api/v1/projects/{phantoms.pk}/train", {}).json()
    assert first["run"]["id"] == second["run"]["id"]
    run_default("inference.dispatch_training")
    third = api.post(f"/api/v1/projects/{phantoms.pk}/train", {}).json()
    assert third["job"]["kind"] == "train"
    assert TrainingRun.objects.count() == 1


def test_the_first_version_goes_to_work_at_once_and_the_second_waits(
    phantoms, dora, bob, tmp_path, rung, worker
):
    submit(phantoms, bob, tmp_path, 3)
    run = train(phantoms, dora, worker, dice=0.71)
    first = run.version
    assert (first.status, first.number, first.parent) == ("active", 1, None)
    assert first.training_release == run.release
    assert first.metrics["per_segment"]["1"]["dice_mean"] == 0.71

    second = train(phantoms, dora, worker, dice=0.83, weights=b"weights-2").version
    assert (second.status, second.parent_id) == ("candidate", first.pk)

    answer = api_of(dora).post(f"/api/v1/model-versions/{second.pk}/activate")
    assert answer.json()["status"] == "active"
    first.refresh_from_db()
    assert first.status == "retired"
    assert active_version(project_id=phantoms.pk) == second
    assert [point.dice_mean for point in learning_curve(project_id=phantoms.pk)] == [0.71, 0.83]


@pytest.mark.parametrize(
    ("dice", "status", "said"),
    [
        (0.83, "active", "Activated by itself: Dice 0.83 on held-out patients, the version"),
        (0.71, "active", "before it 0.71."),
        (0.62, "candidate", "Waits for a person: Dice 0.62 on held-out patients"),
    ],
)
def test_where_the_policy_says_so_a_version_that_is_not_worse_goes_to_work_by_itself(
    phantoms, dora, bob, tmp_path, rung, worker, dice, status, said
):
    phantoms.policy = {"auto_activate": True}
    phantoms.save()
    submit(phantoms, bob, tmp_path, 3)
    first = train(phantoms, dora, worker, dice=0.71).version

    second = train(phantoms, dora, worker, dice=dice, weights=b"weights-2").version

    assert (second.status, said in second.message) == (status, True)
    first.refresh_from_db()
    assert first.status == ("retired" if status == "active" else "active")


def test_without_a_common_held_out_patient_a_person_decides():
    measured = {"per_segment": {"1": {"dice_mean": 0.9, "n": 2}}}
    unmeasured = {"per_segment": {"1": {"dice_mean": 0.0, "n": 0}}}
    for new, active in ((measured, unmeasured), (unmeasured, measured), (measured, {})):
        verdict = compared(new, active)
        assert not verdict.is_not_worse
        assert "no held-out patients" in verdict.sentence


def test_the_curve_is_live_keeps_each_point_once_and_starts_again_with_a_new_attempt(
    phantoms, dora, bob, tmp_path, rung, worker
):
    submit(phantoms, bob, tmp_path, 2)
    api = api_of(dora)
    api.post(f"/api/v1/projects/{phantoms.pk}/train", {})
    run_default("inference.dispatch_training")
    job = Job.objects.get(kind="train")
    worker.claim(job)
    for step in (50, 100, 100):
        point = {"step": step, "loss": 1 / step, "dice": None, "at": "2026-01-02T03:04:05Z"}
        worker.beat(job, 1, step / 400, message=f"Step {step}", point=point)

    [run] = api.get(f"/api/v1/projects/{phantoms.pk}/training-runs").json()["results"]
    assert [point["step"] for point in run["curve"]] == [50, 100]
    assert (run["state"], run["job"]["message"]) == ("running", "Step 100")

    Job.objects.filter(pk=job.pk).update(state="queued")
    worker.claim(job)
    assert TrainingRun.objects.get().curve == []


def test_what_is_left_gets_proposals_and_a_reason_in_words(
    phantoms, dora, bob, tmp_path, rung, worker
):
    submit(phantoms, bob, tmp_path, 2)
    units = leave(phantoms, tmp_path, 3)
    version = train(phantoms, dora, worker).version
    worker.work("predict", predicted)

    proposals = Prediction.objects.filter(version=version)
    assert {proposal.unit for proposal in proposals} == set(units)
    proposal = proposals.get(unit=units[1]).document
    assert (proposal.kind, proposal.state, proposal.model_version_id) == (
        "proposal",
        "draft",
        version.pk,
    )
    assert labelmaps_kji(proposal.pk)[0][6, 2:7, 3:6].min() == 1
    score = Score.objects.get(unit=units[1])
    assert score.sentence == "Unsure around Block with a step on slices 4\u20138"
    assert (score.parts["segment"], score.parts["first"], score.parts["last"]) == (1, 4, 8)

    run_default("inference.rank_units")
    values = dict(Score.objects.values_list("unit_id", "value"))
    assert values[units[2].pk] == max(values.values())
    reorder = Job.objects.filter(kind="worklists.reorder").latest("created_at")
    assert reorder.request == {
        "project_id": str(phantoms.pk),
        "version_id": str(version.pk),
    }


def test_batches_follow_one_another_and_no_unit_is_predicted_twice(
    phantoms, dora, bob, tmp_path, rung, worker
):
    submit(phantoms, bob, tmp_path, 2)
    left = leave(phantoms, tmp_path, 3 * UNITS_PER_JOB + 2)
    train(phantoms, dora, worker)
    assert Job.objects.filter(kind="predict").count() == 3

    while Job.objects.filter(kind="predict", state__in=["queued", "sent"]).exists():
        worker.work("predict", predicted)

    assert Job.objects.filter(kind="predict").count() == 4
    assert Prediction.objects.count() == len(left)


def test_a_unit_the_model_cannot_read_is_told_and_not_asked_for_again(
    phantoms, dora, bob, tmp_path, rung, worker
):
    submit(phantoms, bob, tmp_path, 2)
    [unit] = leave(phantoms, tmp_path, 1)
    train(phantoms, dora, worker)
    worker.work("predict", lambda request: predicted(request, error="The image is unreadable."))
    assert Prediction.objects.get(unit=unit).error == "The image is unreadable."
    assert not Job.objects.filter(kind="predict", state__in=["queued", "sent"]).exists()


def test_a_proposal_with_a_segment_that_is_not_in_the_schema_is_refused_not_stored(
    phantoms, dora, bob, tmp_path, rung, worker
):
    submit(phantoms, bob, tmp_path, 2)
    [unit] = leave(phantoms, tmp_path, 1)
    train(phantoms, dora, worker)
    worker.work("predict", lambda request: predicted(request, value=77))
    prediction = Prediction.objects.get(unit=unit)
    assert prediction.document is None
    assert prediction.error
    assert not Document.objects.filter(kind="proposal").exists()


def test_a_new_version_stops_the_old_ones_predictions(phantoms, dora, bob, tmp_path, rung, worker):
    submit(phantoms, bob, tmp_path, 2)
    leave(phantoms, tmp_path, 2)
    old = train(phantoms, dora, worker).version
    new = train(phantoms, dora, worker, weights=b"weights-2").version
    api_of(dora).post(f"/api/v1/model-versions/{new.pk}/activate")
    jobs = {job.request["version_id"]: job.state for job in Job.objects.filter(kind="predict")}
    assert jobs[str(old.pk)] == "cancelled"
    assert jobs[str(new.pk)] in {"queued", "sent"}


def test_training_starts_by_itself_after_as_many_new_tasks_as_the_policy_says(
    phantoms, bob, tmp_path, rung, worker
):
    submit(phantoms, bob, tmp_path, 2)
    assert not training_consider(project_id=phantoms.pk)  # the policy leaves it to people

    phantoms.policy = {"retrain_after": 3}
    phantoms.save()
    assert not training_consider(project_id=phantoms.pk)
    submit(phantoms, bob, tmp_path, 1, first=2)
    assert training_consider(project_id=phantoms.pk)
    assert not training_consider(project_id=phantoms.pk)  # one is at work

    run_default("inference.dispatch_training")
    worker.work("train", trained)
    submit(phantoms, bob, tmp_path, 2, first=3)
    assert not training_consider(project_id=phantoms.pk)  # two new ones of three
    submit(phantoms, bob, tmp_path, 1, first=5)
    assert training_consider(project_id=phantoms.pk)


def test_an_answer_whose_weights_never_arrived_makes_no_version(
    phantoms, dora, bob, tmp_path, rung, worker
):
    submit(phantoms, bob, tmp_path, 2)
    api_of(dora).post(f"/api/v1/projects/{phantoms.pk}/train", {})
    run_default("inference.dispatch_training")
    job = Job.objects.get(kind="train")
    claimed = worker.claim(job).json()
    answer = trained(claimed["request"]) | {"weights": {"sha256": "9" * 64, "size": 4}}
    assert worker.answer(job, claimed["attempt"], answer).status_code == 422
    assert not ModelVersion.objects.exists()


def test_who_may_train_and_who_sees_nothing(phantoms, vera, bob, charlie):
    address = f"/api/v1/projects/{phantoms.pk}/train"
    assert api_of(vera).post(address, {}).status_code == 403
    assert api_of(bob).post(address, {}).status_code == 403
    assert api_of(charlie).post(address, {}).status_code == 404
    assert api_of(charlie).get(f"/api/v1/projects/{phantoms.pk}/training-runs").status_code == 404
    assert json.loads(api_of(vera).get(f"/api/v1/projects/{phantoms.pk}/models").content) == {
        "results": [],
        "next": None,
    }
