"""Races of cards: each first with the guard off, where the race must happen, then with it on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from fidelia.cards.errors import CardGiven, CardRegistered
from fidelia.cards.models import Card
from fidelia.cards.operations import Person, giving, hand_out, locking, register_card, registering
from fidelia.customers.errors import CustomerClosed
from fidelia.customers.models import Customer
from fidelia.kernel.errors import FideliaError
from fidelia.ledger.queries import find_broken_invariants
from tests.activity.test_recording_at_once import SECONDS, Gate, begin, pool
from tests.cast import SYSTEM
from tests.programme.cast import AT, member, programme
from tests.waiting import wait_for_a_lock

from .shop import FIRST, buy, points, printed, provisional

__all__ = ["pool"]  # a fixture
pytestmark = pytest.mark.django_db(transaction=True)


def register(person: Person) -> Any:
    return register_card(by=SYSTEM, at=AT, card=FIRST, person=person)


def unlocked(by: Any, card: Any, right: str) -> Card:
    return Card.objects.select_related("programme", "series").get(number=card)


def test_two_tills_register_one_card_and_one_of_them_is_told(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    of = programme()
    florestan, leonore = member(of), member(of, "2990441788217")
    provisional(of)
    buy(FIRST, 30, "p1")
    gate = Gate()
    monkeypatch.setattr(registering, "_check", gate.before(registering._check))
    first = begin(pool, lambda: register(Person(customer_id=florestan.customer_id)))
    gate.wait()
    second = begin(pool, lambda: register(Person(customer_id=leonore.customer_id)))
    wait_for_a_lock()
    gate.opened.set()
    assert first.result(SECONDS).state == "active"
    with pytest.raises(CardRegistered):
        second.result(SECONDS)
    assert (points(florestan), points(leonore)) == (80, 0)
    assert find_broken_invariants() == []


def test_without_the_lock_of_the_card_the_record_of_the_customer_is_the_last_guard(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    of = programme()
    florestan, leonore = member(of), member(of, "2990441788217")
    provisional(of)
    buy(FIRST, 30, "p1")
    gate = Gate()
    monkeypatch.setattr(registering, "locked_card", unlocked)
    monkeypatch.setattr(registering, "_check", gate.before(registering._check))
    people = [Person(customer_id=one.customer_id) for one in (florestan, leonore)]
    acts = [begin(pool, lambda who=who: register(who)) for who in people]  # type: ignore[misc]
    gate.wait()
    gate.wait()  # both found it provisional
    gate.opened.set()
    refusals = [act.exception(SECONDS) for act in acts]
    assert sorted(type(refusal) for refusal in refusals if refusal) == [CustomerClosed]
    assert sorted([points(florestan), points(leonore)]) == [0, 80]
    assert find_broken_invariants() == []


def test_without_the_lock_two_names_would_be_written_over_each_other(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    provisional(programme())
    gate = Gate()
    monkeypatch.setattr(registering, "locked_card", unlocked)
    monkeypatch.setattr(registering, "_check", gate.before(registering._check))
    acts = [
        begin(pool, lambda name=name: register(Person(given_name=name)))  # type: ignore[misc]
        for name in ("Leonore", "Marzelline")
    ]
    gate.wait()
    gate.wait()
    gate.opened.set()
    assert [act.exception(SECONDS) for act in acts] == [None, None], "the race that the lock forbids"
    assert Customer.objects.get().given_name in {"Leonore", "Marzelline"}


def test_one_card_is_handed_out_once_by_two_tills(pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    printed(programme())
    gate = Gate()
    monkeypatch.setattr(giving, "place_nobody", gate.before(giving.place_nobody))
    first = begin(pool, lambda: hand_out(by=SYSTEM, at=AT, number=FIRST))
    gate.wait()
    second = begin(pool, lambda: hand_out(by=SYSTEM, at=AT, number=FIRST))
    wait_for_a_lock()
    gate.opened.set()
    assert first.result(SECONDS).state == "provisional"
    with pytest.raises(CardGiven):
        second.result(SECONDS)
    assert Customer.objects.count() == 1
    assert locking.WORKING  # the module that holds the lock


def test_a_purchase_while_its_card_is_registered_is_counted_once_whoever_has_it(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The points of a purchase that comes meanwhile are the member's, or it is refused and asked again; never lost."""
    of = programme()
    florestan = member(of)
    provisional(of)
    buy(FIRST, 30, "p1")
    gate = Gate()
    monkeypatch.setattr(registering, "change_state", gate.before(registering.change_state))
    registered = begin(pool, lambda: register(Person(customer_id=florestan.customer_id)))
    gate.wait()
    bought = begin(pool, lambda: buy(FIRST, 10, "p2"))
    wait_for_a_lock()
    gate.opened.set()
    assert registered.result(SECONDS).state == "active"
    refusal = bought.exception(SECONDS)
    assert refusal is None or isinstance(refusal, FideliaError)
    if refusal is not None:
        buy(FIRST, 10, "p2")
    assert points(florestan) == 90
    assert find_broken_invariants() == []
