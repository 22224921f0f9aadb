"""Filling the invented shop: everything recorded, nothing sent, the ledger sound, and never over somebody's data."""

from __future__ import annotations

import stat
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import pytest
from django.db.models import Sum
from django.utils.translation import override

from fidelia.access.errors import PasswordTooWeak
from fidelia.access.models import ApiKey, Audit, RoleGrant, User
from fidelia.access.operations import log_in
from fidelia.access.rights import BUILT_IN_ROLES
from fidelia.activity.models import DecisionRecord, Purchase, PurchaseLine
from fidelia.campaigns.models import Campaign
from fidelia.campaigns.queries import get_result
from fidelia.customers.models import Consent, Customer, Segment
from fidelia.demo.errors import NotEmpty, Unfinished
from fidelia.demo.filling import State, fill, find_state
from fidelia.demo.filling.fill import STEPS
from fidelia.demo.filling.state import BEGUN, remember
from fidelia.demo.filling.team import TEAM
from fidelia.demo.log_ins import keep_log_ins, make_password, read_log_ins
from fidelia.demo.simulation import Shop
from fidelia.insight.models import Refresh
from fidelia.ledger.queries import find_broken_invariants
from fidelia.messaging.models import Message
from fidelia.messaging.operations import install_default_templates
from fidelia.organisation.models import Operator, Store
from fidelia.organisation.operations import set_up_operator
from fidelia.products.models import Product, ProductCost
from fidelia.programme.models import Enrolment, Programme, ProgrammeVersion, TierPeriod
from fidelia.rewards.models import Cheque
from tests.cast import SYSTEM, rocco

pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime(2026, 11, 22, 11, 0, tzinfo=UTC)
PASSWORD = "O namenlose Freude!"


@pytest.fixture(autouse=True)
def facts_here(settings: pytest.FixtureRequest, tmp_path: Path) -> None:
    settings.FACTS_ROOT = tmp_path / "facts"  # type: ignore[attr-defined]


def test_a_filled_shop_is_whole_and_has_written_to_nobody(tmp_path: Path) -> None:
    told: list[str] = []
    install_default_templates(by=SYSTEM, at=AT)
    filled = fill(
        by=SYSTEM, at=AT, customers=300, seed=1805, password=PASSWORD, folder=tmp_path, keep=True, told=told.append
    )
    shop = filled.shop
    assert find_state(by=SYSTEM) is State.FILLED
    assert len(told) == STEPS

    backfilled = Purchase.objects.filter(origin="backfill")
    answers = (("cafe_automne", shop.lifted), ("revenez_nous", shop.past_lifted))
    lifted = [one for key, receipts in answers for one in receipts if shop.people[one.customer].id in treated_by(key)]
    assert {one.is_lifted for one in [*shop.history, *shop.after_launch]} == {False}
    written = [*shop.history, *shop.after_launch, *lifted]
    assert backfilled.count() == len(written)
    assert backfilled.aggregate(Sum("total"))["total__sum"] == sum(one.net for one in written)
    assert PurchaseLine.objects.filter(purchase__origin="backfill").count() == sum(len(one.lines) for one in written)
    assert backfilled.filter(kind="return").count() == sum(one.net < 0 for one in written)
    assert PurchaseLine.objects.filter(returns_purchase_id__isnull=False).exists()
    assert set(backfilled.values_list("channel", flat=True)) == {"store", "web"}
    assert Purchase.objects.filter(origin="live").count() == len(shop.today)

    assert Message.objects.count() == 0
    assert find_broken_invariants() == []
    _check_people(shop)
    _check_programme()
    _check_plans()
    assert (tmp_path / "achats-1.csv").is_file()
    assert (tmp_path / "truth.json").is_file()


def _check_people(shop: Shop) -> None:
    people = shop.people
    assert Customer.objects.count() == 300
    names = set(Customer.objects.values_list("family_name", flat=True))
    assert any(set("éèêëïÿœç") & set(name) for name in names)
    assert Customer.objects.filter(kind="company").count() == 9
    assert Enrolment.objects.count() == sum(person.is_member for person in people)  # type: ignore[attr-defined]
    joined = dict(Enrolment.objects.values_list("customer_id", "enrolled_at"))
    assert {who: joined[who] for who in shop.joined_late} == shop.joined_late
    consent = Consent.objects.filter(purpose="marketing", channel="email", given=True).first()
    assert consent is not None
    assert consent.proof["wording_version"] == "2024-09"
    assert {one.role for one in TEAM} == set(BUILT_IN_ROLES)
    assert RoleGrant.objects.count() == len(TEAM) == User.objects.count()
    assert log_in(email=TEAM[0].email, password=PASSWORD, address="127.0.0.1", at=AT).name == "Sophie Berthier"
    assert sorted(ApiKey.objects.values_list("mode", flat=True)) == ["live", "test"]


