"""RFM, a segment and a campaign on the whole of Online Retail, brought in by the import."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from fidelia.access.queries import actor_of
from fidelia.activity.models import Purchase
from fidelia.activity.operations.imports import import_purchases, parse_mapping
from fidelia.campaigns.operations import (
    approve_campaign,
    ask_approval_of_campaign,
    draft_campaign,
    launch_campaign,
    measure_campaign,
)
from fidelia.campaigns.queries import get_result
from fidelia.customers.operations import define_segment
from fidelia.insight.models import RfmScore
from fidelia.insight.operations import refresh
from fidelia.insight.queries import list_rfm_segments
from fidelia.kernel.localized import LocalizedText
from fidelia.programme.queries import get_programme
from tests.activity.test_real_files import ONLINE_RETAIL, begin_programme
from tests.campaigns.conftest import plan
from tests.cast import SYSTEM, fernando, leonore
from tests.insight.shop import open_shop
from tests.programme.cast import AT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.timeout(1800)]
LAST_DAY = datetime(2011, 12, 10, tzinfo=UTC)


def test_the_loop_runs_on_online_retail(shared_data: Path, tmp_path: Path, settings: Any) -> None:
    settings.FACTS_ROOT = tmp_path / "facts"
    open_shop()
    begin_programme("GBP", may_go_negative=True)
    path = shared_data / "online_retail" / "online_retail.parquet"
    mapping = parse_mapping(ONLINE_RETAIL)
    import_purchases(by=SYSTEM, at=AT, path=path, mapping=mapping, rejects_path=tmp_path / "rejects.csv")

    done = refresh(by=SYSTEM, at=AT, as_of=LAST_DAY, currency="GBP")
    sales = Purchase.objects.filter(kind="sale", customer_id__isnull=False)
    bought = sales.values("customer_id").distinct().count()
    assert 4_000 < done.customer_count <= bought  # those whose every sale came back in full have no score
    totals = list_rfm_segments(by=SYSTEM, refresh=done)
    assert sum(total.customers for total in totals) == done.customer_count == RfmScore.objects.count()
    assert all(total.customers for total in totals)

    define_segment(
        by=SYSTEM, at=AT, key="drifting", name=LocalizedText(en="Drifting", fr="S’éloignent"),
        condition='has(trait.rfm_segment) && trait.rfm_segment in ["at_risk", "cannot_lose"]',
    )  # fmt: skip
    drafting, approving = actor_of(leonore()), actor_of(fernando())
    offer = {"points": "100", "when": "purchase.total >= 30"}
    written = plan(
        segment_key="drifting", control_share=Fraction(1, 2), starts_at=AT, ends_at=AT + timedelta(days=60), offer=offer
    )
    campaign = draft_campaign(by=drafting, at=AT, programme=get_programme("real"), key="drifting", plan=written)
    ask_approval_of_campaign(by=drafting, at=AT, campaign_id=campaign.id)
    approve_campaign(by=approving, at=AT, campaign_id=campaign.id)
    campaign = launch_campaign(by=drafting, at=AT, campaign_id=campaign.id)
    drifting = sum(total.customers for total in totals if total.segment.key in ("at_risk", "cannot_lose"))
    assert campaign.audience is not None
    assert campaign.audience["in_segment"] == campaign.audience["treated"] + campaign.audience["control"] == drifting

    later = AT + timedelta(days=61)
    refresh(by=SYSTEM, at=later, as_of=LAST_DAY, currency="GBP")
    measure_campaign(by=drafting, at=later, campaign_id=campaign.id)
    page = get_result(by=drafting, campaign=campaign)
    assert page is not None
    assert (page.treated.buyers, page.control.buyers) == (0, 0)  # the history ends before the campaign begins
    assert page.buyers.effect.finding == page.spend.effect.finding == "no effect found"
