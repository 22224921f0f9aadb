"""Join by oneself: alike for everybody, proven before anything is written, one record for one person."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction

from fidelia.access.errors import RateLimited
from fidelia.cards.models import Card
from fidelia.cards.operations import NewCardSeries, create_card_series, hand_out
from fidelia.customers.models import Consent, ContactPoint, Customer
from fidelia.customers.queries import ids_of
from fidelia.kernel.addresses import MalformedEmail
from fidelia.kernel.errors import Invalid
from fidelia.kernel.localized import LocalizedText
from fidelia.kernel.outbox import Announced, Origin
from fidelia.members.errors import BirthdayMissing, CodeOver, JoiningClosed, NamelessNewcomer, TooYoung, WrongCode
from fidelia.members.models import Code, MemberSession, SignUp
from fidelia.members.operations import (
    Agreed,
    Joined,
    Newcomer,
    ask_to_join,
    finish_left_sign_ups,
    forget_old_codes,
    join,
    open_by_sign_up,
)
from fidelia.members.privacy import erase
from fidelia.members.queries import joining_policy, programmes_to_join, sign_up_of
from fidelia.members.reactions import send_codes
from fidelia.messaging.models import Message
from fidelia.organisation.operations import set_up_operator
from fidelia.programme.models import Enrolment, Programme
from fidelia.programme.operations import draft_version, publish_version
from fidelia.programme.queries import get_programme
from fidelia.programme.queries.differences import compare_documents
from fidelia.referral.models import Referral
from fidelia.referral.operations import code_of_member
from fidelia.rules.joining_terms import JoiningPolicy, age_on, parse_joining
from fidelia.rules.reading import MalformedTerms
from tests.cast import AT, SYSTEM
from tests.programme.cast import AUTHOR, DOCUMENT, programme

from .company import HOME, digits_for, member, open_portal, person

pytestmark = pytest.mark.django_db(transaction=True)
EMAIL = "marzelline@example.com"
OFFERS = Agreed(purpose="marketing", channel="email", wording="Des offres par e-mail.", version="portal-2026-11")


@pytest.fixture(autouse=True)
def shop() -> None:
    set_up_operator(
        by=SYSTEM, at=AT, name="Rocco", country="FR", currency="EUR", language="fr", time_zone="Europe/Paris"
    )
    programme()
    open_portal()


def publish(joining: Any, **parts: Any) -> Programme:
    """The programme's terms of joining from a day before on."""
    found = get_programme("cercle")
    day = AT - timedelta(days=1)
    draft = draft_version(by=AUTHOR, at=day, programme=found, document={**DOCUMENT, "joining": joining, **parts})
    publish_version(by=SYSTEM, at=day, version=draft)
    return found


def ask(address: str = EMAIL, name: str = "Marzelline", network: str = HOME, **said: Any) -> str:
    newcomer = Newcomer(given_name=name, **said)
    return ask_to_join(
        at=AT, programme=get_programme("cercle"), address=address, newcomer=newcomer, network=network
    ).token  # fmt: skip


def enter(token: str, at: Any = AT) -> Joined:
    return join(at=at, token=token, digits=digits_for(token), network=HOME)


def serve() -> None:
    events = [
        Announced(number, "member_code.asked", 1, Origin.LIVE, None, {"code_id": str(code.id)}, AT, AT)
        for number, code in enumerate(Code.objects.order_by("asked_at"), start=1)
    ]
    with transaction.atomic():
        send_codes(events, by=SYSTEM, at=AT)


