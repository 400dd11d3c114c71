"""The tables are what the models say."""

import pytest
from django.apps import apps
from django.core.management import call_command


@pytest.mark.django_db
def test_no_model_has_changed_without_a_migration():
    assert (
        len([model for model in apps.get_models() if model.__module__.startswith("backend.")]) > 10
    )
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
