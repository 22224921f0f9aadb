"""The journals: what is done, line by line, and what must then be true. Their language is in journals/README.txt."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction

from fidelia.kernel.errors import FideliaError
from fidelia.ledger import operations
from fidelia.ledger.operations import PostingResult
from fidelia.ledger.queries import entries_of, find_broken_invariants, get_balance, list_lots
from tests.cast import SYSTEM

JOURNALS = sorted(path for path in (Path(__file__).parent / "journals").glob("*.txt") if path.stem != "README")


@pytest.mark.django_db
@pytest.mark.parametrize("path", JOURNALS, ids=lambda path: path.stem)
def test_it_comes_out_as_written(path: Path) -> None:
    book = Book()
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip() and not line.startswith(";"):
            book.place = f"{path.name}:{number}: {line}"
            book.read(line)
            assert find_broken_invariants() == [], book.place


class Book:
    """The accounts and labels of one journal."""

    def __init__(self) -> None:
        self.accounts: dict[str, UUID] = {}
        self.labels: dict[str, tuple[UUID, UUID]] = {}  # label → account, posting
        self.links: dict[str, UUID] = {}
        self.place = ""

    def read(self, line: str) -> None:
        act, _arrow, outcome = (part.strip() for part in line.partition("->"))
        words = act.split()
        if words[0] == "open":
            self.open(*words[1:])
        elif words[0] == "lots":
            self.check_lots(words[1], act.partition(words[1])[2].strip())
        elif words[0] == "legs":
            self.check_legs(words[1], act.partition(words[1])[2].strip())
        elif words[1] == "balance":
            self.check_balance(date_of(words[0]), words[2], words[3:])
        elif words[1] == "sweep":
            self.sweep(date_of(words[0]), outcome)
        elif words[1] == "wake":
            self.wake(date_of(words[0]), outcome)
        else:
            self.post(words, outcome)

    def open(self, name: str, *flags: str) -> None:
        at = date_of("2020-01-01")
        with transaction.atomic():
            self.accounts[name] = operations.open_account(
                by=SYSTEM, at=at, currency="points", may_go_negative="negative" in flags
            )

    def post(self, words: list[str], outcome: str) -> None:
        occurred_at, verb, name = date_of(words[0]), words[1], words[2]
        has_amount = len(words) > 3 and words[3] not in ("of", "all", "expires", "since")
        amount = int(words[3]) if has_amount else None
        rest = words[4:] if has_amount or words[3] == "all" else words[3:]
        options = dict(zip(rest[::2], rest[1::2], strict=True))
        call = self.call_of(verb, self.accounts[name], amount, options)
        common: dict[str, Any] = {
            "by": SYSTEM, "at": date_of(options["known"]) if "known" in options else occurred_at, "currency": "points",
            "key": options.get("key", self.place[:200]), "occurred_at": occurred_at,
        }  # fmt: skip
        if outcome.startswith("refused"):
            with pytest.raises(FideliaError) as refusal, transaction.atomic():
                call(**common)
            assert f"refused {refusal.value.code}" == outcome, self.place
            return
        with transaction.atomic():
            result = call(**common)
        if isinstance(result, operations.TransferResult):
            self.links[options.get("as", "")] = result.link_id
            result = result.outgoing if verb == "transfer" else result.incoming
        if "as" in options:
            self.labels[options["as"]] = (self.accounts[name], result.posting_id)
        self.check_outcome(result, outcome)

    def call_of(
        self, verb: str, account: UUID, amount: int | None, options: dict[str, str]
    ) -> Callable[..., PostingResult | operations.TransferResult]:
        """The operation of a line, with the arguments that only it has."""
        own: dict[str, Any] = {}
        target = self.labels[options["of"]][1] if "of" in options else None
        if verb in ("transfer", "undo"):
            own = {"from_account_id": account, "to_account_id": self.accounts[options["to"]]}
            own |= {"link_id": self.links[options["of"]]} if verb == "undo" else {"amount": amount}
        else:
            own["account_id"] = account
        if verb in ("earn", "redeem", "adjust", "hold", "capture", "revoke"):
            own["amount"] = amount
        if verb in ("earn", "redeem") and "renews" in options:
            own["lives_until"] = date_of(options["renews"])
        if verb == "pend":
            assert amount is not None
            expires_at = date_of(options["expires"]) if "expires" in options else None
            own["parts"] = [operations.EarnPart(amount=amount, expires_at=expires_at)]
            own["activates_at"] = date_of(options["active"]) if "active" in options else None
            own["cancels_at"] = date_of(options["until"]) if "until" in options else None
        if verb in ("activate", "cancel"):
            own["posting_id"] = target
        if verb in ("activate", "extend", "reinstate") and "expires" in options:
            own["expires_at"] = date_of(options["expires"])
        if verb == "reinstate":
            own["since"] = date_of(options["since"])
        if verb == "transfer" and "restart" in options:
            own |= {"restarts": True, "expires_at": date_of(options["restart"])}
        if verb == "revoke" and "on" in options:
            own["posted_on"] = self.accounts[options["on"]]
        if verb in ("earn", "adjust", "hold"):
            own["expires_at"] = date_of(options["expires"]) if "expires" in options else None
        if verb in ("capture", "release"):
            own["hold_id"] = target
        if verb in ("revoke", "reverse"):
            own["posting_id"] = target
        if "policy" in options:
            own["policy"] = options["policy"]
        operation = getattr(operations, {"undo": "reverse_transfer", "cancel": "cancel_pending"}.get(verb, verb))
        return lambda **common: operation(**own, **common)

    def check_outcome(self, result: PostingResult, outcome: str) -> None:
        words = outcome.split()
        for field, expected in zip(words[::2], words[1::2], strict=True):
            assert int(getattr(result, field)) == int(expected), f"{self.place}: {field}"

    def sweep(self, at: datetime, outcome: str) -> None:
        with transaction.atomic():
            expired = operations.expire_due(by=SYSTEM, at=at)
        assert str(expired) == outcome, self.place

    def wake(self, at: datetime, outcome: str) -> None:
        with transaction.atomic():
            ended = operations.activate_due(by=SYSTEM, at=at)
        assert str(sum(lots for _account, _currency, lots in ended)) == outcome, self.place

    def check_balance(self, at: datetime, name: str, words: list[str]) -> None:
        balance = get_balance(account_id=self.accounts[name], currency="points", at=at)
        for field, expected in zip(words[::2], words[1::2], strict=True):
            assert getattr(balance, field) == int(expected), f"{self.place}: {field}"

    def check_lots(self, name: str, written: str) -> None:
        lots = list_lots(account_id=self.accounts[name], currency="points")
        shown = [
            f"{lot.remaining}/{lot.amount}" + (f" until {lot.expires_at:%Y-%m-%d}" if lot.expires_at else "")
            for lot in lots
        ]
        assert shown == [part.strip() for part in written.split("|") if part.strip()], self.place

    def check_legs(self, label: str, written: str) -> None:
        account_id, posting_id = self.labels[label]
        legs = entries_of(account_id=account_id, posting_id=posting_id)
        shown = [
            f"{leg.code} {leg.amount}" + (f" = {leg.balance_after}" if leg.balance_after is not None else "")
            for leg in legs
        ]
        assert shown == [part.strip() for part in written.split("|")], self.place


def date_of(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
