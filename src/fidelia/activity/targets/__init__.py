"""What files of activity can hold. Knows no Django: a report of a plain file reads by it too."""

from fidelia.intake.states import RETURN_WORDS, SALE_WORDS

from .oddities import RECEIPT_BY
from .purchases import CHANNELS, PURCHASES
from .reasons import DESCRIPTION_MAX, LINES_MAX, REASONS, TEXT_MAX

__all__ = [
    "CHANNELS",
    "DESCRIPTION_MAX",
    "LINES_MAX",
    "PURCHASES",
    "REASONS",
    "RECEIPT_BY",
    "RETURN_WORDS",
    "SALE_WORDS",
    "TEXT_MAX",
]
