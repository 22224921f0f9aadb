"""The whole import: stage, check, decide, record; a second run of the same file records nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connection

from fidelia.intake.rejects import RejectFile
from fidelia.intake.tables import Table
from fidelia.kernel.actor import Actor
from fidelia.kernel.bulk import copy_rows
from fidelia.kernel.db import read_jsonb, transaction_of_use_case
from fidelia.kernel.outbox import Origin, announce
from fidelia.ledger.operations import post_in_bulk
from fidelia.products.operations import NewProduct, add_products_in_bulk
from fidelia.programme.models import Programme
from fidelia.programme.operations import rederive_tiers
from fidelia.programme.queries import VersionHistory, get_only_programme, get_programme

from ...errors import WrongCurrency
from ...events import PurchasesImported
from ...models import PurchaseImport
from ..requests import LINES_MAX
from ..writing import LINE_COLUMNS, PURCHASE_COLUMNS
from .history import DECISION_COLUMNS, Batch, Circumstances, decide_batch, decision_values
from .keeping import close_import, only_import_of, open_import
from .mapping import ImportMapping
from .members import MemberState, in_order_of_time, load_members, read_customer_facts
from .receipts import (
    Receipt,
    drop_incomplete_receipts,
    drop_receipts_of_two_customers,
    drop_receipts_too_large,
    receipts_by_member,
)
from .staging import StagedTotals, check_columns, stage

RECEIPTS_PER_BATCH = 1_000
_PRODUCTS = """
select product, coalesce(mode() within group (order by description) filter (where description <> ''), ''),
       max(category)
from activity_import_row where import_id = %s group by product
"""
_MOVE_CHAINS = """
update activity_chain set sequence = moved.sequence, hash = moved.hash
from unnest(%s::uuid[], %s::bigint[], %s::bytea[]) as moved (account_id, sequence, hash)
where activity_chain.account_id = moved.account_id
"""
_DUPLICATES = """
select coalesce(sum(copies - 1), 0)::bigint from (
    select count(*) as copies from activity_import_row where import_id = %s
    group by case when %s then receipt end, occurred_at, product, description, quantity, net, customer, country
    having count(*) > 1) repeated
"""
_STORES = "select code, organisation_store_for_rules(code) from unnest(%s::text[]) code"
_STORE_CODES = "select distinct store from activity_import_row where import_id = %s and store <> ''"


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What came of an import. Amounts are minor units; rows = recorded + known + rejected."""

    import_id: UUID
    programme_id: UUID
    rows: int
    recorded_rows: int
    known_rows: int
    rejected_rows: int
    duplicate_rows: int
    sales: int
    returns: int
    matched_lines: int
    net: int
    file_net: int
    points: int
    rejects: Path | None

    @property
    def totals(self) -> dict[str, int]:
        """The numbers, as the record of the import keeps them."""
        return {name: value for name, value in asdict(self).items() if isinstance(value, int)}


@dataclass(slots=True)
class _Counts:
    rows: int = 0
    sales: int = 0
    returns: int = 0
    matched_lines: int = 0
    net: int = 0
    points: int = 0


