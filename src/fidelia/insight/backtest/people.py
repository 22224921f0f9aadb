"""What was known of a person when it was decided: under every id that had become the person's by then.

Rows of a record that was merged count for the survivor from the merge on, as at a till; before, they were another's.
A decision about nobody has no person. The tables made here have `person` and `known_from`, the instant from which on
the row was this person's; `rank` is 0 for the person's own.
"""

from __future__ import annotations

import duckdb

from fidelia.rules.history import measured

from .needs import Needs

_PERSONS = """
create or replace temp table persons as
with recursive upward (id, person, known_from, rank) as (
    select customer_id, merged_into, coalesce(merged_at, updated_at), 1 from customers where merged_into is not null
    union all
    select upward.id, above.merged_into, greatest(upward.known_from, coalesce(above.merged_at, above.updated_at)),
        upward.rank + 1
    from upward join customers above on above.customer_id = upward.person
    where above.merged_into is not null and upward.rank < 50
)
select customer_id as id, customer_id as person, timestamptz '-infinity' as known_from, 0 as rank from customers
union all select id, person, known_from, rank from upward
"""
_HELD = """
create or replace temp {kind} {name} as
select persons.person, persons.known_from, persons.rank, held.* from {source} held
join persons on persons.id = held.customer_id {where}
"""
# What was bought, and below it what came back of it: see `rules.history`, and activity's own reading for tills.
_BOUGHT = """
create or replace temp table bought as
with told as (
    select lines.*, purchases.kind, purchases.returns_purchase_id as returns_id, purchases.programme_id,
        purchases.currency, purchases.customer_id, purchases.store_id, purchases.channel,
        coalesce(purchases.claimed_at, purchases.recorded_at) as known
    from lines join purchases using (purchase_id)
), sale as (
    select distinct purchase_id, customer_id, occurred_at, store_id, channel, known from told
    where (kind = 'sale' or returns_id is null) and currency = $currency
        and (programme_id = $programme or programme_id is null)
), signed as (
    select sale.customer_id, sale.purchase_id as sale, own.line_number as line, sale.occurred_at,
        sale.occurred_at as known_at, own.product_code as product, sale.store_id, sale.channel, own.quantity, own.net,
        sale.known
    from sale join told own using (purchase_id) where own.is_product and own.returns_purchase_id is null
    union all
    select sale.customer_id, sale.purchase_id, back.returns_line_number, sale.occurred_at, back.occurred_at,
        back.product_code, sale.store_id, sale.channel, back.quantity, back.net, greatest(sale.known, back.known)
    from sale join told back on back.returns_purchase_id = sale.purchase_id where back.is_product
)
select persons.person as customer_id, greatest(persons.known_from, signed.known) as known_from, signed.sale,
    signed.line, signed.occurred_at, signed.known_at,
    (signed.occurred_at::timestamp + to_seconds(offsets.seconds))::date as day, signed.product,
    coalesce(products.category, '') as category, coalesce(products.brand, '') as brand,
    coalesce(stores.code, '') as store, signed.channel, signed.quantity, signed.net
from signed join persons on persons.id = signed.customer_id
    asof left join offsets on signed.occurred_at >= offsets.begins
    left join products on products.code = signed.product
    left join stores on stores.store_id = signed.store_id
"""
# Of each decision, who it is about, when it was made, there and here, and its place in the order of all; `person` is
# nobody of what a member claimed only later.
_DECIDED = """
create or replace temp table decided as
select row_number() over () as place_of, * exclude (moment) from (
    select {moment} as moment, own.*, person as customer_id, local::date as day
    from (
        select decisions.account_id, decisions.sequence, decisions.purchase_id, decisions.occurred_at,
            decisions.recorded_at, decisions.occurred_at::timestamp + to_seconds(offsets.seconds) as local,
            purchases.kind,
            case when purchases.claimed_at is null
                    or decisions.account_id not in (purchases.purchase_id, coalesce(purchases.returns_purchase_id, ''))
                then purchases.customer_id end as person
        from decisions join purchases using (purchase_id) asof left join offsets on decisions.occurred_at >= begins
        where purchases.programme_id = $programme
    ) own
    order by moment, account_id, sequence
)
"""
_IN_CHAIN = "max(own.recorded_at) over (partition by own.account_id order by own.sequence)"
_ENROLLED = """
create or replace temp table enrolled as
select enrolment_id, enrolled_at::timestamp + to_seconds(offsets.seconds) as enrolled_local
from enrolments asof left join offsets on enrolments.enrolled_at >= offsets.begins
"""
_LOOKED_UP = """
create or replace temp table looked_{place} as
select account_id, sequence, ({sql}) as value from decided {alias} {where}
"""
# The day of birth that was on record.
_BORN = """
create or replace temp table born as
select decisions.account_id, decisions.sequence,
    coalesce((select arg_min({'day': change.former}, change.change_id) from birth_changes change
        where change.customer_id = decisions.person and change.recorded_at > decisions.recorded_at),
        {'day': births.birth_on}).day as birth_on
from decided decisions left join births on births.customer_id = decisions.person
"""


def know_people(
    connection: duckdb.DuckDBPyConnection, needs: Needs, programme_id: str, currency: str, *, by_chain: bool = False
) -> None:
    """Make the tables of persons, of what they held, of decisions in their order, and of each field that is looked up.

    by_chain  a clock ran back: what was recorded first is told by the chains of accounts alone
    """
    connection.execute(_PERSONS)
    of_programme = f"where held.programme_id = '{programme_id}'"
    for name, source, where in (
        ("person_segments", "segment_memberships", ""),
        ("person_traits", "(from traits union all by name from free_texts)", ""),
        ("person_plans", "subscription_periods", of_programme),
        ("person_offers", "offer_activations", of_programme),
    ):
        connection.execute(_HELD.format(kind="view", name=name, source=source, where=where))
    moment = _IN_CHAIN if by_chain else "own.recorded_at"
    connection.execute(_DECIDED.format(moment=moment), {"programme": programme_id})
    connection.execute(_ENROLLED)
    if any(is_of_the_past(path) for path in needs.fields):
        connection.execute(_BOUGHT, {"programme": programme_id, "currency": currency})
    if needs.asks_births:
        connection.execute(_BORN)
    for path, place in needs.looked_up.items():
        alias = "purchase" if is_of_the_past(path) else "decisions"
        where = "where kind = 'return'" if path in needs.fields and needs.is_kept(path) else ""
        connection.execute(_LOOKED_UP.format(place=place, sql=needs.lookup(path), alias=alias, where=where))


def is_of_the_past(path: str) -> bool:
    """Whether a field asks what was bought before."""
    return measured(path) is not None
