"""Any life of checkouts: evaluating says what closing does, and undoing restores all that was there."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from fidelia.activity.errors import MalformedLines
from fidelia.activity.models import Purchase
from fidelia.activity.operations.checkouts import (
    BasketLine,
    CheckoutBasket,
    Evaluation,
    GiftCardTender,
    ReturnedItem,
    evaluate_checkout,
)
from fidelia.activity.queries import find_broken_chain
from fidelia.kernel.errors import Refused
from fidelia.ledger.operations import earn
from fidelia.ledger.queries import find_broken_invariants, get_balance
from fidelia.rewards.models import GiftCard
from fidelia.rules.pricing import MoreThanBought
from tests.cast import SYSTEM
from tests.programme.cast import AT, member, programme
from tests.rewards.scarce import everybodys, gift_card, state_of

from .cast import CARD, TILL, cancel, close, give_back, put, reopen
from .rules import FIVE, TENTH, document

START_POINTS, START_CARD = 3_000, 5_000
PRICED = st.builds(
    lambda code, quantity, price: BasketLine(code, quantity, price, 2),
    st.sampled_from(["moka", "mug", "tea"]),
    st.sampled_from([1_000, 2_000, 3_000, 350]),
    st.integers(1, 3_000),
)
NUMBERS = st.sampled_from(["A", "B", "C"])


class LifeOfCheckouts(RuleBasedStateMachine):
    """Three checkouts of one member and of nobody, one coupon with two uses, one gift card, points, a budget."""

    @initialize()
    def open_the_shop(self) -> None:
        self.of = programme(
            document(TENTH, FIVE, points={"validity_months": 24, "pays": {"points": "100", "money": "1.00"}}),
            may_go_negative=True,
        )
        self.account_id = member(self.of).account_id
        self.coupon = everybodys(self.of, "ONCE", uses=2)
        self.card = gift_card(self.of, START_CARD)
        with transaction.atomic():
            earn(by=SYSTEM, at=AT, account_id=self.account_id, currency="PTS", amount=START_POINTS, key="start")
        self.states: dict[str, str] = {}

    @rule(
        number=NUMBERS, lines=st.lists(PRICED, min_size=1, max_size=4), has_coupon=st.booleans(),
        has_card=st.booleans(), pays=st.booleans(), is_member=st.booleans(),
    )  # fmt: skip
    def update(
        self, number: str, lines: list[BasketLine], has_coupon: bool, has_card: bool, pays: bool, is_member: bool
    ) -> None:
        asked = CheckoutBasket(
            currency="EUR",
            lines=tuple(lines),
            identity=CARD if is_member else None,
            coupons=("ONCE",) if has_coupon else (),
            gift_cards=(GiftCardTender(self.card.code),) if has_card else (),
            pays_with_points=pays and is_member,
        )
        try:
            done = put(asked, number)
        except Refused:
            return
        assert self.states.get(number, "open") == "open"
        self.states[number] = "open"
        said = done.checkout["evaluation"]
        assert said["listed"] - said["discount"] == said["amount"] == said["total"]
        assert said["due"] == said["total"] - sum(amount for _key, amount, _points in said["tenders"])
        assert sum(line.total for line in said["lines"]) == said["total"]

    @precondition(lambda self: "open" in self.states.values())
    @rule(data=st.data())
    def close(self, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from(sorted(n for n, state in self.states.items() if state == "open")))
        closed = close(number)
        self.states[number] = "closed"
        sale, said = closed.made, closed.checkout["evaluation"]
        assert (sale.total, sale.gross, sale.discount) == (said["total"], said["listed"], said["discount"])
        assert sum(line.net for line in Purchase.objects.get(purchase_id=sale.purchase_id).lines.all()) == sale.total

    @rule(lines=st.lists(PRICED, min_size=1, max_size=4), has_coupon=st.booleans())
    def evaluating_says_what_closing_does(self, lines: list[BasketLine], has_coupon: bool) -> None:
        asked = CheckoutBasket(
            currency="EUR", lines=tuple(lines), identity=CARD, coupons=("ONCE",) if has_coupon else ()
        )
        said = evaluate_checkout(by=TILL, at=AT, asked=Evaluation(basket=asked))
        try:
            name = f"now-{Purchase.objects.count()}"
            sale = close(name, basket=asked).made
        except Refused:
            assert said["coupons"][0][1] != "used"
            return
        assert (sale.total, sale.points, sale.discount) == (said["total"], said["points"], said["discount"])
        cancel(name)

    @precondition(lambda self: "closed" in self.states.values())
    @rule(data=st.data(), amount=st.integers(1, 4_000), by_amount=st.booleans())
    def give_something_back(self, data: st.DataObject, amount: int, by_amount: bool) -> None:
        number = data.draw(st.sampled_from(sorted(n for n, state in self.states.items() if state == "closed")))
        try:
            if by_amount:
                assert give_back(number=number, amount=amount).made.total == -amount
            else:
                give_back(ReturnedItem(data.draw(st.integers(1, 4))), number=number)
        except (MoreThanBought, MalformedLines):
            return

    @precondition(lambda self: self.states)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from(sorted(self.states)))
        try:
            cancel(number)
        except Refused:
            assert self.states[number] == "cancelled"
            return
        self.states[number] = "cancelled"

    @precondition(lambda self: "cancelled" in self.states.values())
    @rule(data=st.data())
    def reopen(self, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from(sorted(n for n, state in self.states.items() if state == "cancelled")))
        try:
            reopen(number)
        except Refused:  # its coupon is another's by now
            return
        self.states[number] = "open"

    @invariant()
    def nothing_is_broken(self) -> None:
        if hasattr(self, "states"):
            assert find_broken_invariants() == []
            assert find_broken_chain(self.account_id) is None

    def teardown(self) -> None:
        """With everything undone, all is there again that was there at the start."""
        if not hasattr(self, "states"):
            return
        for number, state in self.states.items():
            if state != "cancelled":
                cancel(number)
        assert get_balance(account_id=self.account_id, currency="PTS", at=AT).available == START_POINTS
        assert GiftCard.objects.get(pk=self.card.pk).balance == START_CARD
        assert state_of(self.of, self.coupon) == "ok"
        columns = ("total", "gross", "discount", "points", "paid_by_points", "points_spent", "paid_by_gift_cards")
        for column in columns:
            assert sum(Purchase.objects.values_list(column, flat=True)) == 0, column
        left = close("last", basket=CheckoutBasket(currency="EUR", lines=(BasketLine("mug", 1_000, 2_000, 2),)))
        assert left.made.discount == 500


@pytest.mark.slow
@pytest.mark.django_db
def test_any_life_of_checkouts() -> None:
    class InATransaction(LifeOfCheckouts):
        def __init__(self) -> None:
            super().__init__()
            self.savepoint: Any = transaction.savepoint()

        def teardown(self) -> None:
            try:
                super().teardown()
            finally:
                transaction.savepoint_rollback(self.savepoint)

    run_state_machine_as_test(
        InATransaction,
        settings=settings(
            max_examples=8, stateful_step_count=12, deadline=None, derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
