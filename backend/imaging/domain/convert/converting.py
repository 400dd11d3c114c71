"""One file, with what lies beside it, becomes DICOM instances."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset

from backend.imaging.domain.convert.datasets import Identifiers, base_of
from backend.imaging.domain.convert.diffusion import weightings_of
from backend.imaging.domain.convert.facts import Facts
from backend.imaging.domain.convert.kinds import Kind
from backend.imaging.domain.convert.labels import name_says_labels, remark_on, why_labels
from backend.imaging.domain.convert.metaimage import read_metaimage
from backend.imaging.domain.convert.model import Kept, Pictures, Source, Volume
from backend.imaging.domain.convert.nifti import read_analyze, read_nifti
from backend.imaging.domain.convert.nrrd import read_nrrd
from backend.imaging.domain.convert.pictures import read_picture
from backend.imaging.domain.convert.placing import place
from backend.imaging.domain.convert.tiff import read_tiff
from backend.imaging.domain.convert.values import Survey, storage_of, survey_of
from backend.imaging.domain.convert.video import read_video
from backend.imaging.domain.convert.writing import picture_instance, volume_instances
from backend.imaging.domain.rejections import Rejected

NOT_NUMBERS = (
    "{count} of its voxels hold no number (NaN or infinite); they were kept as they are, and are "
    "not shown."
)
LABELS_LEFT = "What its side file says beyond the header ({names}) was kept with the file."

# Makes one whole number of red, green and blue.
COLOUR_NUMBER = np.array([1 << 16, 1 << 8, 1])

_READERS: dict[Kind, Callable[[Source], Volume | Pictures | list[Pictures | Volume]]] = {
    Kind.NIFTI: read_nifti,
    Kind.ANALYZE: read_analyze,
    Kind.NRRD: read_nrrd,
    Kind.METAIMAGE: read_metaimage,
    Kind.PICTURE: read_picture,
    Kind.TIFF: read_tiff,
    Kind.VIDEO: read_video,
}


@dataclass(frozen=True)
class Conversion:
    """What a file becomes. Each instance is written when it is asked for, into the scratch folder.

    ``remarks`` are sentences for people: what was chosen, and what is not as in the file.
    """

    format: str
    remarks: tuple[str, ...]
    instances: Iterator[Path]
    labels: Mapping[str, str]


def convert(
    source: Source, kind: Kind, content_hash: Callable[[], str], facts: Facts
) -> Conversion:
    """Convert a file; raises Rejected, or Kept where its content is no picture.

    `content_hash` is asked once the reader has looked up which parts belong to the file.
    """
    read = _READERS[kind](source)
    found = read if isinstance(read, list) else [read]
    content_sha256 = content_hash()
    made = [
        _instances(source, each, _identifiers(content_sha256, facts, turn), facts)
        for turn, each in enumerate(found)
    ]
    remarks = [remark for _, spoken in made for remark in spoken] + list(facts.remarks)
    if facts.labels:
        remarks.append(LABELS_LEFT.format(names=", ".join(name for name, _ in facts.labels[:8])))
    return Conversion(
        format=found[0].format,
        remarks=tuple(dict.fromkeys(remarks)),
        instances=chain.from_iterable(instances for instances, _ in made),
        labels=dict(facts.labels),
    )


def _identifiers(content_sha256: str, facts: Facts, turn: int) -> Identifiers:
    if not turn:
        return Identifiers.of(content_sha256, facts)
    other = hashlib.sha256(f"{content_sha256} {turn}".encode()).hexdigest()
    first = Identifiers.of(content_sha256, facts)
    return Identifiers(Identifiers.of(other, facts).seed, first.study)


def _instances(
    source: Source, found: Volume | Pictures, uids: Identifiers, facts: Facts
) -> tuple[Iterator[Path], list[str]]:
    base = base_of(uids, facts, f"Converted from {found.format} by Limn")
    if isinstance(found, Volume):
        return _volume(source, found, uids, facts, base)
    why = _picture_labels(source.name, found, facts)
    if why:
        raise Kept("imaging.labels_kept", why=why)
    instances = (picture_instance(source, found, uids, base, facts) for _ in range(1))
    return instances, found.remarks


def _volume(
    source: Source, volume: Volume, uids: Identifiers, facts: Facts, base: Dataset
) -> tuple[Iterator[Path], list[str]]:
    frames = volume.voxels.shape[0] * volume.voxels.shape[1]
    rows, columns = volume.voxels.shape[2:4]
    if frames > source.limits.most_frames:
        raise Rejected("imaging.source_too_large", why=f"{frames} slices")
    if max(rows, columns) > 0xFFFF or rows * columns > source.limits.most_pixels:
        raise Rejected("imaging.source_too_large", why=f"{columns} x {rows} voxels in a slice")
    placing, leans = place(volume.affine_lps) if volume.affine_lps is not None else (None, [])
    volume.pixel_spacing_mm = _sound_spacing(volume, facts)
    survey = survey_of(volume)
    why = why_labels(source.name, facts, survey, says_labels=volume.says_labels)
    if why:
        raise Kept("imaging.labels_kept", why=why)
    weightings, unfit = weightings_of(volume, facts)
    remarks = [*volume.remarks, *leans, *unfit]
    if not volume.is_colour:
        remarks += remark_on(survey)
    if survey.odd:
        remarks.append(NOT_NUMBERS.format(count=survey.odd))
    eight_bits = volume.is_colour or base.Modality not in {"CT", "MR"}
    storage = storage_of(volume, survey, eight_bits=eight_bits)
    return volume_instances(source, volume, storage, placing, uids, base, weightings), remarks


def _sound_spacing(volume: Volume, facts: Facts) -> tuple[float, float] | None:
    """Return the pixel spacing of a volume without a place: the file's, else the side file's."""
    own = volume.pixel_spacing_mm
    if own is not None and all(1e-6 < mm < 1e6 for mm in own):
        return own
    return facts.pixel_spacing_mm


def _picture_labels(name: str, pictures: Pictures, facts: Facts) -> str:
    """Return why pictures are labels; their values are only looked at where the name asks for it."""
    if facts.kind or pictures.syntax or not name_says_labels(name):
        return why_labels(name, facts, None, says_labels=False) if facts.kind else ""
    survey = Survey()
    for frame in pictures.frames():
        survey.add(frame @ COLOUR_NUMBER if pictures.is_colour else frame)
    return why_labels(name, facts, survey, says_labels=False)
