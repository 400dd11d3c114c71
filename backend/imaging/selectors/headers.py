"""The objects of a series and their headers; who may see the pixels may read them."""

import json
from uuid import UUID

from django.db.models import F
from pydicom.uid import UID

from backend.core.actor import Actor
from backend.core.errors import NotFound
from backend.imaging.domain.deidentify.policy import Policy
from backend.imaging.domain.header import text
from backend.imaging.domain.header_tree import header_tree
from backend.imaging.domain.messages_studies import HeaderOut, InstanceListOut, InstanceOut
from backend.imaging.models import DeidPolicy, Instance, Series
from backend.imaging.selectors.access import studies_visible_to

LISTED = 2_000
_COLUMNS = (
    "pk",
    "sop_uid",
    "sop_class_uid",
    "number",
    "frame_count",
    "rows",
    "columns",
    "size_bytes",
    "transfer_syntax_uid",
)
_REMOVED, _METHOD = "00120062", "00120063"


def instances_list(*, actor: Actor, series_id: UUID) -> InstanceListOut:
    """Return the first objects of a series by number, and how many there are."""
    series = Series.objects.filter(pk=series_id, study__in=studies_visible_to(actor=actor))
    if not series.exists():
        raise NotFound("There is no such series.")
    instances = Instance.objects.filter(series_id=series_id)
    rows = instances.order_by(F("number").asc(nulls_last=True), "pk").only(*_COLUMNS)[:LISTED]
    return InstanceListOut(
        results=[_instance_out(instance) for instance in rows], total=instances.count()
    )


def header_get(*, actor: Actor, instance_id: int) -> HeaderOut:
    """Return the stored header of an object."""
    instance = (
        Instance.objects.filter(pk=instance_id, series__study__in=studies_visible_to(actor=actor))
        .only(*_COLUMNS, "header")
        .first()
    )
    if instance is None:
        raise NotFound("There is no such object.")
    header = json.loads(instance.header)
    policy = _policy_of(instance.pk)
    return HeaderOut(
        instance=_instance_out(instance),
        policy=policy.label if policy else None,
        earlier_deidentification=None if policy else _earlier(header),
        elements=header_tree(header, policy),
    )


def _policy_of(instance_pk: int) -> Policy | None:
    """Return the policy of the delivery that stored an object; the first, where several sent it."""
    row = (
        DeidPolicy.objects.filter(
            ingestrun__items__instance_id=instance_pk, ingestrun__items__outcome="stored"
        )
        .order_by("ingestrun__items__pk")
        .first()
    )
    return Policy.from_document(row.document) if row else None


def _earlier(header: dict[str, dict[str, object]]) -> str | None:
    if text(header, _REMOVED, 16) != "YES":
        return None
    return text(header, _METHOD, 200) or "It does not say how."


def _instance_out(instance: Instance) -> InstanceOut:
    return InstanceOut(
        id=instance.pk,
        sop_uid=instance.sop_uid,
        sop_class=UID(instance.sop_class_uid).name,
        number=instance.number,
        frame_count=instance.frame_count,
        rows=instance.rows,
        columns=instance.columns,
        size=instance.size_bytes,
        transfer_syntax=UID(instance.transfer_syntax_uid).name,
    )
