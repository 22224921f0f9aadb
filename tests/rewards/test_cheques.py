"""Chèques fidélité: issued at a threshold, each night or each period; withdrawn, or owed, with what is returned."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction

from fidelia.jobs.models import Job
from fidelia.jobs.operations import Progress, StopRequested
from fidelia.kernel.actor import Actor
from fidelia.kernel.errors import Denied
from fidelia.kernel.models import OutboxEvent
from fidelia.kernel.outbox import Announced, Origin
from fidelia.ledger.models import Lot
from fidelia.ledger.queries import find_broken_invariants, get_balance
from fidelia.programme.models import Enrolment, Programme
from fidelia.programme.operations import draft_version, publish_version
from fidelia.programme.operations.pools import create_pool, join_pool
from fidelia.rewards.models import Cheque, ChequeDebt, Voucher
from fidelia.rewards.operations import cheques, consume
from fidelia.rewards.operations.nightly import issue_due
from fidelia.rewards.queries import list_vouchers
from fidelia.rewards.reactions import turn_points
from tests.cast import SYSTEM
from tests.programme.cast import AT, DOCUMENT, member, programme
from tests.programme.test_pools import LEONORE, buy, give_back

from .scarce import taking

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
NAME = {"en": "Loyalty cheque", "fr": "Chèque fidélité"}


def terms(life: dict[str, Any] | None = None, /, **cheque: Any) -> dict[str, Any]:
    """One point for each euro, and 10 € for each 200 points."""
    return {
        "rules": DOCUMENT["rules"][:1],
        "points": life or {},
        "cheques": [{"key": "cheque", "name": NAME, "points": "200", "money": "10", **cheque}],
    }


def shop(life: dict[str, Any] | None = None, /, *, may_go_negative: bool = False, **cheque: Any) -> Enrolment:
    return member(programme(terms(life, **cheque), may_go_negative=may_go_negative))


def night(at: datetime) -> int:
    job = Job.objects.create(
        kind="programme.nightly", label={"en": "x", "fr": "x"}, arguments={}, by_kind="system", by_label="tests",
        created_at=at, state="running",
    )  # fmt: skip
    return issue_due(by=SYSTEM, at=at, progress=Progress(job, clock=lambda: at))


def react(*, at: datetime = AT) -> None:
    rows = OutboxEvent.objects.filter(name="purchase.recorded").order_by("event_id")
    events = [
        Announced(
            event_id=row.event_id, name=row.name, origin=Origin(row.origin), customer_id=row.customer_id,
            occurred_at=row.occurred_at, recorded_at=row.recorded_at, payload=row.payload,
            schema_version=row.schema_version,
        )
        for row in rows
    ]  # fmt: skip
    with transaction.atomic():
        turn_points(events, by=SYSTEM, at=at)


def available(of: Enrolment, at: datetime = AT) -> int:
    of.refresh_from_db()
    assert find_broken_invariants() == []
    return get_balance(account_id=of.account_id, currency="PTS", at=at).available


def vouchers(of: Enrolment) -> list[Voucher]:
    return [row.voucher for row in list_vouchers(by=SYSTEM, customer_ids=[of.customer_id])]


def worth(of: Enrolment) -> list[int]:
    return sorted(one.amount for one in vouchers(of) if one.revoked_at is None)


def use(one: Voucher, at: datetime) -> None:
    with transaction.atomic():
        consume(taking(one.programme, customer_id=one.customer_id, vouchers=((one.id, one.amount),), at=at, now=at))


def test_a_purchase_that_reaches_the_threshold_brings_a_cheque_and_the_rest_is_carried() -> None:
    enrolment = shop(validity={"months": 3, "ends": "month"}, minimum_basket="30", per_checkout=1)
    buy(enrolment, 450, "f1")
    react()
    assert (worth(enrolment), available(enrolment)) == ([2_000], 50)
    issued = vouchers(enrolment)[0]
    assert (issued.minimum_basket, issued.per_checkout, issued.source_type) == (3_000, 1, "cheque")
    assert issued.valid_until == datetime(2026, 6, 30, 22, tzinfo=UTC)  # the end of June in Paris
    react()
    night(AT + DAY)
    assert (worth(enrolment), available(enrolment)) == ([2_000], 50)
    told = OutboxEvent.objects.get(name="cheque.issued")
    assert (told.customer_id, told.payload["points"], told.payload["amount"]) == (enrolment.customer_id, 400, 2_000)


def test_the_points_of_a_card_that_waits_for_its_person_are_not_turned() -> None:
    enrolment = shop()
    Enrolment.objects.filter(id=enrolment.id).update(is_provisional=True)
    buy(enrolment, 450, "f1")
    react()
    night(AT + DAY)
    assert (worth(enrolment), available(enrolment)) == ([], 450)
    Enrolment.objects.filter(id=enrolment.id).update(is_provisional=False)
    night(AT + 2 * DAY)
    assert (worth(enrolment), available(enrolment)) == ([2_000], 50)


def test_each_step_may_be_a_voucher_of_its_own_and_the_remainder_may_be_lost() -> None:
    enrolment = shop(each="step", remainder="lost", issued="nightly", maximum=2)
    buy(enrolment, 690, "f1")
    react()
    assert worth(enrolment) == []
    assert night(AT + DAY) == 2
    assert (worth(enrolment), available(enrolment)) == ([1_000, 1_000], 0)


@pytest.mark.parametrize(("points", "expected"), [(199, []), (200, []), (499, []), (500, [2_000])])
def test_nothing_is_issued_below_the_minimum(points: int, expected: list[int]) -> None:
    enrolment = shop(minimum="500")
    buy(enrolment, points, "f1")
    react()
    assert worth(enrolment) == expected
    assert available(enrolment) == points - 200 * (expected[0] // 1_000 if expected else 0)


def test_a_month_is_turned_once_by_what_was_there_when_it_ended() -> None:
    enrolment = shop(issued="month")
    buy(enrolment, 450, "march", at=AT)
    late = datetime(2026, 4, 1, 0, 30, tzinfo=UTC)  # the first of April, 02:30 in Paris
    buy(enrolment, 300, "april", at=late)
    assert night(datetime(2026, 3, 31, 21, tzinfo=UTC)) == 0  # still March: February had nothing
    first = datetime(2026, 4, 1, 1, tzinfo=UTC)
    assert [night(first), night(first), night(first + 5 * DAY)] == [1, 0, 0]
    assert (worth(enrolment), available(enrolment, first)) == ([2_000], 350)
    assert Cheque.objects.get().starts_on == date(2026, 4, 1)
    assert night(datetime(2026, 5, 1, 1, tzinfo=UTC)) == 1
    assert worth(enrolment) == [1_000, 2_000]


def test_a_missed_night_is_made_up_for_and_a_new_monthly_cheque_waits_for_its_first_month() -> None:
    enrolment = member(programme({"rules": DOCUMENT["rules"][:1]}))
    buy(enrolment, 450, "f1")
    begun = AT + 10 * DAY
    version = draft_version(by=SYSTEM, at=begun, programme=enrolment.programme, document=terms(issued="month"))
    publish_version(by=Actor.system("second"), at=begun, version=version, in_force_from=begun)
    assert night(begun + DAY) == 0
    assert night(datetime(2026, 4, 9, 1, tzinfo=UTC)) == 1


def test_an_unused_cheque_goes_back_with_the_purchase_behind_it_and_the_rest_stays_as_it_would_be() -> None:
    enrolment = shop({"validity_months": 24, "ends": "month"})
    first, second = buy(enrolment, 150, "f1"), buy(enrolment, 80, "f2", at=AT + DAY)
    night(AT + 2 * DAY)
    assert (worth(enrolment), available(enrolment)) == ([1_000], 30)
    give_back(first, AT + 3 * DAY)
    assert (worth(enrolment), available(enrolment, AT + 3 * DAY)) == ([], 80)
    assert {lot.remaining for lot in Lot.objects.filter(account_id=enrolment.account_id)} == {0, 80}
    give_back(second, AT + 4 * DAY)
    assert available(enrolment, AT + 4 * DAY) == 0
    assert Cheque.objects.get().withdrawn_at == AT + 3 * DAY
    assert OutboxEvent.objects.filter(name="cheque.withdrawn").count() == 1


def test_a_return_that_the_rest_can_bear_leaves_the_cheque_alone() -> None:
    enrolment = shop()
    buy(enrolment, 200, "f1")
    react()
    later = buy(enrolment, 150, "f2", at=AT + DAY)
    give_back(later, AT + 2 * DAY)
    assert (worth(enrolment), available(enrolment, AT + 2 * DAY)) == ([1_000], 0)


@pytest.mark.parametrize("may_go_negative", [True, False])
def test_a_used_cheque_stays_and_the_policy_of_the_points_decides(may_go_negative: bool) -> None:
    enrolment = shop(may_go_negative=may_go_negative)
    sale = buy(enrolment, 230, "f1")
    react()
    use(vouchers(enrolment)[0], AT + DAY)
    give_back(sale, AT + 2 * DAY)
    assert worth(enrolment) == [1_000]
    assert available(enrolment, AT + 2 * DAY) == (-200 if may_go_negative else 0)
    buy(enrolment, 410, "f2", at=AT + 3 * DAY)
    night(AT + 4 * DAY)
    assert worth(enrolment) == ([1_000, 1_000] if may_go_negative else [1_000, 2_000])


def test_what_a_used_cheque_owes_may_be_carried_to_the_next_one() -> None:
    enrolment = shop(debt="next_cheque")
    sale = buy(enrolment, 230, "f1")
    react()
    use(vouchers(enrolment)[0], AT + DAY)
    give_back(sale, AT + 2 * DAY)
    assert available(enrolment, AT + 2 * DAY) == 0
    assert ChequeDebt.objects.get().points == 200
    second = buy(enrolment, 410, "f2", at=AT + 3 * DAY)
    night(AT + 4 * DAY)
    assert (worth(enrolment), available(enrolment, AT + 4 * DAY)) == ([1_000, 1_000], 10)
    assert not ChequeDebt.objects.exists()
    give_back(second, AT + 5 * DAY)  # the second cheque is not used: it goes, and the debt is there again
    assert (worth(enrolment), available(enrolment, AT + 5 * DAY)) == ([1_000], 0)
    assert ChequeDebt.objects.get().points == 200


def test_a_cheque_that_is_kept_on_returns_stays() -> None:
    enrolment = shop(on_return="keep")
    sale = buy(enrolment, 200, "f1")
    react()
    give_back(sale, AT + DAY)
    assert (worth(enrolment), available(enrolment, AT + DAY)) == ([1_000], 0)


def test_points_that_expired_while_they_were_a_cheque_do_not_come_back_to_life() -> None:
    enrolment = shop({"validity_days": 10, "ends": "day"})
    old = buy(enrolment, 150, "f1")
    young = buy(enrolment, 60, "f2", at=AT + 8 * DAY)
    night(AT + 9 * DAY)
    assert (worth(enrolment), available(enrolment, AT + 9 * DAY)) == ([1_000], 10)
    give_back(young, AT + 12 * DAY)
    assert (worth(enrolment), available(enrolment, AT + 12 * DAY)) == ([], 0)
    assert old.points == 150


def test_a_cheque_follows_its_points_into_a_pool() -> None:
    enrolment = shop()
    sale = buy(enrolment, 230, "f1")
    react()
    leonore = member(enrolment.programme, LEONORE)
    pool = create_pool(by=SYSTEM, at=AT, programme=enrolment.programme, name="Fidelio")
    for one in (enrolment, leonore):
        join_pool(by=SYSTEM, at=AT + DAY, enrolment=one, pool_id=pool.id)
    buy(leonore, 100, "f2", at=AT + DAY)
    assert available(enrolment, AT + DAY) == 130
    give_back(sale, AT + 2 * DAY)
    assert (worth(enrolment), available(leonore, AT + 2 * DAY)) == ([], 100)
    buy(leonore, 100, "f3", at=AT + 3 * DAY)
    night(AT + 4 * DAY)
    assert (len(vouchers(enrolment)) + len(vouchers(leonore)), available(leonore, AT + 4 * DAY)) == (2, 0)


def test_pending_points_are_not_turned_before_they_are_there() -> None:
    enrolment = shop({"pending": {"days": 14}})
    sale = buy(enrolment, 250, "f1")
    night(AT + DAY)
    assert worth(enrolment) == []
    night(AT + 15 * DAY)
    assert (worth(enrolment), available(enrolment, AT + 15 * DAY)) == ([1_000], 50)
    give_back(sale, AT + 16 * DAY)
    assert (worth(enrolment), available(enrolment, AT + 16 * DAY)) == ([], 0)


def test_a_cagnotte_in_euros_of_its_own_becomes_a_voucher_of_the_same_worth() -> None:
    made = programme({"rules": DOCUMENT["rules"][:1]})
    document = terms()
    document["cheques"] = [{"key": "cagnotte", "points": "1", "money": "0.05", "minimum": "100", "issued": "quarter"}]
    version = draft_version(by=SYSTEM, at=AT - 400 * DAY, programme=made, document=document)
    publish_version(by=Actor.system("second"), at=AT - 400 * DAY, version=version, in_force_from=AT - 400 * DAY)
    enrolment = member(made)
    buy(enrolment, 137, "f1")
    assert night(datetime(2026, 4, 1, 1, tzinfo=UTC)) == 1
    assert (worth(enrolment), available(enrolment)) == ([685], 0)


def test_who_is_about_to_lose_a_cheque_is_told_once_for_each_day_declared() -> None:
    enrolment = shop(validity={"days": 30, "ends": "day"}, notice_days=[14, 3])
    buy(enrolment, 200, "f1")
    night(AT)
    for day in range(1, 33):
        night(AT + day * DAY)
    told = list(OutboxEvent.objects.filter(name="voucher.ending").order_by("event_id"))
    assert [row.payload["days"] for row in told] == [14, 3]


def test_a_used_or_withdrawn_cheque_is_not_told_of() -> None:
    enrolment = shop(validity={"days": 5, "ends": "day"}, notice_days=[14])
    buy(enrolment, 200, "f1")
    react()
    use(vouchers(enrolment)[0], AT)
    night(AT + DAY)
    assert not OutboxEvent.objects.filter(name="voucher.ending").exists()


def test_it_asks_for_the_right_and_leaves_other_programmes_alone() -> None:
    enrolment = shop()
    buy(enrolment, 200, "f1")
    job = Job(kind="x", label={"en": "x", "fr": "x"}, state="running")
    with pytest.raises(Denied):
        issue_due(by=Actor("user", UUID(int=1), "nobody"), at=AT, progress=Progress(job, clock=lambda: AT))
    assert not Cheque.objects.exists()


def test_who_left_the_programme_gets_none() -> None:
    enrolment = shop()
    buy(enrolment, 200, "f1")
    Enrolment.objects.filter(id=enrolment.id).update(ended_at=AT)
    assert night(AT + DAY) == 0
    react()
    assert not Cheque.objects.exists()


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"points": "0"}, "/cheques/0/points"),
        ({"points": "-5"}, "/cheques/0/points"),
        ({"points": None}, "/cheques/0/points"),
        ({"money": "0"}, "/cheques/0/money"),
        ({"money": "1.005"}, "/cheques/0/money"),
        ({"issued": "weekly"}, "/cheques/0/issued"),
        ({"minimum": "-1"}, "/cheques/0/minimum"),
        ({"maximum": 0}, "/cheques/0/maximum"),
        ({"each": "step", "maximum": 101}, "/cheques/0/maximum"),
        ({"per_checkout": -1}, "/cheques/0/per_checkout"),
        ({"currency": "MILES"}, "/cheques/0/currency"),
        ({"validity": {"weeks": 3}}, "/cheques/0/validity/weeks"),
        ({"notice_days": [0]}, "/cheques/0/notice_days/0"),
        ({"name": {"en": "x"}}, "/cheques/0/name"),
        ({"divisible": "yes"}, "/cheques/0/divisible"),
        ({"colour": "red"}, "/cheques/0/colour"),
        ({"key": ""}, "/cheques/0/key"),
    ],
)
def test_terms_that_cannot_be_are_refused_where_they_stand(change: dict[str, Any], pointer: str) -> None:
    from fidelia.rules.terms import MalformedTerms

    made = programme()
    with pytest.raises(MalformedTerms) as refusal:
        draft_version(by=SYSTEM, at=AT, programme=made, document=terms(**change))
    assert refusal.value.pointer == pointer


def test_two_kinds_of_one_key_are_refused() -> None:
    from fidelia.rules.terms import MalformedTerms

    document = terms()
    document["cheques"] *= 2
    with pytest.raises(MalformedTerms):
        draft_version(by=SYSTEM, at=AT, programme=programme(), document=document)


def test_a_night_stopped_between_two_members_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    first = shop()
    second = member(first.programme, LEONORE)
    for key, one in (("f1", first), ("f2", second)):
        buy(one, 200, key)
    monkeypatch.setattr(cheques, "MEMBERS_A_ROUND", 1)
    monkeypatch.setattr(Progress, "step", _stop)
    with pytest.raises(StopRequested):
        night(AT + DAY)
    assert Cheque.objects.count() == 1
    monkeypatch.undo()
    assert [night(AT + DAY), night(AT + DAY)] == [1, 0]
    assert (worth(first), worth(second)) == ([1_000], [1_000])


def _stop(*_args: Any) -> None:
    raise StopRequested


def test_a_sandbox_turns_its_own() -> None:
    made: Programme = programme(terms(), is_sandbox=True)
    assert made.is_sandbox
    assert night(AT) == 0
