"""How messaging reacts to what happened. Nothing is sent here: a message is queued with the move of the cursor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.conf import settings

from fidelia.access.models import User
from fidelia.access.queries import list_users_who_may
from fidelia.activity.queries import PurchaseDetail, explain_purchase, get_purchases
from fidelia.customers.queries import ids_of
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.calendar import last_day, local_day, zone_of
from fidelia.kernel.localized import LANGUAGES
from fidelia.kernel.money import Money
from fidelia.kernel.outbox import Announced, Origin
from fidelia.organisation.queries import get_store
from fidelia.programme.events import TierEnding
from fidelia.programme.models import Programme
from fidelia.programme.queries import (
    TierStanding,
    get_enrolment,
    list_programmes,
    terms_of,
    tier_standing,
    version_in_force,
)
from fidelia.programme.queries.differences import points_name_of
from fidelia.programme.queries.words import keep_words
from fidelia.referral.queries import get_referral, sentence_of_state
from fidelia.referral.queries.sight import TITLES, given_in_words
from fidelia.rewards.events import VoucherEnding
from fidelia.rewards.models import CouponCode
from fidelia.rewards.operations.vouchers import PATTERN
from fidelia.rewards.queries import show_code
from fidelia.rewards.queries.coupons import coupons_by_id
from fidelia.rewards.queries.vouchers import VoucherRow, vouchers_by_id
from fidelia.rules.limit_wording import say_limits
from fidelia.rules.rule_terms import Limit
from fidelia.subscriptions.queries import get_subscription
from fidelia.subscriptions.queries.wording import NEWS, sentence_of_news
from fidelia.ui.formats import minor_points, money, number, plain_date

from .operations import MessageRequest, queue_messages
from .operations.defaults import (
    CHEQUE_ENDING,
    CHEQUE_ISSUED,
    COUPON_GIVEN,
    LIMIT_NEARED,
    POINTS_EARNED,
    POINTS_EXPIRING,
    REFERRAL_NEWS,
    SUBSCRIPTION_NEWS,
    TIER_ENDING,
    TIER_REACHED,
)

FULL = 100  # hundredths


def inform_of_points(events: Sequence[Announced], *, by: Actor, at: datetime) -> None:
    """Tell members what a live purchase earned them, their new balance, and why."""
    earning = [event for event in events if event.origin is Origin.LIVE and event.payload["points"] > 0]
    purchases = get_purchases(by=by, purchase_ids=[UUID(event.payload["purchase_id"]) for event in earning])
    programmes = {programme.id: programme for programme in list_programmes()}
    requests = []
    for event in earning:
        # A purchase of a sandbox is not seen by a live reaction, and tells nobody anything.
        detail = purchases.get(UUID(event.payload["purchase_id"]))
        if detail is not None and event.customer_id is not None:
            programme = programmes[UUID(event.payload["programme_id"])]
            requests.append(
                MessageRequest(
                    customer_id=event.customer_id,
                    template=POINTS_EARNED,
                    purpose="service",
                    idempotency_key=f"messaging.inform_of_points:{event.event_id}",
                    variables={language: _variables(detail, programme, language) for language in LANGUAGES},
                    by_language=True,
                    cause_event_id=event.event_id,
                    programme_id=programme.id,
                )
            )
    queue_messages(by=by, at=at, requests=requests)


def tell_of_expiry(events: Sequence[Announced], *, by: Actor, at: datetime) -> None:
    """Tell members which of their points are about to die."""
    programmes = {programme.id: programme for programme in list_programmes()}
    requests = []
    for event in events:
        programme = programmes.get(UUID(event.payload["programme_id"]))
        if programme is None or event.customer_id is None:
            continue  # a sandbox tells nobody anything
        until = last_day(datetime.fromisoformat(event.payload["expires_at"]), zone_of(programme.time_zone))
        unit, points = programme.points_currency, int(event.payload["points"])
        variables = {
            language: {
                "points": minor_points(points, unit.scale, language),
                "unit": unit.name.in_language(language),
                "until": plain_date(until, language),
                "programme": programme.name.in_language(language),
            }
            for language in LANGUAGES
        }
        requests.append(_service(event, POINTS_EXPIRING, "tell_of_expiry", variables))
    queue_messages(by=by, at=at, requests=requests)


def tell_of_tiers(events: Sequence[Announced], *, by: Actor, at: datetime) -> None:
    """Tell members a tier that they have reached, and one that is about to end."""
    programmes = {programme.id: programme for programme in list_programmes()}
    requests = []
    for event in events:
        programme = programmes.get(UUID(event.payload["programme_id"]))
        if programme is None or event.customer_id is None:
            continue
        enrolment = get_enrolment(UUID(event.payload["enrolment_id"]))
        standing = tier_standing(enrolment, at, event.payload.get("tier_set", ""))
        if standing is None:
            continue
        if event.name == TierEnding.name:
            texts = {language: _ending(event, programme, standing, language) for language in LANGUAGES}
            requests.append(_service(event, TIER_ENDING, "tell_of_tiers", texts))
        elif _is_higher(standing, event.payload["from_tier"], event.payload["to_tier"]):
            texts = {language: _reached(event, programme, standing, language) for language in LANGUAGES}
            requests.append(_service(event, TIER_REACHED, "tell_of_tiers", texts))
    queue_messages(by=by, at=at, requests=requests)


def tell_of_limits(events: Sequence[Announced], *, by: Actor, at: datetime) -> None:
    """Tell those who may publish a programme that a limit of all, or of a store, nears its end or has reached it.

    Once for each limit, period and share: where five hundred stores meet their own, the first of them is told. A limit
    that each member has is nobody's budget.
    """
    programmes = {programme.id: programme for programme in list_programmes()}
    requests = []
    for event in events:
        programme = programmes.get(UUID(event.payload["programme_id"]))
        limit = _limit_of(event, programme) if programme is not None else None
        if programme is None or limit is None or limit.per == "member":
            continue  # of a sandbox, or no longer in the terms
        texts = {language: _limit_told(event, programme, limit, language) for language in LANGUAGES}
        users = list_users_who_may("programme.publish", Scope(programme.partner_id))
        requests += [_to_user(event, user, texts) for user in users if user.hears_limits]
    queue_messages(by=by, at=at, requests=requests)


def _limit_of(event: Announced, programme: Programme) -> Limit | None:
    version = version_in_force(programme, event.occurred_at)
    limits = terms_of(version.id).rule_set.limits if version is not None else ()
    return next((limit for limit in limits if limit.key == event.payload["limit"]), None)


def _to_user(event: Announced, user: User, texts: dict[str, Any]) -> MessageRequest:
    told = event.payload
    which = [told["programme_id"], told["limit"], told["starts_on"], told["share"]]
    return MessageRequest(
        customer_id=user.id,
        template=LIMIT_NEARED,
        purpose="house",
        idempotency_key=f"messaging.tell_of_limits:{sha256(repr(which).encode()).hexdigest()}:{user.id}",
        variables=texts,
        by_language=True,
        cause_event_id=event.event_id,
        address=user.email,
        language=user.language,
        programme_id=UUID(told["programme_id"]),
    )


def _limit_told(event: Announced, programme: Programme, limit: Limit, language: str) -> dict[str, Any]:
    version = version_in_force(programme, event.occurred_at)
    assert version is not None, "the limit is one of its terms"
    rules, names = terms_of(version.id).rule_set, points_name_of(programme)
    rule = rules.rule_at.get(limit.owner)
    taken, scope = event.payload["taken"], event.payload["scope_id"]
    units = {
        "money": lambda: money(Money(taken, programme.currency).text(), programme.currency, language),
        "points": lambda: names.say(taken, programme.points_currency.scale, language),
        "uses": lambda: number(taken, language),
    }
    return {
        "rule": limit.owner if limit.is_campaign or rule is None else rule.name.in_language(language),
        "terms": say_limits([limit], rules, names, language).removeprefix(", "),
        "taken": units[limit.of](),
        "share": str(event.payload["share"]),
        "is_over": event.payload["share"] >= FULL,
        "store": get_store(store_id=UUID(scope)).name if limit.per == "store" and scope else "",
        "programme": programme.name.in_language(language),
        "page": f"{settings.BASE_URL}/console/budgets/",
    }


def tell_of_cheques(events: Sequence[Announced], *, by: Actor, at: datetime) -> None:
    """Tell members a chèque fidélité that they got, and one that is about to end and still there."""
    programmes = {programme.id: programme for programme in list_programmes()}
    vouchers = vouchers_by_id([UUID(event.payload["voucher_id"]) for event in events])
    requests = []
    for event in events:
        programme = programmes.get(UUID(event.payload["programme_id"]))
        found = vouchers.get(UUID(event.payload["voucher_id"]))
        if programme is None or found is None or event.customer_id is None or found.state_at(at) not in _TOLD:
            continue  # of a sandbox, withdrawn, or used already
        texts = {language: _cheque(found, programme, language) for language in LANGUAGES}
        template = CHEQUE_ENDING if event.name == VoucherEnding.name else CHEQUE_ISSUED
        requests.append(_service(event, template, "tell_of_cheques", texts))
    queue_messages(by=by, at=at, requests=requests)


_TOLD = ("open", "not_yet")


def _cheque(found: VoucherRow, programme: Any, language: str) -> dict[str, Any]:
    one = found.voucher
    smallest = one.minimum_basket
    return {
        "amount": money(Money(found.left, one.currency).text(), one.currency, language),
        "code": show_code(PATTERN, one.code),
        "minimum": money(Money(smallest, one.currency).text(), one.currency, language) if smallest else "",
        "until": plain_date(last_day(one.valid_until, zone_of(programme.time_zone)), language)
        if one.valid_until
        else "",
        "programme": programme.name.in_language(language),
    }


def tell_of_coupons(events: Sequence[Announced], *, by: Actor, at: datetime) -> None:
    """Tell members a coupon that they were given, where the one who gave it wants that; they agreed to offers."""
    given = [event for event in events if event.payload.get("is_told") and event.customer_id is not None]
    codes = coupons_by_id([int(event.payload["coupon_id"]) for event in given])
    requests = []
    for event in given:
        found = codes.get(int(event.payload["coupon_id"]))
        if found is None or found.revoked_at is not None or found.series.programme.is_sandbox:
            continue
        assert event.customer_id is not None, "filtered above"
        requests.append(
            MessageRequest(
                customer_id=event.customer_id, template=COUPON_GIVEN, purpose="marketing",
                idempotency_key=f"messaging.tell_of_coupons:{event.event_id}",
                variables={language: _coupon(found, language) for language in LANGUAGES}, by_language=True,
                cause_event_id=event.event_id, programme_id=found.series.programme_id,
            )
        )  # fmt: skip
    queue_messages(by=by, at=at, requests=requests)


def _coupon(found: CouponCode, language: str) -> dict[str, Any]:
    series = found.series
    ends = [end for end in (found.valid_until, series.valid_until) if end is not None]
    zone = zone_of(series.programme.time_zone)
    return {
        "coupon": series.name.in_language(language),
        "code": show_code(series.pattern, found.code),
        "until": plain_date(last_day(min(ends), zone), language) if ends else "",
        "programme": series.programme.name.in_language(language),
    }


def tell_of_referrals(events: Sequence[Announced], *, by: Actor, at: datetime) -> None:
    """Tell both sides of a referral how far it is: signed up, bought enough, rewarded, refused with the reason."""
    programmes = {programme.id: programme for programme in list_programmes()}
    requests = []
    for event in events:
        programme = programmes.get(UUID(event.payload["programme_id"]))
        state, reason = event.payload["to_state"], event.payload["reason"]
        if programme is None or state not in TITLES or reason in {"oneself", "same_household"}:
            continue  # a sandbox tells nobody anything, nor does a person's look; who is both sides knows
        found = get_referral(by=by, referral_id=UUID(event.payload["referral_id"]))
        for side, member in (("referrer", found.referrer), ("friend", found.friend)):
            given = found.given.get(side, {}) if state == "rewarded" else {}
            texts = {
                language: {
                    "title": TITLES[state].in_language(language),
                    "sentence": sentence_of_state(state, reason, language),
                    "given": given_in_words(given, programme, language),
                    "programme": programme.name.in_language(language),
                }
                for language in LANGUAGES
            }
            asked = _service(event, REFERRAL_NEWS, f"tell_of_referrals.{side}", texts)
            requests.append(replace(asked, customer_id=ids_of(member.customer_id)[0]))
    queue_messages(by=by, at=at, requests=requests)


def tell_of_subscriptions(events: Sequence[Announced], *, by: Actor, at: datetime) -> None:
    """Tell members what became of their paid membership: begun, renewed, changed, to be paid, about to end, ended."""
    programmes = {programme.id: programme for programme in list_programmes()}
    requests = []
    for event in events:
        programme = programmes.get(UUID(event.payload["programme_id"]))
        what = event.payload.get("what", event.name.partition(".")[2])
        if programme is None or event.customer_id is None or what not in NEWS:
            continue  # of a sandbox, or what only the books need
        held = get_subscription(by=by, subscription_id=UUID(event.payload["subscription_id"]))
        texts = {
            language: {
                "title": NEWS[what].in_language(language),
                "sentence": sentence_of_news(what, event.payload, held, language),
                "programme": programme.name.in_language(language),
            }
            for language in LANGUAGES
        }
        asked = _service(event, SUBSCRIPTION_NEWS, "tell_of_subscriptions", texts)
        requests.append(replace(asked, customer_id=ids_of(event.customer_id)[0]))
    queue_messages(by=by, at=at, requests=requests)


def _service(event: Announced, template: str, reaction: str, variables: dict[str, dict[str, Any]]) -> MessageRequest:
    assert event.customer_id is not None, "asked for by the caller"
    return MessageRequest(
        customer_id=event.customer_id,
        template=template,
        purpose="service",
        idempotency_key=f"messaging.{reaction}:{event.event_id}",
        variables=variables,
        by_language=True,
        cause_event_id=event.event_id,
        programme_id=UUID(event.payload["programme_id"]),
    )


def _is_higher(standing: TierStanding, before: str, now: str) -> bool:
    ranks = {level.key: place for place, level in enumerate(standing.tiers.levels)}
    return ranks.get(now, -1) > ranks.get(before, -1)


def _reached(event: Announced, programme: Any, standing: TierStanding, language: str) -> dict[str, Any]:
    level = standing.tiers.level(event.payload["to_tier"])
    assert level is not None, "asked for by the caller"
    until = standing.held_until
    return {
        "tier": level.name.in_language(language),
        "until": plain_date(last_day(until, zone_of(programme.time_zone)), language) if until else "",
        "benefits": [each.in_language(language) for each in level.benefits],
        "programme": programme.name.in_language(language),
    }


def _ending(event: Announced, programme: Any, standing: TierStanding, language: str) -> dict[str, Any]:
    level, then = standing.tiers.level(event.payload["tier"]), standing.tiers.level(event.payload["to_tier"])
    until = last_day(datetime.fromisoformat(event.payload["ends_at"]), zone_of(programme.time_zone))
    return {
        "tier": level.name.in_language(language) if level else event.payload["tier"],
        "until": plain_date(until, language),
        "missing": keep_words(replace(standing.ahead, keep_missing=int(event.payload["missing"])), programme, language),
        "then": then.name.in_language(language) if then else "",
        "programme": programme.name.in_language(language),
    }


def _variables(detail: PurchaseDetail, programme: Any, language: str) -> dict[str, Any]:
    purchase = detail.purchase
    points_currency = programme.points_currency
    day = local_day(purchase.occurred_at, zone_of(programme.time_zone))
    return {
        "points": minor_points(purchase.points, points_currency.scale, language),
        "balance": minor_points(purchase.balance_after or 0, points_currency.scale, language),
        "unit": points_currency.name.in_language(language),
        "programme": programme.name.in_language(language),
        "purchased_on": plain_date(day, language),
        "total": money(Money(purchase.total, purchase.currency).text(), purchase.currency, language),
        "reasons": _reasons(detail, language),
    }


def _reasons(detail: PurchaseDetail, language: str) -> list[str]:
    """Say which rules gave; what gave nothing is for the cashier who is asked, not for a letter of thanks."""
    return explain_purchase(detail, language, only_giving=True)[
        1:
    ]  # the first sentence is the total, which the letter says itself
