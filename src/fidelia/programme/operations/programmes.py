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
    is_sandbox: bool = False,
    partner_id: UUID | None = None,
) -> Programme:
    """Create a programme with its points currency.

    Raises Denied, SlugTaken, UnknownCurrency, UnknownTimeZone.
    """
    by.require("programme.create", Scope(partner_id))
    exponent_of(currency)
    zone_of(time_zone)
    with transaction_of_use_case():
        points, _made = PointsCurrency.objects.get_or_create(
            code=points_code,
            defaults={"name": points_name, "scale": points_scale, "may_go_negative": may_go_negative},
        )
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
