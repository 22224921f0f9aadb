"""What analytics may read of subscriptions."""

from __future__ import annotations

from fidelia.kernel.facts import FactTable

SUBSCRIPTIONS = FactTable(
    name="subscriptions",
    sql="""select id::text as subscription_id, programme_id::text, enrolment_id::text, customer_id::text,
       partner_id::text, ladder, plan, renewal, is_trial, opened_at, ends_at, holds_until, stops_at_end, ended_at,
       end_reason, changed_at
from subscriptions_subscription""",
    columns={
        "subscription_id": "string",
        "programme_id": "string",
        "enrolment_id": "string",
        "customer_id": "string",
        "partner_id": "string",
        "ladder": "string",
        "plan": "string",
        "renewal": "string",
        "is_trial": "boolean",
        "opened_at": "timestamp",
        "ends_at": "timestamp",
        "holds_until": "timestamp",
        "stops_at_end": "boolean",
        "ended_at": "timestamp",
        "end_reason": "string",
        "changed_at": "timestamp",
    },
    key=("subscription_id",),
    recorded_at_column="opened_at",
)
# One row per period that was paid or tried: what it cost, what came back, and from when until when it gave something.
SUBSCRIPTION_PERIODS = FactTable(
    name="subscription_periods",
    sql="""select period.id::text as period_id, period.subscription_id::text, held.programme_id::text,
       held.customer_id::text, period.number, period.plan,
       (select string_agg(each.key, ',' order by each.place) from jsonb_array_elements_text(period.entitlements)
           with ordinality each (key, place)) as entitlements, period.is_trial, period.begins_at, period.ends_at,
       period.holds_until, period.price, period.amount, period.refunded,
       case when period.source_type = 'purchase' then period.source_id::text end as purchase_id, period.recorded_at
from subscriptions_period period join subscriptions_subscription held on held.id = period.subscription_id""",
    columns={
        "period_id": "string",
        "subscription_id": "string",
        "programme_id": "string",
        "customer_id": "string",
        "number": "int32",
        "plan": "string",
        "entitlements": "string",
        "is_trial": "boolean",
        "begins_at": "timestamp",
        "ends_at": "timestamp",
        "holds_until": "timestamp",
        "price": "int64",
        "amount": "int64",
        "refunded": "int64",
        "purchase_id": "string",
        "recorded_at": "timestamp",
    },
    key=("period_id",),
    recorded_at_column="recorded_at",
)
FACTS = (SUBSCRIPTIONS, SUBSCRIPTION_PERIODS)
