"""The tables of the ledger, for reading: sql/tables.sql makes them, and only its functions write them."""

from __future__ import annotations

from django.db import models


class Account(models.Model):
    """Whose points they are is not known here: an enrolment (or several, a pool) points at an account."""

    account_id = models.UUIDField(primary_key=True)
    partner_id = models.UUIDField(null=True)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "ledger_account"
        managed = False

    def __str__(self) -> str:
        return str(self.account_id)


class Balance(models.Model):
    """What one account holds in one currency; see `queries.get_balance` for what of it is available."""

    pk = models.CompositePrimaryKey("account_id", "currency")
    account_id = models.UUIDField()
    currency = models.TextField()
    posted = models.BigIntegerField()
    held = models.BigIntegerField()
    owed = models.BigIntegerField()
    version = models.BigIntegerField()
    may_go_negative = models.BooleanField()
    is_closed = models.BooleanField()
    pending = models.BigIntegerField()

    class Meta:
        db_table = "ledger_balance"
        managed = False


class Posting(models.Model):
    """One act on one account, and its idempotency record."""

    pk = models.CompositePrimaryKey("account_id", "idem_key")
    account_id = models.UUIDField()
    idem_key = models.TextField()
    posting_id = models.UUIDField()
    kind = models.TextField()
    currency = models.TextField()
    requested = models.BigIntegerField()
    already_expired = models.BigIntegerField()
    uncollected = models.BigIntegerField()
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    origin = models.TextField()
    actor_kind = models.TextField()
    actor_id = models.UUIDField(null=True)
    target_id = models.UUIDField(null=True)
    link_id = models.UUIDField(null=True)
    source_type = models.TextField()
    source_id = models.UUIDField(null=True)
    note = models.TextField()
    lives_until = models.DateTimeField(null=True)

    class Meta:
        db_table = "ledger_posting"
        managed = False


class Entry(models.Model):
    """One leg of a posting. `balance_after` is known of the codes member and held only; `version` orders an account."""

    pk = models.CompositePrimaryKey("account_id", "occurred_at", "posting_id", "seq")
    account_id = models.UUIDField()
    occurred_at = models.DateTimeField()
    posting_id = models.UUIDField()
    seq = models.SmallIntegerField()
    code = models.TextField()
    currency = models.TextField()
    amount = models.BigIntegerField()
    balance_after = models.BigIntegerField(null=True)
    version = models.BigIntegerField()
    lot_id = models.UUIDField(null=True)
    partner_id = models.UUIDField(null=True)
    store_id = models.UUIDField(null=True)
    rule_version_id = models.UUIDField(null=True)
    funding = models.TextField()
    unit_cost = models.BigIntegerField()
    recorded_at = models.DateTimeField()

    class Meta:
        db_table = "ledger_entry"
        managed = False


class Lot(models.Model):
    """What one posting brought, or brought along from another account, and what remains of it."""

    pk = models.CompositePrimaryKey("account_id", "lot_id")
    account_id = models.UUIDField()
    lot_id = models.UUIDField()
    currency = models.TextField()
    amount = models.BigIntegerField()
    remaining = models.BigIntegerField()
    is_open = models.BooleanField()
    earned_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    partner_id = models.UUIDField(null=True)
    rule_version_id = models.UUIDField(null=True)
    funding = models.TextField()
    unit_cost = models.BigIntegerField()

    class Meta:
        db_table = "ledger_lot"
        managed = False


class Pending(models.Model):
    """Points promised: a lot to be, of the same id, at `activates_at` or when an event says so."""

    pk = models.CompositePrimaryKey("account_id", "lot_id")
    account_id = models.UUIDField()
    lot_id = models.UUIDField()
    posting_id = models.UUIDField()
    currency = models.TextField()
    amount = models.BigIntegerField()
    remaining = models.BigIntegerField()
    is_open = models.BooleanField()
    pended_at = models.DateTimeField()
    activates_at = models.DateTimeField(null=True)
    cancels_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "ledger_pending"
        managed = False


class Hold(models.Model):
    """Points kept for a moment; `hold_id` is the id of the posting that made it."""

    pk = models.CompositePrimaryKey("account_id", "hold_id")
    account_id = models.UUIDField()
    hold_id = models.UUIDField()
    currency = models.TextField()
    amount = models.BigIntegerField()
    captured = models.BigIntegerField()
    state = models.TextField()
    held_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "ledger_hold"
        managed = False
