"""The JSON Schema of a programme's document, for editors that complete and check while one types.

It says which members there are, of which kind, and what they may hold; what only Fidelia knows (fields, segments, the
text of a condition, that dates are in order) is checked when the document is read. The lists are those of the readers,
so that the schema cannot name what they do not know.
"""

from __future__ import annotations

from typing import Final

from fidelia.kernel.points import SCALE_MAX

from ..arithmetic_terms import PRICE_ROUNDINGS, SHARINGS, TAX_ROUNDINGS
from ..cap_reading import CAPS_MAX, RULES_OF_CAP_MAX, WHICH
from ..cheque_terms import CHEQUES_MAX, ISSUED
from ..cheque_terms import SCALE_MAX as SCALE_STEPS_MAX
from ..conversion_terms import CONVERSIONS_MAX
from ..effects import STAGES
from ..gift_card_terms import AMOUNTS_MAX
from ..joining_terms import AGE_MAX, BIRTHDAYS
from ..offer_terms import OFFERS_MAX
from ..paying import PAID_PER
from ..plan_terms import PLANS_MAX
from ..points_terms import ACTIVITIES, KEPT_WITH_MAX, NOTICES_MAX
from ..reading import DAYS_MAX, MONTHS_MAX
from ..referral_terms import COUPON_LENGTH_MAX
from ..referral_terms import DAYS_MAX as DAYS_OF_REFERRAL_MAX
from ..referral_terms import PERIODS as REFERRAL_PERIODS
from ..rounding import ROUNDINGS
from ..rule_terms import GIVES_WAY, PERIODS, PERS, SCOPES, UNITS
from ..spans import ENDS, FIXED_DATES_MAX
from ..term_reading import RULES_MAX
from ..tier_terms import SETS_MAX
from ..transfer_terms import LIVES
from .effects_schema import issue_effects, points_effects, price_effects
from .plans_schema import offer_schema, plan_schema
from .schema_parts import (
    AMOUNT,
    CODE,
    INSTANT,
    KEY,
    LOCALIZED,
    PERCENT,
    PRICE,
    RULE_TEXT,
    Schema,
    list_of,
    members,
    or_null,
    whole,
)
from .tiers_schema import tiers_schema

SCHEMA_ID: Final = "https://fidelia.example/schemas/programme-1.json"
POLICIES: Final = ("all", "best", "least", "first", "exclusive")


