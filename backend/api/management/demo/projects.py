"""The demo's two projects."""

from uuid import UUID

from backend.api.management.demo.people import People
from backend.projects.domain import (
    Code,
    Condition,
    MemberSeat,
    Option,
    ProjectIn,
    Question,
    Rules,
    SchemaDocument,
    Segment,
    ShapeSpec,
)
from backend.projects.models import Project
from backend.projects.services import project_create

SNOMED = "SCT"


def _code(value: str, meaning: str) -> Code:
    return Code(scheme=SNOMED, value=value, meaning=meaning)


SEGMENTS = (
    Segment(id=1, name="Liver", color="#e69f00", code=_code("10200004", "Liver")),
    Segment(id=2, name="Spleen", color="#56b4e9", code=_code("78961009", "Spleen")),
    Segment(id=3, name="Kidneys", color="#009e73", code=_code("64033007", "Kidney")),
    Segment(id=4, name="Aorta", color="#d55e00", code=_code("15825003", "Aorta")),
    Segment(id=5, name="Lesion", color="#f0e442", code=_code("52988006", "Lesion")),
)
INSTRUCTIONS = """\
## What to draw
- **Liver**, **Spleen**, **Kidneys** (both, one segment) and **Aorta** wherever they are seen.
- **Lesion**: every focal lesion of the liver or a kidney, from 3 mm.

## How
Where two structures meet, the voxel belongs to the one that fills most of it. Vessels inside the liver belong to the liver.

## When in doubt
Press **Report a problem** and say what you see. Nobody minds.
"""

QUALITY = Question(
    id="quality",
    text="Image quality",
    kind="choice",
    required=True,
    options=(
        Option(value="good", label="Good"),
        Option(value="limited", label="Limited"),
        Option(value="poor", label="Poor"),
    ),
)
WHY_POOR = Question(
    id="why_poor",
    text="What limits it?",
    kind="text",
    required=True,
    when=Condition(question="quality", equals="poor"),
)
SHAPES = (
    ShapeSpec(id="diameter", name="Longest diameter", kind="length", color="#cc79a7"),
    ShapeSpec(id="finding", name="Finding", kind="box", color="#0072b2"),
)


def demo_schema() -> SchemaDocument:
    """Return the schema both projects start with."""
    return SchemaDocument(
        segments=SEGMENTS,
        shapes=SHAPES,
        questions=(QUALITY, WHY_POOR),
        rules=Rules(require_any_segment=True),
    )


def make_project(people: People, *, name: str, study_ids: list[str]) -> UUID:
    """Make the project if it is not there; return its id."""
    found = Project.objects.filter(name=name).first()
    if found is not None:
        return found.pk
    body = ProjectIn(
        name=name,
        instructions=INSTRUCTIONS,
        label_schema=demo_schema(),
        study_ids=study_ids,
        members=[MemberSeat(user_id=user, role=role) for user, role in people.seats().items()],
    )
    return project_create(actor=people.actor("manager"), body=body).pk
