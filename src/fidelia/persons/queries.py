"""All that is kept about a person, and what people ask about it. Nothing here writes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from fidelia.activity import privacy as activity
from fidelia.campaigns import privacy as campaigns
from fidelia.cards import privacy as cards
from fidelia.customers import privacy as customers
from fidelia.customers.queries import ids_of
from fidelia.insight import privacy as insight
from fidelia.kernel.actor import Actor
from fidelia.members import privacy as members
from fidelia.messaging import privacy as messaging
from fidelia.programme import privacy as programme
from fidelia.referral import privacy as referral
from fidelia.rewards import privacy as rewards
from fidelia.shadow import privacy as shadow
from fidelia.subscriptions import privacy as subscriptions

from . import privacy as persons
from .errors import UnknownRequest
from .models import RightsRequest

# Everybody who keeps something of a customer, in the order of the layers; programme speaks for the ledger.
KEEPERS = (
    *(
        customers,
        programme,
        subscriptions,
        rewards,
        cards,
        activity,
        referral,
        shadow,
        messaging,
        insight,
        campaigns,
        members,
        persons,
    ),
)
LIMIT_MAX = 200
Part = list[dict[str, Any]]


def collect_person(*, by: Actor, customer_id: UUID) -> dict[str, Part]:
    """Return all that is kept about a person and those merged into them, by what it is. Raises Denied (customer.see).

    Values are as they are kept: money and points in minor units, instants in UTC.
    """
    by.require("customer.see")
    ids = ids_of(customer_id)
    return {name: rows for keeper in KEEPERS for name, rows in keeper.collect(ids).items()}


def list_requests(*, by: Actor, state: str = "open", limit: int = LIMIT_MAX) -> list[RightsRequest]:
    """Return what customers ask, the first due first; of those over, the last first. Raises Denied (request.see)."""
    by.require("request.see")
    found = (
        RightsRequest.objects.filter(state="open") if state == "open" else RightsRequest.objects.exclude(state="open")
    )
    order = ("due_on", "id") if state == "open" else ("-answered_at", "id")
    return list(found.order_by(*order)[: min(limit, LIMIT_MAX)])


def get_request(*, by: Actor, request_id: UUID) -> RightsRequest:
    """Raises Denied (request.see), UnknownRequest."""
    by.require("request.see")
    found = RightsRequest.objects.filter(id=request_id).first()
    if found is None:
        raise UnknownRequest("There is no such request.")
    return found


def requests_of(customer_ids: Sequence[UUID]) -> list[RightsRequest]:
    """Return what a person asked, the last first."""
    return list(RightsRequest.objects.filter(customer_id__in=list(customer_ids)).order_by("-asked_at", "id"))
