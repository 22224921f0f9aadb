"""How cards react to what happened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from fidelia.customers.queries import ids_of
from fidelia.kernel.actor import Actor
from fidelia.kernel.outbox import Announced
from fidelia.programme.operations import rederive_tiers
from fidelia.programme.queries import list_enrolments


def reassess_who_followed(events: Sequence[Announced], *, by: Actor, at: datetime) -> None:
    """Derive anew the tiers of those whom the points of a card came to."""
    people = {event.customer_id for event in events if event.customer_id is not None}
    members = [one for person in people for one in list_enrolments(ids_of(person)) if one.ended_at is None]
    rederive_tiers(at=at, enrolment_ids={one.id for one in members})
