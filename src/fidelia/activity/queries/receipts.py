"""Receipts: a decision, or the whole chain of an account, as documents that anyone can verify elsewhere.

They are made from the append-only rows when they are asked for: nothing is computed or kept while a purchase is closed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC
from typing import Any
from uuid import UUID

from fidelia.customers.fields import trait_of_path
from fidelia.customers.models import TraitDefinition
from fidelia.kernel.actor import Actor
from fidelia.kernel.localized import LocalizedText
from fidelia.programme.models import Enrolment, ProgrammeVersion
from fidelia.programme.queries import terms_of
from fidelia.rules import Catalogue, RuleSet
from fidelia.rules.receipts import FORMAT, RECEIPTS_MAX, basket_as_json, hash_of_document, sealed

from .. import fields
from ..errors import NoDecision, TooManyReceipts
from ..models import DecisionRecord, Purchase
from ..operations.checkouts.replaying import ClosedBasket, read_closed
from .purchases import get_decision


def get_receipt(*, by: Actor, purchase_id: UUID) -> dict[str, Any]:
    """Return the receipt of a purchase or a return, as JSON holds it (see `rules.receipts.receipt`).

    Raises Denied (decision.see, purchase.see), UnknownPurchase, NoDecision: no rules decided about it.
    """
    detail = get_decision(by=by, purchase_id=purchase_id)
    purchase = detail.purchase
    account_id = purchase.account_id or purchase_id
    found = DecisionRecord.objects.filter(purchase_id=purchase_id, account_id=account_id).order_by("sequence").first()
    if found is None:
        raise NoDecision("No rules decided about this purchase: it counted for no member.")
    return _receipts([found])[0]


def list_receipts(*, by: Actor, account_id: UUID, limit: int = RECEIPTS_MAX) -> list[dict[str, Any]]:
    """Return every receipt of an account in the order of its chain, the first decision first.

    Raises Denied (decision.see for the whole installation, since a chain is that of all its stores), TooManyReceipts.
    """
    by.require("decision.see")
    rows = list(DecisionRecord.objects.filter(account_id=account_id).order_by("sequence")[: limit + 1])
    if len(rows) > limit:
        raise TooManyReceipts(f"This account has more than {limit} decisions.", limit=limit)
    return _receipts(rows)


def offline_catalogue(currency: str, traits: Mapping[str, str]) -> Catalogue:
    """Return what rules may read, without a database: `traits` are the types of those that they read."""
    named = [
        TraitDefinition(name=name, type=kind, label=LocalizedText(en=name, fr=name)) for name, kind in traits.items()
    ]
    return fields.purchase_catalogue(currency, named)


def _receipts(rows: Sequence[DecisionRecord]) -> list[dict[str, Any]]:
    purchases = {each.purchase_id: each for each in Purchase.objects.filter(pk__in={row.purchase_id for row in rows})}
    versions = _Versions(row.rule_version_id for row in rows)
    baskets = _baskets(rows, purchases)
    return [_receipt(row, purchases.get(row.purchase_id), versions, baskets.get(row.purchase_id)) for row in rows]


class _Versions:
    """What receipts say of the versions that decided them."""

    def __init__(self, ids: Iterable[UUID | None]) -> None:
        wanted = {each for each in ids if each is not None}
        found = ProgrammeVersion.objects.select_related("programme__points_currency").filter(id__in=wanted)
        self._known = {version.id: self._told(version) for version in found}
        types = dict(TraitDefinition.objects.values_list("name", "type"))
        self._traits = {
            id: {name: types[name] for name in _traits_of(terms_of(id).rule_set) if name in types} for id in self._known
        }

    def told(self, version_id: UUID | None) -> dict[str, Any]:
        """Return the parts "programme", "version" and "traits"; empty ones where no version decided."""
        if version_id is None:
            return {"programme": {}, "version": {}, "traits": {}}
        return {**self._known[version_id], "traits": self._traits[version_id]}

    def _told(self, version: ProgrammeVersion) -> dict[str, Any]:
        programme, points = version.programme, version.programme.points_currency
        return {
            "programme": {
                "slug": programme.slug,
                "currency": programme.currency,
                "time_zone": programme.time_zone,
                "points": {"code": points.code, "scale": points.scale},
            },
            "version": {"id": str(version.id), "number": version.number, "hash": hash_of_document(version.document)},
        }


def _traits_of(rule_set: RuleSet) -> list[str]:
    return sorted(name for name in map(trait_of_path, rule_set.fields_read) if name is not None)


def _baskets(
    rows: Sequence[DecisionRecord], purchases: Mapping[UUID, Purchase]
) -> dict[UUID, tuple[ClosedBasket, Mapping[str, Any]]]:
    """Return what the engine was given for each closure, with the values that it read."""
    closures = {row.purchase_id: row.record["values"] for row in rows if "bill" in row.record}
    if not closures:
        return {}
    found = (purchases[id].enrolment_id for id in closures if id in purchases)
    members = [id for id in found if id is not None]
    enrolled = dict(Enrolment.objects.filter(id__in=members).values_list("id", "enrolled_at"))
    return {each.purchase_id: (each, closures[each.purchase_id]) for each in read_closed(list(closures), enrolled)}


def _receipt(
    row: DecisionRecord,
    purchase: Purchase | None,
    versions: _Versions,
    closed: tuple[ClosedBasket, Mapping[str, Any]] | None,
) -> dict[str, Any]:
    basket = None
    if closed is not None and row.rule_version_id is not None and "bill" in row.record:
        given, values = closed
        prices = row.record["bill"].get("gift_prices", ())
        basket = basket_as_json(
            given.given(terms_of(row.rule_version_id), lines=values.get("lines", ()), gift_prices=prices)
        )
    return sealed(
        {
            "format": FORMAT,
            "account": str(row.account_id),
            "sequence": row.sequence,
            "purchase": _told_of(row, purchase),
            **versions.told(row.rule_version_id),
            "recorded_at": row.recorded_at.astimezone(UTC).isoformat(),
            "decision": row.record,
            "basket": basket,
            "previous_hash": bytes(row.previous_hash).hex(),
            "hash": bytes(row.hash).hex(),
        }
    )


def _told_of(row: DecisionRecord, purchase: Purchase | None) -> dict[str, Any]:
    """Return what names the purchase; of one that an import took back again, only its id is left."""
    if purchase is None:
        return {"id": str(row.purchase_id)}
    returns = purchase.returns_purchase_id
    return {
        "id": str(purchase.purchase_id),
        "kind": purchase.kind,
        "receipt_number": purchase.receipt_number,
        "source": purchase.source,
        "currency": purchase.currency,
        "total": purchase.total,
        "returns": str(returns) if returns is not None else None,
    }
