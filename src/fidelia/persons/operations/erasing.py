"""Carry a wish to be erased out: every module that keeps something of the person lets it go, in one transaction."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from fidelia.access.operations import forget_reasons, record_audit
from fidelia.cards.queries import cards_of
from fidelia.customers.queries import ids_of
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import transaction_of_use_case
from fidelia.programme import privacy as programme
from fidelia.programme.queries import list_enrolments

from .. import privacy as own
from ..errors import RequestOver, UnknownRequest
from ..models import RightsRequest
from ..queries import KEEPERS


def carry_out_erasure(*, by: Actor, at: datetime, request_id: UUID) -> dict[str, int]:
    """Erase a person who asked for it, with every record merged into them; return how many rows of each table changed.

    The upper modules go first, the file of customers last: amounts, points and counts keep adding up, of nobody. The
    request stays as proof, without its words; the audit says how many rows, and no name. It is not undone. Raises
    Denied (request.erase), UnknownRequest, RequestOver (answered, withdrawn, or carried out already).
    """
    by.require("request.erase")
    with transaction_of_use_case():
        asked = RightsRequest.objects.select_for_update().filter(id=request_id).first()
        if asked is None:
            raise UnknownRequest("There is no such request.")
        if asked.state != RightsRequest.State.OPEN:
            raise RequestOver("This request was answered before.")
        counts = _erase(ids_of(asked.customer_id), by, at)
        RightsRequest.objects.filter(id=asked.id).update(
            state=RightsRequest.State.DONE, answered_at=max(at, asked.asked_at), answered_by=by.label
        )
        record_audit(
            by=by, at=at, verb="request.erase", object_type="request", object_id=asked.id, before={"state": "open"},
            after={"state": "done", "rows": sum(counts.values())},
        )  # fmt: skip
    return counts


def _erase(customer_ids: tuple[UUID, ...], by: Actor, at: datetime) -> dict[str, int]:
    counts = {"access_audit": forget_reasons(object_ids=_objects_of(customer_ids, at))}
    for keeper in (own, *(each for each in reversed(KEEPERS) if each is not own)):
        if keeper is programme:
            counts |= programme.erase(customer_ids, by=by, at=at)
        else:
            counts |= keeper.erase(customer_ids, at=at)
    return counts


def _objects_of(customer_ids: tuple[UUID, ...], at: datetime) -> list[UUID]:
    """Return what the audit speaks of when it speaks of the person: records, memberships, cards."""
    memberships = [one.id for one in list_enrolments(customer_ids)]
    cards = [one.card_id for one in cards_of(customer_ids, at=at) if one.card_id is not None]
    return [*customer_ids, *memberships, *cards]
