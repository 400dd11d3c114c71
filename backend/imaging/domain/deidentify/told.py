"""What a policy made of an attribute that is still there, told from the policy itself.

Limn does not keep what stood in a file before. A policy is a fixed rule, so the attribute, its
kind and its value tell what was done to it.
"""

from typing import Literal

from pydicom.datadict import keyword_for_tag

from backend.imaging.domain.deidentify.engine import DESCRIPTORS, FREE_TEXT, KINDS
from backend.imaging.domain.deidentify.policy import Policy
from backend.imaging.domain.deidentify.standard import Option, required, resolved, rule_for
from backend.imaging.domain.deidentify.values import DATE_VRS, REMOVED

Fate = Literal["kept", "emptied", "replaced", "pseudonym", "uid_replaced", "shifted", "cleaned"]
_PSEUDONYMS = frozenset({0x00100010, 0x00100020})


def fate_of(tag: int, vr: str, value: str, policy: Policy, place: tuple[str, bool]) -> Fate | None:
    """Return what was done to a public attribute; None where nothing was to be done.

    `place` is the SOP class of the object and whether the attribute lies in a sequence.
    """
    if tag in _PSEUDONYMS:
        return "pseudonym"
    rule = rule_for(tag)
    if rule is None:
        return _fate_unlisted(tag, vr, value, policy)
    action = rule.action(policy.options)
    if "/" in action:
        sop_class_uid, is_nested = place
        action = resolved(action, required(tag, sop_class_uid, nested=is_nested))
    if action == "C":
        return "shifted" if vr in DATE_VRS else "cleaned"
    if action == "D" and vr == "UI":
        return "uid_replaced"
    return _BY_ACTION.get(action)


_BY_ACTION: dict[str, Fate] = {"Z": "emptied", "D": "replaced", "U": "uid_replaced", "K": "kept"}


def _fate_unlisted(tag: int, vr: str, value: str, policy: Policy) -> Fate | None:
    """Return what became of an attribute that the table does not name: it is judged by its kind."""
    keyword = keyword_for_tag(tag)
    if vr == "UI" and Option.UIDS not in policy.options and not keyword.endswith(KINDS):
        return "uid_replaced"
    if vr in {"DA", "DT"} and Option.FULL_DATES not in policy.options:
        return "shifted" if Option.MODIFIED_DATES in policy.options else "emptied"
    if vr in FREE_TEXT and keyword.endswith(DESCRIPTORS):
        return "cleaned" if Option.CLEAN_DESCRIPTORS in policy.options else "replaced"
    return "replaced" if value == REMOVED else None
