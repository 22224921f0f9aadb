"""The ledger over a connection of one's own, in autocommit: what threads and other processes use."""

from __future__ import annotations

from datetime import UTC, datetime
from types import TracebackType
from typing import Any
from uuid import UUID

import psycopg

from fidelia.kernel.actor import Actor
from fidelia.kernel.ids import new_id
from fidelia.ledger.operations import EarnPart, PostingRequest, PostingResult
from fidelia.ledger.operations.posting import POST_ENTRY, REQUEST, request_json

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
SYSTEM = Actor.system("tests")


class Refused(Exception):
    """A refusal of the ledger, by its code."""


class Client:
    """Posts with the rights of the application; one statement is one transaction."""

    def __init__(self, address: str) -> None:
        self.connection = psycopg.connect(
            address, autocommit=True, options="-c role=fidelia_app", cursor_factory=psycopg.ClientCursor
        )

    def __enter__(self) -> Client:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.connection.close()

    def ask(self, text: str, *values: Any) -> list[tuple[Any, ...]]:
        try:
            return self.connection.execute(text, values).fetchall()  # type: ignore[arg-type]
        except psycopg.DatabaseError as error:
            if error.sqlstate == "FL001":
                raise Refused(error.diag.message_primary) from error
            raise

    def open(self, may_go_negative: bool = False) -> UUID:
        account_id = new_id()
        self.ask(
            "select public.ledger_open(%s, %s::uuid[], 'points', %s, %s)", [account_id], [None], may_go_negative, AT
        )
        return account_id

    def post(self, kind: str, account_id: UUID, amount: int | None, at: datetime = AT, **asked: Any) -> PostingResult:
        asked.setdefault("key", str(new_id()))
        if kind == "earn":
            asked.setdefault("parts", (EarnPart(amount=amount or 0, expires_at=asked.pop("expires_at", None)),))
        request = PostingRequest(account_id=account_id, currency="points", kind=kind, amount=amount, **asked)  # type: ignore[arg-type]
        return PostingResult(*self.ask(POST_ENTRY, account_id, request_json(request, by=SYSTEM, at=at))[0])

    def transfer(self, giver: UUID, taker: UUID, amount: int, key: str) -> None:
        posting_id = new_id()
        request = PostingRequest(
            account_id=giver, currency="points", key=key, kind="transfer", amount=amount, posting_id=posting_id,
            link_id=posting_id,
        )  # fmt: skip
        asked = request_json(request, by=SYSTEM, at=AT)
        self.ask(f"select * from public.ledger_transfer(%s, %s, {REQUEST}, %s)", giver, taker, asked, new_id())

    def sweep(self, at: datetime) -> int:
        return int(self.ask("select public.ledger_expire_due(%s, 500)", at)[0][0])

    def available(self, account_id: UUID, at: datetime = AT) -> int:
        return int(self.ask("select available from public.ledger_balance_of(%s, 'points', %s)", account_id, at)[0][0])

    def broken(self) -> list[tuple[Any, ...]]:
        return self.ask("select * from public.ledger_broken")
