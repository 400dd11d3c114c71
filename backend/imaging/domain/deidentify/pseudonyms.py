"""Keyed stand-ins: the same patient, UID and offset every time, and no way back without the key."""

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from uuid import UUID

from pydicom.dataset import Dataset

SHORTEST_SECRET = 16
# Who a file says the patient is.
IDENTITY = {
    "PatientID": 0x00100020, "IssuerOfPatientID": 0x00100021,
    "PatientName": 0x00100010, "PatientBirthDate": 0x00100030,
}  # fmt: skip
# UIDs that the standard itself assigned name no instance and no patient.
_WELL_KNOWN = "1.2.840.10008."


@dataclass(frozen=True)
class Secret:
    """The key behind pseudonyms; its bytes never show in a repr, a log or a report."""

    key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.key) < SHORTEST_SECRET:
            raise ValueError(f"A secret has at least {SHORTEST_SECRET} bytes.")

    def digest(self, purpose: str, *words: str) -> bytes:
        """Return 32 bytes for these words that only a holder of the key can make."""
        text = "\x1f".join((purpose, *words)).encode("utf-8", "surrogatepass")
        return hmac.new(self.key, text, hashlib.sha256).digest()

    def pseudonym(self, patient: str) -> str:
        """Return a patient's stand-in: ``LIMN-`` and sixteen letters or digits."""
        return "LIMN-" + base64.b32encode(self.digest("patient", patient)[:10]).decode("ascii")

    def uid(self, uid: str) -> str:
        """Return the UID that stands for this one; those of the standard stay."""
        if not uid or uid.startswith(_WELL_KNOWN):
            return uid
        number = UUID(bytes=self.digest("uid", uid)[:16], version=4).int
        return f"2.25.{number}"

    def days(self, patient: str, shift_days: tuple[int, int]) -> int:
        """Return by how many days this patient's dates move; never zero."""
        first, last = shift_days
        choices = last - first + 1 - (first <= 0 <= last)
        place = int.from_bytes(self.digest("days", patient)[:8], "big") % choices
        days = first + place
        return days + 1 if first <= 0 <= days else days


def patient_key(dataset: Dataset, *, separate_issuers: bool) -> str:
    """Return what tells this patient from others: the ID, else name and birth date, else the study."""
    patient_id = _word(dataset, "PatientID")
    if patient_id:
        issuer = _word(dataset, "IssuerOfPatientID") if separate_issuers else ""
        return f"id\x1f{issuer}\x1f{patient_id}"
    name = _word(dataset, "PatientName").rstrip("^ ")
    if name:
        return f"name\x1f{name}\x1f{_word(dataset, 'PatientBirthDate')}"
    return f"study\x1f{_word(dataset, 'StudyInstanceUID')}"


def identity_of(dataset: Dataset) -> dict[str, str]:
    """Return who a file says the patient is, by keyword; what cannot be read is empty."""
    return {keyword: _text(dataset, keyword) for keyword in IDENTITY}


def _word(dataset: Dataset, keyword: str) -> str:
    return " ".join(_text(dataset, keyword).casefold().split())


def _text(dataset: Dataset, keyword: str) -> str:
    try:
        return str(dataset.get(keyword) or "").replace("\0", "")
    except Exception:  # noqa: BLE001  whatever a damaged element makes pydicom raise
        return ""
