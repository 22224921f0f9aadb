"""Record a checked file of purchases: batch by batch, each decided at its own dates and committed as a whole.

Two batches are under way at a time, each in a thread with a connection of its own: while the database writes one,
Python decides the other. No two batches concern one points account, and they commit in their order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from threading import Condition
from typing import Any
from uuid import UUID

from django.db import DatabaseError, connection, connections

from fidelia.intake.errors import ImportNotReady
from fidelia.intake.models import Import
from fidelia.jobs.operations import Progress
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import read_jsonb, transaction_of_use_case
from fidelia.kernel.outbox import Origin, announce
from fidelia.products.operations import NewProduct, add_products_in_bulk
from fidelia.programme.models import Programme
from fidelia.programme.operations import rederive_tiers
from fidelia.programme.operations.granting import revoke_policy_of
from fidelia.programme.queries import VersionHistory

from ...errors import CustomersJoined, ImportRunning
from ...events import PurchasesImported
from ...models import ImportBatch
from .check import forget_checked, people_of, programme_of, sources_of
from .history import PURCHASE_ID, Batch, Circumstances, decide_batch
from .mapping import ImportMapping, mapping_of
from .members import in_order_of_time, load_members, read_facts
from .of_nobody import load_sold_to_nobody
from .receipts import Receipt, list_spans, read_receipts
from .writing import write_batch

RECEIPTS_PER_BATCH = 1_000
UNDER_WAY = 2
PRODUCTS_TOGETHER = 100_000
LOOK_SECONDS = 0.5
# A lock of the session, since an import is many transactions; it ends with its process whatever kills that.
_HOLD = "select pg_try_advisory_lock(hashtextextended('import ' || %s, 0))"
_LET_GO = "select pg_advisory_unlock(hashtextextended('import ' || %s, 0))"
_COUNT = """
select coalesce(sum(line_count), 0)::bigint from activity_import_receipt where import_id = %s and place > %s
"""
_NAMES = """
select customer, max(person) from activity_import_receipt
where import_id = %s and place > %s and customer is not null group by customer
"""
# Whoever holds an account for longer holds the import up, and a batch that waits for its turn holds accounts itself.
_WAIT_AT_MOST = "set local lock_timeout = '60s'"
_PRODUCTS = "select code, name, category from activity_import_product where import_id = %s order by code"
_KNOW_PRODUCTS = """
update activity_import_product product
set product_id = (known.found->>'id')::uuid, is_product = (known.found->>'is_product')::boolean
from jsonb_each(%s) as known (code, found) where product.import_id = %s and product.code = known.code
"""
_STORES = """
select store, organisation_store_for_rules(store) from (
    select distinct store from activity_import_receipt where import_id = %s and store <> '') named