def import_purchases(
    *,
    by: Actor,
    at: datetime,
    path: Path,
    mapping: ImportMapping,
    rejects_path: Path,
    progress: Callable[[str, int], None] = lambda _what, _done: None,
) -> ImportResult:
    """Import a file of past purchases: members are enrolled, points granted at each purchase's own date.

    Nobody is informed (origin backfill). Rows that cannot be understood are written to `rejects_path` with the reason
    last. Stopped half-way and run again, it goes on; run again after its end, it changes nothing. `progress` is told
    ("rows" or "receipts", how many so far). Raises Denied, UnreadableFile, MalformedImportMapping, UnknownProgramme,
    WrongCurrency, ImportRunning.
    """
    by.require("purchase.import")
    programme = get_programme(mapping.programme) if mapping.programme else get_only_programme(sandbox=False)
    if programme.currency != mapping.currency:
        raise WrongCurrency(f"{programme.slug} counts in {programme.currency}.", pointer="/currency")
    table = Table(path)
    check_columns(table, mapping)
    with only_import_of(mapping.source, at=at):
        file_hash = table.content_hash()
        record = open_import(by, at, path.name, mapping, programme_id=programme.id, file_hash=file_hash)
        try:
            with RejectFile(rejects_path, table.columns) as rejects:
                staged = stage(
                    table,
                    mapping,
                    import_id=record.id,
                    file_hash=file_hash,
                    at=at,
                    rejects=rejects,
                    step=lambda rows: progress("rows", rows),
                )
                _reject_receipts(table, record.id, staged, rejects)
            around = _circumstances(by, at, programme, mapping, record.id)
            counts = _record_all(by, programme, around, progress)
            result = _result(record, staged, counts, mapping, rejects)
        except BaseException:
            close_import(record, PurchaseImport.State.FAILED, at, {})
            raise
        close_import(record, PurchaseImport.State.DONE, at, result.totals)
    return result


def _reject_receipts(table: Table, import_id: UUID, staged: StagedTotals, rejects: RejectFile) -> None:
    """A receipt is recorded whole or not at all."""
    incomplete = drop_incomplete_receipts(import_id, staged.incomplete - {""})
    reasons = dict.fromkeys(incomplete, "Another row of the receipt came back.")
    reasons |= dict.fromkeys(drop_receipts_of_two_customers(import_id), "The receipt names two customers.")
    too_large = f"The receipt has more than {LINES_MAX} lines or too large an amount."
    reasons |= dict.fromkeys(drop_receipts_too_large(import_id), too_large)
    if reasons:
        for number, row in enumerate(table.rows(), start=1):
            if number in reasons:
                rejects.add(row, reasons[number])
        staged.rejected += len(reasons)


def _circumstances(
    by: Actor, at: datetime, programme: Programme, mapping: ImportMapping, import_id: UUID
) -> Circumstances:
    return Circumstances(
        import_id=import_id,
        mapping=mapping,
        programme_id=programme.id,
        versions=VersionHistory(programme),
        products=_know_products(by, at, mapping, import_id),
        stores=_know_stores(import_id),
        policy="allow_negative" if programme.points_currency.may_go_negative else "take_what_is_left",
        at=at,
    )


def _record_all(
    by: Actor, programme: Programme, around: Circumstances, progress: Callable[[str, int], None]
) -> _Counts:
    counts = _Counts()
    done = 0
    for receipts in receipts_by_member(around.import_id, around.mapping.source, most=RECEIPTS_PER_BATCH):
        with transaction_of_use_case():
            batch = _record_batch(by, around.at, programme, around, receipts)
        _count(counts, batch)
        done += len(receipts)
        progress("receipts", done)
    return counts


