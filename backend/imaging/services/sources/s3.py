"""Objects below a prefix of a bucket, each taken once by its key and ETag."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from backend.core.errors import Unavailable
from backend.imaging.domain.messages_sources import S3Settings, SourceTestOut
from backend.imaging.services.incoming import Incoming
from backend.imaging.services.sources.found import (
    BoundedBody,
    Found,
    Look,
    bad,
    counted,
    good,
    mark_of,
)
from backend.imaging.services.sources.web import refuse_link_local
from backend.imaging.services.unpacking import incoming_from

CHUNK_BYTES = 1 << 20
LISTED_IN_A_TEST = 100
_TIMEOUTS = Config(connect_timeout=10, read_timeout=60, retries={"max_attempts": 3})
_WORDS = {
    "NoSuchBucket": "There is no such bucket.",
    "AccessDenied": "The service knows the key, but does not let it read this bucket.",
    "InvalidAccessKeyId": "The service does not know this key id.",
    "SignatureDoesNotMatch": "The secret key does not fit the key id.",
}


class S3Fetcher:
    """Goes to a bucket."""

    def __init__(self, chosen: S3Settings, secrets: dict[str, str]) -> None:
        self._chosen = chosen
        self._secrets = secrets

    def test(self) -> SourceTestOut:
        """List the beginning of it."""
        try:
            with _told():
                page = self._client().list_objects_v2(
                    Bucket=self._chosen.bucket, Prefix=self._chosen.prefix, MaxKeys=LISTED_IN_A_TEST
                )
        except Unavailable as problem:
            return bad(problem.detail)
        more = " or more" if page.get("IsTruncated") else ""
        number = len(page.get("Contents", []))
        return good(f"The bucket can be read: {counted(number, 'object', 'objects')}{more} there.")

    def files(self, look: Look) -> Iterator[Found]:
        """Yield the objects that were not taken yet, in the order of their keys."""
        client = self._client()
        look.tell(0.0, "Looking through the bucket")
        pages = client.get_paginator("list_objects_v2").paginate(
            Bucket=self._chosen.bucket, Prefix=self._chosen.prefix
        )
        with _told():
            for page in pages:
                objects = [each for each in page.get("Contents", []) if not _is_folder(each)]
                marks = [mark_of(each["Key"], each["ETag"]) for each in objects]
                wanted = look.new_of(marks)
                for each, mark in zip(objects, marks, strict=True):
                    if mark in wanted:
                        look.tell(0.0, f"{each['Size'] / 1e6:.1f} MB are being fetched")
                        yield self._found(client, each["Key"], mark, look)

    def _found(self, client: Any, key: str, mark: bytes, look: Look) -> Found:  # noqa: ANN401
        name = key.removeprefix(self._chosen.prefix).lstrip("/") or PurePosixPath(key).name

        def opened() -> Iterator[Incoming]:
            draft = look.draft()
            body = BoundedBody(draft)
            is_given_on = False
            try:
                with _told():
                    answer = client.get_object(Bucket=self._chosen.bucket, Key=key)
                    for chunk in answer["Body"].iter_chunks(CHUNK_BYTES):
                        body.write(chunk)
                if body.refusal is not None:
                    yield Incoming(name, draft.path, refusal=body.refusal)
                    return
                for incoming in incoming_from(draft.path, name, off_disk=look.in_memory):
                    if incoming.path == draft.path and incoming.refusal is None:
                        is_given_on = True  # else it is an archive, whose members were unpacked
                        yield Incoming.drafted(incoming.name, draft)
                    else:
                        yield incoming
            finally:
                if not is_given_on:
                    draft.discard()

        return Found(mark, opened)

    def _client(self) -> Any:  # noqa: ANN401  boto3 makes its classes at run time
        chosen = self._chosen
        if chosen.endpoint:
            refuse_link_local(chosen.endpoint)
        keys = {}
        if chosen.key_id:
            keys = {
                "aws_access_key_id": chosen.key_id,
                "aws_secret_access_key": self._secrets.get("secret_key", ""),
            }
        return boto3.client(
            "s3",
            endpoint_url=chosen.endpoint or None,
            region_name=chosen.region,
            config=_TIMEOUTS,
            **keys,
        )


@contextmanager
def _told() -> Iterator[None]:
    """Tell whatever the service refuses as one sentence."""
    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        raise Unavailable(_WORDS.get(code, f"The service refuses ({code}).")) from None
    except BotoCoreError:
        raise Unavailable("The service cannot be reached; check address and key.") from None


def _is_folder(each: dict[str, Any]) -> bool:
    return str(each["Key"]).endswith("/")
