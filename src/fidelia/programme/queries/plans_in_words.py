"""The plans of a programme, in sentences."""

from __future__ import annotations

from fidelia.kernel.money import Money
from fidelia.rules.plan_terms import Plan
from fidelia.rules.plan_wording import describe_plan
from fidelia.ui.formats import money

from ..models import Programme
from .words import in_points


def plan_in_words(plan: Plan, programme: Programme, language: str) -> list[str]:
    """Return what a plan costs, gives, and how it ends."""

    def said(amount: int) -> str:
        return money(Money(amount, programme.currency).text(), programme.currency, language)

    def points(amount: int) -> str:
        return in_points(amount, programme.points_currency, language)

    return describe_plan(
        plan, language, price=said(plan.price), fee=said(plan.refund.fee), welcome=points(plan.welcome),
        each_period=points(plan.each_period),
    )  # fmt: skip
