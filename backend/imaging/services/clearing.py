"""Identities taken out between a file's arrival and its parsing, by the policy of its run.

What arrives is read into memory, cleared, and written as a draft of the store; from there on it
is a file like any other. A file whose picture seems to carry text keeps its cleared header and
waits in quarantine.
"""

import logging
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import PurePath
from uuid import UUID

from django.db import transaction
from pydicom.dataset import FileDataset

from backend.core.blobs import blob_store
from backend.core.drafts import Draft, StorageFull
from backend.imaging.domain.deidentify.burned_in import Finding, inspected
from backend.imaging.domain.deidentify.equal import EqualElements
from backend.imaging.domain.deidentify.files import cleared, opened, renew_meta, written
from backend.imaging.domain.deidentify.policy import Policy
from backend.imaging.domain.deidentify.pseudonyms import Secret, identity_of, patient_key
from backend.imaging.domain.deidentify.redact import NotRedactable, redacted
from backend.imaging.domain.deidentify.report import Report
from backend.imaging.domain.header import text
from backend.imaging.domain.parse import parse_file, parse_open
from backend.imaging.domain.parsed import Parsed
from backend.imaging.domain.rejections import Rejected
from backend.imaging.models import IngestRun, QuarantinedFile, SealedIdentity
from backend.imaging.services.foreign import NOT_DICOM, may_wait
from backend.imaging.services.incoming import Incoming
from backend.imaging.services.secrets import sealed, secret_of

log = logging.getLogger(__name__)
LARGEST_AT_ONCE = 256 << 20
REMEMBERED_S = 600


@dataclass
class Clearing:
    """A run's policy at work: what was done, who waits, whose identity is sealed."""

    run: IngestRun
    policy: Policy
    secret: Secret
    audience_id: UUID | None = None
    report: Report = field(default_factory=Report)
    waiting: list[QuarantinedFile] = field(default_factory=list)
    identities: dict[str, bytes] = field(default_factory=dict)

    @property
    def equal(self) -> EqualElements:
        """Return what became of elements so far, for the next files that have the same."""
        return _equal_elements(self.policy, self.secret, int(time.monotonic() / REMEMBERED_S))

    def begin_anew(self) -> None:
        """Forget what is written down."""
        self.waiting, self.identities, self.report = [], {}, Report()


@lru_cache(maxsize=2)
def _equal_elements(policy: Policy, secret: Secret, _period: int) -> EqualElements:
    """Return what deliveries of one period share: a sender may bring file by file."""
    return EqualElements(policy, secret)


def clearing_of(run: IngestRun, audience_id: UUID | None = None) -> Clearing | None:
    """Return the work that this run's policy asks for; None where it asks for nothing."""
    if run.policy is None:
        return None
    policy = Policy.from_document(run.policy.document)
    if not policy.applies and policy.pixels.check == "none":
        return None
    return Clearing(run, policy, secret_of(policy.salt_id), audience_id)


def files_clear(clearing: Clearing, files: Iterable[Incoming]) -> Iterator[Incoming]:
    """Yield the files without identities, in order; those that cannot go on say why.

    What was sent is discarded as soon as it is written anew, or the sender's files would pile up.
    """
    for incoming in files:
        cleared_one = _clear(clearing, incoming)
        if cleared_one.draft is not incoming.draft:
            incoming.discard()
        yield cleared_one


def _clear(clearing: Clearing, incoming: Incoming) -> Incoming:
    name = neutral_name(clearing, incoming.name)
    if incoming.refusal is not None:
        return replace(incoming, name=name)
    try:
        draft, finding, parsed = _cleared_draft(clearing, incoming)
    except Exception as error:  # noqa: BLE001  one file does not stop the rest
        refusal = _refusal_of(clearing, error)
        if refusal.code != NOT_DICOM:
            return Incoming(name, incoming.path, refusal=refusal)
        if may_wait(incoming, clearing.policy):
            # It is converted under its own name, by which side files know it, and cleared then.
            name = incoming.name
        return replace(incoming, name=name, refusal=refusal)
    if finding.verdict == "clean":
        return Incoming.drafted(name, draft, parsed=parsed)
    return _held(clearing, Incoming.drafted(name, draft), finding)


def _refusal_of(clearing: Clearing, error: Exception) -> Rejected:
    """Return why a file does not come in, in words."""
    if isinstance(error, Rejected):
        if clearing.policy.applies and error.sop_uid:
            error.sop_uid = clearing.secret.uid(error.sop_uid)
        return error
    if isinstance(error, StorageFull):
        return Rejected("imaging.storage_full", why=error.detail)
    if isinstance(error, OSError):
        return Rejected("imaging.vanished")
    log.error("A file could not be de-identified", exc_info=error)  # no name: it may be a patient's
    return Rejected("imaging.not_deidentified")


