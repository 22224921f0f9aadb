"""What insight says of one customer, and the global control group."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from .types import Input, Output, shown


class NextProductOut(Output):
    """A product that a customer is likely to buy next, and why."""

    product_code: str
    name: str
    reason: Literal["again", "together", "alike", "popular"] = Field(
        description="again: bought `times` before; together: `people` bought it with `because`; alike: bought by "
        "`people` of the customers most like this one; popular: bought by `people` in all."
    )
    times: int
    people: int
    because: str


class AlikeOut(Output):
    """A customer much like this one: what the two are compared by, and how far apart they are (0: the same)."""

    customer_id: UUID
    purchases: int
    amount: int = Field(description="Minor units, over the window of the last refresh.")
    recency_days: int
    purchase_type: str
    distance: float


class CustomerInsightOut(Output):
    """What the last refresh learnt of a customer, and what they are likely to buy next."""

    model_config = shown(
        {
            "customer_id": "019a5c1e-8a11-7d01-8b7e-51f4f2f0aa01",
            "as_of": "2026-03-02T02:30:00Z",
            "traits": {"lifecycle_stage": "customer", "probability_active": 92, "rfm_segment": "champions"},
            "next_products": [],
            "alike": [],
        }
    )
    customer_id: UUID
    as_of: datetime | None
    traits: dict[str, int | str | bool | date]
    next_products: list[NextProductOut]
    alike: list[AlikeOut]


class GlobalControlIn(Input):
    """The share of all members held out from now on, in percent with one decimal; 0 ends the group."""

    model_config = shown({"percent": "5"})
    percent: str = Field(pattern=r"^[0-9]{1,2}(\.[0-9])?$")


class EffectOut(Output):
    """Members less the group, a person, with an interval that holds however often one looks; null: too few people."""

    difference: float
    low: float
    high: float
    finding: Literal["positive", "negative", "no effect found"]
    members: int
    held_out: int


class GlobalControlResultOut(Output):
    """What was counted in one programme: the share who bought, minor units spent and points granted, a person."""

    programme: str
    currency: str
    counted_from: datetime
    counted_until: datetime
    buyers: EffectOut | None
    spend: EffectOut | None
    points: EffectOut | None


class GlobalControlOut(Output):
    """The global control group: its share in percent, null where nobody is held out, and how large both sides are."""

    model_config = shown(
        {"percent": "5", "begins_at": "2026-03-02T09:30:00Z", "held_out": 51, "members": 949, "results": []}
    )
    percent: str | None
    begins_at: datetime | None
    held_out: int
    members: int
    results: list[GlobalControlResultOut]
