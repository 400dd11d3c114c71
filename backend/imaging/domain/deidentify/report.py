"""What a run removed, emptied, replaced, kept: counts per attribute, never a value."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from pydicom.datadict import keyword_for_tag

REMOVED, EMPTIED, REPLACED, CLEANED, SHIFTED, MAPPED, KEPT = (
    "removed", "emptied", "replaced", "cleaned", "shifted", "uid_replaced", "kept",
)  # fmt: skip


@dataclass
class Report:
    """Counts by (what was done, attribute) over any number of files."""

    policy: str = ""
    digest: str = ""
    files: int = 0
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def note(self, done: str, tag: int) -> None:
        """Count one element. Private ones are one line: their numbers mean nothing alone."""
        name = "Private" if tag >> 16 & 1 else keyword_for_tag(tag) or f"{tag:08X}"
        self.counts[done, name] += 1

    def add(self, other: "Report") -> None:
        """Take another report's counts in."""
        self.policy, self.digest = self.policy or other.policy, self.digest or other.digest
        self.files += other.files
        self.counts.update(other.counts)

    def plus(self, other: "Report") -> "Report":
        """Return the sum of both."""
        total = Report(self.policy, self.digest, self.files, Counter(self.counts))
        total.add(other)
        return total

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> "Report":
        """Read a report; an empty document is one of nothing."""
        report = cls(
            document.get("policy", ""), document.get("digest", ""), document.get("files", 0)
        )
        for what, names in document.get("done", {}).items():
            report.counts.update({(what, name): count for name, count in names.items()})
        return report

    def document(self) -> dict[str, Any]:
        """Return the report as plain values, sorted, ready to be stored."""
        done: dict[str, dict[str, int]] = {}
        for (what, name), count in sorted(self.counts.items()):
            done.setdefault(what, {})[name] = count
        return {"policy": self.policy, "digest": self.digest, "files": self.files, "done": done}
