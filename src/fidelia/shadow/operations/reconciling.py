"""Member by member, before going live: what each holds here beside what the vendor's books say of him."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import StringIO
from uuid import UUID

from django.db.models import Sum

from fidelia.customers.queries import normalise_identity
from fidelia.customers.queries.identities import find_by_identities, ids_of_each
from fidelia.kernel.errors import FideliaError
from fidelia.kernel.points import format_points, parse_points
from fidelia.ledger.models import Balance
from fidelia.programme.models import Enrolment, Programme

from ..errors import MalformedGrants, NotReconciled

BALANCES_MAX = 1_000_000
SHOWN = 5
POINTS = "points"


@dataclass(frozen=True, slots=True)
class BalanceTold:
    """What the vendor's books say of the member whom an identity (scheme and value) names; points in minor units."""

    scheme: str
    value: str
    points: int


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A member whose balances differ. `held` None: no member here; `told` None: the vendor knows nothing of him."""

    name: str
    held: int | None
    told: int | None


def read_balances(text: str, *, scale: int) -> list[BalanceTold]:
    """Read the vendor's balances: CSV with two columns, the scheme of an identity (such as card) and points.

    Separated by comma, semicolon or tab. Raises MalformedGrants with the row, the first being 2.
    """
    text = text.lstrip("\ufeff")
    head = text.partition("\n")[0]
    rows = csv.reader(StringIO(text), delimiter=max(",;\t", key=head.count))
    names = [name.strip().lower() for name in next(rows, [])]
    if len(names) != 2 or names[1] != POINTS or not names[0].replace(".", "_").isidentifier():
        raise MalformedGrants("The first row names two columns: the kind of identity, such as card, and points.")
    return [_balance(names[0], row, number, scale) for number, row in enumerate(rows, 2) if any(row)]


def _balance(scheme: str, row: Sequence[str], number: int, scale: int) -> BalanceTold:
    if number > BALANCES_MAX + 1:
        raise MalformedGrants(f"A file holds at most {BALANCES_MAX} balances.")
    try:
        value, points = row
        return BalanceTold(scheme, value.strip(), parse_points(points.strip(), scale))
    except (FideliaError, ValueError):
        raise MalformedGrants(f"Row {number}: this identity or these points cannot be read.",
                              pointer=f"/{number}") from None  # fmt: skip


def check_balances(programme: Programme, told: Sequence[BalanceTold]) -> int:
    """Return how many accounts hold what the vendor says, all of them. Members of one pool are added together.

    Raises NotReconciled with the first that differ, MalformedGrants for an identity told twice.
    """
    differing = list(find_mismatches(programme, told))
    if differing:
        scale = programme.points_currency.scale
        some = "; ".join(_in_words(each, scale) for each in differing[:SHOWN])
        raise NotReconciled(
            f"{len(differing)} members do not hold what the vendor says: {some}{'…' if differing[SHOWN:] else ''}",
            differing=len(differing),
        )
    return len(told)


def find_mismatches(programme: Programme, told: Sequence[BalanceTold]) -> Iterable[Mismatch]:
    """Yield each account that holds something else here than there, in the order of the file, then those untold."""
    accounts, held = _accounts_of(programme, told), _held(programme)
    sums: dict[UUID, int] = defaultdict(int)
    named: dict[UUID, str] = {}
    for each, account in zip(told, accounts, strict=True):
        if account is None:
            if each.points:
                yield Mismatch(each.value, None, each.points)
            continue
        sums[account] += each.points
        named.setdefault(account, each.value)
    for account, points in sums.items():
        if held.get(account, 0) != points:
            yield Mismatch(named[account], held.get(account, 0), points)
    for account, points in sorted(held.items()):
        if account not in sums and points:
            yield Mismatch(f"account {account}", points, None)


def _accounts_of(programme: Programme, told: Sequence[BalanceTold]) -> list[UUID | None]:
    """Return the account of each member, None where nobody here is named so. Raises MalformedGrants."""
    try:
        pairs = [(each.scheme, normalise_identity(each.scheme, each.value)) for each in told]
    except FideliaError as refusal:
        raise MalformedGrants(refusal.message) from None
    if len(set(pairs)) < len(pairs):
        raise MalformedGrants("A member stands twice in the vendor's balances.")
    customers = find_by_identities(pairs)
    people = ids_of_each(list(customers.values()))
    members = dict(
        Enrolment.objects.filter(programme=programme, ended_at=None).values_list("customer_id", "account_id")
    )
    found = []
    for pair in pairs:
        ids = people.get(customers[pair], ()) if pair in customers else ()
        found.append(next((members[one] for one in ids if one in members), None))
    return found


def _held(programme: Programme) -> dict[UUID, int]:
    members = Enrolment.objects.filter(programme=programme, ended_at=None)
    rows = Balance.objects.filter(
        currency=programme.points_currency_id, account_id__in=members.values("account_id")
    ).values("account_id").annotate(points=Sum("posted"))  # fmt: skip
    return {row["account_id"]: int(row["points"]) for row in rows}


def _in_words(each: Mismatch, scale: int) -> str:
    if each.held is None:
        return f"{each.name} is no member here ({format_points(each.told or 0, scale)} there)"
    elif each.told is None:
        return f"{each.name} holds {format_points(each.held, scale)} here and is not told"
    return f"{each.name} holds {format_points(each.held, scale)} here, {format_points(each.told, scale)} there"
