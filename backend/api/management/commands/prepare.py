"""Make the database and the storage ready for this version of Limn; safe to run again."""

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

from backend.core.blobs import blob_store


class Command(BaseCommand):
    """`manage.py prepare`: run once before the processes of a new version start."""

    help = __doc__

    def handle(self, *_args: Any, **_options: Any) -> None:
        call_command("migrate", verbosity=0)
        blob_store().prepare()
        self.stdout.write("The database and the storage are ready.")
