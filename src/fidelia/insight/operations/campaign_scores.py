"""Learn from past campaigns who answers one, and who buys because of one; keep both as versions and as traits.

Who answers is learnt from the treated: those who bought while a campaign ran that they had the offer of. Who buys
*because* of a campaign (uplift) needs its control group: chance had drawn both arms, so what they differ by is the
campaign's doing. Two things keep that true of several campaigns put together. Each person counts once, with the first
campaign they were drawn for: whether they came into a later one may be the doing of the first. And the treated of
each campaign are thinned out by chance until all campaigns have the same share of them: otherwise who was treated
would tell which campaign it was, and with it the season and the offer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from fidelia.customers.operations import place_trait_definition, set_traits
from fidelia.kernel.actor import Actor
from fidelia.kernel.calendar import zone_of
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.errors import FideliaError
from fidelia.kernel.localized import LocalizedText
from fidelia.organisation.queries import get_operator

from ..errors import NoRefreshYet, NothingToReport
from ..fits.proof import Uplift, fit_uplift, uplift_at
from ..fits.scoring import Score, fit_score
from ..fits.scoring.keeping import Weights
from ..measures.engine import Facts
from ..measures.rfm import sales_kept
from ..measures.tallies import one_arm_each
from ..models import Refresh, ScoreKind, folder_of
from ..queries import get_last_refresh
from ..report import ReportFacts
from ..report.sections.scores import known_at
from .chapters import facts_of
from .refreshing import SOURCE
from .scoring import ScoredPeople, keep_score, predicted, weights_in_use

PEOPLE_MIN: Final = 20  # in each arm; a smaller campaign teaches nothing
LEARNT_FROM_MAX: Final = 200_000
BEST: Final = 0.2
SEED: Final = 1805
RESPONSE_TRAIT: Final = "campaign_response"
UPLIFT_TRAIT: Final = "campaign_uplift"
# name, label, unit, how much of it is 1, the kind of score
TRAITS: Final = (
    (RESPONSE_TRAIT, LocalizedText(en="Chance to answer a campaign", fr="Chance de répondre à une campagne"), "%", 100,
     ScoreKind.RESPONSE),
    (UPLIFT_TRAIT, LocalizedText(en="Buys because of a campaign", fr="Achète grâce à une campagne"), "‰", 1_000,
     ScoreKind.UPLIFT),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PastCampaign:
    """A campaign that is over: people drawn into its arms count from `since` to before `until`."""

    id: UUID
    key: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """People drawn for campaigns, one entry each: what was known before, the arm, whether they bought, which campaign
    (its place, the oldest first).
    """

    who: NDArray[Any]
    columns: dict[str, NDArray[np.float64]]
    treated: NDArray[np.bool_]
    did: NDArray[np.bool_]
    place: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.who)

    def taken(self, chosen: NDArray[Any]) -> Drawn:
        """Return some of the entries: a mask, or their places."""
        columns = {name: values[chosen] for name, values in self.columns.items()}
        return Drawn(self.who[chosen], columns, self.treated[chosen], self.did[chosen], self.place[chosen])

    @classmethod
    def together(cls, several: Sequence[Drawn]) -> Drawn:
        columns = {name: np.concatenate([one.columns[name] for one in several]) for name in several[0].columns}
        return cls(
            np.concatenate([one.who for one in several]), columns, np.concatenate([one.treated for one in several]),
            np.concatenate([one.did for one in several]), np.concatenate([one.place for one in several]),
        )  # fmt: skip


def learn_campaign_scores(*, by: Actor, at: datetime, campaigns: Sequence[PastCampaign]) -> dict[str, int]:
    """Learn both scores on the facts of the last refresh, keep them as versions, and set the traits of `TRAITS`.

    A score that ranks no better than chance sets no trait, unless a person chose a version of it. Known of a person is
    what they had bought before the campaign began: who had bought nothing is not learnt from, nor scored. Purchases
    are those in the currency of the refresh. Returns how many campaigns taught something and how many people hold each
    trait. Raises Denied (insight.refresh), NoRefreshYet.
    """
    by.require("insight.refresh")
    last, operator = get_last_refresh(), get_operator()
    if last is None:
        raise NoRefreshYet("Nothing was learnt yet: refresh insight first.")
    zone, drawn, scored = zone_of(operator.time_zone), [], []
    try:
        with facts_of(last, operator) as facts:
            tables = Facts(folder_of(last.export_id), facts.backend)
            for place, one in enumerate(sorted(campaigns, key=lambda one: one.since)):
                since, until = (moment.astimezone(zone).replace(tzinfo=UTC) for moment in (one.since, one.until))
                if until > facts.as_of:  # its last day is not told whole yet
                    continue
                found = _drawn_for(facts, tables, one.id, (since, until), place)
                if min(found.treated.sum(), (~found.treated).sum()) >= PEOPLE_MIN:
                    drawn.append((one.key, found))
            scored = _scored(facts, [key for key, _found in drawn], [found for _key, found in drawn])
    except NothingToReport:
        scored = []
    return {"campaigns": len(drawn)} | _keep(by, at, last, scored)


def _drawn_for(
    facts: ReportFacts, tables: Facts, campaign_id: UUID, span: tuple[datetime, datetime], place: int
) -> Drawn:
    """Who was drawn for one campaign and had bought before it; `span` is a clock on the wall, as the facts are."""
    since, until = span
    everybody = tables.by_person(tables.table("campaign_members"))
    members = one_arm_each(everybody.filter(everybody.campaign_id == str(campaign_id)))
    who, columns, _came = known_at(facts, since, among=members)
    arms = dict(zip(*(column.tolist() for column in facts.columns(members, ["customer_id", "arm"])), strict=True))
    sales = facts.purchases
    inside = sales.filter(sales.customer_id.notnull(), sales.occurred_at >= since, sales.occurred_at < until)
    kept = sales_kept(inside, facts.lines, as_of=until).semi_join(members, "customer_id")
    buyers = set(facts.columns(kept.select("customer_id").distinct(), ["customer_id"])[0].tolist())
    return Drawn(
        np.array(who, dtype=object), columns, np.array([arms[one] == "treated" for one in who], dtype=bool),
        np.array([one in buyers for one in who], dtype=bool), np.full(len(who), place, dtype=np.int64),
    )  # fmt: skip


def _scored(facts: ReportFacts, keys: list[str], drawn: list[Drawn]) -> list[ScoredPeople]:
    """Score everybody by what the campaigns teach, or by the versions chosen; nobody where a kind can say nothing."""
    who, columns, _came = known_at(facts, facts.as_of)
    everybody = Drawn.together(drawn) if drawn else None
    found = []
    for kind, learn in ((ScoreKind.RESPONSE, _learn_response), (ScoreKind.UPLIFT, _learn_uplift)):
        fresh: dict[str, Any] = {}
        if everybody is not None:
            try:
                fresh = learn(everybody, keys)
            except FideliaError:  # too few who answered, or too few who did not
                fresh = {}
        weights = weights_in_use(kind, columns)
        if weights is None and fresh and fresh["card"]["is_better_than_chance"]:
            weights = fresh["weights"]
        scores = predicted(weights, columns) if weights is not None else np.empty(0)
        found.append(ScoredPeople(who if weights is not None else [], scores, fresh, columns, kind))
    return found


def _learn_response(drawn: Drawn, keys: list[str]) -> dict[str, Any]:
    rows = _some_of(last_of_each(drawn.taken(drawn.treated)))
    score: Score = fit_score(rows.columns, rows.did.astype(float))
    weights = Weights.of_score(score, list(rows.columns)).as_value()
    judged = score.judgement
    card = {
        "people": judged.people, "did": judged.did, "auc": judged.auc, "auc_low": judged.auc_low,
        "auc_high": judged.auc_high, "lift": judged.lift[0].lift, "calibration_error": judged.calibration_error,
        "brier": judged.brier, "best": int(np.rint(100 * np.quantile(score.out_of_fold, 0.9))),
        "is_better_than_chance": judged.auc_low > 0.5, "campaigns": keys,
        "columns": list(rows.columns),
    }  # fmt: skip
    return {"card": card, "weights": weights}


def _learn_uplift(drawn: Drawn, keys: list[str]) -> dict[str, Any]:
    rows = _some_of(equal_shares(first_of_each(drawn)))
    did, treated = rows.did.astype(float), rows.treated.astype(float)
    found: Uplift = fit_uplift(rows.columns, did, treated, seed=SEED)
    names, (with_offer, without) = list(rows.columns), found.models
    weights = {
        "treated": Weights.of_model(with_offer, found.features, names).as_value(),
        "control": Weights.of_model(without, found.features, names).as_value(),
    }
    card = {
        "people": len(rows), "did": int(rows.did.sum()), "treated": int(rows.treated.sum()), "qini": found.qini.area,
        "qini_low": found.qini.low, "qini_high": found.qini.high, "is_better_than_chance": found.qini.low > 0,
        "best": int(np.rint(1_000 * np.quantile(found.out_of_fold, 1 - BEST))),
        "of_best": uplift_at(found.out_of_fold, did, treated, share=BEST),
        "of_all": uplift_at(found.out_of_fold, did, treated, share=1.0), "campaigns": keys, "columns": names,
    }  # fmt: skip
    return {"card": card, "weights": weights}


def first_of_each(drawn: Drawn) -> Drawn:
    """Return each person once, with the oldest campaign they were drawn for."""
    order = np.argsort(drawn.place, kind="stable")
    _who, first = np.unique(drawn.who[order].astype(str), return_index=True)
    return drawn.taken(np.sort(order[first]))


def last_of_each(drawn: Drawn) -> Drawn:
    """Return each person once, with the newest campaign they were drawn for."""
    order = np.argsort(-drawn.place, kind="stable")
    _who, first = np.unique(drawn.who[order].astype(str), return_index=True)
    return drawn.taken(np.sort(order[first]))


def equal_shares(drawn: Drawn) -> Drawn:
    """Thin the treated of each campaign out by chance until all have as many to one of the control group.

    Campaigns with fewer than 20 people in an arm are left out.
    """
    sizes = {
        place: (
            int((drawn.treated & (drawn.place == place)).sum()),
            int((~drawn.treated & (drawn.place == place)).sum()),
        )
        for place in np.unique(drawn.place).tolist()
    }
    large = {place: arms for place, arms in sizes.items() if min(arms) >= PEOPLE_MIN}
    least = min((treated / control for treated, control in large.values()), default=0.0)
    chance, kept = np.random.default_rng(SEED), np.zeros(len(drawn), dtype=bool)
    for place, (treated, control) in large.items():
        of_campaign = drawn.place == place
        kept |= of_campaign & ~drawn.treated
        asked = min(treated, round(least * control))
        kept[chance.choice(np.flatnonzero(of_campaign & drawn.treated), asked, replace=False)] = True
    return drawn.taken(kept)


def _some_of(drawn: Drawn) -> Drawn:
    """At most so many that a fit takes seconds; the same each time."""
    if len(drawn) <= LEARNT_FROM_MAX:
        return drawn
    chosen = np.random.default_rng(SEED).choice(len(drawn), LEARNT_FROM_MAX, replace=False)
    return drawn.taken(np.sort(chosen))


def _keep(by: Actor, at: datetime, last: Refresh, scored: list[ScoredPeople]) -> dict[str, int]:
    by_kind = {one.kind: one for one in scored}
    rows = [
        (UUID(customer_id), name, value)
        for name, _label, _unit, whole, kind in TRAITS
        if kind in by_kind
        for customer_id, value in zip(
            by_kind[kind].who, np.rint(whole * by_kind[kind].chances).astype(np.int64).tolist(), strict=True
        )
    ]
    with transaction_of_use_case():
        for name, label, unit, _whole, _kind in TRAITS:
            place_trait_definition(by=by, at=at, name=name, type="number", label=label, unit=unit)
        names = [name for name, *_rest in TRAITS]
        lent = by.lent("customer.set_traits")  # who may refresh insight may set its traits, no other
        set_traits(by=lent, at=at, rows=rows, source=SOURCE, valid_from=last.as_of, whole=names)
        for one in scored:
            keep_score(at=at, found=one)
    return {kind.value: len(by_kind[kind].who) if kind in by_kind else 0 for *_rest, kind in TRAITS}
