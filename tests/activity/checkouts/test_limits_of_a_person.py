"""A limit per member holds over the merged person, and is each one's own again when the merge is undone."""

from __future__ import annotations

from typing import Any

import pytest

from fidelia.customers.models import Customer
from tests.programme.cast import florestan, member, programme

from .cast import MUG, basket, cancel, close
from .rules import document, said

pytestmark = pytest.mark.django_db


def once(**period: Any) -> dict[str, Any]:
    return {
        "key": "once", "name": said("A tenth off, once"), "percent_off": {"percent": "10", "of": "order"},
        "limits": [{"of": "uses", "at_most": 1, "per": "member", **period}],
    }  # fmt: skip


@pytest.mark.parametrize("period", [{}, {"period": "month"}, {"period": {"rolling_days": 30}}])
def test_what_was_used_under_another_name_is_used(period: dict[str, Any]) -> None:
    of = programme(document(once(**period)))
    absorbed = member(of, card="M1")
    assert close("A", basket=basket(MUG, identity=("card", "M1"))).checkout["total"] == 1305
    survivor = florestan()
    Customer.objects.filter(id=absorbed.customer_id).update(merged_into=survivor)
    assert close("B", basket=basket(MUG)).checkout["total"] == 1450
    cancel("A")
    assert close("C", basket=basket(MUG)).checkout["total"] == 1305, "given back by the cancellation"
    assert close("D", basket=basket(MUG)).checkout["total"] == 1450
    Customer.objects.filter(id=absorbed.customer_id).update(merged_into=None)
    apart = close("E", basket=basket(MUG, identity=("card", "M1")))
    assert apart.checkout["total"] == 1305, "the use of C is the survivor's"
