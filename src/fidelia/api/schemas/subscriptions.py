"""Paid memberships: what is bought, paid, changed and ended, and what the plans are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from fidelia.kernel.money import Money
from fidelia.subscriptions.models import Subscription, SubscriptionPeriod
from fidelia.subscriptions.operations import ChangeQuote, RefundQuote
from fidelia.subscriptions.queries import state_of

from .types import Cursor, Id, Input, Output, PageQuery, shown

_ID = "019a5c1e-9a00-7000-8000-000000000031"
_ENROLMENT = "019a5c1e-8200-7000-8000-000000000012"
State = Literal["trial", "active", "grace", "ended"]
PlanKey = Annotated[str, StringConstraints(min_length=1, max_length=60)]
Amount = Annotated[str, StringConstraints(pattern=r"^-?[0-9]{1,12}(\.[0-9]{1,3})?$")]


class SubscriptionIn(Input):
    """A member who takes a plan. `amount` is what was paid, the plan's price where it is left out."""

    model_config = shown({"enrolment_id": _ENROLMENT, "plan": "plus", "amount": "49.00", "reference": "pay_81"})
    enrolment_id: Id
    plan: PlanKey
    amount: Amount | None = None
    reference: str = Field("", max_length=120)
    is_trial: bool = False


class RenewalIn(Input):
    """The next period is paid: `amount`, or the plan's price where it is left out."""

    model_config = shown({"amount": "49.00", "reference": "pay_82"})
    amount: Amount | None = None
    reference: str = Field("", max_length=120)


class ChangeIn(Input):
    """Another plan of the ladder. `amount` is what the quote said is due; below zero, what is given back."""

    model_config = shown({"plan": "premium", "amount": "25.00", "reference": "pay_83"})
    plan: PlanKey
    amount: Amount
    reference: str = Field("", max_length=120)


class StopIn(Input):
    """Whether it stops at the end of what is paid, or goes on after all."""

    model_config = shown({"is_stopped": True})
    is_stopped: bool = True


class EndIn(Input):
    """Why it ends now; in a word or two."""

    model_config = shown({"reason": "moved away"})
    reason: str = Field("asked", min_length=1, max_length=20)


class SubscriptionQuery(PageQuery):
    """Which paid memberships."""

    after: Cursor | None = None
    state: State | None = None
    plan: PlanKey | None = None


class ChangeQuery(Input):
    """To which plan."""

    plan: PlanKey


_PERIOD = {
    "number": 1, "plan": "plus", "is_trial": False, "begins_at": "2026-01-15T11:00:00Z",
    "ends_at": "2027-01-14T23:00:00Z", "holds_until": "2027-01-21T23:00:00Z", "price": "49.00", "amount": "49.00",
    "refunded": "0.00", "reference": "pay_81", "purchase_id": None,
}  # fmt: skip


class PeriodOut(Output):
    """One period: when it is paid for, until when it gives something, what was paid and what came back."""

    model_config = shown(_PERIOD)
    number: int
    plan: str
    is_trial: bool
    begins_at: datetime
    ends_at: datetime | None
    holds_until: datetime | None
    price: str
    amount: str
    refunded: str
    reference: str
    purchase_id: UUID | None


_SUBSCRIPTION = {
    "id": _ID, "enrolment_id": _ENROLMENT, "customer_id": "019a5c1e-8100-7000-8000-000000000010", "plan": "plus",
    "ladder": "", "state": "active", "renewal": "auto", "next_plan": "", "stops_at_end": False,
    "opened_at": "2026-01-15T11:00:00Z", "ends_at": "2027-01-14T23:00:00Z", "holds_until": "2027-01-21T23:00:00Z",
    "ended_at": None, "end_reason": "", "currency": "EUR",
}  # fmt: skip


class SubscriptionOut(Output):
    """A paid membership. `ends_at` is when what is paid ends (null: for life); until `holds_until` it gives on."""

    model_config = shown(_SUBSCRIPTION)
    id: UUID
    enrolment_id: UUID
    customer_id: UUID
    plan: str
    ladder: str
    state: State
    renewal: Literal["auto", "by_hand"]
    next_plan: str
    stops_at_end: bool
    opened_at: datetime
    ends_at: datetime | None
    holds_until: datetime | None
    ended_at: datetime | None
    end_reason: str
    currency: str


class SubscriptionDetail(SubscriptionOut):
    """A paid membership with its periods."""

    model_config = shown({**_SUBSCRIPTION, "periods": [_PERIOD]})
    periods: list[PeriodOut]


class SubscriptionPage(Output):
    """Paid memberships, the last opened first."""

    model_config = shown({"data": [_SUBSCRIPTION], "next": None})
    data: list[SubscriptionOut]
    next: str | None


class RefundQuoteOut(Output):
    """What ending it now gives back, and the points it takes (in minor units of the main currency)."""

    model_config = shown({"amount": "25.30", "points": 250})
    amount: str
    points: int


class ChangeQuoteOut(Output):
    """When another plan would begin, what is due for it now, and until when it would be paid."""

    model_config = shown({"plan": "premium", "begins": "now", "due": "25.00", "ends_at": "2027-01-14T23:00:00Z"})
    plan: str
    begins: Literal["now", "at_end"]
    due: str
    ends_at: datetime | None


def subscription_out(held: Subscription, at: datetime) -> SubscriptionOut:
    return SubscriptionOut(**_plain(held, at))


def subscription_detail(held: Subscription, periods: Sequence[SubscriptionPeriod], at: datetime) -> SubscriptionDetail:
    return SubscriptionDetail(**_plain(held, at), periods=[_period_out(one, held) for one in periods])


def refund_quote_out(quote: RefundQuote, currency: str) -> RefundQuoteOut:
    return RefundQuoteOut(amount=Money(quote.amount, currency).text(), points=quote.points)


def change_quote_out(quote: ChangeQuote, currency: str) -> ChangeQuoteOut:
    begins: Literal["now", "at_end"] = "now" if quote.begins == "now" else "at_end"
    return ChangeQuoteOut(
        plan=quote.plan.key, begins=begins, due=Money(quote.due, currency).text(), ends_at=quote.ends_at
    )


def _plain(held: Subscription, at: datetime) -> dict[str, Any]:
    names = (
        *("id", "enrolment_id", "customer_id", "plan", "ladder", "renewal", "next_plan", "stops_at_end"),
        *("opened_at", "ends_at", "holds_until", "ended_at", "end_reason"),
    )
    known = {name: getattr(held, name) for name in names}
    return {**known, "state": state_of(held, at), "currency": held.programme.currency}


def _period_out(one: SubscriptionPeriod, held: Subscription) -> PeriodOut:
    names = ("number", "plan", "is_trial", "begins_at", "ends_at", "holds_until", "reference")
    money: dict[str, Any] = {
        name: Money(getattr(one, name), held.programme.currency).text() for name in ("price", "amount", "refunded")
    }
    bought = one.source_id if one.source_type == "purchase" else None
    return PeriodOut(**{name: getattr(one, name) for name in names}, **money, purchase_id=bought)
