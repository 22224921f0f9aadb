"""Segments and who is in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Q

from fidelia.kernel.actor import Actor
from fidelia.rules import check_rule, describe

from ..errors import UnknownSegment
from ..fields import segment_catalogue
from ..models import Segment, SegmentMembership
from .traits import list_trait_definitions

LIMIT_MAX = 500
LARGE = 20_000  # customers of a segment: to count with whom it shares a larger one takes longer than a page may


def list_segments(*, by: Actor, with_archived: bool = False) -> list[Segment]:
    """Return the segments by key. Raises Denied (segment.see)."""
    by.require("segment.see")
    segments = Segment.objects.order_by("key")
    return list(segments if with_archived else segments.filter(state="active"))


def get_segment(*, by: Actor, key: str) -> Segment:
    """Return the segment of this key. Raises Denied (segment.see), UnknownSegment."""
    by.require("segment.see")
    segment = Segment.objects.filter(key=key).first()
    if segment is None:
        raise UnknownSegment(f"There is no segment “{key}”.", key=key)
    return segment


def member_ids_at(segment_id: UUID, at: datetime) -> list[UUID]:
    """Return the ids of all customers in a segment at a moment, in order; for campaigns, which split them."""
    members = SegmentMembership.objects.filter(
        Q(valid_until__isnull=True) | Q(valid_until__gt=at), segment_id=segment_id, valid_from__lte=at
    )
    return list(members.order_by("customer_id").values_list("customer_id", flat=True))


def describe_conditions(conditions: Sequence[str], language: str) -> list[str]:
    """Return what each condition says, as a clause in "en" or "fr". Raises RuleError."""
    catalogue = segment_catalogue(list_trait_definitions())
    return [describe(check_rule(condition, catalogue), language) for condition in conditions]


def list_sizes(*, by: Actor, segment_id: UUID, moments: Sequence[datetime]) -> list[int]:
    """Return how many customers were in a segment at each moment; one statement. Raises Denied (segment.see)."""
    by.require("segment.see")
    with connection.cursor() as cursor:
        cursor.execute(_SIZES, {"segment": segment_id, "moments": list(moments)})
        return [count for (count,) in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class Overlap:
    """How many customers of a segment are in another one too."""

    segment: Segment
    both: int


def list_overlaps(*, by: Actor, segment_id: UUID) -> list[Overlap]:
    """Return the other active segments that share customers with this one, most shared first; two statements.

    Counted now; of a large segment, what the last refresh of either of the two found. Raises Denied (segment.see).
    """
    by.require("segment.see")
    segments = {one.id: one for one in Segment.objects.filter(Q(state="active") | Q(id=segment_id))}
    own = segments.pop(segment_id, None)
    is_large = own is not None and own.member_count >= LARGE
    kept = _kept_overlaps(own, segments.values()) if own is not None and is_large else None
    shared = count_overlaps(segment_id) if kept is None else kept
    found = [segment for id_, segment in segments.items() if shared.get(id_)]
    return sorted(
        (Overlap(segment, shared[segment.id]) for segment in found), key=lambda one: (-one.both, one.segment.key)
    )


def count_overlaps(segment_id: UUID) -> dict[UUID, int]:
    """Return how many customers of a segment are now in each other one, by its id; one statement."""
    with connection.cursor() as cursor:
        cursor.execute(_OVERLAPS, {"segment": segment_id})
        return dict(cursor.fetchall())


def _kept_overlaps(own: Segment, others: Iterable[Segment]) -> dict[UUID, int] | None:
    """Return what the later refresh of each two found, for it knew whom the earlier one had; None if it did not count.

    Those of one night are refreshed at one moment, in the order of their keys.
    """
    found = {}
    for other in others:
        if own.refreshed_at is None or other.refreshed_at is None:
            continue
        later, earlier = (own, other) if (own.refreshed_at, own.key) > (other.refreshed_at, other.key) else (other, own)
        if later.overlaps is None:
            return None
        found[other.id] = int(later.overlaps.get(str(earlier.id), 0))
    return found


_OVERLAPS = """
select other.segment_id, count(*) from customers_segment_membership own
join customers_segment_membership other on other.customer_id = own.customer_id and other.valid_until is null
where own.segment_id = %(segment)s and own.valid_until is null and other.segment_id <> own.segment_id
group by other.segment_id
"""

# A refresh begins and ends memberships all at one moment: of a large segment a few groups are left to add up.
_SIZES = """
with grouped as (
    select valid_from, valid_until, count(*) as n
    from customers_segment_membership where segment_id = %(segment)s group by valid_from, valid_until
)
select coalesce(sum(g.n), 0)::bigint
from unnest(%(moments)s::timestamptz[]) with ordinality as asked (moment, place)
left join grouped g on g.valid_from <= asked.moment and (g.valid_until is null or g.valid_until > asked.moment)
group by asked.place order by asked.place
"""
