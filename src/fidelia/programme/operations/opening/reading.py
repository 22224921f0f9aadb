"""Understand one row of a file of members: the customer, the balances with their ends, the tier, the first day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from fidelia.customers.operations.imports.reading import CustomerReader, CustomerRow
from fidelia.intake.errors import MalformedMapping
from fidelia.intake.models import Import
from fidelia.intake.staged import OpenRow, bad
from fidelia.intake.values import BadCell, read_day
from fidelia.kernel.calendar import end_of_day, local_day, start_of_day, zone_of
from fidelia.kernel.folding import fold
from fidelia.kernel.points import format_points
from fidelia.rules.tiers import TierSet

from ...models import Programme
from ...queries import Terms, VersionHistory, get_only_programme, get_programme
from .target import LEAVE_OUT, MEMBERS, NEVER, PAIRS

POINTS_MAX = 10**12
BALANCES = (
    ("balance", "expires_on", "earned_on"),
    *((f"balance_{number}", f"expires_on_{number}", "") for number in range(2, PAIRS + 1)),
)


@dataclass(frozen=True, slots=True)
class SaidLot:
    """One balance: `place` is its place in the row, `expires_at` the instant at which `expires_on` has ended."""

    place: int
    amount: int
    expires_on: date | None
    earned_on: date | None
    expires_at: datetime | None
    earned_at: datetime | None


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A row understood; points are minor units. `left_out` had expired before the first day in Fidelia."""

    customer: CustomerRow
    lots: tuple[SaidLot, ...]
    left_out: int
    tier: str
    tier_until: datetime | None
    enrolled_at: datetime | None

    @property
    def number(self) -> int:
        return self.customer.number

    @property
    def points(self) -> int:
        return sum(lot.amount for lot in self.lots)


class MemberReader:
    """Reads rows of one import under the programme that it names."""

    def __init__(self, found: Import, at: datetime) -> None:
        """Raises MalformedMapping, UnknownProgramme."""
        self.customers = CustomerReader(found, MEMBERS, at)
        self.rows = self.customers.rows
        options = self.rows.options
        slug = options.get("programme")
        self.programme: Programme = get_programme(str(slug)) if slug else get_only_programme(sandbox=False)
        self.terms: Terms | None = VersionHistory(self.programme).terms_at(at)
        self.zone = zone_of(self.programme.time_zone)
        self.first_day = self._first_day(str(options.get("cut_over")), at)
        self.cut_over = start_of_day(self.first_day, self.zone)
        self.former = str(options["former"])[:80]
        self.scale = self.programme.points_currency.scale
        self._tiers = _names_of(self.terms.tiers if self.terms else None)

    def _first_day(self, text: str, at: datetime) -> date:
        try:
            day = read_day(text, self.rows.reading)
        except BadCell as refused:
            raise MalformedMapping(f"{refused}.", pointer="/options/cut_over") from None
        if day > local_day(at, self.zone):
            raise MalformedMapping(
                f"{day.isoformat()} is still to come: balances are taken over on the day itself or after.",
                pointer="/options/cut_over",
            )
        return day

    def read(self, row: OpenRow) -> MemberRow:
        """Raises BadCell with the reason."""
        customer = self.customers.read(row)
        lots, left_out = self._lots(row)
        tier, tier_until = self._tier(row)
        return MemberRow(customer, lots, left_out, tier, tier_until, self._enrolled(row))

    def points_said(self, row: OpenRow) -> int | None:
        """Return the sum of a row's balances, of a row that is rejected too; None where one cannot be read."""
        try:
            said = [row.minor(balance, self.scale, POINTS_MAX) for balance, _expires, _earned in BALANCES]
        except BadCell:
            return None
        return sum(amount or 0 for amount in said)

    def _lots(self, row: OpenRow) -> tuple[tuple[SaidLot, ...], int]:
        lots, left_out = [], 0
        for place, (balance, expires, earned) in enumerate(BALANCES, start=1):
            amount = row.minor(balance, self.scale, POINTS_MAX)
            if not amount:
                continue
            lot = self._lot(place, amount, row.day(expires), row.day(earned) if earned else None)
            if lot.expires_at is None or lot.expires_at > self.cut_over or amount < 0:
                lots.append(lot)
            elif self.rows.options["expired"] == LEAVE_OUT:
                left_out += amount
            else:
                expired_on = local_day(lot.expires_at - timedelta(seconds=1), self.zone)
                raise bad("expired_before", points=self._said(amount), day=expired_on.isoformat())
        return tuple(lots), left_out

    def _lot(self, place: int, amount: int, expires_on: date | None, earned_on: date | None) -> SaidLot:
        if earned_on is not None and earned_on > self.first_day:
            raise bad("earned_after", day=earned_on.isoformat())
        earned_at = start_of_day(earned_on, self.zone) if earned_on is not None else None
        if amount < 0:
            if not self.programme.points_currency.may_go_negative:
                raise bad("negative_not_allowed", points=self._said(amount), programme=self.programme.slug)
            return SaidLot(place, amount, None, earned_on, None, earned_at)
        expires_at = end_of_day(expires_on, self.zone) if expires_on is not None else None
        if expires_on is None and self.rows.options["without_expiry"] != NEVER and self.terms is not None:
            expires_at = self.terms.points.expires_at(earned_at or self.cut_over, self.zone)
            expires_on = local_day(expires_at - timedelta(seconds=1), self.zone) if expires_at is not None else None
        return SaidLot(place, amount, expires_on, earned_on, expires_at, earned_at)

    def _said(self, amount: int) -> str:
        return format_points(amount, self.scale)

    def _tier(self, row: OpenRow) -> tuple[str, datetime | None]:
        text = row.text("tier", 80)
        if not text:
            return "", None
        tier = self._tiers.get(fold(text))
        if tier is None or self.terms is None or self.terms.tiers is None:
            raise bad("unknown_tier", text=text, programme=self.programme.slug)
        until = row.day("tier_until")
        if until is None:
            until = self.first_day + timedelta(days=self.terms.tiers.kept_days)
        elif until < self.first_day:
            raise bad("tier_ended", day=until.isoformat())
        return tier, end_of_day(until, self.zone)

    def _enrolled(self, row: OpenRow) -> datetime | None:
        day = row.day("enrolled_on")
        if day is not None and day > self.first_day:
            raise bad("earned_after", day=day.isoformat())
        return start_of_day(day, self.zone) if day is not None else None


def _names_of(tiers: TierSet | None) -> dict[str, str]:
    """Return the key of each tier by its key and its names, folded."""
    levels = tiers.levels if tiers is not None else ()
    names = {fold(name): level.key for level in levels for name in (level.name.en, level.name.fr)}
    return names | {fold(level.key): level.key for level in levels}