def _know_products(by: Actor, at: datetime, mapping: ImportMapping, import_id: UUID) -> dict[str, dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(_PRODUCTS, [import_id])
        found = cursor.fetchall()
        rows = [
            NewProduct(
                code=code, name=name or None, category=category or None, is_product=code not in mapping.not_products,
                earns=code not in mapping.not_products,
            )
            for code, name, category in found
        ]  # fmt: skip
    with transaction_of_use_case():
        add_products_in_bulk(by=by.lent("product.change"), at=at, rows=rows)
    with connection.cursor() as cursor:
        cursor.execute("select products_for_rules(%s)", [[code for code, _name, _category in found]])
        products: dict[str, dict[str, Any]] = read_jsonb(cursor.fetchone()[0])
    return products


def _know_stores(import_id: UUID) -> dict[str, dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(_STORE_CODES, [import_id])
        codes = [row[0] for row in cursor.fetchall()]
        cursor.execute(_STORES, [codes])
        return {code: read_jsonb(store) for code, store in cursor.fetchall() if store is not None}


def _record_batch(
    by: Actor, at: datetime, programme: Programme, around: Circumstances, receipts: Sequence[Receipt]
) -> Batch:
    members = load_members(
        by=by,
        at=at,
        programme=programme,
        mapping=around.mapping,
        receipts=receipts,
        terms=around.versions.terms_at(at),
    )
    receipts = in_order_of_time(receipts, members)
    batch = decide_batch(around, receipts, members, _facts_of(receipts, members))
    _write(batch, at)
    _post(by, at, programme, batch)
    enrolments = {state.enrolment.id for state in members.values() if state.enrolment is not None}
    rederive_tiers(at=at, enrolment_ids=enrolments, origin=Origin.BACKFILL)
    announce(
        PurchasesImported(
            occurred_at=at, origin=Origin.BACKFILL, import_id=around.import_id, count=len(batch.purchases)
        )
    )
    return batch


def _post(by: Actor, at: datetime, programme: Programme, batch: Batch) -> None:
    """What is recorded beside the points must be posted: a row that the ledger refuses, refuses the batch."""
    results = post_in_bulk(
        by=by, at=at, currency=programme.points_currency_id, postings=batch.postings, source_type="purchase"
    )
    for posting, result in zip(batch.postings, results, strict=True):
        assert result.status == "posted", f"the ledger refused {posting.key}: {result.status}"


def _facts_of(receipts: Sequence[Receipt], members: dict[str, MemberState]) -> list[dict[str, Any] | None]:
    asked = [
        (place, members[receipt.customer].customer_id, receipt.occurred_at)
        for place, receipt in enumerate(receipts)
        if receipt.customer is not None
    ]
    found: list[dict[str, Any] | None] = [None] * len(receipts)
    known = read_customer_facts([(customer_id, moment) for _place, customer_id, moment in asked])
    for (place, _customer_id, _moment), facts in zip(asked, known, strict=True):
        found[place] = facts
    return found


def _write(batch: Batch, at: datetime) -> None:
    copy_rows(
        "activity_purchase",
        PURCHASE_COLUMNS,
        ([getattr(purchase, column) for column in PURCHASE_COLUMNS] for purchase in batch.purchases),
    )
    copy_rows(
        "activity_line",
        ("purchase_id", *LINE_COLUMNS),
        ([purchase_id, *(getattr(row, column) for column in LINE_COLUMNS)] for purchase_id, row in batch.lines),
    )
    copy_rows(
        "activity_decision",
        DECISION_COLUMNS,
        (decision_values(purchase_id, decided, at) for purchase_id, decided in batch.decisions),
    )
    heads = {decided.row.account_id: decided.head for _purchase_id, decided in batch.decisions}
    with connection.cursor() as cursor:
        cursor.execute(
            _MOVE_CHAINS,
            [list(heads), [head.sequence for head in heads.values()], [head.hash for head in heads.values()]],
        )


def _count(counts: _Counts, batch: Batch) -> None:
    for purchase in batch.purchases:
        counts.sales += purchase.kind == "sale"
        counts.returns += purchase.kind == "return"
        counts.net += purchase.total
        counts.points += purchase.points
    counts.rows += len(batch.lines)
    counts.matched_lines += sum(row.returns_purchase_id is not None for _purchase_id, row in batch.lines)


def _result(
    record: PurchaseImport, staged: StagedTotals, counts: _Counts, mapping: ImportMapping, rejects: RejectFile
) -> ImportResult:
    with connection.cursor() as cursor:
        cursor.execute(_DUPLICATES, [record.id, "receipt" in mapping.columns])
        (duplicates,) = cursor.fetchone()
    return ImportResult(
        import_id=record.id,
        programme_id=record.programme_id,
        rows=staged.rows,
        recorded_rows=counts.rows,
        known_rows=staged.rows - staged.rejected - counts.rows,
        rejected_rows=staged.rejected,
        duplicate_rows=duplicates,
        sales=counts.sales,
        returns=counts.returns,
        matched_lines=counts.matched_lines,
        net=counts.net,
        file_net=staged.net,
        points=counts.points,
        rejects=rejects.path if rejects.count else None,
    )
