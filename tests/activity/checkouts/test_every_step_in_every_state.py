"""Every call on a checkout in every state that it can be in: what follows, or a refusal that leaves all as it was."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from fidelia.activity.errors import TooLateToReopen, UnknownCheckout, WrongCheckoutState
from fidelia.activity.models import Checkout, DecisionRecord, Purchase
from fidelia.activity.operations.checkouts import ReturnedItem
from fidelia.ledger.models import Entry
from fidelia.ledger.queries import find_broken_invariants
from fidelia.rules.pricing import MoreThanBought
from tests.programme.cast import AT, member, programme

from .cast import cancel, close, give_back, put, reopen

pytestmark = pytest.mark.django_db

STEPS: dict[str, Callable[[], Any]] = {
    "update": put,
    "close": close,
    "return": lambda: give_back(ReturnedItem(1, 1000)),
    "return by amount": lambda: give_back(amount=100),
    "cancel": cancel,
    "reopen": reopen,
    "reopen late": lambda: reopen(at=AT + timedelta(days=2)),
}


def closed() -> None:
    put()
    close()


def partly_back() -> None:
    closed()
    give_back(ReturnedItem(1, 1000))


def wholly_back() -> None:
    closed()
    give_back()


def cancelled_after(*steps: Callable[[], Any]) -> Callable[[], None]:
    def lead() -> None:
        for step in steps:
            step()
        cancel()

    return lead


STATES: dict[str, tuple[Callable[[], Any], dict[str, Any]]] = {
    "none": (
        lambda: None,
        {"update": "open", "close": UnknownCheckout, "return": UnknownCheckout, "return by amount": UnknownCheckout,
         "cancel": UnknownCheckout, "reopen": UnknownCheckout, "reopen late": UnknownCheckout},
    ),
    "open": (
        put,
        {"update": "open", "close": "closed", "return": WrongCheckoutState, "return by amount": WrongCheckoutState,
         "cancel": "cancelled", "reopen": WrongCheckoutState, "reopen late": WrongCheckoutState},
    ),
    "closed": (
        closed,
        {"update": WrongCheckoutState, "close": WrongCheckoutState, "return": "closed", "return by amount": "closed",
         "cancel": "cancelled", "reopen": "open", "reopen late": TooLateToReopen},
    ),
    "partly returned": (
        partly_back,
        {"update": WrongCheckoutState, "close": WrongCheckoutState, "return": "closed", "return by amount": "closed",
         "cancel": "cancelled", "reopen": TooLateToReopen, "reopen late": TooLateToReopen},
    ),
    "wholly returned": (
        wholly_back,
        {"update": WrongCheckoutState, "close": WrongCheckoutState, "return": MoreThanBought,
         "return by amount": MoreThanBought, "cancel": "cancelled", "reopen": TooLateToReopen,
         "reopen late": TooLateToReopen},
    ),
    "cancelled while open": (
        cancelled_after(put),
        {"update": WrongCheckoutState, "close": WrongCheckoutState, "return": WrongCheckoutState,
         "return by amount": WrongCheckoutState, "cancel": WrongCheckoutState, "reopen": "open",
         "reopen late": "open"},
    ),
    "cancelled after its closure": (
        cancelled_after(closed),
        {"update": WrongCheckoutState, "close": WrongCheckoutState, "return": WrongCheckoutState,
         "return by amount": WrongCheckoutState, "cancel": WrongCheckoutState, "reopen": "open",
         "reopen late": "open"},
    ),
    "cancelled after a return": (
        cancelled_after(partly_back),
        {"update": WrongCheckoutState, "close": WrongCheckoutState, "return": WrongCheckoutState,
         "return by amount": WrongCheckoutState, "cancel": WrongCheckoutState, "reopen": "open",
         "reopen late": "open"},
    ),
    "opened again": (
        lambda: (closed(), reopen()),
        {"update": "open", "close": "closed", "return": WrongCheckoutState, "return by amount": WrongCheckoutState,
         "cancel": "cancelled", "reopen": WrongCheckoutState, "reopen late": WrongCheckoutState},
    ),
}  # fmt: skip


def all_that_is_kept() -> list[Any]:
    kept = Checkout.objects.values_list("state", "revision", "purchase_id", "total", "points").first()
    return [
        kept, Purchase.objects.count(), DecisionRecord.objects.count(), Entry.objects.count(),
        sum(Purchase.objects.values_list("total", flat=True)), sum(Purchase.objects.values_list("points", flat=True)),
    ]  # fmt: skip


FOLLOWING = [(state, step) for state, (_, told) in STATES.items() for step in STEPS if isinstance(told[step], str)]


@pytest.mark.parametrize("state", STATES)
def test_what_cannot_follow_is_refused_and_leaves_all_as_it_was(state: str) -> None:
    member(programme())
    lead, told = STATES[state]
    lead()
    before = all_that_is_kept()
    for step, call in STEPS.items():
        if not isinstance(told[step], str):
            with pytest.raises(told[step]):
                call()
            assert all_that_is_kept() == before, step


@pytest.mark.parametrize(("state", "step"), FOLLOWING)
def test_what_may_follow_does(state: str, step: str) -> None:
    member(programme())
    lead, told = STATES[state]
    lead()
    assert STEPS[step]().checkout["state"] == told[step]
    assert find_broken_invariants() == []


@pytest.mark.parametrize("state", ["partly returned", "cancelled after a return", "opened again"])
def test_wherever_it_is_it_can_be_brought_to_its_end_and_nothing_remains(state: str) -> None:
    member(programme())
    lead, _ = STATES[state]
    lead()
    if Checkout.objects.get().state == "cancelled":
        reopen()
    if Checkout.objects.get().state == "open":
        close()
    cancel()
    assert sum(Purchase.objects.values_list("total", flat=True)) == 0
    assert sum(Purchase.objects.values_list("points", flat=True)) == 0
    assert find_broken_invariants() == []
