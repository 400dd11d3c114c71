"""How a header says that a value is elsewhere: by an address that is completed when it is read."""

PIXELS = "7FE00010"
# No text of a header can hold these signs: a quotation mark inside one is escaped.
BULK_MARK = '"BulkDataURI":"bulk:'


def elsewhere(vr: str, place: str) -> dict[str, str]:
    """Return the element of a value that is left out of its header; `place` as in its address."""
    return {"vr": vr, "BulkDataURI": f"bulk:{place}"}
