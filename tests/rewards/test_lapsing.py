"""What lapses is told with its amount and reason, once, and stands in the audit: points, gift cards, vouchers."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from fidelia.access.models import Audit
from fidelia.jobs.models import Job
from fidelia.jobs.operations import Progress
from fidelia.kernel.errors import Denied
from fidelia.kernel.localized import LocalizedText
from fidelia.kernel.models import OutboxEvent
from fidelia.kernel.money import Money
from fidelia.ledger.operations import expire_due
from fidelia.ledger.queries import find_broken_invariants
from fidelia.programme.operations.nightly import run_night
from fidelia.programme.operations.points import grant_points, reinstate_points
from fidelia.rewards.jobs import expire
from fidelia.rewards.models import Voucher
from fidelia.rewards.operations.gift_cards import sell_gift_card
from fidelia.rewards.operations.lapsing import lapse_vouchers
from fidelia.rewards.operations.vouchers import NewVoucher, issue_voucher, revoke_voucher
from tests.cast import PIZARRO, SYSTEM
from tests.programme.cast import AT, DOCUMENT, member, programme

from .scarce import close

pytestmark = pytest.mark.django_db(transaction=True)
LIFE = {"validity_days": 10, "ends": "day", "reinstatement_days": 30}


def lapsed(name: str) -> list[dict[str, Any]]:
    told = OutboxEvent.objects.filter(name=name).order_by("event_id")
    return [{key: value for key, value in one.payload.items() if not key.endswith("_id")} for one in told]


def breakage() -> int:
    """What the ledger's own entries say, which is what is booked."""
    assert find_broken_invariants() == []
    with connection.cursor() as cursor:
        cursor.execute("select -coalesce(sum(amount), 0) from ledger_entry where code = 'breakage'")
        return int(cursor.fetchone()[0])


def progress_at(at: Any) -> Progress:
    job = Job.objects.create(
        kind="programme.nightly", label={"en": "x", "fr": "x"}, arguments={}, by_kind="system", by_label="tests",
        created_at=at, state="running",
    )  # fmt: skip
    return Progress(job, clock=lambda: at)


def test_points_that_expire_are_told_in_one_sum_and_what_comes_back_below_zero() -> None:
    of = programme({**DOCUMENT, "points": LIFE})
    members = [member(of, f"29904417882{n:02}") for n in range(3)]
    for n, one in enumerate(members):
        grant_points(by=SYSTEM, at=AT, enrolment=one, amount=100 + n, reason="x", key=f"g{n}")
    later = AT + timedelta(days=20)
    run_night(by=SYSTEM, at=later, progress=progress_at(later))
    run_night(by=SYSTEM, at=later, progress=progress_at(later))
    assert lapsed("points.lapsed") == [{"currency": "PTS", "amount": 303, "lots": 3, "reason": "expired"}]
    assert breakage() == -303
    rows = Audit.objects.filter(verb="points.expire", object_type="points_currency")
    assert [(one.object_id, one.after) for one in rows] == [
        ("PTS", {"amount": "303", "lots": 3, "reason": "expired"})
    ]  # fmt: skip
    reinstate_points(by=SYSTEM, at=later, enrolment=members[1], reason="sorry", key="r")
    reinstate_points(by=SYSTEM, at=later, enrolment=members[1], reason="sorry", key="r")
    assert lapsed("points.lapsed")[1:] == [{"currency": "PTS", "amount": -101, "lots": 1, "reason": "reinstated"}]
    assert -breakage() == sum(one["amount"] for one in lapsed("points.lapsed")) == 202


def test_nothing_is_told_of_what_was_spent_and_of_a_night_without_an_end() -> None:
    of = programme({**DOCUMENT, "points": LIFE})
    grant_points(by=SYSTEM, at=AT, enrolment=member(of), amount=10, reason="x", key="g")
    with transaction.atomic():
        assert expire_due(by=SYSTEM, at=AT) == 0
    assert lapsed("points.lapsed") == []


def test_a_gift_card_and_a_voucher_tell_what_was_left() -> None:
    of = programme()
    mine = member(of)
    day = date(2026, 3, 20)
    used, part, whole = (
        issue_voucher(
            by=SYSTEM, at=AT, programme=of,
            voucher=NewVoucher(
                amount=Money(10_00, "EUR"), name=LocalizedText(en="V", fr="B"), valid_from=AT.date(), valid_until=day,
                customer_id=mine.customer_id, is_divisible=True, source_type="cheque",
            ),
        )
        for _n in range(3)
    )  # fmt: skip
    gone = issue_voucher(
        by=SYSTEM, at=AT, programme=of,
        voucher=NewVoucher(
            amount=Money(7_00, "EUR"), name=LocalizedText(en="V", fr="B"), valid_from=AT.date(), valid_until=day
        ),
    )  # fmt: skip
    revoke_voucher(by=SYSTEM, at=AT, voucher_id=gone.id)
    sell_gift_card(by=SYSTEM, at=AT, programme=of, amount=Money(50_00, "EUR"), valid_until=day, code="CARTE-1")
    close(of, vouchers=((used.id, 10_00),), customer_id=mine.customer_id)
    close(of, vouchers=((part.id, 4_00),), customer_id=mine.customer_id)
    end = AT + timedelta(days=19)
    done = expire({}, by=SYSTEM, at=end, progress=progress_at(end))
    again = expire({}, by=SYSTEM, at=end, progress=progress_at(end))
    assert (done["vouchers"], done["gift_cards"], again["vouchers"], again["gift_cards"]) == (3, 1, 0, 0)
    told = {"currency": "EUR", "reason": "expired"}
    assert sorted(lapsed("voucher.lapsed"), key=lambda one: one["amount"]) == [
        {**told, "amount": 6_00, "source": "cheque"}, {**told, "amount": 10_00, "source": "cheque"}
    ]  # fmt: skip
    assert lapsed("gift_card.lapsed") == [{**told, "amount": 50_00}]
    sums = Audit.objects.filter(verb__in=["voucher.expire", "gift_card.expire"]).order_by("verb")
    assert [(one.verb, one.after["amount"]) for one in sums] == [
        ("gift_card.expire", {"currency": "EUR", "amount": "50.00"}),
        ("voucher.expire", {"currency": "EUR", "amount": "16.00"}),
    ]  # fmt: skip
    assert Voucher.objects.filter(lapsed_at=end).count() == 3
    assert {one.occurred_at for one in OutboxEvent.objects.filter(name="voucher.lapsed")} == {whole.valid_until}


def test_writing_it_down_needs_its_right() -> None:
    with pytest.raises(Denied):
        lapse_vouchers(by=PIZARRO, at=AT)
