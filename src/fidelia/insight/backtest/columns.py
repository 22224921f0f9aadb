"""What an occasion is read by where its record does not have it: SQL over the facts, in DuckDB's words.

The tables are those of the facts, joined by `history._OCCASIONS`. The local moment is the UTC one and the offset of the
programme's zone then: DuckDB knows zones only by an extension that it would download.
"""

from __future__ import annotations

from fidelia.rules import Type

LOCAL = "(decisions.occurred_at::timestamp + to_seconds(offsets.seconds))"
ENROLLED = "(enrolments.enrolled_at::timestamp + to_seconds(enrolled_offsets.seconds))"
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
OF_RUNNING = frozenset({"member.tier", "member.entitlements"})


def _comes_round(day: str) -> str:
    """29 February comes round on the 28th where a year has no 29th."""
    return f"""strftime({LOCAL}, '%m-%d') = case
        when strftime({day}, '%m-%d') = '02-29' and dayofyear(make_date(year({LOCAL}), 12, 31)) = 365 then '02-28'
        else strftime({day}, '%m-%d') end"""


COMPUTED = {
    "purchase.total": "purchases.total",
    "purchase.listed": "coalesce(purchases.gross, purchases.total)",
    "purchase.discount": "coalesce(purchases.discount, 0)",
    "purchase.untaxed": "purchases.total - coalesce(purchases.tax, 0)",
    "purchase.channel": "purchases.channel",
    "purchase.store": "coalesce(stores.code, '')",
    "purchase.banner": "coalesce(stores.banner, '')",
    "purchase.weekday": f"lower(dayname({LOCAL}))",
    "purchase.hour": f"hour({LOCAL})",
    "purchase.month": f"month({LOCAL})",
    "purchase.on": f"{LOCAL}::date",
    "purchase.is_first": "coalesce(first_sale.purchase_id = purchases.purchase_id, false)",
    "purchase.is_birthday": f"coalesce({_comes_round('births.birth_on')}, false)",
    "purchase.is_anniversary": f"""coalesce(year({LOCAL}) > year({ENROLLED}) and {_comes_round(ENROLLED)}, false)""",
    "member.tier": "coalesce(periods.tier, '')",
    "member.enrolled_on": f"{ENROLLED}::date",
    "customer.kind": "customers.kind",
    "customer.country": "customers.country",
    "customer.language": "customers.language",
    "customer.source": "customers.source",
    "customer.acquired_on": "customers.acquired_at::timestamp::date",
    "customer.birth_month": "month(births.birth_on)",
    "customer.age": f"greatest(0, date_diff('year', births.birth_on, {LOCAL}::date) - case when "
    f"(month({LOCAL}), day({LOCAL})) < (month(births.birth_on), day(births.birth_on)) then 1 else 0 end)",
    "customer.segments": """coalesce((select list(m.segment order by m.segment) from segment_memberships m
        where m.customer_id = purchases.customer_id and m.valid_from <= decisions.occurred_at
            and (m.valid_until is null or m.valid_until > decisions.occurred_at)), [])""",
}
LINE_COLUMNS = {
    "net": "lines.net",
    "quantity": "lines.quantity",
    "product": "lines.product_code",
    "category": "coalesce(products.category, '')",
    "brand": "coalesce(products.brand, '')",
    "earns": "coalesce(products.earns and products.is_product, true)",
    "listed": "coalesce(lines.gross, lines.net)",
    "discount": "coalesce(lines.discount, 0)",
    "untaxed": "lines.net - coalesce(lines.tax, 0)",
    "is_gift": "false",
}
HELD = ("trait.", "custom.")  # what is held of a customer for a time
_TRAIT_COLUMNS = {Type.INT: "number", Type.STRING: "text", Type.BOOL: "flag", Type.DATE: "day"}


def trait_column(path: str, kind: Type) -> str:
    """Return the value of a trait as it was held at the moment of the occasion."""
    name = path.removeprefix(HELD[0])
    return f"""select any_value(t.{_TRAIT_COLUMNS[kind]}) from traits t
        where t.customer_id = purchases.customer_id and t.name = '{name}' and t.valid_from <= decisions.occurred_at
            and (t.valid_until is null or t.valid_until > decisions.occurred_at)"""


def in_name(path: str) -> str:
    """Return a path as it stands between the quotation marks of an SQL name."""
    return path.replace('"', '""')
