"""Make the demo's people, images, projects and first finished work.

Safe to run again after it was cut short. What it finished is noted in `demo/done`, so that the
launcher need not ask again at the next start.
"""

import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from backend.api.management.demo.cohort import bring_in_cohort, study_ids
from backend.api.management.demo.people import make_people
from backend.api.management.demo.projects import make_project
from backend.api.management.demo.work import finish_first_tasks
from backend.inference.services import shipped_sam_ensure

FINISHED_PATIENTS = 6


class Command(BaseCommand):
    """`manage.py demo`: what `make demo` shows."""

    help = __doc__

    def handle(self, *_args: Any, **_options: Any) -> None:
        data = Path(settings.LIMN_DATA)
        people = make_people(data / "secrets")
        patients = int(os.environ.get("LIMN_DEMO_PATIENTS", "24"))
        truth = bring_in_cohort(
            data / "demo", actor=people.actor("manager"), patients=patients, say=self._say
        )
        shipped_sam_ensure()
        ct = make_project(people, name="Abdominal organs, CT", study_ids=study_ids("CT"))
        make_project(people, name="Abdominal organs, MR", study_ids=study_ids("MR"))
        self._say("Handing in the ground truth of the first patients as first work ...")
        finish_first_tasks(people, project_id=ct, truth=truth, patients=FINISHED_PATIENTS)
        (data / "demo" / "done").write_text(f"{patients}\n", encoding="utf-8")

    def _say(self, sentence: str) -> None:
        self.stdout.write(f"     demo | {sentence}")
        self.stdout.flush()
