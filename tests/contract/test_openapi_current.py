"""The committed contract is what the code says; run `make api` after a change."""

import io
from pathlib import Path

import yaml
from django.core.management import call_command

COMMITTED = Path(__file__).resolve().parents[2] / "backend" / "api" / "openapi.yaml"


def generated() -> str:
    out = io.StringIO()
    call_command("spectacular", validate=True, fail_on_warn=True, stdout=out)
    return out.getvalue()


def test_the_committed_document_is_current_and_valid_without_a_warning():
    ours, theirs = yaml.safe_load(COMMITTED.read_text()), yaml.safe_load(generated())

    assert len(theirs["paths"]) > 10
    assert sorted(ours["paths"]) == sorted(theirs["paths"]), "run `make api`"
    assert ours == theirs, "run `make api`"


def test_every_operation_has_a_name_of_its_own_and_says_how_it_refuses():
    document = yaml.safe_load(COMMITTED.read_text())
    operations = [each for path in document["paths"].values() for each in path.values()]
    names = [operation["operationId"] for operation in operations]

    assert len(names) > 20
    assert len(names) == len(set(names))
    assert all("default" in operation["responses"] for operation in operations)
