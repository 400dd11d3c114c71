"""The OpenAPI document: what `/api/v1` takes and gives, and how it refuses."""

from functools import lru_cache
from typing import Any

from django.http import JsonResponse
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

PREFIX = "/api/v1/"
PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457. `code` is stable; `detail` is a sentence for people.",
    "properties": {
        "type": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
    },
    "required": ["type", "status", "code", "detail"],
    "additionalProperties": True,
}


class CookieScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # untyped base
    """Names the browser's session in the document."""

    target_class = "backend.accounts.authentication.CookieAuthentication"
    name = "cookie"

    def get_security_definition(self, _auto_schema: object) -> dict[str, str]:
        """Return the scheme."""
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # untyped base
    """Names API tokens in the document."""

    target_class = "backend.accounts.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, _auto_schema: object) -> dict[str, str]:
        """Return the scheme."""
        return {"type": "http", "scheme": "bearer"}


Endpoint = tuple[str, str, str, Any]


def only_api(endpoints: list[Endpoint]) -> list[Endpoint]:
    """Keep what is below ``/api/v1``: DICOMweb and the workers' door have contracts of their own."""
    return [endpoint for endpoint in endpoints if endpoint[0].startswith(PREFIX)]


def describe_problems(result: dict[str, Any], **_: object) -> dict[str, Any]:
    """Say in every operation that a refusal is a problem document."""
    result["components"]["schemas"]["Problem"] = PROBLEM
    reference = {"$ref": "#/components/schemas/Problem"}
    refusal = {
        "description": "Refused.",
        "content": {"application/problem+json": {"schema": reference}},
    }
    for operations in result["paths"].values():
        for operation in operations.values():
            operation["responses"]["default"] = refusal
    return result


@lru_cache(maxsize=1)
def openapi_document() -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of `/api/v1`."""
    generator: Any = SchemaGenerator  # drf-spectacular ships no types for it
    document: dict[str, Any] = generator().get_schema(request=None, public=True)
    return document


class OpenApiView(APIView):
    """The contract, for people and generators."""

    authentication_classes = []
    permission_classes = [AllowAny]
    schema = None

    def get(self, _request: Request) -> JsonResponse:
        """Return the document."""
        return JsonResponse(openapi_document())