def test_somebody_new_joins_by_a_code_with_consents_as_proof_and_a_welcome() -> None:
    publish({})
    token = ask(family_name="Rey", birth_on=date(1990, 2, 28), language="en", agreed=(OFFERS,))
    serve()
    letter = Message.objects.get()
    assert (letter.address, letter.language, letter.state, letter.purpose) == (EMAIL, "en", "queued", "access")
    assert Customer.objects.count() == 0, "nothing is written before the address is proven"
    joined = enter(token)
    customer = Customer.objects.get()
    assert (joined.customer_id, joined.person) == (customer.id, "new")
    assert (customer.display_name, customer.birth_on, customer.language, customer.source, customer.country) == (
        "Marzelline Rey", date(1990, 2, 28), "en", "portal", "FR",
    )  # fmt: skip
    assert Enrolment.objects.get().customer_id == customer.id
    point = ContactPoint.objects.get()
    assert (point.value, point.verified_at) == (EMAIL, AT)
    word = Consent.objects.get()
    assert (word.purpose, word.channel, word.given) == ("marketing", "email", True)
    assert word.proof["wording"] == "Des offres par e-mail."
    assert (word.proof["wording_version"], word.proof["form"], word.proof["source"]) == (
        "portal-2026-11", "join", "portal",
    )  # fmt: skip
    assert letter.customer_id == customer.id
    welcome = Message.objects.exclude(id=letter.id).get()
    assert (welcome.version.template.key, welcome.state, welcome.purpose) == ("welcome", "queued", "service")
    row = SignUp.objects.get()
    assert (row.answers, row.finished_at, row.joined_at) == ("", AT, AT), "what was sealed is emptied"


def test_the_same_form_sent_twice_ends_where_the_first_did() -> None:
    publish({})
    token = ask()
    first, digits = enter(token), digits_for(token)
    assert enter(token, AT + timedelta(minutes=4)) == first
    with pytest.raises(CodeOver):
        enter(token, AT + timedelta(minutes=6))
    with pytest.raises(CodeOver):
        join(at=AT, token=token, digits="000000" if digits != "000000" else "111111", network=HOME)
    assert (Customer.objects.count(), Enrolment.objects.count(), Message.objects.count()) == (1, 1, 1)
    session = open_by_sign_up(at=AT, token=token, digits=digits, device="Firefox")
    open_by_sign_up(at=AT, token=token, digits=digits, device="Firefox", former=session.token)
    assert MemberSession.objects.filter(ended_at=None).count() == 1


def test_the_longest_names_of_any_script_are_kept_until_the_code_comes() -> None:
    publish({})
    joined = enter(ask(name="🎻" * 150, family_name="é" * 150, device="x" * 200, friend="𝔄" * 40, card="𝔄" * 40))
    assert (joined.person, Customer.objects.get().given_name) == ("new", "🎻" * 150)


def test_the_token_alone_opens_nothing() -> None:
    publish({})
    token = ask()
    with pytest.raises(CodeOver):
        open_by_sign_up(at=AT, token=token, digits=digits_for(token), device="")
    enter(token)
    with pytest.raises(CodeOver):
        open_by_sign_up(at=AT, token=token, digits="é", device="")
    with pytest.raises(CodeOver):
        open_by_sign_up(at=AT, token="another", digits=digits_for(token), device="")
    assert MemberSession.objects.count() == 0


def test_wrong_digits_write_nothing_and_five_end_the_code() -> None:
    publish({})
    token = ask()
    wrong = "000000" if digits_for(token) != "000000" else "111111"
    for _try in range(5):
        with pytest.raises(WrongCode):
            join(at=AT, token=token, digits=wrong, network=HOME)
    with pytest.raises(CodeOver):
        enter(token)
    assert Customer.objects.count() == 0


@pytest.mark.parametrize("address", [EMAIL, "florestan@example.com", "leonore@example.com"])
def test_nobody_is_told_at_the_form_who_is_known(address: str) -> None:
    publish({})
    member("florestan@example.com")
    person("leonore@example.com", "Leonore")
    before = Customer.objects.count(), Consent.objects.count()
    token = ask(address)
    serve()
    letter = Message.objects.get()
    assert (letter.state, letter.address, letter.reason) == ("queued", address, "")
    assert sign_up_of(token) is not None
    assert (Customer.objects.count(), Consent.objects.count()) == before


def test_a_known_customer_keeps_the_record_and_gets_what_it_lacks() -> None:
    publish({})
    known = person(EMAIL, "Marzelline")
    joined = enter(ask(name="marzelline", birth_on=date(1991, 5, 4)))
    assert (joined.customer_id, joined.person) == (known.id, "known")
    known.refresh_from_db()
    assert (known.given_name, known.family_name, known.birth_on) == ("Marzelline", "Rey", date(1991, 5, 4))
    assert Enrolment.objects.get().customer_id == known.id
    assert Message.objects.filter(customer_id=known.id).count() == 1


