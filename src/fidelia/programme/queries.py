"""What one may ask of programme. Nothing here writes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, Q, QuerySet
from django.utils.module_loading import import_string

from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.calendar import zone_of
from fidelia.kernel.money import exponent_of
from fidelia.ledger.queries import list_dated_earnings
from fidelia.rules import Catalogue, RuleSet, parse_rule_set
from fidelia.rules.terms import (
    PointsPolicy,
    PurchasePolicy,
    parse_points_policy,
    parse_purchase_policy,
    parse_tier_sets,
)
from fidelia.rules.tiers import HeldTier, TierLevel, TierSet

from .errors import MalformedDocument, UnknownEnrolment, UnknownProgramme, UnknownVersion
from .models import Enrolment, Programme, ProgrammeVersion, TierGrant, TierPeriod

RULE_PARTS = ("format", "groups", "campaigns", "rules", "checkout")
PARTS = {*RULE_PARTS, "points", "tiers", "purchases"}


@dataclass(frozen=True, slots=True)
class Terms:
    """A version ready to decide with: compiled rules, the life of points, tiers, policies, and the zone of its days."""

    version_id: UUID
    rule_set: RuleSet
    points: PointsPolicy
    tiers: TierSet | None
    zone: ZoneInfo
    purchases: PurchasePolicy
    more_tiers: tuple[TierSet, ...] = ()

    @property
    def tier_sets(self) -> tuple[TierSet, ...]:
        """Every set of tiers, the main one first."""
        return (() if self.tiers is None else (self.tiers,)) + self.more_tiers


def get_programme(slug: str) -> Programme:
    """Return the programme of this name, its points currency with it. Raises UnknownProgramme."""
    try:
        return Programme.objects.select_related("points_currency").get(slug=slug)
    except Programme.DoesNotExist:
        raise UnknownProgramme(f"There is no programme “{slug}”.") from None


def get_programme_by_id(programme_id: UUID) -> Programme:
    """Return the programme, its points currency with it. Raises UnknownProgramme."""
    try:
        return Programme.objects.select_related("points_currency").get(id=programme_id)
    except Programme.DoesNotExist:
        raise UnknownProgramme("There is no such programme.") from None


def list_programmes(*, sandbox: bool = False) -> list[Programme]:
    """Return every programme that is (not) a sandbox, oldest first."""
    return list(Programme.objects.select_related("points_currency").filter(is_sandbox=sandbox).order_by("created_at"))


def get_only_programme(*, sandbox: bool) -> Programme:
    """Return the programme a till means when it names none. Raises UnknownProgramme unless there is exactly one."""
    programmes = list_programmes(sandbox=sandbox)
    if len(programmes) != 1:
        raise UnknownProgramme(
            "Name the programme: there are several." if programmes else "There is no programme yet.",
            pointer="/programme",
        )
    return programmes[0]


def catalogue_of(programme: Programme) -> Catalogue:
    """Return the fields that this programme's rules may read, as the composition root registers them."""
    catalogue: Catalogue = import_string(settings.PURCHASE_CATALOGUE)(programme.currency)
    return catalogue


def parse_document(programme: Programme, document: object, *, version_id: UUID) -> Terms:
    """Read the document of a version. Raises MalformedDocument, or a refusal of rules with its pointer and column."""
    if not isinstance(document, dict) or not set(document) <= PARTS or "rules" not in document:
        raise MalformedDocument(
            "A document has format, groups, campaigns, rules (required), checkout, points, tiers and purchases."
        )
    rules = {part: document[part] for part in RULE_PARTS if part in document}
    scale, money_scale = programme.points_currency.scale, exponent_of(programme.currency)
    tier_sets = parse_tier_sets(document.get("tiers"), scale, money_scale)
    return Terms(
        version_id=version_id,
        rule_set=parse_rule_set(rules, catalogue_of(programme), points_scale=scale),
        points=parse_points_policy(document.get("points"), scale, money_scale),
        tiers=tier_sets[0] if tier_sets else None,
        more_tiers=tier_sets[1:],
        zone=zone_of(programme.time_zone),
        purchases=parse_purchase_policy(document.get("purchases")),
    )


# A published version never changes, so what it compiles to is kept for the life of the process.
_published_terms: dict[UUID, Terms] = {}
_PUBLISHED_TERMS_MAX = 1_000


def terms_of(version_id: UUID) -> Terms:
    """Return the terms of a published version; compiled once per process. Raises UnknownVersion."""
    terms = _published_terms.get(version_id)
    if terms is None:
        version = _version_with_programme(version_id)
        terms = parse_document(version.programme, version.document, version_id=version.id)
        if len(_published_terms) >= _PUBLISHED_TERMS_MAX:
            _published_terms.clear()
        _published_terms[version_id] = terms
    return terms


def _version_with_programme(version_id: UUID) -> ProgrammeVersion:
    version = (
        ProgrammeVersion.objects.select_related("programme__points_currency")
        .filter(id=version_id)
        .exclude(state=ProgrammeVersion.State.DRAFT)
        .first()
    )
    if version is None:
        raise UnknownVersion("There is no such published version.")
    return version


