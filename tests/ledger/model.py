"""The ledger once more, as plainly as it can be said, to compare the real one with. One currency."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID


class Refusal(Exception):
    """What the ledger must refuse, by its code."""


@dataclass
class ModelLot:
    id: UUID
    remaining: int
    earned_at: datetime
    expires_at: datetime | None

    def is_due(self, at: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= at

    @property
    def order(self) -> tuple[bool, float, datetime, UUID]:
        when = self.expires_at.timestamp() if self.expires_at else 0.0
        return (self.expires_at is None, when, self.earned_at, self.id)


@dataclass
class ModelHold:
    parts: list[tuple[UUID, int]]
    expires_at: datetime
    is_open: bool = True

    @property
    def amount(self) -> int:
        return sum(amount for _lot, amount in self.parts)


@dataclass
class Done:
    """A posting, as far as it can be undone: what each lot (None: no lot) gave (-) or got (+)."""

    kind: str
    moves: list[tuple[UUID | None, int]]
    target: UUID | None = None
    requested: int = 0
    already_expired: int = 0
    is_reversed: bool = False


@dataclass
class ModelAccount:
    may_go_negative: bool
    owed: int = 0
    lots: dict[UUID, ModelLot] = field(default_factory=dict)
    holds: dict[UUID, ModelHold] = field(default_factory=dict)
    done: dict[UUID, Done] = field(default_factory=dict)
    expired_of: dict[UUID, int] = field(default_factory=dict)

    @property
    def held(self) -> int:
        return sum(hold.amount for hold in self.holds.values() if hold.is_open)

    @property
    def spendable(self) -> int:
        return sum(lot.remaining for lot in self.lots.values()) - self.owed

    def due(self, at: datetime) -> int:
        return sum(lot.remaining for lot in self.lots.values() if lot.is_due(at))

    # What comes in

    def earn(self, posting: UUID, lot: UUID, amount: int, at: datetime, expires_at: datetime | None) -> None:
        fill = min(self.owed, amount)
        moves: list[tuple[UUID | None, int]] = [(None, fill)] if fill else []
        self.owed -= fill
        if amount > fill:
            self.lots[lot] = ModelLot(lot, amount - fill, at, expires_at)
            moves.append((lot, amount - fill))
        self.done[posting] = Done("earn", moves)

    def put_back(self, parts: list[tuple[UUID, int]], at: datetime) -> None:
        for lot_id, amount in parts:
            lot = self.lots[lot_id]
            fill = 0 if lot.is_due(at) else min(self.owed, amount)
            self.owed -= fill
            lot.remaining += amount - fill

    # What goes out

    def take(self, amount: int, at: datetime, lots: list[ModelLot] | None = None) -> tuple[list[tuple[UUID, int]], int]:
        """Take from open lots in order, without looking at what is owed; return the parts and what is missing."""
        parts = []
        for lot in sorted(self.lots.values() if lots is None else lots, key=lambda lot: lot.order):
            if lot.remaining and not lot.is_due(at) and amount:
                part = min(amount, lot.remaining)
                parts.append((lot.id, part))
                lot.remaining -= part
                amount -= part
        return parts, amount

    def spend(self, amount: int, at: datetime) -> list[tuple[UUID, int]]:
        self.release_expired(at)
        if amount > self.spendable - self.due(at):
            raise Refusal("insufficient_points")
        parts, missing = self.take(amount, at)
        assert missing == 0
        return parts

    def redeem(self, posting: UUID, amount: int, at: datetime) -> None:
        self.done[posting] = Done("redeem", [(lot, -part) for lot, part in self.spend(amount, at)])

    # Holds

    def hold(self, posting: UUID, amount: int, at: datetime, expires_at: datetime) -> None:
        self.holds[posting] = ModelHold(self.spend(amount, at), expires_at)

    def release_expired(self, at: datetime) -> None:
        for hold in sorted(self.holds.values(), key=lambda hold: hold.expires_at):
            if hold.is_open and hold.expires_at <= at:
                hold.is_open = False
                self.put_back(hold.parts, hold.expires_at)

    def end_hold(self, posting: UUID, hold_id: UUID, captured: int | None, at: datetime) -> None:
        hold = self.holds[hold_id]
        if not hold.is_open or hold.expires_at <= at:
            raise Refusal("hold_gone")
        if captured is not None:
            self.release_expired(at)
            if captured > hold.amount:
                raise Refusal("more_than_held")
        hold.is_open = False
        left, back, gone = captured or 0, [], []
        for lot, amount in hold.parts:
            part = min(left, amount)
            left -= part
            gone.append((lot, -part))
            back.append((lot, amount - part))
        self.put_back([part for part in back if part[1]], at)
        if captured is not None:
            self.done[posting] = Done("capture", [part for part in gone if part[1]])

    # Corrections

    def revokes_of(self, target: UUID) -> list[Done]:
        return [
            done
            for done in self.done.values()
            if done.kind == "revoke" and done.target == target and not done.is_reversed
        ]

    def revoke(self, posting: UUID, target: UUID | None, amount: int, policy: str, at: datetime) -> None:
        self.release_expired(at)
        own: list[ModelLot] = []
        expired = 0
        if target is not None:
            if self.done[target].is_reversed:
                raise Refusal("already_reversed")
            earned = sum(part for _lot, part in self.done[target].moves)
            if amount + sum(done.requested for done in self.revokes_of(target)) > earned:
                raise Refusal("more_than_earned")
            own = [self.lots[lot] for lot, _part in self.done[target].moves if lot is not None]
            expired = sum(self.expired_of.get(lot.id, 0) + (lot.remaining if lot.is_due(at) else 0) for lot in own)
            expired -= sum(done.already_expired for done in self.revokes_of(target))
        before = {lot.id: lot.remaining for lot in self.lots.values()}
        parts, missing = self.take(amount, at, own)
        expired = min(expired, missing)
        others, missing = self.take(missing - expired, at, [lot for lot in self.lots.values() if lot not in own])
        negative = missing > 0 and policy == "allow_negative"
        if missing and (policy == "refuse" or (negative and not self.may_go_negative)):
            for lot_id, remaining in before.items():
                self.lots[lot_id].remaining = remaining
            raise Refusal("insufficient_points" if policy == "refuse" else "negative_not_allowed")
        moves: list[tuple[UUID | None, int]] = [(lot, -part) for lot, part in parts + others]
        if negative:
            self.owed += missing
            moves.append((None, -missing))
        self.done[posting] = Done("revoke", moves, target, amount, expired)

    def reverse(self, target: UUID, at: datetime) -> None:
        self.release_expired(at)
        done = self.done[target]
        if done.is_reversed:
            raise Refusal("already_reversed")
        if done.kind == "earn":
            intact = all(
                lot is not None and self.lots[lot].remaining >= part and not self.lots[lot].is_due(at)
                for lot, part in done.moves
            )
            if not intact or self.revokes_of(target):
                raise Refusal("points_spent")
            for lot, part in done.moves:
                assert lot is not None
                self.lots[lot].remaining -= part
        else:
            self._give_back(done, at)
        done.is_reversed = True

    def _give_back(self, done: Done, at: datetime) -> None:
        back: list[tuple[UUID, int]] = []
        for lot, part in done.moves:
            if lot is not None:
                back.append((lot, -part))
                continue
            fill = min(self.owed, -part)
            rest = -part - fill
            home = next((lot for lot, _part in self.done[done.target].moves if lot), None) if done.target else None
            if rest and home is None:
                raise Refusal("not_reversible")
            self.owed -= fill
            if rest:
                assert home is not None
                back.append((home, rest))
        self.put_back(back, at)

    # Time

    def sweep(self, at: datetime) -> int:
        self.release_expired(at)
        due = [lot for lot in self.lots.values() if lot.is_due(at) and lot.remaining]
        for lot in due:
            self.expired_of[lot.id] = self.expired_of.get(lot.id, 0) + lot.remaining
            lot.remaining = 0
        return len(due)
