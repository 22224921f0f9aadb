"""Codes that a checkout refuses, each with its reason and place; nothing is taken and nothing is sold."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from fidelia.activity.models import Purchase
from fidelia.activity.operations.checkouts import Evaluation, GiftCardTender, evaluate_checkout
from fidelia.kernel.errors import FideliaError
from fidelia.rewards.errors import (
    GiftCardExpired,
    UnknownGiftCard,
    VoucherExpired,
    VoucherNotYetValid,
    VoucherOfAnother,
)
from fidelia.rewards.models import GiftCard, Use
from tests.programme.cast import AT, florestan, member, programme
from tests.rewards.scarce import gift_card, voucher

from .cast import TILL, basket, close, put
from .rules import document
from .test_cheques import TAKEN

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(days=40)  # 11 April


def refused(kind: type[FideliaError], at: Any = AT, **named: Any) -> FideliaError:
    """Show and close a basket with a code: both are refused alike, and all is as it was."""
    before = list(GiftCard.objects.order_by("id").values("balance"))
    asked = basket(**named)
    with pytest.raises(kind):
        put(asked, "open", at=at)
    with pytest.raises(kind) as refusal:
        close("closed", basket=asked, at=at)
    assert list(GiftCard.objects.order_by("id").values("balance")) == before
    assert not Purchase.objects.exists()
    assert not Use.objects.exists()
    return refusal.value


def test_a_gift_card_of_another_programme_is_no_tender() -> None:
    programme(document())
    elsewhere = gift_card(programme(document(), is_sandbox=True), 9_000)
    found = refused(UnknownGiftCard, identity=None, gift_cards=(GiftCardTender(elsewhere.code),))
    assert (found.code, found.pointer) == ("unknown_gift_card", "/gift_cards/0/code")


def test_a_gift_card_that_is_over_pays_nothing() -> None:
    card = gift_card(programme(document()), 9_000, valid_until=date(2026, 4, 10))
    found = refused(GiftCardExpired, LATER, identity=None, gift_cards=(GiftCardTender(card.code),))
    assert found.pointer == "/gift_cards/0/code"


@pytest.mark.parametrize(
    ("changes", "days", "kind", "state"),
    [
        ({"valid_until": date(2026, 4, 10)}, 40, VoucherExpired, "expired"),
        ({"valid_from": date(2026, 3, 3)}, 0, VoucherNotYetValid, "not_yet_valid"),
    ],
)
def test_a_voucher_outside_its_days_takes_nothing_off(
    changes: dict[str, Any], days: int, kind: type[FideliaError], state: str
) -> None:
    enrolment = member(programme(document(TAKEN)))
    made = voucher(enrolment.programme, customer_id=enrolment.customer_id, **changes)
    at = AT + timedelta(days=days)
    assert refused(kind, at, coupons=(made.code,)).pointer == "/coupons/0"
    evaluated = evaluate_checkout(by=TILL, at=at, asked=Evaluation(basket=basket(coupons=(made.code,))))
    assert (evaluated["total"], evaluated["effects"]) == (4_940, ())
    assert [(code, state) for code, state, _lines in evaluated["coupons"]] == [(made.code, state)]


def test_a_voucher_is_good_to_the_last_minute_of_its_last_day() -> None:
    enrolment = member(programme(document(TAKEN)))
    made = voucher(enrolment.programme, customer_id=enrolment.customer_id, valid_until=date(2026, 3, 31))
    last = AT.replace(day=31, hour=21, minute=59)  # 23:59 in Paris, in summer time
    assert close(basket=basket(coupons=(made.code,)), at=last).made.discount == 1_000


def test_a_voucher_of_another_member_takes_nothing_off() -> None:
    of = programme(document(TAKEN))
    member(of)
    made = voucher(of, customer_id=florestan("2990441788217").id)
    refused(VoucherOfAnother, coupons=(made.code,))
