"""Bytes by content: a folder or a bucket, in the layout that the backend writes.

A blob lies at ``<root>/<sha[:2]>/<sha[2:4]>/<sha>``. It is never changed, so it can be cached and
read without locks.
"""

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from ml_worker.contract.messages import BlobRef


class BlobMissing(LookupError):
    """The store has no such blob, or not the bytes its name promises."""


class BlobStore(Protocol):
    """Where blobs lie."""

    def read(self, ref: BlobRef) -> bytes:
        """Return the bytes, checked against their name; raises BlobMissing."""
        ...

    def write(self, data: bytes) -> BlobRef:
        """Keep the bytes durably and return their name."""
        ...


def open_blobs(address: str, s3_endpoint: str | None = None) -> BlobStore:
    """Open the store at a folder or at ``s3://bucket/prefix``."""
    if address.startswith("s3://"):
        parts = urlsplit(address)
        return BucketBlobs(parts.netloc, parts.path.strip("/"), s3_endpoint)
    return FolderBlobs(Path(address.removeprefix("file://")))


class FolderBlobs:
    """Blobs in a folder shared with the backend."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def read(self, ref: BlobRef) -> bytes:
        """Return the bytes, checked against their name; raises BlobMissing."""
        try:
            data = (self.root / _key(ref.sha256)).read_bytes()
        except FileNotFoundError as error:
            raise BlobMissing(f"The blob store has no {ref.sha256[:12]}.") from error
        return _checked(data, ref)

    def write(self, data: bytes) -> BlobRef:
        """Write beside, make durable, then rename: readers see all of it or nothing.

        What is there already is made young again, for the sweeper takes only what is old.
        """
        ref = _ref(data)
        path = self.root / _key(ref.sha256)
        if path.exists() and path.stat().st_size == ref.size:
            os.utime(path)
            return ref
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, beside = tempfile.mkstemp(dir=path.parent, prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(beside).rename(path)
        except BaseException:
            Path(beside).unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)
        return ref


class BucketBlobs:
    """Blobs in object storage; the client is made at first use."""

    def __init__(self, bucket: str, prefix: str, endpoint: str | None) -> None:
        self.bucket = bucket
        self.prefix = prefix
        self.endpoint = endpoint
        self._made: Any = None  # boto3 clients have no static type

    def read(self, ref: BlobRef) -> bytes:
        """Return the bytes, checked against their name; raises BlobMissing."""
        try:
            answer = self._client().get_object(Bucket=self.bucket, Key=self._name(ref.sha256))
            data: bytes = answer["Body"].read()
        except self._client().exceptions.NoSuchKey as error:
            raise BlobMissing(f"The blob store has no {ref.sha256[:12]}.") from error
        return _checked(data, ref)

    def write(self, data: bytes) -> BlobRef:
        """Put the bytes under their name; putting them again changes nothing."""
        ref = _ref(data)
        self._client().put_object(Bucket=self.bucket, Key=self._name(ref.sha256), Body=data)
        return ref

    def _name(self, sha256: str) -> str:
        return f"{self.prefix}/{_key(sha256)}" if self.prefix else _key(sha256)

    def _client(self) -> Any:  # noqa: ANN401 - boto3 clients have no static type
        if self._made is None:
            import boto3  # noqa: PLC0415 - slow to load and not needed with a folder

            self._made = boto3.client("s3", endpoint_url=self.endpoint)
        return self._made


def _key(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}"


def _ref(data: bytes) -> BlobRef:
    return BlobRef(sha256=hashlib.sha256(data).hexdigest(), size=len(data))


def _checked(data: bytes, ref: BlobRef) -> bytes:
    if hashlib.sha256(data).hexdigest() != ref.sha256:
        raise BlobMissing(f"Blob {ref.sha256[:12]} is damaged: its bytes do not match its name.")
    return data


def _sync_folder(folder: Path) -> None:
    """Make a rename durable where the system can (not on Windows)."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