def test_a_member_is_let_in_and_nothing_else_happens() -> None:
    publish({})
    known = member(EMAIL, "Marzelline")
    joined = enter(ask(friend="ABCDEFGH"))
    assert (joined.customer_id, joined.person, joined.referral) == (known.id, "member", "")
    assert (Customer.objects.count(), Enrolment.objects.count(), Message.objects.count()) == (1, 1, 0)


@pytest.mark.parametrize(
    ("given", "family", "born"),
    [("Jaquino", "", None), ("Marzelline", "Klein", None), ("Marzelline", "", date(1980, 1, 1))],
)
def test_another_of_the_household_is_somebody_new(given: str, family: str, born: date | None) -> None:
    publish({})
    known = member(EMAIL, "Marzelline")
    Customer.objects.filter(id=known.id).update(birth_on=date(1990, 1, 1))
    joined = enter(ask(name=given, family_name=family, birth_on=born))
    assert joined.person == "new"
    assert joined.customer_id != known.id


def test_two_sign_ups_of_one_person_at_once_make_one_record() -> None:
    publish({})
    tokens = [ask(), ask()]

    def work(token: str) -> UUID:
        try:
            return enter(token).customer_id
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as crowd:
        ids = set(crowd.map(work, tokens))
    assert len(ids) == 1
    assert (Customer.objects.count(), Enrolment.objects.count()) == (1, 1)


def test_one_code_entered_four_times_at_once_makes_one_member() -> None:
    publish({})
    token = ask()

    def work(_number: int) -> str:
        try:
            return str(enter(token).customer_id)
        except CodeOver:
            return ""
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as crowd:
        made = set(crowd.map(work, range(4))) - {""}
    assert len(made) == 1
    assert (Customer.objects.count(), Enrolment.objects.count()) == (1, 1)


def test_a_minor_is_refused_before_anything_is_kept() -> None:
    publish({"minimum_age": 15})
    sixteen = AT.date().replace(year=AT.year - 16)
    for born, refusal in ((None, BirthdayMissing), (date(AT.year - 14, 1, 1), TooYoung)):
        with pytest.raises(refusal):
            ask(birth_on=born)
    assert (Code.objects.count(), SignUp.objects.count()) == (0, 0)
    ask(birth_on=sixteen)
    # The day of the programme counts: 2 March 09:30 UTC is 2 March in Paris.
    ask(birth_on=date(AT.year - 15, AT.month, AT.day))
    with pytest.raises(TooYoung):
        ask(birth_on=date(AT.year - 15, AT.month, AT.day + 1))


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        ({"address": "no address"}, MalformedEmail),
        ({"name": "  "}, NamelessNewcomer),
        ({"name": "x" * 151}, Invalid),
        ({"birth_on": AT.date() + timedelta(days=1)}, Invalid),
        ({"birth_on": date(1700, 1, 1)}, Invalid),
    ],
)
def test_what_cannot_be_kept_is_refused_at_the_form(said: dict[str, Any], refusal: type[Exception]) -> None:
    publish({})
    with pytest.raises(refusal):
        ask(**said)
    assert (Code.objects.count(), SignUp.objects.count()) == (0, 0)


def test_a_programme_that_does_not_say_so_takes_nobody() -> None:
    found = get_programme("cercle")
    assert (joining_policy(found, AT), programmes_to_join(AT)) == (None, [])
    with pytest.raises(JoiningClosed):
        ask()
    publish({"online": False})
    with pytest.raises(JoiningClosed):
        ask()
    assert programmes_to_join(AT) == []


def test_codes_to_join_are_limited_with_those_to_log_in() -> None:
    publish({})
    for _time in range(5):
        ask()
    with pytest.raises(RateLimited):
        ask(network="198.51.100.7")


def series(**facts: Any) -> Any:
    new = NewCardSeries(
        key="cards", name=LocalizedText(en="Cards", fr="Cartes"), kind="ean13", prefix="2990001", **facts
    )
    return create_card_series(by=SYSTEM, at=AT, programme=get_programme("cercle"), series=new)


def test_a_newcomer_gets_a_digital_card_once() -> None:
    publish({})
    series(is_digital=True)
    token = ask()
    assert enter(token).card == "digital"
    SignUp.objects.update(finished_at=None)
    enter(token)
    assert Card.objects.filter(state="active").count() == 1


