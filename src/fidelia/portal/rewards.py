"""Rewards: what she can have for points, what she can use now, what she chose, what is over."""

from __future__ import annotations

from typing import Any

from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_safe

from .catalog import catalog_of, chosen_by, next_cheque
from .door import MemberRequest, members_only
from .holdings import holdings_of
from .offers import offers_shown
from .pages import show
from .presents import presents_of

OVER_SHOWN = 12


@require_safe
@members_only
def rewards(request: MemberRequest) -> HttpResponseBase:
    held = holdings_of(request)
    if held.enrolment is None:
        return show(request, "portal/no_membership.html", here="rewards")
    found = presents_of(held)
    catalog, within = catalog_of(held), request.GET.get("show") == "within"
    soon = held.ends_soonest()
    context = {
        "held": held,
        "points": held.in_points(held.balance.available),
        "worth": held.worth(held.balance.available),
        "soon": {"points": held.points(soon.amount), "day": held.last_short(soon.expires_at)} if soon else None,
        "cheque": next_cheque(held),
        "catalog": [one for one in catalog if one.may_be_had or not within],
        "chips": _chips(within),
        "has_catalog": bool(catalog),
        "offers": offers_shown(held),
        "chosen": chosen_by(held),
        "open_ones": [one for one in found if one.is_open],
        "over": [one for one in found if not one.is_open][:OVER_SHOWN],
    }
    return show(request, "portal/rewards.html", context, here="rewards")


def _chips(within: bool) -> list[dict[str, Any]]:
    return [
        {"name": _t("All"), "url": "?", "is_on": not within},
        {"name": _t("Within my reach"), "url": "?show=within", "is_on": within},
    ]
