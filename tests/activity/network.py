"""Two stores of one partner and one of another, for purchases and returns that cross them."""

from __future__ import annotations

from datetime import date

from fidelia.organisation.models import Store
from fidelia.organisation.operations import add_banner, add_partner, add_store
from tests.cast import SYSTEM
from tests.programme.cast import BEGUN


def stores() -> tuple[Store, Store, Store]:
    """Séville and Lyon of one partner, and Wien of another."""
    spain, austria = (
        add_partner(by=SYSTEM, at=BEGUN, code=code, name=code.title(), country="FR", currency="EUR")
        for code in ("eleonore", "pizarro")
    )
    one, other = (
        add_banner(by=SYSTEM, at=BEGUN, partner_id=partner.id, code=partner.code, name=partner.name)
        for partner in (spain, austria)
    )
    seville, lyon, wien = (
        add_store(
            by=SYSTEM, at=BEGUN, banner_id=banner.id, code=name, name=name.title(), channel="store", country="FR",
            currency="EUR", time_zone="Europe/Paris", opened_on=date(2020, 1, 1),
        )
        for banner, name in ((one, "seville"), (one, "lyon"), (other, "wien"))
    )  # fmt: skip
    return seville, lyon, wien
