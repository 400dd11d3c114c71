"""`manage.py archive verify | gc | backup | restore`: the store looked after."""

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.api.services.backup import archive_backup, backup_thin
from backend.api.services.restore import archive_restore
from backend.api.services.verify import Verification, archive_verify
from backend.core.errors import LimnError
from backend.core.sweep import GRACE_SECONDS, storage_sweep

HARMED, REFUSED = 1, 2


class Command(BaseCommand):
    """Exits with 0 where all is well, with 1 where something is lost, with 2 where it refused."""

    help = "Verify the store, remove what nothing refers to, back up, restore."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        commands = parser.add_subparsers(dest="what", required=True)
        verify = commands.add_parser("verify", help="hash every object again")
        verify.add_argument("--resume", action="store_true", help="go on where one broke off")
        verify.add_argument("--rate", type=float, default=0, help="at most so many MiB a second")
        gc = commands.add_parser("gc", help="name objects that nothing refers to")
        gc.add_argument("--delete", action="store_true", help="and remove them")
        gc.add_argument("--grace-hours", type=float, default=GRACE_SECONDS / 3600)
        backup = commands.add_parser("backup", help="write a backup into a folder")
        backup.add_argument("target", type=Path)
        backup.add_argument("--without-key", action="store_true")
        backup.add_argument("--keep", type=int, help="remove all but so many of the newest")
        restore = commands.add_parser("restore", help="fill an empty installation from a backup")
        restore.add_argument("target", type=Path)
        restore.add_argument("--moment", default="", help="which backup; the newest by default")
        restore.add_argument("--accept-losses", action="store_true")
        for each in (verify, gc, backup, restore):
            each.add_argument("--json", action="store_true", help="one JSON document on stdout")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Do one of them."""
        try:
            document, words, code = getattr(self, f"_{options['what']}")(options)
        except LimnError as error:
            raise CommandError(error.detail, returncode=REFUSED) from None
        self.stdout.write(json.dumps(document, indent=1) if options["json"] else "\n".join(words))
        if code:
            sys.exit(code)

    def _say(self, words: str) -> None:
        self.stderr.write(words)
        self.stderr.flush()

    def _verify(self, options: dict[str, Any]) -> tuple[Any, list[str], int]:
        found = archive_verify(
            bytes_a_second=options["rate"] * 1024**2, resume=options["resume"], say=self._say
        )
        return found.document(), _told(found), 0 if found.is_whole else HARMED

    def _gc(self, options: dict[str, Any]) -> tuple[Any, list[str], int]:
        swept = list(
            storage_sweep(
                grace_seconds=options["grace_hours"] * 3600, only_look=not options["delete"]
            )
        )
        removed = [each.sha256 for each in swept if each.is_removed]
        document = {"orphans": [each.sha256 for each in swept], "removed": removed}
        words = [*(f"orphan {each.sha256}" for each in swept)]
        end = f"{len(removed)} were removed." if options["delete"] else "--delete removes them."
        words.append(f"{len(swept)} objects that nothing refers to. {end}")
        return document, words, 0

    def _backup(self, options: dict[str, Any]) -> tuple[Any, list[str], int]:
        target, with_key = options["target"], not options["without_key"]
        made = archive_backup(target=target, with_key=with_key, say=self._say)
        if options["keep"]:
            made.removed_snapshots = backup_thin(target=target, keep=options["keep"])
        words = [f"lost {name}: {', '.join(belongs_to)}" for name, belongs_to in made.lost.items()]
        words.append(
            f"Backup {made.snapshot}: {made.objects} objects, {made.copied} of them new "
            f"({made.bytes_copied / 1024**2:.1f} MiB)."
        )
        if with_key:
            words.append(
                "It holds the key behind pseudonyms: whoever reads it can tell who patients are. "
                "Keep it as safe as the originals, or use --without-key and keep the key apart."
            )
        return vars(made), words, HARMED if made.lost else 0

    def _restore(self, options: dict[str, Any]) -> tuple[Any, list[str], int]:
        done = archive_restore(
            target=options["target"],
            moment=options["moment"],
            accept_losses=options["accept_losses"],
            say=self._say,
        )
        found = archive_verify(say=self._say)
        words = [f"{done.rows} rows and {done.objects} objects are back.", *done.advice]
        document = {**vars(done), "verified": found.document()}
        return document, [*words, *_told(found)], 0 if found.is_whole else HARMED


def _told(found: Verification) -> list[str]:
    words = []
    for what, faults in (("damaged", found.damaged), ("missing", found.missing)):
        words += [
            f"{what} {fault.sha256}: {', '.join(fault.belongs_to) or 'nobody'}" for fault in faults
        ]
    words += [f"orphan {name}" for name in found.orphans]
    words += [f"stranger {name}" for name in found.strangers]
    verdict = "All is whole." if found.is_whole else "Something is lost; see above."
    words.append(
        f"{found.objects} objects ({found.bytes / 1024**2:.1f} MiB) and {found.masks} mask frames: "
        f"{len(found.damaged)} damaged, {len(found.missing)} missing, "
        f"{len(found.orphans) + found.orphan_masks} that nothing refers to. {verdict}"
    )
    return words
