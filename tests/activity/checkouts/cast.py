"""A till that sends baskets, in the shop of the programme of the tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from fidelia.activity.operations.checkouts import (
    BasketLine,
    CheckoutBasket,
    CheckoutCall,
    CheckoutOutcome,
    GivenBack,
    ReturnedItem,
    cancel_checkout,
    close_checkout,
    reopen_checkout,
    return_from_checkout,
    update_checkout,
)
from tests.cast import actor_with
from tests.programme.cast import AT

TILL = actor_with("purchase.record", "purchase.see", "purchase.return", "programme.see", label="Marzelline", number=3)
CARD = ("card", "2990441788200")
MUG = BasketLine("mug", 1000, 1450, 2)
MOKA = BasketLine("moka", 2000, 1745, 2, category="coffee")


def basket(*lines: BasketLine, **changes: Any) -> CheckoutBasket:
    return replace(CheckoutBasket(currency="EUR", lines=lines or (MOKA, MUG), identity=CARD), **changes)


def call(step: str, number: str = "C-1", key: str | None = None, **more: Any) -> CheckoutCall:
    return CheckoutCall(idempotency_key=key or str(uuid4()), step=step, source="till", number=number, **more)  # type: ignore[arg-type]


def put(asked: CheckoutBasket | None = None, number: str = "C-1", *, at: datetime = AT, **more: Any) -> CheckoutOutcome:
    return update_checkout(by=TILL, at=at, call=call("update", number, basket=asked or basket(), **more))


def close(number: str = "C-1", *, at: datetime = AT, **more: Any) -> CheckoutOutcome:
    return close_checkout(by=TILL, at=at, call=call("close", number, **more))


def cancel(number: str = "C-1", *, at: datetime = AT, **more: Any) -> CheckoutOutcome:
    return cancel_checkout(by=TILL, at=at, call=call("cancel", number, **more))


def reopen(number: str = "C-1", *, at: datetime = AT, **more: Any) -> CheckoutOutcome:
    return reopen_checkout(by=TILL, at=at, call=call("reopen", number, **more))


def give_back(
    *lines: ReturnedItem, number: str = "C-1", amount: int | None = None, at: datetime = AT, **more: Any
) -> CheckoutOutcome:
    given = GivenBack(lines, amount)
    asked = call(
        "return", number, given=(amount, *((one.line_number, one.quantity, one.amount) for one in lines)), **more
    )
    return return_from_checkout(by=TILL, at=at, call=asked, given=given)
