"""Referral as its two sides see it: the code, the promise in words, and how far each friend is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from fidelia.customers.models import Customer
from fidelia.kernel.localized import LocalizedText
from fidelia.kernel.money import Money
from fidelia.programme.models import Enrolment, Programme
from fidelia.programme.queries import find_enrolment, get_programme_by_id, terms_in_force
from fidelia.rules.referral_terms import ReferralGift, ReferralPolicy
from fidelia.ui.formats import minor_points, money

from ..models import Referral, ReferralCode

FRIENDS_MAX = 100
_STATES: dict[str, LocalizedText] = {
    "pending": LocalizedText(
        en="Signed up. The reward comes with the first purchases.",
        fr="Inscription faite. La récompense vient avec les premiers achats.",
    ),
    "review": LocalizedText(
        en="We are having a look; nothing is needed from you.", fr="Nous vérifions\u00a0; vous n’avez rien à faire."
    ),
    "qualified": LocalizedText(
        en="The purchases are there. The reward comes when the time for returns is over.",
        fr="Les achats sont faits. La récompense vient une fois le délai de retour passé.",
    ),
    "rewarded": LocalizedText(
        en="Both of you are rewarded. Thank you.", fr="Vous êtes récompensés tous les deux. Merci."
    ),
    "taken_back": LocalizedText(
        en="The purchases came back, and the reward with them.",
        fr="Les achats ont été retournés, et la récompense avec eux.",
    ),
    "refused": LocalizedText(en="This referral does not count.", fr="Ce parrainage ne compte pas."),
}
# The states that both sides are told, in a word or two.
TITLES: dict[str, LocalizedText] = {
    "pending": LocalizedText(en="noted", fr="noté"),
    "qualified": LocalizedText(en="nearly there", fr="bientôt récompensé"),
    "rewarded": LocalizedText(en="rewarded", fr="récompensé"),
    "refused": LocalizedText(en="not counted", fr="non retenu"),
    "taken_back": LocalizedText(en="taken back", fr="repris"),
}
_REASONS: dict[str, LocalizedText] = {
    "oneself": LocalizedText(en="nobody brings themselves", fr="on ne se parraine pas soi-même"),
    "same_household": LocalizedText(en="you share one account", fr="vous partagez un même compte"),
    "same_contact": LocalizedText(en="you share an address or a number", fr="vous partagez une adresse ou un numéro"),
    "same_card": LocalizedText(en="you share a card", fr="vous partagez une carte"),
    "same_device": LocalizedText(en="it came from one device", fr="il vient d’un même appareil"),
    "circular": LocalizedText(en="the friend brought you", fr="c’est le filleul qui vous a parrainé"),
    "already_customer": LocalizedText(en="the friend was a customer already", fr="le filleul était déjà client"),
    "limit_reached": LocalizedText(en="the limit of this period is reached", fr="la limite de la période est atteinte"),
    "too_late": LocalizedText(en="the purchases came too late", fr="les achats sont venus trop tard"),
    "friend_left": LocalizedText(en="the friend has left", fr="le filleul est parti"),
    "too_fast": LocalizedText(en="many friends in a few days", fr="beaucoup de filleuls en quelques jours"),
    "same_place": LocalizedText(en="many from one place", fr="beaucoup depuis un même lieu"),
    "likely_household": LocalizedText(en="one name at one address", fr="même nom à la même adresse"),
    "by_hand": LocalizedText(en="decided by a person", fr="décidé par une personne"),
    "returned": LocalizedText(en="a purchase came back", fr="un achat a été retourné"),
}


@dataclass(frozen=True, slots=True)
class ReferredFriend:
    """One referral as a side sees it: only the first letter of the other's first name."""

    referral_id: UUID
    initial: str
    state: str
    reason: str
    since: datetime

    def sentence(self, language: str) -> str:
        return sentence_of_state(self.state, self.reason, language)


@dataclass(frozen=True, slots=True)
class MyReferral:
    """What a member sees of referral. `code` is None until it is asked for; `as_friend` how they came themselves."""

    code: str | None
    policy: ReferralPolicy
    programme: Programme
    friends: list[ReferredFriend]
    as_friend: ReferredFriend | None

    @property
    def path(self) -> str:
        """The address of the portal under which a friend signs up; empty until there is a code."""
        return f"/join/?ref={self.code}" if self.code else ""

    def sentence(self, language: str) -> str:
        """The promise in words."""
        return sentence_of_terms(self.policy, self.programme, language)


