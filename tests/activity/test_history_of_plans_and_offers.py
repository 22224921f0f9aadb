"""History brought in counts the plans and the offers that its buyers had on the day, read for a batch at once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from fidelia.activity.models import Purchase
from fidelia.activity.operations.imports import import_purchases, parse_mapping
from fidelia.activity.operations.imports.held import Held
from fidelia.activity.operations.imports.members import MemberState
from fidelia.activity.operations.imports.receipts import Receipt
from fidelia.programme.models import Enrolment
from fidelia.programme.queries import VersionHistory
from fidelia.rewards.operations import activate_offer
from tests.cast import SYSTEM
from tests.programme.cast import DOCUMENT, member, programme
from tests.rewards.test_offers_to_activate import AT, BONUS, OFFER
from tests.subscriptions.shop import PLUS, have, when

pytestmark = pytest.mark.django_db(transaction=True)
CARDS = ("2990441788200", "2990441788231")
PLUS_RULE = {
    "key": "plus", "name": {"en": "Plus", "fr": "Plus"}, "when": '"plus" in customer.plans',
    "points": "7",
}  # fmt: skip
LATER = when("2026-10-30")


def members() -> list[Enrolment]:
    """One with an offer activated and a plan from then on, and one with nothing."""
    offers = [{**OFFER, "lasts_days": 3}]
    sold = programme({"rules": [DOCUMENT["rules"][0], BONUS, PLUS_RULE], "offers": offers, "plans": [PLUS]})
    first, second = (member(sold, card) for card in CARDS)
    activate_offer(by=SYSTEM, at=AT, enrolment=first, offer="double_week")
    have(first, "plus", AT + timedelta(days=1))
    return [first, second]


def test_what_they_had_on_the_day_counts_and_no_more(tmp_path: Path) -> None:
    members()
    days = ("2026-10-20", "2026-10-21", "2026-10-22", "2026-10-23", "2026-10-24", "2026-10-26")
    rows = [f"{card}-{day},{day} 12:00:00,mug,1,10.00,{card}" for card in CARDS for day in days]
    path = tmp_path / "achats.csv"
    path.write_text("\n".join(["ticket,date,article,quantité,prix,client", *rows]) + "\n", encoding="utf-8")
    columns = {
        "receipt": "ticket", "occurred_at": "date", "product": "article", "quantity": "quantité", "unit_price": "prix",
        "customer": "client",
    }  # fmt: skip
    mapping = parse_mapping({
        "source": "old-till", "currency": "EUR", "time_zone": "Europe/Paris", "customer_scheme": "card",
        "columns": columns,
    })  # fmt: skip
    import_purchases(by=SYSTEM, at=LATER, path=path, mapping=mapping, rejects_path=tmp_path / "rejects.csv")
    given = {purchase.receipt_number: purchase.points for purchase in Purchase.objects.all()}
    # The offer counts from the 21st at noon to the end of the 23rd, the plan from the 22nd at noon on.
    assert [given[f"{CARDS[0]}-{day}"] for day in days] == [10, 110, 117, 117, 17, 17]
    assert [given[f"{CARDS[1]}-{day}"] for day in days] == [10] * 6


def test_many_are_read_by_as_few_statements_as_one_of_them() -> None:
    first, second = members()
    states = {name: MemberState(one.customer_id, one) for name, one in (("a", first), ("b", second))}
    asked = [receipt(name, day) for name in states for day in range(20)]
    versions = VersionHistory(first.programme)
    counts = []
    for some in (asked[:1], asked):
        held = Held(first.programme_id)
        versions.terms_at(AT)
        with CaptureQueriesContext(connection) as queries:
            held.load(versions, some, states)
        counts.append(len(queries))
    assert counts == [2, 2]
    terms = versions.terms_at(AT)
    assert terms is not None
    plan = {"plan": "plus", "begins_at": (AT + timedelta(days=1)).isoformat(), "entitlements": ["free_delivery"]}
    assert held.facts(terms, first.customer_id, AT + timedelta(days=2)) == {
        "plans": [plan],
        "offers": ["double_week"],
    }
    assert held.facts(terms, second.customer_id, AT + timedelta(days=2)) == {"plans": [], "offers": []}


def test_nothing_is_read_where_no_rule_asks() -> None:
    who = member(programme())
    held, versions = Held(who.programme_id), VersionHistory(who.programme)
    versions.terms_at(AT)
    with CaptureQueriesContext(connection) as queries:
        held.load(versions, [receipt("a", 1)], {"a": MemberState(who.customer_id, who)})
    terms = versions.terms_at(AT)
    assert (len(queries), terms is not None and held.facts(terms, who.customer_id, AT)) == (0, {})


def receipt(name: str, day: int) -> Receipt:
    return Receipt(
        day, f"{name}{day}", "sale", name, AT + timedelta(days=day), "", "", "", 1000, 1, False, ["mug"], [1000],
        [1000], [""],
    )  # fmt: skip
