"""The events process, as it really runs: uvicorn, cookies, PostgreSQL's notifications."""

import json
import os
import socket
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from django.db import connection, transaction

from backend.accounts.services import token_create
from backend.core import events
from backend.core.actor import Actor
from backend.core.models import Job
from backend.projects.models import Membership
from tests.factories import api_of, make_project

ROOT = Path(__file__).resolve().parents[3]
WEB = "http://127.0.0.1:8000"
pytestmark = pytest.mark.django_db(transaction=True)


def free_port():
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def server(django_db_setup):
    """Run the process on the tests' database; ask for access again every second."""
    database = connection.settings_dict
    port = free_port()
    environment = {
        **os.environ,
        "DATABASE_URL": (
            f"postgresql://{database['USER']}:{quote(database['PASSWORD'])}"
            f"@{database['HOST']}:{database['PORT']}/{database['NAME']}"
        ),
        "LIMN_ORIGINS": WEB,
        "LIMN_EVENTS_HEARTBEAT_SECONDS": "1",
        "LIMN_EVENTS_ASK_AGAIN_SECONDS": "1",
    }
    command = [sys.executable, "-m", "uvicorn", "backend.config.events:application"]
    command += ["--port", str(port), "--timeout-graceful-shutdown", "1", "--log-level", "warning"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    address = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: process.poll() is None and is_listening(address))
        yield address
    finally:
        process.terminate()
        process.wait(timeout=20)


def is_listening(address):
    try:
        return httpx.get(f"{address}/healthz").status_code == 200
    except httpx.TransportError:
        return False


def wait_until(holds, seconds=30):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.05)


def cookie_of(user):
    return {"Cookie": f"sessionid={api_of(user).cookies['sessionid'].value}"}


@contextmanager
def listening(address, topics, headers):
    """Yield an iterator over the stream's blocks, once the greeting has come."""
    url = f"{address}/events?topics={topics}"
    with httpx.stream("GET", url, headers=headers, timeout=15) as response:
        blocks = blocks_of(response)
        if response.status_code == 200:
            assert "event: hello" in next(blocks)
        yield response, blocks


def blocks_of(response):
    block = []
    for line in response.iter_lines():
        if line:
            block.append(line)
        elif block:
            yield "\n".join(block)
            block = []


def next_news(blocks):
    return next(json.loads(block[6:]) for block in blocks if block.startswith("data: "))


def test_news_reach_whoever_watches_their_topic_and_nobody_else(server, project, bob, alice):
    other = make_project(owner=alice, name="Other")
    with (
        listening(server, f"project:{project.pk},user", cookie_of(bob)) as (answer, blocks),
        listening(server, f"project:{other.pk}", cookie_of(alice)) as (_, others),
    ):
        events.publish(f"project:{project.pk}", "task", "7")
        events.publish(f"project:{other.pk}", "task", "8")
        events.publish(f"user:{bob.pk}", "projects", "9")

        assert next_news(blocks) == {"topic": f"project:{project.pk}", "kind": "task", "id": "7"}
        assert next_news(blocks)["id"] == "9"
        assert next_news(others)["id"] == "8"
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["x-accel-buffering"] == "no"


def test_a_quiet_stream_shows_that_it_lives(server, project, bob):
    with listening(server, "user", cookie_of(bob)) as (_, blocks):
        assert next(blocks) == ": still here"


def test_a_job_is_watched_by_the_people_of_its_project_and_by_who_made_it(
    server, project, vera, charlie
):
    shared = Job.objects.create(kind="k", queue="default", project_id=project.pk)
    own = Job.objects.create(kind="k", queue="default", created_by_id=charlie.pk)

    for user, job, status in (
        (vera, shared, 200),
        (charlie, shared, 404),
        (charlie, own, 200),
        (vera, own, 404),
    ):
        with listening(server, f"job:{job.pk}", cookie_of(user)) as (answer, _):
            assert answer.status_code == status


def test_others_and_nonsense_are_refused_with_a_problem(server, project, charlie, bob):
    topic = f"project:{project.pk}"
    for topics, headers, status in (
        (topic, {}, 401),
        (topic, {"Cookie": "sessionid=made-up"}, 401),
        (topic, {"Authorization": "Bearer made-up"}, 401),
        (topic, cookie_of(charlie), 404),
        (f"user:{bob.pk}", cookie_of(charlie), 404),
        ("nonsense", cookie_of(bob), 422),
        ("", cookie_of(bob), 422),
        (topic, {**cookie_of(bob), "Origin": "http://evil.example"}, 403),
    ):
        with listening(server, topics, headers) as (answer, _):
            assert answer.status_code == status, (topics, headers)
            assert answer.headers["content-type"] == "application/problem+json"


def test_a_page_on_the_web_port_may_read_the_answer_with_its_cookie(server, project, bob):
    with listening(server, "user", {**cookie_of(bob), "Origin": WEB}) as (answer, _):
        assert answer.headers["access-control-allow-origin"] == WEB
        assert answer.headers["access-control-allow-credentials"] == "true"


def test_a_script_listens_with_its_token(server, project, bob):
    _, secret = token_create(actor=Actor.system(), owner_id=bob.pk, name="script")
    with listening(server, "user", {"Authorization": f"Bearer {secret}"}) as (answer, _):
        assert answer.status_code == 200


def test_somebody_taken_out_of_the_project_stops_hearing_of_it(server, project, bob):
    with listening(server, f"project:{project.pk}", cookie_of(bob)) as (_, blocks):
        Membership.objects.filter(user=bob).delete()

        assert [block for block in blocks if not block.startswith(":")] == []


def test_after_the_database_was_away_listeners_are_told_to_ask_again(server, project, bob):
    with listening(server, "user", cookie_of(bob)) as (_, blocks):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'LISTEN limn'"
            )
            assert cursor.rowcount == 1

        assert next(block for block in blocks if "resync" in block)
        events.publish(f"user:{bob.pk}", "projects", "11")
        assert next_news(blocks)["id"] == "11"


def test_news_of_a_transaction_that_is_undone_never_come(server, project, bob):
    with listening(server, "user", cookie_of(bob)) as (_, blocks):
        with transaction.atomic():
            events.publish(f"user:{bob.pk}", "projects", "undone")
            transaction.set_rollback(True)
        events.publish(f"user:{bob.pk}", "projects", "done")

        assert next_news(blocks)["id"] == "done"
