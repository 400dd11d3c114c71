"""A small world in which every route finds something: one of each thing, in one project."""

from dataclasses import dataclass, field
from uuid import uuid4

import numpy as np
from django.utils import timezone

from backend.accounts.models import ApiToken, User
from backend.annotations.domain import RevisionIn
from backend.annotations.services import document_submit, lock_take, revision_save
from backend.core.actor import Actor
from backend.core.blobs import blob_store
from backend.core.models import Job
from backend.exports.models import Export
from backend.imaging.domain.messages_sources import SourceIn
from backend.imaging.models import (
    ClinicalEntry,
    Cohort,
    Grid,
    IngestRun,
    Instance,
    QuarantinedFile,
    SealedIdentity,
    Study,
    StudyTag,
    Tag,
)
from backend.imaging.services import ingest_paths
from backend.imaging.services.secrets import sealed, secret_of
from backend.imaging.services.sources.keeping import source_add
from backend.imaging.services.uploads import upload_create
from backend.inference.models import FeatureBlob, Model, ModelVersion
from backend.projects.models import Membership, Project
from backend.releases.services import release_create
from backend.worklists.models import Task
from backend.worklists.services import project_tasks_sync
from fixtures.phantoms import phantom
from tests.backend.annotations.editing import text_of
from tests.factories import PASSWORD, add_unit, make_project, make_user

PERSON_OF = {
    "stranger": "Charlie",
    "viewer": "Vera",
    "annotator": "Bob",
    "reviewer": "Rita",
    "data_scientist": "Dora",
    "manager": "Mark",
    "owner": "Alice",
    "admin": "Ada",
}
PROOF = {"checked": 3, "equal": 3, "file_count": 0, "files": [], "left_out": [], "remarks": []}
ROLES = ["anonymous", *PERSON_OF, "worker"]


@dataclass
class World:
    """The people by role, and the ids that stand for the parameters of a route."""

    people: dict[str, User]
    ids: dict[str, str] = field(default_factory=dict)
    file: bytes = b""


def make_world(folder) -> World:
    """Build it: Alice's project with a phantom in it, and one of everything that hangs on it."""
    people = {role: make_user(name, is_admin=role == "admin") for role, name in PERSON_OF.items()}
    roles = ("viewer", "annotator", "reviewer", "data_scientist", "manager")
    project = make_project(owner=people["owner"], members={role: people[role] for role in roles})
    grid, other = _take_in("axial", folder), _take_in("flipped", folder)
    add_unit(project, grid)
    add_unit(project, other)
    project_tasks_sync(project_id=project.pk)
    world = World(people)
    world.ids["project_id"] = str(project.pk)
    world.ids["grid_id"] = str(grid.pk)
    world.ids["study_id"] = str(grid.series.study_id)
    _add_dicom(world, grid)
    _add_people(world, project)
    _add_work(world, project)
    _add_models(world, project, grid)
    _add_releases(world, project)
    _add_uploads(world)
    _add_quarantine(world)
    _add_curation(world)
    _add_source(world)
    return world


def _take_in(name, folder) -> Grid:
    files = phantom(name, folder / name)
    run = ingest_paths(actor=Actor.system(), paths=list(files.paths))
    assert run.counts["stored"] == len(files.paths)
    return Grid.objects.get(series__uid=files.header.series_uid)


def _add_dicom(world: World, grid: Grid) -> None:
    instance = grid.series.instances.order_by("pk").first()
    with blob_store().open(instance.blob_sha256) as file:
        world.file = file.read()
    world.ids["study_uid"] = grid.series.study.uid
    world.ids["series_uid"] = grid.series.uid
    world.ids["sop_uid"] = instance.sop_uid
    world.ids["series_id"] = str(grid.series_id)
    world.ids["instance_id"] = str(instance.pk)
    world.ids["frames"] = "1"
    world.ids["place"] = "7FE00010"
    world.ids["series_id"] = str(grid.series.pk)


def _add_people(world: World, project: Project) -> None:
    """Add somebody to act upon, and a token of Bob's."""
    zoe = make_user("Zoe", password=PASSWORD)
    Membership.objects.create(project=project, user=zoe, role="viewer")
    world.ids["user_id"] = str(zoe.pk)
    token = ApiToken.objects.create(
        user=world.people["annotator"], name="script", secret_sha256="0" * 64
    )
    world.ids["token_id"] = str(token.pk)


def _add_work(world: World, project: Project) -> None:
    """Let Bob draw on the first task and submit it, so that it can be reviewed and released."""
    task = Task.objects.select_related("unit__grid").filter(project=project).order_by("number")[0]
    grid, bob = task.unit.grid, world.people["annotator"]
    actor = Actor(bob.pk)
    lock = lock_take(document_id=task.document_id, user_id=bob.pk, seconds=60)
    labels = np.zeros((grid.rows, grid.columns), dtype=np.uint16)
    labels[2, 3:9] = 1
    frame = f"{grid.frames[1][0]}.{grid.frames[1][1]}"
    change = RevisionIn(
        request_id=uuid4(),
        base_number=0,
        lock_token=lock.token,
        reason="autosave",
        masks=[{"layer": 0, "frame": frame, "data": text_of(labels)}],
        objects=[],
        answers={"quality": "yes"},
        edits=[],
        active_ms=7,
    )
    saved = revision_save(actor=actor, document_id=task.document_id, change=change)
    document_submit(
        actor=actor,
        document_id=task.document_id,
        lock_token=lock.token,
        base_number=saved.number,
    )
    now = timezone.now()
    Task.objects.filter(pk=task.pk).update(state="submitted", submitted_at=now, submitted_by=bob)
    world.ids["task_id"] = str(task.pk)
    world.ids["document_id"] = str(task.document_id)


