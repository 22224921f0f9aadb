"""The shop of the rule tests: its catalogue, a pool of difficult baskets, and both databases filled with them."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import duckdb
import psycopg

from fidelia.kernel.localized import LocalizedText
from fidelia.rules import Catalogue, Field, Program, Records, Type


def both(en: str, fr: str) -> LocalizedText:
    return LocalizedText(en=en, fr=fr)


TIERS = {"gold": both("Gold", "Or"), "silver": both("Silver", "Argent"), "none": both("None", "Aucun")}
WEEKDAYS = {"monday": both("Monday", "lundi"), "tuesday": both("Tuesday", "mardi")}


def _field(path: str, kind: Type, column: str, en: str, fr: str, **more: Any) -> Field:
    return Field(path, kind, both(en, fr), column, words=both(f"the {en}", fr), **more)


LINES = Records(
    "lines",
    both("Lines", "Lignes"),
    table="purchase_lines",
    join="purchase_id = p.id",
    words=both("the lines", "les lignes"),
    one=both("a line", "une ligne"),
    fields=(
        _field("net", Type.MONEY, "net", "net amount", "le montant net"),
        _field("quantity", Type.QUANTITY, "quantity", "quantity", "la quantité"),
        Field(
            "earns",
            Type.BOOL,
            both("Earns", "Rapporte"),
            "earns",
            words=both("the line earns points", "la ligne rapporte des points"),
            words_not=both("the line earns no points", "la ligne ne rapporte pas de points"),
        ),
        _field("category", Type.STRING, "category", "category", "la catégorie", optional=True),
        _field("product", Type.STRING, "product", "product", "l’article"),
        _field("launched_on", Type.DATE, "launched_on", "launch day", "le jour de lancement", optional=True),
    ),
)
CATALOGUE = Catalogue(
    fields=(
        _field("purchase.total", Type.MONEY, "p.total", "total of the purchase", "le total de l’achat"),
        _field("purchase.tip", Type.MONEY, "p.tip", "tip", "le pourboire", optional=True),
        _field("purchase.weekday", Type.STRING, "p.weekday", "day", "le jour", choices=WEEKDAYS),
        _field("purchase.on", Type.DATE, "p.day", "date of the purchase", "la date de l’achat"),
        _field("purchase.at", Type.TIMESTAMP, "p.moment", "moment of the purchase", "le moment de l’achat"),
        Field(
            "purchase.online",
            Type.BOOL,
            both("Online", "En ligne"),
            "p.online",
            words=both("the purchase is made online", "l’achat est fait en ligne"),
            words_not=both("the purchase is not made online", "l’achat n’est pas fait en ligne"),
        ),
        _field("purchase.weight", Type.QUANTITY, "p.weight", "weight", "le poids", optional=True),
        _field("member.tier", Type.STRING, "m.tier", "tier", "le statut", choices=TIERS, optional=True),
        _field("member.name", Type.STRING, "m.name", "name", "le nom"),
        _field("member.birthday", Type.DATE, "m.birthday", "birthday", "l’anniversaire", optional=True),
        _field("member.visits", Type.INT, "m.visits", "number of visits", "le nombre de visites"),
        _field("member.vip", Type.BOOL, "m.vip", "VIP mark", "la marque VIP", optional=True),
        _field("member.segments", Type.STRING, "m.segments", "segments", "les segments", many=True),
    ),
    records=(LINES,),
)

TEXTS = (
    "", "a", "A", "z", "é", "É", "e\u0301", "zèbre", "œuf", "oeuf", "o'clock", 'say "hi"', "back\\slash",
    "100 %", "a_b",
    "😀", "\ufb01n", "\uff5a", "café", "coffee", "ß", "  ", "-- ; drop",
)  # fmt: skip
AMOUNTS = (0, 1, -1, 7, -7, 49, 50, 999, 1000, 4999, 5000, 5001, -5000, 123_456, -123_457, 10**12, -(10**12))
DAYS = (date(1, 1, 1), date(1970, 1, 1), date(2024, 2, 29), date(2026, 12, 1), date(2027, 1, 1), date(9999, 12, 31))
MOMENTS = tuple(datetime(2026, 12, 1, 11, 0, tzinfo=UTC) + timedelta(hours=hours) for hours in (-2000, -1, 0, 1, 5000))


def make_pool(size: int = 80) -> list[dict[str, Any]]:
    """Baskets of every difficult kind: unknown values, no lines, amounts below zero and at the bounds, odd texts."""
    chance = random.Random(1805)
    return [_basket(chance) for _ in range(size)]


def _basket(chance: random.Random) -> dict[str, Any]:
    def maybe(value: Any) -> Any:
        return None if chance.random() < 0.35 else value

    return {
        "purchase.total": chance.choice(AMOUNTS),
        "purchase.tip": maybe(chance.choice(AMOUNTS)),
        "purchase.weekday": chance.choice(list(WEEKDAYS)),
        "purchase.on": chance.choice(DAYS),
        "purchase.at": chance.choice(MOMENTS),
        "purchase.online": chance.random() < 0.5,
        "purchase.weight": maybe(chance.randint(-5000, 5000)),
        "member.tier": maybe(chance.choice(list(TIERS))),
        "member.name": chance.choice(TEXTS),
        "member.birthday": maybe(chance.choice(DAYS)),
        "member.visits": chance.choice((-(10**9), -3, -2, -1, 0, 1, 2, 3, 10, 10**9)),
        "member.vip": maybe(chance.random() < 0.5),
        "member.segments": chance.sample(TEXTS, chance.choice((0, 0, 1, 4))),
        "lines": [
            {
                "net": chance.choice(AMOUNTS),
                "quantity": chance.choice((-1000, 0, 350, 1000, 2000, 7000)),
                "earns": chance.random() < 0.8,
                "category": maybe(chance.choice(TEXTS)),
                "product": chance.choice(TEXTS),
                "launched_on": maybe(chance.choice(DAYS)),
            }
            for _ in range(chance.choice((0, 1, 1, 2, 3, 6)))
        ],
    }


POOL = make_pool()

TABLES = (
    "create temporary table purchases (id bigint, total bigint, tip bigint, weekday {text}, day date, "
    "moment timestamptz, online boolean, weight bigint)",
    "create temporary table members (id bigint, tier {text}, name {text}, birthday date, visits bigint, vip boolean, "
    "segments {text}[])",
    "create temporary table purchase_lines (purchase_id bigint, net bigint, quantity bigint, earns boolean, "
    "category {text}, product {text}, launched_on date)",
)
QUERY = "select p.id, ({}) from purchases p join members m on m.id = p.id order by p.id"


def fill_duckdb() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    for table in TABLES:
        connection.execute(table.format(text="varchar"))
    for name, rows in _rows().items():
        connection.executemany(f"insert into {name} values ({', '.join('?' * len(rows[0]))})", rows)
    return connection


def fill_postgres(address: str) -> psycopg.Connection[Any]:
    connection = psycopg.connect(address, autocommit=True)
    for table in TABLES:
        connection.execute(table.format(text="text"))
    for name, rows in _rows().items():
        with connection.cursor() as cursor:
            cursor.executemany(f"insert into {name} values ({', '.join(['%s'] * len(rows[0]))})", rows)
    return connection


def _rows() -> dict[str, list[list[Any]]]:
    def cut(group: str, values: Mapping[str, Any]) -> list[Any]:
        return [value for key, value in values.items() if key.startswith(group)]

    return {
        "purchases": [[n, *cut("purchase.", basket)] for n, basket in enumerate(POOL)],
        "members": [[n, *cut("member.", basket)] for n, basket in enumerate(POOL)],
        "purchase_lines": [[n, *line.values()] for n, basket in enumerate(POOL) for line in basket["lines"]],
    }


def ask_duckdb(connection: duckdb.DuckDBPyConnection, program: Program) -> list[Any]:
    return [row[1] for row in connection.execute(QUERY.format(program.to_sql("duckdb"))).fetchall()]


def ask_postgres(connection: psycopg.Connection[Any], program: Program) -> list[Any]:
    text = QUERY.format(program.to_sql("postgres"))
    with connection.cursor() as cursor:
        return [row[1] for row in cursor.execute(text.encode()).fetchall()]
