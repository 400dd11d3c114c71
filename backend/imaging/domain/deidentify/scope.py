"""What stays the same while one file is de-identified."""

from dataclasses import dataclass
from functools import cached_property

from backend.imaging.domain.deidentify.policy import Policy
from backend.imaging.domain.deidentify.pseudonyms import Secret
from backend.imaging.domain.deidentify.report import Report
from backend.imaging.domain.deidentify.standard import Option
from backend.imaging.domain.deidentify.words import Identifying


@dataclass(frozen=True)
class Scope:
    """The policy, the key, whose file it is, its shift, its own identifying words, the counts."""

    policy: Policy
    secret: Secret
    patient: str
    sop_class_uid: str
    known: Identifying
    report: Report

    @cached_property
    def days(self) -> int:
        """Return by how many days this patient's dates move."""
        return self.secret.days(self.patient, self.policy.shift_days)

    def has(self, option: Option) -> bool:
        """Tell whether the policy takes this option."""
        return option in self.policy.options
