"""Which files of a delivery belong together: headers with their data, images with side files."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from backend.imaging.domain.convert.kinds import IMAGES, Kind

# The browser puts small files into packs of its own; in there a name begins after the pack's.
_PACK = re.compile(r"Small files \d+\.zip/")


def name_in_delivery(name: str) -> str:
    """Return a file's name as its sender knows it."""
    match = _PACK.match(name)
    return name[match.end() :] if match else name


@dataclass(frozen=True)
class Arrived:
    """A file of a delivery that is not DICOM, by name (with its folder) and kind.

    `key` is the caller's own word for it.
    """

    name: str
    kind: Kind
    key: int = 0

    @property
    def folder(self) -> str:
        """The folder it lies in; empty at the top."""
        return self.name.rpartition("/")[0]

    @property
    def own_name(self) -> str:
        """Its name without the folder, in lower case."""
        return self.name.rpartition("/")[2].lower()


@dataclass
class Neighbourhood:
    """The files of each folder that may be another's data."""

    parts: dict[str, dict[str, Arrived]] = field(default_factory=dict)

    @classmethod
    def of(cls, files: Iterable[Arrived]) -> "Neighbourhood":
        """Sort the data files of a delivery by folder."""
        found = cls()
        for each in files:
            if each.kind is Kind.PART:
                found.parts.setdefault(each.folder, {})[each.own_name] = each
        return found

    def beside(self, image: Arrived) -> dict[str, Arrived]:
        """Return the data files in an image's folder, by their lower-case names."""
        if image.kind in {Kind.PICTURE, Kind.TIFF, Kind.VIDEO}:
            return {}
        return self.parts.get(image.folder, {})


def images_of(files: Sequence[Arrived]) -> list[Arrived]:
    """Return what is to be converted, in the order of names."""
    return sorted((each for each in files if each.kind in IMAGES), key=lambda each: each.name)
