"""A card's life: handed out with nobody, registered, lost and found, replaced, blocked, expired; the points stay."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fidelia.activity.errors import UnknownMember
from fidelia.activity.operations import ReturnRequest, record_return
from fidelia.activity.operations.checkouts import BasketLine, CheckoutBasket, Evaluation, evaluate_checkout
from fidelia.activity.queries import find_broken_chain
from fidelia.cards.errors import (
    CardBlocked,
    CardExpired,
    CardGiven,
    CardLost,
    CardNotBack,
    CardNotGiven,
    CardNotProvisional,
    CardRegistered,
    CardReplaced,
    MalformedCardNumber,
    UnknownCard,
)
from fidelia.cards.models import Card
from fidelia.cards.operations import (
    NobodyNamed,
    Person,
    adopt_card,
    block_card,
    expire_cards,
    give_card,
    hand_out,
    let_work_again,
    register_card,
    replace_card,
    report_lost,
)
from fidelia.cards.queries import cards_of, check_number, main_card_of
from fidelia.cards.reactions import reassess_who_followed
from fidelia.customers.errors import MalformedEmail
from fidelia.customers.models import Customer
from fidelia.customers.queries import ids_of
from fidelia.kernel.errors import Denied
from fidelia.kernel.models import OutboxEvent
from fidelia.ledger.queries import find_broken_invariants
from fidelia.programme.errors import EnrolmentProvisional
from fidelia.programme.models import Enrolment, Programme
from fidelia.programme.operations.points import give_points
from fidelia.programme.queries import find_enrolment, tier_at
from tests.cast import PIZARRO, SYSTEM
from tests.programme.cast import AT, DOCUMENT, member, programme

from .shop import FIRST, SECOND, buy, points, printed, provisional, series

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
LEONORE = Person(given_name="Leonore", email="leonore@fidelio.example")
PAYS = {**DOCUMENT, "rules": DOCUMENT["rules"][:1], "points": {"pays": {"points": "100", "money": "1.00"}}}


def enrolment_of(card: Card) -> Enrolment:
    assert card.customer_id is not None
    found = find_enrolment(card.programme, ids_of(card.customer_id))
    assert found is not None
    return found


def test_a_provisional_card_earns_at_once_and_its_points_follow_when_it_is_registered() -> None:
    card = provisional(programme())
    buy(FIRST, 30, "p1")
    nobody = enrolment_of(card)
    assert (card.state, nobody.is_provisional, points(nobody)) == ("provisional", True, 80)
    registered = register_card(by=SYSTEM, at=AT + DAY, card=FIRST, person=LEONORE)
    assert (registered.state, registered.registered_at) == ("active", AT + DAY)
    customer = Customer.objects.get()
    assert (customer.given_name, customer.contact_points.get().value) == ("Leonore", "leonore@fidelio.example")
    now = enrolment_of(registered)
    assert (now.id, now.is_provisional, points(now)) == (nobody.id, False, 80)


def test_the_points_of_a_provisional_card_are_neither_spent_nor_moved() -> None:
    of = programme(PAYS)
    card = provisional(of)
    buy(FIRST, 300, "p1")
    other = member(of)
    with pytest.raises(EnrolmentProvisional):
        give_points(
            by=SYSTEM, at=AT, enrolment=enrolment_of(card), to=other, amount=10, reason="for you", key="g1"
        )  # fmt: skip
    basket = CheckoutBasket(
        currency="EUR", lines=(BasketLine("mug", 1000, 1000, 2),), identity=("card", FIRST), pays_with_points=True
    )
    with pytest.raises(EnrolmentProvisional):
        evaluate_checkout(by=SYSTEM, at=AT, asked=Evaluation(basket=basket))
    register_card(by=SYSTEM, at=AT, card=FIRST, person=LEONORE)
    evaluate_checkout(by=SYSTEM, at=AT, asked=Evaluation(basket=basket))


def test_a_card_registered_to_a_member_of_the_file_brings_points_pending_ones_and_purchases() -> None:
    of = programme()
    known = member(of)
    buy("2990441788200", 30, "k1")
    card = provisional(of)
    sale = buy(FIRST, 50, "p1")
    nobody = enrolment_of(card)
    assert (points(known), points(nobody)) == (80, 100)
    register_card(by=SYSTEM, at=AT + DAY, card=card.id, person=Person(customer_id=known.customer_id))
    assert points(known, AT + DAY) == 180
    nobody.refresh_from_db()
    assert (nobody.ended_at, nobody.followed_by_id) == (AT + DAY, known.id)
    assert len(ids_of(known.customer_id)) == 2
    buy(FIRST, 20, "p2", AT + DAY)
    assert points(known, AT + DAY) == 200
    back = ReturnRequest(
        idempotency_key="b1", receipt_number="b1", occurred_at=AT + 2 * DAY, purchase_id=sale.purchase_id
    )
    record_return(by=SYSTEM, at=AT + 2 * DAY, request=back, source="till")
    assert points(known, AT + 2 * DAY) == 100
    assert find_broken_invariants() == []
    assert find_broken_chain(known.account_id) is None


def test_what_a_card_earned_counts_for_the_tier_of_whom_it_came_to() -> None:
    of = programme()
    known = member(of)
    card = provisional(of)
    buy(FIRST, 120, "p1")
    register_card(by=SYSTEM, at=AT + DAY, card=card.id, person=Person(customer_id=known.customer_id))
    event = OutboxEvent.objects.filter(name="card.followed").get()
    assert event.payload["points"] == 170
    reassess_who_followed([event], by=SYSTEM, at=AT + DAY)  # type: ignore[list-item]
    held = tier_at(known.id, AT + DAY)
    assert held is not None
    assert held.tier == "connaisseur"


def test_a_person_of_the_file_who_was_no_member_becomes_one_with_the_card() -> None:
    of = programme()
    person = Customer.objects.create(source="web", acquired_at=AT, recorded_at=AT, updated_at=AT, given_name="Rocco")
    card = provisional(of)
    buy(FIRST, 30, "p1")
    register_card(by=SYSTEM, at=AT, card=card.id, person=Person(customer_id=person.id))
    found = find_enrolment(of, ids_of(person.id))
    assert found is not None
    assert (found.is_provisional, points(found)) == (False, 80)


def test_registering_is_refused_with_its_reason_and_changes_nothing() -> None:
    of = programme()
    card = provisional(of)
    with pytest.raises(NobodyNamed):
        register_card(by=SYSTEM, at=AT, card=FIRST, person=Person())
    with pytest.raises(MalformedEmail):
        register_card(by=SYSTEM, at=AT, card=FIRST, person=Person(given_name="L", email="no address"))
    with pytest.raises(CardNotProvisional):
        register_card(by=SYSTEM, at=AT, card=SECOND, person=LEONORE)
    with pytest.raises(UnknownCard):
        register_card(by=SYSTEM, at=AT, card="2990000000033", person=LEONORE)
    with pytest.raises(Denied):
        register_card(by=PIZARRO, at=AT, card=FIRST, person=LEONORE)
    card.refresh_from_db()
    assert (card.state, Customer.objects.get().given_name) == ("provisional", "")
    register_card(by=SYSTEM, at=AT, card=FIRST, person=LEONORE)
    with pytest.raises(CardRegistered):
        register_card(by=SYSTEM, at=AT, card=FIRST, person=Person(given_name="Marzelline"))
    assert Customer.objects.get().given_name == "Leonore"


def test_a_lost_card_is_refused_with_its_reason_and_another_takes_its_place_with_all_points() -> None:
    of = programme()
    card = provisional(of)
    register_card(by=SYSTEM, at=AT, card=FIRST, person=LEONORE)
    buy(FIRST, 30, "p1")
    report_lost(by=SYSTEM, at=AT, card=FIRST, reason="left in the tram")
    with pytest.raises(CardLost) as refused:
        buy(FIRST, 10, "p2")
    assert refused.value.details == {"state": "lost", "reason": "left in the tram"}
    new = replace_card(by=SYSTEM, at=AT, card=FIRST, number=SECOND)
    assert (new.state, new.number, new.registered_at) == ("active", SECOND, AT)
    with pytest.raises(CardReplaced):
        check_number(FIRST, at=AT)
    buy(SECOND, 10, "p3")
    assert points(enrolment_of(new)) == 90
    with pytest.raises(CardReplaced):
        replace_card(by=SYSTEM, at=AT, card=FIRST)
    with pytest.raises(CardNotBack):
        let_work_again(by=SYSTEM, at=AT, card=FIRST)
    card.refresh_from_db()
    assert card.customer_id is not None
    assert [(one.number, one.state) for one in cards_of([card.customer_id], at=AT)] == [
        (SECOND, "active"),
        (FIRST, "replaced"),
    ]


def test_a_provisional_card_replaced_stays_one_that_waits() -> None:
    provisional(programme())
    new = replace_card(by=SYSTEM, at=AT, card=FIRST)
    assert (new.state, enrolment_of(new).is_provisional) == ("provisional", True)


def test_a_card_found_again_names_its_member_as_before() -> None:
    of = programme()
    provisional(of)
    report_lost(by=SYSTEM, at=AT, card=FIRST)
    assert report_lost(by=SYSTEM, at=AT, card=FIRST).state == "lost"
    again = let_work_again(by=SYSTEM, at=AT + DAY, card=FIRST)
    assert (again.state, again.given_at) == ("provisional", AT)
    buy(FIRST, 10, "p1", AT + DAY)


def test_a_blocked_card_says_so_whoever_shows_it() -> None:
    provisional(programme())
    block_card(by=SYSTEM, at=AT, card=FIRST, reason="stolen")
    with pytest.raises(CardBlocked):
        buy(FIRST, 10, "p1")
    with pytest.raises(CardBlocked):
        hand_out(by=SYSTEM, at=AT, number=FIRST)
    with pytest.raises(Denied):
        let_work_again(by=PIZARRO, at=AT, card=FIRST)
    assert let_work_again(by=SYSTEM, at=AT, card=FIRST).state == "provisional"


def test_cards_in_a_drawer_are_with_nobody_and_can_be_blocked_there() -> None:
    printed(programme())
    with pytest.raises(CardNotGiven):
        buy(FIRST, 10, "p1")
    with pytest.raises(UnknownMember):
        buy("2990000000033", 10, "p2")
    with pytest.raises(CardNotGiven):
        replace_card(by=SYSTEM, at=AT, card=FIRST, number=SECOND)
    block_card(by=SYSTEM, at=AT, card=FIRST, reason="a box was stolen")
    assert let_work_again(by=SYSTEM, at=AT, card=FIRST).state == "issued"


def test_several_cards_of_one_member_work_side_by_side() -> None:
    of = programme()
    mine = member(of)
    printed(of)
    for number in (FIRST, SECOND):
        give_card(by=SYSTEM, at=AT, customer_id=mine.customer_id, number=number, programme=of)
    with pytest.raises(CardGiven):
        give_card(by=SYSTEM, at=AT, customer_id=mine.customer_id, number=FIRST, programme=of)
    with pytest.raises(MalformedCardNumber):
        give_card(by=SYSTEM, at=AT, customer_id=mine.customer_id, programme=of)
    for place, number in enumerate((FIRST, SECOND, "2990441788200")):
        buy(number, 10, f"p{place}")
    assert points(mine) == 30
    assert {one.number for one in cards_of([mine.customer_id], at=AT)} == {FIRST, SECOND, "2990441788200"}
    assert main_card_of([mine.customer_id], at=AT) is not None


@pytest.mark.parametrize(
    ("given", "first_instant_after"),
    [
        (AT, datetime(2026, 4, 2, 22, tzinfo=UTC)),  # the clock has gone forward in between: midnight of 3 April
        (datetime(2026, 1, 31, 9, tzinfo=UTC), datetime(2026, 2, 28, 23, tzinfo=UTC)),
        (datetime(2026, 9, 27, 9, tzinfo=UTC), datetime(2026, 10, 27, 23, tzinfo=UTC)),
    ],
)
def test_a_card_expires_at_the_end_of_its_local_day(given: datetime, first_instant_after: datetime) -> None:
    of = programme()
    made = series(of, validity_months=1)
    card = hand_out(by=SYSTEM, at=given, series_id=made.id)
    assert card.expires_at == first_instant_after
    last_instant = first_instant_after - timedelta(seconds=1)
    assert expire_cards(by=SYSTEM, at=last_instant) == 0
    assert expire_cards(by=SYSTEM, at=first_instant_after) == 1
    assert expire_cards(by=SYSTEM, at=first_instant_after) == 0
    with pytest.raises(CardExpired):
        check_number(card.number, at=first_instant_after)
    with pytest.raises(CardNotBack):
        let_work_again(by=SYSTEM, at=first_instant_after, card=card.id)
    assert replace_card(by=SYSTEM, at=first_instant_after, card=card.id).state == "provisional"


def test_a_card_whose_time_is_over_names_nobody_before_any_job_writes_that_down() -> None:
    of = programme()
    mine = member(of)
    card = give_card(by=SYSTEM, at=AT, customer_id=mine.customer_id, series_id=series(of, validity_months=1).id,
                     programme=of)  # fmt: skip
    over = card.expires_at
    assert over is not None
    last = over - timedelta(seconds=1)
    assert buy(card.number, 10, "in-time", last).points == 10
    with pytest.raises(CardExpired):
        buy(card.number, 10, "too-late", over)
    with pytest.raises(CardExpired):
        evaluate_checkout(
            by=SYSTEM, at=over,
            asked=Evaluation(
                basket=CheckoutBasket(
                    currency="EUR", lines=(BasketLine("mug", 1000, 1000, 2),), identity=("card", card.number)
                )
            ),
        )  # fmt: skip
    assert buy(card.number, 5, "kept-by-a-till-off-line", last).points == 5  # dated before the end, sent after it
    states = [[(one.number, one.state) for one in cards_of([mine.customer_id], at=at)] for at in (last, over)]
    assert [found[0] for found in states] == [(card.number, "active"), ("2990441788200", "active")]
    assert states[1][1] == (card.number, "expired")
    shown = main_card_of([mine.customer_id], at=over)
    assert shown is not None
    assert shown.number == "2990441788200"
    with pytest.raises(CardExpired):
        report_lost(by=SYSTEM, at=over, card=card.id)
    assert points(mine, over) == 15
    assert Card.objects.get(id=card.id).state == "active"  # nothing above needed the job


def test_a_plain_number_works_as_before_and_becomes_a_card_when_somebody_acts_on_it() -> None:
    of = programme()
    mine = member(of)
    assert [(one.state, one.card_id) for one in cards_of([mine.customer_id], at=AT)] == [("active", None)]
    adopted = adopt_card(by=SYSTEM, at=AT, number="2 990441 788200")
    assert adopt_card(by=SYSTEM, at=AT, number="2990441788200").id == adopted.id
    report_lost(by=SYSTEM, at=AT, card=adopted.id)
    with pytest.raises(CardLost):
        buy("2990441788200", 10, "p1")
    with pytest.raises(UnknownCard):
        adopt_card(by=SYSTEM, at=AT, number="nobody's")
    with pytest.raises(Denied):
        adopt_card(by=PIZARRO, at=AT, number="2990441788200")


def test_a_number_of_another_programme_is_not_given_here(monkeypatch: Any) -> None:
    of = programme()
    mine = member(of)
    printed(of)
    other = Programme.objects.create(
        slug="other", name=of.name, currency="EUR", points_currency=of.points_currency, time_zone="Europe/Paris",
        created_at=AT,
    )  # fmt: skip
    with pytest.raises(MalformedCardNumber):
        give_card(by=SYSTEM, at=AT, customer_id=mine.customer_id, number=FIRST, programme=other)