def get_version(programme: Programme, number: int) -> ProgrammeVersion:
    """Return a version by its number. Raises UnknownVersion."""
    try:
        return programme.versions.select_related("programme__points_currency").get(number=number)
    except ProgrammeVersion.DoesNotExist:
        raise UnknownVersion(f"{programme.slug} has no version {number}.") from None


def list_versions(programme: Programme) -> list[ProgrammeVersion]:
    """Return the versions, the newest first."""
    return list(programme.versions.order_by("-number"))


def version_in_force(programme: Programme, at: datetime) -> ProgrammeVersion | None:
    """Return the version in force at an instant: the last one begun by then and not withdrawn by then."""
    return (
        programme.versions.filter(in_force_from__lte=at)
        .filter(Q(withdrawn_at__isnull=True) | Q(withdrawn_at__gt=at))
        .order_by("-in_force_from", "-number")
        .first()
    )


class VersionHistory:
    """Every published version of a programme, for asking which was in force at each of many instants."""

    def __init__(self, programme: Programme | None) -> None:
        """Without a programme nothing was ever in force."""
        if programme is None:
            self._spans: list[tuple[datetime | None, datetime | None, UUID]] = []
            return
        published = programme.versions.filter(in_force_from__isnull=False).order_by("-in_force_from", "-number")
        self._spans = [(version.in_force_from, version.withdrawn_at, version.id) for version in published]

    def terms_at(self, at: datetime) -> Terms | None:
        """Return the terms in force at an instant, None before the first version."""
        for begun, withdrawn, version_id in self._spans:
            if begun is not None and begun <= at and (withdrawn is None or withdrawn > at):
                return terms_of(version_id)
        return None


def get_enrolment(enrolment_id: UUID) -> Enrolment:
    """Return an enrolment with its programme. Raises UnknownEnrolment."""
    try:
        return Enrolment.objects.select_related("programme__points_currency").get(id=enrolment_id)
    except Enrolment.DoesNotExist:
        raise UnknownEnrolment("There is no such enrolment.") from None


def see_enrolment(*, by: Actor, enrolment_id: UUID, right: str = "customer.see") -> Enrolment:
    """Return an enrolment over which the actor holds the right ("points.see" for its points).

    Raises Denied, UnknownEnrolment (there is none, or it is not the actor's to see).
    """
    if not by.may_somewhere(right):
        by.require(right)
    enrolment = get_enrolment(enrolment_id)
    is_own_mode = enrolment.programme.is_sandbox == (by.mode == "test")
    if not is_own_mode or not by.may(right, Scope(enrolment.partner_id, enrolment.store_id)):
        raise UnknownEnrolment("There is no such enrolment.")
    return enrolment


def see_programmes(*, by: Actor) -> list[Programme]:
    """Return the programmes that the actor may see: the operator's, and those of partners in its scopes.

    Test keys see sandboxes, and nobody else does. Raises Denied (programme.see).
    """
    if not by.may_somewhere("programme.see"):
        by.require("programme.see")
    programmes = list_programmes(sandbox=by.mode == "test")
    return [one for one in programmes if one.partner_id is None or by.may("programme.see", Scope(one.partner_id))]


def see_programme(*, by: Actor, slug: str | None) -> Programme:
    """Return the programme of this name, or the only one there is. Raises Denied (programme.see), UnknownProgramme."""
    found = [one for one in see_programmes(by=by) if slug in (None, one.slug)]
    if len(found) != 1:
        raise UnknownProgramme(
            "Name the programme: there are several." if found else "There is no such programme.", pointer="/programme"
        )
    return found[0]


def find_enrolment(programme: Programme, customer_ids: Iterable[UUID]) -> Enrolment | None:
    """Return the enrolment in force of a customer (all the ids of one person)."""
    return Enrolment.objects.filter(
        programme=programme, customer_id__in=list(customer_ids), ended_at__isnull=True
    ).first()


def list_enrolments(customer_ids: Iterable[UUID]) -> list[Enrolment]:
    """Return every enrolment of a customer, the newest first."""
    found = Enrolment.objects.select_related("programme__points_currency").filter(customer_id__in=list(customer_ids))
    return list(found.order_by("-enrolled_at", "id"))


def see_enrolments(*, by: Actor, customer_ids: Iterable[UUID], right: str = "customer.see") -> list[Enrolment]:
    """Return the enrolments of customers over which the actor holds the right, the newest first; none without it."""
    return [
        enrolment
        for enrolment in list_enrolments(customer_ids)
        if enrolment.programme.is_sandbox == (by.mode == "test")
        and by.may(right, Scope(enrolment.partner_id, enrolment.store_id))
    ]


def holders_of(tier: str, at: datetime) -> QuerySet[Enrolment, UUID]:
    """Return the ids of the customers who hold a tier at an instant, as a subquery for lists of customers."""
    held = TierPeriod.objects.filter(tier=tier, superseded_at__isnull=True, valid_from__lte=at)
    in_force = held.filter(Q(valid_until__isnull=True) | Q(valid_until__gt=at))
    enrolments = Enrolment.objects.filter(id__in=in_force.values("enrolment_id"), ended_at__isnull=True)
    return enrolments.values_list("customer_id", flat=True)


