"""Check a file of purchases: understand its rows by set, say why some cannot be taken, and keep the receipts.

Nothing that lasts is written but the states of the staged rows and the receipts, which a recording reads. Each
statement is a transaction of its own over temporary tables of the session: nothing is held as long as a check takes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import DatabaseError, connection
from psycopg import sql

from fidelia.customers.queries import find_by_identities
from fidelia.intake.models import Import
from fidelia.jobs.operations import Progress
from fidelia.kernel.actor import Actor
from fidelia.kernel.bulk import copy_rows
from fidelia.kernel.db import transaction_of_use_case
from fidelia.programme.models import Enrolment, Programme
from fidelia.programme.queries import get_only_programme, get_programme

from ...errors import WrongCurrency
from . import statements, understanding
from .cells import CellReaders
from .mapping import ImportMapping, mapping_of
from .originals import give_back_to_buyers

PEOPLE_TOGETHER = 10_000
UNKNOWN_STORES_MAX = 20
_OWN_TABLES = """
select relname from pg_class where relnamespace = pg_my_temp_schema() and relkind = 'r' and relpersistence = 't'
"""
_UNKNOWN_STORES = """
select array_agg(code order by code) from (
    select distinct store as code from line where store <> '' and reason is null
        and organisation_store_for_rules(store) is null limit %s) unknown
