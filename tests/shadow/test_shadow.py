"""Shadow mode: judged as a till's would be, nothing granted, each difference with its cause, and one verb goes live."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection

from fidelia.activity.errors import ReceiptKnown
from fidelia.activity.models import DecisionRecord, Purchase
from fidelia.activity.operations import LineRequest, PurchaseRequest
from fidelia.kernel.errors import Denied
from fidelia.kernel.models import OutboxEvent
from fidelia.ledger.models import Balance, Entry
from fidelia.messaging.models import Message
from fidelia.programme.models import Enrolment
from fidelia.programme.operations import enrol
from fidelia.programme.operations.adjusting import correct_points
from fidelia.shadow.errors import MalformedGrants, NoShadow, NotReconciled, ShadowRunning
from fidelia.shadow.models import Shadow, ShadowPurchase
from fidelia.shadow.operations import (
    GrantTold,
    begin_shadow,
    compare_shadow,
    cut_over,
    judge_purchase,
    read_balances,
    read_grants,
    tell_grants,
)
from fidelia.shadow.queries import UNKNOWN_HERE, UNKNOWN_THERE, figures_of, list_differences
from tests.cast import SYSTEM, actor_with
from tests.programme.cast import AT, member, programme
from tests.programme.cast import florestan as customer

pytestmark = pytest.mark.django_db(transaction=True)
DIRECTOR = actor_with("programme.publish", "programme.see", "purchase.shadow", label="Léonore", number=1)
FEED = actor_with("purchase.shadow", label="till feed", number=7)
LATER = AT + timedelta(hours=1)


@pytest.fixture
def florestan() -> Enrolment:
    return member(programme())


@pytest.fixture
def shadow(florestan: Enrolment) -> Shadow:
    return begin_shadow(by=DIRECTOR, at=AT, programme=florestan.programme, vendor="Fidelix")


def sold(number: str = "R1", *lines: LineRequest, card: str | None = "2990441788200") -> PurchaseRequest:
    return PurchaseRequest(
        idempotency_key=number, receipt_number=number, occurred_at=AT, currency="EUR",
        lines=lines or (LineRequest("mug", 1000, 1450), LineRequest("moka", 2000, 3490, category="coffee")),
        identity=("card", card) if card else None,
    )  # fmt: skip


def judge(request: PurchaseRequest) -> ShadowPurchase:
    return judge_purchase(by=FEED, at=LATER, request=request, source="till").purchase


def causes(shadow: Shadow, grants: list[GrantTold]) -> dict[str, tuple[str, str]]:
    tell_grants(by=FEED, at=LATER, programme=shadow.programme, grants=grants)
    compare_shadow(by=DIRECTOR, at=LATER, shadow=shadow)
    return {each.receipt_number: (each.cause, each.detail) for each in ShadowPurchase.objects.all()}


def test_a_purchase_is_judged_and_nothing_is_granted(shadow: Shadow) -> None:
    before = (OutboxEvent.objects.count(), Entry.objects.count(), Balance.objects.count())
    judged = judge(sold())
    assert (judged.points, judged.refusal, judged.customer_id is not None) == (134, "", True)
    assert (OutboxEvent.objects.count(), Entry.objects.count(), Balance.objects.count()) == before
    assert not Purchase.objects.exists()
    assert not DecisionRecord.objects.exists()
    assert not Message.objects.exists()


def test_sent_again_it_is_the_same_and_with_another_content_refused(shadow: Shadow) -> None:
    first = judge(sold())
    assert judge_purchase(by=FEED, at=LATER, request=sold(), source="till").is_replay
    with pytest.raises(ReceiptKnown):
        judge(sold("R1", LineRequest("mug", 1000, 9)))
    assert list(ShadowPurchase.objects.values_list("id", flat=True)) == [first.id]


def test_only_the_first_purchase_is_the_first(shadow: Shadow) -> None:
    assert (judge(sold("R1")).points, judge(replace(sold("R2"), occurred_at=AT + timedelta(minutes=5))).points) == (
        134,
        84,
    )


def test_two_tills_at_once_judge_a_receipt_once(shadow: Shadow) -> None:
    together, found = Barrier(2, timeout=60), list[object]()

    def go() -> None:
        try:
            together.wait()
            found.append(judge_purchase(by=FEED, at=LATER, request=sold(), source="till").purchase.id)
        finally:
            connection.close()

    tills = [Thread(target=go) for _ in range(2)]
    [till.start() for till in tills]
    [till.join(timeout=60) for till in tills]
    assert len(found) == 2
    assert len(set(found)) == 1
    assert ShadowPurchase.objects.count() == 1


def test_who_is_unknown_is_kept_with_the_reason(shadow: Shadow) -> None:
    assert judge(sold(card="2990000000000")).refusal == "unknown_member"
    assert judge(sold("R2", card=None)).points == 0
    assert causes(shadow, [GrantTold("R1", 50), GrantTold("R2", 0)]) == {
        "R1": ("unknown_member", "unknown_member"), "R2": ("", ""),
    }  # fmt: skip


def test_each_difference_has_its_cause(shadow: Shadow) -> None:
    for number in ("same", "welcome", "excluded", "more"):
        request = sold(number)
        if number != "same":
            request = replace(request, occurred_at=AT + timedelta(minutes=len(number)))
        judge(request)
    judge(
        replace(
            sold("odd", LineRequest("a", 1000, 1450), LineRequest("b", 1000, 1450)), occurred_at=AT + timedelta(hours=1)
        )
    )
    told = {
        "same": 134, "welcome": 84 - 35, "excluded": 14, "more": 500, "odd": 28,
    }  # fmt: skip
    found = causes(shadow, [GrantTold(number, points) for number, points in told.items()])
    assert found["same"] == ("", "")
    assert found["welcome"][0] == "rule_not_there"
    assert found["excluded"] == ("excluded_product", "coffee")
    assert found["odd"][0] == "rounding"
    assert found["more"] == ("rule_not_here", "")


def test_what_only_one_of_both_knows_is_told(shadow: Shadow) -> None:
    judge(sold("R1"))
    judge(replace(sold("R2"), occurred_at=AT + timedelta(minutes=1)))
    causes(shadow, [GrantTold("R2", 84), GrantTold("R9", 12)])
    figures = figures_of(shadow)
    assert [(each.cause, each.count, each.points) for each in figures.causes] == [
        (UNKNOWN_THERE, 1, -134), (UNKNOWN_HERE, 1, 12),
    ]  # fmt: skip
    assert (figures.judged, figures.told, figures.compared, figures.same) == (2, 2, 1, 1)
    assert [each.receipt_number for each in list_differences(shadow, cause=UNKNOWN_THERE)] == ["R1"]
    assert [each.receipt_number for each in list_differences(shadow, cause=UNKNOWN_HERE)] == ["R9"]


def test_told_otherwise_it_is_compared_anew(shadow: Shadow) -> None:
    judge(sold())
    assert causes(shadow, [GrantTold("R1", 900)])["R1"] == ("rule_not_here", "")
    counts = tell_grants(by=FEED, at=LATER, programme=shadow.programme, grants=[GrantTold("R1", 134)])
    assert counts == {"told": 0, "changed": 1}
    assert figures_of(shadow).waiting == 1
    assert compare_shadow(by=DIRECTOR, at=LATER, shadow=shadow) == {"compared": 1, "different": 0}


def test_the_cut_over_wants_the_balances_reconciled(shadow: Shadow) -> None:
    with pytest.raises(NotReconciled):
        cut_over(by=DIRECTOR, at=LATER, programme=shadow.programme, points_of_vendor=500)
    assert Shadow.objects.get().ended_at is None
    done = cut_over(by=DIRECTOR, at=LATER, programme=shadow.programme, points_of_vendor=0)
    assert (done.ended_at, done.reconciled) == (LATER, {"points": 0, "accounts": 0, "members": 1})
    with pytest.raises(NoShadow):
        judge(sold())
    with pytest.raises(NoShadow):
        cut_over(by=DIRECTOR, at=LATER, programme=shadow.programme, points_of_vendor=0)


def test_a_programme_has_one_shadow_and_rights_are_asked_for(shadow: Shadow) -> None:
    with pytest.raises(ShadowRunning):
        begin_shadow(by=DIRECTOR, at=AT, programme=shadow.programme, vendor="Other")
    nobody = actor_with("purchase.see", label="Rocco", number=5)
    with pytest.raises(Denied):
        judge_purchase(by=nobody, at=AT, request=sold(), source="till")
    with pytest.raises(Denied):
        tell_grants(by=nobody, at=AT, programme=shadow.programme, grants=[GrantTold("R1", 1)])
    with pytest.raises(Denied):
        cut_over(by=FEED, at=AT, programme=shadow.programme, points_of_vendor=0)


def test_a_vendors_file_is_read_and_refused_by_its_row() -> None:
    assert read_grants("receipt_number;points;tier\nR1;12;gold\n", scale=0) == [GrantTold("R1", 12, "gold")]
    for text, row in (
        ("receipt;points\nR1;1\n", "first row"), ("receipt_number,points\nR1,many\n", "Row 2"),
        ("receipt_number,points\n,1\n", "Row 2"), ("receipt_number,points\nR1,1\nR1,2\n", "twice"),
        ("receipt_number,points,occurred_at\nR1,1,2026-03-02\n", "Row 2"),
    ):  # fmt: skip
        with pytest.raises(MalformedGrants, match=row):
            read_grants(text, scale=0)


def hold(member: Enrolment, points: int) -> None:
    correct_points(by=SYSTEM, at=AT, enrolment=member, amount=points, reason="opening", key=str(points))


def go_live(shadow: Shadow, text: str, total: int) -> Shadow:
    told = read_balances(text, scale=0)
    return cut_over(by=DIRECTOR, at=LATER, programme=shadow.programme, points_of_vendor=total, balances=told)


def test_two_errors_that_make_up_for_each_other_are_found_and_named(shadow: Shadow, florestan: Enrolment) -> None:
    other = enrol(by=SYSTEM, at=AT, programme=shadow.programme, customer_id=customer("2990441788217").id, source="till")
    hold(florestan, 100)
    hold(other, 50)
    with pytest.raises(NotReconciled, match=r"2 members.*200 holds 100 here, 90 there.*217 holds 50"):
        go_live(shadow, "card;points\n2990 4417 88200;90\n2990441788217;60\n", 150)
    with pytest.raises(NotReconciled, match="2990000000000 is no member here"):
        go_live(shadow, "card,points\n2990441788200,100\n2990441788217,50\n2990000000000,3\n", 150)
    with pytest.raises(NotReconciled, match=r"1 members.*holds 50 here and is not told"):
        go_live(shadow, "card\tpoints\n2990441788200\t100\n", 150)
    with pytest.raises(NotReconciled):  # the members are right, the total is not
        go_live(shadow, "card,points\n2990441788200,100\n2990441788217,50\n", 151)
    assert Shadow.objects.get().ended_at is None
    done = go_live(shadow, "card,points\n2990441788200,100\n2990441788217,50\n2990000000000,0\n", 150)
    assert done.reconciled == {"points": 150, "accounts": 2, "members": 2, "checked": 3}


def test_balances_that_cannot_be_read_are_refused_by_their_row(shadow: Shadow) -> None:
    for text, said in (
        ("card;name;points\n", "first row"), ("card,points\n2990441788200,many\n", "Row 2"),
        ("card,points\n2990441788200\n", "Row 2"), ("", "first row"), ("card,points\n1,5\n1,6\n", "stands twice"),
        ("no scheme!,points\n1,2\n", "first row"), ("card,points\n,2\n", "one line"),
    ):  # fmt: skip
        with pytest.raises(MalformedGrants, match=said):
            go_live(shadow, text, 0)
    assert Shadow.objects.get().ended_at is None
