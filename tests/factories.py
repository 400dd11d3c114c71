"""The cast and small worlds for tests, written straight into the tables.

Alice owns the project, Mark manages it, Rita reviews, Bob annotates, Dora is the data
scientist, Vera looks; Charlie should see nothing of it; Ada is the administrator.
"""

import itertools
from uuid import UUID

import pytest
from django.test import Client

from backend.accounts.models import User
from backend.imaging.models import AudienceMember, Grid, Patient, Series, Study, StudyAudience
from backend.projects.domain import SchemaDocument
from backend.projects.models import LabelSchema, Membership, Project, Unit

PASSWORD = "correct horse battery"
_numbers = itertools.count(1)

LIVER_SCHEMA = SchemaDocument.model_validate(
    {
        "segments": [
            {"id": 1, "name": "Liver", "color": "#e69f00"},
            {"id": 2, "name": "Lesion", "color": "#56b4e9", "overlap": True},
            {"id": 7, "name": "Vessel", "color": "#009e73"},
        ],
        "shapes": [{"id": "tip", "name": "Needle tip", "kind": "point", "color": "#cc79a7"}],
        "questions": [
            {
                "id": "quality",
                "text": "Is the image usable?",
                "kind": "choice",
                "options": [{"value": "yes", "label": "Yes"}, {"value": "no", "label": "No"}],
                "required": True,
            },
            {
                "id": "why_not",
                "text": "Why not?",
                "kind": "text",
                "when": {"question": "quality", "equals": "no"},
            },
        ],
        "rules": {"require_any_segment": True},
    }
)


class Api(Client):
    """A browser that speaks JSON. CSRF is checked elsewhere, on purpose."""

    def post(self, path, data=None, content_type="application/json", **extra):
        return super().post(path, data, content_type, **extra)

    def put(self, path, data="", content_type="application/json", **extra):
        return super().put(path, data, content_type, **extra)

    def patch(self, path, data="", content_type="application/json", **extra):
        return super().patch(path, data, content_type, **extra)


def make_user(name: str, *, is_admin: bool = False, password: str | None = None) -> User:
    user = User(email=f"{name.lower()}@example.org", name=name, is_admin=is_admin)
    if password is None:
        user.set_unusable_password()
    else:
        user.set_password(password)
    user.save(force_insert=True)
    return user


def api_of(user: User | None) -> Api:
    """Return a browser in which this person is signed in; None for nobody."""
    browser = Api()
    if user is not None:
        browser.force_login(user)
    return browser


def make_grid(
    *, patient_id: str | None = None, rows=5, columns=7, frame_count=3, modality="CT"
) -> Grid:
    """Return a grid of a series of its own; it has rows in the tables, but no files."""
    number = next(_numbers)
    name = patient_id or f"P-{number}"
    patient, _ = Patient.objects.get_or_create(identity=name, defaults={"patient_id": name})
    study = Study.objects.create(
        uid=f"1.2.826.0.1.{number}.1", patient=patient, modalities=[modality], series_count=1
    )
    series = Series.objects.create(
        uid=f"1.2.826.0.1.{number}.2", study=study, modality=modality, frame_count=frame_count
    )
    return Grid.objects.create(
        series=series,
        is_regular=True,
        rows=rows,
        columns=columns,
        frame_count=frame_count,
        origin_mm_lps=[-11.0, 13.0, 17.0],
        spacing_mm_ijk=[0.5, 0.7, 3.0],
        direction=[1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
        frames=[
            [1000 * number + k + 1, 1, [-11.0, 13.0, 17.0 + 3.0 * k]] for k in range(frame_count)
        ],
    )


def make_project(
    *,
    owner: User,
    members: dict[str, User] | None = None,
    schema: SchemaDocument = LIVER_SCHEMA,
    name: str = "Liver CT",
    grids: list[Grid] | None = None,
    policy: dict[str, object] | None = None,
) -> Project:
    """Return a project with its first schema, its people (`{role: person}`) and its units."""
    project = Project.objects.create(name=name, created_by=owner, policy=policy or {})
    LabelSchema.objects.create(
        project=project, number=1, document=schema.model_dump(mode="json"), created_by=owner
    )
    people = [("owner", owner), *(members or {}).items()]
    for role, person in people:
        add_member(project, person, role)
    for grid in grids or []:
        add_unit(project, grid)
    return project


def add_unit(project: Project, grid: Grid) -> Unit:
    """Put a grid into a project, and let its people see the study."""
    StudyAudience.objects.get_or_create(study=grid.series.study, audience_id=project.pk)
    return Unit.objects.create(project=project, grid=grid, number=project.units.count() + 1)


def add_member(project: Project, user: User, role: str = "annotator") -> None:
    """Seat somebody in a project, and let them see its studies."""
    Membership.objects.create(project=project, user=user, role=role)
    AudienceMember.objects.create(audience_id=project.pk, user_id=user.pk)


def can_see(user_id: UUID, audience_id: UUID) -> bool:
    return AudienceMember.objects.filter(user_id=user_id, audience_id=audience_id).exists()


@pytest.fixture
def ada(db):
    return make_user("Ada", is_admin=True)


@pytest.fixture
def alice(db):
    return make_user("Alice")


@pytest.fixture
def mark(db):
    return make_user("Mark")


@pytest.fixture
def rita(db):
    return make_user("Rita")


@pytest.fixture
def bob(db):
    return make_user("Bob")


@pytest.fixture
def dora(db):
    return make_user("Dora")


@pytest.fixture
def vera(db):
    return make_user("Vera")


@pytest.fixture
def charlie(db):
    return make_user("Charlie")


@pytest.fixture
def project(alice, mark, rita, bob, dora, vera):
    """Return a project of Alice's with one person of each role and no units."""
    return make_project(
        owner=alice,
        members={
            "manager": mark,
            "reviewer": rita,
            "annotator": bob,
            "data_scientist": dora,
            "viewer": vera,
        },
    )
