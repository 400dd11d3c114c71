"""Honest labels: how each segment came about, kept along the chain of revisions.

`manual`: only hands. `automatic`: a proposal was taken over and never touched afterwards.
`semiautomatic`: everything between. What nobody declared counts as made by hand, so that no
label is ever called automatic by omission.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from backend.annotations.domain.messages import EditIn

# {"segments": {"<segment id>": {"method", "model_version_ids", "prompts"}}}, as stored.
Provenance = dict[str, Any]


def provenance_after(
    before: Mapping[str, Any],
    edits: Iterable[EditIn],
    undeclared: Iterable[int],
) -> Provenance:
    """Return the provenance after `edits`; `undeclared` segments changed and no edit says how."""
    segments = {name: dict(origin) for name, origin in before.get("segments", {}).items()}
    for edit in edits:
        for number in edit.segments:
            segments[str(number)] = _merged(segments.get(str(number)), edit)
    for number in undeclared:
        segments[str(number)] = _touched(segments.get(str(number)))
    return {**before, "segments": segments}


def _merged(origin: dict[str, Any] | None, edit: EditIn) -> dict[str, Any]:
    if edit.origin == "manual" or edit.model_version_id is None:
        touched = _touched(origin)
        if edit.origin != "manual":
            touched["method"] = "semiautomatic"
        return touched
    models = list(origin["model_version_ids"]) if origin else []
    version = str(edit.model_version_id)
    untouched = origin is None or (origin["method"] == "automatic" and models == [version])
    if version not in models:
        models.append(version)
    return {
        "method": "automatic" if edit.origin == "proposal" and untouched else "semiautomatic",
        "model_version_ids": models,
        "prompts": (origin["prompts"] if origin else 0) + len(edit.prompts),
    }


def _touched(origin: dict[str, Any] | None) -> dict[str, Any]:
    """Return how a segment came about once a hand has been on it."""
    if origin is None:
        return {"method": "manual", "model_version_ids": [], "prompts": 0}
    method = "manual" if origin["method"] == "manual" else "semiautomatic"
    return {**origin, "method": method}


def provenance_kept(
    before: Mapping[str, Any], present: Iterable[int], disproved: Iterable[int]
) -> Provenance:
    """Return what a submission may claim: of segments that are there, and only what was proved."""
    doubted = {str(number) for number in disproved}
    segments = dict(before.get("segments", {}))
    kept = {}
    for number in sorted(present):
        origin = segments.get(str(number))
        touched = _touched(origin) if origin is None or str(number) in doubted else dict(origin)
        kept[str(number)] = touched
    return {**before, "segments": kept}
