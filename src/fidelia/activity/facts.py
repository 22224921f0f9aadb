"""What analytics may read of activity."""

from __future__ import annotations

from fidelia.kernel.facts import FactTable

PURCHASES = FactTable(
    name="purchases",
    sql="""select purchase_id::text, kind, source,
       coalesce(purchase.programme_id, claim.programme_id)::text as programme_id,
       coalesce(purchase.customer_id, claim.customer_id)::text as customer_id,
       coalesce(purchase.enrolment_id, claim.enrolment_id)::text as enrolment_id,
       coalesce(purchase.account_id, claim.account_id)::text as account_id, partner_id::text, store_id::text, channel,
       currency, total, product_total, gross, discount, tax, paid_by_points, paid_by_gift_cards,
       coalesce(claim.points, purchase.points) as points,
       coalesce(claim.rule_version_id, purchase.rule_version_id)::text as rule_version_id, returns_purchase_id::text,
       borne_by_store_id::text, claim.claimed_at, occurred_at, recorded_at, origin
from activity_purchase purchase left join activity_claim claim using (purchase_id)""",
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
        "gross": "int64",
        "discount": "int64",
        "tax": "int64",
        "paid_by_points": "int64",
        "paid_by_gift_cards": "int64",
        "points": "int64",
        "rule_version_id": "string",
        "returns_purchase_id": "string",
        "borne_by_store_id": "string",
        "claimed_at": "timestamp",
        "occurred_at": "timestamp",
        "recorded_at": "timestamp",
        "origin": "string",
    },
    key=("purchase_id",),
    recorded_at_column="recorded_at",
    versions=("purchase", "claim"),
)
LINES = FactTable(
    name="lines",
    sql="""select line.purchase_id::text, line.line_number::int, line.product_id::text, line.product_code,
       line.category, line.brand, line.quantity, line.net, line.gross, line.discount, line.tax, line.is_product,
       coalesce(claim.line_points[line.line_number], line.points) as points, line.returns_purchase_id::text,
       line.returns_line_number::int, purchase.occurred_at, purchase.recorded_at
from activity_line line join activity_purchase purchase using (purchase_id)
    left join activity_claim claim using (purchase_id)""",
    columns={
        "purchase_id": "string",
        "line_number": "int32",
        "product_id": "string",
        "product_code": "string",
        "category": "string",
        "brand": "string",
        "quantity": "int64",
        "net": "int64",
        "gross": "int64",
        "discount": "int64",
        "tax": "int64",
        "is_product": "boolean",
        "points": "int64",
        "returns_purchase_id": "string",
        "returns_line_number": "int32",
        "occurred_at": "timestamp",
        "recorded_at": "timestamp",
    },
    key=("purchase_id", "line_number"),
    recorded_at_column="recorded_at",
    versions=("purchase", "line", "claim"),
)
# What rules read and decided, of each committed decision; the values hold no direct identifier.
DECISIONS = FactTable(
    name="decisions",
    sql="""select decision.account_id::text, decision.sequence, decision.purchase_id::text,
       decision.rule_version_id::text, decision.record::text as record, decision.occurred_at, decision.recorded_at
from activity_decision decision""",
    columns={
        "account_id": "string",
        "sequence": "int64",
        "purchase_id": "string",
        "rule_version_id": "string",
        "record": "string",
        "occurred_at": "timestamp",
        "recorded_at": "timestamp",
    },
    key=("account_id", "sequence"),
    recorded_at_column="recorded_at",
    versions=("decision",),
)
FACTS = (PURCHASES, LINES, DECISIONS)