"""


def record_purchases(found: Import, *, by: Actor, at: datetime, progress: Progress) -> dict[str, Any]:
    """Record the receipts that a check has kept: members enrolled, points granted at each purchase's own date.

    Before there is a programme they are history: customers are added, nobody is enrolled, nothing is granted.

    Nobody is informed (origin backfill). Stopped half-way and run again, it goes on. Returns what was recorded: counts,
    and sums in minor units. Raises Denied, MalformedMapping, UnknownProgramme, WrongCurrency, ImportRunning.
    """
    by.require("purchase.import")
    mapping = mapping_of(found.file_mapping)
    programme = programme_of(mapping)
    reached = dict(progress.checkpoint or {"place": 0, "counts": Batch().counts})
    # The same file under another name of its stream is the same file still: two people may bring it in at once.
    with only_import_of(mapping.source), only_import_of(found.file_hash):
        _require_same_people(found.id, mapping, programme, after=reached["place"])
        around = _circumstances(by, at, programme, mapping, found.id)
        spans = list_spans(found.id, after=reached["place"], most=RECEIPTS_PER_BATCH)
        _require_staged(found, reached["counts"], _rows_after(found.id, reached["place"]))
        progress.expect(found.check_report["ready_rows"])
        run = _Run(by, at, programme, around, sources_of(found, mapping), progress, dict(reached["counts"]))
        run.record(spans)
    forget_checked(found.id)
    return dict(run.counts)


def _require_staged(found: Import, counts: Mapping[str, int], left: int) -> None:
    """What a check understood is staged unlogged: a crash of the database empties it. Raises ImportNotReady."""
    ready = found.check_report["ready_rows"]
    if counts["recorded_rows"] + counts["known_rows"] + left != ready:
        raise ImportNotReady("What was checked is no longer there: the database was restarted. Check the file again.")


def _require_same_people(import_id: UUID, mapping: ImportMapping, programme: Programme | None, *, after: int) -> None:
    """Raise ImportNotReady where names that the check took apart are one account by now.

    Two batches would then wait for each other: one for the account, the other for its turn.
    """
    with connection.cursor() as cursor:
        cursor.execute(_NAMES, [import_id, after])
        people = dict(cursor.fetchall())
    held: dict[str, str] = {}
    for name, account in people_of(list(people), mapping.customer_scheme, programme):
        if held.setdefault(account, people[name]) != people[name]:
            raise CustomersJoined("Customers were joined since the file was checked. Check it again.")


@contextmanager
def only_import_of(source: str) -> Iterator[None]:
    """Hold a source, or the content of a file, while it is recorded. Raises ImportRunning."""
    with connection.cursor() as cursor:
        cursor.execute(_HOLD, [source])
        if not cursor.fetchone()[0]:
            raise ImportRunning("This file, or one of the same source, is being imported; wait for its end.")
    try:
        yield
    finally:
        with suppress(DatabaseError), connection.cursor() as cursor:  # a connection that is lost holds nothing
            cursor.execute(_LET_GO, [source])


@dataclass
class _Run:
    """One recording: its batches, two at a time, committed in their order."""

    by: Actor
    at: datetime
    programme: Programme | None
    around: Circumstances
    sources: list[str]
    progress: Progress
    counts: dict[str, int]
    turn: Condition = field(default_factory=Condition)
    next: int = 0
    failed: bool = False

    def record(self, spans: Sequence[tuple[int, int]]) -> None:
        """Record every span. Raises what stops it, when the batches under way have ended."""
        waiting = list(enumerate(spans))[::-1]
        pending: set[Future[None]] = set()
        with ThreadPoolExecutor(UNDER_WAY, thread_name_prefix="import") as pool:
            try:
                while waiting or pending:
                    while waiting and len(pending) < UNDER_WAY:
                        pending.add(pool.submit(self._in_thread, *waiting.pop()))
                    done, pending = wait(pending, timeout=LOOK_SECONDS, return_when=FIRST_COMPLETED)
                    for future in done:
                        future.result()
                    self.progress.show()
            except BaseException:
                self._fail()
                raise

    def _in_thread(self, number: int, span: tuple[int, int]) -> None:
        try:
            self._record_batch(number, span)
        except BaseException:
            self._fail()
            raise
        finally:
            connections.close_all()

    def _record_batch(self, number: int, span: tuple[int, int]) -> None:
        with transaction_of_use_case():
            with connection.cursor() as cursor:
                cursor.execute(_WAIT_AT_MOST)
            batch = self._decide_and_write(number, span)
            self._await_turn(number)
            for name, value in batch.counts.items():
                self.counts[name] += value
            self.progress.reach({"place": span[1], "counts": self.counts}, count=batch.counts["recorded_rows"])
        with self.turn:
            self.next = number + 1
            self.turn.notify_all()

    def _decide_and_write(self, number: int, span: tuple[int, int]) -> Batch:
        around = self.around
        found = read_receipts(around.import_id, self.sources, span)
        receipts = [receipt for receipt in found if not receipt.is_known]
        if any(receipt.is_return_of_nobody for receipt in receipts):
            self._await_turn(number)  # what it gives back may have been sold in the batch that is under way before it
        batch = self._decide(receipts) if receipts else Batch()
        for receipt in found:
            if receipt.is_known:
                batch.counts["known_rows"] += receipt.line_count
                batch.counts["known_net"] += receipt.net
        return batch

    def _decide(self, receipts: Sequence[Receipt]) -> Batch:
        by, at, around = self.by, self.at, self.around
        nobody = load_sold_to_nobody(receipts, self.sources)
        members = load_members(
            by=by, at=at, programme=self.programme, mapping=around.mapping, receipts=receipts,
            terms=around.versions.terms_at(at), import_id=around.import_id,
        )  # fmt: skip
        receipts = in_order_of_time(receipts, members)
        batch = decide_batch(around, receipts, members, read_facts(receipts, members), nobody)
        write_batch(by, at, self.programme, around, batch)
        found = [state for state in members.values() if state.enrolment is not None]
        enrolments = {state.enrolment.id for state in found if state.enrolment is not None}
        ImportBatch.objects.create(
            import_id=around.import_id,
            purchase_ids=[row[PURCHASE_ID] for row in batch.decided],
            enrolment_ids=list({one.enrolment.id for one in found if one.is_new_member and one.enrolment is not None}),
            recorded_at=at,
        )
        if enrolments:
            rederive_tiers(at=at, enrolment_ids=enrolments, origin=Origin.BACKFILL)
        announce(
            PurchasesImported(
                occurred_at=at, origin=Origin.BACKFILL, import_id=around.import_id, count=len(batch.decided)
            )
        )
        return batch

    def _await_turn(self, number: int) -> None:
        """A checkpoint speaks of all batches before it, so none commits before them."""
        with self.turn:
            self.turn.wait_for(lambda: self.next == number or self.failed)
            if self.failed and self.next != number:
                raise BatchGivenUp

    def _fail(self) -> None:
        with self.turn:
            self.failed = True
            self.turn.notify_all()


class BatchGivenUp(Exception):
    """The batch before was not recorded; its own reason is told."""


def _circumstances(
    by: Actor, at: datetime, programme: Programme | None, mapping: ImportMapping, import_id: UUID
) -> Circumstances:
    return Circumstances(
        import_id=import_id,
        mapping=mapping,
        programme_id=programme.id if programme is not None else None,
        versions=VersionHistory(programme),
        products=_know_products(by, at, mapping, import_id),
        stores=_know_stores(import_id),
        policy=revoke_policy_of(programme.points_currency) if programme is not None else "take_what_is_left",
        at=at,
    )


def _know_products(by: Actor, at: datetime, mapping: ImportMapping, import_id: UUID) -> dict[str, dict[str, Any]]:
    """Add the products that the file names and nobody knows, and return what rules may read of all it names."""
    with connection.cursor() as cursor:
        cursor.execute(_PRODUCTS, [import_id])
        found = cursor.fetchall()
    known: dict[str, dict[str, Any]] = {}
    for first in range(0, len(found), PRODUCTS_TOGETHER):
        known |= _know_some(by, at, mapping, import_id, found[first : first + PRODUCTS_TOGETHER])
    return known


def _know_some(
    by: Actor, at: datetime, mapping: ImportMapping, import_id: UUID, named: Sequence[tuple[str, str, str]]
) -> dict[str, dict[str, Any]]:
    none = set(mapping.not_products)
    rows = [
        NewProduct(
            code=code, name=name or None, category=category or None,
            is_product=False if code in none else None, earns=False if code in none else None,
        )
        for code, name, category in named
    ]  # fmt: skip
    with transaction_of_use_case(), connection.cursor() as cursor:
        add_products_in_bulk(by=by.lent("product.change"), at=at, rows=rows)
        cursor.execute("select products_for_rules(%s)", [[code for code, _name, _category in named]])
        text = cursor.fetchone()[0]
        cursor.execute(_KNOW_PRODUCTS, [text, import_id])
    products: dict[str, dict[str, Any]] = read_jsonb(text)
    return products


def _know_stores(import_id: UUID) -> dict[str, dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(_STORES, [import_id])
        return {code: read_jsonb(store) for code, store in cursor.fetchall() if store is not None}


def _rows_after(import_id: UUID, place: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [import_id, place])
        return int(cursor.fetchone()[0])
