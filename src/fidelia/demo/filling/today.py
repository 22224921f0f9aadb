"""Today: a few purchases that come in as a till sends them, so that what is live has something to show."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from fidelia.activity.operations import LineRequest, PurchaseRequest, record_purchase
from fidelia.kernel.actor import Actor

from ..simulation import Receipt
from ..simulation.people import Person
from ..simulation.stores import PLACE_OF
from .circle import SLUG
from .history import SOURCE
from .members import CARD_SCHEME
from .network import CURRENCY

EVERY = timedelta(minutes=7)


def sell_today(receipts: Sequence[Receipt], people: Sequence[Person], *, by: Actor, at: datetime) -> int:
    """Record the receipts one by one, the last of them just now; return how many. Their members will be informed."""
    for place, receipt in enumerate(receipts):
        occurred_at = at - EVERY * (len(receipts) - 1 - place)
        record_purchase(by=by, at=at, request=_request(receipt, people[receipt.customer], occurred_at), source=SOURCE)
    return len(receipts)


def _request(receipt: Receipt, person: Person, occurred_at: datetime) -> PurchaseRequest:
    return PurchaseRequest(
        idempotency_key=receipt.number,
        receipt_number=receipt.number,
        occurred_at=occurred_at,
        currency=CURRENCY,
        programme=SLUG,
        identity=(CARD_SCHEME, person.card),
        store=receipt.store,
        channel=PLACE_OF[receipt.store].channel,
        lines=tuple(LineRequest(line.code, line.quantity, line.net, description=line.name) for line in receipt.lines),
    )
