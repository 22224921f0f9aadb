"""Series and their numbers: drawn or running, with a check digit; printed elsewhere; too many; taken."""

from __future__ import annotations

from typing import Any

import pytest

from fidelia.cards.errors import (
    CardKeyTaken,
    CardNumbersExhausted,
    CardNumberTaken,
    CardSeriesEnded,
    MalformedCardNumber,
    MalformedCardSeries,
)
from fidelia.cards.models import Card, CardSeries
from fidelia.cards.operations import bring_cards, end_card_series, make_cards
from fidelia.jobs.operations import Progress
from fidelia.kernel.errors import Denied
from fidelia.ui.codes import is_ean13
from tests.cast import PIZARRO, SYSTEM
from tests.programme.cast import AT, florestan, programme

from .shop import FIRST, series

pytestmark = pytest.mark.django_db


class Counting(Progress):
    """The progress of a job that nobody looks at."""

    def __init__(self) -> None:
        self.done = 0

    def expect(self, total: int) -> None:
        self.total = total

    def reach(self, state: Any, *, count: int = 0) -> None:
        self.done += count

    def step(self, count: int) -> None:
        self.done += count


def make(of: CardSeries, count: int, **more: Any) -> list[str]:
    make_cards(by=SYSTEM, at=AT, series_id=of.id, count=count, progress=Counting(), **more)
    return list(Card.objects.filter(series=of).order_by("made_at", "number").values_list("number", flat=True))


def test_drawn_numbers_are_ean_13_behind_the_prefix_and_all_different() -> None:
    numbers = make(series(programme()), 300, batch=70)
    assert len(set(numbers)) == 300
    assert all(is_ean13(number) and number.startswith("299") for number in numbers)


def test_running_numbers_follow_each_other_and_leave_out_what_names_somebody() -> None:
    of = programme()
    florestan("2990000000026")
    made = make(series(of, is_running=True, first_number=1), 3)
    assert made == ["2990000000019", "2990000000033", "2990000000040"]
    of_series = CardSeries.objects.get()
    assert of_series.next_number == 5


def test_a_pattern_draws_its_letters() -> None:
    numbers = make(series(programme(), kind="pattern", pattern="club-####-####", alphabet="ABCDEFGHKM"), 20)
    assert all(number.startswith("CLUB") and set(number[4:]) <= set("ABCDEFGHKM") for number in numbers)


def test_a_series_that_is_full_says_so_and_makes_nothing() -> None:
    small = series(programme(), prefix="299000000", is_running=True, first_number=998)
    with pytest.raises(CardNumbersExhausted) as refused:
        make(small, 3)
    assert refused.value.details == {"left": 2, "can_make": 1000}
    assert Card.objects.count() == 0


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"prefix": ""}, "/prefix"),
        ({"prefix": "29A"}, "/prefix"),
        ({"prefix": "2990000000"}, "/prefix"),
        ({"kind": "pattern", "pattern": "CLUB"}, "/pattern"),
        ({"kind": "pattern", "pattern": "CLUB####", "alphabet": "AB"}, "/alphabet"),
        ({"kind": "pattern", "pattern": "CLUB####", "is_running": True}, "/is_running"),
        ({"kind": "code128"}, "/kind"),
        ({"key": "no spaces"}, "/key"),
        ({"validity_months": 0}, "/validity_months"),
        ({"first_number": -1}, "/first_number"),
        ({"first_number": 10**9}, "/first_number"),
    ],
)
def test_a_series_that_can_make_no_numbers_is_refused(changes: dict[str, Any], pointer: str) -> None:
    of = programme()
    with pytest.raises(MalformedCardSeries) as refused:
        series(of, **changes)
    assert refused.value.pointer == pointer
    assert not CardSeries.objects.exists()


def test_a_key_is_one_series() -> None:
    of = programme()
    series(of)
    with pytest.raises(CardKeyTaken):
        series(of)


def test_numbers_printed_elsewhere_come_in_all_or_none() -> None:
    of = programme()
    florestan("2990000000026")
    made = series(of)
    for numbers, refusal in (
        (["2990000000019", "2990000000018"], MalformedCardNumber),
        (["2990000000019", "2990000000026"], CardNumberTaken),
        (["2990000000019", "2 990000 000019"], MalformedCardSeries),
        ([], MalformedCardSeries),
    ):
        with pytest.raises(refusal):
            bring_cards(by=SYSTEM, at=AT, series_id=made.id, numbers=numbers)
    assert Card.objects.count() == 0
    assert bring_cards(by=SYSTEM, at=AT, series_id=made.id, numbers=["2 990000 000019"]) == 1
    assert Card.objects.get().number == FIRST


def test_an_ended_series_makes_no_more_and_without_the_right_nothing_is_done() -> None:
    made = series(programme())
    with pytest.raises(Denied):
        end_card_series(by=PIZARRO, at=AT, series_id=made.id)
    end_card_series(by=SYSTEM, at=AT, series_id=made.id)
    with pytest.raises(CardSeriesEnded):
        make(made, 1)
    with pytest.raises(CardSeriesEnded):
        end_card_series(by=SYSTEM, at=AT, series_id=made.id)
