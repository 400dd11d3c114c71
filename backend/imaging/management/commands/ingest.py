"""Take files, folders and archives in from the command line."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.core.actor import Actor
from backend.imaging.models import IngestRun
from backend.imaging.selectors.runs import item_out, run_items
from backend.imaging.services import ingest_paths

_UNEXPECTED = frozenset({"imaging.internal", "imaging.storage_full"})


class Command(BaseCommand):
    """Administrators see what comes in this way; `--project` shows it to a project too."""

    help = "Take files, folders or archives in, DICOM or not. Every file's outcome is told."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")
        parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
        parser.add_argument("--policy", help="de-identify by this policy, such as `basic`")
        parser.add_argument("--project", type=UUID, help="let this project see the studies")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Take the files in and say what became of each."""
        missing = [path for path in options["paths"] if not path.exists()]
        if missing:
            raise CommandError(f"There is nothing at {missing[0]}.")
        run = ingest_paths(
            actor=Actor.system(),
            paths=options["paths"],
            audience_id=options["project"],
            policy=options["policy"],
        )
        if options["json"]:
            self._tell_json(run)
        else:
            self._tell(run)
        failed = run_items(run).filter(code__in=_UNEXPECTED).count()
        if failed:
            raise CommandError(f"{failed} files could not be taken in because of a fault of Limn.")

    def _tell_json(self, run: IngestRun) -> None:
        items = [item_out(item).model_dump(mode="json") for item in run_items(run).iterator(500)]
        document = {"run_id": str(run.pk), "counts": run.counts, "items": items}
        self.stdout.write(json.dumps(document, ensure_ascii=False))

    def _tell(self, run: IngestRun) -> None:
        for item in run_items(run).filter(outcome="rejected").iterator(500):
            self.stdout.write(f"rejected   {item.name}: {item.reason} {item.next_step}")
        counts = run.counts
        self.stdout.write(
            f"{counts['stored']} stored, {counts.get('converted', 0)} converted, "
            f"{counts.get('kept', 0)} kept, {counts['duplicate']} were there already, "
            f"{counts['quarantined']} in quarantine, {counts['rejected']} rejected."
        )
