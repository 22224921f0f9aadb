"""Define a segment, look at whom it would hold, find out anew who is in it, fix who is in it now."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from fidelia.access.operations import record_audit
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import require_transaction, transaction_of_use_case
from fidelia.kernel.errors import FideliaError
from fidelia.kernel.localized import LocalizedText
from fidelia.kernel.outbox import announce
from fidelia.rules import RuleError, check_rule

from ..errors import SegmentAhead, SegmentArchived, SegmentFixed, SegmentKeyTaken, UnknownChoice, UnknownSegment
from ..events import SegmentChanged
from ..fields import segment_catalogue, segment_relation
from ..models import Customer, Segment, SegmentState
from ..queries.segments import count_overlaps
from ..queries.traits import list_trait_definitions

EXAMPLES = 10
PREVIEW_MS_MAX = 20_000
_KEY = re.compile(r"[a-z][a-z0-9_-]{0,59}")


@dataclass(frozen=True, slots=True)
class SegmentPreview:
    """How many customers a condition holds at a moment, and a few of them in order of name."""

    count: int
    examples: tuple[Customer, ...]


@dataclass(frozen=True, slots=True)
class SegmentRefresh:
    """What a refresh found: members now, of whom `entered` are new; `left` are no longer."""

    count: int
    entered: int
    left: int


def define_segment(*, by: Actor, at: datetime, key: str, name: LocalizedText, condition: str) -> Segment:
    """Define a segment; nobody is in it until it is refreshed.

    Raises Denied (segment.define), UnknownChoice for a key that is no key, SegmentKeyTaken, RuleError.
    """
    by.require("segment.define")
    check_key(key)
    sql_of_condition(condition)
    with transaction_of_use_case():
        return place_segment(by=by, at=at, key=key, name=name, condition=condition)


def check_key(key: str) -> None:
    """Raise UnknownChoice for a key that is no key."""
    if not _KEY.fullmatch(key):
        raise UnknownChoice("A key is lower-case letters, digits, - and _, and begins with a letter.", pointer="/key")


def place_segment(*, by: Actor, at: datetime, key: str, name: LocalizedText, condition: str) -> Segment:
    """Define a segment inside the caller's transaction, as a campaign does. Raises SegmentKeyTaken."""
    require_transaction()
    segment = Segment(key=key, name=name, condition=condition, recorded_at=at, updated_at=at)
    if Segment.objects.filter(key=key).exists() or not _inserted(segment):
        raise SegmentKeyTaken(f"Another segment is called “{key}”.", pointer="/key")
    record_audit(
        by=by, at=at, verb="segment.define", object_type="segment", object_id=segment.id, after=_state_of(segment)
    )
    return segment


def change_segment(
    *,
    by: Actor,
    at: datetime,
    segment_id: UUID,
    name: LocalizedText | None = None,
    condition: str | None = None,
    state: str | None = None,
) -> Segment:
    """Change what is given; members change at the next refresh. An archived segment keeps its past members.

    Raises Denied (segment.define), UnknownSegment, UnknownChoice, RuleError, SegmentFixed for a new condition of a
    fixed one.
    """
    by.require("segment.define")
    if condition is not None:
        sql_of_condition(condition)
    if state is not None and state not in SegmentState.values:
        raise UnknownChoice(f"“{state}” is not one of {', '.join(SegmentState.values)}.", pointer="/state")
    with transaction_of_use_case():
        segment = _lock(segment_id)
        if segment.is_fixed and condition not in (None, segment.condition):
            raise SegmentFixed(f"The segment “{segment.key}” follows no condition.", pointer="/condition")
        before = _state_of(segment)
        segment.name = name or segment.name
        segment.condition = condition or segment.condition
        segment.state = state or segment.state
        segment.updated_at = at
        segment.save(update_fields=["name", "condition", "state", "updated_at"])
        record_audit(
            by=by, at=at, verb="segment.define", object_type="segment", object_id=segment.id,
            before=before, after=_state_of(segment),
        )  # fmt: skip
    return segment


