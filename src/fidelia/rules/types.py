"""The types of the rule language. Every number is a whole number of 64 bits; its type says of what."""

from __future__ import annotations

from enum import StrEnum

NUMBER_MAX = 2**63 - 1  # symmetric: −2**63 is left out, so that a negation never overflows


class Type(StrEnum):
    """What a value is. MONEY and QUANTITY are counted in minor units, by the scales of the catalogue."""

    BOOL = "bool"
    INT = "int"
    MONEY = "money"
    QUANTITY = "quantity"
    STRING = "string"
    DATE = "date"
    TIMESTAMP = "timestamp"
    RECORDS = "records"


NUMBERS = frozenset({Type.INT, Type.MONEY, Type.QUANTITY})
ORDERED = NUMBERS | {Type.STRING, Type.DATE, Type.TIMESTAMP}
