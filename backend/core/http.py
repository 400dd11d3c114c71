"""What every HTTP door shares: problem documents, cursors, caching."""

import base64
import binascii
import json
import logging
import traceback
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from pydantic import ValidationError
from rest_framework.exceptions import APIException
from rest_framework.response import Response

from backend.core.errors import Invalid, LimnError

log = logging.getLogger(__name__)
PROBLEM_TYPE = "application/problem+json"
_AWAY = (
    "The database does not answer at the moment. What was saved before is safe; "
    "please try again in a minute."
)


def problem_document(*, status: int, code: str, detail: str, **extra: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return an RFC 9457 problem; `code` is stable, `detail` is a sentence for people."""
    return {"type": "about:blank", "status": status, "code": code, "detail": detail, **extra}


def problem_response(error: Exception, _context: dict[str, Any]) -> Response:
    """Turn any exception of a view into a problem document (DRF's exception handler)."""
    document, headers = _describe(error)
    return Response(document, status=document["status"], headers=headers, content_type=PROBLEM_TYPE)


def _describe(error: Exception) -> tuple[dict[str, Any], dict[str, str]]:
    if isinstance(error, LimnError):
        return problem_document(
            status=error.status, code=error.code, detail=error.detail, **error.extra
        ), {}
    if isinstance(error, ValidationError) and _is_of_request(error):
        return _describe_validation(error), {}
    if isinstance(error, Http404):
        return problem_document(status=404, code="not_found", detail="There is nothing here."), {}
    if isinstance(error, APIException):
        headers = {}
        if getattr(error, "auth_header", None):
            headers["WWW-Authenticate"] = error.auth_header  # type: ignore[attr-defined]  # set by DRF
        code = error.default_code or "request.refused"
        return problem_document(
            status=error.status_code, code=code, detail=str(error.detail)
        ), headers
    if isinstance(error, OperationalError | InterfaceError):
        log.warning("The database is away", exc_info=error)
        return problem_document(status=503, code="database.away", detail=_AWAY), {}
    reference = uuid4().hex[:8]
    log.error("Unexpected failure, reference %s", reference, exc_info=error)
    detail = (
        f"Limn could not do this because of a fault of its own (reference {reference}). "
        "What was saved before is safe; please try again, and tell your administrator if it stays."
    )
    return problem_document(status=500, code="internal", detail=detail, reference=reference), {}


def _is_of_request(error: ValidationError) -> bool:
    """Tell whether a door was reading the request; elsewhere Limn's own data is not as it must be."""
    steps = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    names = [str(frame.f_globals.get("__name__", "")) for frame in steps]
    ours = [place for place, name in enumerate(names) if name.startswith("backend.")]
    if not ours or "api" not in names[ours[-1]].split("."):
        return False
    after = steps[ours[-1] + 1 :]
    return bool(after) and after[0].f_code.co_name in {"model_validate", "model_validate_json"}


def _describe_validation(error: ValidationError) -> dict[str, Any]:
    faults = [
        {"field": ".".join(map(str, fault["loc"])), "message": fault["msg"]}
        for fault in error.errors(include_url=False, include_input=False)
    ]
    first = faults[0]
    return problem_document(
        status=422,
        code="request.invalid",
        detail=f"{first['field'] or 'The request'}: {first['message']}.",
        faults=faults,
    )


def cursor_encode(*parts: str | float | None) -> str:
    """Return an opaque cursor."""
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def cursor_decode(cursor: str) -> list[Any]:
    """Return the parts of a cursor; refuses one Limn did not make."""
    try:
        parts = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error):
        raise Invalid("The page marker is not one of Limn's; start from the first page.") from None
    if not isinstance(parts, list):
        raise Invalid("The page marker is not one of Limn's; start from the first page.")
    return parts


class NoStoreMiddleware:
    """Answers of the API are never kept by a cache unless a view says otherwise."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Add the header where the view set none."""
        response = self._get_response(request)
        if request.path.startswith(("/api/", "/worker/")) and "Cache-Control" not in response:
            response["Cache-Control"] = "no-store"
        if isinstance(response, HttpResponse) or "X-Content-Type-Options" not in response:
            response.headers.setdefault("X-Content-Type-Options", "nosniff")
        return response
