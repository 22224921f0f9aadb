"""What is read once for every pass over a history: versions, what was known of members, the baskets of checkouts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from fidelia.activity.operations.checkouts.replaying import ClosedBasket, read_closed
from fidelia.kernel.calendar import zone_of
from fidelia.programme.models import PointsCurrency, Programme, ProgrammeVersion
from fidelia.programme.queries import Terms, parse_document, tier_credit_of
from fidelia.rules.tiers import HeldTier

from ..backtest.history import Beside, History, open_history
from ..backtest.holes import holes_of
from ..backtest.members import MAIN, Bought, Known
from ..backtest.parts import ALL, Part
from ..models import FactExport, folder_of
from .beside_facts import read_beside

REDEMPTION_PERCENT: Final = 80

_BACK_LINES = """
select lines.purchase_id, lines.quantity, lines.net, lines.product_code,
    coalesce(nullif(products.category, ''), lines.category, ''), coalesce(nullif(products.brand, ''), lines.brand, ''),
    coalesce(products.earns and products.is_product, true), lines.returns_purchase_id,
    lines.returns_line_number
from lines join purchases using (purchase_id) left join products on products.code = lines.product_code
where purchases.kind = 'return' and purchases.programme_id = $programme order by lines.purchase_id, lines.line_number
"""
# What came to accounts, and went, not by purchases: their points are those of the replay, also where they waited.
_OTHERWISE = """
with own as (select account_id, lot_id from entries where kind = 'pend' and source_type = 'purchase')
select entries.account_id, currency, min(occurred_at), {sign}sum(amount)::bigint from entries
where code in {codes} and coalesce(source_type, '') <> 'purchase'
    and not (kind in ('activate', 'cancel') and (account_id, lot_id) in (from own))
group by entries.account_id, currency, posting_id having sum(amount) <> 0
"""
_EARNED = _OTHERWISE.format(sign="-", codes="('issuance')")
_MOVED = _OTHERWISE.format(sign="", codes="('member', 'held')")
_AWOKEN = """
select pend.source_id, min(woken.occurred_at) from entries pend
left join entries woken on woken.account_id = pend.account_id and woken.lot_id = pend.lot_id and woken.kind = 'activate'
where pend.kind = 'pend' and pend.source_type = 'purchase' group by pend.source_id
"""
_FOLLOWED = """
select followed_by_enrolment_id, enrolment_id, account_id, ended_at from enrolments
where followed_by_enrolment_id is not null and ended_at is not null and programme_id = $programme order by ended_at
"""
# Purchases brought in that no rule decided count for tiers by money or by number all the same.
_UNDECIDED = """
select own.enrolment_id, own.occurred_at, own.total, own.kind, sold.occurred_at from purchases own
left join purchases sold on sold.purchase_id = own.returns_purchase_id
where own.programme_id = $programme and own.enrolment_id is not null
    and own.purchase_id not in (select purchase_id from decisions)
order by own.occurred_at
"""
_SEATS = "select enrolment_id, own_account_id, joined_at from pool_memberships order by joined_at"
_HELD = """
select enrolment_id, any_value(account_id), coalesce(max_by(tier, valid_from), '') from (
    select e.enrolment_id, e.account_id, coalesce(t.tier, '') as tier, t.valid_from
    from enrolments e left join tier_periods t on t.enrolment_id = e.enrolment_id and t.tier_set = ''
        and t.valid_from <= $at and (t.valid_until is null or t.valid_until > $at)
    where e.programme_id = $programme and e.ended_at is null)
group by enrolment_id
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """What to backtest: a document of a programme over [begins, ends); None: from the first, to the last decision."""

    programme: Programme
    document: Mapping[str, Any] | None
    begins: datetime | None = None
    ends: datetime | None = None
    redemption_percent: int = REDEMPTION_PERCENT
    part: Part = ALL
    beside: ProgrammeVersion | None = None  # a version that all of history is replayed by too, to compare with


@dataclass(slots=True)
class Ground:
    """What is read once for both passes over a history."""

    asked: Asked
    history: History
    versions: dict[str, Terms]
    beside: Beside
    known: Known
    baskets: dict[str, ClosedBasket]
    returned: frozenset[str]
    back_lines: dict[str, list[tuple[Any, ...]]]
    scales: dict[str, int]
    at: datetime
    held: dict[str, tuple[str, str]] = field(default_factory=dict)
    holes: dict[str, int] = field(default_factory=dict)


