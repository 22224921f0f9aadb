"""How rewards react to what happened."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from fidelia.kernel.actor import Actor
from fidelia.kernel.outbox import Announced
from fidelia.programme.models import Enrolment
from fidelia.programme.queries import get_programme_by_id, terms_of, version_in_force

from .operations.cheques import is_at_once, member_of, write_cheques


def turn_points(events: Sequence[Announced], *, by: Actor, at: datetime) -> None:
    """Turn points into the chèques that they make, of the members who bought; again, it finds nothing left."""
    buyers: dict[UUID, dict[UUID, bool]] = defaultdict(dict)  # of each member, whether the main points became more
    for event in events:
        if event.payload["enrolment_id"] is not None:
            of_programme, who = buyers[UUID(event.payload["programme_id"])], UUID(event.payload["enrolment_id"])
            of_programme[who] = of_programme.get(who, False) or event.payload["points"] > 0
    for programme_id, earned in buyers.items():
        programme = get_programme_by_id(programme_id)
        version = version_in_force(programme, at)
        terms = None if version is None else terms_of(version.id)
        for policy in () if terms is None else terms.cheques:
            enrolment_ids = [who for who, has_points in earned.items() if has_points or policy.currency]
            if terms is not None and is_at_once(policy) and enrolment_ids:
                found = Enrolment.objects.filter(id__in=enrolment_ids, ended_at__isnull=True, is_provisional=False)
                members = {each.account_id: member_of(each) for each in found.order_by("enrolled_at", "id")}
                write_cheques(
                    by=by, at=at, programme=programme, terms=terms, policy=policy, members=list(members.values()),
                    waits=True,
                )  # fmt: skip
