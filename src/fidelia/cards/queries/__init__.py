"""Questions about cards. Nothing here writes."""

from .cards import (
    CardFilters,
    HeldCard,
    cards_of,
    check_number,
    count_cards,
    find_card,
    get_card,
    list_cards,
    main_card_of,
    numbers_of_series,
)
from .series import SeriesFigures, figures_of, get_card_series, list_card_series

__all__ = [
    "CardFilters",
    "HeldCard",
    "SeriesFigures",
    "cards_of",
    "check_number",
    "count_cards",
    "figures_of",
    "find_card",
    "get_card",
    "get_card_series",
    "list_card_series",
    "list_cards",
    "main_card_of",
    "numbers_of_series",
]
