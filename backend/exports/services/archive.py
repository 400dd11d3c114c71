"""The archive of an export: filled file by file, then read back as a whole."""

import hashlib
import json
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from backend.core.blobs import CHUNK_BYTES, file_chunks
from backend.exports.domain.item import ProofFailed

# Compressed already; squeezing them again costs time and gains nothing.
STORED_SUFFIXES = {".gz", ".png"}
# One date for all, so that the same release gives the same archive.
DATE = (1980, 1, 1, 0, 0, 0)


class Archive:
    """A zip on disk. Files are removed once they are in, so that little lies about."""

    def __init__(self, path: Path) -> None:
        self._zip = zipfile.ZipFile(path, "w", allowZip64=True)
        self._path = path
        self.hashes: dict[str, str] = {}

    def add(self, name: str, content: Path | bytes) -> None:
        """Move a file into the archive, or write its bytes."""
        if isinstance(content, bytes):
            self.add_pieces(name, [content])
            return
        with content.open("rb") as source:
            self.add_pieces(name, file_chunks(source))
        content.unlink()

    def add_pieces(self, name: str, pieces: Iterable[bytes]) -> None:
        """Write bytes piece by piece."""
        digest = hashlib.sha256()
        with self._zip.open(_entry(name), "w", force_zip64=True) as target:
            for piece in pieces:
                digest.update(piece)
                target.write(piece)
        self.hashes[name] = digest.hexdigest()

    def add_json(self, name: str, value: Mapping[str, Any]) -> None:
        """Write a JSON document."""
        text = json.dumps(value, indent=1, ensure_ascii=False, sort_keys=True)
        self.add_pieces(name, [text.encode(), b"\n"])

    def close(self) -> None:
        """Add the list of hashes, close, and read every byte back from the disk."""
        listing = "".join(f"{sha256}  {name}\n" for name, sha256 in self.hashes.items())
        self.add_pieces("SHA256SUMS", [listing.encode()])
        self._zip.close()
        with zipfile.ZipFile(self._path) as stored:
            for name, wanted in self.hashes.items():
                if _hash_of(stored, name) != wanted:
                    raise ProofFailed(name, "it was damaged on the way into the archive")

    def abandon(self) -> None:
        """Close without finishing; the file is thrown away by whoever made its folder."""
        self._zip.close()


def _entry(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, DATE)
    stored = Path(name).suffix in STORED_SUFFIXES
    info.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    return info


def _hash_of(archive: zipfile.ZipFile, name: str) -> str:
    digest = hashlib.sha256()
    with archive.open(name) as stored:
        while chunk := stored.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
