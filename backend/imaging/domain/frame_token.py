"""Short-lived leave to read the frames of one study: signed, so that no table is asked."""

import base64
import hashlib
import hmac
from functools import lru_cache
from uuid import UUID

_SIGNATURE_BYTES = 24


def derive_key(secret: str) -> bytes:
    """Return the key of the frame door, derived from the installation's secret."""
    return hmac.new(secret.encode(), b"limn frame door", hashlib.sha256).digest()


def token_sign(key: bytes, study_id: UUID, user_id: UUID | None, expires: int) -> str:
    """Return a token for this study and person; `expires` in seconds since 1970."""
    words = f"{study_id.hex}.{user_id.hex if user_id else '-'}.{expires}"
    return f"{words}.{_signature(key, words)}"


def token_allows(key: bytes, token: str, study_hex: str, now: float) -> str:
    """Return "yes", "expired" or "no" for reading frames of the study."""
    expires = _expires(key, token, study_hex)
    if expires is None:
        return "no"
    return "yes" if now < expires else "expired"


@lru_cache(maxsize=4096)
def _expires(key: bytes, token: str, study_hex: str) -> int | None:
    """Return until when a token opens a study, None for never: each frame brings the same one."""
    words, _, signature = token.rpartition(".")
    if not hmac.compare_digest(signature.encode(), _signature(key, words).encode()):
        return None
    study, _, expires = words.split(".")
    return int(expires) if study == study_hex else None


def token_reader(token: str) -> UUID | None:
    """Return whom a token was given to; None for Limn itself. Asked of tokens that are good."""
    user = token.split(".")[1]
    return None if user == "-" else UUID(user)


def _signature(key: bytes, words: str) -> str:
    digest = hmac.new(key, words.encode("utf-8", "replace"), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:_SIGNATURE_BYTES]).decode()
