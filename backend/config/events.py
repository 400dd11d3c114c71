"""The events process: `uvicorn backend.config.events:application --timeout-graceful-shutdown 1`.

``GET /events?topics=project:<id>,job:<id>,user`` is a stream of server-sent events: each `data`
is ``{"topic", "kind", "id"}``, an event named `resync` means "ask again for what you show".
Signed in by the session's cookie or a Bearer token. Every minute it is asked again whether the
listener may still see what they watch. ``GET /healthz`` says whether news arrive at all.
"""

import asyncio
import contextlib
import json
import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.config.settings")

import django

django.setup()

from django.db import connection  # noqa: E402  needs the settings
from psycopg.conninfo import make_conninfo  # noqa: E402

from backend.config import environment as env  # noqa: E402
from backend.config.events_access import Headers, allowed_origin, topics_allowed  # noqa: E402
from backend.config.events_hub import Hub, Mailbox  # noqa: E402
from backend.core.errors import LimnError, Unavailable  # noqa: E402
from backend.core.http import PROBLEM_TYPE, problem_document  # noqa: E402

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

HEARTBEAT_SECONDS = env.number("LIMN_EVENTS_HEARTBEAT_SECONDS", 15, least=1)
ASK_AGAIN_SECONDS = env.number("LIMN_EVENTS_ASK_AGAIN_SECONDS", 60, least=1)


def _conninfo() -> str:
    """Return where Django's database is, in psycopg's words."""
    names = {"host", "port", "user", "password", "dbname"}
    parameters = connection.get_connection_params()
    return make_conninfo(**{key: parameters[key] for key in names if parameters.get(key)})


hub = Hub(_conninfo())


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one ASGI connection."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
        return
    if scope["type"] != "http":
        return
    hub.start()
    headers = {key.decode().lower(): value.decode("latin-1") for key, value in scope["headers"]}
    try:
        await _route(scope, headers, receive, send)
    except LimnError as error:
        await _refuse(send, headers, error)


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            hub.start()
            await send({"type": "lifespan.startup.complete"})
        else:
            await hub.stop()
            await send({"type": "lifespan.shutdown.complete"})
            return


async def _route(scope: Scope, headers: Headers, receive: Receive, send: Send) -> None:
    if scope["path"] == "/healthz":
        await _answer(send, 200 if hub.is_listening else 503, {"listening": hub.is_listening})
    elif scope["path"] != "/events":
        document = problem_document(status=404, code="not_found", detail="There is nothing here.")
        await _answer(send, 404, document)
    elif scope["method"] != "GET":
        document = problem_document(status=405, code="method_not_allowed", detail="Only GET.")
        await _answer(send, 405, document)
    else:
        query = parse_qs(scope["query_string"].decode())
        await _listen(headers, ",".join(query.get("topics", [])), receive, send)


async def _listen(headers: Headers, wanted: str, receive: Receive, send: Send) -> None:
    """Stream until the browser leaves or may no longer see what it watches."""
    cross_origin = _cross_origin(headers)
    topics = await topics_allowed(headers, wanted)
    mailbox = hub.open(topics)
    gone = asyncio.create_task(_until_gone(receive))
    try:
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [
                    (b"content-type", b"text/event-stream; charset=utf-8"),
                    (b"cache-control", b"no-store"),
                    (b"x-accel-buffering", b"no"),
                    *cross_origin,
                ],
            }
        )
        await _say(send, "retry: 2000\nevent: hello\ndata: {}\n\n")
        loop = asyncio.get_running_loop()
        ask_again = loop.time() + ASK_AGAIN_SECONDS
        while not gone.done():
            await _pass_on(mailbox, gone, send)
            if loop.time() > ask_again:
                with contextlib.suppress(Unavailable):
                    await topics_allowed(headers, wanted)
                ask_again = loop.time() + ASK_AGAIN_SECONDS
    except LimnError:
        await _end(send)
    finally:
        hub.close(mailbox)
        gone.cancel()


async def _pass_on(mailbox: Mailbox, gone: "asyncio.Task[None]", send: Send) -> None:
    """Send the next piece of news, or a sign of life when there is none."""
    news = asyncio.create_task(mailbox.get(timeout_s=HEARTBEAT_SECONDS))
    await asyncio.wait({news, gone}, return_when=asyncio.FIRST_COMPLETED)
    if not news.done():
        news.cancel()
        return
    with contextlib.suppress(OSError):
        try:
            payload = news.result()
        except TimeoutError:
            await _say(send, ": still here\n\n")
            return
        await _say(send, f"data: {payload}\n\n" if payload else "event: resync\ndata: {}\n\n")


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _say(send: Send, text: str) -> None:
    await send({"type": "http.response.body", "body": text.encode(), "more_body": True})


async def _end(send: Send) -> None:
    with contextlib.suppress(OSError):
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _cross_origin(headers: Headers) -> list[tuple[bytes, bytes]]:
    """Return what lets a trusted page of another port read the answer."""
    origin = allowed_origin(headers)
    vary = [(b"vary", b"Origin, Cookie, Authorization")]
    if origin is None:
        return vary
    return [
        *vary,
        (b"access-control-allow-origin", origin.encode()),
        (b"access-control-allow-credentials", b"true"),
    ]


async def _refuse(send: Send, headers: Headers, error: LimnError) -> None:
    document = problem_document(
        status=error.status, code=error.code, detail=error.detail, **error.extra
    )
    try:
        extra = _cross_origin(headers)
    except LimnError:
        extra = []
    await _answer(send, error.status, document, extra)


async def _answer(
    send: Send,
    status: int,
    document: dict[str, Any],
    extra: list[tuple[bytes, bytes]] | None = None,
) -> None:
    kind = b"application/json" if status == 200 else PROBLEM_TYPE.encode()
    headers = [(b"content-type", kind), (b"cache-control", b"no-store"), *(extra or [])]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(document).encode()})
