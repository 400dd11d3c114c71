"""How a header says that a value is elsewhere: by an address that is completed when it is read."""

PIXELS, FLOATS, DOUBLES = "7FE00010", "7FE00008", "7FE00009"
# A header without this, and samples of such a size, is one of floating point pixels (PS3.3 C.7.6.24).
_SIGN = '"00280103":'
# No text of a header can hold these signs: a quotation mark inside one is escaped.
BULK_MARK = '"BulkDataURI":"bulk:'


def elsewhere(vr: str, place: str) -> dict[str, str]:
    """Return the element of a value that is left out of its header; `place` as in its address."""
    return {"vr": vr, "BulkDataURI": f"bulk:{place}"}


def pixels_elsewhere(header: str, bits: int | None, base: str) -> str:
    """Return the element of the pixels as JSON text; `base` is the address of the values."""
    tag, vr = PIXELS, "OW" if bits and bits > 8 else "OB"
    if bits in {32, 64} and _SIGN not in header:
        tag, vr = (FLOATS, "OF") if bits == 32 else (DOUBLES, "OD")
    return f'"{tag}":{{"vr":"{vr}","BulkDataURI":"{base}{tag}"}}'
