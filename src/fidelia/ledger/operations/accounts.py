"""Accounts are opened in a currency, and closed when empty."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection

from fidelia.kernel.actor import Actor
from fidelia.kernel.db import require_transaction
from fidelia.kernel.ids import new_id

from .posting import refusals


def open_account(
    *,
    by: Actor,
    at: datetime,
    currency: str,
    account_id: UUID | None = None,
    partner_id: UUID | None = None,
    may_go_negative: bool = False,
) -> UUID:
    """Open an account in a currency and return its id (a new one when none is given); see `open_accounts`."""
    account_id = account_id or new_id()
    open_accounts(
        by=by, at=at, account_ids=[account_id], currency=currency, partner_ids=[partner_id],
        may_go_negative=may_go_negative,
    )  # fmt: skip
    return account_id


def open_accounts(
    *,
    by: Actor,
    at: datetime,
    account_ids: Sequence[UUID],
    currency: str,
    partner_ids: Sequence[UUID | None],
    may_go_negative: bool = False,
) -> int:
    """Open accounts in a currency by one statement, each of the partner in its place; return how many were opened.

    What is open in the currency already stays as it is. A building block, like all verbs of the ledger.
    """
    require_transaction()
    assert len(account_ids) == len(partner_ids)
    with refusals(), connection.cursor() as cursor:
        cursor.execute(
            "select public.ledger_open(%s::uuid[], %s::uuid[], %s, %s, %s)",
            [list(account_ids), list(partner_ids), currency, may_go_negative, at],
        )
        return int(cursor.fetchone()[0])


def open_accounts_in_bulk(
    *,
    by: Actor,
    at: datetime,
    currency: str,
    partner_ids: Sequence[UUID | None],
    may_go_negative: bool = False,
) -> list[UUID]:
    """Open one new account per partner given, by one statement; return their ids in the same order."""
    account_ids = [new_id() for _partner_id in partner_ids]
    open_accounts(
        by=by, at=at, account_ids=account_ids, currency=currency, partner_ids=partner_ids,
        may_go_negative=may_go_negative,
    )  # fmt: skip
    return account_ids


def let_go_negative(*, by: Actor, at: datetime, currency: str, may_go_negative: bool) -> int:
    """Follow the currency's flag on all its balances; return how many changed.

    A balance that owes keeps the permission until what it owes is filled.
    """
    require_transaction()
    with refusals(), connection.cursor() as cursor:
        cursor.execute("select public.ledger_let_go_negative(%s, %s)", [currency, may_go_negative])
        return int(cursor.fetchone()[0])


def lock_balance(*, account_id: UUID, currency: str) -> bool:
    """Hold a balance for what this transaction is about to post, so that what is read next stays true.

    It waits for who holds it; return whether there is such a balance that is open.
    """
    require_transaction()
    with connection.cursor() as cursor:
        cursor.execute("select public.ledger_lock_balance(%s, %s, true)", [account_id, currency])
        return bool(cursor.fetchone()[0])


def close_account(*, by: Actor, at: datetime, account_id: UUID) -> None:
    """Close an account for good. Raises AccountNotEmpty, UnknownAccount."""
    require_transaction()
    with refusals(), connection.cursor() as cursor:
        cursor.execute("select public.ledger_close(%s, %s)", [account_id, at])


def forget_notes(*, by: Actor, at: datetime, account_id: UUID) -> int:
    """Blank what people wrote beside the postings of an account; return how many notes there were."""
    require_transaction()
    with refusals(), connection.cursor() as cursor:
        cursor.execute("select public.ledger_forget_notes(%s)", [account_id])
        return int(cursor.fetchone()[0])
