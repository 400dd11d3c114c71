"""The keys behind pseudonyms, one per salt, and identities sealed with them.

All come from one secret of the installation. Whoever loses it loses the way back and the
stability of pseudonyms; whoever steals it can undo both.
"""

import hashlib
import hmac
import json
from typing import Any

from django.conf import settings

from backend.imaging.domain.deidentify.pseudonyms import Secret

_NONCE_BYTES, _TAG_BYTES = 12, 16


def secret_of(salt_id: str) -> Secret:
    """Return the key of this salt, always the same for the same installation."""
    master = (settings.LIMN_DEID_KEY or settings.SECRET_KEY).encode()
    return Secret(hmac.new(master, f"limn.deidentify.{salt_id}".encode(), hashlib.sha256).digest())


def sealed(secret: Secret, pseudonym: str, identity: dict[str, str]) -> bytes:
    """Return an identity that only a holder of the key can read, bound to its pseudonym.

    The nonce comes from the content, so the same identity is sealed to the same bytes.
    """
    plain = json.dumps(identity, sort_keys=True, ensure_ascii=False).encode()
    nonce = secret.digest("seal nonce", pseudonym, plain.decode())[:_NONCE_BYTES]
    box = _box(secret, pseudonym, nonce)
    content, tag = box.encrypt_and_digest(plain)
    return nonce + bytes(tag) + bytes(content)


def opened(secret: Secret, pseudonym: str, box: bytes) -> dict[str, str]:
    """Return a sealed identity; raises ValueError where the key or the pseudonym is another."""
    nonce, tag = box[:_NONCE_BYTES], box[_NONCE_BYTES : _NONCE_BYTES + _TAG_BYTES]
    plain = _box(secret, pseudonym, nonce).decrypt_and_verify(box[_NONCE_BYTES + _TAG_BYTES :], tag)
    identity: dict[str, str] = json.loads(plain)
    return identity


def _box(secret: Secret, pseudonym: str, nonce: bytes) -> Any:  # noqa: ANN401  the library names no public type
    from Cryptodome.Cipher import AES  # noqa: PLC0415  only those who seal or ask need it

    box = AES.new(secret.digest("seal"), AES.MODE_GCM, nonce=nonce, mac_len=_TAG_BYTES)
    box.update(pseudonym.encode())
    return box
