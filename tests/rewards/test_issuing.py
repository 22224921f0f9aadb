"""A purchase issues coupons and vouchers with a time of their own, and takes unused ones with it when it is undone."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from fidelia.kernel.db import read_jsonb, transaction_of_use_case
from fidelia.programme.models import Programme
from fidelia.rewards.errors import UnknownSeries
from fidelia.rewards.models import CouponCode, Voucher
from fidelia.rewards.operations import issues_of, refusals
from tests.programme.cast import AT, programme

from .scarce import FLORESTAN, JAQUINO, SAID, bring_back, close, everybodys, series, state_of

PARIS = ZoneInfo("Europe/Paris")
pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Issue:
    rule_key: str = "rentree"
    kind: str = "coupon"
    series: str = "noel"
    count: int = 1
    value: int | None = None
    when: str = "now"
    valid_days: int | None = None


@pytest.fixture
def circle() -> Programme:
    return programme()


def issue(of: Programme, *issues: Issue, purchase_id: UUID | None = None) -> dict[str, Any]:
    told = issues_of(issues, {"rentree": SAID}, "EUR", at=AT, zone=PARIS, return_window_days=14)
    request = {
        "programme_id": str(of.id), "customer_id": str(FLORESTAN), "purchase_id": str(purchase_id or uuid4()),
        "at": AT.isoformat(), "now": AT.isoformat(), **told,
    }  # fmt: skip
    with transaction_of_use_case(), refusals(), connection.cursor() as cursor:
        cursor.execute("select rewards_issue(%s::jsonb)", [json.dumps(request)])
        issued: dict[str, Any] = read_jsonb(cursor.fetchone()[0])
    return issued


def test_a_coupon_of_ones_own_works_after_the_return_window_for_its_days(circle: Programme) -> None:
    series(circle, uses_per_code=1, valid_until=None)
    told = issue(circle, Issue(when="after_return_window", valid_days=30))["coupons"][0]
    begins, ends = datetime(2026, 3, 16, 23, tzinfo=UTC), datetime(2026, 4, 16, 22, tzinfo=UTC)
    assert [datetime.fromisoformat(told[name]) for name in ("valid_from", "valid_until")] == [begins, ends]
    code = CouponCode.objects.get()
    assert (code.code, code.customer_id) == (told["code"], FLORESTAN)
    moments = (begins - timedelta(seconds=1), begins, ends - timedelta(seconds=1), ends)
    states = [state_of(circle, code, customer_id=FLORESTAN, at=moment) for moment in moments]
    assert states == ["not_yet", "ok", "ok", "expired"]
    assert state_of(circle, code, customer_id=JAQUINO, at=begins) == "of_another_member"


def test_codes_that_are_drawn_follow_the_pattern_and_differ(circle: Programme) -> None:
    made = series(circle)
    told = [one["code"] for one in issue(circle, Issue(count=50))["coupons"]]
    assert len(set(told)) == 50
    assert all(code.startswith("NOEL") and set(code[4:]) <= set(made.alphabet) and len(code) == 10 for code in told)


def test_a_code_for_everybody_is_told_as_it_is(circle: Programme) -> None:
    everybodys(circle)
    assert issue(circle, Issue(series="bienvenue"))["coupons"][0]["code"] == "BIENVENUE"
    with pytest.raises(UnknownSeries):
        issue(circle, Issue(series="nowhere"))


def test_what_an_undone_purchase_issued_goes_with_it_unless_it_was_used(circle: Programme) -> None:
    series(circle, valid_until=None)
    purchase = close(circle, customer_id=FLORESTAN)
    told = issue(circle, Issue(), Issue(kind="voucher", value=1_000, count=2), purchase_id=purchase)
    used, unused = [UUID(one["id"]) for one in told["vouchers"]]
    close(circle, vouchers=((used, 1_000),), customer_id=FLORESTAN)
    bring_back(purchase, whole=True)
    revoked = {one.id: one.revoked_at is not None for one in Voucher.objects.all()}
    assert revoked == {used: False, unused: True}
    assert CouponCode.objects.get().revoked_at == AT
