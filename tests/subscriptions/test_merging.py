"""A paid membership of a record that becomes part of another person is that person's."""

from __future__ import annotations

import pytest

from fidelia.customers.queries import ids_of
from fidelia.programme.models import Enrolment
from fidelia.subscriptions.errors import AlreadySubscribed
from fidelia.subscriptions.operations import end_subscription, renew_subscription
from fidelia.subscriptions.queries import plans_for_rules
from tests.cast import SYSTEM
from tests.persons.test_merging_races import merge
from tests.referral.cast import newcomer

from .shop import PLUS, have, points, seller, tier, when
from .test_life import TIERS

pytestmark = pytest.mark.django_db(transaction=True)
AT = when("2026-03-10")


def test_it_lasts_is_renewed_and_ended_for_the_person() -> None:
    who = seller(
        {**PLUS, "tier": "gold", "welcome": "50", "each_period": "10", "refund": {"within_days": 14}}, tiers=TIERS
    )
    other = newcomer(who.programme, AT)
    held = have(who, "plus", AT)
    merge(who.customer_id, other.customer_id)
    own = Enrolment.objects.get(id=other.id)
    assert plans_for_rules(own.programme_id, ids_of(own.customer_id), AT)[0]["plan"] == "plus"
    assert (points(own, AT), tier(own, AT)) == (60, "gold")
    with pytest.raises(AlreadySubscribed):
        have(own, "plus", AT)
    renew_subscription(by=SYSTEM, at=AT, subscription_id=held.id)
    assert points(own, AT) == 70
    end_subscription(by=SYSTEM, at=AT, subscription_id=held.id)
    assert (points(own, AT), tier(own, AT)) == (0, "")
    assert plans_for_rules(own.programme_id, ids_of(own.customer_id), AT) == []
