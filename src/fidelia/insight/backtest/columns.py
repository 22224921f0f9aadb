"""What an occasion is read by where its record does not have it: SQL over the facts, in DuckDB's words.

The tables are those of the facts, joined by `history._OCCASIONS`, and those of `people`: what was known of the person
when it was decided. The local moment is the UTC one and the offset of the programme's zone then: DuckDB knows zones
only by an extension that it would download.
"""

from __future__ import annotations

from fidelia.rules import Type
from fidelia.rules.control import FIELD as PLACE
from fidelia.rules.control import NOBODY, PLACES
from fidelia.rules.history import column_of, measured

LOCAL = "decisions.local"
ENROLLED = f"coalesce(enrolments.enrolled_local, {LOCAL})"  # who is nobody enrolled just now
SQL_TYPES = {
    Type.BOOL: "BOOLEAN",
    Type.INT: "BIGINT",
    Type.MONEY: "BIGINT",
    Type.QUANTITY: "BIGINT",
    Type.STRING: "VARCHAR",
    Type.DATE: "VARCHAR",
    Type.TIMESTAMP: "VARCHAR",
}
# What the rules of a version themselves bring about: never judged set-based.
FIRST_SALE = "purchase.is_first"
TIER, ENTITLEMENTS, PLANS = "member.tier", "customer.entitlements", "customer.plans"
OF_RUNNING = frozenset({TIER, ENTITLEMENTS})


def _comes_round(day: str) -> str:
    """29 February comes round on the 28th where a year has no 29th."""
    return f"""strftime({LOCAL}, '%m-%d') = case
        when strftime({day}, '%m-%d') = '02-29' and dayofyear(make_date(year({LOCAL}), 12, 31)) = 365 then '02-28'
        else strftime({day}, '%m-%d') end"""


def held_keys(table: str, name: str, begins: str, ends: str) -> str:
    """Return the keys that a person held at the moment of the occasion, in order."""
    return f"""select list(distinct held.{name} order by held.{name}) from {table} held
        where {_was_held("held", begins, ends)}"""


def _was_held(held: str, begins: str, ends: str) -> str:
    return f"""{held}.person = decisions.person and {held}.known_from <= decisions.recorded_at
            and {held}.{begins} <= decisions.occurred_at
            and ({held}.{ends} is null or {held}.{ends} > decisions.occurred_at)"""


def _as_known(fact: str) -> str:
    """Return a fact of the customer as it was on record when it was decided: what its next change replaced."""
    return f"""select arg_min(change.former, change.change_id) from customer_changes change
        where change.customer_id = decisions.person and change.fact = '{fact}'
            and change.recorded_at > decisions.recorded_at"""