def _cleared_draft(clearing: Clearing, incoming: Incoming) -> tuple[Draft, Finding, Parsed | None]:
    """Write a file without its identities; return what it says too, where that was read meanwhile."""
    content = incoming.path.read_bytes() if _fits_memory(incoming) else b""
    like_others = clearing.equal.cleared(content) if content else None
    if like_others is not None:
        draft = _written_draft(like_others.chunks)
        parsed = _parsed(draft)
        if parsed is not None:
            _note(clearing, like_others.report, like_others.patient, like_others.identity)
            return draft, Finding("clean"), parsed
        draft.discard()
    given = parse_file(incoming.path)  # refuses what is damaged, or too much for memory
    content = content or incoming.path.read_bytes()
    dataset = opened(content)
    finding = inspected(dataset, clearing.policy.pixels)
    changed = clearing.policy.applies
    if clearing.policy.pixels.blank_known and finding.known:
        renew_meta(dataset, given.transfer_syntax_uid)
        try:
            redacted(dataset, finding.known)
            changed = True
        except NotRedactable:
            finding = replace(finding, verdict="quarantine", reason="text")
    if changed:
        content = _without_identity(clearing, dataset, content)
    return _written_draft([content]), finding, None


def _fits_memory(incoming: Incoming) -> bool:
    return incoming.path.stat().st_size <= LARGEST_AT_ONCE


def _written_draft(chunks: Iterable[bytes | memoryview]) -> Draft:
    draft = blob_store().draft()
    try:
        for chunk in chunks:
            draft.write(chunk)
    except BaseException:
        draft.discard()
        raise
    draft.flush_soon()  # while the next one is cleared
    return draft


def _parsed(draft: Draft) -> Parsed | None:
    """Return what a cleared file says; None where it does not come in: the sender's says why."""
    try:
        return parse_open(draft.file, draft.path)
    except Rejected:
        return None


def _without_identity(clearing: Clearing, dataset: FileDataset, content: bytes) -> bytes:
    policy, secret = clearing.policy, clearing.secret
    patient = patient_key(dataset, separate_issuers=policy.separate_issuers)
    identity = identity_of(dataset)
    result = cleared(dataset, content, policy, secret)
    _note(clearing, result.report, patient, identity)
    return written(result.dataset)


def _note(clearing: Clearing, report: Report, patient: str, identity: dict[str, str]) -> None:
    """Count what was done, and seal who it was where the policy keeps the way back."""
    clearing.report.add(report)
    if clearing.policy.applies and clearing.policy.way_back:
        pseudonym = clearing.secret.pseudonym(patient)
        if pseudonym not in clearing.identities:
            clearing.identities[pseudonym] = sealed(clearing.secret, pseudonym, identity)


def _held(clearing: Clearing, incoming: Incoming, finding: Finding) -> Incoming:
    """Keep a file aside for a person; its fate is to be quarantined."""
    if incoming.draft is None:
        return incoming
    parsed = parse_file(incoming.path)
    ref = blob_store().keep(incoming.draft)
    clearing.waiting.append(
        QuarantinedFile(
            run=clearing.run,
            audience_id=clearing.audience_id,
            name=incoming.name,
            reason=finding.reason,
            boxes=[box.document() for box in finding.boxes],
            known_boxes=[box.document() for box in finding.known],
            file_sha256=ref.sha256,
            size_bytes=ref.size,
            sop_uid=parsed.given_sop_uid,
            sop_class_uid=parsed.sop_class_uid,
            patient_id=text(parsed.header, "00100020", 128),
            rows=parsed.pixels.rows if parsed.pixels else 0,
            columns=parsed.pixels.columns if parsed.pixels else 0,
            frame_count=parsed.pixels.frames if parsed.pixels else 0,
        )
    )
    refusal = Rejected("imaging.burned_in")
    refusal.sop_uid, refusal.sop_class_uid = parsed.given_sop_uid, parsed.sop_class_uid
    return Incoming(incoming.name, incoming.path, refusal=refusal)


def neutral_name(clearing: Clearing, name: str) -> str:
    """Return a name that tells no patient's: the kind of file and eight digits of a keyed hash."""
    if not clearing.policy.applies:
        return name
    suffix = PurePath(name).suffix
    suffix = suffix if suffix.isascii() and len(suffix) <= 5 else ""
    return f"file-{clearing.secret.digest('file', name).hex()[:8]}{suffix}"


@transaction.atomic
def clearing_record(clearing: Clearing) -> None:
    """Write down who waits, whose identity is sealed, and what was done."""
    QuarantinedFile.objects.bulk_create(clearing.waiting)
    SealedIdentity.objects.bulk_create(
        [
            SealedIdentity(salt_id=clearing.policy.salt_id, pseudonym=pseudonym, sealed=box)
            for pseudonym, box in sorted(clearing.identities.items())
        ],
        ignore_conflicts=True,
    )
    run = IngestRun.objects.select_for_update(no_key=True).get(pk=clearing.run.pk)
    run.report = Report.from_document(run.report).plus(clearing.report).document()
    run.save(update_fields=["report"])
