"""`dicomweb-client` over Django's test client, and helpers that read multipart answers."""

import io
from urllib.parse import urlsplit

import requests
from dicomweb_client.api import DICOMwebClient
from django.test import Client
from requests.adapters import BaseAdapter


class InProcess(BaseAdapter):
    """Carries requests into Django instead of over a network."""

    def __init__(self, client: Client) -> None:
        super().__init__()
        self._client = client

    def send(self, request, **_):
        parts = urlsplit(request.url)
        given = {k: v for k, v in request.headers.items() if k.lower() != "content-length"}
        answer = self._client.generic(
            request.method,
            f"{parts.path}?{parts.query}" if parts.query else parts.path,
            request.body or b"",
            content_type=given.pop("Content-Type", "application/octet-stream"),
            headers=given,
        )
        told = requests.Response()
        told.status_code = answer.status_code
        told.headers.update(dict(answer.items()))
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        told.raw = io.BytesIO(content)
        told.url, told.request = request.url, request
        return told

    def close(self):
        pass


def dicomweb_client(client: Client) -> DICOMwebClient:
    """Return a dicomweb-client that speaks to Limn as the owner of this test client."""
    session = requests.Session()
    session.mount("http://testserver", InProcess(client))
    return DICOMwebClient("http://testserver/dicomweb", session=session)


def parts_of(response) -> list[tuple[str, bytes]]:
    """Return content type and body of each part of a multipart answer."""
    boundary = response["Content-Type"].split("boundary=")[1].encode()
    whole = b"".join(response.streaming_content)
    found = []
    for piece in whole.split(b"--" + boundary)[1:-1]:
        head, body = piece.split(b"\r\n\r\n", 1)
        kind = head.split(b"Content-Type: ")[1].split(b"\r\n")[0].decode()
        found.append((kind, body[:-2]))
    return found