def preview_segment(*, by: Actor, at: datetime, condition: str) -> SegmentPreview:
    """Count the customers that meet a condition at a moment, with ten examples; writes nothing.

    Raises Denied (segment.see), RuleError; OperationalError past 20 seconds.
    """
    by.require("segment.see")
    those = sql_of_condition(condition)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("set local statement_timeout = %s", [PREVIEW_MS_MAX])
        cursor.execute(_READ_WHOLE_TABLES)
        cursor.execute(f"select count(*) from {those}", {"moment": at})
        (count,) = cursor.fetchone()
        cursor.execute(
            f"select customer.id from {those} order by customer.sort_key, customer.id limit %(examples)s",
            {"moment": at, "examples": EXAMPLES},
        )
        ids = [row[0] for row in cursor.fetchall()]
    found = Customer.objects.in_bulk(ids)
    return SegmentPreview(count, tuple(found[id] for id in ids))


def refresh_segment(*, by: Actor, at: datetime, segment_id: UUID) -> SegmentRefresh:
    """Find out who meets the condition at `at`: close and open memberships, and announce SegmentChanged if any moved.

    Few statements whatever the number of customers. Raises Denied (segment.refresh), UnknownSegment, SegmentArchived,
    SegmentFixed, SegmentAhead.
    """
    by.require("segment.refresh")
    with transaction_of_use_case():
        return place_members(by=by, at=at, segment_id=segment_id)


def refresh_segments(*, by: Actor, at: datetime, told: Callable[[str], None] = lambda _key: None) -> int:
    """Refresh every segment that follows its condition, each in a transaction of its own; return how many.

    One that cannot be refreshed (its condition reads a trait that is no more) holds up no other; the first refusal is
    raised when all have been gone through. `told` hears each key. Raises Denied (segment.refresh).
    """
    by.require("segment.refresh")
    following = Segment.objects.filter(state=SegmentState.ACTIVE, is_fixed=False).order_by("key")
    done, refused = 0, None
    for segment_id, key in list(following.values_list("id", "key")):
        try:
            refresh_segment(by=by, at=at, segment_id=segment_id)
            done += 1
        except (SegmentAhead, SegmentArchived, SegmentFixed):
            pass  # somebody refreshed, archived or fixed it in this moment
        except FideliaError as error:
            refused = refused or error
        told(key)
    if refused is not None:
        raise refused
    return done


def fix_segment(*, by: Actor, at: datetime, segment_id: UUID, key: str, name: LocalizedText) -> Segment:
    """Keep those who are in a segment at `at` as a segment of its own, which no refresh changes.

    Raises Denied (segment.define), UnknownSegment, UnknownChoice, SegmentKeyTaken.
    """
    by.require("segment.define")
    check_key(key)
    with transaction_of_use_case():
        source = _lock(segment_id)
        fixed = place_segment(by=by, at=at, key=key, name=name, condition=source.condition)
        with connection.cursor() as cursor:
            cursor.execute(_COPY, {"source": source.id, "fixed": fixed.id, "moment": at})
            fixed.member_count = cursor.rowcount
        fixed.is_fixed, fixed.refreshed_at = True, at
        _keep_overlaps(fixed)
        fixed.save(update_fields=["is_fixed", "member_count", "refreshed_at", "overlaps"])
        if fixed.member_count:
            announce(SegmentChanged(occurred_at=at, segment_id=fixed.id, entered=fixed.member_count, left=0))
    return fixed


def place_members(*, by: Actor, at: datetime, segment_id: UUID) -> SegmentRefresh:
    """Refresh a segment in the caller's transaction.

    Raises UnknownSegment, SegmentArchived, SegmentFixed, SegmentAhead.
    """
    require_transaction()
    segment = _lock(segment_id)
    if segment.state == SegmentState.ARCHIVED:
        raise SegmentArchived(f"The segment “{segment.key}” is archived.")
    if segment.is_fixed:
        raise SegmentFixed(f"The segment “{segment.key}” follows no condition.")
    if segment.refreshed_at is not None and at < segment.refreshed_at:
        raise SegmentAhead(f"The segment was already refreshed for {segment.refreshed_at.isoformat()}.")
    refresh = _move_members(segment, at)
    segment.member_count = refresh.count
    segment.refreshed_at = at
    _keep_overlaps(segment)
    segment.save(update_fields=["member_count", "refreshed_at", "overlaps"])
    if refresh.entered or refresh.left:
        announce(SegmentChanged(occurred_at=at, segment_id=segment.id, entered=refresh.entered, left=refresh.left))
        record_audit(
            by=by, at=at, verb="segment.refresh", object_type="segment", object_id=segment.id,
            after={"count": refresh.count, "entered": refresh.entered, "left": refresh.left},
        )  # fmt: skip
    return refresh


