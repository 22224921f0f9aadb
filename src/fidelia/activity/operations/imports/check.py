"""Check a file of purchases: understand its rows by set, say why some cannot be taken, and keep the receipts.

Nothing that lasts is written but the states of the staged rows and the receipts, which a recording reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

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

PEOPLE_TOGETHER = 10_000
UNKNOWN_STORES_MAX = 20
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
    with transaction_of_use_case(), connection.cursor() as cursor:
        for statement in statements.FORGET:
            cursor.execute(statement, [found.id])
        _understand(cursor, found, mapping, at)
        _judge_receipts(cursor, found, mapping)
        cursor.execute(statements.count_statement(mapping))
        report: dict[str, Any] = cursor.fetchone()[0]
        cursor.execute(_UNKNOWN_STORES, [UNKNOWN_STORES_MAX])
        report["unknown_stores"] = cursor.fetchone()[0] or []
        for statement in (statements.TELL_REJECTED, statements.TELL_DOUBLE, statements.TELL_KNOWN):
            cursor.execute(statement, [found.id])
        _keep(cursor, found.id, mapping, programme)
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


def _understand(cursor: Any, found: Import, mapping: ImportMapping, at: datetime) -> None:
    columns = list(found.columns)
    cursor.execute("set local work_mem = '64MB'")
    split = understanding.split_statement(
        found.file_mapping, columns, fill_down=mapping.fill_down, whole_codes=mapping.whole_codes
    )
    cursor.execute(split, [found.id])
    cursor.execute("analyze text_line")
    CellReaders(mapping, found.file_mapping.reading).stage("text_line")
    statement = understanding.understand_statement(mapping, width=len(columns))
    date_header = mapping.columns["occurred_at"].lower()
    cursor.execute(statement, {"at": at, "default_product": mapping.default_product, "date_header": date_header})
    is_named = not {"receipt", "product", "customer"}.isdisjoint(mapping.columns)
    cursor.execute(statements.MARK_TOTALS, {"import": found.id, "words": statements.TOTAL_WORDS, "is_named": is_named})
    cursor.execute("analyze line")


def _judge_receipts(cursor: Any, found: Import, mapping: ImportMapping) -> None:
    if len(found.file_mapping.reading.sheets) > 1:
        cursor.execute(statements.MARK_DOUBLES)
    if "receipt" in mapping.columns:
        cursor.execute(statements.MARK_REPEATED)
    if "quantity" in mapping.columns:
        cursor.execute(statements.MARK_GIVEN_BACK, [list(mapping.not_products)])
    cursor.execute(statements.MARK_TWO_CUSTOMERS)
    cursor.execute(statements.MARK_TOO_LARGE)
    if "receipt" in mapping.columns:
        place = {name: list(found.columns).index(mapping.columns[name]) + 1 for name in ("receipt", "occurred_at")}
        by_number = mapping.receipt_by == "number"
        cursor.execute(
            statements.MARK_INCOMPLETE,
            {"receipt": place["receipt"], "day": place["occurred_at"], "import": found.id, "by_number": by_number},
        )
    for statement in statements.MARK_KNOWN:
        cursor.execute(statement, {"sources": sources_of(found, mapping)})
    cursor.execute(statements.REJECT_OTHER_LINES)


def _keep(cursor: Any, import_id: UUID, mapping: ImportMapping, programme: Programme | None) -> None:
    cursor.execute(statements.KEEP_RECEIPTS)
    cursor.execute("select distinct customer from receipt_line where customer is not null")
    names = [name for (name,) in cursor.fetchall()]
    cursor.execute("create temporary table person (customer text, person text) on commit drop")
    copy_rows("person", ("customer", "person"), people_of(names, mapping.customer_scheme, programme))
    cursor.execute("analyze person")
    cursor.execute(statements.KEEP_IN_ORDER, [import_id])
    cursor.execute(statements.KEEP_PRODUCTS, [import_id])
    cursor.execute("select activity_analyze_import()")


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
