"""What a DICOMweb client accepts: media types, transfer syntaxes and preferences (PS3.18 8.7)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from backend.core.errors import LimnError

OCTETS = "application/octet-stream"
# What frames in a transfer syntax are called (PS3.18 table 8.7.3-5); all others are octets.
MEDIA_OF = {
    "1.2.840.10008.1.2.4.50": "image/jpeg",
    "1.2.840.10008.1.2.4.51": "image/jpeg",
    "1.2.840.10008.1.2.4.57": "image/jpeg",
    "1.2.840.10008.1.2.4.70": "image/jpeg",
    "1.2.840.10008.1.2.4.80": "image/jls",
    "1.2.840.10008.1.2.4.81": "image/jls",
    "1.2.840.10008.1.2.4.90": "image/jp2",
    "1.2.840.10008.1.2.4.91": "image/jp2",
    "1.2.840.10008.1.2.4.92": "image/jpx",
    "1.2.840.10008.1.2.4.93": "image/jpx",
    "1.2.840.10008.1.2.4.201": "image/jphc",
    "1.2.840.10008.1.2.4.202": "image/jphc",
    "1.2.840.10008.1.2.4.203": "image/jphc",
    "1.2.840.10008.1.2.5": "image/dicom-rle",
}
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
    refused: frozenset[str] = frozenset()

    def takes(self, media: str) -> bool:
        """Tell whether a media type fits; a wildcard leaves out what is refused by its name."""
        kind = media.partition("/")[0]
        return self.media == media or (
            self.media in {f"{kind}/*", "*/*"} and media not in self.refused
        )


def accepted_from(header: str, query: str = "") -> list[Accepted]:
    """Return the alternatives, best first; those of equal worth stay in the client's order.

    Those of the address, `query`, come before those of the header: who writes an address for a
    browser cannot say what header it sends. Anything goes where nothing is said.
    """
    return [*(_alternatives(query) if query.strip() else []), *_alternatives(header)]


def _alternatives(text: str) -> list[Accepted]:
    """Return the alternatives of one list; what is given the worth of 0 is left out."""
    found = []
    for word in _ALTERNATIVES.split(text.strip() or "*/*"):
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
    refused = frozenset(each.media for each in found if each.quality == 0 and not each.syntax)
    wanted = [replace(each, refused=refused) for each in found if each.quality > 0]
    return sorted(wanted, key=lambda each: -each.quality)


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
