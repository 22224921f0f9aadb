"""The cards of Home below the figures: stages of customers, stores, what is running, and who did what lately."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fidelia.access.models import Audit
from fidelia.access.queries import list_audit
from fidelia.activity.queries import StoreSales
from fidelia.campaigns.models import State
from fidelia.campaigns.operations.watching import WatchedCampaign
from fidelia.campaigns.queries import list_watched
from fidelia.insight.measures.lifecycle import STAGES
from fidelia.insight.queries.home import HomeFigures, Period
from fidelia.kernel.actor import Actor
from fidelia.kernel.money import Money
from fidelia.organisation.models import Store
from fidelia.ui import formats
from fidelia.ui.parts import Change

from .home_figures import change_of
from .programme_parts import language
from .words import ACTS, Words, word

STAGE_NAMES: Words = {
    "prospect": gettext_lazy("Prospects"),
    "buyer": gettext_lazy("Buyers"),
    "customer": gettext_lazy("Customers"),
    "supporter": gettext_lazy("Supporters"),
    "ambassador": gettext_lazy("Ambassadors"),
    "left": gettext_lazy("Gone"),
}
STORES_SHOWN = 8
ACTS_READ, ACTS_SHOWN = 200, 5
FULL_STEP, LEAST_STEP = 7, 3  # the shades of a bar, from ambassadors down to buyers


@dataclass(frozen=True, slots=True)
class StageRow:
    """How many customers are in a stage, and how many more than as the period began; None where nobody knew."""

    name: str
    people: int
    ratio: float
    fill: str
    more: int | None

    @property
    def more_text(self) -> str:
        return "" if self.more is None else formats.number(self.more, language(), sign=True)


@dataclass(frozen=True, slots=True)
class StoreRow:
    """What a store sold in the period, written; `member_ratio` and `named` are shares, None without any sale."""

    name: str
    url: str
    sales: str
    change: Change | None
    member_ratio: float | None
    named: float | None


@dataclass(frozen=True, slots=True)
class ActLine:
    """What somebody did lately, `times` in a row."""

    who: str
    verb: str
    at: datetime
    times: int


@dataclass(frozen=True, slots=True)
class RunningLine:
    """A campaign under way, and what is known of its effect."""

    name: str
    url: str
    detail: str
    effect: str
    span: str
    good: bool | None


def stage_rows(counted: HomeFigures, period: Period, at: datetime) -> list[StageRow]:
    """Return the stages of the lifecycle in their order; none before insight was refreshed."""
    now, before = counted.stages(at), counted.former_stages(period.since)
    most = max(now.values(), default=0)
    known = [stage for stage in STAGES if stage in now]
    shades = {stage: LEAST_STEP + place for place, stage in enumerate(STAGES[1:-1])}
    return [
        StageRow(
            word(STAGE_NAMES, stage),
            now[stage],
            now[stage] / most,
            f"step-{min(shades[stage], FULL_STEP)}" if stage in shades else "context",
            now[stage] - before.get(stage, 0) if before else None,
        )
        for stage in known
    ]


def store_rows(counted: HomeFigures, period: Period, currency: str, stores: Sequence[Store]) -> list[StoreRow]:
    """Return the stores that sold most in the period; none where there is only one to see."""
    names = {store.id: store for store in stores}
    if len(names) < 2:
        return []
    before = {one.store_id: one for one in counted.stores(currency, period.before_since, period.before_until)}
    found = [one for one in counted.stores(currency, period.since, period.until) if one.store_id in names]
    return [_store_row(one, before.get(one.store_id), names, currency) for one in found[:STORES_SHOWN]]


def _store_row(one: StoreSales, before: StoreSales | None, names: dict[UUID, Store], currency: str) -> StoreRow:
    assert one.store_id is not None, "sales without a store are left out"
    store = names[one.store_id]
    return StoreRow(
        name=store.name,
        url=f"?store={store.code}",
        sales=formats.figure_money(Money(one.total, currency).text(), currency, language()),
        change=change_of(one.total, before.total if before else 0, ""),
        member_ratio=min(1.0, max(0.0, one.members / one.total)) if one.total > 0 else None,
        named=one.named / one.receipts if one.receipts else None,
    )


def running_lines(by: Actor) -> list[RunningLine]:
    """Return the campaigns under way that this person may see, the newest first."""
    if not by.may_somewhere("campaign.see"):
        return []
    return [_running(one) for one in list_watched(by=by) if one.campaign.state == State.RUNNING]


def _running(one: WatchedCampaign) -> RunningLine:
    campaign, buyers = one.campaign, one.buyers
    share = formats.share(campaign.control_numerator / campaign.control_denominator, language(), decimals=0)
    effect, span, good = _("not measured yet"), "", None
    if buyers is not None:
        effect = _("%(points)s of buyers") % {"points": formats.share_change(buyers.difference, language())}
        span = formats.number_span(100 * buyers.low, 100 * buyers.high, language(), decimals=1)
        good = True if buyers.low > 0 else False if buyers.high < 0 else None
    return RunningLine(
        campaign.name.in_language(language()),
        reverse("console:campaign", args=(campaign.key,)),
        _("Campaign, control group of %(share)s") % {"share": share},
        effect,
        span,
        good,
    )


def latest_acts(by: Actor) -> list[ActLine]:
    """Return what people did lately, the newest first; the same act by the same person many times in a row is one."""
    if not by.may_somewhere("audit.see"):
        return []
    rows = (row for row in list_audit(by=by, limit=ACTS_READ) if row.by_kind == "user")
    return [act for act, _place in zip(_acts(rows), range(ACTS_SHOWN), strict=False)]


def _acts(rows: Iterator[Audit]) -> Iterator[ActLine]:
    for (who, verb), same in groupby(rows, key=lambda row: (row.by_label, row.verb)):
        newest, *others = same
        yield ActLine(who, word(ACTS, verb), newest.at, 1 + len(others))
