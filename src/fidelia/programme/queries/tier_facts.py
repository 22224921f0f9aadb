"""What tiers are measured by: dated facts of members, from the ledger, or from who knows what they bought."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.module_loading import import_string

from fidelia.ledger.queries import list_dated_earnings, list_dated_movements
from fidelia.rules.standing import Standing, stand_together, standing_at
from fidelia.rules.tier_deriving import derive_tiers
from fidelia.rules.tiers import Earning, HeldTier, TierSet
from fidelia.rules.tiers_together import hold_together

from ..models import Enrolment, PoolMembership, Programme
from .membership import tier_grants_of

# (customer ids, enrolment ids, metric) → the dated facts of each enrolment
PurchaseFacts = Callable[[Sequence[UUID], Sequence[UUID], str], Mapping[UUID, list[Earning]]]


def dated_facts(
    tier_set: TierSet, programme: Programme, enrolments: Sequence[Enrolment]
) -> dict[UUID, Sequence[Earning]]:
    """Return the facts by which each membership is measured, by its id; members of one pool count together."""
    if tier_set.metric in ("spent", "purchases"):
        own = {one.id: [one] for one in enrolments}
        for one in Enrolment.objects.filter(followed_by__in=list(own)):
            own[one.followed_by_id or one.id].append(one)
        each = [one for all_of_it in own.values() for one in all_of_it]
        bought = _purchase_facts()([one.customer_id for one in each], [one.id for one in each], tier_set.metric)
        return {
            id: sorted((fact for one in all_of_it for fact in bought.get(one.id, [])), key=lambda fact: fact[0])
            if len(all_of_it) > 1
            else bought.get(id, [])
            for id, all_of_it in own.items()
        }
    accounts = accounts_of(enrolments)
    ids = sorted({account for each in accounts.values() for account in each})
    found = _points_facts(tier_set, ids, tier_set.currency or programme.points_currency_id)
    return {id: [fact for account_id in own for fact in found.get(account_id, ())] for id, own in accounts.items()}


def grants_for(
    tier_set: TierSet, programme: Programme, enrolments: Sequence[Enrolment], zone: ZoneInfo, *, is_main: bool = True
) -> dict[UUID, list[HeldTier]]:
    """Return the tiers that members hold whatever the set's own measure says: granted ones, of the main set, and those
    that another measure of the set gives.
    """
    # What was brought along from another programme was brought along for the main set.
    grants = tier_grants_of([one.id for one in enrolments] if is_main else [])
    for other in tier_set.also:
        facts = dated_facts(other, programme, enrolments)
        for one in enrolments:
            held = derive_tiers(other, zone, facts[one.id], (), one.enrolled_at)
            grants[one.id] += [period for period in held if period.tier]
    return grants


def derive_held(
    tier_set: TierSet, programme: Programme, enrolments: Sequence[Enrolment], zone: ZoneInfo, *, is_main: bool = True
) -> dict[UUID, list[HeldTier]]:
    """Return the tiers that members hold by a set from the first one on, by all its measures (see `derive_tiers`)."""
    facts = dated_facts(tier_set, programme, enrolments)
    grants = grants_for(tier_set, programme, enrolments, zone, is_main=is_main)
    needed = [(one, dated_facts(one, programme, enrolments)) for one in tier_set.together]
    given = tier_grants_of([one.id for one in enrolments]) if needed and is_main else {}
    found = {}
    for one in enrolments:
        held = derive_tiers(tier_set, zone, facts[one.id], grants.get(one.id, ()), one.enrolled_at)
        if needed:
            each = [derive_tiers(more, zone, known[one.id], (), one.enrolled_at) for more, known in needed]
            held = hold_together(tier_set, held, each, given.get(one.id, ()))
        found[one.id] = held
    return found


def standings_by(
    tier_set: TierSet,
    programme: Programme,
    enrolments: Sequence[Enrolment],
    zone: ZoneInfo,
    *,
    at: datetime,
    is_main: bool = True,
) -> dict[UUID, Standing]:
    """Return where members stand on a set by all its measures, by the ids of their memberships."""
    facts = dated_facts(tier_set, programme, enrolments)
    grants = grants_for(tier_set, programme, enrolments, zone, is_main=is_main)
    needed = [dated_facts(one, programme, enrolments) for one in tier_set.together]
    given = tier_grants_of([one.id for one in enrolments]) if needed and is_main else {}
    found = {}
    for one in enrolments:
        own = standing_at(tier_set, zone, facts[one.id], grants.get(one.id, ()), one.enrolled_at, at=at)
        if needed:
            each = [known[one.id] for known in needed]
            own = stand_together(own, zone, each, given.get(one.id, ()), one.enrolled_at, at=at)
        found[one.id] = own
    return found


def _points_facts(tier_set: TierSet, ids: list[UUID], currency: str) -> Mapping[UUID, Sequence[Earning]]:
    if tier_set.metric == "balance":
        return list_dated_movements(account_ids=ids, currency=currency)
    return list_dated_earnings(account_ids=ids, currency=currency, also=[tier_credit_of(currency)])


def tier_credit_of(currency: str) -> str:
    """Return the ledger's code of what counts for tiers beside the points of a currency and cannot be spent."""
    return f"tier:{currency}"


def accounts_of(enrolments: Iterable[Enrolment]) -> dict[UUID, list[UUID]]:
    """Return the accounts on which each membership has earned: that of now, its own from before a pool, a card's."""
    known = {one.id: [one.account_id] for one in enrolments}
    own = PoolMembership.objects.filter(enrolment__in=list(known)).values_list("enrolment_id", "own_account_id")
    followed = Enrolment.objects.filter(followed_by__in=list(known)).values_list("followed_by_id", "account_id")
    for enrolment_id, account_id in (*own.distinct(), *followed):
        if enrolment_id is not None and account_id not in known[enrolment_id]:
            known[enrolment_id].append(account_id)
    return known


def beside(enrolment_ids: Iterable[UUID]) -> set[UUID]:
    """Return the memberships with those that count at the same account: a pool moves together."""
    ids = set(enrolment_ids)
    accounts = Enrolment.objects.filter(id__in=ids).values("account_id")
    return ids | set(
        Enrolment.objects.filter(account_id__in=accounts, ended_at__isnull=True).values_list("id", flat=True)
    )


def group_by_account(enrolments: Iterable[Enrolment]) -> dict[UUID, list[Enrolment]]:
    """Return the memberships at each account, more than one in a pool."""
    grouped: dict[UUID, list[Enrolment]] = defaultdict(list)
    for one in enrolments:
        grouped[one.account_id].append(one)
    return grouped


def _purchase_facts() -> PurchaseFacts:
    found: PurchaseFacts = import_string(settings.TIER_FACTS)
    return found
