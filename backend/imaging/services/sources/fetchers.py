"""Which fetcher belongs to which kind of source.

Each brings a library for one protocol, imported when such a source is gone to: the web process
starts without them.
"""
# ruff: noqa: PLC0415

from typing import assert_never

from backend.core.errors import Invalid, LimnError
from backend.imaging.domain.messages_sources import (
    DicomwebSettings,
    FolderSettings,
    PacsSettings,
    ReceiverSettings,
    S3Settings,
    Settings,
    SourceTestOut,
)
from backend.imaging.services.sources.folder import FolderFetcher
from backend.imaging.services.sources.found import Fetcher, bad


def fetcher_for(chosen: Settings, secrets: dict[str, str]) -> Fetcher:
    """Return what goes to a source; a receiver is not gone to."""
    if isinstance(chosen, FolderSettings):
        return FolderFetcher(chosen)
    if isinstance(chosen, DicomwebSettings):
        from backend.imaging.services.sources.web import WebFetcher

        return WebFetcher(chosen, secrets)
    if isinstance(chosen, PacsSettings):
        from backend.imaging.services.sources.pacs import PacsFetcher

        return PacsFetcher(chosen)
    if isinstance(chosen, S3Settings):
        from backend.imaging.services.sources.s3 import S3Fetcher

        return S3Fetcher(chosen, secrets)
    if isinstance(chosen, ReceiverSettings):
        raise Invalid("A receiver waits for senders; there is nothing to fetch.")
    assert_never(chosen)


def tried(chosen: Settings, secrets: dict[str, str]) -> SourceTestOut:
    """Ask a source whether it answers."""
    if isinstance(chosen, ReceiverSettings):
        from backend.imaging.services.sources.pacs import receiver_tried

        return receiver_tried()
    try:
        return fetcher_for(chosen, secrets).test()
    except LimnError as problem:
        return bad(problem.detail)