def tiers_of_each_at(enrolment_ids: Iterable[UUID], at: datetime) -> dict[UUID, str]:
    """Return the key of the tier that each membership holds at an instant; those without one are left out."""
    held = TierPeriod.objects.filter(
        enrolment_id__in=list(enrolment_ids), superseded_at__isnull=True, valid_from__lte=at
    ).filter(Q(valid_until__isnull=True) | Q(valid_until__gt=at))
    return {id: tier for id, tier in held.order_by("valid_from").values_list("enrolment_id", "tier") if tier}


@dataclass(frozen=True, slots=True)
class TierStanding:
    """Where a member stands: the level held until `held_until`, the points earned in the window, and what is next.

    `earned` and the thresholds are minor units of the points currency. `rank` is the place of the level from the top,
    beginning with 1; None without a level.
    """

    tiers: TierSet
    held: TierLevel | None
    held_until: datetime | None
    rank: int | None
    earned: int
    next: TierLevel | None


def tier_standing(enrolment: Enrolment, at: datetime) -> TierStanding | None:
    """Return where a member stands on the tiers now in force; None where the programme has none. Three statements."""
    version = version_in_force(enrolment.programme, at)
    tiers = terms_of(version.id).tiers if version is not None else None
    if version is None or tiers is None:
        return None
    currency = enrolment.programme.points_currency_id
    earnings = list_dated_earnings(account_ids=[enrolment.account_id], currency=currency).get(enrolment.account_id, [])
    horizon = at - timedelta(days=tiers.window_days)
    lowers = tiers.on_return == "lower"
    dated = [((undoes if undoes and lowers else earned_at), amount) for earned_at, amount, undoes in earnings]
    earned = sum(amount for earned_at, amount in dated if horizon < earned_at <= at)
    period = tier_at(enrolment.id, at)
    keys = [level.key for level in tiers.levels]
    place = keys.index(period.tier) if period is not None and period.tier in keys else -1
    return TierStanding(
        tiers=tiers,
        held=tiers.levels[place] if place >= 0 else None,
        held_until=period.valid_until if period is not None and place >= 0 else None,
        rank=len(keys) - place if place >= 0 else None,
        earned=earned,
        next=tiers.levels[place + 1] if place + 1 < len(keys) else None,
    )


def tier_at(enrolment_id: UUID, at: datetime) -> TierPeriod | None:
    """Return the tier held at an instant as it is known now."""
    return (
        TierPeriod.objects.filter(enrolment_id=enrolment_id, superseded_at__isnull=True, valid_from__lte=at)
        .filter(Q(valid_until__isnull=True) | Q(valid_until__gt=at))
        .order_by("-valid_from")
        .first()
    )


def tier_grants_of(enrolment_ids: Iterable[UUID]) -> dict[UUID, list[HeldTier]]:
    """Return the tiers granted to members whatever they earn, of those without one an empty list."""
    found = TierGrant.objects.filter(enrolment_id__in=list(enrolment_ids), withdrawn_at__isnull=True)
    grants: dict[UUID, list[HeldTier]] = defaultdict(list)
    for one in found:
        grants[one.enrolment_id].append(HeldTier(one.tier, one.valid_from, one.valid_until))
    return grants


def tier_grants_of_accounts(account_ids: Iterable[UUID]) -> dict[UUID, list[HeldTier]]:
    """Return the tiers granted to the members of each account, of accounts without one an empty list."""
    found = TierGrant.objects.filter(
        enrolment__account_id__in=list(account_ids), enrolment__ended_at__isnull=True, withdrawn_at__isnull=True
    )
    grants: dict[UUID, list[HeldTier]] = defaultdict(list)
    for one in found.select_related("enrolment"):
        grants[one.enrolment.account_id].append(HeldTier(one.tier, one.valid_from, one.valid_until))
    return grants


def list_tier_periods(enrolment_id: UUID) -> list[TierPeriod]:
    """Return the tiers of a member as they are known now, the newest first."""
    return list(
        TierPeriod.objects.filter(enrolment_id=enrolment_id, superseded_at__isnull=True).order_by("-valid_from")
    )


def count_members(programme: Programme, at: datetime) -> int:
    """Return how many memberships of the programme are in force at an instant."""
    return _members_at(programme, at).count()


def count_members_by_tier(programme: Programme, at: datetime) -> dict[str, int]:
    """Return how many members hold each tier at an instant, as it is known now; those without a tier are left out."""
    held = TierPeriod.objects.filter(
        enrolment__in=_members_at(programme, at), superseded_at__isnull=True, valid_from__lte=at
    ).filter(Q(valid_until__isnull=True) | Q(valid_until__gt=at))
    counts = held.values_list("tier").annotate(n=Count("enrolment_id", distinct=True)).order_by("tier")
    return {tier: n for tier, n in counts if tier}


def _members_at(programme: Programme, at: datetime) -> QuerySet[Enrolment]:
    in_force = Q(ended_at__isnull=True) | Q(ended_at__gt=at)
    return Enrolment.objects.filter(in_force, programme=programme, enrolled_at__lte=at)
