"""The simulated shop: the same seed is the same shop, and it is what its parameters say."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow.parquet
import pytest
from scipy import integrate, stats

from fidelia.demo.simulation import PERSONS, SHOP, Shop, simulate_shop
from fidelia.demo.simulation.catalog import POSTAGE, articles
from fidelia.demo.simulation.clock import ZONE, ShopClock
from fidelia.demo.simulation.lists import read_list
from fidelia.demo.simulation.people import check_digit
from fidelia.demo.simulation.truth import keep_truth

ENDS_ON = date(2026, 11, 22)


@pytest.fixture(scope="module")
def shop() -> Shop:
    return simulate_shop(customers=4_000, seed=1805, ends_on=ENDS_ON)


def content_of(shop: Shop) -> str:
    told = [
        shop.people,
        shop.history,
        shop.after_launch,
        shop.lifted,
        shop.past_lifted,
        shop.today,
        shop.buyers.rate.tolist(),
    ]
    return hashlib.sha256(repr(told).encode()).hexdigest()


def test_the_same_seed_is_the_same_shop_and_another_is_another() -> None:
    first, again, other = (simulate_shop(customers=200, seed=seed, ends_on=ENDS_ON) for seed in (1, 1, 2))
    assert content_of(first) == content_of(again)
    assert content_of(first) != content_of(other)


def test_the_history_lies_within_two_years_and_today_is_not_in_it(shop: Shop) -> None:
    assert shop.clock.begins_on == date(2024, 11, 22)
    receipts = [*shop.history, *shop.after_launch, *shop.lifted, *shop.past_lifted]
    assert min(one.at.date() for one in receipts) == shop.clock.begins_on
    assert max(one.at for one in receipts) < shop.ends_at
    assert len({one.number for one in receipts}) == len(receipts)
    assert {one.at.date() for one in shop.today} == {ENDS_ON}


def test_a_campaign_that_is_over_brought_back_those_who_were_new(shop: Shop) -> None:
    begins = shop.clock.shop_time_of(shop.past_launch_at.astimezone(ZONE).date())
    assert all(shop.past_launch_at.date() <= one.at.date() < shop.past_end_at.date() for one in shop.past_lifted)
    born = np.array([shop.buyers.born[one.customer] for one in shop.past_lifted])
    assert born.max() < begins, "nobody who had not bought before"
    alive = (shop.buyers.dies > begins) & (shop.buyers.born < begins)
    is_new = alive & (shop.buyers.born >= begins - SHOP.newcomer_days)
    came_of_new, came_of_others = (
        (born >= begins - SHOP.newcomer_days).sum(),
        (born < begins - SHOP.newcomer_days).sum(),
    )
    assert came_of_new / is_new.sum() > 5 * came_of_others / (alive & ~is_new).sum()


def test_some_join_at_a_later_visit(shop: Shop) -> None:
    late, people = shop.joined_late, {person.id: person for person in shop.people}
    assert 10 <= len(late) < len(people) / SHOP.every_joins_late
    assert all(people[who].is_member and people[who].acquired_at < joined for who, joined in late.items())
    sold = {(shop.people[one.customer].id, one.at) for one in shop.history if one.customer >= 0}
    assert set(late.items()) <= sold, "each at the till, with a purchase"


def test_the_seasons_lie_over_the_process_and_leave_its_mean_alone() -> None:
    clock = ShopClock(ENDS_ON, SHOP.days)
    assert clock.pace.mean() == pytest.approx(1.0)
    by_month = {month: np.mean([p for d, p in zip(clock.calendar, clock.pace, strict=True) if d.month == month])
                for month in (8, 12)}  # fmt: skip
    assert by_month[12] > 1.8 * by_month[8]
    half = np.array([clock.length / 3])
    assert clock.shop_time_of(clock.calendar[int(clock.places_of(half)[0])]) <= half[0]


def test_as_many_come_again_as_the_true_parameters_say(shop: Shop) -> None:
    persons = np.array([person.kind == "person" for person in shop.people])
    weeks = (shop.clock.length - shop.buyers.born[persons]) / 7
    repeats = shop.repeats[persons]
    expected = np.mean([PERSONS.expected_repeats(length) for length in weeks])
    error = repeats.std() / np.sqrt(len(repeats))
    assert abs(repeats.mean() - expected) < 4 * error
    once = np.mean([share_never_back(length) for length in np.quantile(weeks, np.linspace(0.005, 0.995, 100))])
    assert abs((repeats == 0).mean() - once) < 4 * np.sqrt(once * (1 - once) / len(repeats)) + 0.005
    alive = (shop.buyers.dies[persons] > shop.clock.length).mean()
    left = 1 - np.mean([PERSONS.share_alive(length) for length in weeks])
    assert abs(alive - (1 - left)) < 4 * np.sqrt(left * (1 - left) / len(repeats))


def share_never_back(weeks: float) -> float:
    """P(no purchase after the first) of the Pareto/NBD: no purchase is made at rate λ while the customer is there."""
    rates = stats.gamma(PERSONS.r, scale=1 / PERSONS.alpha)
    quiet = rates.expect(lambda rate: np.exp(-rate * weeks)) * PERSONS.share_alive(weeks)

    def leaves_at(t: float) -> float:
        density = PERSONS.s / PERSONS.beta * (PERSONS.beta / (PERSONS.beta + t)) ** (PERSONS.s + 1)
        return density * (PERSONS.alpha / (PERSONS.alpha + t)) ** PERSONS.r

    return float(quiet + integrate.quad(leaves_at, 0, weeks)[0])


def test_a_purchase_comes_to_what_gamma_gamma_says(shop: Shop) -> None:
    sold = [
        sum(line.net for line in one.lines if line.code != POSTAGE) / 100
        for one in [*shop.history, *shop.after_launch]
        if one.customer >= 0 and one.net > 0 and shop.people[one.customer].kind == "person"
    ]
    assert np.mean(sold) == pytest.approx(PERSONS.mean_spend, rel=0.08)


def test_some_leave_some_return_things_and_many_are_not_known(shop: Shop) -> None:
    receipts = [*shop.history, *shop.after_launch]
    unknown = sum(one.customer < 0 for one in receipts) / len(receipts)
    assert 0.25 < unknown < 0.40
    returns = [one for one in receipts if one.net < 0]
    assert 0.01 < len(returns) / len(receipts) < 0.06
    assert all(line.quantity < 0 and line.net < 0 for one in returns for line in one.lines)
    sales = [line for one in receipts if one.net > 0 for line in one.lines]
    assert all(line.quantity > 0 and line.net > 0 for line in sales)


def test_people_have_french_names_cards_and_addresses_of_nobody(shop: Shop) -> None:
    people = shop.people
    assert any("é" in person.family_name for person in people)
    assert any(person.given_name == "Éléonore" for person in people)
    assert any(len(person.town) > 40 for person in people)
    cards = [person.card for person in people if person.is_member]
    assert len(set(cards)) == len(cards)
    assert all(re.fullmatch(r"29\d{11}", card) and check_digit(card[:12]) == card[12] for card in cards)
    assert all(person.phone.startswith("06 39 98 ") for person in people if person.phone)
    assert all(person.email.endswith(".example") and person.email.isascii() for person in people if person.email)
    assert sum(person.language == "en" for person in people) / len(people) == pytest.approx(0.10, abs=0.02)
    assert sum(person.kind == "company" for person in people) == 120
    consenting = sum(
        any(said.purpose == "marketing" and said.channel == "email" and said.given for said in person.agreements)
        for person in people
    )
    assert consenting / len(people) == pytest.approx(0.60, abs=0.03)


def test_the_lists_are_whole() -> None:
    assert len(articles()) == 120
    assert len({one.code for one in articles()}) == 120
    assert all(0 < one.cost < one.price for one in articles())
    assert {"Café", "Thé", "Infusions", "Épicerie", "Cuisine", "Coffrets"} == {
        one.category.partition("/")[0] for one in articles()
    }
    assert all(re.fullmatch(r"\d{5}", town["postal_code"]) for town in read_list("towns"))
    for name in ("towns", "given_names", "family_names", "companies", "products"):
        assert not any("'" in value for row in read_list(name) for value in row.values())


def test_the_truth_is_kept_beside(shop: Shop, tmp_path: Path) -> None:
    keep_truth(shop, tmp_path)
    truth = json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))
    assert truth["persons"]["r"] == PERSONS.r
    assert truth["campaign"]["lift_of_rate"] == SHOP.campaign_lift
    customers = pyarrow.parquet.read_table(tmp_path / "customers.parquet")
    assert customers.num_rows == 4_000
    assert customers["customer_id"][0].as_py() == str(shop.people[0].id)
    assert customers["repeats"].to_numpy().sum() == shop.repeats.sum()
    calendar = pyarrow.parquet.read_table(tmp_path / "calendar.parquet")
    assert calendar["pace"].to_numpy().sum() == pytest.approx(730)
