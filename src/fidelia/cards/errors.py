"""What cards refuse.

NotFound
├── UnknownCard, UnknownCardSeries
Invalid
├── MalformedCardSeries, MalformedCardNumber
Refused
├── CardKeyTaken, CardNumberTaken, CardSeriesEnded, CardNumbersExhausted
├── CardNotUsable                  it works no more: CardLost, CardReplaced, CardBlocked, CardExpired
├── CardNotGiven                   nobody has it yet
├── CardRegistered                 it has its person already
├── CardNotProvisional, CardGiven
└── CardNotBack                    what was replaced does not work again
"""

from __future__ import annotations

from fidelia.kernel.errors import Invalid, NotFound, Refused


class UnknownCard(NotFound):
    """There is no card of this number, or not the actor's to see."""

    default_code = "unknown_card"


class UnknownCardSeries(NotFound):
    """There is no such series of cards, or not the actor's to see."""

    default_code = "unknown_card_series"


class MalformedCardSeries(Invalid):
    """A series of cards that can make no numbers."""

    default_code = "malformed_card_series"


class MalformedCardNumber(Invalid):
    """A card number is 4 to 64 letters and digits; of an EAN-13 series its thirteen, with the right last one."""

    default_code = "malformed_card_number"


class CardKeyTaken(Refused):
    """Another series of cards has this key."""

    default_code = "card_series_key_taken"


class CardNumberTaken(Refused):
    """The number is another card's, or names another customer."""

    default_code = "card_number_taken"


class CardSeriesEnded(Refused):
    """No more cards are made or given of this series."""

    default_code = "card_series_ended"


class CardNumbersExhausted(Refused):
    """The series has too few numbers left."""

    default_code = "card_numbers_exhausted"


class CardNotUsable(Refused):
    """The card works no more."""

    default_code = "card_not_usable"


class CardLost(CardNotUsable):
    """The card was reported lost; the points are the member's as before."""

    default_code = "card_lost"


class CardReplaced(CardNotUsable):
    """The card was replaced by another, which works in its place."""

    default_code = "card_replaced"


class CardBlocked(CardNotUsable):
    """The card is blocked, with a reason that a colleague wrote."""

    default_code = "card_blocked"


class CardExpired(CardNotUsable):
    """The card has expired; the points are the member's as before."""

    default_code = "card_expired"


class CardNotGiven(Refused):
    """The card was made and is with nobody yet: hand it out, or give it to a member."""

    default_code = "card_not_given"


class CardRegistered(Refused):
    """The card has its person already."""

    default_code = "card_registered"


class CardNotProvisional(Refused):
    """Only a provisional card waits for its person."""

    default_code = "card_not_provisional"


class CardGiven(Refused):
    """The card is somebody's already."""

    default_code = "card_given"


class CardNotBack(Refused):
    """What was replaced does not work again: its replacement does."""

    default_code = "card_not_back"
