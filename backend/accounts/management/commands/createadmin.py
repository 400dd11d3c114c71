"""`manage.py createadmin EMAIL [--name NAME]`: the first administrator, or one more."""

import getpass
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from pydantic import ValidationError

from backend.accounts.services import admin_ensure
from backend.core.errors import LimnError


class Command(BaseCommand):
    help = "Make an administrator. The password is read from a file or from standard input."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the address, the name and where the password is."""
        parser.add_argument("email")
        parser.add_argument(
            "--name", default="", help="as others read it; else that of the address"
        )
        parser.add_argument("--password-file", type=Path, default=None)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Make them, and say whether they are new."""
        try:
            password = _read_password(options["password_file"])
            name = options["name"] or options["email"].partition("@")[0]
            user, is_new = admin_ensure(email=options["email"], name=name, password=password)
        except LimnError as error:
            raise CommandError(error.detail) from None
        except ValidationError as error:
            raise CommandError(error.errors(include_input=False)[0]["msg"]) from None
        except OSError as error:
            raise CommandError(f"The password file cannot be read: {error.strerror}.") from None
        done = "is now an administrator" if is_new else "was there already and is an administrator"
        self.stdout.write(f"{user.email} {done}.")


def _read_password(file: Path | None) -> str:
    if file is not None:
        return file.read_text(encoding="utf-8").strip("\r\n")
    if sys.stdin.isatty():
        return getpass.getpass("Password: ")
    return sys.stdin.readline().strip("\r\n")
