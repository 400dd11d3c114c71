"""The CSA header of Siemens MR (0029,1010): named lists of texts in a layout of their own.

Two versions are found: CSA2 begins with ``SV10``; CSA1 begins with the number of tags at once.
Each tag has a name, a count of items, and items with four lengths of which one counts.
"""

import struct

_TAG = struct.Struct("<64si4siii")
_ITEM = struct.Struct("<4i")
_COUNT = struct.Struct("<II")
MOST_TAGS = 1000
MOST_ITEMS = 10_000


def read_csa(raw: bytes) -> dict[str, list[str]]:
    """Return the texts of each tag that has any; empty where the bytes are no CSA header."""
    is_second = raw[:4] == b"SV10"
    place = 8 if is_second else 0
    try:
        count, _ = _COUNT.unpack_from(raw, place)
        return _tags(raw, place + _COUNT.size, count, is_second=is_second)
    except (struct.error, ValueError):
        return {}


def _tags(raw: bytes, place: int, count: int, *, is_second: bool) -> dict[str, list[str]]:
    if not 0 < count <= MOST_TAGS:
        raise ValueError("no sensible number of tags")
    found: dict[str, list[str]] = {}
    first_items = 0
    for number in range(count):
        name, _, _, _, items, _ = _TAG.unpack_from(raw, place)
        place += _TAG.size
        if not 0 <= items <= MOST_ITEMS:
            raise ValueError("no sensible number of items")
        first_items = items if number == 0 else first_items
        texts = []
        for _ in range(items):
            lengths = _ITEM.unpack_from(raw, place)
            place += _ITEM.size
            length = lengths[1] if is_second else lengths[0] - first_items
            if length < 0 or place + length > len(raw):
                raise ValueError("an item is longer than the header")
            texts.append(_text(raw[place : place + length]))
            place += (length + 3) // 4 * 4
        kept = [text for text in texts if text]
        if kept:
            found[_text(name)] = kept
    return found


def _text(raw: bytes) -> str:
    return raw.split(b"\0", 1)[0].decode("latin-1").strip()
