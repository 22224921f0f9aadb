"""Say what the law of a country is from a day on."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from fidelia.access.operations import record_audit
from fidelia.kernel.actor import Actor
from fidelia.kernel.db import transaction_of_use_case
from fidelia.rules.law import CEILING, KINDS

from ..errors import MalformedPolicy
from ..models import LawPolicy

DAYS_MAX = 366


def set_policy(
    *,
    by: Actor,
    at: datetime,
    country: str,
    kind: str,
    valid_from: date,
    terms: dict[str, Any],
    action: str = LawPolicy.Action.WARN,
    valid_until: date | None = None,
    source: str = "",
) -> LawPolicy:
    """Keep a policy, or say anew the one that begins on the same day.

    Terms of a promotion ceiling: {"share": [34, 100], "categories": […], "counts_deferred": true}, with "shares" of
    categories that have their own ({"Hygiene": [40, 100]}) and the most of the "volume" under promotion ([25, 100])
    where the law says so; of a prior price: {"days": 30}. Raises Denied (policy.change), MalformedPolicy.
    """
    by.require("policy.change")
    _check(country, kind, valid_from, valid_until, action)
    kept = _check_ceiling(terms) if kind == CEILING else _check_days(terms)
    with transaction_of_use_case():
        known = LawPolicy.objects.select_for_update().filter(country=country, kind=kind, valid_from=valid_from).first()
        before = None if known is None else _told(known)
        policy = known or LawPolicy(country=country, kind=kind, valid_from=valid_from)
        policy.valid_until, policy.action, policy.terms, policy.source = valid_until, action, kept, source.strip()
        policy.changed_at, policy.changed_by = at, by.label
        policy.save()
        record_audit(
            by=by, at=at, verb="policy.change", object_type="policy", object_id=policy.id, before=before,
            after=_told(policy),
        )  # fmt: skip
    return policy


def _check(country: str, kind: str, valid_from: date, valid_until: date | None, action: str) -> None:
    if len(country) != 2 or not country.isalpha() or not country.isupper():
        raise MalformedPolicy("A country is two capitals, such as FR.", pointer="/country")
    if kind not in KINDS:
        raise MalformedPolicy(f"There are policies of these kinds: {', '.join(KINDS)}.", pointer="/kind")
    if action not in LawPolicy.Action.values:
        raise MalformedPolicy("A policy is ignored, warned of, or refused by.", pointer="/action")
    if valid_until is not None and valid_until < valid_from:
        raise MalformedPolicy("The last day comes after the first.", pointer="/valid_until")


def _check_ceiling(terms: dict[str, Any]) -> dict[str, Any]:
    share: Any = terms.get("share")
    categories: Any = terms.get("categories", [])
    _check_share(share, "/terms/share")
    if not all(isinstance(one, str) and one.strip() for one in categories) or len(categories) > 500:
        raise MalformedPolicy("Categories are paths such as Food/Tea, at most 500.", pointer="/terms/categories")
    named = [one.strip() for one in categories]
    counted = bool(terms.get("counts_deferred", True))
    kept: dict[str, Any] = {"share": list(share), "categories": named, "counts_deferred": counted}
    shares, volume = terms.get("shares"), terms.get("volume")
    if shares:
        for name, own in shares.items():
            if name not in named:
                raise MalformedPolicy("A share of its own is of a category that is named.", pointer="/terms/categories")
            _check_share(own, "/terms/categories")
        kept["shares"] = {name: list(own) for name, own in shares.items()}
    if volume:
        _check_share(volume, "/terms/volume")
        kept["volume"] = list(volume)
    return kept


def _check_share(share: Any, pointer: str) -> None:
    if not (
        isinstance(share, list | tuple)
        and len(share) == 2
        and all(isinstance(part, int) for part in share)
        and 0 < share[0] < share[1] <= 10_000
    ):
        raise MalformedPolicy("A share is two whole numbers, such as 34 of 100.", pointer=pointer)


def _check_days(terms: dict[str, Any]) -> dict[str, Any]:
    days = terms.get("days")
    if not isinstance(days, int) or not 1 <= days <= DAYS_MAX:
        raise MalformedPolicy(f"The days are 1 to {DAYS_MAX}.", pointer="/terms/days")
    return {"days": days}


def _told(policy: LawPolicy) -> dict[str, Any]:
    names = ("country", "kind", "valid_from", "valid_until", "action", "terms", "source")
    return {name: getattr(policy, name) for name in names}
