"""/product-costs, /margin-rates, /stock-levels: what is known of products beside their names."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router

from fidelia.kernel.errors import FideliaError
from fidelia.kernel.idempotency import RequestRepeated
from fidelia.organisation.queries import get_store_by_code
from fidelia.products.operations import NewStock, change_costs, change_margin_rates, change_stock
from fidelia.products.queries import find_costs, find_stock, list_costs, list_margin_rates, list_stock

from .answers import answer
from .errors import within
from .exchange import exchange_of
from .idempotency import request_key
from .schemas.costs import (
    CostsIn,
    CostsOut,
    MarginRatesIn,
    MarginRatesOut,
    StockLevelsIn,
    StockLevelsOut,
    cost_out,
    margin_rate_out,
    stock_level_out,
)

costs = Router(tags=["products"])
margin_rates = Router(tags=["products"])
stock_levels = Router(tags=["products"])


@costs.post("", response=CostsOut, summary="Set what products cost", operation_id="change_product_costs")
def set_costs(request: HttpRequest, body: CostsIn) -> HttpResponse:
    """All or none, each from its day until a later one. Needs the right product.change."""
    exchange, once = exchange_of(request), request_key(request)
    rows, replayed = [one.as_row() for one in body.costs], False
    try:
        with within("/costs"):
            change_costs(by=exchange.by, at=exchange.at, rows=rows, once=once)
    except RequestRepeated:
        replayed = True
    found = find_costs((row.code, one.currency, row.valid_from) for row, one in zip(rows, body.costs, strict=True))
    return answer(CostsOut(data=[cost_out(cost, cost.product.code) for cost in found]), replayed=replayed)


@costs.get("", response=CostsOut, summary="What a product costs", operation_id="list_product_costs")
def get_costs(request: HttpRequest, code: str) -> HttpResponse:
    """Every cost of a product, the latest first. Needs the right product.see."""
    return answer(CostsOut(data=[cost_out(cost, code) for cost in list_costs(by=exchange_of(request).by, code=code)]))


@margin_rates.post("", response=MarginRatesOut, summary="Set assumed margins", operation_id="change_margin_rates")
def set_rates(request: HttpRequest, body: MarginRatesIn) -> HttpResponse:
    """All or none, each from its day until a later one. Needs the right product.change."""
    exchange, once = exchange_of(request), request_key(request)
    rows, replayed = [one.as_row() for one in body.rates], False
    try:
        with within("/rates"):
            change_margin_rates(by=exchange.by, at=exchange.at, rows=rows, once=once)
    except RequestRepeated:
        replayed = True
    said = {(row.category, row.valid_from) for row in rows}
    found = [rate for rate in list_margin_rates(by=exchange.by) if (rate.category, rate.valid_from) in said]
    return answer(MarginRatesOut(data=[margin_rate_out(rate) for rate in found]), replayed=replayed)


@margin_rates.get("", response=MarginRatesOut, summary="The assumed margins", operation_id="list_margin_rates")
def get_rates(request: HttpRequest) -> HttpResponse:
    """By category, the latest first. Needs the right product.see."""
    found = list_margin_rates(by=exchange_of(request).by)
    return answer(MarginRatesOut(data=[margin_rate_out(rate) for rate in found]))


@stock_levels.post("", response=StockLevelsOut, summary="Say what is in stock", operation_id="change_stock_levels")
def set_levels(request: HttpRequest, body: StockLevelsIn) -> HttpResponse:
    """All or none; one counted before the one that is known changes nothing. Needs the right product.change."""
    exchange, once = exchange_of(request), request_key(request)
    rows = [
        NewStock(
            code=one.code,
            store_id=_store_named(one.store, f"/levels/{place}/store"),
            quantity=int(Decimal(one.quantity) * 1000),
            counted_at=one.counted_at,
        )
        for place, one in enumerate(body.levels)
    ]
    replayed = False
    try:
        with within("/levels"):
            change_stock(by=exchange.by, at=exchange.at, rows=rows, once=once)
    except RequestRepeated:
        replayed = True
    found = find_stock((row.code, row.store_id) for row in rows)
    return answer(
        StockLevelsOut(data=[stock_level_out(level, level.product.code) for level in found]), replayed=replayed
    )


@stock_levels.get("", response=StockLevelsOut, summary="What is in stock", operation_id="list_stock_levels")
def get_levels(request: HttpRequest, code: str) -> HttpResponse:
    """The last count of a product in each store. Needs the right product.see."""
    found = list_stock(by=exchange_of(request).by, code=code)
    return answer(StockLevelsOut(data=[stock_level_out(level, code) for level in found]))


def _store_named(name: str, pointer: str) -> UUID:
    banner, _slash, code = name.rpartition("/")
    try:
        return get_store_by_code(code=code, banner_code=banner or None).id
    except FideliaError as refusal:
        refusal.pointer = pointer
        raise
