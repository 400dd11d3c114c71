"""DICOMweb clients accept what Django REST framework knows no renderer for; views decide."""

from collections.abc import Iterable

from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from backend.imaging.domain.accepting import Accepted, accepted_from


def accepted_of(request: Request) -> list[Accepted]:
    """Return what a client accepts, by its header and by the address (PS3.18 8.3.3.1)."""
    query = ",".join(request.query_params.getlist("accept"))
    return accepted_from(request.headers.get("Accept", ""), query)


class AnyAccepted(BaseContentNegotiation):
    """Takes the first parser and renderer, whatever the headers say."""

    def select_parser(self, _request: Request, parsers: Iterable[BaseParser]) -> BaseParser:
        """Return the first parser."""
        return next(iter(parsers))

    def select_renderer(
        self,
        _request: Request,
        renderers: Iterable[BaseRenderer],
        _format_suffix: str | None = None,
    ) -> tuple[BaseRenderer, str]:
        """Return the first renderer."""
        first = next(iter(renderers))
        return first, first.media_type
