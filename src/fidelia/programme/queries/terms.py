"""The terms of a programme: the document of a version, compiled, and which version is in force at an instant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from fidelia.kernel.calendar import zone_of
from fidelia.kernel.money import exponent_of
from fidelia.rules import Catalogue, RuleSet, parse_rule_set
from fidelia.rules.cheque_terms import ChequePolicy, parse_cheques
from fidelia.rules.conversion_terms import ConversionPolicy, parse_conversions
from fidelia.rules.effects import CreditPoints
from fidelia.rules.errors import nearest_name
from fidelia.rules.gift_card_terms import NO_GIFT_CARD_TERMS, GiftCardPolicy, parse_gift_cards
from fidelia.rules.joining_terms import JoiningPolicy, parse_joining
from fidelia.rules.offer_terms import OfferTerms, parse_offers
from fidelia.rules.plan_terms import Plan, parse_plans
from fidelia.rules.referral_terms import ReferralPolicy, parse_referral
from fidelia.rules.terms import (
    PointsPolicy,
    PurchasePolicy,
    parse_points_policy,
    parse_purchase_policy,
    parse_tier_sets,
)
from fidelia.rules.tiers import TierSet

from ..errors import FreeTextRead, MalformedDocument, UnknownVersion
from ..models import Programme, ProgrammeVersion

RULE_PARTS = ("format", "groups", "campaigns", "rules", "checkout")
TERM_PARTS = (
    *("points", "currencies", "tiers", "purchases", "cheques", "referral", "conversions", "plans", "joining"),
    *("offers", "gift_cards"),
)
PARTS = {*RULE_PARTS, *TERM_PARTS}


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
    currencies: Mapping[str, PointsPolicy] = field(default_factory=dict)
    cheques: tuple[ChequePolicy, ...] = ()
    referral: ReferralPolicy | None = None
    conversions: tuple[ConversionPolicy, ...] = ()
    plans: tuple[Plan, ...] = ()
    joining: JoiningPolicy | None = None
    offers: tuple[OfferTerms, ...] = ()
    gift_cards: GiftCardPolicy = NO_GIFT_CARD_TERMS

    def points_of(self, currency: str) -> PointsPolicy:
        """Return the policy of a further points currency, of the main one where it has none of its own."""
        return self.currencies.get(currency, self.points)

    def entitlements_of(self, tier: str) -> tuple[str, ...]:
        """Return what holding a tier of any set entitles to; a level that this version no longer has, to nothing."""
        levels = (level for tier_set in self.tier_sets for level in tier_set.levels if level.key == tier)
        return next((level.entitlements for level in levels), ())

    def plan(self, key: str) -> Plan | None:
        """Return the plan of this key, None where the version has none."""
        return next((plan for plan in self.plans if plan.key == key), None)

    def offer(self, key: str) -> OfferTerms | None:
        """Return the offer of this key, None where the version has none."""
        return next((offer for offer in self.offers if offer.key == key), None)

    def plan_bought_by(self, product: str) -> Plan | None:
        """Return the plan that a product buys."""
        return next((plan for plan in self.plans if product in plan.products), None)

    @property
    def tier_sets(self) -> tuple[TierSet, ...]:
        """Every set of tiers, the main one first."""
        return (() if self.tiers is None else (self.tiers,)) + self.more_tiers


def catalogue_of(programme: Programme) -> Catalogue:
    """Return the fields that this programme's rules may read, as the composition root registers them."""
    catalogue: Catalogue = import_string(settings.PURCHASE_CATALOGUE)(programme.currency)
    return catalogue


def parse_document(programme: Programme, document: object, *, version_id: UUID) -> Terms:
    """Read the document of a version. Raises MalformedDocument, or a refusal of rules with its pointer and column."""
    _check_parts(document)
    assert isinstance(document, dict), "it has parts"
    rules = {part: document[part] for part in RULE_PARTS if part in document}
    scale, money_scale = programme.points_currency.scale, exponent_of(programme.currency)
    tier_sets = parse_tier_sets(document.get("tiers"), scale, money_scale)
    rule_set = parse_rule_set(rules, catalogue_of(programme), points_scale=scale)
    _check_credits(programme, rule_set)
    points = parse_points_policy(document.get("points"), scale, money_scale)
    _check_kept_with(points, tier_sets)
    return Terms(
        version_id=version_id,
        rule_set=rule_set,
        points=points,
        tiers=tier_sets[0] if tier_sets else None,
        more_tiers=tier_sets[1:],
        currencies=_currencies(programme, document.get("currencies"), money_scale),
        cheques=_cheques(programme, document.get("cheques"), money_scale),
        conversions=_conversions(programme, document.get("conversions")),
        joining=parse_joining(document.get("joining")),
        referral=parse_referral(document.get("referral"), scale, money_scale),
        offers=parse_offers(document.get("offers")),
        gift_cards=parse_gift_cards(document.get("gift_cards"), money_scale) or NO_GIFT_CARD_TERMS,
        plans=parse_plans(
            document.get("plans"),
            scale,
            money_scale,
            frozenset(level.key for level in tier_sets[0].levels) if tier_sets else frozenset(),
        ),
        zone=zone_of(programme.time_zone),
        purchases=parse_purchase_policy(document.get("purchases")),
    )


