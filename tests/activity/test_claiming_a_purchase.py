"""Claiming: an anonymous purchase is a member's from then on, once, by the rules of its own date."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from fidelia.access.errors import RateLimited
from fidelia.access.models import Audit
from fidelia.activity.errors import (
    AlreadyClaimed,
    BoughtBeforeEnrolment,
    ClaimedTooLate,
    NotAnonymous,
    ReceiptDiffers,
    UnknownMember,
    UnknownPurchase,
)
from fidelia.activity.models import Purchase, PurchaseClaim
from fidelia.activity.operations import (
    ClaimRequest,
    LineRequest,
    PurchaseRequest,
    ReceiptProof,
    ReturnedLine,
    ReturnRequest,
    claim_purchase,
    record_purchase,
    record_return,
)
from fidelia.activity.queries import (
    count_active_members,
    find_broken_chain,
    get_purchase,
    list_lines,
    list_purchases,
    sum_purchases,
    sum_sales,
)
from fidelia.kernel.actor import Actor
from fidelia.kernel.errors import Denied
from fidelia.kernel.idempotency import IdempotencyKeyReused, RequestKey, RequestRepeated
from fidelia.kernel.models import OutboxEvent
from fidelia.kernel.money import Money
from fidelia.kernel.outbox import Announced, Origin
from fidelia.ledger.models import Lot, Posting
from fidelia.ledger.operations import redeem
from fidelia.ledger.queries import find_broken_invariants, get_balance
from fidelia.programme.models import Enrolment, TierPeriod
from fidelia.programme.operations import end_enrolment, enrol
from fidelia.programme.reactions import reassess_tiers
from tests.cast import PIZARRO, SYSTEM, actor_with
from tests.programme.cast import AT, AUTHOR, BEGUN, DOCUMENT, florestan, member, programme

from .network import stores

pytestmark = pytest.mark.django_db
CARD, OTHER = ("card", "2990441788200"), ("card", "2990441788217")
TILL = actor_with("purchase.record", "purchase.return", "purchase.see", "purchase.claim", label="Marzelline", number=3)
BOUGHT = AT - timedelta(days=10)
TEA = LineRequest("tea", 2000, 3000)
MUG = LineRequest("mug", 1000, 2000)


def sold(*lines: LineRequest, key: str = "s1", at: datetime = BOUGHT, **changes: Any) -> Purchase:
    request = PurchaseRequest(
        idempotency_key=key, receipt_number=f"R-{key}", occurred_at=at, currency="EUR", lines=lines or (TEA, MUG)
    )
    recorded = record_purchase(by=TILL, at=AT, request=replace(request, **changes), source="till")
    return Purchase.objects.get(purchase_id=recorded.purchase_id)


def give_back(sale: Purchase, *lines: ReturnedLine, key: str) -> Purchase:
    request = ReturnRequest(key, f"B-{key}", AT - timedelta(days=5), sale.purchase_id, lines)
    recorded = record_return(by=TILL, at=AT, request=request, source="till")
    return Purchase.objects.get(purchase_id=recorded.purchase_id)


def claim(sale: Purchase | None = None, *, by: Actor = TILL, at: datetime = AT, **changes: Any) -> PurchaseClaim:
    request = ClaimRequest(purchase_id=sale.purchase_id if sale is not None else None, identity=CARD)
    once = changes.pop("once", None)
    return claim_purchase(by=by, at=at, request=replace(request, **changes), once=once)


def proof(**changes: Any) -> ReceiptProof:
    return replace(ReceiptProof("R-s1", date(2026, 2, 20), Money(5000, "EUR")), **changes)


def balance(enrolment: Enrolment) -> int:
    return get_balance(account_id=enrolment.account_id, currency="PTS", at=AT).available


def test_it_gives_what_the_rules_of_its_own_date_give() -> None:
    enrolment = member(programme())
    sale = sold()
    claimed = claim(sale)
    # 50 euros: 50 points and the welcome, shared 60 to 40 over the lines.
    assert (claimed.points, claimed.line_points) == (100, [60, 40])
    assert balance(enrolment) == 100
    posting = Posting.objects.get(posting_id=claimed.posting_id)  # type: ignore[misc]
    assert (posting.occurred_at, posting.recorded_at, posting.origin) == (BOUGHT, AT, "late")
    lot = Lot.objects.get(account_id=enrolment.account_id)
    assert lot.expires_at == datetime.fromisoformat("2028-03-01T00:00:00+01:00")  # 24 months of the purchase's own day
    assert find_broken_chain(enrolment.account_id) is None
    assert find_broken_invariants() == []


def test_readers_see_the_purchase_as_the_members() -> None:
    enrolment = member(programme())
    sale = sold()
    claim(sale)
    detail = get_purchase(by=TILL, purchase_id=sale.purchase_id)
    assert (detail.purchase.customer_id, detail.purchase.enrolment_id) == (enrolment.customer_id, enrolment.id)
    assert (detail.purchase.points, detail.purchase.balance_after) == (100, 100)
    assert [line.points for line in detail.lines] == [60, 40]
    assert detail.decision is not None
    assert detail.claim is not None
    assert detail.decision.values["purchase.is_first"] is True
    (listed,) = list_purchases(by=TILL, customer_ids=[enrolment.customer_id])
    assert (listed.purchase_id, listed.points) == (sale.purchase_id, 100)
    assert [line.points for line in list_lines([sale.purchase_id])[sale.purchase_id]] == [60, 40]
    (sums,) = sum_purchases(by=TILL, customer_ids=[enrolment.customer_id], since=BEGUN)
    assert (sums.customer_id, sums.sales, sums.amount_since) == (enrolment.customer_id, 1, 5000)
    figures = sum_sales(by=TILL, currency="EUR", since=BEGUN, until=AT)
    assert (figures.total, figures.members) == (5000, 5000)
    assert count_active_members(by=TILL, since=BEGUN, until=AT) == 1
    untouched = Purchase.objects.get(purchase_id=sale.purchase_id)
    assert (untouched.customer_id, untouched.points) == (None, 0)


def test_the_next_purchase_is_no_longer_the_first() -> None:
    member(programme())
    claim(sold())
    assert sold(MUG, key="s2", identity=CARD, at=AT).points == 20


def test_what_came_back_before_comes_along_and_what_comes_back_after_goes_on_from_there() -> None:
    enrolment = member(programme())
    sale = sold()
    before = give_back(sale, ReturnedLine(1, 1000), key="b1")
    claim(sale)
    assert balance(enrolment) == 70
    detail = get_purchase(by=TILL, purchase_id=before.purchase_id)
    assert (detail.purchase.customer_id, detail.purchase.points) == (enrolment.customer_id, -30)
    after = give_back(sale, key="b2")
    assert (after.account_id, after.points, after.total) == (enrolment.account_id, -70, -3500)
    assert balance(enrolment) == 0
    (sums,) = sum_purchases(by=TILL, customer_ids=[enrolment.customer_id], since=BEGUN)
    assert (sums.sales, sums.amount_since) == (1, 0)
    assert find_broken_chain(enrolment.account_id) is None
    assert find_broken_invariants() == []


def test_it_is_announced_as_late_and_leaves_its_audit() -> None:
    enrolment = member(programme())
    sale = sold()
    claim(sale)
    event = OutboxEvent.objects.get(name="purchase.claimed")
    assert (event.origin, event.customer_id, event.occurred_at) == ("late", enrolment.customer_id, BOUGHT)
    assert event.payload == {
        "purchase_id": str(sale.purchase_id),
        "programme_id": str(enrolment.programme_id),
        "enrolment_id": str(enrolment.id),
        "account_id": str(enrolment.account_id),
        "points": 100,
    }
    audit = Audit.objects.get(verb="purchase.claim")
    assert (audit.object_id, audit.after) == (
        str(sale.purchase_id), {"enrolment_id": str(enrolment.id), "points": "100"}
    )  # fmt: skip


def test_the_tier_counts_from_the_purchases_own_day() -> None:
    enrolment = member(programme())
    claim(sold())
    row = OutboxEvent.objects.get(name="purchase.claimed")
    event = Announced(
        row.event_id, row.name, row.schema_version, Origin(row.origin), row.customer_id, row.payload,
        row.occurred_at, row.recorded_at,
    )  # fmt: skip
    reassess_tiers([event], by=SYSTEM, at=AT)
    period = TierPeriod.objects.get(enrolment=enrolment, tier="connaisseur", superseded_at=None)
    assert period.valid_from == BOUGHT


def test_a_receipt_in_the_hand_is_proof_enough() -> None:
    enrolment = member(programme())
    sold()
    sold(key="s2")
    assert claim(receipt=proof()).points == 100
    assert balance(enrolment) == 100


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"total": Money(5001, "EUR")}, ReceiptDiffers),
        ({"total": Money(5000, "USD")}, ReceiptDiffers),
        ({"bought_on": date(2026, 2, 21)}, ReceiptDiffers),
        ({"number": "R-s9"}, UnknownPurchase),
        ({"source": "web shop"}, UnknownPurchase),
    ],
)
def test_what_does_not_agree_is_refused_and_nothing_is_written(
    changes: dict[str, Any], refusal: type[Exception]
) -> None:
    member(programme())
    sold()
    before = OutboxEvent.objects.count()
    with pytest.raises(refusal):
        claim(receipt=proof(**changes))
    assert (PurchaseClaim.objects.count(), OutboxEvent.objects.count()) == (0, before)


def test_guessing_ends_after_five_receipts_a_day_even_for_the_right_one() -> None:
    member(programme())
    sold()
    for cents in range(5):
        with pytest.raises(ReceiptDiffers):
            claim(receipt=proof(total=Money(cents, "EUR")))
    with pytest.raises(RateLimited) as refusal:
        claim(receipt=proof())
    assert refusal.value.retry_at == AT + timedelta(days=1) / 5
    assert claim(receipt=proof(), at=AT + timedelta(hours=5)).points == 100


def test_who_holds_the_receipt_is_not_kept_waiting_by_the_guesses_of_another() -> None:
    enrolment = member(programme())
    enrol(by=AUTHOR, at=BEGUN, programme=enrolment.programme, customer_id=florestan(OTHER[1]).id, source="till")
    sold()
    for cents in range(5):
        with pytest.raises(ReceiptDiffers):
            claim(receipt=proof(total=Money(cents, "EUR")))
    assert claim(receipt=proof(), identity=OTHER).points == 100


def test_it_is_claimed_once() -> None:
    enrolment = member(programme())
    sale = sold()
    claim(sale)
    with pytest.raises(AlreadyClaimed):
        claim(sale)
    assert balance(enrolment) == 100


def test_the_same_request_again_is_told_from_a_second_claim() -> None:
    enrolment = member(programme())
    sale = sold()
    once = RequestKey("key:1", "k", b"1" * 32)
    claim(sale, once=once)
    with pytest.raises(RequestRepeated) as repeated:
        claim(sale, once=once)
    assert repeated.value.resource_id == str(sale.purchase_id)
    with pytest.raises(IdempotencyKeyReused):
        claim(sale, once=replace(once, request_hash=b"2" * 32))
    assert balance(enrolment) == 100


def test_a_members_purchase_is_not_to_be_claimed() -> None:
    member(programme())
    with pytest.raises(NotAnonymous):
        claim(sold(identity=CARD))


@pytest.mark.parametrize(
    ("claim_days", "at", "is_late"),
    [
        (None, "2026-03-02T23:59:59", False),  # bought on 31 January; 30 days on is 2 March, to its end in Paris
        (None, "2026-03-03T00:00:00", True),
        (7, "2026-02-07T23:59:59", False),
        (7, "2026-02-08T00:00:00", True),
        (0, "2026-01-31T12:00:00", True),
    ],
)
def test_it_is_claimed_within_the_days_of_the_terms(claim_days: int | None, at: str, is_late: bool) -> None:
    policy = {} if claim_days is None else {"purchases": {"claim_days": claim_days}}
    enrolment = member(programme({**DOCUMENT, **policy}))
    sale = sold(at=datetime.fromisoformat("2026-01-31T10:00:00+01:00"))
    asked = datetime.fromisoformat(f"{at}+01:00")
    if is_late:
        with pytest.raises(ClaimedTooLate):
            claim(sale, at=asked)
        assert PurchaseClaim.objects.count() == 0
    else:
        assert claim(sale, at=asked).enrolment_id == enrolment.id


@pytest.mark.parametrize(("days", "points"), [(0, None), (10, 100)])
def test_who_enrolled_afterwards_claims_what_the_programme_lets_count(days: int, points: int | None) -> None:
    made = programme({**DOCUMENT, "purchases": {"earns_days_before_enrolment": days}})
    sale = sold()
    enrol(by=AUTHOR, at=AT, programme=made, customer_id=florestan().id, source="till")
    if points is None:
        with pytest.raises(BoughtBeforeEnrolment):
            claim(sale)
    else:
        assert claim(sale).points == points


def test_of_nobody_known_or_of_a_membership_that_had_ended_it_is_refused() -> None:
    enrolment = member(programme())
    sale = sold()
    with pytest.raises(UnknownMember):
        claim(sale, identity=("card", "unknown"))
    end_enrolment(by=AUTHOR, at=BOUGHT - timedelta(days=1), enrolment=enrolment)
    with pytest.raises(UnknownMember):
        claim(sale)


def test_points_owed_are_filled_first() -> None:
    enrolment = member(programme(may_go_negative=True))
    first = sold(identity=CARD, key="s0")
    redeem(by=SYSTEM, at=AT, account_id=enrolment.account_id, currency="PTS", amount=100, key="reward")
    give_back(first, key="b0")
    assert balance(enrolment) == -100
    claim(sold())
    assert balance(enrolment) == -50  # no welcome a second time
    assert find_broken_invariants() == []


def test_only_who_may_and_only_in_their_part_of_the_network() -> None:
    seville, lyon, _wien = stores()
    member(programme())
    sale = sold(store="seville")
    with pytest.raises(Denied):
        claim(sale, by=PIZARRO)
    with pytest.raises(UnknownPurchase):
        claim(sale, by=actor_with("purchase.claim", scope=lyon.scope))
    with pytest.raises(UnknownPurchase):
        claim(sale, by=replace(TILL, mode="test"))
    assert claim(sale, by=actor_with("purchase.claim", "purchase.see", scope=seville.scope)).points == 100
    with pytest.raises(UnknownPurchase):
        claim(purchase_id=UUID(int=7))
    with pytest.raises(UnknownPurchase):
        claim()
