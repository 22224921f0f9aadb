"""Many points are spent with the member's own yes: a code that goes to them by real mail, told and used once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction

from fidelia.access.errors import RateLimited
from fidelia.activity.errors import ExpectedTotalDiffers
from fidelia.activity.models import Purchase
from fidelia.activity.operations.checkouts import BasketLine, CheckoutBasket, CheckoutCall, close_checkout
from fidelia.kernel.errors import FideliaError
from fidelia.kernel.localized import LocalizedText
from fidelia.kernel.outbox import Announced, Origin
from fidelia.members.errors import CodeOver, NowhereToSend, WrongCode
from fidelia.members.models import Code
from fidelia.members.operations import CodeProof, SpendingCode, ask_spending_code
from fidelia.members.reactions import send_codes
from fidelia.messaging.jobs import deliver_due_messages
from fidelia.programme.errors import ConfirmationNeeded
from fidelia.programme.models import Enrolment
from fidelia.programme.operations.points import grant_points
from fidelia.programme.queries import Proven
from fidelia.rewards.models import Redemption
from fidelia.rewards.operations import RewardTerms, add_reward, redeem_reward
from tests.cast import AT, SYSTEM
from tests.messaging.post_office import PostOffice
from tests.programme.cast import DOCUMENT, programme

from .company import member, open_portal

pytestmark = pytest.mark.django_db(transaction=True)
POINTS = {"pays": {"points": "1", "money": "1"}, "confirmed_above": "10"}


@pytest.fixture
def post_office(settings: Any) -> Iterator[PostOffice]:
    with PostOffice() as office:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", office.port
        yield office


def rich(customer_id: UUID) -> Enrolment:
    enrolment = Enrolment.objects.get(customer_id=customer_id)
    grant_points(by=SYSTEM, at=AT, enrolment=enrolment, amount=100, reason="to spend", key=f"g {customer_id}")
    return enrolment


@pytest.fixture
def florestan() -> Enrolment:
    programme({**DOCUMENT, "points": POINTS})
    open_portal()
    return rich(member("florestan@example.com").id)


def close(
    enrolment: Enrolment, points: str, proof: CodeProof | None = None, *, key: str = "k", at: Any = AT,
    expected: str | None = None,
) -> Any:  # fmt: skip
    basket = CheckoutBasket(
        currency="EUR",
        lines=(BasketLine("moka", 1000, 5000, 2),),
        customer_id=enrolment.customer_id,
        pays_with_points=True,
        pay_points=points,
    )
    call = CheckoutCall(
        idempotency_key=key, step="close", source="till", number=key, basket=basket, proof=proof,
        expected_total=expected,
    )  # fmt: skip
    return close_checkout(by=SYSTEM, at=at, call=call)


def asked(enrolment: Enrolment, points: int, *, at: Any = AT) -> SpendingCode:
    return ask_spending_code(by=SYSTEM, at=at, enrolment_id=enrolment.id, points=points)


def told(office: PostOffice, *, at: Any = AT) -> str:
    """Send the letters that wait by SMTP, and read the digits in the last."""
    code = Code.objects.order_by("-asked_at", "-id")[0]
    event = Announced(1, "member_code.asked", 1, Origin.LIVE, None, {"code_id": str(code.id)}, at, at)
    with transaction.atomic():
        send_codes([event], by=SYSTEM, at=at)
    deliver_due_messages(by=SYSTEM, clock=lambda: at)
    assert office.recipients[-1] == "florestan@example.com"
    found = re.search(r"(\d{3})\s(\d{3})", str(office.taken[-1]["Subject"]))
    assert found is not None
    return "".join(found.groups())


def proof(code: SpendingCode, digits: str) -> CodeProof:
    return CodeProof(code.token, digits, "till 2")


def test_few_points_are_spent_just_so(florestan: Enrolment) -> None:
    assert close(florestan, "10").checkout["state"] == "closed"


def test_many_points_are_spent_with_the_code_that_came_by_mail(florestan: Enrolment, post_office: PostOffice) -> None:
    with pytest.raises(ConfirmationNeeded):
        close(florestan, "11")
    assert not Purchase.objects.exists()
    code = asked(florestan, 11)
    assert code.sent_to == "f•••@example.com"
    digits = told(post_office)
    shown = proof(code, f"{digits[:3]} {digits[3:]}")
    assert close(florestan, "11", shown).checkout["state"] == "closed"
    assert close(florestan, "11", shown).is_replay  # the same call, sent again
    with pytest.raises(CodeOver):
        close(florestan, "11", shown, key="another")
    assert Purchase.objects.count() == 1


def test_after_five_wrong_tries_the_right_digits_are_too_late(florestan: Enrolment, post_office: PostOffice) -> None:
    code = asked(florestan, 50)
    digits = told(post_office)
    wrong = f"{(int(digits) + 1) % 1_000_000:06d}"
    for left in (4, 3, 2, 1, 0):
        with pytest.raises(WrongCode) as refusal:
            close(florestan, "50", proof(code, wrong))
        assert refusal.value.details["left"] == left
    with pytest.raises(CodeOver):
        close(florestan, "50", proof(code, digits))
    assert not Purchase.objects.exists()


def test_a_code_is_for_so_many_points_five_minutes_and_its_member(
    florestan: Enrolment, post_office: PostOffice
) -> None:
    code = asked(florestan, 20)
    digits = told(post_office)
    with pytest.raises(CodeOver):
        close(florestan, "21", proof(code, digits))
    with pytest.raises(CodeOver):
        close(florestan, "20", proof(code, digits), at=AT + timedelta(minutes=5))
    other = rich(member("leonore@example.com", "Léonore").id)
    with pytest.raises(CodeOver):
        close(other, "20", proof(code, digits))
    assert close(florestan, "20", proof(code, digits)).checkout["state"] == "closed"


def test_a_closure_that_is_refused_leaves_the_code_for_the_next(florestan: Enrolment, post_office: PostOffice) -> None:
    code = asked(florestan, 50)
    shown = proof(code, told(post_office))
    with pytest.raises(ExpectedTotalDiffers):
        close(florestan, "50", shown, expected="1.00")
    assert close(florestan, "50", shown).checkout["state"] == "closed"


def test_two_at_once_use_a_code_once(florestan: Enrolment, post_office: PostOffice) -> None:
    code = asked(florestan, 40)
    shown = proof(code, told(post_office))

    def spend(key: str) -> str:
        try:
            return str(close(florestan, "40", shown, key=key).checkout["state"])
        except FideliaError as refusal:
            return refusal.code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as both:
        said = sorted(both.map(spend, ("a", "b")))
    assert said == ["closed", "code_over"]
    assert Purchase.objects.count() == 1


def test_codes_are_not_asked_for_without_end_nor_sent_nowhere(florestan: Enrolment) -> None:
    for _ in range(5):
        asked(florestan, 50)
    with pytest.raises(RateLimited):
        asked(florestan, 50)
    nobody = Enrolment.objects.get(customer_id=member(None, "Rocco").id)
    with pytest.raises(NowhereToSend):
        asked(nobody, 50)


def test_a_dear_reward_needs_it_too_and_who_is_on_their_pages_has_proven_it(
    florestan: Enrolment, post_office: PostOffice
) -> None:
    mug = RewardTerms(name=LocalizedText(en="Mug", fr="Tasse"), kind="gift", points=30, valid_from=date(2026, 3, 1))
    reward = add_reward(by=SYSTEM, at=AT, programme=florestan.programme, key="mug", terms=mug).id
    with pytest.raises(ConfirmationNeeded):
        redeem_reward(by=SYSTEM, at=AT, enrolment=florestan, reward_id=reward)
    assert not Redemption.objects.exists()
    code = asked(florestan, 30)
    shown = proof(code, told(post_office))
    redeem_reward(by=SYSTEM, at=AT, enrolment=florestan, reward_id=reward, proof=shown)
    redeem_reward(by=SYSTEM, at=AT, enrolment=florestan, reward_id=reward, proof=Proven())
    assert Redemption.objects.count() == 2
