"""`manage.py erase PATIENT`: remove a patient everywhere and print the proof."""

import json
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.api.services.erase import patient_erase
from backend.core.actor import Actor
from backend.core.errors import LimnError


class Command(BaseCommand):
    """There is no way back but a backup."""

    help = "Erase a patient everywhere: images, labels, releases' items, caches. Prints a proof."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("patient", type=UUID, help="the id that Limn shows for the patient")
        parser.add_argument("--reason", required=True, help="why; it is kept on record")

    def handle(self, *_: Any, **options: Any) -> None:
        """Erase and tell."""
        try:
            proof = patient_erase(
                actor=Actor.system(), patient_id=options["patient"], reason=options["reason"]
            )
        except LimnError as error:
            raise CommandError(error.detail) from None
        self.stdout.write(json.dumps(proof.document(), indent=2))
        if not proof.holds:
            raise CommandError("Something is left; see the proof.")
