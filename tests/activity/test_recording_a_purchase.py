"""Recording a purchase: the rules in force at its moment, points to the account, a decision in the chain, one event."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from fidelia.activity.errors import (
    IdempotencyKeyReused,
    MalformedLines,
    OccurredInFuture,
    ReceiptKnown,
    TotalDiffers,
    UnknownMember,
    WrongCurrency,
)
from fidelia.activity.models import DecisionRecord, Purchase
from fidelia.activity.operations import LineRequest, PurchaseRequest, record_purchase
from fidelia.activity.queries import find_broken_chain, get_purchase
from fidelia.customers.models import Customer
from fidelia.customers.operations import define_trait, set_traits
from fidelia.kernel.errors import Denied
from fidelia.kernel.localized import LocalizedText
from fidelia.kernel.models import OutboxEvent
from fidelia.kernel.money import UnknownCurrency
from fidelia.ledger.queries import find_broken_invariants, get_balance
from fidelia.programme.operations import end_enrolment, rederive_tiers
from tests.cast import PIZARRO, SYSTEM, actor_with
from tests.programme.cast import AT, BEGUN, DOCUMENT, florestan, member, programme

pytestmark = pytest.mark.django_db
TILL = actor_with("purchase.record", "purchase.see", label="Marzelline", number=3)
CARD = ("card", "2990441788200")


def basket(*lines: LineRequest, key: str = "k1", **changes: object) -> PurchaseRequest:
    request = PurchaseRequest(
        idempotency_key=key,
        receipt_number=f"R-{key}",
        occurred_at=AT,
        currency="EUR",
        lines=lines or (LineRequest("moka", 2000, 3490, category="coffee"), LineRequest("mug", 1000, 1450)),
        identity=CARD,
    )
    return replace(request, **changes)  # type: ignore[arg-type]


def record(request: PurchaseRequest) -> Purchase:
    recorded = record_purchase(by=TILL, at=AT, request=request, source="till")
    return Purchase.objects.get(purchase_id=recorded.purchase_id)


def test_it_grants_what_the_rules_give_and_says_why() -> None:
    enrolment = member(programme())
    purchase = record(basket())
    detail = get_purchase(by=TILL, purchase_id=purchase.purchase_id)
    # 49.40 € give 49, coffee doubles its share of them (35 of 34.90/49.40 by largest remainder), the welcome adds 50.
    assert [line.points for line in detail.lines] == [35 + 35 + 35, 14 + 15]
    assert purchase.points == 49 + 35 + 50
    assert detail.decision is not None
    assert {outcome.rule_key: outcome.points for outcome in detail.decision.outcomes} == {
        "base": 49,
        "coffee": 35,
        "first": 50,
    }
    assert get_balance(account_id=enrolment.account_id, currency="PTS", at=AT).available == purchase.points
    assert purchase.balance_after == purchase.points
    assert find_broken_invariants() == []


def test_it_announces_once_with_ids_only() -> None:
    enrolment = member(programme())
    purchase = record(basket())
    event = OutboxEvent.objects.get(name="purchase.recorded")
    assert (event.origin, event.customer_id) == ("live", enrolment.customer_id)
    assert event.payload == {
        "purchase_id": str(purchase.purchase_id),
        "programme_id": str(enrolment.programme_id),
        "enrolment_id": str(enrolment.id),
        "account_id": str(enrolment.account_id),
        "points": purchase.points,
    }


def test_the_same_key_again_changes_nothing_and_says_so() -> None:
    enrolment = member(programme())
    first = record_purchase(by=TILL, at=AT, request=basket(), source="till")
    again = record_purchase(by=TILL, at=AT + timedelta(days=30), request=basket(), source="till")
    assert (again.purchase_id, again.is_replay, first.is_replay) == (first.purchase_id, True, False)
    assert Purchase.objects.count() == 1
    assert get_balance(account_id=enrolment.account_id, currency="PTS", at=AT).available == 134


def test_the_same_key_with_another_request_is_refused() -> None:
    member(programme())
    record(basket())
    with pytest.raises(IdempotencyKeyReused):
        record(basket(LineRequest("mug", 1000, 1450)))
    assert Purchase.objects.count() == 1


def test_the_same_receipt_under_another_key_is_refused() -> None:
    member(programme())
    record(basket())
    with pytest.raises(ReceiptKnown):
        record(basket(key="k2", receipt_number="R-k1"))


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"occurred_at": AT + timedelta(hours=1)}, OccurredInFuture),
        ({"currency": "USD"}, WrongCurrency),
        ({"currency": "EURO"}, UnknownCurrency),
        ({"identity": ("card", "unknown")}, UnknownMember),
        ({"total": 4941}, TotalDiffers),
        ({"lines": ()}, MalformedLines),
        ({"lines": (LineRequest("mug", 1000, 1),) * 1001}, MalformedLines),
        ({"lines": (LineRequest("mug", 0, 1),)}, MalformedLines),
        ({"lines": (LineRequest("mug", 1000, -1),)}, MalformedLines),
        ({"lines": (LineRequest(" ", 1000, 1),)}, MalformedLines),
    ],
)
def test_bad_input_is_refused_and_nothing_is_written(changes: dict[str, object], refusal: type[Exception]) -> None:
    member(programme())
    before = OutboxEvent.objects.count()
    with pytest.raises(refusal):
        record(basket(**changes))
    assert Purchase.objects.count() == 0
    assert OutboxEvent.objects.count() == before


def test_without_the_right_nothing_is_written() -> None:
    member(programme())
    with pytest.raises(Denied):
        record_purchase(by=PIZARRO, at=AT, request=basket(), source="till")
    assert Purchase.objects.count() == 0


def test_a_purchase_of_nobody_is_kept_and_earns_nothing() -> None:
    programme()
    purchase = record(basket(identity=None))
    assert (purchase.total, purchase.points, purchase.customer_id) == (4940, 0, None)
    assert DecisionRecord.objects.count() == 0


def test_the_version_in_force_at_its_own_moment_decides() -> None:
    from fidelia.programme.operations import draft_version, publish_version
    from tests.programme.cast import AUTHOR

    made = programme()
    member(made)
    richer = {**DOCUMENT, "rules": [{**DOCUMENT["rules"][0], "points_per": {"amount": "1.00", "points": "3"}}]}
    version = draft_version(by=AUTHOR, at=AT, programme=made, document=richer)
    publish_version(by=AUTHOR, at=AT, version=version, in_force_from=AT)
    mug = LineRequest("mug", 1000, 1000)
    assert record(basket(mug, key="new")).points == 30
    assert record(basket(mug, key="late", occurred_at=AT - timedelta(days=3))).points == 10


def test_decisions_of_an_account_are_chained_and_a_change_shows() -> None:
    enrolment = member(programme())
    for n in range(3):
        record(basket(LineRequest("mug", 1000, 1000 * (n + 1)), key=f"k{n}"))
    assert list(DecisionRecord.objects.order_by("sequence").values_list("sequence", flat=True)) == [1, 2, 3]
    assert find_broken_chain(enrolment.account_id) is None


@pytest.mark.parametrize(("lines", "rules"), [(1, 1), (100, 3)])
def test_it_takes_the_same_few_statements_whatever_lines_and_rules(lines: int, rules: int) -> None:
    member(programme({**DOCUMENT, "rules": DOCUMENT["rules"][:rules]}))
    record(basket(key="warm"))
    with CaptureQueriesContext(
        connection,
    ) as captured:
        record_purchase(
            by=TILL,
            at=AT,
            request=basket(*[LineRequest(f"p{n}", 1000, 999) for n in range(lines)], key="x"),
            source="t",
        )
    texts = [query["sql"] or "a prepared statement" for query in captured]
    spoken = [text for text in texts if not text.startswith(("SAVEPOINT", "RELEASE", "BEGIN"))]
    assert len(spoken) <= 6, spoken


def test_a_rule_may_read_a_trait_that_insight_has_written() -> None:
    label = LocalizedText("Score", "Score")
    define_trait(by=SYSTEM, at=BEGUN, name="rfm_recency", type="number", label=label)
    rule = {**DOCUMENT["rules"][2], "when": "has(trait.rfm_recency) && trait.rfm_recency >= 4"}
    enrolment = member(programme({"rules": [rule]}))
    assert record(basket(key="before")).points == 0
    with transaction.atomic():
        rows = [(enrolment.customer_id, "rfm_recency", 5)]
        set_traits(by=SYSTEM, at=AT, rows=rows, source="insight", valid_from=AT - timedelta(hours=1))
    assert record(basket(key="after")).points == 50
    assert record(basket(key="late", occurred_at=AT - timedelta(days=2))).points == 0


def test_the_tier_that_the_window_renewed_is_read_though_nobody_derived_it_since() -> None:
    tiered = {**DOCUMENT["rules"][0], "when": 'member.tier == "connaisseur" || purchase.total > 0'}
    enrolment = member(programme({**DOCUMENT, "rules": [tiered]}))
    first, second = AT - timedelta(days=400), AT - timedelta(days=100)
    record(basket(LineRequest("mug", 1000, 10_000), key="reached", occurred_at=first))
    record(basket(LineRequest("mug", 1000, 10_000), key="renewing", occurred_at=second))
    with transaction.atomic():
        rederive_tiers(at=second, enrolment_ids=[enrolment.id])
    record(basket(key="a year later"))
    decision = DecisionRecord.objects.get(purchase__idempotency_key="a year later").record
    assert decision["values"]["member.tier"] == "connaisseur"


def test_without_the_right_nobody_learns_who_is_a_member() -> None:
    programme()
    with pytest.raises(Denied):
        record_purchase(by=PIZARRO, at=AT, request=basket(identity=("card", "unknown")), source="till")


def test_the_same_key_again_is_answered_though_the_membership_has_ended() -> None:
    enrolment = member(programme())
    first = record_purchase(by=TILL, at=AT, request=basket(), source="till")
    end_enrolment(by=SYSTEM, at=AT, enrolment=enrolment)
    again = record_purchase(by=TILL, at=AT, request=basket(), source="till")
    assert (again.purchase_id, again.is_replay) == (first.purchase_id, True)
    with pytest.raises(IdempotencyKeyReused):
        record_purchase(by=TILL, at=AT, request=basket(receipt_number="another"), source="till")


def test_the_same_key_of_another_stream_of_receipts_is_refused() -> None:
    member(programme())
    record(basket())
    with pytest.raises(IdempotencyKeyReused):
        record_purchase(by=TILL, at=AT, request=basket(), source="another till")


@pytest.mark.parametrize("names_id", [False, True])
def test_a_merged_customer_is_the_member_that_they_were(names_id: bool) -> None:
    enrolment = member(programme(), card="M1")
    survivor = florestan()
    record(basket(key="before", identity=("card", "M1")))
    Customer.objects.filter(id=enrolment.customer_id).update(merged_into=survivor)
    naming = {"identity": None, "customer_id": enrolment.customer_id} if names_id else {}
    purchase = record(basket(key="after", **naming))
    assert (purchase.customer_id, purchase.enrolment_id) == (survivor.id, enrolment.id)
    assert purchase.points == 49 + 35  # and no welcome a second time
    assert find_broken_chain(enrolment.account_id) is None
