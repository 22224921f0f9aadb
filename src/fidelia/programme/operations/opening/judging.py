"""Tell which members can be opened: against what the file said before, and against what they have here."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from fidelia.intake.staged import Mark
from fidelia.ledger.models import Balance

from ...models import Enrolment, OpeningLot, OpeningMember, Programme
from .currencies import MAIN
from .reading import MemberReader, MemberRow, SaidLot
from .target import ADD, REFUSE


class FileMemory:
    """What earlier rows of the file said of each member, as hashes of 64 bits: a million members take 300 MB."""

    def __init__(self, options: Mapping[str, object]) -> None:
        self._adds_up = options["repeated"] == ADD
        self._members: dict[int, int] = {}
        self._lots: dict[int, int] = {}
        self._tiers: dict[int, int] = {}
        self._rows: set[int] = set()

    def mark_of(self, row: MemberRow) -> Mark | None:
        """Return what becomes of a row that another contradicts or repeats; None where it says something new."""
        names = [hash(pair) for pair in row.customer.checked.identities]
        member = next((self._members[name] for name in names if name in self._members), row.number)
        self._members.update(dict.fromkeys(names, member))
        whole = hash((member, row.lots, row.tier, row.tier_until, row.enrolled_at, tuple(sorted(names))))
        if whole in self._rows and not self._adds_up:
            return Mark(row.number, "double")
        keys = [hash((member, lot.currency, lot.expires_at, lot.earned_at)) for lot in row.lots]
        if not self._adds_up and (any(key in self._lots for key in keys) or len(set(keys)) < len(keys)):
            return Mark.rejected(row.number, "two_balances")
        tier = hash((row.tier, row.tier_until))
        if row.tier and self._tiers.setdefault(member, tier) != tier:
            return Mark.rejected(row.number, "two_tiers")
        self._rows.add(whole)
        self._lots.update(dict.fromkeys(keys, row.number))
        return None


@dataclass(slots=True)
class Standing:
    """What the members of a batch have here already.

    `opened` and `was_opened` are by earlier openings of the same former programme and day, `posted` (rows) and
    `is_touched` by this one; `has_moved` are the accounts on which anything but this one has posted.
    """

    enrolments: dict[UUID, Enrolment] = field(default_factory=dict)
    has_moved: set[UUID] = field(default_factory=set)
    opened: dict[UUID, Counter[tuple[object, ...]]] = field(default_factory=lambda: defaultdict(Counter))
    was_opened: set[UUID] = field(default_factory=set)
    is_touched: set[UUID] = field(default_factory=set)
    posted: set[int] = field(default_factory=set)


def standing_of(reader: MemberReader, customer_ids: Iterable[UUID], import_id: UUID) -> Standing:
    """Read where members stand; five statements whatever their number."""
    programme: Programme = reader.programme
    found = Enrolment.objects.filter(
        programme=programme, customer_id__in=set(customer_ids), ended_at__isnull=True
    )  # fmt: skip
    standing = Standing({enrolment.customer_id: enrolment for enrolment in found})
    accounts = {one.account_id: one for one in standing.enrolments.values()}
    _read_lots(standing, reader, list(accounts), import_id)
    lots = OpeningLot.objects.filter(account_id__in=list(accounts))
    own = Counter(lots.filter(opening_id=import_id).values_list("account_id", "currency"))
    # The postings of openings that were taken back, and their reversals: they leave an account as it was.
    for balance in lots.filter(opening__undone_at__isnull=False).values_list("account_id", "currency"):
        own[balance] += 2
    codes = {reader.currencies.code_of(key): key for key in (MAIN, *reader.currencies.further)}
    held = Balance.objects.filter(account_id__in=list(accounts), currency__in=list(codes))
    standing.has_moved = {
        account
        for account, code, version in held.values_list("account_id", "currency", "version")
        if version > own[account, codes[code]]
    }
    return standing


def _read_lots(standing: Standing, reader: MemberReader, accounts: Sequence[UUID], import_id: UUID) -> None:
    ids = [enrolment.id for enrolment in standing.enrolments.values()]
    same = {"opening__undone_at__isnull": True, "opening__source": reader.former, "opening__cut_over": reader.cut_over}
    lots = OpeningLot.objects.filter(account_id__in=accounts, **same)
    for account, number, opening, *lot in lots.values_list(
        "account_id", "row_number", "opening_id", "currency", "amount", "expires_on", "earned_on"
    ):
        if opening == import_id:
            standing.posted.add(number)
        else:
            standing.opened[account][tuple(lot)] += 1
    touched = OpeningMember.objects.filter(enrolment_id__in=ids, **same)
    for enrolment_id, opening in touched.values_list("enrolment_id", "opening_id"):
        (standing.is_touched if opening == import_id else standing.was_opened).add(enrolment_id)


def judge_member(row: MemberRow, customer_id: UUID, standing: Standing, options: Mapping[str, object]) -> Mark | None:
    """Return the mark of a row that an earlier import has opened, or whose member has movements; None to open it."""
    enrolment = standing.enrolments.get(customer_id)
    if enrolment is None:
        return None
    if is_opened_here(row, customer_id, standing):
        return Mark(row.number, "known")
    opened = standing.opened.get(enrolment.account_id, Counter())
    is_said_before = not Counter(_said(lot) for lot in row.lots) - opened
    if enrolment.id in standing.was_opened and is_said_before:
        return Mark(row.number, "known")
    if enrolment.account_id in standing.has_moved and options["existing"] == REFUSE:
        return Mark.rejected(row.number, "has_movements")
    return None


def is_opened_here(row: MemberRow, customer_id: UUID, standing: Standing) -> bool:
    """Tell whether this very import has recorded the row."""
    enrolment = standing.enrolments.get(customer_id)
    is_touched = enrolment is not None and enrolment.id in standing.is_touched
    return row.number in standing.posted or (is_touched and not row.lots and not row.tier)


def _said(lot: SaidLot) -> tuple[object, ...]:
    return lot.currency, lot.amount, lot.expires_on, lot.earned_on
