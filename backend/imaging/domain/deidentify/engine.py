"""Applies a policy to a parsed data set, in place: every attribute, at every depth.

The table decides what it names. What it does not name is judged by its VR, as the standard
advises: names, dates and UIDs anywhere, elements that nobody knows, and text that holds a word of
the file's own identities or looks like an address. Pixel data is never touched here.
"""

from collections.abc import Callable

from pydicom.datadict import dictionary_has_tag, keyword_for_tag, repeater_has_tag
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from backend.imaging.domain.deidentify import marks, private, report, structured
from backend.imaging.domain.deidentify.elements import tags_of, values_of, vr_of
from backend.imaging.domain.deidentify.gather import gathered
from backend.imaging.domain.deidentify.policy import Policy
from backend.imaging.domain.deidentify.pseudonyms import Secret, patient_key
from backend.imaging.domain.deidentify.report import Report
from backend.imaging.domain.deidentify.scope import Scope
from backend.imaging.domain.deidentify.standard import Option, required, resolved, rule_for
from backend.imaging.domain.deidentify.values import DATE_VRS, TEXT_VRS, dummy, shifted
from backend.imaging.domain.deidentify.words import cleaned, identifying, is_suspect

DEEPEST = 32
_PATIENT_NAME, _PATIENT_ID = 0x00100010, 0x00100020
_TEXT_VALUE, _GRAPHIC_TEXT = 0x0040A160, 0x00700006
# Character set, image type, modality: without them nothing else can be read.
_STRUCTURE = frozenset({0x00080005, 0x00080008, 0x00080060})
FREE_TEXT = frozenset({"LO", "LT", "SH", "ST", "UC", "UT"})
_BYTES = frozenset({"OB", "OW", "UN", "DS", "IS"})
_BULK = 1 << 16
# Free text that the table does not name, but whose like it removes everywhere.
DESCRIPTORS = ("Description", "Comment", "Comments", "Reason")
# UIDs that say what something is, not which one.
KINDS = ("ClassUID", "TransferSyntaxUID", "CodingSchemeUID", "ContextUID", "MappingResourceUID")


class TooDeep(ValueError):
    """Sequences inside sequences without end."""


def deidentify(dataset: Dataset, policy: Policy, secret: Secret) -> Report:
    """De-identify a data set in place and return what was done; raises TooDeep."""
    counts = Report(policy.label, policy.digest, files=1)
    if not policy.applies:
        return counts
    scope = Scope(
        policy,
        secret,
        patient_key(dataset, separate_issuers=policy.separate_issuers),
        str(dataset.get("SOPClassUID", "")),
        identifying(*gathered(dataset, with_dates=Option.FULL_DATES not in policy.options)),
        counts,
    )
    _walk(dataset, scope, depth=0)
    finish(dataset, scope)
    return counts


def finish(dataset: Dataset, scope: Scope) -> None:
    """Add what a de-identified data set says of itself."""
    if not dataset.get("PatientID"):  # so that what says of nobody still falls together
        dataset.PatientID = dataset.PatientName = scope.secret.pseudonym(scope.patient)
    marks.set_marks(dataset, scope.policy)


def _walk(dataset: Dataset, scope: Scope, depth: int) -> None:
    if depth > DEEPEST:
        raise TooDeep
    blocks = private.blocks(dataset)
    for tag in tags_of(dataset):
        judge(dataset, tag, blocks, scope, depth)
    for tag in private.empty_blocks(tags_of(dataset)):
        del dataset[tag]


def judge(dataset: Dataset, tag: int, blocks: private.Blocks, scope: Scope, depth: int = 0) -> None:
    """Do with one element, and all in it, what the policy asks; `blocks` are its private creators."""
    try:
        if tag >> 16 & 1:
            _private(dataset, tag, blocks, scope)
        elif tag >> 16 != 0x7FE0:
            _public(dataset, tag, scope, depth)
    except (TooDeep, RecursionError):
        raise TooDeep from None
    except Exception:  # noqa: BLE001  a damaged element makes pydicom raise whatever
        _remove(dataset, tag, scope)


