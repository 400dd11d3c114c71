"""Lists, the start page, the manager's page, and the order that models give the queue."""

from datetime import timedelta

import pytest
from django.utils import timezone

from backend.annotations.services import document_create
from backend.core.actor import Actor
from backend.core.services import job_create
from backend.inference.models import Model, ModelVersion, Prediction, Score
from backend.worklists.models import Task
from backend.worklists.services import project_tasks_sync
from backend.worklists.tasks import reorder, sync_tasks
from tests.backend.worklists.working import next_task
from tests.factories import add_unit, api_of, make_grid, make_project


def listed(browser, project, **query):
    answer = browser.get(f"/api/v1/projects/{project.pk}/tasks", query)
    assert answer.status_code == 200, answer.json()
    return answer.json()


def numbers(page):
    return [row["number"] for row in page["results"]]


@pytest.fixture
def long_queue(project):
    for n in range(120):
        add_unit(project, make_grid(frame_count=1, modality="MR" if n % 3 == 0 else "CT"))
    project_tasks_sync(project_id=project.pk)
    return project


@pytest.mark.django_db
@pytest.mark.parametrize("order", ["updated", "priority", "number"])
def test_pages_of_every_order_give_each_task_once(long_queue, vera, order):
    for task in Task.objects.all():
        Task.objects.filter(pk=task.pk).update(
            priority=task.number % 7, updated_at=timezone.now() - timedelta(hours=task.number % 5)
        )
    browser, cursor, seen = api_of(vera), None, []
    while True:
        page = listed(browser, long_queue, order=order, **({"cursor": cursor} if cursor else {}))
        seen += numbers(page)
        cursor = page["next"]
        if cursor is None:
            break

    assert sorted(seen) == list(range(1, 121))
    if order == "priority":
        assert seen == sorted(seen, key=lambda n: (-(n % 7), n))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"search": "11"}, [11, 110, 111, 112, 113, 114, 115, 116, 117, 118, 119]),
        ({"search": "Case 007"}, [7, 70, 71, 72, 73, 74, 75, 76, 77, 78, 79]),
        ({"search": "mr 10"}, [10, 100, 103, 106, 109]),
        ({"search": "PT"}, []),
        ({"state": "skipped,problem"}, [5, 9]),
        ({"assignee": "me"}, [9]),
    ],
)
def test_filters_find_what_they_say(long_queue, bob, query, expected):
    Task.objects.filter(number=5).update(state="skipped")
    Task.objects.filter(number=9).update(state="problem", assignee=bob)

    assert numbers(listed(api_of(bob), long_queue, order="number", **query)) == expected


@pytest.mark.django_db
def test_a_bad_filter_or_page_marker_is_refused_and_a_stranger_sees_nothing(queue, bob, charlie):
    address = f"/api/v1/projects/{queue.pk}/tasks"
    for query in ({"state": "lost"}, {"order": "luck"}, {"cursor": "WzFd"}, {"assignee": "bob"}):
        assert api_of(bob).get(address, query).status_code == 422
    assert api_of(charlie).get(address).status_code == 404


@pytest.mark.django_db
def test_a_list_asks_the_same_number_of_questions_whatever_its_length(
    long_queue, vera, django_assert_max_num_queries
):
    browser = api_of(vera)
    with django_assert_max_num_queries(9):
        listed(browser, long_queue)


@pytest.mark.django_db
def test_the_start_page_says_where_to_go_on(queue, bob, charlie):
    browser = api_of(bob)
    page = browser.get("/api/v1/home").json()
    assert (page["projects"][0]["open_count"], page["projects"][0]["role"]) == (6, "annotator")
    assert page["next_hint"]["task"]["number"] == 4

    opened = next_task(browser, queue)["task_open"]
    Task.objects.filter(number=5).update(
        state="returned", assignee=bob, returned_reason="Edge", updated_at=timezone.now()
    )
    Task.objects.filter(number=1).update(
        state="submitted",
        submitted_by=bob,
        assignee=bob,
        submitted_at=timezone.now(),
        active_ms=61_000,
    )

    page = browser.get("/api/v1/home").json()
    assert page["next_hint"]["task"]["number"] == 5
    assert [row["number"] for row in page["returned"]] == [5]
    assert {row["number"] for row in page["recent"]} == {opened["task"]["number"], 1}
    assert page["today"] == {"submitted": 1, "median_seconds": 61.0}
    empty = api_of(charlie).get("/api/v1/home").json()
    assert (empty["projects"], empty["next_hint"]) == ([], None)