def _check_programme() -> None:
    programme = Programme.objects.get(is_sandbox=False)
    states = list(
        ProgrammeVersion.objects.filter(programme=programme).order_by("number").values_list("state", flat=True)
    )
    # The third to the fifth are of two campaigns: one came and went, the other runs; the last is a proposal.
    assert states == [*["published"] * 5, "draft"]
    assert Programme.objects.filter(is_sandbox=True).count() == 1
    assert {"decouverte", "connaisseur", "grand_cru"} <= set(TierPeriod.objects.values_list("tier", flat=True))
    _check_birthdays()
    assert Operator.objects.get().name == "Maison Éléonore"
    assert Store.objects.count() == 8
    assert Product.objects.filter(is_product=True).count() == 120
    assert ProductCost.objects.count() == 240
    months = set(Cheque.objects.values_list("starts_on", flat=True))
    assert months <= {date(2026, month, 1) for month in range(6, 12)}
    assert date(2026, 11, 1) in months


def _check_birthdays() -> None:
    gifts = [
        (decision.occurred_at, decision.purchase.customer_id)
        for decision in DecisionRecord.objects.select_related("purchase")
        if any(outcome[0] == "birthday" and outcome[2] == "granted" for outcome in decision.record["outcomes"])
    ]
    births = dict(Customer.objects.filter(birth_on__isnull=False).values_list("id", "birth_on"))
    assert gifts
    assert all(births[customer_id].month == moment.month for moment, customer_id in gifts)


def treated_by(key: str) -> set[UUID]:
    members = Campaign.objects.get(key=key).members.filter(arm="treated")
    return set(members.values_list("customer_id", flat=True))


def _check_plans() -> None:
    over = Campaign.objects.get(key="revenez_nous")
    assert (over.state, over.finished_at) == ("ended", over.ends_at)
    last = over.results.get()
    assert last.counted_until == over.ends_at, "measured on the whole of its weeks"
    assert {arm: last.tallies[arm]["people"] for arm in ("treated", "control")} == {
        arm: over.audience[arm] for arm in ("treated", "control")
    }
    assert last.given["points"] > 0
    assert Segment.objects.filter(key="acheteurs-reguliers", member_count__gt=0).exists()
    assert Refresh.objects.count() == 2
    campaign = Campaign.objects.get(key="cafe_automne")
    assert (campaign.state, Campaign.objects.get(key="retour_hiver").state) == ("running", "draft")
    page = get_result(by=SYSTEM, campaign=campaign)
    assert page is not None
    assert page.treated.people + page.control.people == sum(campaign.audience[arm] for arm in ("treated", "control"))
    assert page.buyers.effect.low <= page.buyers.effect.difference <= page.buyers.effect.high


def test_it_never_mixes_with_what_is_there(tmp_path: Path) -> None:
    rocco()
    assert find_state(by=SYSTEM) is State.EMPTY, "a log-in alone is nothing to mix with"
    set_up_operator(by=SYSTEM, at=AT, name="Rocco", country="FR", currency="EUR", language="fr", time_zone="UTC")
    with pytest.raises(NotEmpty):
        fill(by=SYSTEM, at=AT, customers=300, seed=1, password=PASSWORD, folder=tmp_path)
    assert (Customer.objects.count(), Operator.objects.count()) == (0, 1)


def test_one_that_was_broken_off_says_so(tmp_path: Path) -> None:
    remember(BEGUN, by=SYSTEM, at=AT, facts={})
    with pytest.raises(Unfinished, match=r"not finished\. `fidelia stop`, then `fidelia demo --remove`"):
        fill(by=SYSTEM, at=AT, customers=300, seed=1, password=PASSWORD, folder=tmp_path)


@pytest.mark.parametrize("password", ["leonore", "leonore-2026", "berthier1805"])
def test_a_weak_password_is_refused_before_anything_is_written(tmp_path: Path, password: str) -> None:
    with override("fr"), pytest.raises(PasswordTooWeak, match="password is too"):
        fill(by=SYSTEM, at=AT, customers=300, seed=1, password=password, folder=tmp_path)
    assert (Audit.objects.count(), find_state(by=SYSTEM)) == (0, State.EMPTY)


def test_log_ins_are_told_again_and_to_nobody_else(tmp_path: Path) -> None:
    assert "were printed" in read_log_ins(tmp_path)
    password = make_password()
    keep_log_ins(tmp_path, password)
    assert password in read_log_ins(tmp_path)
    assert "sophie.berthier@maison-eleonore.example" in read_log_ins(tmp_path)
    assert stat.S_IMODE((tmp_path / "log-ins.txt").stat().st_mode) == 0o600
    assert make_password() != password