def _private(dataset: Dataset, tag: int, blocks: private.Blocks, scope: Scope) -> None:
    if private.is_creator(tag, blocks):
        if not scope.has(Option.SAFE_PRIVATE):
            del dataset[tag]
    elif not (scope.has(Option.SAFE_PRIVATE) and private.is_safe(tag, blocks)):
        _remove(dataset, tag, scope)
    elif vr_of(dataset, tag) == "UI" and not scope.has(Option.UIDS):
        _map(dataset, tag, scope, 0)
    else:
        _keep(dataset, tag, scope, 1)
        scope.report.note(report.KEPT, tag)


def _public(dataset: Dataset, tag: int, scope: Scope, depth: int) -> None:
    rule = rule_for(tag)
    if rule is None:
        _unlisted(dataset, tag, scope, depth)
        return
    action = rule.action(scope.policy.options)
    if tag == _GRAPHIC_TEXT and scope.has(Option.CLEAN_GRAPHICS):
        action = "C"  # within an annotation that is kept, its words are cleaned
    if "/" in action:
        action = resolved(action, required(tag, scope.sop_class_uid, nested=depth > 0))
    _ACTIONS[action](dataset, tag, scope, depth)


def _remove(dataset: Dataset, tag: int, scope: Scope, _depth: int = 0) -> None:
    del dataset[tag]
    scope.report.note(report.REMOVED, tag)


def _empty(dataset: Dataset, tag: int, scope: Scope, _depth: int) -> None:
    if tag in {_PATIENT_NAME, _PATIENT_ID}:
        _dummy(dataset, tag, scope, _depth)
        return
    vr = vr_of(dataset, tag)
    dataset[tag] = DataElement(tag, vr, Sequence() if vr == "SQ" else None)
    scope.report.note(report.EMPTIED, tag)


def _dummy(dataset: Dataset, tag: int, scope: Scope, depth: int) -> None:
    vr = vr_of(dataset, tag)
    if vr == "SQ":
        _dummy_sequence(dataset, tag, scope, depth)
        return
    if vr == "UI":
        _map(dataset, tag, scope, depth)
        return
    value = dummy(vr)
    if tag in {_PATIENT_NAME, _PATIENT_ID}:
        value = scope.secret.pseudonym(scope.patient)
    dataset[tag] = DataElement(tag, vr, value)
    scope.report.note(report.REPLACED, tag)


def _dummy_sequence(dataset: Dataset, tag: int, scope: Scope, depth: int) -> None:
    items = structured.dummy_items(tag)
    if items is None:
        _keep(dataset, tag, scope, depth)
    elif items:
        dataset[tag] = DataElement(tag, "SQ", Sequence(items))
        scope.report.note(report.REPLACED, tag)
    else:
        _remove(dataset, tag, scope)


def _map(dataset: Dataset, tag: int, scope: Scope, depth: int) -> None:
    """Replace the UIDs of an element, or of a sequence's items, by their stand-ins."""
    element = dataset[tag]
    if element.VR == "SQ":
        _keep(dataset, tag, scope, depth)
        return
    given = values_of(element)
    mapped = [scope.secret.uid(str(uid).strip("\0 ")) for uid in given]
    if [str(uid) for uid in given] != mapped:
        dataset[tag] = DataElement(tag, "UI", mapped[0] if len(mapped) == 1 else mapped)
        scope.report.note(report.MAPPED, tag)


def _keep(dataset: Dataset, tag: int, scope: Scope, depth: int) -> None:
    """Keep a value unless it holds the patient's own words; of a sequence, go through the items."""
    if vr_of(dataset, tag) == "SQ":
        for item in dataset[tag].value:
            _walk(item, scope, depth + 1)
        return
    _sweep(dataset, tag, scope)
    if tag in dataset and rule_for(tag):
        scope.report.note(report.KEPT, tag)


def _clean(dataset: Dataset, tag: int, scope: Scope, depth: int) -> None:
    vr = vr_of(dataset, tag)
    if vr == "SQ":
        _keep(dataset, tag, scope, depth)
    elif vr in DATE_VRS:
        _shift(dataset, tag, scope)
    elif vr in FREE_TEXT:
        _clean_text(dataset, tag, scope)
    elif tag >> 16 in range(0x5000, 0x6100) or vr not in TEXT_VRS:
        _remove(dataset, tag, scope)  # drawings and bytes that nobody can read through
    else:
        _dummy(dataset, tag, scope, depth)


