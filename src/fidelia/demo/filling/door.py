"""The pages for members, in the colours of the invented shop, and a member whose pages have something on them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from fidelia.customers.queries import find_addresses
from fidelia.kernel.actor import Actor
from fidelia.kernel.localized import LocalizedText
from fidelia.organisation.operations import PortalLook, set_portal
from fidelia.rewards.models import Voucher

from ..simulation.people import Person
from .state import NAME

LOOK = PortalLook(
    name=NAME,
    brand_color="#1F3D36",
    accent_color="#A0521F",
    paper_color="#FBF6EE",
    welcome=LocalizedText(
        en="Your points, your vouchers and your card, wherever you are.",
        fr="Vos points, vos chèques et votre carte, où que vous soyez.",
    ),
    contact="bonjour@maison-eleonore.example",
)


def open_door(*, by: Actor, at: datetime) -> None:
    """Open the pages for members."""
    set_portal(by=by, at=at, look=LOOK, is_open=True)


def find_address_of_member() -> str:
    """Return the address of a member who holds a voucher, as it is kept now; empty where none has one."""
    holders = [id for id in Voucher.objects.order_by("issued_at", "id").values_list("customer_id", flat=True) if id]
    found = find_addresses(holders[:50], "email")
    return next(iter(found.values()), "")


def find_member(people: Sequence[Person]) -> str:
    """Return the address of a member who holds a voucher, of any member with an address where none does."""
    holders: set[UUID] = {id for id in Voucher.objects.values_list("customer_id", flat=True) if id is not None}
    reached = [one for one in people if one.is_member and one.email and one.kind == "person"]
    return next((one.email for one in reached if one.id in holders), reached[0].email if reached else "")
