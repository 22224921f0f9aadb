"""The guards: why a friend is none, or why a person should look at it first. Each is a question of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from fidelia.activity.queries.kept import has_bought_before
from fidelia.customers.models import ContactPoint, Customer, Identity
from fidelia.customers.queries import ids_of
from fidelia.kernel.calendar import local_day, start_of_day
from fidelia.programme.models import Enrolment
from fidelia.rules.referral_terms import ReferralPolicy

from ..models import Referral

State = Referral.State
NEW_FOR = timedelta(days=30)  # who has been a member for longer is no newcomer, though they bought nothing
WATCHED = timedelta(days=7)
CHAIN_MAX = 100


@dataclass(frozen=True, slots=True)
class Pair:
    """Who brings whom, with what the friend signed up with, as hashes."""

    referrer: Enrolment
    friend: Enrolment
    policy: ReferralPolicy
    zone: ZoneInfo
    at: datetime
    ip_hash: str
    device_hash: str

    @property
    def referrer_ids(self) -> tuple[UUID, ...]:
        return ids_of(self.referrer.customer_id)

    @property
    def friend_ids(self) -> tuple[UUID, ...]:
        return ids_of(self.friend.customer_id)


def why_refused(pair: Pair) -> str:
    """Return the reason for which the friend is none, empty where there is none."""
    return next((reason for reason, applies in _REFUSALS if applies(pair)), "")


def why_reviewed(pair: Pair) -> str:
    """Return the reason for which a person should look at it before anything is given, empty where there is none."""
    return next((reason for reason, applies in _DOUBTS if applies(pair)), "")


def _oneself(pair: Pair) -> bool:
    return bool(set(pair.referrer_ids) & set(pair.friend_ids))


def _same_household(pair: Pair) -> bool:
    return pair.referrer.account_id == pair.friend.account_id


def _same_contact(pair: Pair) -> bool:
    """An address that both have, in use or not any more: who signs up again was here before."""
    mine = ContactPoint.objects.filter(customer_id__in=pair.friend_ids)
    theirs = ContactPoint.objects.filter(customer_id__in=pair.referrer_ids)
    return any(theirs.filter(channel=one.channel, value__iexact=one.value).exists() for one in mine)


def _same_card(pair: Pair) -> bool:
    """A card, or another identity, that named first the one and then the other."""
    mine = Identity.objects.filter(customer_id__in=pair.friend_ids).values_list("scheme", "value")
    theirs = Identity.objects.filter(customer_id__in=pair.referrer_ids)
    return any(theirs.filter(scheme=scheme, value=value).exists() for scheme, value in mine)


def _same_device(pair: Pair) -> bool:
    """The device by which the referrer came, or by which another friend of theirs did."""
    if not pair.device_hash:
        return False
    with_it = Referral.objects.filter(device_hash=pair.device_hash, programme=pair.referrer.programme_id)
    return with_it.filter(friend=pair.referrer).exists() or with_it.filter(referrer=pair.referrer).exists()


def _circular(pair: Pair) -> bool:
    """The friend stands above the referrer: somebody whom they brought, at any distance, would bring them."""
    return pair.friend.id in set(_above(pair.referrer))


def _above(member: Enrolment) -> Iterator[UUID]:
    above = member.id
    for _step in range(CHAIN_MAX):
        found = Referral.objects.filter(friend_id=above).exclude(state=State.REFUSED).first()
        if found is None:
            return
        above = found.referrer_id
        yield above


def _already_customer(pair: Pair) -> bool:
    if pair.friend.enrolled_at < pair.at - NEW_FOR:
        return True
    return has_bought_before(customer_ids=pair.friend_ids, before=pair.friend.enrolled_at)


def _too_many(pair: Pair) -> bool:
    """As many friends as the terms allow in the period, whatever has become of them, but for those refused."""
    begins = pair.policy.period_begins(local_day(pair.at, pair.zone))
    theirs = Referral.objects.filter(referrer=pair.referrer).exclude(state=State.REFUSED)
    if begins is not None:
        theirs = theirs.filter(recorded_at__gte=start_of_day(begins, pair.zone))
    return theirs.count() >= pair.policy.at_most


def _too_fast(pair: Pair) -> bool:
    recent = Referral.objects.filter(referrer=pair.referrer, recorded_at__gt=pair.at - WATCHED)
    return recent.count() >= pair.policy.velocity


def _same_place(pair: Pair) -> bool:
    if not pair.ip_hash:
        return False
    recent = Referral.objects.filter(ip_hash=pair.ip_hash, recorded_at__gt=pair.at - WATCHED)
    return recent.count() >= pair.policy.velocity or recent.filter(friend=pair.referrer).exists()


def _likely_household(pair: Pair) -> bool:
    """One family name at one postal code: a couple may each be a customer, so a person looks."""
    names = [
        (one.family_name.casefold(), one.postal_code)
        for one in Customer.objects.filter(id__in=(pair.referrer.customer_id, pair.friend.customer_id))
    ]
    return len(names) == 2 and names[0] == names[1] and all(names[0])


_REFUSALS: tuple[tuple[str, Callable[[Pair], bool]], ...] = (
    ("oneself", _oneself),
    ("same_household", _same_household),
    ("same_contact", _same_contact),
    ("same_card", _same_card),
    ("same_device", _same_device),
    ("circular", _circular),
    ("already_customer", _already_customer),
    ("limit_reached", _too_many),
)
_DOUBTS: tuple[tuple[str, Callable[[Pair], bool]], ...] = (
    ("too_fast", _too_fast),
    ("same_place", _same_place),
    ("likely_household", _likely_household),
)
