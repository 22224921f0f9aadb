"""The plans of a programme's document, as JSON Schema."""

from __future__ import annotations

from ..offer_terms import AT_MOST_MAX
from ..plan_terms import (
    CHANGES,
    DAYS_MAX,
    EVERY_MAX,
    LAST_DAYS,
    LIST_MAX,
    NAME_LENGTH_MAX,
    NOTICES_MAX,
    PERIODS,
    POINTS_BACK,
    RENEWALS,
    RESTS,
    SHARES,
)
from ..rounding import ROUNDINGS
from ..spans import FIXED_DATES_MAX
from .schema_parts import AMOUNT, CODE, INSTANT, LOCALIZED, PRICE, Schema, list_of, members, or_null, whole

_WORD: Schema = {"type": "string", "minLength": 1, "maxLength": NAME_LENGTH_MAX}


def plan_schema() -> Schema:
    """Return the schema of one plan: a paid membership."""
    refund = members(
        {
            "within_days": whole(0, DAYS_MAX),
            "then": {"enum": list(SHARES)},
            "fee": PRICE,
            "points": {"enum": list(POINTS_BACK)},
        }
    )
    change = members(
        {
            "up": {"enum": list(CHANGES)},
            "down": {"enum": list(CHANGES)},
            "share": {"enum": list(SHARES)},
            "keeps_dates": {"type": "boolean"},
            "rest": {"enum": list(RESTS)},
        }
    )
    return members(
        {
            "key": _WORD,
            "name": LOCALIZED,
            "price": PRICE,
            "period": {"enum": list(PERIODS)},
            "every": whole(1, EVERY_MAX),
            "plus_days": whole(0, EVERY_MAX),
            "until": list_of({"type": "string", "pattern": r"^\d{2}-\d{2}$"}, FIXED_DATES_MAX),
            "last_day": {"enum": list(LAST_DAYS)},
            "trial_days": whole(0, DAYS_MAX),
            "renewal": {"enum": list(RENEWALS)},
            "grace_days": whole(0, DAYS_MAX),
            "ladder": {"type": "string", "maxLength": NAME_LENGTH_MAX},
            "products": list_of(_WORD, LIST_MAX),
            "entitlements": list_of(_WORD, LIST_MAX),
            "tier": {"type": "string", "maxLength": NAME_LENGTH_MAX},
            "welcome": AMOUNT,
            "each_period": AMOUNT,
            "refund": or_null(refund),
            "change": or_null(change),
            "notice_days": list_of(whole(1, 366), NOTICES_MAX),
            "rounding": {"enum": list(ROUNDINGS)},
        },
        required=("key", "name", "price"),
    )


def offer_schema() -> Schema:
    """Return the schema of one offer that members activate."""
    return members(
        {
            "key": CODE,
            "name": LOCALIZED,
            "description": or_null(LOCALIZED),
            "valid_from": or_null(INSTANT),
            "valid_until": or_null(INSTANT),
            "lasts_days": or_null(whole(1, DAYS_MAX)),
            "at_most": or_null(whole(1, AT_MOST_MAX)),
        },
        required=("key", "name"),
    )