"""


def check_purchases(found: Import, *, by: Actor, at: datetime, progress: Progress) -> dict[str, Any]:
    """Understand the staged rows of an import; return its control totals, amounts in minor units.

    Raises Denied, MalformedMapping, UnknownProgramme, WrongCurrency, UnknownCurrency, UnknownTimeZone.
    """
    by.require("purchase.import")
    mapping = mapping_of(found.file_mapping)
    programme = programme_of(mapping)
    forget_checked(found.id)
    with _tables_of_the_session():
        _understand(found, mapping, at, progress)
        _judge_receipts(found, mapping, progress)
        report = _count(mapping)
        give_back_to_buyers(_step, mapping, sources_of(found, mapping))
        for statement in (statements.TELL_REJECTED, statements.TELL_DOUBLE, statements.TELL_KNOWN):
            _do(statement, [found.id], progress)
        _keep(found.id, mapping, programme, progress)
    found.programme_id = programme.id if programme is not None else None
    found.save(update_fields=["programme_id"])
    return report | {"currency": mapping.currency, "programme": programme.slug if programme is not None else ""}


def forget_checked(import_id: UUID) -> None:
    """Forget what a check has kept of an import."""
    with transaction_of_use_case(), connection.cursor() as cursor:
        for statement in statements.FORGET:
            cursor.execute(statement, [import_id])


def programme_of(mapping: ImportMapping) -> Programme | None:
    """Return the programme of an import; None before there is any: purchases are then history that earns nothing.

    Raises UnknownProgramme, WrongCurrency.
    """
    if not mapping.programme and not Programme.objects.filter(is_sandbox=False).exists():
        return None
    programme = get_programme(mapping.programme) if mapping.programme else get_only_programme(sandbox=False)
    if programme.currency != mapping.currency:
        raise WrongCurrency(f"{programme.slug} counts in {programme.currency}.", pointer="/currency")
    return programme


def sources_of(found: Import, mapping: ImportMapping) -> list[str]:
    """Return the streams in which its receipts may be known: its own, and those under which the file came before.

    A recording that was stopped has left receipts in its stream too.
    """
    same = Import.objects.filter(file_hash=found.file_hash, target=found.target, started_at__isnull=False)
    before = {document["options"].get("source") for document in same.values_list("mapping", flat=True)}
    return sorted({mapping.source, *(source for source in before if source)})


def _do(statement: str, parameters: Any, progress: Progress) -> None:
    """Run one statement of a check as a transaction of its own, and look whether somebody asked to stop."""
    with _step() as cursor:
        cursor.execute(statement, parameters)
    progress.show()


@contextmanager
def _step() -> Iterator[Any]:
    with transaction_of_use_case(), connection.cursor() as cursor:
        cursor.execute("set local work_mem = '64MB'")
        yield cursor


@contextmanager
def _tables_of_the_session() -> Iterator[None]:
    """Give room for the tables of one check, which outlive its transactions and not itself.

    One transaction over all rows held the horizon of the outbox, and so every reaction, for as long as the check of a
    file of ten million rows takes; nor could it be stopped.
    """
    _drop_tables()
    try:
        yield
    finally:
        with suppress(DatabaseError):  # a connection that is lost has none
            _drop_tables()


def _drop_tables() -> None:
    with transaction_of_use_case(), connection.cursor() as cursor:
        cursor.execute(_OWN_TABLES)
        names = [name for (name,) in cursor.fetchall()]
        if names:
            cursor.execute(sql.SQL("drop table {}").format(sql.SQL(", ").join(map(sql.Identifier, names))))


def _understand(found: Import, mapping: ImportMapping, at: datetime, progress: Progress) -> None:
    columns = list(found.columns)
    split = understanding.split_statement(
        found.file_mapping, columns, fill_down=mapping.fill_down, whole_codes=mapping.whole_codes
    )
    _do(split, [found.id], progress)
    _do("analyze text_line", None, progress)
    with _step():
        CellReaders(mapping, found.file_mapping.reading).stage("text_line")
    statement = understanding.understand_statement(mapping, width=len(columns))
    date_header = mapping.columns["occurred_at"].lower()
    asked = {"at": at, "default_product": mapping.default_product, "date_header": date_header}
    _do(statement, asked, progress)
    is_named = not {"receipt", "product", "customer"}.isdisjoint(mapping.columns)
    told = {"import": found.id, "words": statements.TOTAL_WORDS, "is_named": is_named}
    _do(statements.MARK_TOTALS, told, progress)
    _do("analyze line", None, progress)


def _judge_receipts(found: Import, mapping: ImportMapping, progress: Progress) -> None:
    if len(found.file_mapping.reading.sheets) > 1:
        _do(statements.MARK_DOUBLES, None, progress)
    if "receipt" in mapping.columns:
        _do(statements.MARK_REPEATED, None, progress)
    if "quantity" in mapping.columns:
        _do(statements.MARK_GIVEN_BACK, [list(mapping.not_products)], progress)
    _do(statements.MARK_TWO_CUSTOMERS, None, progress)
    _do(statements.MARK_TOO_LARGE, None, progress)
    if "receipt" in mapping.columns:
        place = {name: list(found.columns).index(mapping.columns[name]) + 1 for name in ("receipt", "occurred_at")}
        by_number = mapping.receipt_by == "number"
        asked = {"receipt": place["receipt"], "day": place["occurred_at"], "import": found.id, "by_number": by_number}
        _do(statements.MARK_INCOMPLETE, asked, progress)
    elif mapping.is_by_customer:
        _do(statements.MARK_INCOMPLETE_OF_CUSTOMER, None, progress)
    for statement in statements.MARK_KNOWN:
        _do(statement, {"sources": sources_of(found, mapping)}, progress)
    _do(statements.REJECT_OTHER_LINES, None, progress)


def _count(mapping: ImportMapping) -> dict[str, Any]:
    with _step() as cursor:
        cursor.execute(statements.count_statement(mapping))
        report: dict[str, Any] = cursor.fetchone()[0]
        cursor.execute(_UNKNOWN_STORES, [UNKNOWN_STORES_MAX])
        report["unknown_stores"] = cursor.fetchone()[0] or []
    return report


def _keep(import_id: UUID, mapping: ImportMapping, programme: Programme | None, progress: Progress) -> None:
    _do(statements.KEEP_RECEIPTS, None, progress)
    with _step() as cursor:
        cursor.execute("select distinct customer from receipt_line where customer is not null")
        names = [name for (name,) in cursor.fetchall()]
        cursor.execute("create temporary table person (customer text, person text)")
        copy_rows("person", ("customer", "person"), people_of(names, mapping.customer_scheme, programme))
        cursor.execute("analyze person")
    _do(statements.KEEP_IN_ORDER, [import_id], progress)
    _do(statements.KEEP_PRODUCTS, [import_id], progress)
    _do("select activity_analyze_import()", None, progress)


def people_of(names: Sequence[str], scheme: str, programme: Programme | None) -> list[tuple[str, str]]:
    """Return what holds together all that counts for one account: the account, else the customer, else the name."""
    people: list[tuple[str, str]] = []
    for first in range(0, len(names), PEOPLE_TOGETHER):
        people += _people_of_some(names[first : first + PEOPLE_TOGETHER], scheme, programme)
    return people


def _people_of_some(names: Sequence[str], scheme: str, programme: Programme | None) -> list[tuple[str, str]]:
    holders = find_by_identities((scheme, name) for name in names)
    enrolled = Enrolment.objects.none()
    if programme is not None:
        enrolled = Enrolment.objects.filter(
            programme=programme, customer_id__in=set(holders.values()), ended_at__isnull=True
        )
    accounts = dict(enrolled.values_list("customer_id", "account_id"))
    people = []
    for name in names:
        customer_id = holders.get((scheme, name))
        person = accounts.get(customer_id, customer_id) if customer_id is not None else None
        people.append((name, f"name {name}" if person is None else str(person)))
    return people
