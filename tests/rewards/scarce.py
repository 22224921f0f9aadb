"""What the tests of rewards are about: a programme, series, codes, cards, and a checkout that takes them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.localized import LocalizedText
from fidelia.kernel.money import Money
from fidelia.programme.models import Programme
from fidelia.rewards.models import CouponCode, CouponSeries, GiftCard, Stock, Voucher
from fidelia.rewards.operations import (
    GivingBack,
    LimitItem,
    NewVoucher,
    SeriesTerms,
    Taking,
    add_stock,
    bring_codes,
    consume,
    create_series,
    give_back,
    issue_voucher,
    release,
    reserve,
    sell_gift_card,
)
from fidelia.rewards.queries import read_for_rules
from tests.cast import SYSTEM
from tests.programme.cast import AT

SAID = LocalizedText(en="Ten euros for Christmas", fr="Dix euros pour Noël")
FLORESTAN, JAQUINO = UUID(int=11), UUID(int=12)
SOON = AT + timedelta(minutes=15)


def series(of: Programme, key: str = "noel", **changes: Any) -> CouponSeries:
    terms = {"name": SAID, "valid_from": date(2026, 3, 1), "valid_until": date(2026, 3, 31)}
    terms |= {name: changes.pop(name) for name in tuple(changes) if name in SeriesTerms.__slots__}
    given = {"pattern": "NOEL-######", "kind": "unique", **changes}
    return create_series(by=SYSTEM, at=AT, programme=of, key=key, terms=SeriesTerms(**terms), **given)


def everybodys(of: Programme, code: str = "BIENVENUE", **changes: Any) -> CouponCode:
    """The code of a series with one code for everybody."""
    made = series(of, changes.pop("key", code.lower()), kind="generic", pattern=code, **changes)
    return made.codes.get()


def coupon(of: CouponSeries, code: str = "NOEL-234567") -> CouponCode:
    bring_codes(by=SYSTEM, at=AT, series_id=of.id, codes=[code])
    return of.codes.order_by("-id")[0]


def voucher(of: Programme, amount: int = 1_000, **changes: Any) -> Voucher:
    given = {"name": SAID, "valid_from": date(2026, 3, 1), "valid_until": date(2026, 3, 31), **changes}
    return issue_voucher(by=SYSTEM, at=AT, programme=of, voucher=NewVoucher(amount=Money(amount, "EUR"), **given))


def gift_card(of: Programme, amount: int = 5_000, **changes: Any) -> GiftCard:
    return sell_gift_card(by=SYSTEM, at=AT, programme=of, amount=Money(amount, "EUR"), **changes)


def pieces(of: Programme, count: int | None = 1, key: str = "mug", **changes: Any) -> Stock:
    return add_stock(by=SYSTEM, at=AT, programme=of, key=key, name=SAID, pieces=count, **changes)


def limit(amount: int, capacity: int, subject: str = "welcome/budget", **changes: Any) -> LimitItem:
    return LimitItem(subject=subject, amount=amount, capacity=capacity, **changes)


def taking(of: Programme, **changes: Any) -> Taking:
    given = {"programme_id": of.id, "currency": "EUR", "at": AT, "now": AT, "purchase_id": uuid4(), **changes}
    return Taking(**given)


def close(of: Programme, **changes: Any) -> UUID:
    """Take what a checkout takes, in a transaction of its own; return the purchase."""
    asked = taking(of, **changes)
    with transaction_of_use_case():
        consume(asked)
    assert asked.purchase_id is not None
    return asked.purchase_id


def set_aside(of: Programme, checkout_id: UUID, *, until: datetime = SOON, **changes: Any) -> None:
    with transaction_of_use_case():
        reserve(taking(of, checkout_id=checkout_id, expires_at=until, **changes))


def let_go(checkout_id: UUID) -> None:
    with transaction_of_use_case():
        release(checkout_id)


def bring_back(purchase_id: UUID, **changes: Any) -> None:
    with transaction_of_use_case():
        give_back(GivingBack(purchase_id=purchase_id, at=AT, now=AT, **changes))


def state_of(of: Programme, code: CouponCode | Voucher | str, **changes: Any) -> str:
    shown = code if isinstance(code, str) else code.code
    given = {"programme_id": of.id, "at": AT, "codes": [shown], **changes}
    return str(read_for_rules(**given)["codes"][shown]["state"])
