"""How large a segment was, and what its condition says."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fidelia.customers.operations import NewCustomer, add_customer, define_segment, refresh_segment, update_customer
from fidelia.customers.queries import describe_conditions, list_sizes
from fidelia.kernel.errors import Denied
from fidelia.kernel.localized import LocalizedText
from fidelia.rules import RuleError
from tests.cast import AT, PIZARRO, SYSTEM

pytestmark = pytest.mark.django_db(transaction=True)
FRENCH = 'customer.country == "FR"'


def test_sizes_follow_who_came_and_left():
    name = LocalizedText(en="French", fr="Français")
    segment = define_segment(by=SYSTEM, at=AT, key="french", name=name, condition=FRENCH)
    new = NewCustomer(source="till", given_name="Florestan", country="FR")
    customer = add_customer(by=SYSTEM, at=AT, customer=new)
    week = timedelta(days=7)
    refresh_segment(by=SYSTEM, at=AT + week, segment_id=segment.id)
    update_customer(
        by=SYSTEM, at=AT + 2 * week, customer_id=customer.id, changes={"country": "BE"}, source="till",
    )  # fmt: skip
    refresh_segment(by=SYSTEM, at=AT + 3 * week, segment_id=segment.id)
    moments = [AT, AT + week, AT + 2 * week, AT + 3 * week]
    assert list_sizes(by=SYSTEM, segment_id=segment.id, moments=moments) == [0, 1, 1, 0]
    with pytest.raises(Denied):
        list_sizes(by=PIZARRO, segment_id=segment.id, moments=moments)


def test_conditions_are_told_in_both_languages():
    assert describe_conditions([FRENCH], "en") == ["the country is “FR”"]
    assert describe_conditions([FRENCH], "fr")[0].replace("\u00a0", " ") == "le pays est « FR »"
    with pytest.raises(RuleError):
        describe_conditions(["customer.contry == 1"], "en")
