"""What the terms announce of gift cards: amounts, life, charged again and taken back."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from fidelia.kernel.errors import Denied, Invalid
from fidelia.kernel.idempotency import RequestKey, RequestRepeated
from fidelia.kernel.money import Money
from fidelia.programme.models import Programme
from fidelia.programme.queries.gift_cards_in_words import describe_charge, describe_gift_cards
from fidelia.rewards.errors import (
    GiftCardBlocked,
    GiftCardExpired,
    GiftCardFull,
    GiftCardNotToppedUp,
    GiftCardOutOfBounds,
    GiftCardShort,
    MalformedGiftCard,
    TopUpStays,
    UnknownGiftCard,
)
from fidelia.rewards.models import GiftCard
from fidelia.rewards.operations import (
    block_gift_card,
    expire_gift_cards,
    sell_gift_card,
    spend_gift_card,
    take_top_up_back,
    top_up_gift_card,
)
from fidelia.rules.gift_card_terms import NO_GIFT_CARD_TERMS, parse_gift_cards
from tests.cast import SYSTEM, actor_with
from tests.programme.cast import AT, DOCUMENT, programme

pytestmark = pytest.mark.django_db
TERMS: dict[str, Any] = {
    "least": "10", "most": "150", "validity": {"months": 12, "ends": "month"},
    "top_up": {"least": "5", "most": "100", "most_held": "200", "undone_days": 14},
}  # fmt: skip
PARIS = ZoneInfo("Europe/Paris")


def shop(**changes: Any) -> Programme:
    return programme({**DOCUMENT, "gift_cards": {**TERMS, **changes}})


def sell(of: Programme, amount: int = 5_000, at: datetime = AT, **more: Any) -> GiftCard:
    return sell_gift_card(by=SYSTEM, at=at, programme=of, amount=Money(amount, "EUR"), **more)


def charge(card: GiftCard, amount: int = 2_000, at: datetime = AT, **more: Any) -> GiftCard:
    return top_up_gift_card(by=SYSTEM, at=at, card_id=card.id, amount=Money(amount, "EUR"), **more)


def last_day(card: GiftCard) -> date:
    assert card.expires_at is not None
    return (card.expires_at - timedelta(seconds=1)).astimezone(PARIS).date()


def test_a_card_ends_as_the_terms_announce_and_is_lost_that_night() -> None:
    card = sell(shop())
    assert last_day(card) == date(AT.year + 1, AT.month, 31)
    assert sell(card.programme, valid_until=date(2031, 1, 1)).expires_at is not None
    with pytest.raises(MalformedGiftCard):
        sell(card.programme, valid_until=last_day(card) - timedelta(days=1))
    assert card.expires_at is not None
    assert expire_gift_cards(by=SYSTEM, at=card.expires_at) == 1
    card.refresh_from_db()
    assert (card.balance, card.history.latest("number").kind) == (0, "expired")


@pytest.mark.parametrize("amount", [999, 15_001])
def test_amounts_out_of_bounds_are_refused(amount: int) -> None:
    with pytest.raises(GiftCardOutOfBounds) as refused:
        sell(shop(), amount)
    assert refused.value.details == {"least": 1_000, "most": 15_000, "choices": []}


def test_only_the_amounts_on_the_rack_are_sold() -> None:
    of = programme({**DOCUMENT, "gift_cards": {"amounts": ["20", "50"]}})
    assert sell(of, 2_000).expires_at is None
    with pytest.raises(GiftCardOutOfBounds):
        sell(of, 3_000)


def test_a_charge_renews_the_life_and_never_shortens_it() -> None:
    of = shop()
    card, long = sell(of), sell(of, valid_until=date(2035, 6, 30))
    later = AT + timedelta(days=100)
    charge(card, at=later)
    charge(long, at=later)
    card.refresh_from_db()
    long.refresh_from_db()
    assert card.balance == 7_000
    reached = (later.astimezone(PARIS).date() + timedelta(days=365)).replace(day=1)
    assert last_day(card).replace(day=1) == reached
    assert last_day(long) == date(2035, 6, 30)


def test_five_years_from_the_last_load_as_american_law_asks() -> None:
    """15 U.S.C. 1693l-1: five years at least from the day on which money was last loaded; spending changes nothing."""
    card = sell(shop(validity={"months": 60}))
    assert last_day(card) == date(AT.year + 5, AT.month, AT.day)
    later = AT.replace(year=AT.year + 3, month=6, day=1)
    spend_gift_card(by=SYSTEM, at=later, card_id=card.id, amount=Money(1_000, "EUR"))
    card.refresh_from_db()
    assert last_day(card) == date(AT.year + 5, AT.month, AT.day)
    charge(card, at=later)
    card.refresh_from_db()
    assert (last_day(card), card.balance) == (date(AT.year + 8, 6, 1), 6_000)
    nearly = AT.replace(year=AT.year + 8, month=6, day=1, hour=21)
    assert expire_gift_cards(by=SYSTEM, at=nearly) == 0
    assert expire_gift_cards(by=SYSTEM, at=nearly + timedelta(hours=3)) == 1


@pytest.mark.parametrize(
    ("top_up", "held", "said"),
    [
        ({}, 0, []),
        ({"most_held": "200"}, 15_000, ["Up to €50.00 can come onto it now."]),
        ({"least": "5", "most_held": "200"}, 15_000, ["€5.00 to €50.00 can come onto it now."]),
        ({"least": "5", "most_held": "200"}, 19_501, None),
        ({"least": "5", "most": "100", "most_held": "200"}, 1_000, ["€5.00 to €100.00 can come onto it now."]),
        ({"most_held": "200"}, 20_000, None),
        (None, 0, None),
    ],
)
def test_what_may_come_onto_a_card_is_told(top_up: dict[str, Any] | None, held: int, said: list[str] | None) -> None:
    of = programme()
    policy = parse_gift_cards({"top_up": top_up})
    assert policy is not None
    assert describe_charge(policy, of, "en", held=held, ends=None) == said
    if said is not None:
        told = describe_charge(policy, of, "fr", held=held, ends=date(2028, 3, 1))
        assert told is not None
        assert told[-1] == "Rechargée aujourd’hui, elle est valable jusqu’au 1ᵉʳ mars 2028."


def test_of_the_amounts_on_the_rack_those_that_fit_are_told() -> None:
    policy = parse_gift_cards({"amounts": ["20", "50", "100"], "top_up": {"most_held": "100"}})
    assert policy is not None
    of = programme()
    assert describe_charge(policy, of, "en", held=5_000, ends=None) == ["€20.00 or €50.00 can come onto it now."]
    assert describe_charge(policy, of, "en", held=8_001, ends=None) is None


def test_a_charge_that_renews_nothing_leaves_the_end() -> None:
    of = shop(top_up={"renews": False})
    card = sell(of)
    charge(card, at=AT + timedelta(days=100))
    assert GiftCard.objects.get().expires_at == card.expires_at


def test_a_card_is_never_charged_above_what_it_may_hold() -> None:
    card = sell(shop(), 15_000)
    charge(card, 5_000)
    with pytest.raises(GiftCardFull) as refused:
        charge(card, 500)
    assert refused.value.details == {"most": 20_000, "balance": 20_000}
    spend_gift_card(by=SYSTEM, at=AT, card_id=card.id, amount=Money(500, "EUR"))
    charge(card, 500)


@pytest.mark.parametrize(
    ("amount", "refusal"),
    [(0, MalformedGiftCard), (-100, MalformedGiftCard), (499, GiftCardOutOfBounds), (10_001, GiftCardOutOfBounds)],
)
def test_a_charge_of_a_bad_amount_is_refused(amount: int, refusal: type[Exception]) -> None:
    card = sell(shop())
    with pytest.raises(refusal):
        charge(card, amount)
    assert GiftCard.objects.get().balance == 5_000


def test_a_charge_of_a_card_that_cannot_be_is_refused_each_for_its_reason() -> None:
    of = shop()
    card = sell(of)
    with pytest.raises(MalformedGiftCard):
        top_up_gift_card(by=SYSTEM, at=AT, card_id=card.id, amount=Money(1_000, "USD"))
    with pytest.raises(UnknownGiftCard):
        top_up_gift_card(by=SYSTEM, at=AT, card_id=of.id, amount=Money(1_000, "EUR"))
    with pytest.raises(Denied):
        top_up_gift_card(by=actor_with("gift_card.sell"), at=AT, card_id=card.id, amount=Money(1_000, "EUR"))
    block_gift_card(by=SYSTEM, at=AT, card_id=card.id)
    with pytest.raises(GiftCardBlocked):
        charge(card)
    block_gift_card(by=SYSTEM, at=AT, card_id=card.id, is_blocked=False)
    with pytest.raises(GiftCardExpired):
        charge(card, at=AT + timedelta(days=500))


def test_terms_that_do_not_say_so_let_no_card_be_charged() -> None:
    card = sell(programme({**DOCUMENT, "gift_cards": {"least": "10"}}))
    with pytest.raises(GiftCardNotToppedUp):
        charge(card)


def test_a_retry_charges_once() -> None:
    card = sell(shop())
    once = RequestKey("charge", "key", sha256(b"same").digest())
    charge(card, once=once)
    with pytest.raises(RequestRepeated):
        charge(card, once=once)
    assert GiftCard.objects.get().balance == 7_000


def back(card: GiftCard, number: int = 2, at: datetime = AT, note: str = "by mistake") -> GiftCard:
    return take_top_up_back(by=SYSTEM, at=at, card_id=card.id, number=number, note=note)


def test_a_charge_is_taken_back_once_and_the_card_ends_as_before() -> None:
    card = sell(shop())
    later = AT + timedelta(days=100)
    charge(card, at=later)
    back(card, at=later + timedelta(days=13))
    found = GiftCard.objects.get()
    assert (found.balance, found.expires_at) == (5_000, card.expires_at)
    assert found.history.latest("number").reverses == 2
    with pytest.raises(TopUpStays):
        back(card, at=later + timedelta(days=13))


def test_a_later_charge_keeps_the_life_it_gave() -> None:
    card = sell(shop())
    charge(card, at=AT + timedelta(days=40))
    charge(card, at=AT + timedelta(days=50))
    ends = GiftCard.objects.get().expires_at
    back(card, at=AT + timedelta(days=50))
    found = GiftCard.objects.get()
    assert (found.balance, found.expires_at) == (7_000, ends)


def test_what_is_left_outlives_a_charge_that_is_taken_back_after_the_old_end() -> None:
    card = sell(shop())
    assert card.expires_at is not None
    charge(card, at=card.expires_at - timedelta(hours=1))
    after = card.expires_at + timedelta(days=3)
    back(card, at=after)
    assert last_day(GiftCard.objects.get()) == after.astimezone(PARIS).date()


def test_a_charge_stays_where_it_is_spent_too_old_or_none() -> None:
    card = sell(shop())
    charge(card)
    with pytest.raises(TopUpStays):
        back(card, number=1)
    with pytest.raises(TopUpStays):
        back(card, at=AT + timedelta(days=14))
    with pytest.raises(MalformedGiftCard):
        back(card, note=" ")
    spend_gift_card(by=SYSTEM, at=AT, card_id=card.id, amount=Money(5_001, "EUR"))
    with pytest.raises(GiftCardShort) as refused:
        back(card)
    assert refused.value.details == {"asked": 2_000, "balance": 1_999}


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ([], ""), ({"least": "0"}, "/least"), ({"least": "20", "most": "10"}, "/most"), ({"fee": "1"}, "/fee"),
        ({"amounts": []}, "/amounts"), ({"amounts": ["20", "x"]}, "/amounts/1"), ({"amounts": [True]}, "/amounts/0"),
        ({"amounts": ["20"], "most": "50"}, "/amounts"), ({"validity": {}}, "/validity"),
        ({"least": "20", "top_up": {"most_held": "10"}}, "/top_up/most_held"),
        ({"top_up": {"renews": "yes"}}, "/top_up/renews"), ({"top_up": {"undone_days": -1}}, "/top_up/undone_days"),
        ({"least": "1.005"}, "/least"),
    ],
)  # fmt: skip
def test_terms_that_cannot_be_are_refused_at_their_place(document: Any, place: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_gift_cards(document)
    assert refused.value.pointer == f"/gift_cards{place}"


def test_the_terms_are_told_in_words() -> None:
    of = shop()
    policy = parse_gift_cards(TERMS)
    assert policy is not None
    assert describe_gift_cards(policy, of, "en") == [
        "A gift card is sold with €10.00 to €150.00 on it.",
        "It lives 12\u00a0months, to the end of that month; what is left on it then is lost.",
        "It can be charged again with €5.00 to €100.00 at once.",
        "It never holds more than €200.00.",
        "Each charge lets its life begin anew.",
        "A charge can be taken back for 14 days.",
    ]
    assert all("{" not in sentence for sentence in describe_gift_cards(policy, of, "fr"))


def test_a_card_is_told_with_its_own_end_whatever_the_terms_say_by_now() -> None:
    of, policy = shop(), parse_gift_cards(TERMS)
    assert policy is not None
    endless = describe_gift_cards(policy, of, "en", ends=False)
    assert "It never ends." in endless
    assert not any("life" in sentence or "lives" in sentence for sentence in endless)
    assert describe_gift_cards(NO_GIFT_CARD_TERMS, of, "en") == ["It never ends.", "It is not charged again."]
    assert describe_gift_cards(NO_GIFT_CARD_TERMS, of, "en", ends=True) == ["It is not charged again."]
