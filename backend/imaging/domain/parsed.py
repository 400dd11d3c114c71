"""What one DICOM file says, apart from the bytes of its pixels."""

import json
from dataclasses import dataclass, field
from typing import Any

from backend.imaging.domain import header as values
from backend.imaging.domain.dicom_json import Header
from backend.imaging.domain.frame_geometry import FrameEntry
from backend.imaging.domain.pixels import Pixels
from backend.imaging.domain.references import Reference


@dataclass
class Parsed:
    """What one file says. `sop_uid` and friends are final after `identity.settle`.

    `remarks` are codes of what people should know (see `remarks.SENTENCES`).
    """

    header: Header
    meta_sop_uid: str
    sop_class_uid: str
    transfer_syntax_uid: str
    pixels: Pixels | None = None
    frame_index: bytes = b""
    pixel_module: dict[str, Any] = field(default_factory=dict)
    frames: list[FrameEntry] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @property
    def given_sop_uid(self) -> str:
        """The SOP Instance UID the file itself gives; empty where it gives none that is valid."""
        return values.first_uid([values.text(self.header, "00080018", 128), self.meta_sop_uid])

    @property
    def header_text(self) -> str:
        """The header as DICOM JSON text."""
        return json.dumps(self.header, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
