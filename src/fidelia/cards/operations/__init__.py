"""The verbs of cards. Read `hand_out` and `register_card` first: with nobody, and how its points find a person."""

from .adopting import adopt_card
from .ending import block_card, expire_cards, let_work_again, replace_card, report_lost
from .giving import give_card, hand_out
from .looking_up import look_up_card
from .making import ask_cards, bring_cards, make_cards
from .registering import NobodyNamed, Person, register_card
from .series import NewCardSeries, create_card_series, end_card_series

__all__ = [
    "NewCardSeries",
    "NobodyNamed",
    "Person",
    "adopt_card",
    "ask_cards",
    "block_card",
    "bring_cards",
    "create_card_series",
    "end_card_series",
    "expire_cards",
    "give_card",
    "hand_out",
    "let_work_again",
    "look_up_card",
    "make_cards",
    "register_card",
    "replace_card",
    "report_lost",
]
