"""What an administrator looks at."""

from datetime import timedelta

from django.utils import timezone

from backend.audit.services import audit_record
from backend.core.actor import Actor
from backend.inference.models import WorkerHost
from tests.factories import api_of


def test_the_system_page_tells_living_workers_from_silent_ones_and_names_what_is_away(ada):
    now = timezone.now()
    WorkerHost.objects.create(name="quick", device="cpu", memory_mib=512, seen_at=now)
    WorkerHost.objects.create(name="gone", device="cuda:0", seen_at=now - timedelta(minutes=3))

    system = api_of(ada).get("/api/v1/system").json()

    assert [(row["name"], row["is_alive"]) for row in system["workers"]] == [
        ("quick", True),
        ("gone", False),
    ]
    assert system["parts"]["database"]["state"] == "ready"
    assert system["parts"]["broker"]["state"] == "away"
    assert system["is_ready"] is False
    assert system["storage"]["free_bytes"] > 0


def test_the_audit_record_names_people_and_is_read_page_by_page(ada, alice, monkeypatch):
    monkeypatch.setattr("backend.audit.selectors.PAGE", 2)
    for n in range(3):
        audit_record(actor=Actor(alice.pk), verb=f"thing.done{n}", target_id=n, number=n)
    audit_record(actor=Actor.system(), verb="other.done", target_id="x")
    browser = api_of(ada)

    first = browser.get("/api/v1/audit", {"verb": "thing."}).json()
    second = browser.get("/api/v1/audit", {"verb": "thing.", "cursor": first["next"]}).json()

    assert [row["verb"] for row in first["results"]] == ["thing.done2", "thing.done1"]
    assert [row["verb"] for row in second["results"]] == ["thing.done0"]
    assert (second["next"], first["results"][0]["actor"]["name"]) == (None, "Alice")
    system = browser.get("/api/v1/audit", {"target": "x"}).json()["results"]
    assert [row["actor"] for row in system] == [None]
    assert browser.get("/api/v1/audit", {"cursor": "WzFd0"}).status_code == 422


def test_others_see_neither(alice):
    for address in ("/api/v1/system", "/api/v1/audit"):
        assert api_of(alice).get(address).status_code == 403
