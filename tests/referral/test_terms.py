"""The terms of referral in a programme's document: read, and refused by their place."""

from __future__ import annotations

from typing import Any

import pytest

from fidelia.kernel.errors import Invalid
from fidelia.rules.referral_terms import ReferralGift, parse_referral


def test_terms_are_read_in_minor_units() -> None:
    read = parse_referral(
        {"purchases": 2, "minimum": "20", "referrer": {"points": "500"}, "friend": {"voucher": "10.50"}}, 0, 2
    )
    assert read is not None
    assert (read.purchases, read.minimum, read.wait_days, read.at_most, read.per) == (2, 2000, 14, 10, "year")
    assert (read.referrer, read.friend) == (ReferralGift("points", 500), ReferralGift("voucher", 1050))
    assert parse_referral(None, 0, 2) is None


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({}, "/referral"),
        ([], "/referral"),
        ({"friend": {}}, "/referral/friend"),
        ({"friend": {"points": "1", "voucher": "1"}}, "/referral/friend"),
        ({"friend": {"points": "0"}}, "/referral/friend/points"),
        ({"friend": {"points": "-5"}}, "/referral/friend/points"),
        ({"friend": {"voucher": "1.234"}}, "/referral/friend/voucher"),
        ({"friend": {"coupon": ""}}, "/referral/friend/coupon"),
        ({"friend": {"points": "1"}, "purchases": 0}, "/referral/purchases"),
        ({"friend": {"points": "1"}, "purchases": True}, "/referral/purchases"),
        ({"friend": {"points": "1"}, "wait_days": -1}, "/referral/wait_days"),
        ({"friend": {"points": "1"}, "per": "week"}, "/referral/per"),
        ({"friend": {"points": "1"}, "at_most": 0}, "/referral/at_most"),
        ({"friend": {"points": "1"}, "wat": 1}, "/referral/wat"),
    ],
)
def test_what_cannot_be_is_refused_by_its_place(document: Any, pointer: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_referral(document, 0, 2)
    assert refused.value.pointer == pointer
