"""What a DICOMweb client accepts: media types, transfer syntaxes and preferences (PS3.18 8.7)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from backend.core.errors import LimnError

_PARAMETER = re.compile(r';\s*([A-Za-z-]+)=("[^"]*"|[^;,\s]*)')
_ALTERNATIVES = re.compile(r',(?=(?:[^"]*"[^"]*")*[^"]*$)')


class NotAcceptable(LimnError):
    """None of the media types asked for can be sent."""

    status = 406
    code = "dicomweb.not_acceptable"


@dataclass(frozen=True)
class Accepted:
    """One alternative of an Accept header; `syntax` is empty where none is named."""

    is_multipart: bool
    media: str
    syntax: str
    quality: float = 1.0

    def takes(self, media: str) -> bool:
        """Tell whether a media type fits, wildcards considered."""
        kind = media.partition("/")[0]
        return self.media in {media, f"{kind}/*", "*/*"}


def accepted_from(header: str) -> list[Accepted]:
    """Return the alternatives, best first; those of equal worth stay in the client's order.

    Anything goes where nothing is said; what is given the worth of 0 is left out.
    """
    found = []
    for word in _ALTERNATIVES.split(header.strip() or "*/*"):
        media = word.split(";", 1)[0].strip().lower()
        parameters = {key.lower(): value.strip('"') for key, value in _PARAMETER.findall(word)}
        is_multipart = media == "multipart/related"
        if is_multipart:
            media = parameters.get("type", "*/*").lower()
        found.append(
            Accepted(
                is_multipart,
                media,
                parameters.get("transfer-syntax", ""),
                _quality(parameters.get("q", "")),
            )
        )
    return sorted((each for each in found if each.quality > 0), key=lambda each: -each.quality)


def _quality(text: str) -> float:
    """Return the worth of an alternative; 1 where none is given or it is no number."""
    try:
        return min(max(float(text), 0.0), 1.0)
    except ValueError:
        return 1.0


@dataclass(frozen=True)
class Offer:
    """Something that can be sent: a media type in a transfer syntax."""

    media: tuple[str, ...]
    syntax: str


def chosen_offer(
    accepted: Iterable[Accepted], offers: list[Offer], default: str
) -> tuple[Accepted, Offer]:
    """Return the best alternative that can be met, and by what; the first offer is the stored form.

    ``transfer-syntax=*`` means the stored form. Where no syntax is named, that is `default` for
    octets, and the natural one of a media type that says more. Raises NotAcceptable.
    """
    for each in accepted:
        for offer in offers:
            if not any(each.takes(media) for media in offer.media):
                continue
            if each.syntax == offer.syntax or (each.syntax == "*" and offer is offers[0]):
                return each, offer
            if not each.syntax and (offer.syntax == default or each.media.startswith("image/")):
                return each, offer
    there = "; ".join(f"{offer.media[0]}, transfer-syntax={offer.syntax}" for offer in offers)
    raise NotAcceptable(f"None of what is accepted can be sent. There is: {there}.")


def chosen_media(accepted: Iterable[Accepted], media: list[str]) -> tuple[Accepted, str]:
    """Return the best alternative among media types without transfer syntax; raises NotAcceptable."""
    for each in accepted:
        for kind in media:
            if each.takes(kind):
                return each, kind
    raise NotAcceptable(f"None of what is accepted can be sent. There is: {', '.join(media)}.")
