"""Opening a study is on record; each frame read from it is not."""

from uuid import UUID

from django.db import transaction

from backend.audit.services import audit_record
from backend.core.actor import Actor
from backend.imaging.domain.messages import FrameTokenOut, GridView
from backend.imaging.selectors.views import frame_token, grid_view


@transaction.atomic
def frame_token_issue(*, actor: Actor, study_id: UUID) -> FrameTokenOut:
    """Give leave to read the frames of a study for some minutes."""
    token = frame_token(actor=actor, study_id=study_id)
    audit_record(actor=actor, verb="study.frames_opened", target_id=study_id)
    return token


@transaction.atomic
def grid_open(*, actor: Actor, grid_id: UUID) -> GridView:
    """Return what a viewer needs, and put on record that it was asked for."""
    view = grid_view(actor=actor, grid_id=grid_id)
    audit_record(actor=actor, verb="study.frames_opened", target_id=view.study.id)
    return view
