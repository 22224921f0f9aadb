"""Returning: what the frozen allocation says goes back, once, whatever the rules say today."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from fidelia.activity.errors import (
    IdempotencyKeyReused,
    MalformedLines,
    MoreThanBought,
    NotASale,
    OccurredInFuture,
    ReturnedBeforeBought,
    UnknownPurchase,
)
from fidelia.activity.models import Purchase
from fidelia.activity.operations import LineRequest, PurchaseRequest, ReturnedLine, ReturnRequest
from fidelia.activity.operations import record_purchase as _record_purchase
from fidelia.activity.operations import record_return as _record_return
from fidelia.activity.queries import find_broken_chain, get_purchase
from fidelia.kernel.actor import Actor, Grant, Scope
from fidelia.kernel.errors import Denied
from fidelia.kernel.ids import new_id
from fidelia.kernel.models import OutboxEvent
from fidelia.ledger.operations import redeem
from fidelia.ledger.queries import find_broken_invariants, get_balance
from fidelia.programme.models import Enrolment
from tests.cast import PIZARRO, actor_with
from tests.programme.cast import AT, member, programme

pytestmark = pytest.mark.django_db
TILL = actor_with("purchase.record", "purchase.return", "purchase.see", label="Marzelline", number=3)
MUGS = LineRequest("mug", 3000, 4000)
MOKA = LineRequest("moka", 1000, 1000, category="coffee")


def bought(*lines: LineRequest) -> UUID:
    request = PurchaseRequest(
        idempotency_key="sale",
        receipt_number="R1",
        occurred_at=AT,
        currency="EUR",
        lines=lines or (MUGS, MOKA),
        identity=("card", "2990441788200"),
    )
    return _record_purchase(by=TILL, at=AT, request=request, source="till").purchase_id


def give_back(purchase_id: UUID, *lines: ReturnedLine, key: str = "r1", **changes: object) -> Purchase:
    request = ReturnRequest(
        idempotency_key=key, receipt_number=f"B-{key}", occurred_at=AT, purchase_id=purchase_id, lines=lines
    )
    changed = replace(request, **changes)  # type: ignore[arg-type]
    recorded = _record_return(by=TILL, at=AT, request=changed, source="till")
    return Purchase.objects.get(purchase_id=recorded.purchase_id)


def balance(enrolment: Enrolment) -> int:
    return get_balance(account_id=enrolment.account_id, currency="PTS", at=AT).available


def test_all_of_it_takes_all_points_back() -> None:
    enrolment = member(programme())
    sale = bought()
    assert balance(enrolment) == 50 + 10 + 50
    returned = give_back(sale)
    assert (returned.total, returned.points, returned.returns_purchase_id) == (-5000, -110, sale)
    assert balance(enrolment) == 0
    assert find_broken_invariants() == []
    assert find_broken_chain(enrolment.account_id) is None


def test_parts_of_a_line_add_up_to_the_line_exactly() -> None:
    enrolment = member(programme())
    sale = bought()
    line_points = get_purchase(by=TILL, purchase_id=sale).lines[0].points
    parts = [give_back(sale, ReturnedLine(1, 1000), key=f"r{n}") for n in range(3)]
    assert sum(part.points for part in parts) == -line_points
    assert sum(part.total for part in parts) == -4000
    assert [part.total for part in parts] == [-1333, -1334, -1333]
    assert balance(enrolment) == 110 - line_points


def test_more_than_was_bought_is_refused_and_nothing_is_written() -> None:
    enrolment = member(programme())
    sale = bought()
    give_back(sale, ReturnedLine(1, 2000))
    before = (Purchase.objects.count(), OutboxEvent.objects.count(), balance(enrolment))
    with pytest.raises(MoreThanBought):
        give_back(sale, ReturnedLine(1, 2000), key="r2")
    assert (Purchase.objects.count(), OutboxEvent.objects.count(), balance(enrolment)) == before


def test_twice_everything_is_refused() -> None:
    member(programme())
    sale = bought()
    give_back(sale)
    with pytest.raises(MoreThanBought):
        give_back(sale, key="r2")


def test_the_same_key_again_changes_nothing() -> None:
    enrolment = member(programme())
    sale = bought()
    first = give_back(sale, ReturnedLine(2))
    again = give_back(sale, ReturnedLine(2))
    assert first.purchase_id == again.purchase_id
    assert Purchase.objects.filter(kind="return").count() == 1
    with pytest.raises(IdempotencyKeyReused):
        give_back(sale, ReturnedLine(1))
    assert balance(enrolment) == 110 + first.points


def test_points_spent_meanwhile_take_the_balance_below_zero_where_that_is_allowed() -> None:
    enrolment = member(programme(may_go_negative=True))
    sale = bought()
    redeem(by=TILL, at=AT, account_id=enrolment.account_id, currency="PTS", amount=100, key="reward")
    assert give_back(sale).points == -110
    assert balance(enrolment) == -100
    assert find_broken_invariants() == []


def test_elsewhere_what_is_left_is_taken() -> None:
    enrolment = member(programme())
    sale = bought()
    redeem(by=TILL, at=AT, account_id=enrolment.account_id, currency="PTS", amount=100, key="reward")
    give_back(sale)
    assert balance(enrolment) == 0
    assert find_broken_invariants() == []


@pytest.mark.parametrize(
    ("lines", "changes", "refusal"),
    [
        ((ReturnedLine(9),), {}, MalformedLines),
        ((ReturnedLine(1), ReturnedLine(1)), {}, MalformedLines),
        ((ReturnedLine(1, 0),), {}, MoreThanBought),
        ((ReturnedLine(1, -1000),), {}, MoreThanBought),
        ((), {"occurred_at": AT + timedelta(days=1)}, OccurredInFuture),
        ((), {"occurred_at": AT - timedelta(seconds=1)}, ReturnedBeforeBought),
    ],
)
def test_bad_input_is_refused(
    lines: tuple[ReturnedLine, ...], changes: dict[str, object], refusal: type[Exception]
) -> None:
    member(programme())
    sale = bought()
    with pytest.raises(refusal):
        give_back(sale, *lines, **changes)
    assert Purchase.objects.filter(kind="return").count() == 0


def test_what_was_never_bought_cannot_be_returned() -> None:
    member(programme())
    with pytest.raises(UnknownPurchase):
        give_back(new_id())


def test_a_return_cannot_be_returned() -> None:
    member(programme())
    returned = give_back(bought())
    with pytest.raises(NotASale):
        give_back(returned.purchase_id, key="r2")


def test_without_the_right_nothing_is_written() -> None:
    member(programme())
    sale = bought()
    request = ReturnRequest(idempotency_key="x", receipt_number="x", occurred_at=AT, purchase_id=sale)
    with pytest.raises(Denied):
        _record_return(by=PIZARRO, at=AT, request=request, source="till")
    assert Purchase.objects.count() == 1


def test_the_purchase_of_a_store_out_of_reach_is_not_there() -> None:
    member(programme())
    sale = bought()
    elsewhere = actor_with("purchase.return", "purchase.see", scope=Scope(store_id=new_id()))
    with pytest.raises(UnknownPurchase):
        give_back_as(elsewhere, sale)
    who_sees = replace(elsewhere, grants=(*elsewhere.grants, Grant("purchase.see")))
    with pytest.raises(Denied):
        give_back_as(who_sees, sale)


def test_who_may_not_take_back_does_not_learn_what_was_sold() -> None:
    with pytest.raises(Denied):
        give_back_as(PIZARRO, new_id())


def test_the_sandbox_is_out_of_reach_for_all_but_test_keys() -> None:
    member(programme(is_sandbox=True))
    trial = replace(TILL, mode="test")
    request = PurchaseRequest("sale", "R1", AT, "EUR", (MUGS,), identity=("card", "2990441788200"))
    sale = _record_purchase(by=trial, at=AT, request=request, source="till").purchase_id
    with pytest.raises(UnknownPurchase):
        give_back_as(TILL, sale)
    give_back_as(trial, sale)


def test_the_same_key_of_another_stream_of_receipts_is_refused() -> None:
    member(programme())
    sale = bought()
    give_back_as(TILL, sale)
    with pytest.raises(IdempotencyKeyReused):
        give_back_as(TILL, sale, source="another till")


def give_back_as(by: Actor, purchase_id: UUID, source: str = "till") -> None:
    request = ReturnRequest("back", "B1", AT, purchase_id)
    _record_return(by=by, at=AT, request=request, source=source)