def document_schema() -> Schema:
    """Return the JSON Schema (2020-12) of the document of a programme."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": "Programme of Fidelia",
        "description": "Rules, life of points, tiers and policies of a loyalty programme; see docs/reference.",
        **members(
            {
                "format": {"const": 1, "description": "The version of this form."},
                "programme": {"$ref": "#/$defs/programme"},
                "groups": {"type": "array", "items": {"$ref": "#/$defs/group"}, "maxItems": 50},
                "campaigns": {"type": "array", "items": {"$ref": "#/$defs/campaign"}, "maxItems": 100},
                "checkout": {"$ref": "#/$defs/checkout"},
                "rules": {"type": "array", "items": {"$ref": "#/$defs/rule"}, "maxItems": 200},
                "points": or_null({"$ref": "#/$defs/points"}),
                "currencies": or_null({"type": "object", "additionalProperties": or_null({"$ref": "#/$defs/points"})}),
                "tiers": or_null({"anyOf": [{"$ref": "#/$defs/tiers"}, list_of({"$ref": "#/$defs/tiers"}, SETS_MAX)]}),
                "purchases": or_null({"$ref": "#/$defs/purchases"}),
                "cheques": or_null(list_of({"$ref": "#/$defs/cheque"}, CHEQUES_MAX)),
                "referral": or_null({"$ref": "#/$defs/referral"}),
                "offers": or_null(list_of({"$ref": "#/$defs/offer"}, OFFERS_MAX)),
                "gift_cards": or_null({"$ref": "#/$defs/gift_cards"}),
                "plans": or_null(list_of({"$ref": "#/$defs/plan"}, PLANS_MAX)),
                "joining": or_null({"$ref": "#/$defs/joining"}),
                "conversions": or_null(list_of({"$ref": "#/$defs/conversion"}, CONVERSIONS_MAX)),
            },
            required=("rules",),
        ),
        "$defs": _definitions(),
    }


def _definitions() -> dict[str, Schema]:
    return {
        "programme": _programme(),
        "group": members(
            {
                "key": KEY,
                "policy": {"enum": list(POLICIES)},
                "scope": {"enum": ["checkout", "line"]},
                "cap": {"anyOf": [AMOUNT, members(_joint_cap())]},
            },
            required=("key", "policy"),
        ),
        "campaign": members({"key": KEY, "limits": list_of({"$ref": "#/$defs/limit"}, 10)}, required=("key",)),
        "limit": _limit(),
        "checkout": _checkout(),
        "rule": _rule(),
        "points": _points(),
        "tiers": tiers_schema(_span(), _dates()),
        "purchases": _purchases(),
        "cheque": _cheque(),
        "referral": _referral(),
        "conversion": _conversion(),
        "plan": plan_schema(),
        "joining": _joining(),
        "offer": offer_schema(),
        "gift_cards": _gift_cards(),
    }


def _programme() -> Schema:
    points = members(
        {
            "code": {"type": "string", "minLength": 1, "maxLength": 12},
            "name": LOCALIZED,
            "scale": {"type": "integer", "minimum": 0, "maximum": SCALE_MAX},
            "look": {"enum": ["points", "miles", "money"]},
            "negative": {"enum": ["forbid", "only_pending", "within_balance", "unlimited"]},
        },
        required=("code", "name"),
    )
    return members(
        {
            "slug": {"type": "string", "pattern": "^[-a-zA-Z0-9_]{1,60}$"},
            "name": LOCALIZED,
            "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
            "time_zone": {"type": "string"},
            "points": points,
        },
        required=("slug", "name", "currency", "time_zone", "points"),
    )


def _rule() -> Schema:
    own: Schema = {
        "key": KEY,
        "name": LOCALIZED,
        "active": {"type": "boolean"},
        "when": RULE_TEXT,
        "lines": RULE_TEXT,
        "valid_from": INSTANT,
        "valid_until": INSTANT,
        "limit_per_purchase": AMOUNT,
        "group": KEY,
        "coupon": KEY,
        "campaign": KEY,
        "costs_points": AMOUNT,
        "claimed": {"type": "boolean"},
        "claimed_in": {"enum": ["times", "units"]},
        "control": PERCENT,
        "limits": list_of({"$ref": "#/$defs/limit"}, 10),
        "stage": {"enum": list(STAGES)},
        "order": {"type": "integer", "minimum": -1_000, "maximum": 1_000},
        "base": {"enum": ["initial", "running"]},
        "cap": {"anyOf": [AMOUNT, members(_bound())]},
        "leaves": {"anyOf": [AMOUNT, members(_bound())]},
        "ending": {
            "anyOf": [PRICE, members({"at": PRICE, "step": AMOUNT, "rounding": {"enum": list(ROUNDINGS)}})],
        },
        "with_tax": {"type": "boolean"},
        "without_tax": {"type": "boolean"},
        "exclusive": {"type": "boolean"},
        "stops": {"anyOf": [{"type": "boolean"}, {"const": "lines"}]},
        "not_with": list_of(KEY, RULES_MAX),
        "lowers_tax": {"type": "boolean"},
        "always": {"type": "boolean"},
        "pool": KEY,
        "when_undone": {"enum": ["keep", "withdraw"]},
    }
    effects = {**points_effects(), **price_effects(), **issue_effects()}
    one = [{"required": [name]} for name in effects]
    return {**members({**own, **effects}, required=("key", "name")), "oneOf": one}


def _bound() -> Schema:
    return {"amount": AMOUNT, "percent": PERCENT, "per": {"enum": list(PERS)}, "which": {"enum": list(WHICH)}}


def _joint_cap() -> Schema:
    return {**_bound(), "gives_way": {"enum": list(GIVES_WAY)}, "shipping": {"type": "boolean"}}


def _limit() -> Schema:
    rolling = members({"rolling_days": {"type": "integer", "minimum": 1, "maximum": 3_660}}, ("rolling_days",))
    return members(
        {
            "key": KEY,
            "of": {"enum": list(UNITS)},
            "at_most": AMOUNT,
            "per": {"enum": list(SCOPES)},
            "period": {"anyOf": [{"enum": list(PERIODS)}, rolling, members({"plan": KEY}, ("plan",))]},
            "partial": {"type": "boolean"},
            "alerts": list_of({"type": "integer", "minimum": 1, "maximum": 100}, 10),
        },
        required=("of", "at_most"),
    )


def _checkout() -> Schema:
    flags = ("tax", "shipping", "discounted", "paid_by_points", "paid_by_gift_cards")
    return members(
        {
            "exclusive": {"enum": ["first", "best"]},
            "combining": {"enum": ["first", "best"]},
            "when_undone": {"enum": ["keep", "withdraw"]},
            "earning": members({name: {"type": "boolean"} for name in flags}),
            "tender_order": list_of({"enum": ["points", "gift_cards"]}, 2),
            "rewards_back": {"enum": ["share", "whole"]},
            "refunds": {"enum": ["shares", "gift_cards_first"]},
            "earned_back": {"enum": ["nearest", "down"]},
            "caps": list_of(
                members({"key": KEY, "rules": list_of(KEY, RULES_OF_CAP_MAX), **_joint_cap()}, required=("key",)),
                CAPS_MAX,
            ),
        }
    )


def _ends() -> Schema:
    return {"anyOf": [{"enum": list(ENDS)}, _dates()]}


def _dates() -> Schema:
    return list_of({"type": "string", "pattern": r"^\d{2}-\d{2}$"}, FIXED_DATES_MAX)


def _span() -> Schema:
    return members({"months": whole(0, MONTHS_MAX), "days": whole(0, DAYS_MAX), "ends": _ends()})


def _points() -> Schema:
    pending = members(
        {
            "days": whole(0, 366),
            "months": whole(0, 24),
            "ends": {"enum": list(ENDS)},
            "until": {"type": "string"},
            "dates": _dates(),
            "event": CODE,
            "cancelled_after_days": whole(1, 366),
        }
    )
    pays = members(
        {
            **dict.fromkeys(("points", "money", "minimum", "step", "at_most"), AMOUNT),
            "share": whole(1, 100),
            "per": {"enum": list(PAID_PER)},
        },
        required=("points", "money"),
    )
    amounts = {**dict.fromkeys(("minimum", "step", "fee"), PRICE), "maximum": or_null(PRICE)}
    return members(
        {
            "validity_months": or_null(whole(0, MONTHS_MAX)),
            "validity_days": or_null(whole(0, DAYS_MAX)),
            "ends": _ends(),
            "counts_from": {"enum": ["earning", "activity"]},
            "renewed_by": list_of({"enum": list(ACTIVITIES)}, 2),
            "kept_with": list_of(CODE, KEPT_WITH_MAX),
            "pending": or_null(pending),
            "notice_days": list_of(whole(1, 366), NOTICES_MAX),
            "reinstatement_days": whole(0, 366),
            "transfers": {"anyOf": [{"enum": list(LIVES)}, members({"life": {"enum": list(LIVES)}, **amounts})]},
            "pays": or_null(pays),
            "approval_above": AMOUNT,
            "confirmed_above": AMOUNT,
        }
    )


def _conversion() -> Schema:
    return members(
        {
            **{name: {"type": "string", "maxLength": 12} for name in ("from", "to")},
            **dict.fromkeys(("points", "gives", "minimum", "step", "fee"), PRICE),
            "maximum": or_null(PRICE),
            "rounding": {"enum": sorted(ROUNDINGS)},
            "bonus": or_null(members(dict.fromkeys(("each", "gives"), PRICE), required=("each", "gives"))),
        },
        required=("to", "points", "gives"),
    )


def _cheque() -> Schema:
    step = members(dict.fromkeys(("points", "money"), PRICE), required=("points", "money"))
    return members(
        {
            "key": {"type": "string", "minLength": 1, "maxLength": 40},
            "name": or_null(LOCALIZED),
            "currency": {"type": "string"},
            **dict.fromkeys(("points", "money", "minimum", "minimum_basket"), PRICE),
            "scale": or_null(list_of(step, SCALE_STEPS_MAX)),
            "issued": {"anyOf": [{"enum": list(ISSUED)}, _dates()]},
            "maximum": {"type": "integer", "minimum": 1},
            "each": {"enum": ["sum", "step"]},
            "remainder": {"enum": ["carried", "lost"]},
            "validity": or_null(_span()),
            "starts_after_days": whole(0, 366),
            "per_checkout": or_null(whole(1, 100)),
            "divisible": {"type": "boolean"},
            "purpose": {"enum": ["multi", "single"]},
            "on_return": {"enum": ["withdraw", "keep"]},
            "debt": {"enum": ["points", "next_cheque"]},
            "notice_days": list_of(whole(1, 366), NOTICES_MAX),
        },
    ) | {"anyOf": [{"required": ["points", "money"]}, {"required": ["scale"]}]}


def _gift_cards() -> Schema:
    bounds = dict.fromkeys(("least", "most"), AMOUNT)
    top_up = members({**bounds, "most_held": AMOUNT, "renews": {"type": "boolean"}, "undone_days": whole(0, DAYS_MAX)})
    return members(
        {
            **bounds,
            "amounts": list_of(AMOUNT, AMOUNTS_MAX),
            "validity": or_null(_span()),
            "top_up": or_null(top_up),
        }
    )


def _joining() -> Schema:
    return members(
        {"online": {"type": "boolean"}, "minimum_age": whole(0, AGE_MAX), "birthday": {"enum": list(BIRTHDAYS)}}
    )


def _referral() -> Schema:
    days = {"valid_days": whole(1, DAYS_OF_REFERRAL_MAX)}
    gift = {
        "anyOf": [
            members({"points": AMOUNT, **days}, required=("points",)),
            members({"voucher": AMOUNT, **days}, required=("voucher",)),
            members(
                {"coupon": {"type": "string", "minLength": 1, "maxLength": COUPON_LENGTH_MAX}, **days},
                required=("coupon",),
            ),
        ]
    }
    return members(
        {
            "purchases": whole(1, 20),
            "minimum": PRICE,
            "wait_days": whole(0, DAYS_OF_REFERRAL_MAX),
            "within_days": whole(0, DAYS_OF_REFERRAL_MAX),
            "referrer": or_null(gift),
            "friend": or_null(gift),
            "at_most": whole(1, 10_000),
            "per": {"enum": list(REFERRAL_PERIODS)},
            "velocity": whole(1, 10_000),
        }
    )


def _purchases() -> Schema:
    days = whole(0, 3660)
    arithmetic = members(
        {
            "prices_with_tax": {"type": "boolean"},
            "tax_rounding": {"enum": list(TAX_ROUNDINGS)},
            "rounding": {"enum": list(ROUNDINGS)},
            "cash_step": whole(0, 100_000),
            "cash_rounding": {"enum": list(ROUNDINGS)},
            "sharing": {"enum": list(SHARINGS)},
            "price_rounding": {"enum": list(PRICE_ROUNDINGS)},
        }
    )
    return members(
        {
            "earns_days_before_enrolment": days,
            "claim_days": days,
            "returns_borne_by": {"enum": ["purchase", "return"]},
            "reopen_days": days,
            "return_window_days": days,
            "issued_withdrawn": {"enum": ["whole", "any", "never"]},
            "gifts_restocked": {"type": "boolean"},
            "gift_card_days": days,
            "arithmetic": or_null(arithmetic),
        }
    )
