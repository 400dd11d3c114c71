"""Write a series as NIfTI, with the structures and segments that were drawn on it."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.core.actor import Actor
from backend.exports.services.plain import described, series_write
from backend.imaging.models import Series


class Command(BaseCommand):
    """Each file is read back and compared; what cannot be a volume is told with its reason."""

    help = "Write the volumes of a series, and labels that came with it, as NIfTI."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("series", metavar="SERIES_UID", help="its Series Instance UID")
        parser.add_argument("--out", type=Path, required=True, help="a folder, made if absent")
        parser.add_argument("--suv", action="store_true", help="PET as SUV by body weight")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Write the files and say what became of each grid."""
        series = Series.objects.select_related("study").filter(uid=options["series"]).first()
        if series is None:
            raise CommandError("There is no such series.")
        folder: Path = options["out"]
        folder.mkdir(parents=True, exist_ok=True)
        rows = []
        for row in series_write(
            actor=Actor.system(), series=series, folder=folder, suv=options["suv"]
        ):
            rows.append(row)
            name = row.get("label") or row.get("grid") or series.description or "series"
            self.stdout.write(f"{name}: {row.get('file') or row.get('left_out')}")
        described(rows, folder, series.pk)
        if not any("file" in row for row in rows):
            raise CommandError("Nothing of this series could be written as NIfTI.")
