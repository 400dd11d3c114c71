"""NIfTI-1, NIfTI-2 and Analyze 7.5: headers read by nibabel, voxels mapped from the file.

A NIfTI file may say twice where it lies (sform and qform). Where both do and differ, the one in
scanner coordinates counts, before one in the space of an atlas; between equals, the sform.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import nibabel
import numpy as np

from backend.imaging.domain.convert.model import RAS_TO_LPS, Affine, Source, Volume, Voxels
from backend.imaging.domain.convert.scratch import (
    head_of,
    is_gzip,
    mapped,
    refuse_size,
    unpacked,
)
from backend.imaging.domain.rejections import Rejected

# nibabel's own annotations are partial: it is called as untyped.
nib: Any = nibabel

HEADER_BYTES = 540
SCANNER = 1
LABEL_INTENT = 1002
# Affines that differ by less (mm, at the far corner) say the same.
SAME_PLACE_MM = 1e-3
_COLOURS = {128: 3, 2304: 4}
_UNIT_MM = {0: 1.0, 1: 1000.0, 2: 1.0, 3: 0.001}
_UNIT_S = {0: 1.0, 8: 1.0, 16: 1e-3, 24: 1e-6}
_ANALYZE_BYTES = 348

GUESSED = (
    "The file does not say how it lies in the patient. Its axes were taken as right, front and "
    "up; left and right may be exchanged."
)
DISAGREEMENT = (
    "The file says twice where it lies, and differently by up to {worst:.3g} mm; its {chosen} "
    "was taken."
)
NO_ALPHA = "Its transparency was left out."


def read_nifti(source: Source) -> Volume:
    """Read a NIfTI file, single or as a pair of header and image; raises Rejected."""
    head = head_of(source.path, HEADER_BYTES)
    header = _header(head)
    shape = _shape(header)
    voxels, remarks = _voxels(source, header, shape, _data_place(source, head, header))
    affine, spoken = _affine(header, shape)
    slope, intercept = _scaling(header)
    return Volume(
        format="NIfTI",
        voxels=voxels,
        affine_lps=affine,
        slope=slope,
        intercept=intercept,
        time_step_s=_time_step(header, shape),
        says_labels=int(header["intent_code"]) == LABEL_INTENT,
        remarks=[*spoken, *remarks],
    )


def read_analyze(source: Source) -> Volume:
    """Read an Analyze 7.5 pair; raises Rejected. Such files never say how they lie."""
    head = head_of(source.path, _ANALYZE_BYTES)
    if len(head) < _ANALYZE_BYTES:
        raise Rejected("imaging.source_cut")
    header = _understood(lambda: nib.spm2analyze.Spm2AnalyzeHeader(head, check=False))
    shape = _shape(header)
    voxels, remarks = _voxels(source, header, shape, _image_beside(source))
    affine = RAS_TO_LPS @ np.asarray(_understood(header.get_best_affine), dtype=np.float64)
    slope, intercept = _scaling(header)
    return Volume("Analyze 7.5", voxels, affine, slope, intercept, remarks=[GUESSED, *remarks])


def _understood(read: Callable[[], Any]) -> Any:  # noqa: ANN401  whatever nibabel answers
    """Call nibabel; a header that it cannot read becomes a sentence."""
    try:
        with np.errstate(all="ignore"):
            return read()
    except Exception:  # noqa: BLE001  nibabel raises many kinds on damaged headers
        raise Rejected("imaging.source_header", why="its fields contradict each other") from None


def _header(head: bytes) -> Any:  # noqa: ANN401  a header of nibabel
    sizes = {348: nib.Nifti1Header, 540: nib.Nifti2Header}
    for order in ("little", "big"):
        kind = sizes.get(int.from_bytes(head[:4], order))
        if kind is not None:
            size = kind.template_dtype.itemsize
            if len(head) < size:
                raise Rejected("imaging.source_cut")
            return _understood(lambda k=kind, s=size: k(head[:s], check=False))  # type: ignore[misc]
    raise Rejected("imaging.source_header", why="it has another length than NIfTI")


def _shape(header: Any) -> tuple[int, int, int, int]:  # noqa: ANN401
    """Return the lengths of i, j, k and time."""
    dims = [int(value) for value in header["dim"]]
    count = dims[0]
    if not 1 <= count <= 7 or min(dims[1 : count + 1]) < 1:
        raise Rejected("imaging.source_header", why="the number of voxels along an axis is wrong")
    lengths = dims[1 : count + 1] + [1] * (7 - count)
    if max(lengths[4:]) > 1:
        raise Rejected("imaging.source_values", why=f"{lengths[4]} numbers at each voxel")
    return lengths[0], lengths[1], lengths[2], lengths[3]


def _data_place(source: Source, head: bytes, header: Any) -> tuple[Path, int]:  # noqa: ANN401
    magic = head[344:348] if int(header["sizeof_hdr"]) == 348 else head[4:8]
    if magic.startswith(b"ni"):
        return _image_beside(source)
    offset = float(header["vox_offset"])
    least = int(header["sizeof_hdr"]) + 4
    if not offset.is_integer() or not 0 <= offset <= 1 << 30:
        raise Rejected("imaging.source_header", why="its data begins nowhere")
    return source.path, max(int(offset), least)


def _image_beside(source: Source) -> tuple[Path, int]:
    stem = source.name.rsplit("/", 1)[-1].lower().removesuffix(".gz").removesuffix(".hdr")
    for name in (f"{stem}.img", f"{stem}.img.gz"):
        if name in source.parts:
            return source.parts[name], 0
    raise Rejected("imaging.part_missing", why=".img")


def _voxels(
    source: Source,
    header: Any,  # noqa: ANN401
    shape: tuple[int, int, int, int],
    place: tuple[Path, int],
) -> tuple[Voxels, list[str]]:
    """Map the voxels [time, k, j, i] or, for colour, [time, k, j, i, 3]."""
    code = int(header["datatype"])
    channels = _COLOURS.get(code, 0)
    dtype = np.dtype(np.uint8) if channels else _dtype(header)
    file_shape = (channels, *shape) if channels else shape
    path, offset = place
    size = refuse_size(file_shape, dtype.itemsize, source.limits)
    if is_gzip(path):
        path = unpacked(path, source.scratch, offset + size)
    voxels = mapped(path, dtype, file_shape, offset)
    return (voxels[..., :3], [NO_ALPHA]) if channels == 4 else (voxels, [])


def _dtype(header: Any) -> np.dtype[Any]:  # noqa: ANN401
    try:
        dtype: np.dtype[Any] = header.get_data_dtype()
    except Exception:  # noqa: BLE001  nibabel's word for a code nobody knows
        raise Rejected("imaging.source_values", why="of an unknown kind") from None
    if dtype.kind not in "iuf" or dtype.itemsize > 8:
        raise Rejected("imaging.source_values", why=f"{dtype.name}")
    return dtype


def _scaling(header: Any) -> tuple[float, float]:  # noqa: ANN401
    slope, intercept = _understood(header.get_slope_inter)
    if slope is None or int(header["datatype"]) in _COLOURS:
        return 1.0, 0.0
    return float(slope), float(intercept or 0.0)


def _affine(header: Any, shape: tuple[int, int, int, int]) -> tuple[Affine, list[str]]:  # noqa: ANN401
    """Return the affine in LPS mm that counts, and what should be said of it."""
    unit = _UNIT_MM.get(int(header["xyzt_units"]) & 7, 1.0)
    scale = RAS_TO_LPS @ np.diag([unit, unit, unit, 1.0])
    codes = {"sform": int(header["sform_code"]), "qform": int(header["qform_code"])}
    forms = {name: _form(header, name) for name, code in codes.items() if code > 0}
    remarks = [] if unit == 1.0 else [f"Its lengths were given in units of {unit:g} mm."]
    sound = {name: form for name, form in forms.items() if np.isfinite(form).all()}
    if forms and not sound:
        raise Rejected("imaging.source_affine", why="it holds numbers that are none")
    if not sound:
        base = np.asarray(_understood(header.get_base_affine), dtype=np.float64)
        return scale @ base, [GUESSED, *remarks]
    chosen = next((name for name in sound if codes[name] == SCANNER), next(iter(sound)))
    if len(sound) == 2:
        remarks += _disagreement(sound, chosen, shape, unit)
    return scale @ sound[chosen], remarks


def _form(header: Any, name: str) -> Affine:  # noqa: ANN401
    read = header.get_sform if name == "sform" else header.get_qform
    return np.asarray(_understood(read), dtype=np.float64)


def _disagreement(
    forms: dict[str, Affine], chosen: str, shape: tuple[int, int, int, int], unit: float
) -> list[str]:
    corners = np.array([[i, j, k, 1] for i in (0, 1) for j in (0, 1) for k in (0, 1)], np.float64)
    corners[:, :3] *= np.array(shape[:3]) - 1
    apart = (corners @ (forms["sform"] - forms["qform"]).T)[:, :3]
    worst = float(np.linalg.norm(apart, axis=1).max()) * unit
    if worst <= SAME_PLACE_MM:
        return []
    return [DISAGREEMENT.format(worst=worst, chosen=chosen)]


def _time_step(header: Any, shape: tuple[int, int, int, int]) -> float | None:  # noqa: ANN401
    if shape[3] < 2:
        return None
    unit = _UNIT_S.get(int(header["xyzt_units"]) & 56)
    step = float(header["pixdim"][4])
    return step * unit if unit and np.isfinite(step) and step > 0 else None
