"""``manage.py model add|list``: interactive models from checkpoint files."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from backend.core.actor import Actor
from backend.core.errors import LimnError
from backend.inference.selectors import models_visible
from backend.inference.services import model_add

ARCHITECTURES = ("vit_b", "vit_l", "vit_h", "limn_tiny")
PREPROCESSINGS = ("sam", "medsam")


class Command(BaseCommand):
    """Adds a segment-anything checkpoint, or lists what is there."""

    help = "Add a segment-anything checkpoint (`model add`), or list the models (`model list`)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        add = verbs.add_parser("add", help="store a checkpoint and let a model worker prepare it")
        add.add_argument("--name", required=True, help="how people see it")
        add.add_argument("--arch", required=True, choices=ARCHITECTURES)
        add.add_argument("--file", required=True, type=Path, help="the checkpoint (.pth or .pt)")
        add.add_argument("--preprocessing", choices=PREPROCESSINGS, default="sam")
        verbs.add_parser("list", help="list the models and how they stand")

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["verb"] == "list":
            self._list()
            return
        try:
            version = model_add(
                actor=Actor.system(),
                name=options["name"],
                architecture=options["arch"],
                file=options["file"],
                preprocessing=options["preprocessing"],
            )
        except LimnError as error:
            raise CommandError(error.detail) from error
        self.stdout.write(
            f"Added {options['name']} {version.number} ({version.status}, {version.pk}). "
            "It can be used once a model worker has prepared it."
        )

    def _list(self) -> None:
        rows = models_visible(actor=Actor.system()).results
        if not rows:
            self.stdout.write("There are no models yet.")
        for row in rows:
            note = f"  {row.message}" if row.message else ""
            self.stdout.write(
                f"{row.id}  {row.family:7} {row.status:10} {row.name} {row.number}{note}"
            )
