"""What the till of a shadow sends of checkouts: judged until the cut-over, and recorded from then on."""

from __future__ import annotations

from django.http import HttpResponse

from fidelia.activity.operations.checkouts import CheckoutCall, GivenBack
from fidelia.kernel.actor import Actor
from fidelia.shadow.errors import ClosuresOnly
from fidelia.shadow.operations import judge_basket, judge_basket_return
from fidelia.shadow.operations.judging import Judged, running_shadow
from fidelia.shadow.queries import after_cut_over, is_in_shadow, is_of_a_shadow

from .answers import answer
from .exchange import Exchange
from .schemas.shadow import judged_out


def closure_in_shadow(exchange: Exchange, call: CheckoutCall) -> HttpResponse | None:
    """Return what the closure would come to, where the caller is the feed of a shadow that runs; None otherwise."""
    programme = call.basket.programme if call.basket is not None else None
    if not is_of_a_shadow(exchange.by, "purchase.record") or not is_in_shadow(programme):
        return None
    return _answered(judge_basket(by=exchange.by, at=exchange.at, call=call))


def return_in_shadow(exchange: Exchange, call: CheckoutCall, given: GivenBack) -> HttpResponse | None:
    """Return what giving goods back would take, where the caller is the feed of a shadow that runs; None otherwise."""
    if not is_of_a_shadow(exchange.by, "purchase.return") or not is_in_shadow(None):
        return None
    return _answered(judge_basket_return(by=exchange.by, at=exchange.at, call=call, given=given))


def currency_in_shadow(by: Actor) -> str | None:
    """Return the currency of the programme in shadow, where the caller is its feed."""
    if not is_of_a_shadow(by, "purchase.return") or not is_in_shadow(None):
        return None
    return running_shadow(None).programme.currency


def live(by: Actor, *rights: str) -> Actor:
    """Return who calls; the feed of a shadow may what it is for once it is live. Raises ClosuresOnly, NoShadow."""
    for right in rights:
        if is_of_a_shadow(by, right):
            if is_in_shadow(None):
                raise ClosuresOnly("In shadow mode a till sends the closure with its basket, and what comes back.")
            by = after_cut_over(by, None, right)
    return by


def _answered(judged: Judged) -> HttpResponse:
    return answer(judged_out(judged.purchase), 202, replayed=judged.is_replay)
