"""What analytics may read of customers: no name, no address, no identity; of the birth date only the year."""

from __future__ import annotations

from fidelia.kernel.facts import FactTable

CUSTOMERS = FactTable(
    name="customers",
    # A merged customer points at its survivor, so that analytics count one person once.
    sql="""select c.id::text as customer_id, c.merged_into_id::text as merged_into, c.merged_at, c.kind, c.country,
       c.language, c.source, c.acquired_at, extract(year from c.birth_on)::int as birth_year, c.partner_id::text,
       c.home_store_id::text, c.erased_at is not null as is_erased, c.updated_at
from customers_customer c""",
    columns={
        "customer_id": "string",
        "merged_into": "string",
        "merged_at": "timestamp",
        "kind": "string",
        "country": "string",
        "language": "string",
        "source": "string",
        "acquired_at": "timestamp",
        "birth_year": "int32",
        "partner_id": "string",
        "home_store_id": "string",
        "is_erased": "boolean",
        "updated_at": "timestamp",
    },
    key=("customer_id",),
    recorded_at_column="updated_at",
)
# What rules may ask of a customer and what changed of it, so that a backtest asks what was known then.
CUSTOMER_CHANGES = FactTable(
    name="customer_changes",
    sql="""select change.id as change_id, change.customer_id::text, change.fact, change.former, change.value,
       change.source, change.occurred_at, change.recorded_at
from customers_fact_change change where change.fact in ('kind', 'country', 'language')""",
    columns={
        "change_id": "int64",
        "customer_id": "string",
        "fact": "string",
        "former": "string",
        "value": "string",
        "source": "string",
        "occurred_at": "timestamp",
        "recorded_at": "timestamp",
    },
    key=("change_id",),
    recorded_at_column="recorded_at",
)
# A free text that a house keeps of a customer may be a name: analytics read those of a list of choices alone.
TRAITS = FactTable(
    name="traits",
    sql="""select t.customer_id::text, t.name, t.number, t.text, t.flag, t.day, t.source, t.valid_from, t.valid_until,
       t.recorded_at, t.updated_at
from customers_trait t
left join customers_trait_definition d on d.name = t.name
where t.text is null or t.name not like 'custom.%' or d.choices <> '[]'""",
    columns={
        "customer_id": "string",
        "name": "string",
        "number": "int64",
        "text": "string",
        "flag": "boolean",
        "day": "date",
        "source": "string",
        "valid_from": "timestamp",
        "valid_until": "timestamp",
        "recorded_at": "timestamp",
        "updated_at": "timestamp",
    },
    key=("customer_id", "name", "valid_from", "recorded_at"),
    recorded_at_column="updated_at",
    versions=("t",),
)
SEGMENT_MEMBERSHIPS = FactTable(
    name="segment_memberships",
    sql="""select m.customer_id::text, s.key as segment, m.valid_from, m.valid_until, m.recorded_at, m.updated_at
from customers_segment_membership m join customers_segment s on s.id = m.segment_id""",
    columns={
        "customer_id": "string",
        "segment": "string",
        "valid_from": "timestamp",
        "valid_until": "timestamp",
        "recorded_at": "timestamp",
        "updated_at": "timestamp",
    },
    key=("customer_id", "segment", "valid_from"),
    recorded_at_column="updated_at",
)
CONSENTS = FactTable(
    name="consents",
    sql="""select c.id as consent_id, c.customer_id::text, c.purpose, c.channel, c.given, c.occurred_at, c.recorded_at
from customers_consent c""",
    columns={
        "consent_id": "int64",
        "customer_id": "string",
        "purpose": "string",
        "channel": "string",
        "given": "boolean",
        "occurred_at": "timestamp",
        "recorded_at": "timestamp",
    },
    key=("consent_id",),
    recorded_at_column="recorded_at",
)
ACQUISITIONS = FactTable(
    name="acquisitions",
    sql="""select a.customer_id::text, a.cost, a.currency, c.source as channel, c.acquired_at, a.recorded_at
from customers_acquisition a join customers_customer c on c.id = a.customer_id""",
    columns={
        "customer_id": "string",
        "cost": "int64",
        "currency": "string",
        "channel": "string",
        "acquired_at": "timestamp",
        "recorded_at": "timestamp",
    },
    key=("customer_id",),
    recorded_at_column="recorded_at",
)
FACTS = (CUSTOMERS, CUSTOMER_CHANGES, TRAITS, SEGMENT_MEMBERSHIPS, CONSENTS, ACQUISITIONS)
