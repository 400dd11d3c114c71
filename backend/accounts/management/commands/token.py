"""`manage.py token EMAIL`: print a new API token for a person, and nothing else."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.accounts.selectors import user_by_email
from backend.accounts.services import token_create
from backend.core.actor import Actor
from backend.core.errors import LimnError


class Command(BaseCommand):
    help = "Print a new API token for the person with this e-mail address."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the address, a name for the token and how long it lives."""
        parser.add_argument("email")
        parser.add_argument("--name", default="command line", help="what the token is for")
        parser.add_argument(
            "--days", type=int, default=None, help="valid so long; default: for ever"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Make the token."""
        try:
            owner = user_by_email(email=options["email"])
            _, secret = token_create(
                actor=Actor.system(),
                owner_id=owner.pk,
                name=options["name"],
                expires_in_days=options["days"],
            )
        except LimnError as error:
            raise CommandError(error.detail) from None
        self.stdout.write(secret)
