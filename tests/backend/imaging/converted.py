"""Help for tests of conversion: convert a file, and read back what came of it by other means."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pydicom

from backend.imaging.domain.convert.converting import Conversion, convert
from backend.imaging.domain.convert.facts import Facts
from backend.imaging.domain.convert.kinds import kind_of
from backend.imaging.domain.convert.model import Limits, Source
from backend.imaging.domain.parse import parse_file

RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
AFFINES = {
    "axial": [[-0.7, 0, 0, 31], [0, -0.9, 0, 27], [0, 0, 2.5, -40], [0, 0, 0, 1]],
    "left-handed": [[0.7, 0, 0, -31], [0, -0.9, 0, 27], [0, 0, 2.5, -40], [0, 0, 0, 1]],
    "upside down": [[-0.7, 0, 0, 31], [0, -0.9, 0, 27], [0, 0, -2.5, 40], [0, 0, 0, 1]],
    "sagittal": [[0, 0, 3.1, -20], [0.8, 0, 0, -12], [0, -0.6, 0, 44], [0, 0, 0, 1]],
    "coronal, left-handed": [[1.1, 0, 0, -5], [0, 0, 4.2, 6], [0, 1.3, 0, -7], [0, 0, 0, 1]],
}


def oblique(spacing=(0.61, 0.83, 2.9), origin=(-41.3, 17.9, 88.2), flip=1):
    """Return a RAS affine that stands askew in every direction."""
    a, b, c = 0.31, -0.47, 0.83
    x = [[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]]
    y = [[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]]
    z = [[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]]
    affine = np.eye(4)
    affine[:3, :3] = (np.array(x) @ y @ z) * (np.array(spacing) * [1, 1, flip])
    affine[:3, 3] = origin
    return affine


AFFINES["oblique"] = oblique()
AFFINES["oblique, left-handed"] = oblique(flip=-1)


@dataclass
class Made:
    """What a conversion gave: its remarks, the files, and these read by pydicom."""

    conversion: Conversion
    paths: list[Path]

    @property
    def datasets(self):
        return [pydicom.dcmread(path) for path in self.paths]

    @property
    def remarks(self):
        return " ".join(self.conversion.remarks)


def source_of(path, scratch, name=None, limits=None):
    """Return a file as a source, with all files beside it as its parts."""
    scratch.mkdir(parents=True, exist_ok=True)
    parts = {each.name.lower(): each for each in path.parent.iterdir() if each != path}
    return Source(name or path.name, path, scratch, parts, limits or Limits())


def make(path, name=None, facts=None, limits=None):
    """Convert a file into instances that Limn's own reader accepts, each."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    scratch = path.parent / f"scratch-{digest[:8]}"
    source = source_of(path, scratch, name, limits)
    kind = kind_of(source.name, path)
    assert kind is not None, f"{path.name} is taken for nothing"
    conversion = convert(source, kind, lambda: digest, facts or Facts())
    made = Made(conversion, list(conversion.instances))
    for each in made.paths:
        assert parse_file(each).pixels is not None
    return made


def frames_of(dataset):
    """Yield position, orientation, spacing and values (rescaled) of every frame of an instance."""
    array = dataset.pixel_array
    if "PerFrameFunctionalGroupsSequence" not in dataset:
        slope = float(dataset.get("RescaleSlope", 1))
        values = array.astype(np.float64) * slope + float(dataset.get("RescaleIntercept", 0))
        place = [dataset.get(name) for name in ("ImagePositionPatient", "ImageOrientationPatient")]
        yield *place, dataset.get("PixelSpacing"), values if array.ndim == 2 else array
        return
    shared = dataset.SharedFunctionalGroupsSequence[0]
    for own, values in zip(dataset.PerFrameFunctionalGroupsSequence, array, strict=True):
        yield (
            own.PlanePositionSequence[0].ImagePositionPatient,
            shared.PlaneOrientationSequence[0].ImageOrientationPatient,
            shared.PixelMeasuresSequence[0].PixelSpacing,
            values.astype(np.float64),
        )


def lattice_of(datasets):
    """Return values [k, j, i(, 3)] and the voxel centres [k, j, i, 3] in LPS mm, as DICOM says."""
    values, centres = [], []
    for dataset in datasets:
        for position, orientation, spacing, pixels in frames_of(dataset):
            row, column = np.reshape(orientation, (2, 3)).astype(float)
            rows, columns = pixels.shape[:2]
            i = np.arange(columns)[None, :, None] * row * float(spacing[1])
            j = np.arange(rows)[:, None, None] * column * float(spacing[0])
            values.append(pixels)
            centres.append(np.array(position, dtype=float) + i + j)
    return np.stack(values), np.stack(centres)


def centres_of(affine_lps, shape_ijk):
    """Return the voxel centres [k, j, i, 3] in LPS mm that an affine gives."""
    index = np.stack(np.meshgrid(*(np.arange(n) for n in shape_ijk), indexing="ij"), axis=-1)
    centres = index @ np.asarray(affine_lps)[:3, :3].T + np.asarray(affine_lps)[:3, 3]
    return centres.transpose(2, 1, 0, 3)


def speckle(shape, dtype, seed=3):
    """Return values that fill the range of a type, no two neighbours alike."""
    chance = np.random.default_rng(seed)
    kind = np.dtype(dtype)
    if kind.kind == "f":
        return (chance.normal(size=shape) * 1000).astype(kind)
    limits = np.iinfo(kind)
    return chance.integers(limits.min, limits.max, size=shape, dtype=kind, endpoint=True)