def referral_of(*, customer_ids: Sequence[UUID], programme_id: UUID, at: datetime) -> MyReferral | None:
    """Return what a member sees of referral; None where the programme runs none, or they are no member."""
    programme = get_programme_by_id(programme_id)
    enrolment = find_enrolment(programme, customer_ids)
    terms = None if enrolment is None else terms_in_force(enrolment, at)
    if enrolment is None or terms is None or terms.referral is None:
        return None
    code = ReferralCode.objects.filter(enrolment=enrolment).first()
    brought = Referral.objects.select_related("friend").filter(referrer=enrolment).order_by("-recorded_at", "-id")
    came = Referral.objects.select_related("referrer").filter(friend=enrolment).first()
    return MyReferral(
        code=None if code is None else code.code, policy=terms.referral, programme=programme,
        friends=[_seen(one, one.friend) for one in brought[:FRIENDS_MAX]],
        as_friend=None if came is None else _seen(came, came.referrer),
    )  # fmt: skip


def sentence_of_state(state: str, reason: str, language: str) -> str:
    """Say how far a referral is, with the reason where it went no further."""
    said: str = _STATES[state].in_language(language)
    why = _REASONS.get(reason)
    if state in {"refused", "review"} and why is not None:
        return f"{said.rstrip('.')} ({why.in_language(language)})."
    return said


def reason_in_words(reason: str, language: str) -> str:
    """Say the reason alone; empty for none."""
    known = _REASONS.get(reason)
    return "" if known is None else known.in_language(language)


def sentence_of_terms(policy: ReferralPolicy, programme: Programme, language: str) -> str:
    """Say the promise: what each side gets, after which purchases, how large, how soon, and when it comes."""
    yours, theirs = (_gift(gift, programme, language) for gift in (policy.referrer, policy.friend))
    n, least = policy.purchases, money(Money(policy.minimum, programme.currency).text(), programme.currency, language)
    if language == "fr":
        after = "son premier achat" if n == 1 else f"ses {n} premiers achats"
        after += f" d’au moins {least}" if policy.minimum else ""
        after += f", sous {_days(policy.within_days, 'fr')}" if policy.within_days else ""
        mine = f"vous recevez {yours}" if yours else ""
        friend = f"votre filleul reçoit {theirs}" if theirs else ""
        wait = f" Comptez {_days(policy.wait_days, 'fr')} de plus, le temps d’un retour." if policy.wait_days else ""
        return f"Après {after}, {' et '.join(filter(None, (mine, friend)))}.{wait}"
    after = "their first purchase" if n == 1 else f"their first {n} purchases"
    after += f" of {least} or more" if policy.minimum else ""
    after += f", within {_days(policy.within_days, 'en')}" if policy.within_days else ""
    mine = f"you get {yours}" if yours else ""
    friend = f"your friend gets {theirs}" if theirs else ""
    wait = (
        f" It comes {_days(policy.wait_days, 'en')} later, when the time for returns is over."
        if policy.wait_days
        else ""
    )
    return f"After {after}, {' and '.join(filter(None, (mine, friend)))}.{wait}"


def _days(n: int, language: str) -> str:
    return f"{n} {'jour' if language == 'fr' else 'day'}{'' if n == 1 else 's'}"


def given_in_words(given: dict[str, object], programme: Programme, language: str) -> str:
    """Say what a side got, as it was kept; empty for nothing."""
    if not given:
        return ""
    kind, amount = str(given["kind"]), given.get("amount", 0)
    if kind == "points":
        return _gift(ReferralGift("points", int(str(amount))), programme, language)
    words = {"voucher": ("a voucher", "un bon d’achat"), "coupon": ("a coupon", "un coupon")}[kind]
    return words[1] if language == "fr" else words[0]


def _gift(gift: ReferralGift | None, programme: Programme, language: str) -> str:
    if gift is None:
        return ""
    if gift.kind == "points":
        unit = programme.points_currency
        return f"{minor_points(gift.amount, unit.scale, language)} {unit.name.in_language(language)}"
    if gift.kind == "coupon":
        return "un coupon" if language == "fr" else "a coupon"
    amount = money(Money(gift.amount, programme.currency).text(), programme.currency, language)
    return f"un bon d’achat de {amount}" if language == "fr" else f"a voucher of {amount}"


def _seen(referral: Referral, other: Enrolment) -> ReferredFriend:
    name = Customer.objects.filter(id=other.customer_id).values_list("given_name", flat=True).first() or ""
    return ReferredFriend(referral.id, name[:1], referral.state, referral.reason, referral.changed_at)