def sql_of_condition(condition: str) -> str:
    """Return the customers who meet the condition: `<relation> customer where …`, for a statement with `moment`.

    Raises RuleError.
    """
    definitions = list(list_trait_definitions())
    try:
        program = check_rule(condition, segment_catalogue(definitions))
    except RuleError as error:
        error.pointer = "/condition"
        raise
    where = program.to_sql("postgres").replace("%", "%%")
    return f"{segment_relation(program.fields_read, definitions)} where {where}"


def _keep_overlaps(segment: Segment) -> None:
    segment.overlaps = {str(other): count for other, count in count_overlaps(segment.id).items()}


def _move_members(segment: Segment, at: datetime) -> SegmentRefresh:
    parameters: dict[str, Any] = {"moment": at, "segment": segment.id}
    with connection.cursor() as cursor:
        cursor.execute("drop table if exists pg_temp.meeting_segment")
        cursor.execute(_READ_WHOLE_TABLES)
        cursor.execute(
            "create temporary table meeting_segment on commit drop as "
            f"select customer.id from {sql_of_condition(segment.condition)}",
            parameters,
        )
        count = cursor.rowcount
        cursor.execute(_CLOSE, parameters)
        left = cursor.rowcount
        cursor.execute(_OPEN, parameters)
        return SegmentRefresh(count, entered=cursor.rowcount, left=left)


# Until the transaction ends. The server's own settings are for a customer's few rows; here hundreds of thousands are
# read in no order of the disk, by a bitmap or a whole scan sooner than one by one, and joined in memory; what a worker
# in parallel hands on is an id. Right after a large import the tables have no statistics yet: row by row, as is best
# for the few that are then expected, the same question took 40 s instead of one.
_READ_WHOLE_TABLES = """
set local random_page_cost = 4; set local work_mem = '64MB'; set local parallel_tuple_cost = 0.01;
set local enable_nestloop = off
"""
_CLOSE = """
update customers_segment_membership m set valid_until = %(moment)s, updated_at = %(moment)s
where m.segment_id = %(segment)s and m.valid_until is null
    and not exists (select from meeting_segment now where now.id = m.customer_id)
"""
_OPEN = """
insert into customers_segment_membership (segment_id, customer_id, valid_from, recorded_at, updated_at)
select %(segment)s, now.id, %(moment)s, %(moment)s, %(moment)s from meeting_segment now
where not exists (
    select from customers_segment_membership m
    where m.segment_id = %(segment)s and m.customer_id = now.id and m.valid_until is null)
"""

_COPY = """
insert into customers_segment_membership (segment_id, customer_id, valid_from, recorded_at, updated_at)
select %(fixed)s, m.customer_id, %(moment)s, %(moment)s, %(moment)s from customers_segment_membership m
where m.segment_id = %(source)s and m.valid_from <= %(moment)s
    and (m.valid_until is null or m.valid_until > %(moment)s)
"""


def _lock(segment_id: UUID) -> Segment:
    segment = Segment.objects.select_for_update().filter(id=segment_id).first()
    if segment is None:
        raise UnknownSegment("There is no such segment.", segment_id=str(segment_id))
    return segment


def _inserted(segment: Segment) -> bool:
    # Two people may choose the same key in the same second: the constraint decides, and the second is told.
    written = Segment.objects.bulk_create([segment], ignore_conflicts=True)
    return Segment.objects.filter(id=written[0].id).exists()


def _state_of(segment: Segment) -> dict[str, Any]:
    return {"key": segment.key, "name": segment.name, "condition": segment.condition, "state": segment.state}
