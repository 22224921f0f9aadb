"""What analytics may read of the ledger."""

from __future__ import annotations

from fidelia.kernel.facts import FactTable

ENTRIES = FactTable(
    name="entries",
    sql="""select e.account_id::text, e.posting_id::text, e.seq::int, e.version, p.kind, e.code, e.currency, e.amount,
       e.lot_id::text, e.partner_id::text, e.store_id::text, e.rule_version_id::text, e.funding, e.unit_cost,
       p.source_type, p.source_id::text, p.origin, e.occurred_at, e.recorded_at
from ledger_entry e
join ledger_posting p on p.account_id = e.account_id and p.posting_id = e.posting_id""",
    columns={
        "account_id": "string",
        "posting_id": "string",
        "seq": "int32",
        "version": "int64",
        "kind": "string",
        "code": "string",
        "currency": "string",
        "amount": "int64",
        "lot_id": "string",
        "partner_id": "string",
        "store_id": "string",
        "rule_version_id": "string",
        "funding": "string",
        "unit_cost": "int64",
        "source_type": "string",
        "source_id": "string",
        "origin": "string",
        "occurred_at": "timestamp",
        "recorded_at": "timestamp",
    },
    key=("account_id", "posting_id", "seq"),
    recorded_at_column="recorded_at",
    versions=("e", "p"),
)
ACCOUNTS = FactTable(
    name="accounts",
    sql="""select b.account_id::text, b.currency, a.partner_id::text, b.posted, b.held, b.owed, b.version, a.opened_at,
       a.closed_at
from ledger_balance b join ledger_account a using (account_id)""",
    columns={
        "account_id": "string",
        "currency": "string",
        "partner_id": "string",
        "posted": "int64",
        "held": "int64",
        "owed": "int64",
        "version": "int64",
        "opened_at": "timestamp",
        "closed_at": "timestamp",
    },
    key=("account_id", "currency"),
    recorded_at_column="opened_at",
)
FACTS = (ENTRIES, ACCOUNTS)
