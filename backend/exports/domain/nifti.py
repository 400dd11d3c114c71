"""NIfTI volumes: image and labels on one affine, in RAS millimetres as NIfTI wants it.

The affine goes into the sform, which may lean; the qform is left unset where it could not say the
same. Values are those after rescaling, so a CT holds Hounsfield units.
"""

from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from numpy.typing import NDArray

from backend.exports.domain.item import FileProof, Item, ItemRefused, ProofFailed, count_equal
from ml_worker.geometry.voxel_grid import VoxelGrid

# nibabel's own annotations are partial: it is called as untyped.
nib: Any = nibabel

AFFINE_TOLERANCE_MM = 1e-3
SCANNER = 1


def lattice_of(item: Item) -> VoxelGrid:
    """Return the item's affine; refuses a series that no affine describes."""
    lattice = item.lattice
    if lattice is None:
        reason = item.record["grid"]["reason"] or "The frames form no volume."
        raise ItemRefused(
            f"NIfTI needs evenly spaced slices. {reason} Export this one as DICOM SEG."
        )
    return lattice


def narrowed(values: NDArray[np.float64]) -> NDArray[np.generic]:
    """Return values in the smallest type that holds them exactly, else as float32."""
    if np.isfinite(values).all() and (values == np.rint(values)).all():
        low, high = values.min(), values.max()
        for kind in (np.int16, np.int32):
            if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max:
                return values.astype(kind)
    return values.astype(np.float32)


def write_nifti(path: Path, voxels_kji: NDArray[np.generic], lattice: VoxelGrid) -> None:
    """Write voxels [k, j, i]; in the file the axes are (i, j, k)."""
    image = nib.Nifti1Image(np.ascontiguousarray(voxels_kji).T, lattice.affine_ras)
    image.set_sform(lattice.affine_ras, code=SCANNER)
    image.header.set_xyzt_units("mm")
    image.header.set_slope_inter(1, 0)
    if not _is_rigid(lattice):
        image.set_qform(None, code=0)
    else:
        image.set_qform(lattice.affine_ras, code=SCANNER)
    nib.save(image, path)


def prove_nifti(path: Path, voxels_kji: NDArray[np.generic], lattice: VoxelGrid) -> FileProof:
    """Read the file back and compare its affine and every voxel."""
    image = nib.load(path)
    if not isinstance(image, nib.Nifti1Image):
        raise ProofFailed(path.name, "it is no NIfTI file")
    if not np.allclose(image.affine, lattice.affine_ras, rtol=0, atol=AFFINE_TOLERANCE_MM):
        raise ProofFailed(path.name, "the affine differs")
    found = np.asanyarray(image.dataobj).T
    if found.dtype.kind != voxels_kji.dtype.kind:
        raise ProofFailed(path.name, f"the values are {found.dtype}, not {voxels_kji.dtype}")
    return count_equal(path.name, voxels_kji, found)


def _is_rigid(lattice: VoxelGrid) -> bool:
    axes = lattice.axes
    return bool(np.abs(axes.T @ axes - np.eye(3)).max() < 1e-4)
