"""Rule documents of the tests of checkouts."""

from __future__ import annotations

from typing import Any

from tests.programme.cast import DOCUMENT


def said(text: str) -> dict[str, str]:
    return {"en": text, "fr": text}


BASE = {"key": "base", "name": said("One point per euro"), "points_per": {"amount": "1.00", "points": "1"}}
TENTH = {
    "key": "tenth", "name": said("A tenth off"), "coupon": "once", "percent_off": {"percent": "10", "of": "order"},
}  # fmt: skip
FIVE = {
    "key": "five", "name": said("Five euros off"), "amount_off": {"amount": "5.00", "of": "order"},
    "limits": [{"of": "money", "at_most": "5.00"}],
}  # fmt: skip
CUP = {
    "key": "cup", "name": said("Five euros for 300 points"), "costs_points": 300,
    "amount_off": {"amount": "5.00", "of": "order"},
}  # fmt: skip
STEP = {"key": "step", "name": said("A hundred towards the tier"), "credit_tier": 100}
GIFT = {"key": "mug", "name": said("A mug as a gift"), "coupon": "mug", "gift": {"product": "mug", "units": 1}}

NEXT = {"key": "next", "name": said("A coupon for the next time"), "issue_coupon": {"series": "next"}}
BACK = {
    "key": "back", "name": said("Five euros to come back"),
    "issue_voucher": {"series": "back", "value": "5.00", "when": "after_return_window", "valid_days": 60},
}  # fmt: skip


def document(*rules: dict[str, Any], **parts: Any) -> dict[str, Any]:
    """The document of the programme of the tests, with these rules after the one that gives points."""
    return {**DOCUMENT, "rules": [BASE, *rules], **parts}


WITH_COUPON = document(TENTH)
