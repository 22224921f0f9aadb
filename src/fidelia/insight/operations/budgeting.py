"""Keep how a budget is divided among the classes of the portfolio, and take that back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from fidelia.access.operations import record_audit
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import transaction_of_use_case

from ..errors import MalformedBudgetPlan, NoRefreshYet, UnknownBudgetPlan
from ..fits.response import TWICE_LEAST, TWICE_MOST
from ..measures.portfolio import CLASSES
from ..models import BudgetPlan
from ..queries import get_last_refresh

WHOLE: Final = 1_000
BUDGET_MAX: Final = 10**15
BACK_MAX: Final = 1_000.0


def save_budget_plan(
    *, by: Actor, at: datetime, budget: int, shares: Mapping[str, int], assumed: Mapping[str, Any]
) -> BudgetPlan:
    """Keep a budget (minor units of the currency of the last refresh) with the thousandths of each class.

    `assumed`: twice (how many times the effect twice the money brings, 1.05 to 1.95) and back (by class, what each 1
    spent brings back of margin, 0 to 1,000). Raises Denied (insight.plan), MalformedBudgetPlan, NoRefreshYet.
    """
    by.require("insight.plan")
    last = get_last_refresh()
    if last is None:
        raise NoRefreshYet("Nothing was learnt yet: refresh insight first.")
    if not 1 <= budget <= BUDGET_MAX:
        raise MalformedBudgetPlan("A budget is above zero.", pointer="/budget")
    if set(shares) != set(CLASSES) or min(shares.values()) < 0 or sum(shares.values()) != WHOLE:
        raise MalformedBudgetPlan("The shares of the four classes sum to 1,000 thousandths.", pointer="/shares")
    twice, back = float(assumed.get("twice", 0)), dict(assumed.get("back", {}))
    if not TWICE_LEAST <= twice <= TWICE_MOST or set(back) - set(CLASSES):
        raise MalformedBudgetPlan("Twice the money brings between 1.05 and 1.95 times as much.", pointer="/assumed")
    if any(not 0 <= float(value) <= BACK_MAX for value in back.values()):
        raise MalformedBudgetPlan("What each 1 spent brings back is between 0 and 1,000.", pointer="/assumed/back")
    with transaction_of_use_case():
        plan = BudgetPlan.objects.create(
            budget=budget, currency=last.currency, shares={name: shares[name] for name in CLASSES},
            assumed={"twice": twice, "back": {name: float(value) for name, value in back.items()}},
            saved_at=at, saved_by=by.label,
        )  # fmt: skip
        _audit(by, at, "insight.plan", plan, {"budget": budget, "shares": dict(plan.shares)})
    return plan


def withdraw_budget_plan(*, by: Actor, at: datetime, plan_id: UUID) -> BudgetPlan:
    """Take a plan back: the one before it is in force again. Raises Denied (insight.plan), UnknownBudgetPlan."""
    by.require("insight.plan")
    with transaction_of_use_case():
        plan = BudgetPlan.objects.select_for_update().filter(id=plan_id, withdrawn_at=None).first()
        if plan is None:
            raise UnknownBudgetPlan("There is no such plan, or it is withdrawn already.")
        plan.withdrawn_at, plan.withdrawn_by = at, by.label
        plan.save(update_fields=["withdrawn_at", "withdrawn_by"])
        _audit(by, at, "insight.plan", plan, {"withdrawn": True})
    return plan


def _audit(by: Actor, at: datetime, verb: str, plan: BudgetPlan, after: Mapping[str, Any]) -> None:
    record_audit(by=by, at=at, verb=verb, object_type="budget_plan", object_id=plan.id, after=dict(after))
