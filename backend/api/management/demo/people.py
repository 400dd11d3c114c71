"""The demo's people: an administrator who sees everything, then one for each kind of work."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from backend.accounts.domain import UserIn
from backend.accounts.models import User
from backend.accounts.services import user_create
from backend.core.actor import Actor
from backend.projects.domain import Role

CAST = (
    ("admin@limn.example", "Ada Admin", "administrator, sees everything"),
    ("annotator@limn.example", "Ben Brush", "annotator"),
    ("manager@limn.example", "Mira Manager", "project manager"),
    ("scientist@limn.example", "Sam Scientist", "data scientist"),
)
TRUTH = ("phantom-truth@limn.example", "Phantom truth (demo)")


@dataclass(frozen=True)
class People:
    """Ids of the demo's people by the first word of their address."""

    ids: dict[str, UUID]

    def actor(self, who: str) -> Actor:
        """Return somebody as an actor."""
        return Actor(user_id=self.ids[who], is_admin=who == "admin")

    def seats(self) -> dict[UUID, Role]:
        """Return who sits where in the demo's projects."""
        return {
            self.ids["annotator"]: "annotator",
            self.ids["scientist"]: "data_scientist",
            self.ids["phantom-truth"]: "annotator",
        }


def make_people(secrets_folder: Path) -> People:
    """Make whoever is not there yet; the sign-ins are kept beside the secrets, owner-only."""
    ids: dict[str, UUID] = {}
    lines: list[str] = []
    for email, name, role in CAST:
        password = secrets.token_urlsafe(9)
        ids[email.split("@")[0]], made = _person(email, name, password)
        if made:
            lines.append(f"  {email}   {password}   ({role})")
    ids["phantom-truth"], _ = _person(*TRUTH, secrets.token_urlsafe(24))
    if lines:
        _write_sign_ins(secrets_folder / "sign-ins.txt", lines)
    return People(ids)


def _person(email: str, name: str, password: str) -> tuple[UUID, bool]:
    found = User.objects.filter(email=email).first()
    if found is not None:
        return found.pk, False
    body = UserIn(email=email, name=name, password=password, is_admin=email.startswith("admin@"))
    return user_create(actor=Actor.system(), person=body).pk, True


def _write_sign_ins(path: Path, lines: list[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("Sign in with (e-mail, password):\n" + "\n".join(lines) + "\n")
