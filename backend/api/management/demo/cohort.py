"""The demo's images: synthetic patients with exact ground truth, and what ships inside pydicom."""

import shutil
from collections.abc import Callable
from pathlib import Path

from backend.core.actor import Actor
from backend.imaging.models import Series
from backend.imaging.services import ingest_paths
from fixtures.cohort import make_cohort
from fixtures.pydicom_samples import sample_paths

Say = Callable[[str], None]


def bring_in_cohort(folder: Path, *, actor: Actor, patients: int, say: Say) -> Path:
    """Make the cohort once and take it in; return the folder of its ground truth.

    A run that was cut short starts again: ingest tells duplicates by their bytes.
    """
    truth = folder / "ground_truth"
    if (folder / "taken-in").exists():
        return truth
    say(f"Making the demo cohort of {patients} synthetic patients (once; about a minute) ...")
    cohort = make_cohort(folder, patients=patients)
    say("Taking in the images ...")
    ingest_paths(actor=actor, paths=[cohort.dicom], source="demo")
    ingest_paths(actor=actor, paths=sample_paths(), source="demo")
    shutil.rmtree(cohort.dicom)  # the originals are in the store, bit for bit
    (folder / "taken-in").touch()
    return truth


def study_ids(modality: str) -> list[str]:
    """Return the cohort's studies that have a series of this modality, in the patients' order."""
    rows = (
        Series.objects.filter(modality=modality, study__patient__patient_id__startswith="LIMN-")
        .order_by("study__patient__patient_id", "number")
        .values_list("study_id", flat=True)
    )
    return list(dict.fromkeys(str(row) for row in rows))