@pytest.mark.django_db
def test_counts_are_of_the_projects_one_sees(queue, alice, charlie, vera):
    make_project(owner=charlie, name="Other")
    Task.objects.filter(number=3).update(state="accepted")

    rows = api_of(vera).get("/api/v1/project-counts").json()["results"]

    assert [row["project_id"] for row in rows] == [str(queue.pk)]
    assert (rows[0]["counts"]["todo"], rows[0]["counts"]["accepted"]) == (5, 1)


@pytest.mark.django_db
def test_progress_counts_pace_time_and_agreement(queue, alice, bob, rita):
    now = timezone.now()
    done = [(1, bob, 0, 40_000, {"1": 0.5, "2": 0.9}), (2, bob, 1, 60_000, {"1": 0.7}),
            (3, rita, 1, 200_000, None)]  # fmt: skip
    for number, person, days, active_ms, agreement in done:
        Task.objects.filter(number=number).update(
            state="submitted",
            submitted_by=person,
            submitted_at=now - timedelta(days=days),
            active_ms=active_ms,
            agreement=agreement,
        )

    page = api_of(alice).get(f"/api/v1/projects/{queue.pk}/progress").json()

    assert (page["total"], page["states"]["submitted"], page["states"]["todo"]) == (6, 3, 3)
    assert sum(row["count"] for row in page["throughput"] if row["user"] == "Bob") == 2
    assert page["time_per_task"]["median_s"] == 60.0
    assert {row["user"]: row["median_s"] for row in page["time_per_task"]["per_user"]} == {
        "Bob": 50.0,
        "Rita": 200.0,
    }
    assert [(row["name"], row["n"]) for row in page["agreement"]] == [("Liver", 2), ("Lesion", 1)]
    assert page["agreement"][0]["dice_mean"] == pytest.approx(0.6)
    assert [row["number"] for row in page["queue_next"]] == [4, 5, 6]
    assert page["forecast"]["low"] <= page["forecast"]["day"] <= page["forecast"]["high"]
    assert api_of(bob).get(f"/api/v1/projects/{queue.pk}/progress").status_code == 403


@pytest.mark.django_db
def test_progress_of_a_project_without_studies_is_empty_and_no_error(project, alice):
    page = api_of(alice).get(f"/api/v1/projects/{project.pk}/progress").json()

    assert (page["total"], page["forecast"], page["time_per_task"]["median_s"]) == (0, None, None)


def version_of(project):
    model = Model.objects.create(name="Liver net", family="unet2d", project=project)
    return ModelVersion.objects.create(
        model=model, number=3, status="active", weights_sha256="a" * 64, activated_at=timezone.now()
    )


@pytest.mark.django_db(transaction=True)
def test_scores_reorder_the_to_dos_and_bring_their_proposals(queue, bob, bells):
    version = version_of(queue)
    for number, value in ((1, 0.2), (3, 0.95), (6, 0.5)):
        task = Task.objects.get(number=number)
        document = document_create(
            project_id=queue.pk,
            grid_id=task.unit.grid_id,
            schema_id=task.document.schema_id,
            kind="proposal",
        )
        Prediction.objects.create(
            project=queue, unit=task.unit, version=version, document_id=document
        )
        Score.objects.create(
            unit=task.unit,
            version=version,
            strategy="uncertainty_diversity",
            value=value,
            parts={"segment": 7, "first": 2, "last": 3},
            sentence=f"Unsure around Vessel ({number})",
        )
    Task.objects.filter(number=6).update(state="submitted")
    Task.objects.exclude(number__in=(1, 3, 6)).update(priority=0)
    job = job_create(
        actor=Actor.system(),
        kind="worklists.reorder",
        queue="default",
        request={"project_id": str(queue.pk)},
    )

    reorder(str(job.pk))

    opened = next_task(api_of(bob), queue)["task_open"]
    assert opened["task"]["number"] == 3
    assert opened["task"]["why"] == {
        "sentence": "Unsure around Vessel (3)",
        "segment": 7,
        "first": 2,
        "last": 3,
        "model": "Liver net 3",
        "score": 0.95,
    }
    assert opened["proposal"]["kind"] == "proposal"
    assert Task.objects.get(number=6).why is None
    job.refresh_from_db()
    assert (job.state, job.answer) == ("succeeded", {"tasks": 2})


@pytest.mark.django_db
def test_the_doorbell_makes_missing_tasks_and_twice_is_once(project):
    for _ in range(3):
        add_unit(project, make_grid())

    for _ in range(2):
        sync_tasks(str(project.pk))

    assert sorted(Task.objects.values_list("number", flat=True)) == [1, 2, 3]