def test_a_provisional_card_is_registered_to_its_person() -> None:
    publish({})
    card = hand_out(by=SYSTEM, at=AT, series_id=series().id)
    joined = enter(ask(card=f" {card.number[:4]} {card.number[4:]}"))
    card.refresh_from_db()
    assert (joined.card, card.state) == ("taken", "active")
    assert card.customer_id in ids_of(joined.customer_id)
    assert Enrolment.objects.filter(ended_at=None).count() == 1


def test_anothers_card_or_none_keeps_nobody_out() -> None:
    publish({})
    card = hand_out(by=SYSTEM, at=AT, series_id=series().id)
    enter(ask("rocco@example.com", "Rocco", card=card.number))
    joined = enter(ask(card=card.number))
    assert (joined.person, joined.card) == ("new", "refused")
    assert enter(ask("jaquino@example.com", "Jaquino", card="1")).card not in ("taken", "digital", "")


def test_a_friends_code_is_noted_for_who_is_new() -> None:
    publish({}, referral={"referrer": {"points": "100"}})
    referrer = member("florestan@example.com")
    code = code_of_member(by=SYSTEM, at=AT, enrolment=Enrolment.objects.get(customer_id=referrer.id))
    assert enter(ask(friend=code)).referral == "noted"
    assert Referral.objects.get().referrer.customer_id == referrer.id
    assert enter(ask("rocco@example.com", "Rocco", friend="NOBODYS1")).referral == "refused"
    assert Referral.objects.count() == 1


def test_what_a_dead_process_left_is_finished_by_the_job() -> None:
    publish({})
    series(is_digital=True)
    token = ask()
    with pytest.MonkeyPatch.context() as dying:
        dying.setattr("fidelia.members.operations.joining.finish_sign_up", lambda **_given: None)
        enter(token)
    assert Card.objects.filter(state="active").count() == 0
    assert finish_left_sign_ups(at=AT + timedelta(seconds=59)) == 0
    assert finish_left_sign_ups(at=AT + timedelta(minutes=2)) == 1
    assert finish_left_sign_ups(at=AT + timedelta(minutes=2)) == 0
    assert Card.objects.filter(state="active").count() == 1


def test_what_led_to_nothing_is_gone_after_a_day_with_its_address() -> None:
    publish({})
    enter(ask("rocco@example.com", "Rocco"))
    ask()
    serve()
    assert Message.objects.filter(address=EMAIL).count() == 1
    forget_old_codes(at=AT + timedelta(hours=25))
    assert SignUp.objects.count() == 1
    assert (Message.objects.filter(address=EMAIL).count(), Code.objects.count()) == (0, 0)


def test_an_erasure_takes_the_sign_ups_along_also_those_that_wait() -> None:
    publish({})
    joined = enter(ask())
    ask(name="Somebody")
    serve()
    with transaction.atomic():
        erase(ids_of(joined.customer_id), at=AT)
    assert (SignUp.objects.count(), Code.objects.count()) == (0, 0)
    assert Message.objects.filter(address=EMAIL).exclude(customer_id=joined.customer_id).count() == 0


def test_a_change_of_who_may_join_or_of_the_referral_is_said_before_it_is_published() -> None:
    after = {**DOCUMENT, "joining": {"minimum_age": 15}, "referral": {"referrer": {"points": "100"}}}
    found = compare_documents(get_programme("cercle"), DOCUMENT, after, "fr")
    assert [(one.part, one.name, one.after) for one in found if one.part == "joining"] == [
        ("joining", "Adhésion en ligne", ("minimum_age: 15",))
    ]
    assert [one.part for one in found] == ["referral", "joining"]


def test_the_terms_are_read_exactly() -> None:
    assert parse_joining(None) is None
    assert parse_joining({}) == JoiningPolicy(True, 0, "optional")
    assert parse_joining({"minimum_age": 15}) == JoiningPolicy(True, 15, "required")
    wrong = ({"online": 1}, {"minimum_age": 100}, {"minimum_age": -1}, {"minimum_age": True}, {"age": 3}, [],
             {"birthday": "maybe"}, {"minimum_age": 15, "birthday": "optional"})  # fmt: skip
    for document in wrong:
        with pytest.raises(MalformedTerms):
            parse_joining(document)
    assert [age_on(date(2004, 2, 29), day) for day in (date(2022, 2, 28), date(2022, 3, 1), date(2024, 2, 29))] == [
        17, 18, 20,
    ]  # fmt: skip
