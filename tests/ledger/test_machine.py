"""The ledger against a plain model: any sequence of verbs, duplicate keys and moved clocks comes out the same."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from fidelia.kernel.errors import FideliaError
from fidelia.kernel.ids import new_id
from fidelia.ledger import operations
from fidelia.ledger.errors import InsufficientPoints
from fidelia.ledger.operations import EarnPart, PostingRequest, PostingResult, post_entry
from fidelia.ledger.queries import compute_balance_from_entries, find_broken_invariants, get_balance, list_lots
from tests.cast import SYSTEM

from .model import ModelAccount, Refusal

AMOUNTS = st.integers(1, 60)
HOURS = st.integers(1, 72)
NAMES = st.sampled_from(["Florestan", "Marzelline"])
POLICIES = st.sampled_from(["refuse", "allow_negative", "take_what_is_left"])
PICK = st.integers(0, 10**6)
SETTINGS = settings(deadline=None, suppress_health_check=list(HealthCheck), report_multiple_bugs=False, print_blob=True)


class LedgerMachine(RuleBasedStateMachine):
    """Each rule does the same to the ledger and to the model, and both must say the same."""

    @initialize()
    def open(self) -> None:
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.at = datetime(2026, 1, 1, tzinfo=UTC)
        self.ids: dict[str, UUID] = {}
        self.models = {"Florestan": ModelAccount(False), "Marzelline": ModelAccount(True)}
        self.sent: list[tuple[PostingRequest, PostingResult]] = []
        for name, model in self.models.items():
            self.ids[name] = operations.open_account(
                by=SYSTEM, at=self.at, currency="points", may_go_negative=model.may_go_negative
            )

    def teardown(self) -> None:
        if hasattr(self, "atomic"):
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    def both(self, name: str, kind: str, model: Callable[[UUID], None], **asked: Any) -> None:
        """Post to the ledger, do it in the model, and compare whether and why it is refused."""
        request = PostingRequest(
            account_id=self.ids[name], currency="points", key=f"k{len(self.sent)}-{new_id()}", kind=kind,
            **{"amount": None, **asked},
        )  # type: ignore[arg-type]  # fmt: skip
        try:
            with transaction.atomic():
                result = post_entry(by=SYSTEM, at=self.at, request=request)
        except FideliaError as refusal:
            before = deepcopy(self.models[name])
            with pytest.raises(Refusal, match=f"^{refusal.code}$"):
                model(request.posting_id)
            self.models[name] = before
        else:
            model(request.posting_id)
            self.sent.append((request, result))

    @rule(name=NAMES, amount=AMOUNTS, hours=st.none() | HOURS, late=st.booleans())
    def earn(self, name: str, amount: int, hours: int | None, late: bool) -> None:
        occurred_at = self.at - timedelta(hours=24 if late else 0)
        expires_at = occurred_at + timedelta(hours=hours) if hours else None
        part = EarnPart(amount=amount, expires_at=expires_at)
        self.both(
            name, "earn", lambda id: self.models[name].earn(id, part.lot_id, amount, occurred_at, expires_at),
            amount=amount, parts=(part,), provenance={"occurred_at": occurred_at},
        )  # fmt: skip

    @rule(name=NAMES, amount=AMOUNTS)
    def redeem(self, name: str, amount: int) -> None:
        self.both(name, "redeem", lambda id: self.models[name].redeem(id, amount, self.at), amount=amount)

    @rule(name=NAMES, amount=AMOUNTS, hours=HOURS)
    def hold(self, name: str, amount: int, hours: int) -> None:
        until = self.at + timedelta(hours=hours, seconds=len(self.sent))  # no two at one instant: their order is by id
        self.both(
            name, "hold", lambda id: self.models[name].hold(id, amount, self.at, until),
            amount=amount, hold_expires_at=until,
        )  # fmt: skip

    @precondition(lambda self: any(model.holds for model in self.models.values()))
    @rule(pick=PICK, amount=st.none() | AMOUNTS)
    def end_hold(self, pick: int, amount: int | None) -> None:
        holds = [(name, hold) for name, model in self.models.items() for hold in model.holds]
        name, hold = holds[pick % len(holds)]
        self.both(
            name, "release" if amount is None else "capture",
            lambda id: self.models[name].end_hold(id, hold, amount, self.at), amount=amount, target_id=hold,
        )  # fmt: skip

    @rule(name=NAMES, amount=AMOUNTS, policy=POLICIES, pick=PICK)
    def revoke(self, name: str, amount: int, policy: str, pick: int) -> None:
        earned = [None, *(id for id, done in self.models[name].done.items() if done.kind == "earn")]
        target = earned[pick % len(earned)]
        self.both(
            name, "revoke", lambda id: self.models[name].revoke(id, target, amount, policy, self.at),
            amount=amount, policy=policy, target_id=target,
        )  # fmt: skip

    @precondition(lambda self: any(model.done for model in self.models.values()))
    @rule(pick=PICK)
    def reverse(self, pick: int) -> None:
        done = [(name, id) for name, model in self.models.items() for id in model.done]
        name, target = done[pick % len(done)]
        self.both(name, "reverse", lambda _id: self.models[name].reverse(target, self.at), target_id=target)

    @rule(giver=NAMES, amount=st.none() | AMOUNTS)
    def transfer(self, giver: str, amount: int | None) -> None:
        taker = "Marzelline" if giver == "Florestan" else "Florestan"
        one, other = self.models[giver], self.models[taker]
        wanted = amount
        try:
            with transaction.atomic():
                operations.transfer(
                    by=SYSTEM, at=self.at, from_account_id=self.ids[giver], to_account_id=self.ids[taker],
                    currency="points", amount=amount, key=str(new_id()),
                )  # fmt: skip
        except InsufficientPoints:
            available = get_balance(account_id=self.ids[giver], currency="points", at=self.at).available
            assert (amount or 1) > available
            return
        one.release_expired(self.at)
        other.release_expired(self.at)
        for lot_id, part in one.spend(one.spendable - one.due(self.at) if wanted is None else wanted, self.at):
            fill = min(other.owed, part)
            other.owed -= fill
            lot = other.lots.setdefault(lot_id, replace(one.lots[lot_id], remaining=0)) if part > fill else None
            if lot is not None:
                lot.remaining += part - fill

    @precondition(lambda self: self.sent)
    @rule(pick=PICK, hours=st.integers(0, 100))
    def send_again(self, pick: int, hours: int) -> None:
        request, first = self.sent[pick % len(self.sent)]
        again = post_entry(
            by=SYSTEM, at=self.at + timedelta(hours=hours), request=replace(request, posting_id=new_id())
        )
        # A posting that moved nothing has no balance of its own to repeat.
        balance = first.balance if first.amount else again.balance
        assert again == replace(first, replayed=True, balance=balance)

    @rule(hours=HOURS)
    def move_the_clock(self, hours: int) -> None:
        self.at += timedelta(hours=hours)

    @rule()
    def sweep(self) -> None:
        expired = operations.expire_due(by=SYSTEM, at=self.at)
        assert expired == sum(model.sweep(self.at) for model in self.models.values())

    @invariant()
    def holds_together(self) -> None:
        if not hasattr(self, "ids"):
            return
        assert find_broken_invariants() == []
        for name, model in self.models.items():
            account_id = self.ids[name]
            stored = get_balance(account_id=account_id, currency="points", at=self.at)
            exact = compute_balance_from_entries(account_id=account_id, currency="points")
            assert exact.posted == model.spendable + model.held
            assert (exact.held, exact.owed) == (model.held, model.owed)
            lots = {lot.lot_id: lot.remaining for lot in list_lots(account_id=account_id, currency="points")}
            assert lots == {lot.id: lot.remaining for lot in model.lots.values() if lot.remaining}
            assert stored.available == available_of(model, self.at)


def available_of(model: ModelAccount, at: datetime) -> int:
    """What could be spent: holds whose time is up are free, what is due is gone."""
    freed = [part for hold in model.holds.values() if hold.is_open and hold.expires_at <= at for part in hold.parts]
    alive = sum(amount for lot, amount in freed if not model.lots[lot].is_due(at))
    return model.spendable - model.due(at) + alive


@pytest.mark.django_db
@pytest.mark.timeout(600)
def test_any_sequence_comes_out_as_in_the_model() -> None:
    run_state_machine_as_test(LedgerMachine, settings=settings(SETTINGS, max_examples=40, stateful_step_count=40))


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.timeout(1200)
def test_any_long_sequence_comes_out_as_in_the_model() -> None:
    run_state_machine_as_test(LedgerMachine, settings=settings(SETTINGS, max_examples=100, stateful_step_count=80))
