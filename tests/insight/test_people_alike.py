"""Customers like one, and what one is likely to buy next, of what a refresh learnt and what was bought since."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from fidelia.activity.models import Purchase, PurchaseLine
from fidelia.insight.measures.alike import NextProduct
from fidelia.insight.models import ProductLink
from fidelia.insight.operations import refresh, write_chapters
from fidelia.insight.queries.people import find_alike, suggest_next
from fidelia.kernel.errors import Denied
from tests.cast import AT, PIZARRO, actor_with
from tests.insight.shop import customers, line_of, open_shop, purchase

pytestmark = pytest.mark.django_db(transaction=True)
ROCCO = actor_with("insight.*", "purchase.see", label="Rocco")


@pytest.fixture(autouse=True)
def facts_root(tmp_path: Path, settings: Any) -> None:
    settings.FACTS_ROOT = tmp_path / "facts"
    open_shop()


def bought(person: UUID, codes: str, days_ago: int, total: int = 1_000) -> None:
    """One purchase with a line for each letter."""
    row = purchase(person, total, AT - timedelta(days=days_ago))
    Purchase.objects.bulk_create([row])
    lines = [line_of(row) for _code in codes]
    for number, (line, code) in enumerate(zip(lines, codes, strict=True), 1):
        line.line_number, line.product_code, line.net = number, code, total // len(codes)
    PurchaseLine.objects.bulk_create(lines)


@pytest.fixture
def people() -> list[UUID]:
    """Thirty customers: the first ten buy bread and butter, twenty buy tea; the first one never bought butter."""
    found = customers(30)
    for place, person in enumerate(found):
        for week in range(6):
            codes = "T" if place >= 10 else "B" if place == 0 else "BU"
            bought(person, codes, 10 + 7 * week + place % 3, 1_000 + place)
    write_chapters(by=ROCCO, at=AT, refresh=refresh(by=ROCCO, at=AT))
    return found


def test_those_alike_are_the_nearest_and_never_oneself(people: list[UUID]) -> None:
    alike = find_alike(by=ROCCO, customer_ids=[people[0]])
    assert len(alike) == 9  # the others bought less recently by more than a score
    assert people[0] not in {one.customer_id for one in alike}
    assert [one.distance for one in alike] == sorted(one.distance for one in alike)
    assert {one.frequency for one in alike} == {6}
    assert [one.distance for one in find_alike(by=ROCCO, customer_ids=[people[0]], limit=2)] == [
        one.distance for one in alike[:2]
    ]


def test_a_habit_comes_first_then_what_goes_with_it_then_what_most_people_buy(people: list[UUID]) -> None:
    found = suggest_next(by=ROCCO, customer_ids=[people[0]], alike=[])
    assert [one.product for one in found] == [
        NextProduct("B", "again", times=6),
        NextProduct("U", "together", because="B", people=9),
        NextProduct("T", "popular", people=20),
    ]
    assert found[0].last_at == AT - timedelta(days=10)


def test_what_was_bought_since_counts_at_once(people: list[UUID]) -> None:
    bought(people[0], "T", 0)
    bought(people[0], "T", 0)
    found = suggest_next(by=ROCCO, customer_ids=[people[0]], alike=[])
    assert [one.product.code for one in found] == ["B", "U", "T"]
    assert found[2].product == NextProduct("T", "again", times=2)


def test_one_who_never_bought_is_like_nobody(people: list[UUID]) -> None:
    (newcomer,) = customers_more()
    assert find_alike(by=ROCCO, customer_ids=[newcomer]) == []
    assert [one.product.code for one in suggest_next(by=ROCCO, customer_ids=[newcomer], alike=[])] == ["T", "B", "U"]


def customers_more() -> list[UUID]:
    from django.db import transaction

    from fidelia.customers.operations import NewCustomer, add_customers_in_bulk
    from tests.cast import SYSTEM

    with transaction.atomic():
        return add_customers_in_bulk(by=SYSTEM, at=AT, rows=[NewCustomer(source="import", given_name="Newcomer")])


def test_a_refresh_replaces_the_links(people: list[UUID]) -> None:
    assert ProductLink.objects.get(code="U").neighbours == [["B", 9, 0.9487]]
    later = AT + timedelta(days=1)
    write_chapters(by=ROCCO, at=later, refresh=refresh(by=ROCCO, at=later))
    assert ProductLink.objects.count() == 3


def test_who_may_not_see_insight_learns_nothing() -> None:
    for ask in (find_alike, lambda **who: suggest_next(**who, alike=[])):
        with pytest.raises(Denied):
            ask(by=PIZARRO, customer_ids=[])
