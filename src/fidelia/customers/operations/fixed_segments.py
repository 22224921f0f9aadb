"""Segments that people are put into by hand: they follow no condition, and no refresh changes them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection

from fidelia.access.operations import record_audit
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.localized import LocalizedText
from fidelia.kernel.outbox import announce

from ..errors import SegmentArchived, SegmentFollows, UnknownSegment
from ..events import SegmentChanged
from ..models import Segment, SegmentState
from .segments import check_key, place_segment

RIGHT = "segment.define"
NOBODY = "false"
_PUT = """
insert into customers_segment_membership (segment_id, customer_id, valid_from, recorded_at, updated_at)
select %(segment)s, c.id, %(moment)s, %(moment)s, %(moment)s from customers_customer c
where c.id = any(%(ids)s::uuid[]) and c.merged_into_id is null and c.erased_at is null
    and not exists (
        select from customers_segment_membership m
        where m.segment_id = %(segment)s and m.customer_id = c.id and m.valid_until is null)
returning customer_id
"""
_TAKE = """
update customers_segment_membership m set valid_until = greatest(%(moment)s, m.valid_from), updated_at = %(moment)s
where m.segment_id = %(segment)s and m.customer_id = any(%(ids)s::uuid[]) and m.valid_until is null
returning m.customer_id
"""


def open_fixed_segment(*, by: Actor, at: datetime, key: str, name: LocalizedText) -> Segment:
    """Open a segment that nobody is in yet, and that people are put into by hand.

    Raises Denied (segment.define), UnknownChoice for a key that is no key, SegmentKeyTaken.
    """
    by.require(RIGHT)
    check_key(key)
    with transaction_of_use_case():
        segment = place_segment(by=by, at=at, key=key, name=name, condition=NOBODY)
        segment.is_fixed, segment.refreshed_at = True, at
        segment.save(update_fields=["is_fixed", "refreshed_at"])
    return segment


def put_into_segment(*, by: Actor, at: datetime, key: str, customer_ids: Sequence[UUID]) -> set[UUID]:
    """Put customers into a fixed segment; return those who were not in it. Who was erased or merged stays out.

    Raises Denied (segment.define), UnknownSegment, SegmentFollows for one with a condition, SegmentArchived.
    """
    return _move(_PUT, by=by, at=at, key=key, customer_ids=customer_ids, sign=1)


def take_out_of_segment(*, by: Actor, at: datetime, key: str, customer_ids: Sequence[UUID]) -> set[UUID]:
    """Take customers out of a fixed segment; return those who were in it. Raises as `put_into_segment`."""
    return _move(_TAKE, by=by, at=at, key=key, customer_ids=customer_ids, sign=-1)


def _move(statement: str, *, by: Actor, at: datetime, key: str, customer_ids: Sequence[UUID], sign: int) -> set[UUID]:
    by.require(RIGHT)
    with transaction_of_use_case():
        segment = Segment.objects.select_for_update().filter(key=key).first()
        if segment is None:
            raise UnknownSegment("There is no such segment.", key=key)
        if not segment.is_fixed:
            raise SegmentFollows(f"The segment “{key}” follows its condition: nobody is put into it by hand.")
        if segment.state == SegmentState.ARCHIVED:
            raise SegmentArchived(f"The segment “{key}” is archived.")
        with connection.cursor() as cursor:
            cursor.execute(statement, {"segment": segment.id, "moment": at, "ids": list(customer_ids)})
            moved = {id for (id,) in cursor.fetchall()}
        if moved:
            segment.member_count += sign * len(moved)
            segment.save(update_fields=["member_count"])
            entered, left = (len(moved), 0) if sign > 0 else (0, len(moved))
            announce(SegmentChanged(occurred_at=at, segment_id=segment.id, entered=entered, left=left))
            record_audit(
                by=by, at=at, verb=RIGHT, object_type="segment", object_id=segment.id,
                after={"entered": entered, "left": left},
            )  # fmt: skip
    return moved
