"""How much of what is planted the de-identification finds: headers, pictures, and its pace."""

import logging
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from pydicom import dcmwrite
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from backend.imaging.domain.deidentify.burned_in import boxes_of
from backend.imaging.domain.deidentify.equal import EqualElements
from backend.imaging.domain.deidentify.files import deidentified
from backend.imaging.domain.deidentify.policy import BASIC, RESEARCH, Policy
from backend.imaging.domain.deidentify.pseudonyms import Secret
from backend.imaging.domain.deidentify.reading import tesseract
from backend.imaging.domain.deidentify.standard import rules
from backend.imaging.domain.deidentify.text_boxes import Box
from tests.bench.planting import CONTRASTS, KINDS, clean, name_of, planted
from tests.bench.rows import Row
from tests.bench.sending import series_files

SECRET = Secret(b"the key of the bench, thirty-two bytes")
FILES = 200
EACH = 2
CT = "1.2.840.10008.5.1.4.1.1.2"
SYNTAXES = (ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian)
CHARSETS = ("ISO_IR 192", "ISO_IR 100", "", "ISO_IR 144")
_TEXT = frozenset({"LO", "LT", "SH", "ST", "UC", "UT", "PN"})


@dataclass(frozen=True)
class Person:
    """Who is planted: every word of this that is left afterwards is a miss."""

    family: str
    given: str
    number: str
    born: str
    study_date: str
    doctor: str
    accession: str

    def words(self) -> dict[str, list[bytes]]:
        """Return what to look for, by kind, as bytes in every spelling used."""
        dotted = f"{self.born[6:]}.{self.born[4:6]}.{self.born[:4]}"
        return {
            "family name": _spelt(self.family),
            "given name": _spelt(self.given),
            "doctor": _spelt(self.doctor),
            "patient ID": _spelt(self.number),
            "accession number": _spelt(self.accession),
            "birth date": [*_spelt(self.born), *_spelt(dotted)],
            "study date": _spelt(self.study_date),
        }


def rows() -> list[Row]:
    """Run all parts."""
    logging.getLogger("pydicom").setLevel(logging.ERROR)  # planted values break length rules
    headers = [header_row(policy) for policy in (BASIC, RESEARCH)]
    strangers = [stranger_row(policy) for policy in (BASIC, RESEARCH)]
    return [*headers, *strangers, *picture_rows(), pace_row(), series_row()]


def header_row(policy: Policy) -> Row:
    """Plant names, numbers and dates in every kind of place and count what is left."""
    placed: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    for number in range(FILES):
        rng = np.random.default_rng([11, number])
        person = person_of(rng)
        file, places = planted_file(person, number, rng)
        result = deidentified(file, policy, SECRET).to_bytes().lower()
        for kind, count in places.items():
            placed[kind] += count
        for kind, spellings in person.words().items():
            left = sum(result.count(spelling) for spelling in spellings)
            missed[kind] += left
            missed["all"] += left
    total = placed.total()
    share = 1 - missed["all"] / total
    left = ", ".join(f"{kind} {count}" for kind, count in missed.items() if count and kind != "all")
    where = ", ".join(f"{kind} {count}" for kind, count in sorted(placed.items()))
    return Row(
        f"planted headers removed, policy {policy.label}",
        "≥ 99 %",
        f"{share:.2%} of {total} in {FILES} files",
        share >= 0.99,
        note=f"left: {left or 'none'}; places: {where}",
    )


def stranger_row(policy: Policy) -> Row:
    """Plant people whom no name attribute of the file gives away, where free text is allowed."""
    left: Counter[str] = Counter()
    for number in range(FILES):
        rng = np.random.default_rng([12, number])
        person = person_of(rng)
        dataset = _base(person, number, 16)
        family, given = name_of(rng).split("^")
        while family == person.family:
            family, given = name_of(rng).split("^")
        for keyword, text in (
            ("StudyDescription", f"CT for {family}"),
            ("ImageComments", f"{given} {family} moved"),
            ("ContentDescription", f"read by {family}"),
            ("PulseSequenceName", f"{family[:10]}^{given[:4]}"),
            ("FilterType", family),
        ):
            setattr(dataset, keyword, text)
        result = deidentified(_file(dataset, person, ExplicitVRLittleEndian), policy, SECRET)
        for element in result.dataset:
            left[element.keyword] += family[:10] in str(element.value)
    missed = ", ".join(f"{keyword} {count}/{FILES}" for keyword, count in left.items() if count)
    return Row(
        f"names given nowhere else in the file, policy {policy.label}",
        "none promised",
        f"{1 - left.total() / (5 * FILES):.1%} of {5 * FILES}",
        None,
        note=f"left in {missed or 'none'}",
    )


