"""Standardised uptake values of PET, by body weight: the factor, or the sentence why there is none.

SUV = activity (Bq/ml) x body weight (g) / activity given, both activities at one moment. After
PS3.3 C.8.9.1 (PET Series: Units (0054,1001), Decay Correction (0054,1102)) and C.8.9.2
(Radiopharmaceutical Information), in the way of the QIBA profile for FDG-PET:

- BQML: needs weight, dose, half life and the moments of injection and of the scan's reference.
- CNTS: only Philips tells how counts become anything, in (7053,1000) or (7053,1009).
- GML: the stored values are SUV already; the type is said in (0054,1006).

START: values are decayed to the start of the series, so the dose is too. ADMIN: values are decayed
back to the injection, so the dose is taken as given. NONE: each frame is as it was measured, so the
dose is decayed to the frame, and averaged over its length.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from backend.imaging.domain.dicom_json import Header
from backend.imaging.domain.header import first_item, number, text

PHILIPS = "Philips PET Private Group"
_SUV_FACTOR, _ACTIVITY_FACTOR = "70531000", "70531009"
_DAY = timedelta(days=1)
_LONGEST_WAIT = timedelta(hours=24)

NO_UNITS = "The unit of the stored values ({units}) cannot be turned into SUV."
NO_FACTOR = "The values are counts, and the file brings no Philips factor that makes SUV of them."
NOT_GIVEN = "SUV cannot be computed: the header does not say {what}."
NOT_CORRECTED = "SUV cannot be computed: decay was not corrected in a way that is known ({how})."
BAD_TIMES = "SUV cannot be computed: the injection is not within the day before the scan."
OTHER_SUV = "The stored values are SUV by {kind}, not by body weight."


class Unknown(Exception):
    """There is no factor; the message is a sentence for people."""


@dataclass(frozen=True)
class Suv:
    """What a value after rescaling is multiplied with; `why` says how it was found, or why not."""

    factor: float | None
    why: str


def suv_from(header: Header) -> Suv | None:
    """Return how the values of a PET image become SUV by body weight; None for other images."""
    if text(header, "00080060", 16) != "PT":
        return None
    units = text(header, "00541001", 16)
    try:
        return _BY_UNITS.get(units, _refused)(header)
    except Unknown as unknown:
        return Suv(None, str(unknown))


def _refused(header: Header) -> Suv:
    units = text(header, "00541001", 16) or "not said"
    raise Unknown(NO_UNITS.format(units=units))


def _of_grams(header: Header) -> Suv:
    """GML: values are SUV already (g/ml); the type is body weight where nothing else is said."""
    kind = text(header, "00541006", 16) or "BW"
    if kind != "BW":
        raise Unknown(OTHER_SUV.format(kind=kind))
    return Suv(1.0, "The stored values are SUV by body weight already.")


def _of_counts(header: Header) -> Suv:
    """CNTS: Philips writes SUV per count, or Bq/ml per count, in a private group."""
    if text(header, "70530010", 64) != PHILIPS:
        raise Unknown(NO_FACTOR)
    factor = number(header, _SUV_FACTOR)
    if factor:
        return Suv(factor, "By the SUV factor of the scanner (7053,1000).")
    activity = number(header, _ACTIVITY_FACTOR)
    if not activity:
        raise Unknown(NO_FACTOR)
    found = _of_activity(header)
    return Suv((found.factor or 0.0) * activity, f"{found.why} Counts by the factor (7053,1009).")


def _of_activity(header: Header) -> Suv:
    """BQML: body weight over the dose as it stood at the moment the values speak of."""
    drug = first_item(header, "00540016")
    weight = _asked(number(header, "00101030"), "the patient's weight")
    dose = _asked(number(drug, "00181074"), "the activity given")
    how = text(header, "00541102", 16)
    if how == "ADMIN":
        return Suv(weight * 1000 / dose, "By body weight; decay corrected to the injection.")
    half_life = _asked(number(drug, "00181075"), "the half life")
    if how == "START":
        waited = _waited(drug, _scan_start(header, half_life))
        left = dose * 2 ** (-waited / half_life)
        return Suv(weight * 1000 / left, "By body weight; decay corrected to the scan's start.")
    if how == "NONE":
        waited = _waited(drug, _moment(header, "00080022", "00080032"))
        left = dose * 2 ** (-waited / half_life) * _mean_share(header, half_life)
        return Suv(weight * 1000 / left, "By body weight; each frame at its own moment.")
    raise Unknown(NOT_CORRECTED.format(how=how or "not said"))


def _asked(value: float | None, what: str) -> float:
    if value is None or value <= 0:
        raise Unknown(NOT_GIVEN.format(what=what))
    return value


def _mean_share(header: Header, half_life: float) -> float:
    """Return the mean activity over a frame, as a share of that at its start."""
    duration = number(header, "00181242")
    if not duration or duration < 0:
        return 1.0
    decayed = math.log(2) * duration / 1000 / half_life
    return -math.expm1(-decayed) / decayed


def _scan_start(header: Header, half_life: float) -> datetime | None:
    """Return the moment that START means.

    It is the time of the series, unless that is later than the acquisition: then the series was
    made afterwards, and the start follows from the frame's own reference time.
    """
    series = _moment(header, "00080021", "00080031")
    acquired = _moment(header, "00080022", "00080032")
    if series is not None and (acquired is None or series <= acquired):
        return series
    private = text(header, "0009100D", 32)  # GEMS_PETD_01: the scan's own date and time
    if text(header, "00090010", 64) == "GEMS_PETD_01" and private:
        return _parsed(private)
    reference, duration = number(header, "00541300"), number(header, "00181242")
    if acquired is None or reference is None or not duration:
        return acquired
    decay = math.log(2) / half_life
    decayed = decay * duration / 1000
    mean_at = math.log(decayed / -math.expm1(-decayed)) / decay
    return acquired + timedelta(seconds=mean_at - reference / 1000)


def _waited(drug: Header, at: datetime | None) -> float:
    """Return the seconds from the injection to a moment."""
    if at is None:
        raise Unknown(NOT_GIVEN.format(what="when the scan took place"))
    injected = _parsed(text(drug, "00181078", 32))
    if injected is None:
        clock = text(drug, "00181072", 32)
        injected = _parsed(f"{at:%Y%m%d}{clock}") if clock else None
        if injected is not None and injected > at:
            injected -= _DAY  # over midnight
    if injected is None:
        raise Unknown(NOT_GIVEN.format(what="when the injection was"))
    waited = at - injected
    if not timedelta(0) <= waited <= _LONGEST_WAIT:
        raise Unknown(BAD_TIMES)
    return waited.total_seconds()


def _moment(header: Header, date_tag: str, time_tag: str) -> datetime | None:
    date, clock = text(header, date_tag, 16), text(header, time_tag, 32)
    date = date or text(header, "00080021", 16) or text(header, "00080020", 16)
    return _parsed(date + clock) if clock else None


def _parsed(words: str) -> datetime | None:
    """Read a DICOM date and time (PS3.5 6.2, DT); the offset from UTC is left out."""
    plain = words.split("+", 1)[0].split("-", 1)[0].replace(":", "").strip()
    whole, _, fraction = plain.partition(".")
    if not 10 <= len(whole) <= 14:
        return None
    try:
        found = datetime.strptime(whole.ljust(14, "0"), "%Y%m%d%H%M%S")  # noqa: DTZ007  local
        return found + timedelta(seconds=float(f"0.{fraction or 0}"))
    except ValueError:
        return None


_BY_UNITS: dict[str, Callable[[Header], Suv]] = {
    "BQML": _of_activity,
    "CNTS": _of_counts,
    "GML": _of_grams,
}
