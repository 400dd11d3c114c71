"""C-FIND and C-GET: identifiers become searches, found rows become identifiers and files."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from django.conf import settings
from pydicom import uid as uids
from pydicom.datadict import dictionary_VR
from pydicom.dataset import Dataset
from pynetdicom.events import Event

from backend.core.actor import Actor
from backend.core.errors import LimnError
from backend.imaging.domain.accepting import Accepted, NotAcceptable
from backend.imaging.domain.dimse import CANCELLED, NOT_OF_ITS_CLASS, PENDING, status_with
from backend.imaging.domain.encode import EXPLICIT_LITTLE
from backend.imaging.selectors.dimse import Retrievable, dimse_found, dimse_instances
from ml_worker.pixels.whole_file import read_whole

log = logging.getLogger(__name__)
_LEVEL, _CHARSET = "00080052", "00080005"
Pair = tuple[int, Dataset | None]
_IMPLICIT_LITTLE = str(uids.ImplicitVRLittleEndian)


def found(event: Event, reader: Actor) -> Iterator[Pair]:
    """Yield the matches of a C-FIND, each with what was asked for and no more."""
    identifier = event.identifier
    level = str(identifier.get("QueryRetrieveLevel", "")).strip()
    keys = _keys(identifier)
    for row in dimse_found(actor=reader, level=level, keys=keys):
        if event.is_cancelled:
            yield CANCELLED, None
            return
        yield PENDING, _answer(row, level, keys)


def retrieved(event: Event, reader: Actor) -> Iterator[Any]:
    """Yield how many instances a C-GET sends, then each of them."""
    identifier = event.identifier
    level = str(identifier.get("QueryRetrieveLevel", "")).strip()
    try:
        wanted = dimse_instances(actor=reader, level=level, keys=_keys(identifier))
    except LimnError as error:
        log.info("A C-GET was refused: %s", error.detail)
        yield 1
        yield status_with(NOT_OF_ITS_CLASS, error.detail), None
        return
    yield len(wanted)
    accepted = _accepted(event)
    for each in wanted:
        if event.is_cancelled:
            yield CANCELLED, None
            return
        yield PENDING, _sendable(each, accepted)


def _keys(identifier: Dataset) -> dict[str, str]:
    """Return the values asked for by tag; sequences and what is no attribute are left out."""
    keys = {}
    for element in identifier:
        tag = f"{element.tag:08X}"
        if element.VR == "SQ" or tag in {_LEVEL, _CHARSET} or element.tag.is_private:
            continue
        value = element.value
        many = not isinstance(value, str) and hasattr(value, "__iter__") and element.VM > 1
        keys[tag] = "\\".join(map(str, value)) if many else str("" if value is None else value)
    return keys


def _answer(row: Mapping[str, Any], level: str, keys: Mapping[str, str]) -> Dataset:
    """Return a row as an identifier: every key that was asked for, empty where unknown."""
    answer = Dataset()
    for tag in keys:
        with suppress(Exception):  # whatever pydicom raises at what a damaged file says
            answer.update(Dataset.from_json({tag: row[tag]} if tag in row else {}))
    for tag in keys:
        if int(tag, 16) not in answer:
            answer.add_new(int(tag, 16), _vr(tag), None)
    answer.SpecificCharacterSet = "ISO_IR 192"
    answer.QueryRetrieveLevel = level
    answer.RetrieveAETitle = settings.LIMN_DIMSE_AE
    return answer


def _vr(tag: str) -> str:
    try:
        return dictionary_VR(int(tag, 16)).partition(" ")[0]
    except KeyError:
        return "UN"


def _accepted(event: Event) -> dict[str, list[Accepted]]:
    """Return the syntaxes by kind of object in which the caller takes files.

    To who takes implicit little endian we give explicit: pynetdicom writes one as the other.
    """
    ways: dict[str, list[Accepted]] = {}
    for context in event.assoc.accepted_contexts:
        if context.as_scu:
            named = [str(each) for each in context.transfer_syntax]
            if _IMPLICIT_LITTLE in named:
                named.append(EXPLICIT_LITTLE)
            syntaxes = [Accepted(False, "", each) for each in named]  # noqa: FBT003
            ways.setdefault(str(context.abstract_syntax), []).extend(syntaxes)
    return ways


def _sendable(each: Retrievable, accepted: Mapping[str, list[Accepted]]) -> Dataset:
    """Return a file as the caller takes it; one that cannot be sent fails by its UID alone."""
    failing = Dataset()
    failing.SOPInstanceUID = each.sop_uid
    ways = accepted.get(each.sop_class_uid, [])
    ways = sorted(ways, key=lambda way: way.syntax != each.original.syntax)
    try:
        syntax = each.original.syntax_for(ways)
        with each.original.open_as(syntax) as file:
            return read_whole(file.read())
    except NotAcceptable:
        return failing
    except Exception:
        log.exception("An instance could not be sent")
        return failing
