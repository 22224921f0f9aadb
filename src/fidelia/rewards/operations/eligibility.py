"""Who may choose a reward: its condition in the rule language, over the customer and the membership."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q

from fidelia.customers.fields import RULE_FIELDS, trait_fields, values_of_customer
from fidelia.customers.queries import ids_of, list_trait_definitions
from fidelia.customers.queries.for_rules import read_for_rules as read_customers
from fidelia.kernel.calendar import local_day, zone_of
from fidelia.programme.fields import FIELDS as MEMBER_FIELDS
from fidelia.programme.models import Enrolment
from fidelia.programme.queries import terms_in_force, tier_at
from fidelia.rules import Catalogue, RuleError, check_rule
from fidelia.subscriptions.fields import FIELDS as PLAN_FIELDS
from fidelia.subscriptions.fields import plans_of, with_entitlements
from fidelia.subscriptions.queries import plans_for_rules

from ..errors import MalformedReward
from ..fields import FIELDS as OFFER_FIELDS
from ..models import OfferActivation


def eligibility_catalogue() -> Catalogue:
    """Return what the condition of a reward may read: the customer, traits, segments, tier and entitlements."""
    return Catalogue(
        fields=(*RULE_FIELDS, *trait_fields(list_trait_definitions()), *MEMBER_FIELDS, *PLAN_FIELDS, *OFFER_FIELDS)
    )


def check_condition(condition: str) -> None:
    """Raise MalformedReward, with line and column, for a text that is no condition."""
    if condition:
        try:
            check_rule(condition, eligibility_catalogue())
        except RuleError as error:
            raise MalformedReward(str(error), pointer="/condition") from error


def who_is_eligible(conditions: Sequence[str], enrolment: Enrolment, at: datetime) -> list[bool]:
    """Tell of each condition whether the member meets it at an instant; the empty one everybody meets."""
    if not any(conditions):
        return [True] * len(conditions)
    catalogue, values = eligibility_catalogue(), _values(enrolment, at)
    return [not text or bool(check_rule(text, catalogue).run(values)) for text in conditions]


def _values(enrolment: Enrolment, at: datetime) -> dict[str, Any]:
    zone = zone_of(enrolment.programme.time_zone)
    (customer,) = read_customers([(enrolment.customer_id, at)])
    held, terms = tier_at(enrolment.id, at), terms_in_force(enrolment, at)
    tier = "" if held is None else held.tier
    ids = ids_of(enrolment.customer_id)
    counts = Q(holds_until__isnull=True) | Q(holds_until__gt=at)
    activated = OfferActivation.objects.filter(
        counts, customer_id__in=ids, programme=enrolment.programme_id, activated_at__lte=at
    )
    facts = {"plans": plans_for_rules(enrolment.programme_id, ids, at)}
    return {
        **values_of_customer(customer, on=local_day(at, zone)),
        "customer.plans": plans_of(facts),
        "customer.offers": sorted({each.offer for each in activated}),
        "member.tier": tier,
        "member.enrolled_on": local_day(enrolment.enrolled_at, zone),
        "customer.entitlements": with_entitlements(() if terms is None else terms.entitlements_of(tier), facts),
    }
