"""Which other tables name a customer: asked of the database itself, so that no module can be forgotten."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from fidelia.kernel.references import find_naming

from ..models import ImportedCustomer

# What a row of a table is called; a table that is not named here is called by its own name, without its module.
CALLED = {
    "activity_checkout": "checkouts",
    "activity_claim": "claimed purchases",
    "activity_purchase": "purchases",
    "cards_card": "loyalty cards",
    "campaigns_member": "people of campaigns",
    "insight_rfm": "scores",
    "members_code": "codes to come in",
    "members_session": "devices",
    "members_sign_up": "sign-ups",
    "members_used_link": "links used",
    "messaging_message": "messages",
    "persons_request": "requests about own data",
    "activity_taken_back": "purchases taken back",
    "programme_enrolment": "memberships",
    "rewards_cheque": "loyalty cheques",
    "rewards_coupon_code": "coupons",
    "rewards_gift_card": "gift cards",
    "rewards_offer_activation": "offers activated",
    "rewards_redemption": "rewards chosen",
    "rewards_use": "rewards used",
    "rewards_voucher": "vouchers",
    "shadow_purchase": "purchases judged beside",
    "subscriptions_subscription": "subscriptions",
}


def list_imported(import_id: UUID) -> list[UUID]:
    """Return the customers that an import added and that were not erased since."""
    return list(ImportedCustomer.objects.filter(import_id=import_id).values_list("customer_id", flat=True))


def called(table: str) -> str:
    """Return what rows of a table are called."""
    return CALLED.get(table, table.partition("_")[2].replace("_", " "))


def find_references(customer_ids: Sequence[UUID], *, besides: Collection[str] = ()) -> dict[str, int]:
    """Return how many of these customers each table of another module names; those that name none are left out."""
    return {table: len(ids) for table, ids in _referring(customer_ids, besides).items()}


def find_referred(customer_ids: Sequence[UUID], *, besides: Collection[str] = ()) -> set[UUID]:
    """Return those of these customers whom some table of another module names."""
    return {one for ids in _referring(customer_ids, besides).values() for one in ids}


def _referring(customer_ids: Sequence[UUID], besides: Collection[str]) -> dict[str, set[UUID]]:
    return find_naming("customer_id", customer_ids, besides=besides, besides_all_of="customers_")
