"""My tier: what it gives, until when, what is missing, and the tiers above."""

from __future__ import annotations

from typing import Any

from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_safe

from fidelia.programme.queries import TierStanding

from .door import MemberRequest, members_only
from .holdings import Holdings, holdings_of, tier_ahead
from .home import tier_words
from .pages import show


@require_safe
@members_only
def tiers(request: MemberRequest) -> HttpResponseBase:
    held = holdings_of(request)
    if held.enrolment is None:
        return show(request, "portal/no_membership.html", here="home")
    sets = [_set(held, standing) for standing in held.standings]
    context = {"held": held, "sets": sets, "ahead": tier_ahead(held, tier_words())}
    return show(request, "portal/tiers.html", context, here="home")


def _set(held: Holdings, standing: TierStanding) -> dict[str, Any]:
    held_key = standing.held.key if standing.held is not None else ""
    reached = [level.key for level in standing.tiers.levels]
    place = reached.index(held_key) if held_key else -1
    return {
        "name": held.said(standing.tiers.name) if standing.tiers.name else "",
        "held": held.said(standing.held.name) if standing.held is not None else "",
        "dates": _dates(held, standing),
        "earned": held.measured(standing, standing.earned),
        "levels": [
            {
                "name": held.said(level.name),
                "from": held.measured(standing, level.threshold),
                "benefits": [held.said(one) for one in level.benefits],
                "is_held": level.key == held_key,
                "is_passed": number <= place,
            }
            for number, level in enumerate(standing.tiers.levels)
        ],
    }


def _dates(held: Holdings, standing: TierStanding) -> list[str]:
    """Say until when the tier is kept, what keeps it on, and what follows otherwise."""
    ahead, said = standing.ahead, []
    if ahead.begins_on is not None:
        said.append(_t("The tier that you have reached begins on %(day)s.") % {"day": held.day(ahead.begins_on)})
    if ahead.held is None or ahead.falls_on is None:
        return said
    said.append(
        _t("You are %(tier)s until %(day)s.")
        % {"tier": held.said(ahead.held.name), "day": held.day_before(ahead.falls_on)}
    )
    if ahead.keep_by is not None and (missing := held.missing_to_keep(standing)):
        said.append(
            _t("%(missing)s more by %(day)s keeps it on.") % {"missing": missing, "day": held.day_before(ahead.keep_by)}
        )
    then = held.said(ahead.falls_to.name) if ahead.falls_to is not None else ""
    # Not “otherwise”: whoever adds something, only too little, may well come to a tier in between.
    if then:
        said.append(_t("Without anything more by then, %(tier)s follows.") % {"tier": then})
    else:
        said.append(_t("Without anything more by then, no tier follows."))
    return said
