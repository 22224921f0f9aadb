"""What analytics may read of products."""

from __future__ import annotations

from fidelia.kernel.facts import FactTable

PRODUCTS = FactTable(
    name="products",
    sql="""select p.id::text as product_id, p.code, p.name, p.category, p.brand, p.is_product, p.earns, p.launched_on,
       p.price, p.price_currency, p.partner_id::text, p.updated_at
from products_product p""",
    columns={
        "product_id": "string",
        "code": "string",
        "name": "string",
        "category": "string",
        "brand": "string",
        "is_product": "boolean",
        "earns": "boolean",
        "launched_on": "date",
        "price": "int64",
        "price_currency": "string",
        "partner_id": "string",
        "updated_at": "timestamp",
    },
    key=("product_id",),
    recorded_at_column="updated_at",
)
PRODUCT_COSTS = FactTable(
    name="product_costs",
    # As `amount` units of 10^-scale of the currency, which may be finer than its minor unit.
    sql="""select c.product_id::text, c.currency, c.amount, c.scale::int as scale, c.valid_from, c.source, c.recorded_at
from products_cost c""",
    columns={
        "product_id": "string",
        "currency": "string",
        "amount": "int64",
        "scale": "int32",
        "valid_from": "date",
        "source": "string",
        "recorded_at": "timestamp",
    },
    key=("product_id", "currency", "valid_from"),
    recorded_at_column="recorded_at",
)
MARGIN_RATES = FactTable(
    name="margin_rates",
    sql="""select m.category, m.rate, m.valid_from, m.recorded_at from products_margin_rate m""",
    columns={"category": "string", "rate": "int32", "valid_from": "date", "recorded_at": "timestamp"},
    key=("category", "valid_from"),
    recorded_at_column="recorded_at",
)
STOCK_LEVELS = FactTable(
    name="stock_levels",
    sql="""select k.product_id::text, k.store_id::text, k.quantity, k.counted_at, k.recorded_at
from products_stock k""",
    columns={
        "product_id": "string",
        "store_id": "string",
        "quantity": "int64",
        "counted_at": "timestamp",
        "recorded_at": "timestamp",
    },
    key=("product_id", "store_id"),
    recorded_at_column="recorded_at",
)
FACTS = (PRODUCTS, PRODUCT_COSTS, MARGIN_RATES, STOCK_LEVELS)
