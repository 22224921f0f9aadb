"""What products cost, which margin is assumed without a cost, and what stores have in stock."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from fidelia.products.models import MarginRate, ProductCost, StockLevel, UnitCost
from fidelia.products.operations import NewCost, NewMarginRate

from .types import Day, Input, Instant, Name64, Output, Text300, shown

ROWS_MAX = 1_000
CostText = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,12}(\.[0-9]{1,6})?$", max_length=19)]
RateText = Annotated[str, StringConstraints(pattern=r"^-?[0-9]{1,3}(\.[0-9]{1,2})?$", max_length=7)]
StockText = Annotated[str, StringConstraints(pattern=r"^-?[0-9]{1,9}(\.[0-9]{1,3})?$", max_length=14)]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
_COST = {"code": "TEA-250", "cost": "2.1450", "currency": "EUR", "valid_from": "2026-01-01"}
_RATE = {"category": "Food/Tea", "rate": "42.50", "valid_from": "2026-01-01"}
_LEVEL = {"code": "TEA-250", "quantity": "18", "counted_at": "2026-03-02T09:30:00Z"}
_STORE_ID = "019a5c1e-6000-7000-8000-000000000009"


class CostIn(Input):
    """What one unit of a product costs from a day on, until a later cost."""

    code: Name64
    cost: CostText = Field(description="Up to six decimals; with the same taxes as prices.")
    currency: Currency
    valid_from: Day

    def as_row(self) -> NewCost:
        whole, _, part = self.cost.partition(".")
        cost = UnitCost(int(whole + part), len(part), self.currency)
        return NewCost(code=self.code, cost=cost, valid_from=self.valid_from)


class CostsIn(Input):
    """Costs to set; one of the same product, currency and day takes the place of what was known."""

    model_config = shown({"costs": [_COST]})
    costs: list[CostIn] = Field(min_length=1, max_length=ROWS_MAX)


class CostOut(Output):
    """A cost of a product."""

    model_config = shown(_COST)
    code: str
    cost: str
    currency: str
    valid_from: date


class CostsOut(Output):
    """Costs of products."""

    model_config = shown({"data": [_COST]})
    data: list[CostOut]


class MarginRateIn(Input):
    """The margin assumed of a category, and what lies under it, where no cost is known."""

    category: Text300 = Field(description="A path such as Food/Tea; empty for every other category.")
    rate: RateText = Field(description="Per cent of the price, from -100 to 100.")
    valid_from: Day

    def as_row(self) -> NewMarginRate:
        return NewMarginRate(category=self.category, rate=int(Decimal(self.rate) * 100), valid_from=self.valid_from)


class MarginRatesIn(Input):
    """Margin rates to set; one of the same category and day takes the place of what was known."""

    model_config = shown({"rates": [_RATE]})
    rates: list[MarginRateIn] = Field(min_length=1, max_length=ROWS_MAX)


class MarginRateOut(Output):
    """A margin assumed of a category."""

    model_config = shown(_RATE)
    category: str
    rate: str
    valid_from: date


class MarginRatesOut(Output):
    """Margins assumed of categories."""

    model_config = shown({"data": [_RATE]})
    data: list[MarginRateOut]


class StockLevelIn(Input):
    """How much of a product a store had when it was counted."""

    code: Name64
    store: Name64 = Field(description="Its code, or banner/code where two banners use it.")
    quantity: StockText
    counted_at: Instant


class StockLevelsIn(Input):
    """Stock levels; one counted before the one that is known changes nothing."""

    model_config = shown({"levels": [{**_LEVEL, "store": "lyon-01"}]})
    levels: list[StockLevelIn] = Field(min_length=1, max_length=ROWS_MAX)


class StockLevelOut(Output):
    """The last count of a product in a store."""

    model_config = shown({**_LEVEL, "store_id": _STORE_ID})
    code: str
    store_id: UUID
    quantity: str
    counted_at: datetime


class StockLevelsOut(Output):
    """The last counts."""

    model_config = shown({"data": [{**_LEVEL, "store_id": _STORE_ID}]})
    data: list[StockLevelOut]


def cost_out(cost: ProductCost, code: str) -> CostOut:
    return CostOut(code=code, cost=cost.unit_cost.text(), currency=cost.currency, valid_from=cost.valid_from)


def margin_rate_out(rate: MarginRate) -> MarginRateOut:
    return MarginRateOut(category=rate.category, rate=f"{Decimal(rate.rate) / 100:.2f}", valid_from=rate.valid_from)


def stock_level_out(level: StockLevel, code: str) -> StockLevelOut:
    quantity = f"{Decimal(level.quantity) / 1000:f}"
    quantity = quantity.rstrip("0").rstrip(".") if "." in quantity else quantity
    return StockLevelOut(code=code, store_id=level.store_id, quantity=quantity, counted_at=level.counted_at)
