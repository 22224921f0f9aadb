"""Segments and who is in them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Q

from fidelia.kernel.actor import Actor

from ..errors import UnknownSegment
from ..models import Segment, SegmentMembership

LIMIT_MAX = 500


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
