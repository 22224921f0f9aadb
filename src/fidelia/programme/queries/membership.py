"""What one may ask of programmes, memberships and tiers. Nothing here writes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from fidelia.kernel.actor import Actor, Scope
from fidelia.ledger.queries import sum_held as sum_held_by
from fidelia.rules.tiers import HeldTier

from ..errors import EnrolmentProvisional, UnknownEnrolment, UnknownProgramme, UnknownVersion
from ..models import Enrolment, Programme, ProgrammeVersion, TierGrant, TierPeriod


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


def get_version(programme: Programme, number: int) -> ProgrammeVersion:
    """Return a version by its number. Raises UnknownVersion."""
    try:
        return programme.versions.select_related("programme__points_currency").get(number=number)
    except ProgrammeVersion.DoesNotExist:
        raise UnknownVersion(f"{programme.slug} has no version {number}.") from None


def list_versions(programme: Programme) -> list[ProgrammeVersion]:
    """Return the versions, the newest first."""
    return list(programme.versions.order_by("-number"))


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


def check_may_spend(enrolment: Enrolment) -> None:
    """Raise EnrolmentProvisional for a card that waits for its person: its points are not spent, nor moved."""
    if enrolment.is_provisional:
        raise EnrolmentProvisional("These points wait until the card is registered.")


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


def member_ids_of(programme: Programme) -> list[UUID]:
    """Return the customers who are members of a programme now, each under the id they were enrolled with."""
    return list(programme.enrolments.filter(ended_at=None).values_list("customer_id", flat=True))


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
        enrolment_id__in=list(enrolment_ids), tier_set="", superseded_at__isnull=True, valid_from__lte=at
    ).filter(Q(valid_until__isnull=True) | Q(valid_until__gt=at))
    return {id: tier for id, tier in held.order_by("valid_from").values_list("enrolment_id", "tier") if tier}


def tier_at(enrolment_id: UUID, at: datetime, tier_set: str = "") -> TierPeriod | None:
    """Return the tier of a set (the main one) held at an instant as it is known now."""
    return (
        TierPeriod.objects.filter(
            enrolment_id=enrolment_id, tier_set=tier_set, superseded_at__isnull=True, valid_from__lte=at
        )
        .filter(Q(valid_until__isnull=True) | Q(valid_until__gt=at))
        .order_by("-valid_from")
        .first()
    )


def tier_grants_of(enrolment_ids: Iterable[UUID]) -> dict[UUID, list[HeldTier]]:
    """Return the tiers granted to members whatever they earn, of those without one an empty list."""
    ids = list(enrolment_ids)
    held = Q(enrolment_id__in=ids) | Q(enrolment__followed_by__in=ids)  # granted to a record that was merged too
    grants: dict[UUID, list[HeldTier]] = defaultdict(list)
    for one in TierGrant.objects.select_related("enrolment").filter(held, withdrawn_at__isnull=True):
        whose = one.enrolment.followed_by_id or one.enrolment_id
        grants[whose].append(HeldTier(one.tier, one.valid_from, one.valid_until))
    return grants


def list_tier_periods(enrolment_id: UUID, tier_set: str = "") -> list[TierPeriod]:
    """Return the tiers of a member in a set (the main one) as they are known now, the newest first."""
    return list(
        TierPeriod.objects.filter(enrolment_id=enrolment_id, tier_set=tier_set, superseded_at__isnull=True).order_by(
            "-valid_from"
        )
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


def joined_at_of(programme: Programme, customer_ids: Iterable[UUID]) -> dict[UUID, datetime]:
    """Return when customers joined a programme, of those that are members now."""
    rows = Enrolment.objects.filter(programme=programme, customer_id__in=list(customer_ids), ended_at__isnull=True)
    return dict(rows.values_list("customer_id", "enrolled_at"))


def sum_held(programme: Programme, currency: str) -> tuple[int, int]:
    """Return how many accounts of the programme's members hold points of a currency, and how many, in minor units."""
    return sum_held_by(accounts=Enrolment.objects.filter(programme=programme).values("account_id"), currency=currency)


def _members_at(programme: Programme, at: datetime) -> QuerySet[Enrolment]:
    in_force = Q(ended_at__isnull=True) | Q(ended_at__gt=at)
    return Enrolment.objects.filter(in_force, programme=programme, enrolled_at__lte=at)
