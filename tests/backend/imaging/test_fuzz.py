"""A few hundred of the bench's damaged files: no crash, no hang, little memory, nothing outside."""

import resource
from pathlib import Path

import pytest

from backend.core.actor import Actor
from backend.imaging.models import IngestItem, Instance
from backend.imaging.services import ingest_paths
from backend.imaging.services.deid import policy_named
from tests.bench.fuzzing import HANG_SECONDS, KINDS, case, corpus, run_cases

CASES = range(100_000, 100_320)


def tree(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_damaged_files_are_taken_or_refused_in_words(own_store, tmp_path):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    found = run_cases(CASES, tmp_path / "fuzz")

    assert found.crashes == {}
    assert found.cases == len(CASES)
    assert 0 < found.accepted < found.cases
    assert found.slowest_s < HANG_SECONDS
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 512 << 10
    assert tree(tmp_path) == []
    assert not list(Path("/tmp").glob("evil*"))  # noqa: S108  where a name in an archive points


@pytest.mark.django_db
@pytest.mark.parametrize("policy", [None, "basic"])
def test_a_delivery_of_damaged_files_comes_to_its_end(policy, own_store, tmp_path):
    """Whatever a file says, its words fit into the tables, and the next file has its turn."""
    delivery = tmp_path / "delivery"
    delivery.mkdir()
    wanted = [n for n in range(200_000, 200_160) if KINDS[n % len(KINDS)] != "multipart"]
    for number in wanted:
        _, name, content = case(number)
        (delivery / f"{number}-{name}").write_bytes(content)
    if policy:
        policy_named(policy)

    run = ingest_paths(actor=Actor.system(), paths=[delivery], policy=policy)

    assert run.state == "finished"
    items = IngestItem.objects.filter(run=run)
    assert items.count() >= len(wanted)
    assert not items.filter(code="imaging.internal").exists()
    assert not items.filter(outcome="waiting").exists()
    assert Instance.objects.count() > 0
    for item in items.filter(outcome="rejected"):
        assert item.reason.endswith((".", "…"))
        assert item.next_step.endswith(".")


def test_the_same_number_is_the_same_file():
    corpus.cache_clear()
    first = [case(number) for number in range(8)]
    corpus.cache_clear()

    assert {kind for kind, _, _ in first} == set(KINDS)
    assert [case(number) for number in range(8)][:3] == first[:3]
