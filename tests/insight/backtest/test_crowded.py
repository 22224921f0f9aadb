"""With everything a programme can say at once, the published version gives what the engine granted, to the point."""

from __future__ import annotations

from collections import Counter
from copy import deepcopy
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db.models import Sum

from fidelia.activity.models import DecisionRecord, Purchase, PurchaseClaim
from fidelia.insight.operations.backtesting import backtest_document
from fidelia.insight.operations.grounds import Asked
from fidelia.ledger.models import Posting
from fidelia.referral.models import Referral
from fidelia.rules.decision import Decision
from fidelia.rules.receipts import verify_receipts
from fidelia.subscriptions.models import SubscriptionPeriod
from tests.cast import actor_with
from tests.insight.shop import open_shop
from tests.programme.cast import AT
from tests.receipts.test_verifying import chains, published

from .crowded import CROWDED, Crowd

pytestmark = pytest.mark.django_db(transaction=True)
ANALYST = actor_with("programme.*", "insight.*", label="Rocco", number=5)
LOWERING = {"ware", "either", "or", "euro", "sets", "ship", "cup", "tenth"}
GIVING = {"base", "coffee", "first", "three", "mornings", "plus", "past", "budget"}


@pytest.fixture(autouse=True)
def facts_root(tmp_path: Path, settings: Any) -> None:
    settings.FACTS_ROOT = tmp_path / "facts"
    open_shop()


def tried(shop: Crowd, document: dict[str, Any] | None) -> dict[str, Any]:
    return backtest_document(by=ANALYST, at=AT + timedelta(days=100), asked=Asked(shop.programme, document))


def reasons() -> Counter[tuple[str, str]]:
    records = DecisionRecord.objects.values_list("record", flat=True)
    return Counter((one.rule_key, one.reason) for each in records for one in Decision.from_mapping(each).outcomes)


@pytest.mark.slow
def test_a_crowded_programme_is_replayed_to_the_point_and_its_receipts_hold() -> None:
    shop = Crowd(1)
    shop.live(26)
    granted = {rule for rule, reason in reasons() if reason == "granted"}
    assert granted >= GIVING | LOWERING, (GIVING | LOWERING) - granted
    assert {"control", "excluded"} <= {reason for _rule, reason in reasons()}
    assert {"activate", "redeem", "adjust", "revoke", "pend"} <= {*Posting.objects.values_list("kind", flat=True)}
    assert SubscriptionPeriod.objects.exists()
    assert Referral.objects.filter(state="rewarded").exists()
    own = Purchase.objects.filter(claim__isnull=True).aggregate(sum=Sum("points"))["sum"]
    points = own + (PurchaseClaim.objects.aggregate(sum=Sum("points"))["sum"] or 0)
    discount = Purchase.objects.aggregate(sum=Sum("discount"))["sum"]
    found = tried(shop, None)
    assert found["proof"]["occasions"] == DecisionRecord.objects.count() > 80
    assert (found["proof"]["points"], found["proof"]["discount"]) == ([points] * 2, [discount] * 2)
    assert (found["proof"]["changed"], found["approximate"]) == (0, 0)
    same = tried(shop, deepcopy(CROWDED))
    assert (same["points"], same["changed"], same["discount"]) == ([points] * 2, 0, [discount] * 2)
    verdict = verify_receipts(chains(), [published()])
    wrong = [(each.number, each.sentence("en")) for each in verdict.findings if each.is_wrong]
    assert wrong == [], wrong[:5]
    assert verdict.proved == verdict.receipts == DecisionRecord.objects.count()
