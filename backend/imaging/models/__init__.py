"""The tables of this room."""

from backend.imaging.models.access import AudienceMember, StudyAudience
from backend.imaging.models.arrival import (
    DeidPolicy,
    IngestItem,
    IngestRun,
    QuarantinedFile,
    SealedIdentity,
    SourceFile,
    Upload,
)
from backend.imaging.models.curation import (
    ClinicalEntry,
    Cohort,
    CohortStudy,
    StudyTag,
    Tag,
)
from backend.imaging.models.dicom import (
    Grid,
    Instance,
    Patient,
    Series,
    Study,
    own_identity,
)
from backend.imaging.models.links import ObjectReference
from backend.imaging.models.sources import SeenFile, Source, SourceRun

__all__ = [
    "AudienceMember",
    "ClinicalEntry",
    "Cohort",
    "CohortStudy",
    "DeidPolicy",
    "Grid",
    "IngestItem",
    "IngestRun",
    "Instance",
    "ObjectReference",
    "Patient",
    "QuarantinedFile",
    "SealedIdentity",
    "SeenFile",
    "Series",
    "Source",
    "SourceFile",
    "SourceRun",
    "Study",
    "StudyAudience",
    "StudyTag",
    "Tag",
    "Upload",
    "own_identity",
]
