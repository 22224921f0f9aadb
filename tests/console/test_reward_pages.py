"""The pages of rewards: the catalog, one with its picture, what to hand over, and a customer's own."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from fidelia.kernel.localized import LocalizedText
from fidelia.ledger.queries import get_balance
from fidelia.programme.models import Enrolment
from fidelia.programme.operations.points import grant_points
from fidelia.rewards.models import Redemption, Reward
from fidelia.rewards.operations import RewardTerms, add_reward
from tests.cast import SYSTEM, leonore, pizarro
from tests.programme.cast import AT, DOCUMENT, member, programme
from tests.ui.test_pictures import png

from .test_customers import signed_in

PNG = png(40, 30)
FORM = {
    "name_fr": "Tasse en grès", "name_en": "Stoneware mug", "kind": "gift", "key": "mug", "points": "150",
    "valid_from": "2026-03-01", "pieces": "3", "money": "2,50",
}  # fmt: skip


pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def fidelio(db: None) -> Enrolment:
    enrolment = member(programme({**DOCUMENT, "cheques": [{"points": "200", "money": "10"}]}))
    grant_points(by=SYSTEM, at=AT, enrolment=enrolment, amount=180, reason="x", key="g1")
    return enrolment


@pytest.fixture
def office(fidelio: Enrolment) -> Client:
    return signed_in(leonore())


def mug(of: Enrolment, **changes: Any) -> Reward:
    terms = {
        "name": LocalizedText(en="Mug", fr="Tasse"), "kind": "gift", "points": 150, "valid_from": date(2026, 3, 1),
        "pieces": 2, **changes,
    }  # fmt: skip
    return add_reward(by=SYSTEM, at=AT, programme=of.programme, key="mug", terms=RewardTerms(**terms))


def test_a_reward_is_added_with_its_picture_changed_and_ended(
    office: Client, fidelio: Enrolment, settings: Any, tmp_path: Path
) -> None:
    settings.FILES_URL = f"file://{tmp_path}"
    assert "No reward yet" in office.get("/console/rewards/").content.decode()
    form = {**FORM, "programme": str(fidelio.programme_id)}
    broken = office.post("/console/rewards/new/", {**form, "picture": SimpleUploadedFile("a.png", b"no picture")})
    assert broken.status_code == 422
    made = office.post("/console/rewards/new/", {**form, "picture": SimpleUploadedFile("a.png", PNG)})
    one = Reward.objects.get()
    assert made["Location"] == f"/console/rewards/{one.id}/"
    assert (one.points, one.money, one.stock.pieces if one.stock else None) == (150, 250, 3)
    shown = office.get(f"/console/rewards/{one.id}/picture/")
    assert (shown.content, shown["Content-Type"], shown["X-Content-Type-Options"]) == (PNG, "image/png", "nosniff")
    assert "Stoneware mug" in office.get("/console/rewards/").content.decode()
    changed = office.post(f"/console/rewards/{one.id}/", {**FORM, "points": "120", "pieces": "5"})
    assert changed.status_code == 302
    one.refresh_from_db()
    assert (one.points, one.picture_id is not None) == (120, True)
    office.post(f"/console/rewards/{one.id}/end/")
    one.refresh_from_db()
    assert one.ended_at is not None
    assert office.get(f"/console/rewards/{one.id}/").status_code == 200


def test_what_the_domain_refuses_stands_at_its_field(office: Client, fidelio: Enrolment) -> None:
    form = {**FORM, "programme": str(fidelio.programme_id)}
    for change in ({"condition": "member.tier =="}, {"kind": "sample"}, {"kind": "voucher"}, {"points": "1,5"}):
        assert office.post("/console/rewards/new/", {**form, **change}).status_code == 422
    assert not Reward.objects.exists()


def test_a_member_chooses_and_what_was_chosen_is_handed_over_or_cancelled(office: Client, fidelio: Enrolment) -> None:
    one = mug(fidelio)
    page = f"/console/customers/{fidelio.customer_id}/rewards/"
    assert "20" in office.get(page).content.decode()  # points missing to the next cheque
    assert office.post(f"{page}{one.id}/").status_code == 302
    chosen = Redemption.objects.get()
    refused = office.post(f"{page}{one.id}/", follow=True).content.decode()
    assert Redemption.objects.count() == 1
    assert "Mug" in refused
    assert "Florestan" in office.get("/console/redemptions/").content.decode()
    office.post(f"/console/redemptions/{chosen.id}/cancel/", {"reason": "cassée", "next": "customer"})
    chosen.refresh_from_db()
    assert (chosen.state, chosen.reason) == ("cancelled", "cassée")
    assert get_balance(account_id=fidelio.account_id, currency="PTS", at=AT).available == 180
    office.post(f"{page}{one.id}/")
    again = Redemption.objects.get(state="reserved")
    office.post("/console/redemptions/fulfil/", {"id": [str(again.id), "nonsense"]})
    again.refresh_from_db()
    assert again.state == "fulfilled"
    for state in ("reserved", "fulfilled", "cancelled", "nonsense"):
        assert office.get(f"/console/redemptions/?state={state}").status_code == 200


def test_without_the_right_nothing_is_seen(fidelio: Enrolment) -> None:
    mug(fidelio)
    nobody = signed_in(pizarro())
    for path in ("/console/rewards/", "/console/redemptions/", "/console/rewards/new/"):
        assert nobody.get(path).status_code == 403


def test_the_page_of_the_terms_says_what_turns_points_into_a_cheque(office: Client, fidelio: Enrolment) -> None:
    page = office.get(f"/console/programmes/{fidelio.programme.slug}/versions/1/points/")
    text = page.content.decode()
    assert "Loyalty cheque" in text
    assert "200" in text