COMPUTED = {
    "purchase.total": "purchases.total",
    "purchase.listed": "coalesce(purchases.gross, purchases.total)",
    "purchase.discount": "coalesce(purchases.discount, 0)",
    "purchase.untaxed": "purchases.total - coalesce(purchases.tax, 0)",
    "purchase.shipping": "0",
    "purchase.units": "coalesce({looked}, 0)",
    "purchase.coupons": "[]",
    "purchase.channel": "purchases.channel",
    "purchase.store": "coalesce(stores.code, '')",
    "purchase.banner": "coalesce(stores.banner, '')",
    "purchase.weekday": f"lower(dayname({LOCAL}))",
    "purchase.hour": f"hour({LOCAL})",
    "purchase.month": f"month({LOCAL})",
    "purchase.on": f"{LOCAL}::date",
    FIRST_SALE: "coalesce(first_sale.purchase_id = purchases.purchase_id, decisions.person is not null)",
    "purchase.is_birthday": f"coalesce({_comes_round('births.birth_on')}, false)",
    "purchase.is_anniversary": f"""coalesce(year({LOCAL}) > year({ENROLLED}) and {_comes_round(ENROLLED)}, false)""",
    "member.tier": "coalesce(periods.tier, '')",
    "member.enrolled_on": f"{ENROLLED}::date",
    "customer.kind": "coalesce({looked}, customers.kind, 'person')",
    "customer.country": "coalesce({looked}, customers.country, '')",
    "customer.language": "coalesce({looked}, customers.language, 'fr')",
    "customer.source": "coalesce(customers.source, '')",
    "customer.acquired_on": "coalesce(customers.acquired_at, decisions.occurred_at)::timestamp::date",
    "customer.birth_month": "month(births.birth_on)",
    "customer.age": f"greatest(0, date_diff('year', births.birth_on, {LOCAL}::date) - case when "
    f"(month({LOCAL}), day({LOCAL})) < (month(births.birth_on), day(births.birth_on)) then 1 else 0 end)",
    PLACE: f"coalesce(('0x' || substr(sha256(decisions.person), 1, 6))::bigint % {PLACES}, {NOBODY})",
    "customer.segments": "coalesce({looked}, [])",
    "customer.offers": "coalesce({looked}, [])",
    PLANS: "coalesce({looked}, [])",
    ENTITLEMENTS: "[]",  # of the tier and the plans of the replay: see `replaying`
}
LINE_COLUMNS = {
    "net": "lines.net",
    "quantity": "lines.quantity",
    "product": "lines.product_code",
    "category": "coalesce(nullif(products.category, ''), lines.category, '')",
    "brand": "coalesce(nullif(products.brand, ''), lines.brand, '')",
    "earns": "coalesce(products.earns and products.is_product, true)",
    "listed": "coalesce(lines.gross, lines.net)",
    "discount": "coalesce(lines.discount, 0)",
    "untaxed": "lines.net - coalesce(lines.tax, 0)",
    "is_gift": "false",
    "unit_price": "(2 * lines.net * 1000 + lines.quantity) // nullif(2 * lines.quantity, 0)",
}
BIRTHS = frozenset({"purchase.is_birthday", "customer.birth_month", "customer.age"})
HELD = ("trait.", "custom.")  # what is held of a customer for a time
GIVEN = "given"  # the plans held, each with the entitlements that its period was sold with, set apart by commas
_LOOKED_UP = {
    "purchase.units": "select sum(own.quantity)::bigint from lines own where own.purchase_id = decisions.purchase_id",
    "customer.kind": _as_known("kind"),
    "customer.country": _as_known("country"),
    "customer.language": _as_known("language"),
    "customer.segments": held_keys("person_segments", "segment", "valid_from", "valid_until"),
    "customer.offers": held_keys("person_offers", "offer", "activated_at", "holds_until"),
    PLANS: held_keys("person_plans", "plan", "begins_at", "holds_until"),
    GIVEN: f"""select list([held.plan, coalesce(held.entitlements, '')] order by held.plan, held.period_id)
        from person_plans held where {_was_held("held", "begins_at", "holds_until")}""",
}
# What facts say as it is today, where no record says how it was: products and stores are not dated.
OF_TODAY = frozenset({"purchase.banner", "lines.category", "lines.brand"})
_TRAIT_COLUMNS = {Type.INT: "number", Type.STRING: "text", Type.BOOL: "flag", Type.DATE: "day"}


def lookup_of(path: str, kind: Type) -> str | None:
    """Return the SQL that looks a value up in the facts of persons, of a row `decisions` of `decided`; None where none
    is asked. Each is asked in a statement of its own: beside each other, DuckDB would nest them.
    """
    measure = measured(path)
    if measure is not None:
        return column_of(measure, also=("bought.known_from < purchase.recorded_at",))
    elif path.startswith(HELD):
        name = in_text(path.removeprefix(HELD[0]))
        return f"""select arg_min(held.{_TRAIT_COLUMNS[kind]}, held.rank) from person_traits held
            where held.name = '{name}' and {_was_held("held", "valid_from", "valid_until")}"""
    return _LOOKED_UP.get(path)


def is_computed(path: str) -> bool:
    """Whether the facts tell it, where the record of a decision does not."""
    return path in COMPUTED or path.startswith(HELD) or measured(path) is not None


def in_name(path: str) -> str:
    """Return a path as it stands between the quotation marks of an SQL name."""
    return path.replace('"', '""')


def in_text(path: str) -> str:
    """Return a path as it stands between the apostrophes of an SQL text."""
    return path.replace("'", "''")
