"""It refreshes: facts out, scores in, traits dated onto the customers, one event."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fidelia.access.models import Audit
from fidelia.customers.models import Customer
from fidelia.customers.queries import traits_at
from fidelia.insight.errors import NoExport, WindowOutOfBounds
from fidelia.insight.models import FactExport, Refresh, RfmScore
from fidelia.insight.operations import refresh
from fidelia.insight.queries import (
    get_last_export,
    get_last_refresh,
    get_rfm_definition,
    get_rfm_of,
    list_customers_of_cell,
    list_rfm_cells,
    list_rfm_segments,
)
from fidelia.kernel.errors import Denied
from fidelia.kernel.ids import new_id
from fidelia.kernel.models import OutboxEvent
from fidelia.kernel.money import Money
from fidelia.organisation.errors import OperatorNotSetUp
from tests.cast import AT, PIZARRO, actor_with
from tests.insight.shop import buy, customers, open_shop, purchase

pytestmark = pytest.mark.django_db(transaction=True)
ROCCO = actor_with("insight.*", label="Rocco")


@pytest.fixture(autouse=True)
def facts_root(tmp_path: Path, settings: Any) -> None:
    settings.FACTS_ROOT = tmp_path / "facts"


def test_it_sets_scores_and_values_as_dated_traits() -> None:
    open_shop()
    leonore, marzelline = customers(2)
    buy([purchase(leonore, 2_000, AT - timedelta(days=2, hours=1)), purchase(leonore, 500, AT - timedelta(days=40))])
    buy([purchase(marzelline, 9_900, AT - timedelta(days=300))])
    done = refresh(by=ROCCO, at=AT)
    assert (done.customer_count, done.currency, done.as_of) == (2, "EUR", AT)
    assert traits_at(leonore, AT) == {
        "rfm_recency": 3, "rfm_frequency": 3, "rfm_amount": 1, "rfm_segment": "need_attention",
        "rfm_last_sale_on": date(2026, 2, 28), "rfm_sales": 2, "rfm_net": 2_500,
    }  # fmt: skip
    assert traits_at(marzelline, AT)["rfm_amount"] == 3
    assert traits_at(leonore, AT - timedelta(seconds=1)) == {}


def test_the_day_of_the_last_sale_is_the_operators() -> None:
    open_shop()
    (leonore,) = customers(1)
    buy([purchase(leonore, 100, datetime(2026, 2, 27, 23, 30, tzinfo=UTC))])  # half past midnight in Paris
    refresh(by=ROCCO, at=AT)
    assert traits_at(leonore, AT)["rfm_last_sale_on"] == date(2026, 2, 28)


def test_the_next_refresh_closes_what_changed_and_ends_what_is_no_more() -> None:
    open_shop()
    leonore, marzelline = customers(2)
    buy([purchase(leonore, 2_000, AT - timedelta(days=2)), purchase(marzelline, 2_000, AT - timedelta(days=725))])
    refresh(by=ROCCO, at=AT)
    later = AT + timedelta(days=10)
    buy([purchase(leonore, 700, AT + timedelta(days=1))])
    refresh(by=ROCCO, at=later)
    assert traits_at(leonore, AT)["rfm_net"] == 2_000
    assert traits_at(leonore, later)["rfm_net"] == 2_700
    assert traits_at(marzelline, AT)["rfm_sales"] == 1
    assert traits_at(marzelline, later) == {}
    assert get_rfm_of([marzelline]) is None


def test_a_second_refresh_of_the_same_facts_changes_no_trait() -> None:
    open_shop()
    (leonore,) = customers(1)
    buy([purchase(leonore, 2_000, AT - timedelta(days=2))])
    refresh(by=ROCCO, at=AT)
    refresh(by=ROCCO, at=AT + timedelta(hours=1))
    assert OutboxEvent.objects.filter(name="traits.set").count() == 1
    assert OutboxEvent.objects.filter(name="insight.refreshed").count() == 2


def test_it_announces_and_audits() -> None:
    open_shop()
    buy([purchase(customers(1)[0], 2_000, AT - timedelta(days=2))])
    done = refresh(by=ROCCO, at=AT)
    event = OutboxEvent.objects.get(name="insight.refreshed")
    assert event.payload == {"refresh_id": str(done.id), "count": 1}
    verbs = Audit.objects.filter(by_label="Rocco").values_list("verb", flat=True)
    assert set(verbs) == {"insight.refresh", "customer.define_trait", "customer.set_traits"}


def test_merged_customers_are_one_person_and_simulations_nobody() -> None:
    open_shop()
    leonore, fidelio, rocco = customers(3)
    Customer.objects.filter(id=fidelio).update(merged_into=leonore)
    buy([purchase(leonore, 1_000, AT - timedelta(days=9)), purchase(fidelio, 300, AT - timedelta(days=4))])
    buy([purchase(rocco, 1_000, AT - timedelta(days=9), origin="simulation"), purchase(None, 5, AT)])
    refresh(by=ROCCO, at=AT)
    score = RfmScore.objects.get()
    assert (score.customer_id, score.frequency, score.amount, score.recency_days) == (leonore, 2, 1_300, 4)
    assert get_rfm_of([leonore, fidelio]) == score


def test_a_history_brought_in_is_scored_as_of_its_own_end() -> None:
    open_shop()
    (leonore,) = customers(1)
    end = datetime(2011, 12, 10, tzinfo=UTC)
    buy([purchase(leonore, 1_000, end - timedelta(days=9), currency="GBP")])
    done = refresh(by=ROCCO, at=AT, as_of=end, currency="GBP")
    assert (done.as_of, done.currency) == (end, "GBP")
    assert traits_at(leonore, end)["rfm_net"] == 1_000


def test_pages_ask_for_cells_groups_people_and_the_definition() -> None:
    open_shop()
    people = customers(10)
    buy([purchase(person, 100 * (n + 1), AT - timedelta(days=n + 1)) for n, person in enumerate(people)])
    buy([purchase(people[0], 50, AT - timedelta(days=1))])
    done = refresh(by=ROCCO, at=AT)
    assert get_last_refresh() == done
    cells = list_rfm_cells(by=ROCCO, refresh=done)
    assert len(cells) == 25
    assert sum(cell.customers for cell in cells) == 10
    best = next(cell for cell in cells if (cell.recency_score, cell.frequency_score) == (5, 5))
    assert (best.customers, best.amount, best.recency_days, best.frequency) == (1, Money(150, "EUR"), (1, 1), (2, 2))
    assert best.segment.key == "champions"
    newest = next(cell for cell in cells if (cell.recency_score, cell.frequency_score) == (1, 1))
    assert (newest.customers, newest.amount, newest.median_amount) == (2, Money(1_900, "EUR"), Money(900, "EUR"))
    totals = {total.segment.key: total.customers for total in list_rfm_segments(by=ROCCO, refresh=done)}
    assert totals["champions"] == 1
    assert sum(totals.values()) == 10
    first, second = list_customers_of_cell(by=ROCCO, recency_score=1, frequency_score=1)
    assert (first.amount, second.amount) == (1_000, 900)
    after = (first.amount, first.customer_id)
    assert list_customers_of_cell(by=ROCCO, recency_score=1, frequency_score=1, after=after) == [second]
    assert get_rfm_definition().first.startswith("Recency, frequency and amount")


def test_nothing_is_known_before_the_first_refresh() -> None:
    assert get_last_refresh() is None
    assert get_rfm_of([new_id()]) is None
    with pytest.raises(NoExport):
        get_last_export()


def test_facts_older_than_what_is_asked_are_refused() -> None:
    open_shop()
    refresh(by=ROCCO, at=AT)
    export = get_last_export(since=AT)
    with pytest.raises(NoExport):
        get_last_export(since=export.cut_off_at + timedelta(seconds=1))


@pytest.mark.parametrize("window_days", [0, 3_661])
def test_it_refuses_a_window_that_is_none(window_days: int) -> None:
    with pytest.raises(WindowOutOfBounds):
        refresh(by=ROCCO, at=AT, window_days=window_days)


def test_refusals_leave_nothing() -> None:
    with pytest.raises(OperatorNotSetUp):
        refresh(by=ROCCO, at=AT)
    with pytest.raises(Denied):
        refresh(by=PIZARRO, at=AT)
    with pytest.raises(Denied):
        list_rfm_cells(by=PIZARRO, refresh=Refresh(currency="EUR"))
    with pytest.raises(Denied):
        list_customers_of_cell(by=PIZARRO, recency_score=1, frequency_score=1)
    assert not FactExport.objects.exists()
    assert not Refresh.objects.exists()
