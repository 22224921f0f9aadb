"""What analytics may read of activity."""

from __future__ import annotations

from fidelia.kernel.facts import FactTable

PURCHASES = FactTable(
    name="purchases",
    sql="""select purchase_id::text, kind, source, programme_id::text, customer_id::text, enrolment_id::text,
       account_id::text, partner_id::text, store_id::text, channel, currency, total, product_total, points,
       rule_version_id::text, returns_purchase_id::text, occurred_at, recorded_at, origin
from activity_purchase""",
    columns={
        "purchase_id": "string",
        "kind": "string",
        "source": "string",
        "programme_id": "string",
        "customer_id": "string",
        "enrolment_id": "string",
        "account_id": "string",
        "partner_id": "string",
        "store_id": "string",
        "channel": "string",
        "currency": "string",
        "total": "int64",
        "product_total": "int64",
        "points": "int64",
        "rule_version_id": "string",
        "returns_purchase_id": "string",
        "occurred_at": "timestamp",
        "recorded_at": "timestamp",
        "origin": "string",
    },
    key=("purchase_id",),
    recorded_at_column="recorded_at",
)
LINES = FactTable(
    name="lines",
    sql="""select line.purchase_id::text, line.line_number::int, line.product_id::text, line.product_code,
       line.quantity, line.net, line.is_product, line.points, line.returns_purchase_id::text,
       line.returns_line_number::int, purchase.occurred_at, purchase.recorded_at
from activity_line line join activity_purchase purchase using (purchase_id)""",
    columns={
        "purchase_id": "string",
        "line_number": "int32",
        "product_id": "string",
        "product_code": "string",
        "quantity": "int64",
        "net": "int64",
        "is_product": "boolean",
        "points": "int64",
        "returns_purchase_id": "string",
        "returns_line_number": "int32",
        "occurred_at": "timestamp",
        "recorded_at": "timestamp",
    },
    key=("purchase_id", "line_number"),
    recorded_at_column="recorded_at",
)
FACTS = (PURCHASES, LINES)
