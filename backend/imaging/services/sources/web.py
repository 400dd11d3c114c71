"""A remote DICOMweb server: found by QIDO-RS, fetched by WADO-RS, streamed into drafts.

Redirects are not followed: what an administrator named is what is asked. A series of which
nothing is known yet is fetched in one answer, else instance by instance.
"""

import ipaddress
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
from django.utils import timezone
from pydicom import dcmread

from backend.core.drafts import Draft
from backend.core.errors import Unavailable
from backend.imaging.domain.messages_sources import DicomwebSettings, PullFilter, SourceTestOut
from backend.imaging.domain.multipart import MultipartReader, boundary_of, reading_into
from backend.imaging.services.incoming import Incoming
from backend.imaging.services.sources.found import (
    BoundedBody,
    Found,
    Look,
    bad,
    fetched,
    good,
    mark_of,
)

PAGE = 200
_ROUND = 25
PATIENCE = 10  # so many images of a series are asked for in vain
TIMEOUT = httpx.Timeout(60.0, connect=10.0)
TEST_TIMEOUT = httpx.Timeout(10.0, connect=5.0)
WHOLE_FILES = 'multipart/related; type="application/dicom"; transfer-syntax=*'
_STUDY, _SERIES, _SOP = "0020000D", "0020000E", "00080018"
_WORDS = {
    401: "It does not know this user or token (401); check them.",
    403: "It knows this user but lets them not search (403); ask its administrator.",
    404: "There is no DICOMweb at this address (404); check the path, such as /dicom-web.",
}


@dataclass(frozen=True)
class _Series:
    study: str
    uid: str
    instances: list[str]


class WebFetcher:
    """Goes to a DICOMweb server."""

    def __init__(self, chosen: DicomwebSettings, secrets: dict[str, str]) -> None:
        self._chosen = chosen
        self._secrets = secrets

    def test(self) -> SourceTestOut:
        """Ask for one study."""
        try:
            with self._client(TEST_TIMEOUT) as client:
                found, _ = _get_json(
                    client, "studies", {"limit": "1", **_matching(self._chosen.filter)}
                )
        except Unavailable as problem:
            return bad(problem.detail)
        if not found:
            return good("The server answers; no study matches what is asked for.")
        return good("The server answers, and has studies that match.")

    def files(self, look: Look) -> Iterator[Found]:
        """Yield the instances that were not taken yet, series by series."""
        with self._client(TIMEOUT) as client:
            look.tell(0.0, "Asking for studies")
            studies = self._studies(client)
            for number, study in enumerate(studies):
                look.tell(number / len(studies), f"Study {number + 1} of {len(studies)}")
                for series in _series_of(client, study):
                    yield from _series_files(client, series, look)

    @contextmanager
    def _client(self, timeout: httpx.Timeout) -> Iterator[httpx.Client]:
        """Open a client; whatever goes wrong on the way is told as one sentence."""
        refuse_link_local(self._chosen.url)
        headers = {}
        auth = None
        if token := self._secrets.get("token"):
            headers["Authorization"] = f"Bearer {token}"
        elif self._chosen.user:
            auth = httpx.BasicAuth(self._chosen.user, self._secrets.get("password", ""))
        try:
            with httpx.Client(
                base_url=f"{self._chosen.url}/",
                auth=auth,
                headers=headers,
                timeout=timeout,
                follow_redirects=False,
                trust_env=False,
            ) as client:
                yield client
        except httpx.TimeoutException:
            raise Unavailable("The server took too long to answer; try again later.") from None
        except httpx.HTTPError as error:
            raise Unavailable(f"The server cannot be reached ({_kind(error)}).") from None

    def _studies(self, client: httpx.Client) -> list[str]:
        """Return the studies that match, each once, in the order of the server."""
        wanted = self._chosen.filter
        found: dict[str, None] = {}
        for modality in wanted.modalities or [""]:
            asked = _matching(wanted, modality)
            for row in _pages(client, "studies", asked):
                if uid := _value(row, _STUDY):
                    found[uid] = None
        return list(found)


def _matching(wanted: PullFilter, modality: str = "") -> dict[str, str]:
    """Return the filter as QIDO parameters."""
    asked = {}
    modality = modality or next(iter(wanted.modalities), "")
    if modality:
        asked["ModalitiesInStudy"] = modality
    if wanted.patient_id:
        asked["PatientID"] = wanted.patient_id
    if wanted.description:
        asked["StudyDescription"] = f"*{wanted.description}*"
    if wanted.last_days is not None:
        since = timezone.now() - timedelta(days=wanted.last_days)
        asked["StudyDate"] = f"{since:%Y%m%d}-"
    return asked


def _series_of(client: httpx.Client, study: str) -> list[_Series]:
    by_series: dict[str, list[str]] = {}
    for row in _pages(client, f"studies/{study}/instances", {}):
        series, sop = _value(row, _SERIES), _value(row, _SOP)
        if series and sop:
            by_series.setdefault(series, []).append(sop)
    return [_Series(study, uid, sops) for uid, sops in by_series.items()]


def _series_files(client: httpx.Client, series: _Series, look: Look) -> Iterator[Found]:
    marks = {sop: mark_of(sop) for sop in series.instances}
    wanted = look.new_of(list(marks.values()))
    base = f"studies/{series.study}/series/{series.uid}"
    if not wanted:
        return
    if len(wanted) == len(marks):
        try:
            yield from _retrieved(client, base, look)
        except _NotSent:
            pass  # a single bad image spoils the series: they are asked for one by one
        else:
            return
    yield from _single_files(client, base, [sop for sop in marks if marks[sop] in wanted], look)