def _add_models(world: World, project: Project, grid: Grid) -> None:
    job = Job.objects.create(kind="train", queue="ml", project_id=project.pk)
    world.ids["job_id"] = str(job.pk)
    model = Model.objects.create(name="Net", family="unet2d", project=project)
    weights = blob_store().put([b"weights"])
    version = ModelVersion.objects.create(
        model=model,
        number=1,
        status="candidate",
        schema=project.schemas.get(),
        weights_sha256=weights.sha256,
        weights_size=weights.size,
        decoder_sha256=weights.sha256,
        segments=[{"id": 1, "name": "Liver"}],
    )
    world.ids["version_id"] = str(version.pk)
    sam = ModelVersion.objects.create(
        model=Model.objects.create(name="Clicks", family="sam", project=project),
        number=1,
        status="active",
        weights_sha256=weights.sha256,
        weights_size=weights.size,
        decoder_sha256=weights.sha256,
    )
    key = f"{grid.frames[0][0]}.{grid.frames[0][1]}"
    FeatureBlob.objects.create(version=sam, frame_key=key, sha256=weights.sha256)
    world.ids["sam_version_id"] = str(sam.pk)
    world.ids["frame_key"] = key
    world.ids["sha256"] = weights.sha256


def _add_releases(world: World, project: Project) -> None:
    owner = Actor(world.people["owner"].pk)
    release = release_create(actor=owner, project_id=project.pk, name="First")
    world.ids["release_id"] = str(release.pk)
    job = Job.objects.create(
        kind="exports.write", queue="default", project_id=project.pk, state="succeeded"
    )
    archive = blob_store().put([b"PK archive"])
    export = Export.objects.create(
        release=release,
        format="nifti",
        job=job,
        proof=PROOF,
        archive_sha256=archive.sha256,
        archive_size=archive.size,
        created_by=world.people["owner"],
    )
    world.ids["export_id"] = str(export.pk)


def _add_uploads(world: World) -> None:
    """Add a delivery of Bob's that is on its way."""
    bob = world.people["annotator"]
    run = IngestRun.objects.create(actor_id=bob.pk, source="browser", label="CT")
    upload = upload_create(actor=Actor(bob.pk), run_id=run.pk, name="a.dcm", size=4)
    world.ids["run_id"] = str(run.pk)
    world.ids["upload_id"] = str(upload.pk)


def _add_source(world: World) -> None:
    """Add a source that is never asked here."""
    chosen = {"kind": "dicomweb", "url": "http://127.0.0.1:9/dicom-web"}
    body = SourceIn.model_validate({"name": "PACS", "settings": chosen})
    source = source_add(actor=Actor(world.people["admin"].pk, is_admin=True), body=body)
    world.ids["source_id"] = str(source.pk)


def _add_quarantine(world: World) -> None:
    """Let a file of Bob's delivery wait, and seal who a pseudonym is."""
    instance = Instance.objects.order_by("pk").first()
    held = QuarantinedFile.objects.create(
        run_id=world.ids["run_id"],
        name="file-1.dcm",
        reason="text",
        file_sha256=instance.blob_sha256,
        size_bytes=instance.size_bytes,
        rows=instance.rows,
        columns=instance.columns,
        frame_count=1,
    )
    world.ids["file_id"] = str(held.pk)
    secret = secret_of("default")
    identity = dict.fromkeys(("PatientID", "IssuerOfPatientID", "PatientName"), "x")
    SealedIdentity.objects.create(
        salt_id="default",
        pseudonym="LIMN-X",
        sealed=sealed(secret, "LIMN-X", {**identity, "PatientBirthDate": ""}),
    )


def _add_curation(world: World) -> None:
    """Add a tag of Bob's on the study, and a cohort of his that everybody sees."""
    bob = world.people["annotator"]
    tag = Tag.objects.create(name="Odd", color="#e69f00", created_by_id=bob.pk)
    StudyTag.objects.create(tag=tag, study_id=world.ids["study_id"])
    cohort = Cohort.objects.create(name="Odd ones", is_shared=True, created_by_id=bob.pk)
    study = Study.objects.get(pk=world.ids["study_id"])
    entry = ClinicalEntry.objects.create(patient=study.patient, kind="note", value="Tired.")
    world.ids["patient_id"], world.ids["entry_id"] = str(study.patient_id), str(entry.pk)
    world.ids["name"] = "basic"
    world.ids["tag_id"] = str(tag.pk)
    world.ids["cohort_id"] = str(cohort.pk)
