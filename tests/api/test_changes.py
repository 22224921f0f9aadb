"""A copy that is kept by `updated_since` misses no change, however late its transaction ends."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from django.db import connection

from tests.kernel.serving import owner

from .caller import Caller, basket

# What is not committed is below no horizon.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("florestan")]

LONG_AGO = "2020-01-01T00:00:00Z"
_COPY = """
insert into activity_purchase (purchase_id, kind, source, receipt_number, idempotency_owner, idempotency_key,
    request_hash, channel, currency, total, product_total, points, occurred_at, recorded_at, origin)
select gen_random_uuid(), 'sale', 'elsewhere', 'slow', 'elsewhere', 'slow', '\\x00', channel, currency, total,
    product_total, 0, occurred_at, recorded_at, origin
from activity_purchase limit 1
"""


@pytest.fixture
def slow_writer(db: None) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A connection whose transaction stays open while others commit."""
    from tests.conftest import address_of

    with psycopg.connect(address_of(str(connection.settings_dict["NAME"]))) as other:
        yield other
        other.rollback()


def settle() -> None:
    """Wait until what was committed lies below the horizon: a transaction of another database that ends just while it
    is looked for counts as ours, and holds it back for a moment."""
    with connection.cursor() as cursor:
        for _time in range(1_000):
            cursor.execute(
                "select kernel_horizon() > greatest((select max(changed_xid) from activity_purchase), "
                "(select max(changed_xid) from customers_customer))"
            )
            if cursor.fetchone()[0] is not False:
                return
    raise AssertionError("the horizon does not move")


def read_all(till: Caller, since: str, limit: int = 2) -> tuple[list[str], str]:
    path = f"/purchases?limit={limit}&updated_since={since}"
    page = till.get(path).json()
    mark, seen = page["updated_until"], [row["receipt_number"] for row in page["data"]]
    while page["next"] is not None:
        page = till.get(f"{path}&after={page['next']}").json()
        seen += [row["receipt_number"] for row in page["data"]]
    return sorted(seen), mark


def test_each_reading_goes_on_where_the_last_one_ended(till: Caller) -> None:
    for number in ("1", "2", "3"):
        till.post("/purchases", basket(member=None, receipt_number=number))
    settle()
    seen, mark = read_all(till, LONG_AGO)
    assert seen == ["1", "2", "3"]
    assert read_all(till, mark)[0] == []
    till.post("/purchases", basket(member=None, receipt_number="4"))
    settle()
    assert read_all(till, mark)[0] == ["4"]


def test_a_purchase_committed_after_later_ones_is_not_skipped(
    slow_writer: psycopg.Connection[tuple[object, ...]], till: Caller
) -> None:
    till.post("/purchases", basket(member=None, receipt_number="before"))
    settle()
    slow_writer.execute(_COPY)
    till.post("/purchases", basket(member=None, receipt_number="after"))
    seen, mark = read_all(till, LONG_AGO)
    assert seen == ["before"], "what is above the horizon waits for the transaction that is still open"
    slow_writer.commit()
    settle()
    assert read_all(till, mark)[0] == ["after", "slow"]


def test_a_customer_who_changed_comes_again(till: Caller) -> None:
    till.post("/customers", {"family_name": "Jaquino", "language": "fr"})
    settle()
    first = till.get(f"/customers?updated_since={LONG_AGO}").json()
    jaquino = next(row for row in first["data"] if row["family_name"] == "Jaquino")
    path = f"/customers?updated_since={first['updated_until']}"
    assert till.get(path).json()["data"] == []
    till.patch(f"/customers/{jaquino['id']}", {"given_name": "Joachim"})
    settle()
    assert [row["id"] for row in till.get(path).json()["data"]] == [jaquino["id"]]


def test_an_instant_keeps_what_was_recorded_then_or_after(till: Caller) -> None:
    till.post("/purchases", basket(member=None))
    settle()
    assert till.get("/purchases?updated_since=2026-03-02T09:30:00.001Z").json()["data"] == []
    assert len(till.get("/purchases?updated_since=2026-03-02T10:30:00%2B01:00").json()["data"]) == 1
    till.post("/customers", {"family_name": "Jaquino", "language": "fr"})
    settle()
    assert till.get("/customers?updated_since=2026-03-02T09:30:00.001Z").json()["data"] == []
    names = [row["family_name"] for row in till.get("/customers?updated_since=2026-03-02T09:30:00Z").json()["data"]]
    assert "Jaquino" in names


def test_a_list_without_updated_since_gives_no_mark(till: Caller) -> None:
    assert till.get("/purchases").json()["updated_until"] is None


@pytest.mark.parametrize("mark", ["made-up", "WzAsMV0:" + "a" * 43])
def test_a_mark_that_was_not_given_out_is_refused(till: Caller, mark: str) -> None:
    assert till.get(f"/purchases?updated_since={mark}").status == 422


def test_a_mark_from_before_a_restore_is_refused_and_an_instant_gives_all(till: Caller) -> None:
    till.post("/purchases", basket(member=None, receipt_number="1"))
    settle()
    mark = read_all(till, LONG_AGO)[1]
    with owner() as restored:  # as a dump of a cluster whose counter was far ahead
        restored.execute("update activity_purchase set changed_xid = '9000000000'")
        assert read_all(till, LONG_AGO)[0] == []
        restored.execute("select kernel_restored()")
    till.get(f"/purchases?updated_since={mark}").problem(422, "stale_change_mark")
    settle()
    assert read_all(till, LONG_AGO)[0] == ["1"]
