"""The blob store on an S3-type service: one object a blob, named by its SHA-256.

An object cannot be renamed there, so one that is removed is copied aside first. Who was about to
speak of it finds it there, and it comes back: see `delete_older` and `open`.
"""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import boto3
from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.utils import timezone

from backend.core.blobs import CHUNK_BYTES, SHA256_NAME, BlobMissing, put
from backend.core.drafts import Draft, PassingDraft, StorageFull
from ml_worker.contract.messages import BlobRef

SPOOL_BYTES = 8 << 20
SENDERS = 4
ASIDE = "aside"
# An object that is asked for again counts as new; not more often than this, for it is a copy.
RENEWED_AFTER = timedelta(days=1)


class S3BlobStore:
    """``s3://bucket/prefix``; the endpoint and keys come from the environment."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self._bucket = parts.netloc
        self._prefix = parts.path.strip("/")
        self._client: Any = boto3.client("s3", endpoint_url=settings.LIMN_S3_ENDPOINT or None)

    def _key(self, *parts: str) -> str:
        return "/".join(part for part in (self._prefix, *parts) if part)

    def _place(self, sha256: str) -> str:
        return self._key(sha256[:2], sha256[2:4], sha256)

    def prepare(self) -> None:
        """Make the bucket if it is not there."""
        try:
            self._client.head_bucket(Bucket=self._bucket)
        except ClientError:
            self._client.create_bucket(Bucket=self._bucket)

    def draft(self) -> Draft:
        """Begin a file on this machine; it is sent when it is kept."""
        try:
            return Draft(settings.LIMN_UPLOADS)
        except OSError as error:
            raise StorageFull("The disk could not take the file; nothing was stored.") from error

    def passing(self, *, off_disk: bool = False) -> Draft:
        """Begin a file on this machine that is read and discarded."""
        return PassingDraft(None if off_disk else settings.LIMN_UPLOADS)

    def keep(self, draft: Draft) -> BlobRef:
        """Send the draft; an object that is there already counts as new."""
        try:
            return self._keep(draft)
        finally:
            draft.discard()

    def _keep(self, draft: Draft) -> BlobRef:
        ref = draft.ref
        try:
            draft.was_there = self._is_renewed(ref.sha256)
            if not draft.was_there:
                self._client.upload_file(str(draft.path), self._bucket, self._place(ref.sha256))
        except (BotoCoreError, ClientError, Boto3Error) as error:
            raise StorageFull("The object storage did not take the file.") from error
        finally:
            if not draft.was_there:
                draft.discard()
        return ref

    def keep_all(self, drafts: Sequence[Draft]) -> list[BlobRef | StorageFull]:
        """Send drafts, several at once."""

        def keep(draft: Draft) -> BlobRef | StorageFull:
            try:
                return self._keep(draft)
            except StorageFull as full:
                return full

        with ThreadPoolExecutor(max_workers=SENDERS) as pool:
            return list(pool.map(keep, drafts))

    def put(self, chunks: Iterable[bytes]) -> BlobRef:
        """Store the bytes."""
        return put(self, chunks)

    def _is_renewed(self, sha256: str) -> bool:
        changed = self._changed(self._place(sha256))
        if changed is not None and timezone.now() - changed > RENEWED_AFTER:
            self._renew(sha256)
        return changed is not None

    def _renew(self, sha256: str) -> None:
        place = self._place(sha256)
        self._client.copy(
            {"Bucket": self._bucket, "Key": place},
            self._bucket,
            place,
            ExtraArgs={"MetadataDirective": "REPLACE"},
        )

    def _changed(self, key: str) -> datetime | None:
        """Return when the object under a key was written; None where there is none."""
        try:
            changed: datetime = self._client.head_object(Bucket=self._bucket, Key=key)[
                "LastModified"
            ]
        except ClientError as error:
            if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == 404:
                return None
            raise
        return changed

    def exists(self, sha256: str) -> bool:
        """Tell whether the object is there."""
        return self._changed(self._place(sha256)) is not None

    def open(self, sha256: str) -> BinaryIO:
        """Open the object for reading: streamed to a temporary file first, so it can seek."""
        spool: Any = tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES)  # noqa: SIM115  caller closes
        try:
            for chunk in self.chunks(sha256):
                spool.write(chunk)
        except BaseException:
            spool.close()
            raise
        spool.seek(0)
        return spool  # type: ignore[no-any-return]

    def read_range(self, sha256: str, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset`."""
        answer = self._get(sha256, Range=f"bytes={offset}-{offset + length - 1}")
        return bytes(answer["Body"].read())

    def chunks(self, sha256: str) -> Iterator[bytes]:
        """Yield the object's bytes in pieces."""
        yield from self._get(sha256)["Body"].iter_chunks(CHUNK_BYTES)

    def _get(self, sha256: str, **how: str) -> Any:  # noqa: ANN401  boto3 names no types
        """Return the object; one that was set aside too early comes back first."""
        for _ in range(2):
            try:
                return self._client.get_object(Bucket=self._bucket, Key=self._place(sha256), **how)
            except ClientError:
                if not self._brought_back(sha256):
                    break
        raise BlobMissing("The stored file is missing.")

    def local_path(self, sha256: str) -> Path | None:  # noqa: ARG002  the protocol's signature
        """Return None: there is no local file."""
        return None

    def delete(self, sha256: str) -> None:
        """Remove the object."""
        self._client.delete_object(Bucket=self._bucket, Key=self._place(sha256))
        self._client.delete_object(Bucket=self._bucket, Key=self._key(ASIDE, sha256))

    def names(self, prefix: str) -> Iterator[str]:
        """Yield the names of the objects that begin with these two letters, in order."""
        for key, _ in self._listed(self._key(prefix, "")):
            if self._is_object(key):
                yield key.rsplit("/", 1)[-1]

    def strangers(self) -> Iterator[str]:
        """Yield what lies under the prefix but is no object, nor set aside."""
        for key, _ in self._listed(self._key("")):
            if not self._is_object(key) and not key.startswith(self._key(ASIDE, "")):
                yield key

    def _is_object(self, key: str) -> bool:
        name = key.rsplit("/", 1)[-1]
        return bool(SHA256_NAME.fullmatch(name)) and key == self._place(name)

    def _listed(self, prefix: str) -> Iterator[tuple[str, datetime]]:
        folder = prefix if prefix.endswith("/") or not prefix else f"{prefix}/"
        pages = self._client.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self._bucket, Prefix=folder):
            for each in page.get("Contents", []):
                yield each["Key"], each["LastModified"]

    def older_than(self, seconds: float, prefix: str) -> Iterator[str]:
        """Yield objects that were written, or asked to be written again, longer ago than that."""
        before = timezone.now() - timedelta(seconds=seconds)
        for key, changed in self._listed(self._key(prefix)):
            if changed < before and self._is_object(key):
                yield key.rsplit("/", 1)[-1]

    def delete_older(self, sha256: str, seconds: float) -> bool:
        """Set an object aside if it is still that old; return whether it was."""
        changed = self._changed(self._place(sha256))
        if changed is None or changed > timezone.now() - timedelta(seconds=seconds):
            return False
        self._copy(self._place(sha256), self._key(ASIDE, sha256))
        self._client.delete_object(Bucket=self._bucket, Key=self._place(sha256))
        return True

    def drop_drafts(self, seconds: float, is_needed: Callable[[set[str]], set[str]]) -> int:
        """Forget what was set aside that long ago; bring back what a row speaks of by now."""
        before = timezone.now() - timedelta(seconds=seconds)
        aside = {key.rsplit("/", 1)[-1]: at for key, at in self._listed(self._key(ASIDE))}
        needed = is_needed(set(aside)) if aside else set()
        for sha256 in needed:
            self._brought_back(sha256)
        gone = [sha256 for sha256, at in aside.items() if at < before and sha256 not in needed]
        for sha256 in gone:
            self._client.delete_object(Bucket=self._bucket, Key=self._key(ASIDE, sha256))
        return len(gone)

    def _brought_back(self, sha256: str) -> bool:
        """Bring back an object that was set aside; return whether there was one."""
        if self._changed(self._key(ASIDE, sha256)) is None:
            return False
        if not self.exists(sha256):
            self._copy(self._key(ASIDE, sha256), self._place(sha256))
        self._client.delete_object(Bucket=self._bucket, Key=self._key(ASIDE, sha256))
        return True

    def _copy(self, source: str, target: str) -> None:
        self._client.copy({"Bucket": self._bucket, "Key": source}, self._bucket, target)
