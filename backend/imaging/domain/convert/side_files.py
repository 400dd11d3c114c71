"""Side files: a JSON or a table beside images that says whose they are and what they show.

A JSON named like its image speaks for that image, and one named limn.json, metadata.json or
patient.json for all images in its folder and below. A table (CSV, TSV, or JSON with a list or
with `files`) has a row for each image, named in a column such as `file`. Numbers beside a diffusion
series (.bval, .bvec) speak for the image whose name they bear.
"""

import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from backend.imaging.domain.convert.facts import Facts, facts_from, facts_from_name, stem_of
from backend.imaging.domain.convert.kinds import DIFFUSION_ENDINGS, DIRECTIONS
from backend.imaging.domain.rejections import Rejected

LARGEST_BYTES = 64 << 20
MOST_ROWS = 250_000
FOR_ALL = frozenset({"limn", "metadata", "patient"})
_FILE_WORDS = frozenset(
    {"file", "filename", "filepath", "path", "image", "imagefile", "imagepath", "imageid"}
)


@dataclass
class SideFile:
    """What one side file says: of files by name, and of all in its folder."""

    name: str
    rows: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    for_all: Mapping[str, Any] | None = None

    @property
    def folder(self) -> str:
        """The folder it lies in, with a slash at its end; empty at the top."""
        return self.name[: self.name.rfind("/") + 1]


def read_side_file(name: str, path: Path) -> SideFile:
    """Read a side file; raises Rejected where it is none that can be read."""
    if path.stat().st_size > LARGEST_BYTES:
        raise Rejected("imaging.side_broken", why="it is too large")
    text = _text(path)
    if name.lower().endswith(".json"):
        return _from_json(name, text)
    if name.lower().endswith(DIFFUSION_ENDINGS):
        lines: list[Any] = [line.split() for line in text.splitlines() if line.strip()]
        is_directions = name.lower().endswith(DIRECTIONS)
        said = {"gradients": lines} if is_directions else {"b_values": text.split()}
        return SideFile(name, [(stem_of(name), said)])
    return SideFile(name, list(_table(text)))


def _text(path: Path) -> str:
    data = path.read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _from_json(name: str, text: str) -> SideFile:
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        raise Rejected("imaging.side_broken", why="it is no valid JSON") from None
    if isinstance(said, list):
        return SideFile(name, list(_named_rows(said)))
    if not isinstance(said, dict):
        raise Rejected("imaging.side_broken", why="it holds no names and values")
    files = said.get("files")
    rest = {key: value for key, value in said.items() if key != "files"}
    if isinstance(files, dict):
        rows: list[tuple[str, Mapping[str, Any]]] = [
            (str(key), value) for key, value in files.items() if isinstance(value, dict)
        ]
        return SideFile(name, rows, rest or None)
    if isinstance(files, list):
        return SideFile(name, list(_named_rows(files)), rest or None)
    if stem_of(name).lower() in FOR_ALL:
        return SideFile(name, [], said)
    return SideFile(name, [(stem_of(name), said)])


def _named_rows(rows: Sequence[Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for row in rows[:MOST_ROWS]:
        if isinstance(row, dict):
            yield from _row({str(key): value for key, value in row.items()})


def _row(row: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the file that a row names, and the rest of the row."""
    for key, value in row.items():
        if re.sub(r"[\W_]", "", key).lower() in _FILE_WORDS and str(value or "").strip():
            yield str(value).strip(), {k: v for k, v in row.items() if k != key}
            return


def _table(text: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    first = text.split("\n", 1)[0]
    separator = max(",;\t", key=first.count)
    try:
        for count, row in enumerate(csv.DictReader(text.splitlines(), delimiter=separator)):
            if count >= MOST_ROWS:
                raise Rejected("imaging.side_broken", why="it has too many rows")
            yield from _row({key: value for key, value in row.items() if isinstance(key, str)})
    except csv.Error:
        raise Rejected("imaging.side_broken", why="it is no table of values") from None


class Knowledge:
    """What all side files of a delivery say together."""

    def __init__(self, side_files: Sequence[SideFile]) -> None:
        self._by_path: dict[str, list[tuple[SideFile, Mapping[str, Any]]]] = {}
        self._by_stem: dict[str, list[tuple[SideFile, Mapping[str, Any]]]] = {}
        self._for_all = [side for side in side_files if side.for_all is not None]
        self.uses: dict[str, int] = {side.name: 0 for side in side_files}
        for side in side_files:
            for named, said in side.rows:
                clean = named.replace("\\", "/").removeprefix("./").lower()
                self._by_path.setdefault(side.folder.lower() + clean, []).append((side, said))
                self._by_stem.setdefault(stem_of(clean), []).append((side, said))

    def of(self, name: str) -> Facts:
        """Return what is known of a file; nearer and more exact words count before others."""
        found = Facts()
        for side, said in self._said_of(name):
            self.uses[side.name] += 1
            found = found.over(facts_from(said))
        for side in sorted(self._for_all, key=lambda each: -len(each.folder)):
            if name.startswith(side.folder):
                self.uses[side.name] += 1
                found = found.over(facts_from(side.for_all or {}))
        return found.over(facts_from_name(name))

    def _said_of(self, name: str) -> list[tuple[SideFile, Mapping[str, Any]]]:
        lower = name.lower()
        bare = name[: name.rfind("/") + 1].lower() + stem_of(lower)
        exact = [*self._by_path.get(lower, []), *self._by_path.get(bare, [])]
        # By its stem alone only from above or beside: never what another folder's table says.
        return exact + [
            (side, said)
            for side, said in self._by_stem.get(stem_of(lower), [])
            if all(said is not known for _, known in exact)
            and name.startswith(side.folder)
            and _is_beside(side, name, said)
        ]

    def __len__(self) -> int:
        return len(self.uses)


def _is_beside(side: SideFile, name: str, said: Mapping[str, Any]) -> bool:
    """Tell whether a row that names a stem may mean this file."""
    folder = name[: name.rfind("/") + 1]
    named = [row for row, words in side.rows if words is said]
    return folder == side.folder or not any("/" in row for row in named)