def picture_rows() -> list[Row]:
    """Search pictures with planted text and pictures without."""
    found: Counter[str] = Counter()
    looked: Counter[str] = Counter()
    began = time.process_time()
    for each in planted(2, EACH):
        want = Box(*each.box or (0, 0, 0, 0))
        is_found = sum(box.covers(want) for box in boxes_of(each.picture)) > 0.5
        for key in ("all", each.kind, f"contrast {each.contrast:.2f}"):
            looked[key] += 1
            found[key] += is_found
    seconds = (time.process_time() - began) / looked["all"]
    alarms = Counter(each.kind for each in clean(3, 10) if boxes_of(each.picture))
    share = found["all"] / looked["all"]
    keys = [*KINDS, *(f"contrast {contrast:.2f}" for contrast in CONTRASTS)]
    by = ", ".join(f"{key} {found[key]}/{looked[key]}" for key in keys)
    reader = "with Tesseract" if tesseract() else "without Tesseract"
    return [
        Row(
            "planted burned-in names found",
            "≥ 95 %",
            f"{share:.1%} of {looked['all']} pictures",
            share >= 0.95,
            cpu=f"{seconds * 1000:.0f} ms",
            note=f"more than half of the name boxed; {reader}; {by}",
        ),
        Row(
            "pictures without text that would wait for a person",
            "none promised",
            ", ".join(f"{kind} {alarms[kind]}/10" for kind in KINDS),
            None,
            note="ultrasound speckle is the hard one",
        ),
    ]


def pace_row() -> Row:
    """Measure one CT slice of 512 x 512 from bytes to bytes."""
    rng = np.random.default_rng(5)
    file, _ = planted_file(person_of(rng), 0, rng, side=512)
    began, runs = time.process_time(), 40
    for _ in range(runs):
        deidentified(file, RESEARCH, SECRET).to_bytes()
    each = (time.process_time() - began) / runs
    return Row(
        "one CT slice, bytes to bytes",
        "none promised",
        f"{each * 1000:.1f} ms",
        None,
        cpu=f"{each * 1000:.1f} ms",
        note=f"{len(file) // 1024} KiB, policy {RESEARCH.label}",
    )


def series_row() -> Row:
    """Measure the slices of a series, as a delivery brings them: equal elements are judged once."""
    with tempfile.TemporaryDirectory() as folder:
        slices = [path.read_bytes() for path in series_files(Path(folder), "P", 60)]
    equal = EqualElements(RESEARCH, SECRET)
    began = time.process_time()
    outcomes = [equal.cleared(content) for content in slices]
    each = (time.process_time() - began) / len(slices)
    assert all(outcomes)
    return Row(
        "a slice of a CT series of one delivery, bytes to bytes",
        "none promised",
        f"{each * 1000:.1f} ms",
        None,
        cpu=f"{each * 1000:.1f} ms",
        note=f"{len(slices[0]) // 1024} KiB, {len(slices)} slices, policy {RESEARCH.label}",
    )


def person_of(rng: np.random.Generator) -> Person:
    """Return somebody who does not exist."""
    family, given = name_of(rng).split("^")
    day = f"{rng.integers(1930, 2005)}{rng.integers(1, 13):02d}{rng.integers(1, 29):02d}"
    return Person(
        family=family,
        given=given,
        number=f"ZQ-{rng.integers(10**6, 10**7)}",
        born=day,
        study_date=f"20{rng.integers(10, 25)}{rng.integers(1, 13):02d}{rng.integers(1, 29):02d}",
        doctor=name_of(rng).split("^")[0] + "son",
        accession=f"ACC{rng.integers(10**6, 10**7)}",
    )


def planted_file(
    person: Person, number: int, rng: np.random.Generator, side: int = 16
) -> tuple[bytes, Counter[str]]:
    """Return a file with this person in every kind of place, and how often in which kind."""
    places: Counter[str] = Counter()
    dataset = _base(person, number, side)
    places["patient and visit"] = 8
    for kind, plant in _PLANTS.items():
        places[kind] += plant(dataset, person, rng)
    places["file meta and preamble"] = 2
    return _file(dataset, person, SYNTAXES[number % len(SYNTAXES)]), places


def _file(dataset: Dataset, person: Person, syntax: str) -> bytes:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = CT, dataset.SOPInstanceUID
    meta.TransferSyntaxUID = UID(syntax)
    meta.SourceApplicationEntityTitle = person.family.upper()[:16]
    preamble = person.given.encode()[:128].ljust(128, b"\0")
    file = FileDataset("", dataset, file_meta=meta, preamble=preamble)
    target = BytesIO()
    dcmwrite(target, file, enforce_file_format=True)
    return target.getvalue()


def _base(person: Person, number: int, side: int) -> Dataset:
    dataset = Dataset()
    charset = CHARSETS[number % len(CHARSETS)]
    if charset:
        dataset.SpecificCharacterSet = charset
    dataset.SOPClassUID, dataset.SOPInstanceUID = CT, f"1.2.826.{number}.3"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = "1.2.826.1", f"1.2.826.{number}.2"
    dataset.PatientName, dataset.PatientID = f"{person.family}^{person.given}", person.number
    dataset.PatientBirthDate, dataset.StudyDate = person.born, person.study_date
    dataset.AccessionNumber, dataset.ReferringPhysicianName = person.accession, person.doctor
    dataset.OtherPatientIDsSequence = [Dataset()]
    dataset.OtherPatientIDsSequence[0].PatientID = person.number
    dataset.Modality = "CT"
    dataset.Rows = dataset.Columns = side
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 12, 11
    dataset.PixelRepresentation = 0
    dataset.PixelData = bytes(2 * side * side)
    return dataset


