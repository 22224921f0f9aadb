"""Which offers a member may activate, and has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from fidelia.customers.queries import ids_of, survivors_of_all_merged
from fidelia.kernel.db import read_jsonb
from fidelia.programme.models import Enrolment, Programme
from fidelia.programme.queries import terms_in_force
from fidelia.rules.offer_terms import OfferTerms

from ..models import OfferActivation, OfferCount


@dataclass(frozen=True, slots=True)
class OfferOfMember:
    """An offer of the terms in force as it stands to a member.

    `state`: "open", "active", "over" (activated, counts no more), "not_yet", "closed" or "taken" (none is left).
    """

    terms: OfferTerms
    state: str
    activated_at: datetime | None
    holds_until: datetime | None
    left: int | None


def offers_of_member(enrolment: Enrolment, at: datetime) -> list[OfferOfMember]:
    """Return every offer of the terms in force, as they are declared."""
    terms = terms_in_force(enrolment, at)
    if terms is None or not terms.offers:
        return []
    mine = OfferActivation.objects.filter(customer_id__in=ids_of(enrolment.customer_id), programme=enrolment.programme)
    activated = {one.offer: one for one in mine}
    taken = count_taken(enrolment.programme)
    return [_as_it_stands(each, activated.get(each.key), taken.get(each.key, 0), at) for each in terms.offers]


def _as_it_stands(offer: OfferTerms, own: OfferActivation | None, taken: int, at: datetime) -> OfferOfMember:
    left = None if offer.at_most is None else max(0, offer.at_most - taken)
    if own is not None:
        counts = own.holds_until is None or at < own.holds_until
        return OfferOfMember(offer, "active" if counts else "over", own.activated_at, own.holds_until, left)
    if offer.is_open(at):
        state = "taken" if left == 0 else "open"
    else:
        state = "not_yet" if offer.valid_from is not None and at < offer.valid_from else "closed"
    return OfferOfMember(offer, state, None, None, left)


_ACTIVE = """
select activation.offer, count(distinct coalesce(merged.person, activation.customer_id))
from rewards_offer_activation activation left join unnest(%s::uuid[], %s::uuid[]) merged (id, person)
    on merged.id = activation.customer_id
where activation.programme_id = %s and activation.activated_at <= %s
    and (activation.holds_until is null or activation.holds_until > %s)
group by 1
"""


def count_activated(programme: Programme, at: datetime) -> dict[str, int]:
    """Return of each offer for how many people an activation counts at an instant."""
    merged = survivors_of_all_merged()
    with connection.cursor() as cursor:
        cursor.execute(_ACTIVE, [list(merged), list(merged.values()), programme.id, at, at])
        return dict(cursor.fetchall())


def count_taken(programme: Programme) -> dict[str, int]:
    """Return of each offer how many members ever activated it: what `at_most` bounds."""
    return dict(OfferCount.objects.filter(programme=programme).values_list("offer", "taken"))


def offers_for_rules(programme_id: UUID, customer_ids: Sequence[UUID], at: datetime) -> list[str]:
    """Return the keys of the offers that a person had activated at an instant."""
    with connection.cursor() as cursor:
        cursor.execute("select rewards_offers_for_rules(%s, %s, %s)", [programme_id, list(customer_ids), at])
        found = cursor.fetchone()[0]
    return [] if found is None else list(read_jsonb(found))


_FOR_RULES_OF_EACH = """
select rewards_offers_for_rules(%s, customers_ids_for_rules(asked.customer), asked.at)
from unnest(%s::uuid[], %s::timestamptz[]) with ordinality asked (customer, at, place) order by asked.place
"""


def offers_for_rules_of_each(
    programme_id: UUID, asked: Sequence[tuple[UUID, datetime]]
) -> dict[tuple[UUID, datetime], list[str]]:
    """Return `offers_for_rules` of many people, each at an instant; one statement for all. Who has none is left out."""
    with connection.cursor() as cursor:
        cursor.execute(_FOR_RULES_OF_EACH, [programme_id, [one for one, _at in asked], [at for _one, at in asked]])
        rows = [found for (found,) in cursor.fetchall()]
    return {key: list(read_jsonb(found)) for key, found in zip(asked, rows, strict=True) if found is not None}
