"""A till that read a membership just before it joined a pool: the purchase lands where the points are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fidelia.activity.operations import purchases
from fidelia.ledger.errors import AccountClosed
from fidelia.ledger.queries import find_broken_invariants, get_balance
from fidelia.programme.models import Enrolment, PointsPool
from fidelia.programme.operations.pools import create_pool, join_pool
from fidelia.programme.queries import account_now
from tests.cast import SYSTEM

from .cast import AT, member, programme
from .test_pools import buy, terms

pytestmark = pytest.mark.django_db(transaction=True)


def available(pool: PointsPool) -> int:
    assert find_broken_invariants() == []
    return get_balance(account_id=pool.account_id, currency="PTS", at=AT).available


def joining(read: Callable[..., Any], enrolment: Enrolment, pool: PointsPool, *, times: int) -> Callable[..., Any]:
    """The same reading, after which the member joins the pool behind the till's back."""
    left = [times]

    def then_join(*args: Any, **kwargs: Any) -> Any:
        found = read(*args, **kwargs)
        if left[0]:
            left[0] -= 1
            join_pool(by=SYSTEM, at=AT, enrolment=enrolment, pool_id=pool.id)
        return found

    return then_join


@pytest.fixture
def family() -> tuple[Enrolment, PointsPool]:
    made = programme(terms())
    return member(made), create_pool(by=SYSTEM, at=AT, programme=made, name="Fidelio")


def test_a_purchase_earns_for_the_pool(family: tuple[Enrolment, PointsPool], monkeypatch: pytest.MonkeyPatch) -> None:
    enrolment, pool = family
    monkeypatch.setattr(purchases, "read_surroundings", joining(purchases.read_surroundings, enrolment, pool, times=1))
    sale = buy(enrolment, 120, "f1")
    assert (sale.account_id, sale.points, available(pool)) == (pool.account_id, 120, 120)
    assert account_now(enrolment.account_id) == pool.account_id


def test_without_the_second_reading_it_would_be_refused(
    family: tuple[Enrolment, PointsPool], monkeypatch: pytest.MonkeyPatch
) -> None:
    enrolment, pool = family
    monkeypatch.setattr(purchases, "read_surroundings", joining(purchases.read_surroundings, enrolment, pool, times=1))
    monkeypatch.setattr(purchases, "_record_where_the_points_are", purchases._record_once_read)
    with pytest.raises(AccountClosed):
        buy(enrolment, 120, "f1")
    assert available(pool) == 0