def _sentence(person: Person, rng: np.random.Generator) -> str:
    forms = (
        f"CT chest of {person.family}, {person.given}",
        f"{person.family.upper()}_{person.given}_{person.number}.dcm",
        f"Pat. {person.given} {person.family} born {person.born}",
        f"see {person.accession} of {person.study_date}",
        f"report by {person.doctor}",
    )
    return forms[int(rng.integers(len(forms)))]


def _text_value(vr: str, person: Person, rng: np.random.Generator) -> str:
    if vr == "PN":
        return f"{person.doctor}^{person.given}"
    return person.family if vr == "SH" else _sentence(person, rng)


def _in_table(dataset: Dataset, person: Person, rng: np.random.Generator) -> int:
    """Plant in thirty attributes that the table names, at the root."""
    chosen = [rule for rule in rules().values() if rule.vr in _TEXT and rule.tag.isalnum()]
    count = 0
    for place in rng.permutation(len(chosen))[:30]:
        rule = chosen[int(place)]
        tag = int(rule.tag, 16) if "x" not in rule.tag else 0
        if tag and tag >> 16 > 2 and tag not in dataset:
            dataset.add(DataElement(tag, rule.vr, _text_value(rule.vr, person, rng)))
            count += 1
    return count


def _in_sequences(dataset: Dataset, person: Person, rng: np.random.Generator) -> int:
    """Plant three levels deep, under sequences that stay."""
    deepest = Dataset()
    deepest.PersonName = f"{person.family}^{person.given}"
    deepest.InstitutionName = _sentence(person, rng)
    deepest.ImageComments = _sentence(person, rng)
    middle = Dataset()
    middle.FrameComments = _sentence(person, rng)
    middle.DerivationImageSequence = [deepest]
    dataset.SharedFunctionalGroupsSequence = [middle]
    return 4


def _in_private(dataset: Dataset, person: Person, rng: np.random.Generator) -> int:
    block = dataset.private_block(0x0029, "ACME CSA HEADER", create=True)
    block.add_new(0x10, "OB", f"{person.family}\0{person.number}".encode() + b"\0" * 3)
    block.add_new(0x11, "LO", person.family)
    inner = Dataset()
    inner.PatientName = person.family
    block.add_new(0x12, "SQ", [inner])
    dataset.private_block(0x0019, "GEMS_ACQU_01", create=True).add_new(0x9E, "LO", person.family)
    return 4


def _in_unknown(dataset: Dataset, person: Person, _rng: np.random.Generator) -> int:
    name = person.family.encode().ljust(20)
    dataset.add(DataElement(0x00081155 + 0x3000, "UN", name))
    dataset.add(DataElement(0x00104099, "UN", name))
    return 2


def _in_unlisted(dataset: Dataset, person: Person, rng: np.random.Generator) -> int:
    """Plant in attributes of which the table says nothing: technique, labels, file names."""
    dataset.FilterType = f"{person.family[:14]}.d"
    dataset.CodingSchemeURL = f"file:///home/{person.family}/1.dcm"
    dataset.ContentDescription = _sentence(person, rng)
    dataset.ConvolutionKernel = person.given
    dataset.SourceSerialNumber = person.number
    dataset.ICCProfile = (
        b"\0\1" + person.family.encode() + b"\0" * 9 + b"\0" * (len(person.family) % 2 == 0)
    )
    return 6


def _in_content(dataset: Dataset, person: Person, rng: np.random.Generator) -> int:
    observer = Dataset()
    observer.ValueType, observer.PersonName = "PNAME", f"{person.doctor}^{person.given}"
    text = Dataset()
    text.ValueType, text.TextValue = "TEXT", _sentence(person, rng)
    date = Dataset()
    date.ValueType, date.Date = "DATE", person.study_date
    text.ContentSequence = [date]
    dataset.ContentSequence = [observer, text]
    return 3


def _in_dates(dataset: Dataset, person: Person, _rng: np.random.Generator) -> int:
    dataset.SeriesDate = dataset.ContentDate = person.study_date
    dataset.AcquisitionDateTime = f"{person.study_date}101112.123"
    dataset.ScheduledProcedureStepStartDate = person.study_date
    dataset.DateOfSecondaryCapture = person.study_date
    return 5


def _spelt(word: str) -> list[bytes]:
    return [word.lower().encode()]


_PLANTS = {
    "attributes of the table": _in_table,
    "nested sequences": _in_sequences,
    "private": _in_private,
    "unknown and UN": _in_unknown,
    "attributes of no table": _in_unlisted,
    "report content": _in_content,
    "dates": _in_dates,
}
