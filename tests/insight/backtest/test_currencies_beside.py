"""Several currencies from one basket: a backtest counts each as the ledger holds it, to the point."""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fidelia.activity.operations.checkouts import BasketLine, ReturnedItem
from fidelia.insight.operations.backtesting import backtest_document
from fidelia.insight.operations.grounds import Asked
from fidelia.kernel.localized import LocalizedText
from fidelia.ledger.queries import get_balance
from fidelia.programme.models import Enrolment, PointsCurrency, ProgrammeVersion
from fidelia.programme.operations import draft_version, publish_version
from fidelia.programme.operations.points import add_points_currency
from tests.activity.checkouts.cast import basket, cancel, close, give_back
from tests.activity.checkouts.rules import document, said
from tests.cast import SYSTEM, actor_with
from tests.insight.shop import open_shop
from tests.programme.cast import AT, BEGUN, member, programme

pytestmark = pytest.mark.django_db(transaction=True)
ANALYST = actor_with("programme.*", "insight.*", label="Rocco", number=5)
LATER = AT + timedelta(days=100)
CAGNOTTE = {"key": "cagnotte", "name": said("Three percent into the cagnotte"),
            "credit_points": {"currency": "EURC", "points": "share(purchase.total, 3, half_up)"}}  # fmt: skip
STATUS = {"key": "status", "name": said("A status point for each ten euros"),
          "credit_points": {"currency": "QUAL", "points": "per(purchase.total, 10)"}}  # fmt: skip
THIRD = {"key": "third", "name": said("A third of a status point"), "when": "purchase.total >= 20",
         "credit_points": {"currency": "QUAL", "points": "0.3333"}}  # fmt: skip


@pytest.fixture(autouse=True)
def facts_root(tmp_path: Path, settings: Any) -> None:
    settings.FACTS_ROOT = tmp_path / "facts"
    open_shop()


def shop() -> tuple[Enrolment, ProgrammeVersion]:
    enrolment = member(programme(document()))
    for code, scale, role in (("EURC", 2, "cagnotte"), ("QUAL", 0, "qualifying")):
        made = PointsCurrency.objects.create(code=code, name=LocalizedText(en=code, fr=code), scale=scale)
        add_points_currency(by=SYSTEM, at=BEGUN, programme=enrolment.programme, currency=made, role=role)
    at = BEGUN + timedelta(days=1)
    asked = document(CAGNOTTE, STATUS, THIRD)
    draft = draft_version(by=SYSTEM, at=at, programme=enrolment.programme, document=asked)
    publish_version(by=SYSTEM, at=at, version=draft, in_force_from=at)
    return enrolment, draft


def live() -> None:
    """Baskets of a member and of nobody, returns by quantity and amount in odd parts, and one that is undone."""
    for n, (cents, units) in enumerate([(3333, 3), (1999, 1), (777, 7), (5001, 2), (125, 1)]):
        line = BasketLine("moka", units * 1000, cents, 2, category="coffee")
        close(f"C-{n}", basket=basket(line), at=AT + timedelta(days=n))
    close("N-1", basket=basket(identity=None), at=AT + timedelta(days=6))
    give_back(ReturnedItem(1, 1000), number="C-0", at=AT + timedelta(days=7))
    give_back(ReturnedItem(1, amount=1234), number="C-0", at=AT + timedelta(days=8))
    for n in range(3):
        give_back(ReturnedItem(1, 2000), number="C-2", at=AT + timedelta(days=9 + n))
    give_back(ReturnedItem(1, 1000), number="N-1", at=AT + timedelta(days=12))
    cancel("C-3", at=AT + timedelta(days=13))


def tried(of: Enrolment, asked: dict[str, Any] | None) -> dict[str, Any]:
    return backtest_document(by=ANALYST, at=LATER, asked=Asked(of.programme, asked))


def held(of: Enrolment, code: str) -> int:
    of.refresh_from_db()
    balance = get_balance(account_id=of.account_id, currency=code, at=LATER)
    return balance.available + balance.pending


def test_each_currency_is_counted_as_the_ledger_holds_it() -> None:
    enrolment, version = shop()
    live()
    found = tried(enrolment, None)
    assert held(enrolment, "EURC") > 0
    assert found["proof"]["credits"] == {code: [held(enrolment, code)] * 2 for code in ("EURC", "QUAL")}
    assert (found["proof"]["changed"], found["approximate"]) == (0, 0)
    same = tried(enrolment, deepcopy(version.document))
    assert (same["credits"], same["changed"]) == (found["proof"]["credits"], 0)


def test_a_draft_brings_what_a_hand_would_reckon() -> None:
    """Of 33.33 × 3 and 19.99 at 6 %: 6.00 and 1.20, where 3 % were 3.00 and 0.60; two units come back."""
    enrolment, version = shop()
    for n, (cents, units) in enumerate([(3333, 3), (1999, 1)]):
        line = BasketLine("moka", units * 1000, cents, 2, category="coffee")
        close(f"C-{n}", basket=basket(line), at=AT + timedelta(days=n))
    give_back(ReturnedItem(1, 2000), number="C-0", at=AT + timedelta(days=4))
    asked = deepcopy(version.document)
    rule = next(each for each in asked["rules"] if each["key"] == "cagnotte")
    rule["credit_points"]["points"] = "share(purchase.total, 6, half_up)"
    asked["rules"] = [each for each in asked["rules"] if each["key"] != "status"]
    found = tried(enrolment, asked)
    assert found["credits"]["EURC"] == [160, 320]
    assert found["credits"]["QUAL"][0] == held(enrolment, "QUAL")
    assert found["credits"]["QUAL"][1] == 0
    assert found["points"][0] == found["points"][1]
    assert found["changed"] == 3