@contextmanager
def open_ground(asked: Asked, export: FactExport) -> Iterator[Ground]:
    """Open what is read once for every pass over a history."""
    programme = asked.programme
    with open_history(
        folder_of(export.id), programme_id=str(programme.id), zone=programme.time_zone, currency=programme.currency
    ) as history:
        for name in ("purchases", "lines", "products", "decisions", "enrolments", "tier_periods", "tier_grants",
                     "entries", "pool_memberships"):  # fmt: skip
            history.view(name)
        versions = _versions(programme)
        holes = holes_of(history.rows, programme_id=str(programme.id), versions=versions)
        history.ran_back = "backwards" in holes
        enrolled = _enrolled(history, programme)
        yield Ground(
            asked=asked,
            history=history,
            versions=versions,
            beside=read_beside([*versions.values(), *_tried(asked)]),
            known=_known(history, programme, enrolled),
            baskets=_baskets(history, programme, enrolled),
            returned=frozenset(
                row[0] for row in history.rows("select distinct returns_purchase_id from lines "
                                               "where returns_purchase_id is not null")
            ),
            back_lines=_back_lines(history, programme),
            scales=dict(PointsCurrency.objects.values_list("code", "scale")),
            at=export.cut_off_at,
            holes=holes,
            held={
                row[0]: (row[1], row[2])
                for row in history.rows(_HELD, programme=str(programme.id), at=asked.ends or export.cut_off_at)
            },
        )  # fmt: skip


def _versions(programme: Programme) -> dict[str, Terms]:
    published = programme.versions.filter(in_force_from__isnull=False)
    return {str(one.id): parse_document(programme, one.document, version_id=one.id) for one in published}


def _tried(asked: Asked) -> list[Terms]:
    documents = [asked.document, asked.beside.document if asked.beside is not None else None]
    return [parse_document(asked.programme, each, version_id=UUID(int=0)) for each in documents if each]


def _enrolled(history: History, programme: Programme) -> dict[UUID, datetime]:
    sql = "select enrolment_id, enrolled_at from enrolments where programme_id = $programme"
    return {UUID(row[0]): row[1] for row in history.rows(sql, programme=str(programme.id))}


def _known(history: History, programme: Programme, enrolled: Mapping[UUID, datetime]) -> Known:
    grants: dict[str, list[HeldTier]] = defaultdict(list)
    for enrolment_id, tier, begins, ends in history.rows(
        "select enrolment_id, tier, valid_from, valid_until from tier_grants"
    ):
        grants[enrolment_id].append(HeldTier(tier, begins, ends))
    accounts, followed = _followed(history, programme)
    return Known(
        zone=zone_of(programme.time_zone),
        joined={str(one): at for one, at in enrolled.items()},
        grants=grants,
        earned=_otherwise(history, _EARNED, programme),
        moved=_otherwise(history, _MOVED, programme),
        accounts=accounts,
        followed=followed,
        awoken=dict(history.rows(_AWOKEN)),
        bought=_undecided(history, programme),
    )


def _undecided(history: History, programme: Programme) -> dict[str, Bought]:
    found: dict[str, Bought] = defaultdict(Bought)
    for enrolment_id, at, total, kind, sold_at in history.rows(_UNDECIDED, programme=str(programme.id)):
        found[enrolment_id].spent.append((at, total, sold_at))
        if kind == "sale":
            found[enrolment_id].purchases.append((at, 1))
    return dict(found)


def _otherwise(history: History, sql: str, programme: Programme) -> dict[tuple[str, str], list[Any]]:
    """Return by account and currency what came not by purchases; what counts for tiers is of the main one."""
    main = programme.points_currency_id
    found: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for account_id, currency, at, amount in history.rows(sql):
        code = MAIN if currency in (main, tier_credit_of(main)) else currency
        found[account_id, code].append((at, amount))
    return found


def _followed(
    history: History, programme: Programme
) -> tuple[dict[str, list[tuple[str, datetime]]], dict[str, list[tuple[str, datetime]]]]:
    """Return by membership the accounts, and the memberships, that became its own, each with the instant."""
    accounts: dict[str, list[tuple[str, datetime]]] = defaultdict(list)
    memberships: dict[str, list[tuple[str, datetime]]] = defaultdict(list)
    for enrolment_id, own_account_id, joined_at in history.rows(_SEATS):
        accounts[enrolment_id].append((own_account_id, joined_at))
    for followed_by, enrolment_id, account_id, ended_at in history.rows(_FOLLOWED, programme=str(programme.id)):
        accounts[followed_by].append((account_id, ended_at))
        memberships[followed_by].append((enrolment_id, ended_at))
    return accounts, memberships


def _baskets(history: History, programme: Programme, enrolled: Mapping[UUID, datetime]) -> dict[str, ClosedBasket]:
    closed = history.rows(
        """select purchase_id from purchases where programme_id = $programme and kind = 'sale'
               and gross is not null""",
        programme=str(programme.id),
    )  # fmt: skip
    return {str(each.purchase_id): each for each in read_closed([UUID(row[0]) for row in closed], enrolled)}


def _back_lines(history: History, programme: Programme) -> dict[str, list[tuple[Any, ...]]]:
    found: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for row in history.rows(_BACK_LINES, programme=str(programme.id)):
        purchase_id, quantity, net, code, category, brand, earns, sold_id, sold_line = row
        product = {"product": code, "category": category, "brand": brand, "earns": earns}
        found[purchase_id].append((quantity, net, product, sold_id, sold_line))
    return found
