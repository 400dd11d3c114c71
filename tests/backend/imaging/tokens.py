"""API tokens for tests."""

import hashlib

from backend.accounts.models import ApiToken, User


def bearer_of(user: User) -> str:
    """Return a token that stands for this person."""
    secret = f"token-of-{user.pk}"
    digest = hashlib.sha256(secret.encode()).hexdigest()
    ApiToken.objects.create(user=user, name="test", secret_sha256=digest)
    return secret
