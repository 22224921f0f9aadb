"""Returns in shadow mode: what they would take back, line by line, each difference with its cause, nothing taken."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Thread
from uuid import UUID

import pytest
from django.db import connection

from fidelia.activity.errors import MalformedLines, MoreThanBought, ReceiptKnown, ReturnedBeforeBought
from fidelia.activity.models import DecisionRecord, Purchase
from fidelia.activity.operations import ReturnedLine, ReturnRequest, SoldReceipt
from fidelia.kernel.errors import Denied
from fidelia.ledger.models import Entry
from fidelia.programme.models import Enrolment
from fidelia.shadow.errors import NoShadow
from fidelia.shadow.models import Shadow, ShadowPurchase
from fidelia.shadow.operations import GrantTold, begin_shadow, cut_over, judge_return
from fidelia.shadow.queries import UNKNOWN_THERE, figures_of, list_differences
from tests.api.caller import Caller, basket
from tests.cast import actor_with
from tests.programme.cast import AT, member, programme

from .test_shadow import DIRECTOR, FEED, LATER, causes, judge, sold

pytestmark = pytest.mark.django_db(transaction=True)
BACK = AT + timedelta(minutes=30)


@pytest.fixture
def florestan() -> Enrolment:
    return member(programme())


@pytest.fixture
def shadow(florestan: Enrolment) -> Shadow:
    return begin_shadow(by=DIRECTOR, at=AT, programme=florestan.programme, vendor="Fidelix")


def back(number: str, *lines: tuple[int, int | None], of: str = "R1", sale_id: UUID | None = None) -> ReturnRequest:
    return ReturnRequest(
        idempotency_key=number, receipt_number=number, occurred_at=BACK, purchase_id=sale_id,
        lines=tuple(ReturnedLine(line, quantity) for line, quantity in lines),
        sold=SoldReceipt(of) if sale_id is None else None,
    )  # fmt: skip


def give_back(request: ReturnRequest) -> ShadowPurchase:
    return judge_return(by=FEED, at=LATER, request=request, source="till").purchase


def test_it_takes_back_what_each_line_was_judged_to_give_and_writes_nothing_else(shadow: Shadow) -> None:
    """14 + 2 × 35 points (double on coffee), of which a unit of the second line gives 35, and 50 of the welcome."""
    sale = judge(sold("R1"))
    of_lines = [row[1] for row in sale.record["lines"]]
    assert (sale.points, sum(of_lines) + sale.record["unassigned"]) == (134, 134)
    one = give_back(back("B1", (2, 1000)))
    other = give_back(back("B2", sale_id=sale.id))
    assert one.points + other.points == -sum(of_lines)
    assert (one.returns_id, one.is_return, one.customer_id) == (sale.id, True, sale.customer_id)
    assert not any(one.objects.exists() for one in (Purchase, DecisionRecord, Entry))
    with pytest.raises(MoreThanBought):
        give_back(back("B3"))
    with pytest.raises(MoreThanBought):
        give_back(back("B3", (1, 1)))
    assert ShadowPurchase.objects.count() == 3


def test_sent_again_it_is_the_same_and_what_cannot_be_is_refused(shadow: Shadow) -> None:
    judge(sold("R1"))
    first = give_back(back("B1", (1, None)))
    again = judge_return(by=FEED, at=LATER, request=back("B1", (1, None)), source="till")
    assert (again.is_replay, again.purchase.id) == (True, first.id)
    with pytest.raises(ReceiptKnown):
        give_back(back("B1", (2, None)))
    with pytest.raises(ReceiptKnown):
        give_back(back("R1", (2, None)))
    with pytest.raises(MalformedLines):
        give_back(back("B2", (3, None)))
    with pytest.raises(MalformedLines):
        give_back(back("B2", (2, 1000), (2, 1000)))
    with pytest.raises(ReturnedBeforeBought):
        give_back(replace(back("B2"), occurred_at=AT - timedelta(days=1)))
    with pytest.raises(Denied):
        judge_return(by=actor_with("purchase.see"), at=LATER, request=back("B2"), source="till")
    assert ShadowPurchase.objects.count() == 2


def test_what_was_given_to_nobody_and_what_was_never_sent_take_nothing(shadow: Shadow) -> None:
    judge(sold("R1", card="2990000000000"))
    judge(sold("R2", card=None))
    assert (give_back(back("B1")).points, give_back(back("B1")).refusal) == (0, "unknown_member")
    assert (give_back(back("B2", of="R2")).points, give_back(back("B2", of="R2")).refusal) == (0, "")
    before = give_back(back("B3", of="before the shadow"))
    assert (before.points, before.refusal, before.returns_id) == (0, "unknown_purchase", None)


def test_each_difference_of_a_return_has_its_cause(shadow: Shadow) -> None:
    for n, number in enumerate(("same", "kept", "odd", "wider", "strange", "untold")):
        judge(replace(sold(number), occurred_at=AT + timedelta(minutes=n)))
        give_back(back(f"b-{number}", (2, 1000), of=number))
    give_back(back("b-old", of="old"))
    of_one = -ShadowPurchase.objects.get(receipt_number="b-kept").points
    of_first = ShadowPurchase.objects.get(receipt_number="b-same").points
    given = {number: ShadowPurchase.objects.get(receipt_number=number).points for number in ("same", "kept")}
    grants = [
        GrantTold("same", given["same"]), GrantTold("b-same", of_first), GrantTold("kept", given["kept"]),
        GrantTold("b-kept", 0), GrantTold("odd", given["kept"]), GrantTold("b-odd", -of_one - 1),
        GrantTold("wider", 2 * given["kept"]), GrantTold("b-wider", -2 * of_one),
        GrantTold("strange", given["kept"]), GrantTold("b-strange", -999), GrantTold("b-old", -12),
    ]  # fmt: skip
    found = causes(shadow, grants)
    assert found["b-same"] == ("", "")
    assert found["b-kept"] == ("not_taken_back", "kept")
    assert found["b-odd"] == ("rounding_back", "")
    assert found["b-wider"] == ("sale", "wider")
    assert found["b-strange"] == ("other", "")
    assert found["b-old"] == ("unknown_sale", "")
    missing = {each.receipt_number for each in list_differences(shadow, cause=UNKNOWN_THERE)}
    assert {"untold"} <= missing <= {"untold", "b-untold"}
    assert figures_of(shadow).compared == len(grants)


def test_no_shadow_no_judgement(shadow: Shadow) -> None:
    judge(sold("R1"))
    cut_over(by=DIRECTOR, at=LATER, programme=shadow.programme, points_of_vendor=0)
    with pytest.raises(NoShadow):
        give_back(back("B1"))


def test_the_tills_own_feed_gives_back_and_the_console_tells_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fidelia.api.exchange.now", lambda: AT + timedelta(hours=1))
    member(programme())
    director, feed = Caller("programme.publish", "programme.see"), Caller("purchase.shadow")
    director.post("/programmes/cercle/shadow", {"vendor": "Fidelix"})
    sale = feed.post("/purchases", basket(receipt_number="R1"))
    whole = {"receipt_number": "B1", "occurred_at": BACK.isoformat(), "lines": []}
    one = feed.post(f"/purchases/{sale.json()['judged_id']}/returns", {**whole, "lines": [{"line_number": 1}]})
    rest = feed.post("/returns", {**whole, "receipt_number": "B2", "sold": {"receipt_number": "R1"}})
    assert (one.status, rest.status) == (202, 202), (one.body, rest.body)
    assert int(one.json()["points"]) < 0 > int(rest.json()["points"])
    told = [{"receipt_number": "R1", "points": "134"}, {"receipt_number": "B1", "points": "0"}]
    assert feed.post("/programmes/cercle/shadow/grants", {"grants": told}).status == 201
    assert Caller("programme.see").get("/programmes/cercle/shadow/differences?cause=sale").status == 200
    director.post("/programmes/cercle/shadow/cut-over", {"points_of_vendor": "0"})
    live = feed.post("/purchases", basket(receipt_number="R2"))
    given_back = feed.post(f"/purchases/{live.json()['id']}/returns", {**whole, "receipt_number": "B3"})
    assert (live.status, given_back.status) == (201, 201), given_back.body
    feed.post("/returns", {**whole, "receipt_number": "B4", "sold": {"receipt_number": "R1"}}).problem(
        404, "unknown_purchase"
    )


def test_two_tills_at_once_do_not_take_back_the_same_units(shadow: Shadow) -> None:
    judge(sold("R1"))
    together, found = Barrier(2, timeout=60), list[str]()

    def go(number: str) -> None:
        try:
            together.wait()
            give_back(back(number, (2, 2000)))
            found.append("taken")
        except MoreThanBought:
            found.append("refused")
        finally:
            connection.close()

    tills = [Thread(target=go, args=(number,)) for number in ("B1", "B2")]
    [till.start() for till in tills]
    [till.join(timeout=60) for till in tills]
    assert sorted(found) == ["refused", "taken"]