def _single_files(client: httpx.Client, base: str, sops: list[str], look: Look) -> Iterator[Found]:
    """Yield instances asked for by themselves; where the first ones all fail, the rest is left."""
    failed = 0
    for number, sop in enumerate(sops):
        try:
            yield from _retrieved(client, f"{base}/instances/{sop}", look)
        except _NotSent as refusal:
            failed += 1
            given_up = failed == number + 1 == PATIENCE
            look.miss(len(sops) - number if given_up else 1, str(refusal))
            if given_up:
                return


class _NotSent(Exception):
    """The server answers, but does not send what is asked for; the message says what it answers."""


def _retrieved(client: httpx.Client, path: str, look: Look) -> Iterator[Found]:
    """Stream the files at an address; each is whole before it is given on."""
    with client.stream("GET", path, headers={"Accept": WHOLE_FILES}) as answer:
        if answer.status_code == 404:
            return  # gone since it was found
        if answer.is_error and answer.status_code not in _WORDS:
            raise _NotSent(f"the server answers {answer.status_code}")
        _refuse_status(answer)
        kind = answer.headers.get("Content-Type", "")
        chunks = (chunk for chunk in answer.iter_bytes() if chunk)
        if kind.lower().startswith("application/dicom"):
            draft = look.draft()
            body = BoundedBody(draft)
            for chunk in chunks:
                body.write(chunk)
            yield _found(draft, body)
            return
        read_into = reading_into(lambda _: next(chunks, b""))
        yield from _parts(MultipartReader(read_into, boundary_of(kind)), look)


def _parts(reader: MultipartReader, look: Look) -> Iterator[Found]:
    open_ones: list[tuple[Draft, BoundedBody]] = []

    def open_body() -> BoundedBody:
        draft = look.draft()
        open_ones.append((draft, BoundedBody(draft)))
        return open_ones[-1][1]

    try:
        for _ in reader.parts(open_body):
            yield _found(*open_ones.pop())
    finally:
        for draft, _ in open_ones:
            draft.discard()


def _found(draft: Draft, body: BoundedBody) -> Found:
    uid = _sop_uid(draft)
    name = f"{uid}.dcm" if uid else "instance without a UID"

    def opened() -> Iterator[Incoming]:
        return fetched(name, draft, body.refusal)

    return Found(mark_of(uid or draft.ref.sha256), opened)


def _sop_uid(draft: Draft) -> str:
    try:
        header = dcmread(
            draft.path, force=True, stop_before_pixels=True, specific_tags=["SOPInstanceUID"]
        )
        return str(header.get("SOPInstanceUID") or "")
    except Exception:  # noqa: BLE001  whatever a foreign file makes pydicom raise; ingest says why
        return ""


def _pages(client: httpx.Client, path: str, asked: dict[str, str]) -> Iterator[dict[str, Any]]:
    """Yield all results; a server that knows no offset gives one page.

    A page may be short because it is the last, or because the server gives no more at once: that it
    should tell by a warning, and such limits are round numbers.
    """
    offset, last_first = 0, None
    while True:
        page = {"limit": str(PAGE), "offset": str(offset)} if offset else {"limit": str(PAGE)}
        rows, is_warned = _get_json(client, path, {**asked, **page})
        if not rows or rows[0] == last_first:
            return
        yield from rows
        last_first = rows[0]
        offset += len(rows)
        if len(rows) < PAGE and not is_warned and len(rows) % _ROUND:
            return


def _get_json(
    client: httpx.Client, path: str, asked: dict[str, str]
) -> tuple[list[dict[str, Any]], bool]:
    """Return results, and whether the server has something to say about them."""
    answer = client.get(path, params=asked, headers={"Accept": "application/dicom+json"})
    if answer.status_code == 204:
        return [], False
    _refuse_status(answer)
    try:
        rows = answer.json()
    except ValueError:
        rows = None
    if not isinstance(rows, list):
        raise Unavailable("What answers there is no DICOMweb server; check the address.")
    return [row for row in rows if isinstance(row, dict)], "Warning" in answer.headers


def _refuse_status(answer: httpx.Response) -> None:
    if answer.status_code in _WORDS:
        raise Unavailable(_WORDS[answer.status_code])
    if answer.is_redirect:
        raise Unavailable("The server sends elsewhere, which is not followed; enter that address.")
    if answer.status_code not in {200, 206}:
        raise Unavailable(f"The server answers, but refuses to search ({answer.status_code}).")


def _value(row: dict[str, Any], tag: str) -> str:
    values = row.get(tag, {}).get("Value") or [""]
    return str(values[0])


def refuse_link_local(url: str) -> None:
    """Refuse addresses where clouds keep their machines' credentials (169.254.0.0/16, fe80::/10)."""
    host = urlsplit(url).hostname or ""
    try:
        found = {info[4][0] for info in socket.getaddrinfo(host, None)}
    except (OSError, UnicodeError):
        raise Unavailable(f"There is no machine of the name {host}.") from None
    if any(ipaddress.ip_address(str(each).partition("%")[0]).is_link_local for each in found):
        raise Unavailable("Addresses of this kind (link-local) are not asked.")


def _kind(error: httpx.HTTPError) -> str:
    return "no connection" if isinstance(error, httpx.ConnectError) else "the connection broke"
