"""What analytics may read of products."""

from __future__ import annotations

from fidelia.kernel.facts import FactTable

PRODUCTS = FactTable(
    name="products",
    sql="""select p.id::text as product_id, p.code, p.name, p.category, p.brand, p.is_product, p.earns, p.launched_on,
       p.partner_id::text, p.updated_at
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
        "partner_id": "string",
        "updated_at": "timestamp",
    },
    key=("product_id",),
    recorded_at_column="updated_at",
)
PRODUCT_COSTS = FactTable(
    name="product_costs",
    sql="""select c.product_id::text, c.currency, c.amount, c.valid_from, c.recorded_at from products_cost c""",
    columns={
        "product_id": "string",
        "currency": "string",
        "amount": "int64",
        "valid_from": "date",
        "recorded_at": "timestamp",
    },
    key=("product_id", "currency", "valid_from"),
    recorded_at_column="recorded_at",
)
FACTS = (PRODUCTS, PRODUCT_COSTS)
