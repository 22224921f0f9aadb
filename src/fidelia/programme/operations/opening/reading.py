"""Understand one row of a file of members: the customer, the balances with their ends, the tier, the first day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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
from .currencies import CURRENCY, MAIN, CurrenciesOf, columns_of
from .target import LEAVE_OUT, MEMBERS, NEVER, PAIRS

POINTS_MAX = 10**12
BALANCES = (
    ("balance", "expires_on", "earned_on"),
    *((f"balance_{number}", f"expires_on_{number}", "") for number in range(2, PAIRS + 1)),
)


@dataclass(frozen=True, slots=True)
class SaidLot:
    """One balance: `place` is its place in the row, `expires_at` the instant at which `expires_on` has ended.

    `currency` is that of a programme's further ones, empty for the main one.
    """

    place: int
    amount: int
    expires_on: date | None
    earned_on: date | None
    expires_at: datetime | None
    earned_at: datetime | None
    currency: str = MAIN


Points = dict[str, int]  # minor units by currency, as `SaidLot` names it


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A row understood; points are minor units. `left_out`, by currency, had expired before the first day here."""

    customer: CustomerRow
    lots: tuple[SaidLot, ...]
    left_out: Points
    tier: str
    tier_until: datetime | None
    enrolled_at: datetime | None

    @property
    def number(self) -> int:
        return self.customer.number

    @property
    def points(self) -> Points:
        """What is opened, by currency."""
        return points_of(self.lots)

    @property
    def said(self) -> Points:
        """What the row says, by currency: with what is left out."""
        return {key: self.points.get(key, 0) + self.left_out.get(key, 0) for key in {**self.points, **self.left_out}}


def points_of(lots: Iterable[SaidLot]) -> Points:
    """Sum balances up by currency."""
    found: Points = {}
    for lot in lots:
        found[lot.currency] = found.get(lot.currency, 0) + lot.amount
    return found


@dataclass(frozen=True, slots=True)
class _Told:
    """A balance as it stands in a row, before its days are understood."""

    place: int
    currency: str
    amount: int


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
        self.currencies = CurrenciesOf(self.programme)
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

    def points_said(self, row: OpenRow) -> Points | None:
        """Return what a row says by currency, of a row that is rejected too; None where a balance cannot be read."""
        said: Points = {}
        try:
            for currency, balance, _expires, _earned in self._balances(row):
                amount = row.minor(balance, self.currencies.get(currency).scale, POINTS_MAX)
                said[currency] = said.get(currency, 0) + (amount or 0)
        except BadCell:
            return None
        return said

    def _balances(self, row: OpenRow) -> Iterator[tuple[str, str, str, str]]:
        """Yield the currency of each balance that a row may say, and its columns, in the order of their places."""
        named = row.text(CURRENCY, 80)
        own = self.currencies.find(named) if named else MAIN
        if own is None:
            raise bad("unknown_points_currency", text=named, programme=self.programme.slug)
        for columns in BALANCES:
            yield own, *columns
        for currency in self.currencies.further:
            yield currency, *columns_of(currency), ""

    def _lots(self, row: OpenRow) -> tuple[tuple[SaidLot, ...], Points]:
        lots, left_out = [], Points()
        for place, (currency, balance, expires, earned) in enumerate(self._balances(row), start=1):
            amount = row.minor(balance, self.currencies.get(currency).scale, POINTS_MAX)
            if not amount:
                continue
            ends, since = row.day(expires), row.day(earned) if earned else None
            lot = self._lot(_Told(place, currency, amount), ends, since)
            if lot.expires_at is None or lot.expires_at > self.cut_over or amount < 0:
                lots.append(lot)
            elif self.rows.options["expired"] == LEAVE_OUT:
                left_out[currency] = left_out.get(currency, 0) + amount
            else:
                expired_on = local_day(lot.expires_at - timedelta(seconds=1), self.zone)
                raise bad("expired_before", points=self._said(amount, currency), day=expired_on.isoformat())
        return tuple(lots), left_out

    def _lot(self, told: _Told, expires_on: date | None, earned_on: date | None) -> SaidLot:
        place, currency, amount = told.place, told.currency, told.amount
        if earned_on is not None and earned_on > self.first_day:
            raise bad("earned_after", day=earned_on.isoformat())
        earned_at = start_of_day(earned_on, self.zone) if earned_on is not None else None
        if amount < 0:
            if not self.currencies.get(currency).may_go_negative:
                raise bad("negative_not_allowed", points=self._said(amount, currency), programme=self.programme.slug)
            return SaidLot(place, amount, None, earned_on, None, earned_at, currency)
        expires_at = end_of_day(expires_on, self.zone) if expires_on is not None else None
        if expires_on is None and self.rows.options["without_expiry"] != NEVER and self.terms is not None:
            expires_at = self.terms.points_of(currency).expires_at(earned_at or self.cut_over, self.zone)
            expires_on = local_day(expires_at - timedelta(seconds=1), self.zone) if expires_at is not None else None
        return SaidLot(place, amount, expires_on, earned_on, expires_at, earned_at, currency)

    def _said(self, amount: int, currency: str) -> str:
        return format_points(amount, self.currencies.get(currency).scale)

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
