"""`manage.py audit verify`: check that the record of who did what was not tampered with."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.audit.selectors import audit_verify
from backend.audit.services import audit_seal


class Command(BaseCommand):
    help = "Check the audit record's hash chain, or seal what is not sealed yet."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what to do."""
        parser.add_argument("action", choices=["verify", "seal"])

    def handle(self, *_args: Any, **options: Any) -> None:
        """Do it; a chain that does not fit ends with status 1."""
        if options["action"] == "seal":
            self.stdout.write(f"{audit_seal()} events were sealed.")
            return
        verdict = audit_verify()
        if not verdict.is_intact:
            raise CommandError("The audit record does not fit:\n" + "\n".join(verdict.faults))
        self.stdout.write(
            f"The audit record is intact: {verdict.sealed_events} events under {verdict.seals} "
            f"seals, {verdict.unsealed_events} not sealed yet."
        )
