"""Stages of the lifecycle: prospect, buyer, customer, supporter, ambassador, and those who left.

A person has one stage at each instant, by a definition that a loyalty manager edits; who moved from which stage to
which is the comparison of two instants.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import ibis
from ibis import _

from fidelia.insight.errors import MalformedStages

from .rfm import sales_kept

STAGES: Final = ("prospect", "buyer", "customer", "supporter", "ambassador", "left")


@dataclass(frozen=True, slots=True)
class StageDefinition:
    """What makes a stage. `window_days`: how far back a supporter's new products count.

    `left_after_days` without a purchase, whoever had bought has left. `supporter_new_products` are products bought for
    the first time in the window, after the customer's first purchase. `ambassador_recommendations` are people brought
    in; where nothing is known of recommendations nobody is an ambassador.
    """

    customer_purchases: int = 2
    supporter_new_products: int = 2
    window_days: int = 365
    ambassador_recommendations: int = 1
    left_after_days: int = 365

    def __post_init__(self) -> None:
        if self.customer_purchases < 2:
            raise MalformedStages("A customer has bought at least twice.", pointer="/customer_purchases")
        for name in ("supporter_new_products", "window_days", "ambassador_recommendations", "left_after_days"):
            if getattr(self, name) < 1:
                raise MalformedStages("This is at least 1.", pointer=f"/{name}")


def stages_at(
    purchases: ibis.Table,
    lines: ibis.Table,
    *,
    as_of: datetime,
    definition: StageDefinition,
    people: ibis.Table | None = None,
    recommendations: ibis.Table | None = None,
) -> ibis.Table:
    """Prospect: has bought nothing that was kept. Buyer: bought once. Customer: came back and bought again.
    Supporter: a customer who lately tried new products. Ambassador: a supporter who brought people in. Gone: has
    bought, but not for a long time. Sales returned in full do not count.

    Each person has one stage: how many purchases, how many new products and how long are those of the definition.

    `people`: customer_id, created_at (prospects are unknown without it); `recommendations`: customer_id, occurred_at.
    Columns: customer_id, stage.
    """
    inside = purchases.filter(_.customer_id.notnull(), _.occurred_at <= as_of)
    kept = sales_kept(inside, lines, as_of=as_of)
    bought = kept.group_by("customer_id").agg(
        # Each sale is one row. To count distinct ids is to hold them all: those of ten million are too many.
        sales=_.purchase_id.count(),
        first_at=_.occurred_at.min(),
        last_at=_.occurred_at.max(),
    )
    tried = new_products(kept, lines, since=as_of - timedelta(days=definition.window_days))
    known = _with_recommendations(
        bought.left_join(tried, "customer_id").drop("customer_id_right"), recommendations, as_of
    )
    staged = known.select("customer_id", stage=_stage_of(known, as_of, definition))
    return staged if people is None else staged.union(_prospects(people, staged, as_of))


def new_products(kept: ibis.Table, lines: ibis.Table, *, since: datetime) -> ibis.Table:
    """Products that a customer bought for the first time after `since`, those of the first purchase not counted.

    Columns: customer_id, tried (int64).
    """
    bought = kept.join(lines.filter(_.is_product, _.net > 0).select("purchase_id", "product_code"), "purchase_id")
    first = bought.group_by("customer_id", "product_code").agg(first_at=_.occurred_at.min())
    born = kept.group_by("customer_id").agg(born_at=_.occurred_at.min())
    return (
        first.join(born, "customer_id")
        .filter(_.first_at > since, _.first_at > _.born_at)
        .group_by("customer_id")
        .agg(tried=_.count().cast("int64"))
    )


def moves(before: ibis.Table, after: ibis.Table) -> ibis.Table:
    """How many people went from each stage to each other one between two instants; who is new comes from "new".

    `before`, `after`: customer_id, stage. Columns: from_stage, to_stage, people (int64).
    """
    then = before.select("customer_id", from_stage="stage")
    now = after.select(known_id="customer_id", to_stage="stage")
    return (
        now.left_join(then, now.known_id == then.customer_id)
        .group_by(from_stage=_.from_stage.fill_null("new"), to_stage=_.to_stage)
        .agg(people=_.count().cast("int64"))
        .order_by("from_stage", "to_stage")
    )


def _with_recommendations(bought: ibis.Table, recommendations: ibis.Table | None, as_of: datetime) -> ibis.Table:
    if recommendations is None:
        return bought.mutate(brought=ibis.literal(0, "int64"))
    counted = (
        recommendations.filter(_.customer_id.notnull(), _.occurred_at <= as_of)
        .group_by(sponsor_id=_.customer_id)
        .agg(brought=_.count().cast("int64"))
    )
    return (
        bought.left_join(counted, bought.customer_id == counted.sponsor_id)
        .mutate(brought=_.brought.fill_null(0))
        .drop("sponsor_id")
    )


def _stage_of(known: ibis.Table, as_of: datetime, definition: StageDefinition) -> ibis.Value:
    is_supporter = (known.sales >= definition.customer_purchases) & (
        known.tried.fill_null(0) >= definition.supporter_new_products
    )
    left_before = as_of - timedelta(days=definition.left_after_days)
    return ibis.cases(
        (known.last_at <= left_before, "left"),
        (is_supporter & (known.brought >= definition.ambassador_recommendations), "ambassador"),
        (is_supporter, "supporter"),
        (known.sales >= definition.customer_purchases, "customer"),
        else_="buyer",
    )


def _prospects(people: ibis.Table, staged: ibis.Table, as_of: datetime) -> ibis.Table:
    known = people.filter(_.customer_id.notnull(), _.created_at <= as_of).select("customer_id").distinct()
    return known.anti_join(staged, "customer_id").mutate(stage=ibis.literal("prospect"))
