"""The pages of rewards in a browser: nothing passes its edge, axe is silent, a choice is made and handed over."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from fidelia.access.models import User
from fidelia.kernel import clock
from fidelia.kernel.localized import LocalizedText
from fidelia.programme.models import Enrolment
from fidelia.programme.operations.points import grant_points
from fidelia.rewards.models import Redemption, Reward
from fidelia.rewards.operations import RewardTerms, add_reward
from tests.browser import Visitor, follow
from tests.cast import SYSTEM

from .boutique import open_shop
from .test_axe import AXE, LEVELS, RUN
from .test_customers_in_chromium import everything_role

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.slow]


def offer(of: Enrolment, key: str, **changes: object) -> Reward:
    terms = {
        "name": LocalizedText(en="A mug of stoneware, limited", fr="Une tasse en grès, série limitée"),
        "kind": "gift", "points": 10, "money": 250, "valid_from": date(2026, 1, 1), "pieces": 5, **changes,
    }  # fmt: skip
    return add_reward(by=SYSTEM, at=clock.now(), programme=of.programme, key=key, terms=RewardTerms(**terms))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("language", "width", "theme"), [("fr", 1280, "light"), ("fr", 390, "dark"), ("en", 390, "light")]
)
def test_pages_of_rewards_are_whole_for_everybody(visit: Visitor, language: str, width: int, theme: str) -> None:
    shop, user = open_shop(), everything_role()
    User.objects.filter(pk=user.pk).update(language=language)
    member = Enrolment.objects.select_related("programme").get(customer_id=shop.customer_id, ended_at__isnull=True)
    one = visit(user, width=width, theme=theme)
    empty = ("rewards/", "redemptions/", f"customers/{shop.customer_id}/rewards/")
    said = {f"empty {path}": found for path in empty if (found := look(one, path, width))}
    mug = offer(member, "mug")
    offer(member, "gone", pieces=0)
    offer(member, "dear", points=99_999)
    grant_points(by=SYSTEM, at=clock.now(), enrolment=member, amount=50, reason="x", key="g")
    page = one.go(f"/console/customers/{shop.customer_id}/rewards/")
    page.click(f"[data-opens='f-redeem-{mug.id}']")
    follow(page, f"#f-redeem-{mug.id} button[type=submit]")
    full = (*empty, "rewards/new/", f"rewards/{mug.id}/")
    said |= {path: found for path in full if (found := look(one, path, width))}
    assert said == {}
    page = one.go("/console/redemptions/")
    page.check("tbody input.f-tick")
    follow(page, "#f-bulk button[type=submit]")
    assert Redemption.objects.get().state == "fulfilled"


def look(one: Any, path: str, width: int) -> list[str]:
    page = one.go(f"/console/{path}")
    page.evaluate(Path(AXE).read_text(encoding="utf-8"))
    found: list[str] = page.evaluate(RUN, LEVELS)
    if page.evaluate("document.documentElement.scrollWidth") > width:
        found.append("wider than the window")
    return found
