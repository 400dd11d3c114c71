"""Files de-identified by the bytes of their elements: equal bytes are judged once.

The slices of a series agree in most of their elements. What the engine makes of one depends on its
bytes, on the policy and the key, and on what the file is: its kind, its encoding, its private
creators, whose it is and the words that name somebody in it. Where all these are equal, the
outcome is, and is taken from the file before. A file that is not written by the book is left to
the engine, which reads it whole; the result is the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

from backend.imaging.domain import header as values
from backend.imaging.domain import sop_classes
from backend.imaging.domain.deidentify import private
from backend.imaging.domain.deidentify.burned_in import LOOKED_AT, asks_for_a_look
from backend.imaging.domain.deidentify.engine import finish, judge
from backend.imaging.domain.deidentify.files import IMPLEMENTATION_NAME, IMPLEMENTATION_UID
from backend.imaging.domain.deidentify.gather import gathered, may_name
from backend.imaging.domain.deidentify.pieces import (
    Pieces,
    bytes_of,
    dataset_of,
    meta_of,
    pieces_of,
    value_of,
)
from backend.imaging.domain.deidentify.policy import Policy
from backend.imaging.domain.deidentify.pseudonyms import IDENTITY, Secret, identity_of, patient_key
from backend.imaging.domain.deidentify.report import Report
from backend.imaging.domain.deidentify.scope import Scope
from backend.imaging.domain.deidentify.standard import Option
from backend.imaging.domain.deidentify.words import Identifying, identifying

_SOP_CLASS, _SOP_UID, _CHARACTER_SET = 0x00080016, 0x00080018, 0x00080005
_PIXELS_LENGTH = 0x7FE00000  # of the group, retired
# What decides how other elements are read: character set, sign and width, descriptors of tables.
_READING = (_CHARACTER_SET, 0x00280100, 0x00280103, 0x00281101, 0x00281102, 0x00281103)
# What `finish` reads or writes: who it is, and what is said of the de-identification.
_FINISHED = (0x00100010, 0x00100020, 0x00120062, 0x00120063, 0x00120064, 0x00280303)
# What is remembered: elements up to this size, and all of them together with what they became.
_LARGEST, _MOST_BYTES, _BESIDE = 1 << 14, 16 << 20, 500
Words = tuple[tuple[str, ...], tuple[str, ...]]
Known = tuple[bytes, ...]
# The bytes an element becomes (none where it goes) and what the report notes of it.
Done = tuple[bytes, tuple[tuple[str, str], ...]]
_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


@dataclass(frozen=True)
class Outcome:
    """A file without its identities in pieces, what was done, and whose it was."""

    chunks: Sequence[bytes | memoryview]
    report: Report
    patient: str
    identity: dict[str, str]


@dataclass
class _Judged:
    """What became of elements in files that agree in all that matters to the judgement."""

    scope: Scope
    patient: str
    identity: dict[str, str]
    done: dict[bytes, Done] = field(default_factory=dict)
    finished: dict[Known, dict[int, bytes]] = field(default_factory=dict)


class EqualElements:
    """Remembers, for one policy and key, what became of which bytes; of several threads at once."""

    def __init__(self, policy: Policy, secret: Secret) -> None:
        self._policy, self._secret = policy, secret
        self._with_dates = Option.FULL_DATES not in policy.options
        self._words: dict[tuple[bytes, bytes], Words] = {}
        self._looks: dict[Known, bool] = {}
        self._judged: dict[object, _Judged] = {}
        self._bytes = 0

    def cleared(self, content: bytes) -> Outcome | None:
        """Return a file without its identities; None where the engine shall read it whole.

        That is a file not written by the book, a damaged one, and one whose pixels are looked at.
        """
        if not self._policy.applies or self._policy.pixels.check == "all":
            return None
        pieces = pieces_of(content)
        if pieces is None or not _has_names(pieces):
            return None
        try:
            return None if self._is_looked_at(pieces) else self._cleared(pieces)
        except Exception:  # noqa: BLE001  whatever a damaged element makes pydicom raise
            return None

    def _cleared(self, pieces: Pieces) -> Outcome:
        judged = self._scope_of(pieces)
        report = Report(self._policy.label, self._policy.digest, files=1)
        found = self._outcomes(pieces, judged)
        report.counts.update(note for _, notes in found.values() for note in notes)
        kept = {tag: raw for tag, (raw, _) in found.items() if raw and tag != _PIXELS_LENGTH}
        for tag in private.empty_blocks(kept):
            del kept[tag]
        kept.update(_finished(kept, judged, is_implicit=pieces.is_implicit))
        meta = meta_of(
            value_of(kept[_SOP_CLASS]),
            value_of(kept[_SOP_UID]),
            pieces.syntax,
            (IMPLEMENTATION_UID, IMPLEMENTATION_NAME),
        )
        header = b"".join([meta, *(kept[tag] for tag in sorted(kept))])
        return Outcome([header, pieces.tail], report, judged.patient, judged.identity)

    def _is_looked_at(self, pieces: Pieces) -> bool:
        """Tell whether the pixels are to be searched for text."""
        if self._policy.pixels.check == "none" or not pieces.tail:
            return False
        there = pieces.some((_CHARACTER_SET, *LOOKED_AT))
        key = tuple(there.values())
        looks = self._looks.get(key)
        if looks is None:
            dataset = dataset_of(there, is_implicit=pieces.is_implicit)
            looks = asks_for_a_look(dataset, self._policy.pixels)
            self._looks = {key: looks}
        return looks

    def _scope_of(self, pieces: Pieces) -> _Judged:
        """Return what is known of files like this one."""
        whose = pieces.some((*IDENTITY.values(), 0x0020000D))
        reading = pieces.some((*_READING, _SOP_CLASS))
        creators = pieces.some(_creators(pieces))
        words = self._words_of(pieces)
        key = (
            pieces.is_implicit,
            tuple(whose.values()),
            tuple(reading.values()),
            tuple(creators.values()),
            words,
        )
        judged = self._judged.get(key)
        if judged is None:
            dataset = dataset_of({**whose, **reading}, is_implicit=pieces.is_implicit)
            judged = self._begun(dataset, words)
            self._remember(self._judged, key, judged, sum(map(len, whose.values())))
        return judged

    def _begun(self, dataset: Dataset, words: tuple[Words, ...]) -> _Judged:
        """Return what judges the elements of files that say this of themselves."""
        patient = patient_key(dataset, separate_issuers=self._policy.separate_issuers)
        kind = str(dataset.get("SOPClassUID", ""))
        scope = Scope(self._policy, self._secret, patient, kind, _known(words), Report())
        return _Judged(scope, patient, identity_of(dataset))

    def _words_of(self, pieces: Pieces) -> tuple[Words, ...]:
        """Return the words by which the elements name somebody."""
        charset = pieces.elements.get(_CHARACTER_SET, b"")
        found = []
        for tag, raw in pieces.elements.items():
            if not may_name(tag, pieces.vrs[tag]):
                continue
            key = (raw, charset)
            words = self._words.get(key)
            if words is None:
                alone = {_CHARACTER_SET: charset, tag: raw} if charset else {tag: raw}
                names, numbers = gathered(
                    dataset_of(alone, is_implicit=pieces.is_implicit), with_dates=self._with_dates
                )
                words = (tuple(names), tuple(numbers))
                self._remember(self._words, key, words, len(raw))
            if any(words):
                found.append(words)
        return tuple(found)

    def _outcomes(self, pieces: Pieces, judged: _Judged) -> dict[int, Done]:
        """Return by tag what each element becomes; those seen for the first time are judged."""
        known = {tag: judged.done.get(raw) for tag, raw in pieces.elements.items()}
        new = {tag: pieces.elements[tag] for tag, found in known.items() if found is None}
        fresh = _judge(new, pieces, judged) if new else {}
        for tag, found in fresh.items():
            self._remember(judged.done, new[tag], found, len(new[tag]))
        return {tag: found or fresh[tag] for tag, found in known.items()}

    def _remember(
        self, memory: dict[_Key, _Value], key: _Key, value: _Value, size_bytes: int
    ) -> None:
        """Keep what became of something small; all is forgotten where it would be too much."""
        if size_bytes > _LARGEST:
            return
        self._bytes += 2 * size_bytes + _BESIDE
        if self._bytes > _MOST_BYTES:
            self._words, self._judged, self._bytes = {}, {}, 0
            return
        memory[key] = value


def _has_names(pieces: Pieces) -> bool:
    """Tell whether a file says what it is and who, as files do."""
    elements = pieces.elements
    if _SOP_CLASS not in elements or _SOP_UID not in elements:
        return False
    kind = value_of(elements[_SOP_CLASS])
    named = values.is_uid(kind) and values.is_uid(value_of(elements[_SOP_UID]))
    return named and kind != sop_classes.DICOMDIR


def _known(words: tuple[Words, ...]) -> Identifying:
    names = [name for each, _ in words for name in each]
    return identifying(names, [number for _, each in words for number in each])


def _judge(new: dict[int, bytes], pieces: Pieces, judged: _Judged) -> dict[int, Done]:
    """Have the engine judge these elements, among all that decides how they are read."""
    around = pieces.some((*_READING, *_creators(pieces)))
    dataset = dataset_of({**around, **new}, is_implicit=pieces.is_implicit)
    blocks = private.blocks(dataset)
    found = {}
    for tag in new:
        report = Report()
        judge(dataset, BaseTag(tag), blocks, replace(judged.scope, report=report))
        raw = bytes_of(dataset, tag, is_implicit=pieces.is_implicit)
        found[tag] = (raw, tuple(report.counts.elements()))
    return found


def _creators(pieces: Pieces) -> list[int]:
    return [tag for tag in pieces.elements if tag >> 16 & 1 and 0x10 <= tag & 0xFFFF <= 0xFF]


def _finished(kept: dict[int, bytes], judged: _Judged, *, is_implicit: bool) -> dict[int, bytes]:
    """Return what the data set says of itself in the end."""
    before = {tag: kept[tag] for tag in (_CHARACTER_SET, *_FINISHED) if tag in kept}
    key = tuple(before.values())
    found = judged.finished.get(key)
    if found is None:
        dataset = dataset_of(before, is_implicit=is_implicit)
        finish(dataset, judged.scope)
        after = {tag: bytes_of(dataset, tag, is_implicit=is_implicit) for tag in _FINISHED}
        found = {tag: raw for tag, raw in after.items() if raw}
        judged.finished = {key: found}
    return found
