"""Create programmes."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.calendar import zone_of
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.localized import LocalizedText
from fidelia.kernel.money import exponent_of

from ..errors import SlugTaken
from ..models import PointsCurrency, Programme
from .audit import audit


def create_programme(
    *,
    by: Actor,
    at: datetime,
    slug: str,
    name: LocalizedText,
    currency: str,
    time_zone: str,
    points_code: str,
    points_name: LocalizedText,
    points_scale: int = 0,
    may_go_negative: bool = False,
    negative_policy: str | None = None,
    points_look: str = PointsCurrency.Look.POINTS,
    is_sandbox: bool = False,
    partner_id: UUID | None = None,
) -> Programme:
    """Create a programme with its points currency; without `negative_policy`, `may_go_negative` chooses it.

    Raises Denied, SlugTaken, UnknownCurrency, UnknownTimeZone.
    """
    by.require("programme.create", Scope(partner_id))
    limit = PointsCurrency.Negative.UNLIMITED if may_go_negative else PointsCurrency.Negative.WITHIN_BALANCE
    exponent_of(currency)
    zone_of(time_zone)
    with transaction_of_use_case():
        points = _know_currency(points_code, points_name, points_scale, negative_policy or limit, points_look)
        if Programme.objects.filter(slug=slug).exists():
            raise SlugTaken(f"There is a programme “{slug}” already.", pointer="/slug")
        programme = Programme.objects.create(
            slug=slug,
            name=name,
            currency=currency,
            points_currency=points,
            time_zone=time_zone,
            is_sandbox=is_sandbox,
            partner_id=partner_id,
            created_at=at,
        )
        audit(by, at, "programme.create", programme.id, after={"slug": slug, "currency": currency})
    return programme


def _know_currency(code: str, name: LocalizedText, scale: int, policy: str, look: str) -> PointsCurrency:
    """Return the points currency of this code; one that is known already stays as it is."""
    defaults = {
        "name": name,
        "scale": scale,
        "may_go_negative": policy == PointsCurrency.Negative.UNLIMITED,
        "negative_policy": PointsCurrency.Negative(policy),
        "look": PointsCurrency.Look(look),
    }
    points, _made = PointsCurrency.objects.get_or_create(code=code, defaults=defaults)
    return points
