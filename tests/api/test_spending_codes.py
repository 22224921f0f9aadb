"""Codes for many points by the API: asked for, told, used by a closure and by the choice of a reward."""

from __future__ import annotations

import pytest

from fidelia.customers.operations import add_contact_point
from fidelia.kernel.localized import LocalizedText
from fidelia.ledger.queries import get_balance
from fidelia.members.models import Code
from fidelia.members.queries import digits_of
from fidelia.programme.models import Enrolment, PointsCurrency
from fidelia.programme.operations import draft_version, publish_version
from fidelia.programme.operations.points import add_points_currency, grant_points
from tests.cast import AT, SYSTEM
from tests.programme.cast import DOCUMENT, member, programme
from tests.programme.test_pools import LEONORE

from .caller import Caller

POINTS = {"pays": {"points": "1", "money": "1"}, "confirmed_above": "10"}


@pytest.fixture
def rich(db: None) -> Enrolment:
    enrolment = member(programme({**DOCUMENT, "points": POINTS}))
    grant_points(by=SYSTEM, at=AT, enrolment=enrolment, amount=100, reason="to spend", key="g")
    add_contact_point(
        by=SYSTEM, at=AT, customer_id=enrolment.customer_id, channel="email", value="florestan@example.com",
        source="till",
    )  # fmt: skip
    return enrolment


def closure(enrolment: Enrolment, **more: object) -> dict[str, object]:
    line = {"product": "moka", "quantity": "1", "unit_price": "50.00"}
    basket = {"currency": "EUR", "member": {"customer_id": str(enrolment.customer_id)}, "lines": [line]}
    return {"basket": {**basket, "pay_points": "40"}, **more}


def test_a_till_asks_for_a_code_and_closes_with_its_digits(rich: Enrolment) -> None:
    till = Caller("purchase.*", "reward.*", "customer.see", "points.see")
    till.post("/checkouts/T1/closure", closure(rich)).problem(409, "confirmation_needed")
    asked = till.post("/spending-codes", {"enrolment_id": str(rich.id), "points": "40"})
    assert asked.status == 201
    held = asked.json()
    assert set(held) == {"token", "sent_to", "expires_at"}
    digits = digits_of(Code.objects.get())
    wrong = f"{(int(digits) + 1) % 1_000_000:06d}"
    shown = {"token": held["token"], "digits": wrong}
    problem = till.post("/checkouts/T1/closure", closure(rich, confirmation=shown)).problem(422, "wrong_code")
    assert problem["pointer"] == "/confirmation/digits"
    shown["digits"] = digits
    closed, again = (till.post("/checkouts/T1/closure", closure(rich, confirmation=shown), key="k") for _ in range(2))
    assert (closed.status, again.status) == (201, 201)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert closed.json()["number"] == "T1"


def test_who_may_not_choose_for_members_sends_no_code(rich: Enrolment) -> None:
    nobody = Caller("purchase.record")
    nobody.post("/spending-codes", {"enrolment_id": str(rich.id), "points": "40"}).problem(403, "denied")
    till = Caller("reward.*")
    till.post("/spending-codes", {"enrolment_id": str(rich.id), "points": "0"}).problem(422, "no_points")


def test_points_given_away_or_exchanged_in_numbers_need_the_code_too(rich: Enrolment) -> None:
    euros = PointsCurrency.objects.create(
        code="EURC", name=LocalizedText(en="euros", fr="euros"), scale=2, look="money"
    )
    add_points_currency(by=SYSTEM, at=AT, programme=rich.programme, currency=euros, role="cagnotte")
    way = {"from": "", "to": "EURC", "points": "10", "gives": "1"}
    document = {**DOCUMENT, "points": POINTS, "currencies": {"EURC": {}}, "conversions": [way]}
    publish_version(
        by=SYSTEM, at=AT, version=draft_version(by=SYSTEM, at=AT, programme=rich.programme, document=document)
    )  # fmt: skip
    leonore = member(rich.programme, LEONORE)
    app = Caller("points.*", "reward.redeem", "customer.see")
    at = f"/enrolments/{rich.id}"
    for verb, body in (
        ("transfers", {"to": str(leonore.id), "points": "20", "reason": "Cadeau"}),
        ("conversions", {"points": "20", "to": "EURC"}),
    ):
        before = available(rich)
        app.post(f"{at}/{verb}", body, key=f"{verb}-1").problem(409, "confirmation_needed")
        assert available(rich) == before
        few = app.post(f"{at}/{verb}", {**body, "points": "10"}, key=f"{verb}-few")
        assert few.status == 201
        held = app.post("/spending-codes", {"enrolment_id": str(rich.id), "points": "20"}).json()
        shown = {"token": held["token"], "digits": digits_of(Code.objects.order_by("-id")[0])}
        for _again in range(2):
            assert app.post(f"{at}/{verb}", {**body, "confirmation": shown}, key=f"{verb}-2").status == 201
        app.post(f"{at}/{verb}", {**body, "confirmation": shown}, key=f"{verb}-3").problem(409, "code_over")
        assert available(rich) == before - 30


def available(of: Enrolment) -> int:
    return get_balance(account_id=of.account_id, currency="PTS", at=AT).available
