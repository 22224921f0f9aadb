"""Write what a batch of receipts came to: purchases, lines, decisions, points; a handful of statements for all."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import connection

from fidelia.kernel.actor import Actor
from fidelia.kernel.bulk import copy_rows, stage_rows
from fidelia.ledger.operations import post_in_bulk
from fidelia.programme.models import Programme

from ..deciding import ChainHead
from .cheques import carry_debts, returns_beside_cheques, withdraw_for
from .history import DECIDED_COLUMNS, DECISION_COLUMNS, Batch, Circumstances

# Lines come before their purchases: what they sum to is written with these. The key between them is checked at commit.
_WRITE = """
with lines as (
    insert into activity_line (
        purchase_id, line_number, product_id, product_code, description, quantity, net, unit_price, unit_price_scale,
        is_product, points, returns_purchase_id, returns_line_number, gross, discount)
    select decided.purchase_id,
        case when decided.takes is null then part.n else array_position(decided.takes, part.n) end,
        known.product_id, part.product, part.description, part.quantity, part.net, part.unit_price, part.scale,
        coalesce(known.is_product, true), coalesce(part.points, 0), part.back_purchase, part.back_line,
        part.net + taken.off, taken.off
    from decided
    join activity_import_receipt receipt on receipt.import_id = %(import)s and receipt.place = decided.place
    cross join lateral unnest(
        receipt.products, receipt.descriptions, receipt.quantities, receipt.nets, receipt.unit_prices,
        receipt.unit_price_scales, decided.line_points, decided.back_purchases, decided.back_lines, receipt.discounts
    ) with ordinality part (
        product, description, quantity, net, unit_price, scale, points, back_purchase, back_line, off, n)
    cross join lateral (select case when part.quantity < 0 then -part.off else part.off end as off) taken
    left join activity_import_product known on known.import_id = %(import)s and known.code = part.product
    where decided.takes is null or part.n = any (decided.takes)
    returning purchase_id, net, is_product, returns_purchase_id, gross, discount
), sums as (
    select purchase_id, sum(net) as net, coalesce(sum(net) filter (where is_product), 0) as product_total,
        case when count(distinct returns_purchase_id) = 1 then (array_agg(distinct returns_purchase_id) filter (
            where returns_purchase_id is not null))[1] end as origin,
        sum(gross) as gross, sum(discount) as discount
    from lines group by purchase_id
)
insert into activity_purchase (
    purchase_id, kind, source, receipt_number, idempotency_owner, idempotency_key, request_hash, programme_id,
    customer_id, enrolment_id, account_id, partner_id, store_id, borne_by_store_id, channel, currency, total,
    product_total, points, rule_version_id, posting_id, returns_purchase_id, occurred_at, recorded_at, origin,
    gross, discount)
select decided.purchase_id, decided.kind, %(source)s, receipt.receipt, 'import:' || %(source)s,
    decided.kind || ':' || receipt.receipt,
    sha256(convert_to(row(receipt.receipt, receipt.customer, receipt.occurred_at, receipt.products, receipt.quantities,
        receipt.nets)::text, 'UTF8')),
    %(programme)s, decided.customer_id, decided.enrolment_id, decided.account_id, store.partner_id, store.id,
    decided.borne_by_store_id, receipt.channel, %(currency)s, sums.net,
    sums.product_total, decided.points, decided.rule_version_id, decided.posting_id, sums.origin, receipt.occurred_at,
    %(at)s, 'backfill', sums.gross, sums.discount
from decided
join activity_import_receipt receipt on receipt.import_id = %(import)s and receipt.place = decided.place
join sums using (purchase_id)
left join unnest(%(stores)s::text[], %(store_ids)s::uuid[], %(partner_ids)s::uuid[]) as store (code, id, partner_id)
    on store.code = receipt.store
order by decided.place
"""
_MOVE_CHAINS = """
update activity_chain set sequence = moved.sequence, hash = moved.hash
from unnest(%s::uuid[], %s::bigint[], %s::bytea[]) as moved (account_id, sequence, hash)
where activity_chain.account_id = moved.account_id
"""


def write_batch(by: Actor, at: datetime, programme: Programme | None, around: Circumstances, batch: Batch) -> None:
    """Building block: write all that a batch decided, and post its points."""
    stage_rows("decided", DECIDED_COLUMNS, batch.decided)
    _write_purchases(around)
    copy_rows("activity_decision", DECISION_COLUMNS, batch.decisions)
    move_chains(batch.heads)
    if programme is not None:
        post_points(by, at, programme, batch)


def _write_purchases(around: Circumstances) -> None:
    stores, mapping = around.stores, around.mapping
    with connection.cursor() as cursor:
        cursor.execute(
            _WRITE,
            {
                "import": around.import_id,
                "source": mapping.source,
                "programme": around.programme_id,
                "currency": mapping.currency,
                "at": around.at,
                "stores": list(stores),
                "store_ids": [UUID(store["id"]) for store in stores.values()],
                "partner_ids": [UUID(store["partner_id"]) for store in stores.values()],
            },
        )


def move_chains(heads: Mapping[UUID, ChainHead]) -> None:
    """Building block: let each account's chain end in its head."""
    with connection.cursor() as cursor:
        cursor.execute(
            _MOVE_CHAINS,
            [list(heads), [head.sequence for head in heads.values()], [head.hash for head in heads.values()]],
        )


def post_points(by: Actor, at: datetime, programme: Programme, batch: Batch) -> None:
    """Building block: post what is recorded beside the points; a row that the ledger refuses, refuses the batch."""
    returns = returns_beside_cheques(batch, programme.points_currency_id)
    withdraw_for(returns, batch, by=by, at=at, currency=programme.points_currency_id)
    results = post_in_bulk(
        by=by, at=at, currency=programme.points_currency_id, postings=batch.postings, source_type="purchase"
    )
    for posting, result in zip(batch.postings, results, strict=True):
        assert result.status == "posted", f"the ledger refused {posting.key}: {result.status}"
    carry_debts(returns, {result.posting_id: result.uncollected for result in results}, programme.points_currency_id)
