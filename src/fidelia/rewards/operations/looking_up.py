"""Look up what a code is, without letting anybody guess."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from fidelia.kernel.actor import Actor
from fidelia.programme.models import Programme

from ..errors import UnknownCode
from ..queries.for_rules import read_for_rules
from .guessing import check_guesser, count_wrong_code, guesser_of
from .patterns import normalise_code

RIGHTS = {"coupon": "coupon.see", "voucher": "voucher.see", "gift_card": "gift_card.see"}


@dataclass(frozen=True, slots=True)
class LookedUp:
    """What a code is: coupon, voucher or gift_card; its state, and what `rewards_for_rules` tells of it."""

    code: str
    what: str
    state: str
    told: dict[str, Any]


def look_up_code(
    *,
    by: Actor,
    at: datetime,
    programme: Programme,
    code: str,
    customer_id: UUID | None = None,
    store_id: UUID | None = None,
    subject: str | None = None,
) -> LookedUp:
    """Tell what a code is that somebody shows, for the member who shows it. Outside a transaction.

    After 30 unknown codes within 10 minutes the one who asks (`subject`, by default the actor) waits, as guessing would
    make him. Raises Denied, UnknownCode, RateLimited.
    """
    if not any(by.may_somewhere(right) for right in RIGHTS.values()):
        by.require(RIGHTS["coupon"])
    guesser = subject or guesser_of(by)
    check_guesser(guesser, at=at)
    shown = normalise_code(code)
    found = read_for_rules(
        programme_id=programme.id, at=at, customer_id=customer_id, store_id=store_id, codes=[shown], gift_cards=[shown]
    )
    told = found["codes"][shown]
    if told["state"] == "unknown":
        told = {"what": "gift_card", **found["gift_cards"][shown]}
    if told["state"] == "unknown" or not by.may_somewhere(RIGHTS[told["what"]]):
        count_wrong_code(guesser, at=at)
        raise UnknownCode("Nothing has this code.")
    return LookedUp(shown, told["what"], told["state"], told)