def _shift(dataset: Dataset, tag: int, scope: Scope) -> None:
    element = dataset[tag]
    moved = [shifted(element.VR, str(text), scope.days) for text in values_of(element)]
    if any(text is None for text in moved):
        dataset[tag] = DataElement(tag, element.VR, dummy(element.VR))
        scope.report.note(report.REPLACED, tag)
        return
    dataset[tag] = DataElement(tag, element.VR, moved[0] if len(moved) == 1 else moved or None)
    scope.report.note(report.SHIFTED, tag)


def _clean_text(dataset: Dataset, tag: int, scope: Scope) -> None:
    element = dataset[tag]
    given = [str(text) for text in values_of(element)]
    kept = [cleaned(text, scope.known) for text in given]
    if any(before and not after for before, after in zip(given, kept, strict=True)):
        kept = [text or dummy(element.VR) for text in kept]
    dataset[tag] = DataElement(tag, element.VR, kept[0] if len(kept) == 1 else kept or None)
    scope.report.note(report.KEPT if kept == given else report.CLEANED, tag)


def _unlisted(dataset: Dataset, tag: int, scope: Scope, depth: int) -> None:
    """Judge an attribute that the table does not name by what kind of value it holds."""
    vr = vr_of(dataset, tag)
    if tag & 0xFFFF == 0 or not (dictionary_has_tag(tag) or repeater_has_tag(tag)) or vr == "UN":
        _remove(dataset, tag, scope)
    elif tag == _TEXT_VALUE or (vr in FREE_TEXT and keyword_for_tag(tag).endswith(DESCRIPTORS)):
        (_clean_text if _is_cleaned(tag, scope) else _replace)(dataset, tag, scope)
    elif vr == "SQ":
        _keep(dataset, tag, scope, depth)
    elif vr == "UI":
        if not scope.has(Option.UIDS) and not keyword_for_tag(tag).endswith(KINDS):
            _map(dataset, tag, scope, depth)
    elif vr in {"DA", "DT"} and not scope.has(Option.FULL_DATES):
        (_shift if scope.has(Option.MODIFIED_DATES) else _wipe)(dataset, tag, scope)
    elif vr in {"PN", "UR"}:
        _wipe(dataset, tag, scope)
    else:
        _sweep(dataset, tag, scope)


def _is_cleaned(tag: int, scope: Scope) -> bool:
    option = Option.CLEAN_STRUCTURED if tag == _TEXT_VALUE else Option.CLEAN_DESCRIPTORS
    return scope.has(option)


def _replace(dataset: Dataset, tag: int, scope: Scope) -> None:
    _dummy(dataset, tag, scope, 0)


def _wipe(dataset: Dataset, tag: int, scope: Scope) -> None:
    _empty(dataset, tag, scope, 0)


def _sweep(dataset: Dataset, tag: int, scope: Scope) -> None:
    """Replace a value that holds a word of the file's own identities, or looks like an address."""
    vr = vr_of(dataset, tag)
    if vr not in TEXT_VRS:
        _sweep_bytes(dataset, tag, vr, scope)
        return
    if vr == "CS" and (tag >> 16 == 0x0028 or tag in _STRUCTURE):
        return
    dates = not scope.has(Option.FULL_DATES)
    for text in values_of(dataset[tag]):
        found = scope.known.found_in(str(text), is_term=vr == "CS")
        if found or (vr in FREE_TEXT and is_suspect(str(text), dates=dates)):
            dataset[tag] = DataElement(tag, vr, dummy(vr))
            scope.report.note(report.REPLACED, tag)
            return


def _sweep_bytes(dataset: Dataset, tag: int, vr: str, scope: Scope) -> None:
    element = dataset.get_item(tag)
    value = element.value
    small = vr in _BYTES and isinstance(value, bytes) and len(value) < _BULK
    if small and scope.known.found_in_bytes(value):
        dataset[tag] = DataElement(tag, vr, dummy(vr))
        scope.report.note(report.REPLACED, tag)


_Action = Callable[[Dataset, int, Scope, int], None]
_ACTIONS: dict[str, _Action] = {
    "X": _remove, "Z": _empty, "D": _dummy, "U": _map, "K": _keep, "C": _clean,
}  # fmt: skip
