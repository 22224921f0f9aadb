"""/purchases/batches: what tills kept off line; each row recorded, known or refused, in the order of the world."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fidelia.activity.models import Purchase
from fidelia.programme.models import Enrolment

from .caller import Answer, Caller, basket

DAY = "2026-02-{:02}T10:00:00+01:00"


def sale(number: int, day: int, **changes: Any) -> dict[str, Any]:
    return basket(receipt_number=f"T1-{number}", occurred_at=DAY.format(day), **changes)


def back(number: int, of: int, day: int, **changes: Any) -> dict[str, Any]:
    body = {
        "kind": "return",
        "receipt_number": f"T1-{number}",
        "occurred_at": DAY.format(day),
        "sold": {"receipt_number": f"T1-{of}"},
    }
    return body | changes


def lone(number: int, day: int, **changes: Any) -> dict[str, Any]:
    return {"kind": "lone_return"} | sale(number, day, **changes)


def send(till: Caller, *rows: Any, key: str = "b") -> Answer:
    return till.post("/purchases/batches", {"purchases": list(rows)}, key=key)


def outcomes(answer: Answer) -> list[str]:
    assert answer.status == 200, answer.body
    return [row["outcome"] for row in answer.json()["rows"]]


def test_returns_come_in_the_same_batch_as_their_sales_in_whatever_order(till: Caller, florestan: Enrolment) -> None:
    answer = send(till, back(3, of=2, day=2), lone(4, day=4), sale(1, day=1), sale(2, day=2))
    assert outcomes(answer) == ["recorded"] * 4
    returned, alone, first, second = (row["purchase"] for row in answer.json()["rows"])
    assert (returned["kind"], returned["returns_purchase_id"]) == ("return", second["id"])
    assert (alone["kind"], alone["returns_purchase_id"], alone["total"]) == ("return", None, "-49.40")
    # The welcome goes to the earlier of the two sales, though it was sent after.
    assert (first["points"], second["points"], returned["points"], alone["points"]) == ("134", "84", "-84", "-84")


def test_one_bad_row_stops_none_of_the_others_and_says_where(till: Caller, florestan: Enrolment) -> None:
    answer = send(
        till,
        sale(1, day=1),
        {"kind": "gift"},
        sale(2, day=2, currency="USD"),
        back(3, of=9, day=3),
        back(4, of=1, day=4, lines=[{"line_number": 1, "quantity": "3"}]),
        sale(5, day=5, idempotency_key="with space"),
        sale(6, day=6, idempotency_key=6),
        {"kind": "return", "receipt_number": "T1-7"},
        sale(8, day=8),
    )
    assert outcomes(answer) == ["recorded", *["refused"] * 7, "recorded"]
    problems = [row["problem"] for row in answer.json()["rows"]]
    assert [problem and (problem["code"], problem.get("pointer")) for problem in problems][:6] == [
        None,
        ("invalid_request", "/purchases/1/kind"),
        ("wrong_currency", "/purchases/2/currency"),
        ("unknown_purchase", "/purchases/3/sold"),
        ("more_than_bought", "/purchases/4/lines/0/quantity"),
        ("malformed_idempotency_key", None),
    ]
    assert {mistake["pointer"] for mistake in problems[7]["errors"]} == {
        "/purchases/7/occurred_at",
        "/purchases/7/sold",
    }
    assert Purchase.objects.count() == 2


def test_what_is_sent_again_is_known_by_its_key_or_by_its_receipt(till: Caller, florestan: Enrolment) -> None:
    rows = [sale(1, day=1, idempotency_key="T1/1"), sale(2, day=2), back(3, of=2, day=3), lone(4, day=4)]
    first = send(till, *rows)
    assert outcomes(first) == ["recorded"] * 4
    again = send(till, *rows[::-1], key="another")
    assert outcomes(again) == ["known"] * 4
    assert again.headers["Idempotency-Replayed"] == "true"
    said = {row["purchase"]["receipt_number"]: row["purchase"] for row in again.json()["rows"]}
    assert said == {row["purchase"]["receipt_number"]: row["purchase"] for row in first.json()["rows"]}
    assert till.post("/purchases", basket(receipt_number="T1-1"), key="T1/1").status == 409
    assert Purchase.objects.count() == 4


def test_a_receipt_with_other_content_is_not_the_same(till: Caller, florestan: Enrolment) -> None:
    send(till, sale(1, day=1), back(2, of=1, day=2, lines=[{"line_number": 1, "quantity": "1"}]))
    answer = send(till, sale(1, day=1, channel="web"), back(2, of=1, day=2), lone(1, day=1), key="other")
    codes = [(row["problem"] or {}).get("code") for row in answer.json()["rows"]]
    assert codes == ["receipt_known", "receipt_known", None]  # a return and a sale have numbers of their own


def test_a_duplicate_within_a_batch_is_known(till: Caller, florestan: Enrolment) -> None:
    assert outcomes(send(till, sale(1, day=1), sale(1, day=1))) == ["recorded", "known"]


def test_returns_ask_for_their_own_right(florestan: Enrolment) -> None:
    recorder = Caller("purchase.record")
    answer = send(recorder, sale(1, day=1), back(2, of=1, day=2), lone(3, day=3))
    assert outcomes(answer) == ["recorded", "refused", "refused"]
    assert {row["problem"]["code"] for row in answer.json()["rows"][1:]} == {"denied"}


def queue_of(draw: random.Random) -> list[dict[str, Any]]:
    """Sales of two weeks and returns of some of them, each with the time at which the till wrote it."""
    rows: list[dict[str, Any]] = []
    for number in range(1, 9):
        member = None if draw.random() < 0.2 else {"identity": "card:2990441788200"}
        day = draw.randint(1, 14)
        rows.append(sale(number, day=day, member=member))
        if draw.random() < 0.4:
            lines = [{"line_number": draw.randint(1, 2)}]
            rows.append(back(100 + number, of=number, day=day + draw.randint(0, 10), lines=lines))
    return rows


def state_of(enrolment: Enrolment) -> Any:
    from fidelia.activity.queries import find_broken_chain
    from fidelia.ledger.queries import find_broken_invariants, get_balance
    from fidelia.programme.operations import rederive_tiers
    from fidelia.programme.queries import list_tier_periods
    from tests.cast import AT

    rederive_tiers(at=AT, enrolment_ids=[enrolment.id])
    assert find_broken_invariants() == []
    assert find_broken_chain(enrolment.account_id) is None
    columns = ("kind", "receipt_number", "total", "occurred_at", "enrolment_id")
    return (
        sorted(Purchase.objects.values_list(*columns), key=str),
        sum(Purchase.objects.values_list("points", flat=True)),
        get_balance(account_id=enrolment.account_id, currency="PTS", at=AT).available,
        [(held.tier, held.valid_from, held.valid_until) for held in list_tier_periods(enrolment.id)],
    )


@pytest.mark.django_db
@given(st.integers(0, 2**32))
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_any_order_repeats_and_duplicates_end_like_the_order_of_the_world(seed: int) -> None:
    from django.db import transaction

    draw = random.Random(seed)
    rows = queue_of(draw)
    states = []
    for deliver in (in_order, in_disorder):
        clean = transaction.savepoint()
        try:
            enrolment, till = new_shop()
            deliver(till, rows, draw)
            states.append(without_ids(state_of(enrolment)))
        finally:
            transaction.savepoint_rollback(clean)
    assert states[0] == states[1]


def new_shop() -> tuple[Enrolment, Caller]:
    from tests.programme.cast import DOCUMENT, member, programme

    rules = [rule for rule in DOCUMENT["rules"] if rule["key"] != "first"]
    return member(programme({**DOCUMENT, "rules": rules})), Caller()


def in_order(till: Caller, rows: list[dict[str, Any]], draw: random.Random) -> None:
    ordered = sorted(rows, key=lambda row: (row["occurred_at"], row.get("kind", "sale") != "sale"))
    for place, row in enumerate(ordered):
        assert outcomes(send(till, row, key=f"one-{place}")) == ["recorded"]


def in_disorder(till: Caller, rows: list[dict[str, Any]], draw: random.Random) -> None:
    """Send batches of any size in any order, some twice, until nothing of the queue is refused any more."""
    queue = [json.loads(json.dumps(row)) for row in rows] + [dict(row) for row in rows if draw.random() < 0.3]
    for attempt in range(20):
        draw.shuffle(queue)
        left: list[dict[str, Any]] = []
        while queue:
            size = draw.randint(1, 5)
            batch, queue = queue[:size], queue[size:]
            answer = send(till, *batch, key=f"{attempt}-{len(queue)}")
            if draw.random() < 0.2:  # the answer was lost: all of it goes again
                left += batch
            left += [row for row, outcome in zip(batch, outcomes(answer), strict=True) if outcome == "refused"]
        queue = left
        if not queue:
            return
    raise AssertionError("something of the queue is refused for ever")


def without_ids(state: Any) -> Any:
    purchases, *rest = state
    return [(*row[:-1], row[-1] is not None) for row in purchases], *rest
