"""Codes: sent to members alone, asked for and answered alike for everybody, tried five times, used once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from fidelia.access.errors import RateLimited
from fidelia.customers.models import ContactPoint, Customer
from fidelia.customers.operations import record_consent
from fidelia.kernel.addresses import MalformedEmail
from fidelia.kernel.ids import new_id
from fidelia.kernel.outbox import Announced, Origin
from fidelia.kernel.sealing import unseal
from fidelia.members.errors import CodeOver, LinkOver, NotThisPerson, UnknownSession, WrongCode
from fidelia.members.models import Code, MemberSession
from fidelia.members.operations import (
    ask_address_code,
    ask_code,
    confirm_address,
    end_session,
    enter_code,
    open_by_link,
    open_session,
    use_session,
)
from fidelia.members.queries import candidates_of, list_open_sessions
from fidelia.members.reactions import send_codes
from fidelia.messaging.models import Message
from fidelia.messaging.operations import MessageRequest, send_message
from fidelia.messaging.queries import portal_url_for
from fidelia.messaging.queries.senders import SEALED_PURPOSE
from tests.cast import AT, PIZARRO, SYSTEM
from tests.programme.cast import programme

from .company import HOME, digits_for, member, merge, open_portal, person

pytestmark = pytest.mark.django_db(transaction=True)
EMAIL = "florestan@example.com"


@pytest.fixture(autouse=True)
def portal() -> None:
    programme()
    open_portal()


def ask(address: str = EMAIL, at: Any = AT, network: str = HOME) -> str:
    return ask_code(at=at, address=address, network=network, language="fr").token


def serve(at: Any = AT) -> None:
    """What the worker does with every code that was asked for."""
    events = [
        Announced(number, "member_code.asked", 1, Origin.LIVE, None, {"code_id": str(code.id)}, at, at)
        for number, code in enumerate(Code.objects.order_by("asked_at"), start=1)
    ]
    with transaction.atomic():
        send_codes(events, by=SYSTEM, at=at)


def test_a_member_comes_in_by_the_digits_of_the_letter() -> None:
    florestan = member(EMAIL)
    token = ask(" Florestan@Example.com ")
    serve()
    message = Message.objects.get()
    assert (message.purpose, message.address, message.state) == ("access", EMAIL, "queued")
    digits = digits_for(token)
    assert digits not in str(message.variables)
    assert unseal(message.sealed, purpose=SEALED_PURPOSE) == f'{{"code": "{digits[:3]}\\u00a0{digits[3:]}"}}'
    assert enter_code(at=AT, token=token, digits=f"{digits[:3]} {digits[3:]}", network=HOME) == (florestan.id,)
    session = open_session(at=AT, token=token, customer_id=florestan.id, device="Firefox")
    found = use_session(at=AT, token=session.token)
    assert found is not None
    assert found.customer_id == florestan.id
    assert bytes(found.token_hash) != session.token.encode()


def test_who_refused_service_messages_still_gets_the_code_she_asks_for() -> None:
    florestan = member(EMAIL)
    record_consent(
        by=SYSTEM, at=AT, customer_id=florestan.id, purpose="service", channel="email", given=False, proof={}
    )
    ask()
    serve()
    assert Message.objects.get().state == "queued"


def test_an_address_that_nobody_has_is_answered_alike_by_the_same_work() -> None:
    member(EMAIL)
    person("marzelline@example.com", "Marzelline")
    ask("warm@example.com")
    counts = []
    for address in (EMAIL, "nobody@example.com", "marzelline@example.com"):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            ask(address)
        counts.append([str(query["sql"]).split(" ")[0] for query in asked.captured_queries])
    assert counts[0] == counts[1] == counts[2]
    assert Code.objects.count() == 4
    serve()
    assert [message.address for message in Message.objects.all()] == [EMAIL]


def test_the_digits_of_an_address_that_nobody_has_open_nothing() -> None:
    token = ask("nobody@example.com")
    with pytest.raises(WrongCode):
        enter_code(at=AT, token=token, digits=digits_for(token), network=HOME)


def test_five_tries_and_the_right_digits_come_too_late() -> None:
    florestan = member(EMAIL)
    token = ask()
    digits = digits_for(token)
    wrong = f"{(int(digits) + 1) % 1_000_000:06d}"
    for left in (4, 3, 2, 1, 0):
        with pytest.raises(WrongCode) as refused:
            enter_code(at=AT, token=token, digits=wrong, network=HOME)
        assert refused.value.details["left"] == left
    with pytest.raises(CodeOver):
        enter_code(at=AT, token=token, digits=digits, network=HOME)
    with pytest.raises(CodeOver):
        open_session(at=AT, token=token, customer_id=florestan.id, device="")
    assert MemberSession.objects.count() == 0


def test_eight_at_once_have_five_tries_together() -> None:
    member(EMAIL)
    token = ask()
    wrong = f"{(int(digits_for(token)) + 1) % 1_000_000:06d}"

    def guess(_number: int) -> str:
        try:
            enter_code(at=AT, token=token, digits=wrong, network=HOME)
        except (WrongCode, CodeOver) as refusal:
            return refusal.code
        finally:
            connection.close()
        return "in"

    with ThreadPoolExecutor(8) as pool:
        said = sorted(pool.map(guess, range(8)))
    assert said == ["code_over"] * 3 + ["wrong_code"] * 5


@pytest.mark.parametrize("digits", ["", "12345", "1234567", "١٢٣٤٥٦", "abcdef", "' or 1=1", "9" * 5_000])
def test_what_is_no_code_is_a_wrong_one(digits: str) -> None:
    member(EMAIL)
    with pytest.raises(WrongCode):
        enter_code(at=AT, token=ask(), digits=digits, network=HOME)


def test_a_code_ends_after_ten_minutes_and_works_once() -> None:
    florestan = member(EMAIL)
    token = ask()
    digits = digits_for(token)
    with pytest.raises(CodeOver):
        enter_code(at=AT + timedelta(minutes=10), token=token, digits=digits, network=HOME)
    enter_code(at=AT + timedelta(minutes=9), token=token, digits=digits, network=HOME)
    with pytest.raises(CodeOver):
        enter_code(at=AT + timedelta(minutes=9), token=token, digits=digits, network=HOME)
    with pytest.raises(CodeOver):
        open_session(at=AT + timedelta(minutes=20), token=token, customer_id=florestan.id, device="")
    open_session(at=AT + timedelta(minutes=12), token=token, customer_id=florestan.id, device="")
    with pytest.raises(CodeOver):
        open_session(at=AT + timedelta(minutes=12), token=token, customer_id=florestan.id, device="")


def test_the_digits_work_in_the_browser_alone_that_asked() -> None:
    member(EMAIL)
    mine, other = ask(), ask(network="198.51.100.4")
    with pytest.raises(WrongCode):
        enter_code(at=AT, token=other, digits=digits_for(mine), network=HOME)
    with pytest.raises(CodeOver):
        enter_code(at=AT, token="made up", digits=digits_for(mine), network=HOME)


def test_five_codes_an_hour_go_to_an_address_whoever_has_it() -> None:
    member(EMAIL)
    for address in (EMAIL, "nobody@example.com"):
        for number in range(5):
            ask(address, network=f"192.0.2.{number}")
        with pytest.raises(RateLimited):
            ask(address, network="198.51.100.4")
    ask(at=AT + timedelta(hours=1), network="198.51.100.5")


def test_a_network_asks_sixty_times_an_hour() -> None:
    for number in range(60):
        ask(f"a{number}@example.com")
    with pytest.raises(RateLimited):
        ask("b@example.com")
    assert Code.objects.count() == 60


def test_a_malformed_address_is_said_to_be_one() -> None:
    with pytest.raises(MalformedEmail):
        ask("florestan")


def test_a_household_chooses_and_cannot_choose_a_stranger() -> None:
    florestan, leonore = member("rey@example.com"), member("rey@example.com", "Léonore")
    stranger = member("pizarro@example.com", "Pizarro")
    token = ask("rey@example.com")
    found = enter_code(at=AT, token=token, digits=digits_for(token), network=HOME)
    assert set(found) == {florestan.id, leonore.id}
    for nobody in (stranger.id, new_id()):
        with pytest.raises(NotThisPerson):
            open_session(at=AT, token=token, customer_id=nobody, device="")
    assert open_session(at=AT, token=token, customer_id=leonore.id, device="").session.customer_id == leonore.id


def test_an_address_that_a_till_writes_for_everybody_opens_nothing() -> None:
    for number in range(13):
        member("sans@example.com", f"Client {number}")
    assert candidates_of("sans@example.com") == ()


def test_who_was_merged_comes_in_as_the_survivor_and_who_was_erased_does_not() -> None:
    old, new = member(EMAIL), member("leonore@example.com", "Léonore")
    merge(old.id, new.id)
    assert candidates_of(EMAIL) == (new.id,)
    Customer.objects.filter(id=new.id).update(erased_at=AT)
    assert candidates_of(EMAIL) == ()


def test_an_address_that_was_given_up_opens_nothing() -> None:
    member(EMAIL)
    ContactPoint.objects.update(status="retired")
    assert candidates_of(EMAIL) == ()


def test_while_the_pages_are_closed_nothing_is_sent() -> None:
    member(EMAIL)
    open_portal(is_open=False)
    ask()
    serve()
    assert Message.objects.count() == 0


def logged_in(customer_id: UUID, address: str = EMAIL, former: str = "") -> tuple[UUID, str]:
    token = ask(address)
    enter_code(at=AT, token=token, digits=digits_for(token), network=HOME)
    new = open_session(at=AT, token=token, customer_id=customer_id, device="Chrome, Android", former=former)
    return new.session.id, new.token


def test_a_device_has_one_session_and_another_one_can_be_ended() -> None:
    florestan = member(EMAIL)
    _first, token = logged_in(florestan.id)
    second, again = logged_in(florestan.id, former=token)
    assert use_session(at=AT, token=token) is None
    phone, phone_token = logged_in(florestan.id)
    assert {one.id for one in list_open_sessions(florestan.id, AT)} == {second, phone}
    end_session(at=AT, customer_id=florestan.id, session_id=phone)
    assert use_session(at=AT, token=phone_token) is None
    assert use_session(at=AT, token=again) is not None
    with pytest.raises(UnknownSession):
        end_session(at=AT, customer_id=florestan.id, session_id=phone)


def test_nobody_ends_the_session_of_another() -> None:
    florestan, leonore = member(EMAIL), member("leonore@example.com", "Léonore")
    session, token = logged_in(florestan.id)
    with pytest.raises(UnknownSession):
        end_session(at=AT, customer_id=leonore.id, session_id=session)
    assert use_session(at=AT, token=token) is not None


def test_a_session_lives_on_while_it_is_used_and_ends_half_a_year_after() -> None:
    florestan = member(EMAIL)
    _id, token = logged_in(florestan.id)
    assert use_session(at=AT + timedelta(days=100), token=token) is not None
    assert use_session(at=AT + timedelta(days=279), token=token) is not None
    assert use_session(at=AT + timedelta(days=460), token=token) is None
    assert use_session(at=AT, token="") is None


def letter(customer_id: UUID) -> str:
    """The token of the link in a letter."""
    request = MessageRequest(
        customer_id=customer_id, template="points_expiring", purpose="service", idempotency_key=str(new_id()),
        variables={"points": "1", "unit": "points", "until": "demain", "programme": "Cercle"},
    )  # fmt: skip
    url = portal_url_for(send_message(by=SYSTEM, at=AT, request=request).id)
    return url.rpartition("/")[2]


def test_the_link_of_a_letter_opens_once_and_says_what_it_is_about() -> None:
    florestan = member(EMAIL)
    token = letter(florestan.id)
    new, template = open_by_link(at=AT, token=token, device="")
    assert (new.session.customer_id, new.session.how, template) == (florestan.id, "link", "points_expiring")
    for again in (token, token[:-2], "", letter(new_id())):
        with pytest.raises(LinkOver):
            open_by_link(at=AT, token=again, device="")
    assert MemberSession.objects.count() == 1


def test_the_letter_with_a_code_has_no_link_that_opens() -> None:
    member(EMAIL)
    ask()
    serve()
    token = portal_url_for(Message.objects.get().id).rpartition("/")[2]
    with pytest.raises(LinkOver):
        open_by_link(at=AT, token=token, device="")


def prove(customer: Customer, address: str) -> str:
    return ask_address_code(
        by=SYSTEM, at=AT, customer_id=customer.id, address=address, network=HOME, language="fr"
    ).token  # fmt: skip


def test_a_new_address_is_proven_before_it_takes_the_place_of_the_former() -> None:
    florestan = member(EMAIL)
    token = prove(florestan, "new@example.com")
    serve()
    assert Message.objects.get().address == "new@example.com"
    assert candidates_of("new@example.com") == ()
    confirm_address(by=SYSTEM, at=AT, customer_id=florestan.id, token=token, digits=digits_for(token), network=HOME)
    assert (candidates_of("new@example.com"), candidates_of(EMAIL)) == ((florestan.id,), ())
    assert ContactPoint.objects.get(value="new@example.com").verified_at == AT


def test_the_code_for_an_address_is_its_own_members_and_logs_nobody_in() -> None:
    florestan, pizarro = member(EMAIL), member("pizarro@example.com", "Pizarro")
    token = prove(florestan, "new@example.com")
    with pytest.raises(CodeOver):
        enter_code(at=AT, token=token, digits=digits_for(token), network=HOME)
    with pytest.raises(CodeOver):
        confirm_address(by=SYSTEM, at=AT, customer_id=pizarro.id, token=token, digits=digits_for(token), network=HOME)
    assert candidates_of("new@example.com") == ()
    with pytest.raises(Exception, match=r"customer\.change"):
        ask_address_code(by=PIZARRO, at=AT, customer_id=florestan.id, address=EMAIL, network=HOME, language="fr")


def test_codes_are_gone_after_a_day() -> None:
    member(EMAIL)
    ask()
    ask(at=AT + timedelta(days=2))
    assert Code.objects.count() == 1
