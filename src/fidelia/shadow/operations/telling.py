"""What the vendor granted, told beside: one by one, in batches, or as its file."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import StringIO

from fidelia.access.operations import record_audit
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.errors import FideliaError
from fidelia.kernel.points import parse_points
from fidelia.programme.models import Programme

from ..errors import MalformedGrants, NoShadow
from ..models import Shadow, ShadowPurchase, VendorGrant

GRANTS_MAX = 100_000
COLUMNS = ("receipt_number", "points", "tier", "occurred_at")
_WIDTHS = {"receipt_number": 80, "tier": 60}


@dataclass(frozen=True, slots=True)
class GrantTold:
    """What a vendor granted for a receipt; points in minor units; `tier` is the key of the tier it read, if told."""

    receipt_number: str
    points: int
    tier: str = ""
    occurred_at: datetime | None = None


def tell_grants(*, by: Actor, at: datetime, programme: Programme, grants: Sequence[GrantTold]) -> dict[str, int]:
    """Keep what the vendor granted; told again otherwise, the last word counts and is compared anew.

    Returns {"told", "changed"}. Raises Denied (purchase.shadow), NoShadow, MalformedGrants.
    """
    by.require("purchase.shadow", Scope(programme.partner_id))
    by_receipt = {each.receipt_number: each for each in grants}
    if not grants or len(grants) > GRANTS_MAX or len(by_receipt) != len(grants):
        raise MalformedGrants(f"Tell 1 to {GRANTS_MAX} grants at once, each receipt once.", pointer="/grants")
    with transaction_of_use_case():
        shadow = Shadow.objects.select_for_update().filter(programme=programme, ended_at=None).first()
        if shadow is None:
            raise NoShadow("This programme is in no shadow.")
        known = {each.receipt_number: each for each in shadow.grants.filter(receipt_number__in=by_receipt)}
        changed = [each for number, each in known.items() if _differs(each, by_receipt[number])]
        for each in changed:
            told = by_receipt[each.receipt_number]
            each.points, each.tier, each.occurred_at, each.told_at = told.points, told.tier, told.occurred_at, at
        VendorGrant.objects.bulk_update(changed, ["points", "tier", "occurred_at", "told_at"], batch_size=2_000)
        new = [_row(shadow, each, at) for number, each in by_receipt.items() if number not in known]
        VendorGrant.objects.bulk_create(new, batch_size=5_000)
        numbers = [each.receipt_number for each in (*new, *changed)]
        ShadowPurchase.objects.filter(shadow=shadow, receipt_number__in=numbers).update(compared_at=None)
        counts = {"told": len(new), "changed": len(changed)}
        record_audit(by=by, at=at, verb="purchase.shadow", object_type="shadow", object_id=shadow.id, after=counts)
    return counts


def read_grants(text: str, *, scale: int) -> list[GrantTold]:
    """Read a vendor's file: CSV with a head of receipt_number, points and, where known, tier and occurred_at.

    Separated by comma, semicolon or tab. Raises MalformedGrants with the row, the first being 2.
    """
    head = text.lstrip("\ufeff").partition("\n")[0]
    separator = max(",;\t", key=head.count)
    rows = csv.DictReader(StringIO(text.lstrip("\ufeff")), delimiter=separator)
    names = [name.strip().lower() for name in rows.fieldnames or ()]
    if "receipt_number" not in names or "points" not in names or not set(names) <= set(COLUMNS):
        raise MalformedGrants(f"The first row names the columns: {', '.join(COLUMNS)}.", pointer="/1")
    rows.fieldnames = names
    found = list(_read(rows, scale))
    if len({each.receipt_number for each in found}) != len(found):
        raise MalformedGrants("A receipt stands twice in the file.")
    return found


def _read(rows: Iterable[dict[str, str]], scale: int) -> Iterable[GrantTold]:
    for number, row in enumerate(rows, 2):
        if number > GRANTS_MAX + 1:
            raise MalformedGrants(f"A file holds at most {GRANTS_MAX} rows; divide it.")
        told = {name: (value or "").strip() for name, value in row.items() if isinstance(value, str | None)}
        if not told.get("receipt_number") or any(len(told.get(name, "")) > most for name, most in _WIDTHS.items()):
            raise MalformedGrants(f"Row {number}: no receipt number, or too long a text.", pointer=f"/{number}")
        try:
            points = parse_points(told["points"], scale)
            moment = datetime.fromisoformat(told["occurred_at"]) if told.get("occurred_at") else None
        except (FideliaError, ValueError, KeyError):
            raise MalformedGrants(f"Row {number}: these points or this moment cannot be read.",
                                  pointer=f"/{number}") from None  # fmt: skip
        if moment is not None and moment.tzinfo is None:
            raise MalformedGrants(f"Row {number}: write the moment with its zone.", pointer=f"/{number}")
        yield GrantTold(told["receipt_number"], points, told.get("tier", ""), moment)


def _differs(known: VendorGrant, told: GrantTold) -> bool:
    return (known.points, known.tier, known.occurred_at) != (told.points, told.tier, told.occurred_at)


def _row(shadow: Shadow, told: GrantTold, at: datetime) -> VendorGrant:
    return VendorGrant(
        shadow=shadow, receipt_number=told.receipt_number, points=told.points, tier=told.tier,
        occurred_at=told.occurred_at, told_at=at,
    )  # fmt: skip