def check_document(programme: Programme, document: object, *, version_id: UUID) -> Terms:
    """Read a document that is to decide: besides what `parse_document` asks, its rules read no free text of a person.

    What a rule reads stands in the record of the decision, which is chained and never rewritten: it would outlive
    the erasure of the person. Raises what `parse_document` does, FreeTextRead.
    """
    terms = parse_document(programme, document, version_id=version_id)
    for n, rule in enumerate(terms.rule_set.written):
        for path in sorted({path for program in rule.programs for path in program.fields_read}):
            field = terms.rule_set.catalogue.field_of(path)
            if field is not None and field.is_free_text:
                raise FreeTextRead(
                    _(
                        "“%(path)s” is a free text: each decision keeps what its rules read, even once the person is "
                        "erased. Make it a choice of a list, or ask for a segment of those whose text it is."
                    )
                    % {"path": path},
                    pointer=f"/rules/{n}",
                )
    return terms


def _check_credits(programme: Programme, rule_set: RuleSet) -> None:
    """Raise MalformedDocument for a rule that credits points in which the programme does not count."""
    credits = [(n, rule.effect) for n, rule in enumerate(rule_set.written) if isinstance(rule.effect, CreditPoints)]
    if not credits:
        return
    further = set(_scales(programme)) - {""}
    for n, effect in credits:
        if effect.currency not in further:
            raise MalformedDocument(
                f"Name the further currencies of the programme: {', '.join(sorted(further)) or 'there are none'}.",
                pointer=f"/rules/{n}/credit_points/currency",
            )


def _check_kept_with(points: PointsPolicy, tier_sets: Sequence[TierSet]) -> None:
    """Raise MalformedDocument for points that are kept with a tier that there is not."""
    keys = [level.key for tier_set in tier_sets for level in tier_set.levels]
    for n, key in enumerate(points.kept_with):
        if key not in keys:
            message = f"Name a tier of this document: {', '.join(keys) or 'there are none'}."
            raise MalformedDocument(message, pointer=f"/points/kept_with/{n}")


def _cheques(programme: Programme, document: object, money_scale: int) -> tuple[ChequePolicy, ...]:
    """Read the chèques, whose points are of the main currency or of a further one."""
    if document is None:
        return ()
    return parse_cheques(document, _scales(programme), money_scale)


def _conversions(programme: Programme, document: object) -> tuple[ConversionPolicy, ...]:
    return () if document is None else parse_conversions(document, _scales(programme))


def _scales(programme: Programme) -> dict[str, int]:
    """Return the decimals of the programme's points currencies, "" for the main one."""
    more = {one.currency_id: one.currency.scale for one in programme.more_currencies.select_related("currency")}
    return {"": programme.points_currency.scale, **more}


def _check_parts(document: object) -> None:
    """Raise MalformedDocument for what is no document, names a part that is none, or has no rules."""
    whole = (
        "A document has format, groups, campaigns, rules (required), checkout, points, currencies, tiers, purchases, "
        "cheques, referral, conversions, plans, joining, offers and gift_cards."
    )
    if not isinstance(document, dict):
        raise MalformedDocument(whole, pointer="")
    for name in document:
        if name not in PARTS:
            nearest = nearest_name(str(name), sorted(PARTS))
            meant = f" Did you mean “{nearest}”?" if nearest else ""
            raise MalformedDocument(f"“{name}” is no part of it. {whole}{meant}", pointer=f"/{name}")
    if "rules" not in document:
        raise MalformedDocument(whole, pointer="/rules")


def _currencies(programme: Programme, document: object, money_scale: int) -> dict[str, PointsPolicy]:
    """Read the policies of further currencies, by their codes; each must be one of the programme's."""
    if document is None:
        return {}
    known = {one.currency_id: one.currency.scale for one in programme.more_currencies.select_related("currency")}
    if not isinstance(document, dict) or not set(document) <= set(known):
        message = f"Name the further currencies of the programme: {', '.join(sorted(known)) or 'there are none'}."
        raise MalformedDocument(message, pointer="/currencies")
    return {code: parse_points_policy(part, known[code], money_scale) for code, part in document.items()}


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

    def __init__(self, programme: Programme | None, *, first_reaches_back: bool = False) -> None:
        """Without a programme nothing was ever in force. With `first_reaches_back`, the first version was always."""
        if programme is None:
            self._spans: list[tuple[datetime | None, datetime | None, UUID]] = []
            return
        published = programme.versions.filter(in_force_from__isnull=False).order_by("-in_force_from", "-number")
        self._spans = [(version.in_force_from, version.withdrawn_at, version.id) for version in published]
        if first_reaches_back and self._spans:
            self._spans[-1] = (datetime.min.replace(tzinfo=UTC), *self._spans[-1][1:])

    def terms_at(self, at: datetime) -> Terms | None:
        """Return the terms in force at an instant, None before the first version."""
        for begun, withdrawn, version_id in self._spans:
            if begun is not None and begun <= at and (withdrawn is None or withdrawn > at):
                return terms_of(version_id)
        return None
