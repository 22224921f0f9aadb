"""Stages by an editable definition, and who moved between two instants."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import ibis
import pyarrow
import pytest

from fidelia.insight.errors import MalformedStages
from fidelia.insight.measures.lifecycle import StageDefinition, moves, stages_at
from tests.insight.measures.history import AS_OF, History, rows_of

DEFINITION = StageDefinition()


def stages(history: History, *, definition: StageDefinition = DEFINITION, **other: Any) -> dict[str, str]:
    table = stages_at(*history.tables(), as_of=AS_OF, definition=definition, **other)
    return {row["customer_id"]: row["stage"] for row in rows_of(table)}


def moments(*rows: tuple[str, float], column: str) -> ibis.Table:
    schema = pyarrow.schema([("customer_id", pyarrow.string()), (column, pyarrow.timestamp("us", tz="UTC"))])
    listed = [{"customer_id": customer, column: AS_OF - timedelta(days=days)} for customer, days in rows]
    return ibis.memtable(pyarrow.Table.from_pylist(listed, schema=schema))


def company() -> History:
    history = History()
    history.sale("marzelline", 30, ("tea-1", 500))
    history.sale("rocco", 100, ("tea-1", 500))
    history.sale("rocco", 30, ("tea-1", 500))
    for customer in ("leonore", "fernando"):
        history.sale(customer, 200, ("tea-1", 500))
        history.sale(customer, 90, ("tea-1", 500), ("cup-1", 900))
        history.sale(customer, 20, ("pot-1", 900))
    history.sale("pizarro", 366, ("tea-1", 500))
    return history


def test_each_person_has_the_stage_of_the_definition() -> None:
    found = stages(
        company(), people=moments(("jaquino", 10), ("rocco", 400), column="created_at"),
        recommendations=moments(("fernando", 50), column="occurred_at"),
    )  # fmt: skip
    assert found == {
        "jaquino": "prospect", "marzelline": "buyer", "rocco": "customer", "leonore": "supporter",
        "fernando": "ambassador", "pizarro": "left",
    }  # fmt: skip


def test_without_recommendations_nobody_is_an_ambassador() -> None:
    assert stages(company())["fernando"] == "supporter"


def test_the_definition_is_editable() -> None:
    definition = StageDefinition(customer_purchases=3, supporter_new_products=3, left_after_days=500)
    found = stages(company(), definition=definition)
    assert found == {
        "marzelline": "buyer", "rocco": "buyer", "leonore": "customer", "fernando": "customer", "pizarro": "buyer",
    }  # fmt: skip


def test_products_of_the_first_purchase_are_not_new_ones() -> None:
    history = History()
    history.sale("leonore", 90, ("tea-1", 500), ("cup-1", 500), ("pot-1", 500))
    history.sale("leonore", 20, ("tea-1", 500), ("cup-1", 500))
    assert stages(history) == {"leonore": "customer"}


def test_what_was_given_back_in_full_makes_no_stage() -> None:
    history = History()
    sale = history.sale("leonore", 90, ("tea-1", 500))
    history.back(sale, 80, ("tea-1", 500))
    assert stages(history) == {}
    assert stages(history, people=moments(("leonore", 91), column="created_at")) == {"leonore": "prospect"}


def test_moves_count_people_from_stage_to_stage() -> None:
    history = company()
    then = stages_at(*history.tables(), as_of=AS_OF - timedelta(days=60), definition=DEFINITION)
    now = stages_at(*history.tables(), as_of=AS_OF, definition=DEFINITION)
    assert {(row["from_stage"], row["to_stage"]): row["people"] for row in rows_of(moves(then, now))} == {
        ("new", "buyer"): 1, ("buyer", "customer"): 1, ("customer", "supporter"): 2, ("buyer", "left"): 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    "wrong", [{"customer_purchases": 1}, {"window_days": 0}, {"left_after_days": 0}, {"supporter_new_products": 0}]
)
def test_a_definition_out_of_bounds_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(MalformedStages) as refused:
        StageDefinition(**wrong)
    assert refused.value.pointer == f"/{next(iter(wrong))}"
