"""Every route of the address table below the API's prefixes, with its methods."""

import re
from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

PREFIXES = ("api/v1/", "dicomweb/", "worker/")
METHODS = ("get", "head", "post", "put", "patch", "delete")
_PATH_PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
_NAMED_GROUP = re.compile(r"\(\?P<(\w+)>[^)]*\)")


def routes() -> list[tuple[str, str]]:
    """Return (method, template) of every route, as ("GET", "api/v1/projects/{project_id}")."""
    found = [
        (method, template)
        for template, view in _walk(get_resolver().url_patterns, "")
        if template.startswith(PREFIXES)
        for method in _methods(view)
    ]
    return sorted(set(found), key=lambda pair: (pair[1], pair[0]))


def _walk(patterns: list[URLPattern | URLResolver], prefix: str) -> Iterator[tuple[str, Any]]:
    for entry in patterns:
        path = prefix + _template(str(entry.pattern))
        if isinstance(entry, URLResolver):
            yield from _walk(entry.url_patterns, path)
        else:
            yield path, entry.callback


def _template(pattern: str) -> str:
    pattern = _NAMED_GROUP.sub(r"{\1}", pattern)
    return _PATH_PARAMETER.sub(r"{\1}", pattern).lstrip("^").rstrip("$")


def _methods(view: Any) -> list[str]:
    """Return what a view answers; Django adds HEAD to every GET by itself, which is no row."""
    cls = getattr(view, "view_class", None) or getattr(view, "cls", None)
    if cls is None:
        return ["GET"]
    found = [method for method in METHODS if hasattr(cls, method)]
    return [method.upper() for method in found]
