"""What a checkout reserves, takes and gives back of coupons, vouchers, gift cards, stock and limits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection

from fidelia.kernel.outbox import Origin
from fidelia.rewards.errors import RAISED, refusal_for
from fidelia.rewards.operations import GivingBack, Taking, issues_of, limit_items, release
from fidelia.rewards.operations import give_back as give_back_rewards
from fidelia.rewards.operations import reserve as reserve_rewards
from fidelia.rewards.queries import stock_taken_by
from fidelia.rules.pricing import Gift, Issue, Reversal

from .describing import POINTS
from .reading import CheckoutSurroundings
from .settling import Settled, limits_of_terms, periods_of_member
from .writing import CheckoutPurchaseRow

USED: Final = "used"
UNIT: Final = 1_000  # thousandths of a piece
# What may have been taken by others since it was read: then it is read, and settled, once more.
_TAKEN_SINCE: Final = ("_used_up", "_reserved", "_reached", "_short")
RACES = tuple({kind for code, (kind, _sentence) in RAISED.items() if code.endswith(_TAKEN_SINCE)})


def check_codes(found: CheckoutSurroundings) -> None:
    """Refuse a code that is not there to be used, each for its own reason, and a gift card that does not pay."""
    codes = found.rewards.get("codes", {})
    alike = 0
    for i, code in enumerate(found.basket.coupons):
        known = codes.get(code, {})
        _check("voucher" if known.get("what") == "voucher" else "coupon", known, code, f"/coupons/{i}")
        if known.get("per_checkout") is not None:
            alike += 1
            if alike > known["per_checkout"]:
                raise _refusal("voucher_beside_another", known, code, f"/coupons/{i}")
    cards = found.rewards.get("gift_cards", {})
    for i, tender in enumerate(found.basket.gift_cards):
        card = cards.get(tender.code, {})
        _check("gift_card", card, tender.code, f"/gift_cards/{i}/code")
        if card["currency"] != found.basket.currency:
            raise _refusal("gift_card_of_another_currency", card, tender.code, f"/gift_cards/{i}/code")


def _check(what: str, known: Mapping[str, Any], code: str, pointer: str) -> None:
    state = known.get("state", "unknown")
    if state != "ok":
        raise _refusal(f"{what}_{state}", known, code, pointer)


def _refusal(name: str, known: Mapping[str, Any], code: str, pointer: str) -> Exception:
    refusal = refusal_for(name, {"id": known.get("id"), "left": 0, "used": 0})
    refusal.pointer = pointer
    return refusal


def reserve(found: CheckoutSurroundings, settled: Settled, checkout: Mapping[str, Any], *, at: datetime) -> None:
    """Building block: set aside what the open checkout needs, instead of what it had set aside."""
    taking = _taking(found, settled, checkout_id=checkout["checkout_id"], at=at, expires_at=checkout["reserved_until"])
    if found.kept is None and not _takes(taking):
        return
    reserve_rewards(taking)


def _taking(
    found: CheckoutSurroundings, settled: Settled, *, checkout_id: UUID | None, at: datetime, **more: Any
) -> Taking:
    codes, bill = found.rewards.get("codes", {}), settled.bill
    used = {answer.code: answer for answer in bill.coupons if answer.reason == USED}
    return Taking(
        programme_id=found.around.programme_id,
        currency=bill.currency,
        at=found.basket.occurred_at or at,
        now=at,
        checkout_id=checkout_id,
        customer_id=found.customer_id,
        store_id=found.around.scope.store_id,
        coupons=tuple([codes[code]["id"] for code in used if codes[code]["what"] == "coupon"]),
        vouchers=tuple(
            [
                (UUID(codes[code]["id"]), answer.amount)
                for code, answer in used.items()
                if codes[code]["what"] == "voucher"
            ]
        ),
        gift_cards=tuple(
            [(UUID(each.key), each.amount) for each in bill.tenders if each.key != POINTS and each.amount]
        ),
        stock=_stock(found, settled),
        **more,
    )


def _takes(taking: Taking) -> bool:
    return bool(taking.coupons or taking.vouchers or taking.gift_cards or taking.stock)


def _stock(found: CheckoutSurroundings, settled: Settled) -> tuple[tuple[UUID, int], ...]:
    """Return the pieces of gifts whose stock is counted."""
    known, pieces = found.rewards.get("stock", {}), dict[UUID, int]()
    for effect in settled.bill.others:
        if isinstance(effect, Gift) and effect.added and effect.product in known:
            key = UUID(known[effect.product]["id"])
            pieces[key] = pieces.get(key, 0) + -(-effect.quantity // UNIT)
    return tuple(pieces.items())


def consumption(
    found: CheckoutSurroundings, settled: Settled, purchase: CheckoutPurchaseRow, *, at: datetime
) -> dict[str, Any] | None:
    """Return what the closure takes, as rewards_consume reads it; None where it takes and had reserved nothing."""
    terms = settled.terms
    limits = limit_items(
        limits_of_terms(terms),
        {each.limit: each.amount for each in settled.bill.consumed},
        customer_id=found.customer_id,
        store_id=found.around.scope.store_id,
        at=purchase.occurred_at,
        zone=terms.zone,
        of=periods_of_member(found),
    )
    taking = _taking(
        found,
        settled,
        checkout_id=purchase.checkout_id if found.kept is not None else None,
        at=at,
        purchase_id=purchase.purchase_id,
        origin=Origin(purchase.origin),
        limits=limits,
        sold_cards=_sold_cards(found),
    )
    return taking.as_json() if found.kept is not None or limits or _takes(taking) else None


def _sold_cards(found: CheckoutSurroundings) -> tuple[str, ...]:
    """Return the codes of the gift cards that the lines name, to sell or to charge: such as may be there already."""
    return tuple([line.sells.code for line in found.basket.lines if line.sells is not None and line.sells.code])


def issuance(
    found: CheckoutSurroundings, settled: Settled, purchase: CheckoutPurchaseRow, *, at: datetime
) -> dict[str, Any] | None:
    """Return what the closure issues, as rewards_issue reads it; None where it issues nothing."""
    issues = [effect for effect in settled.bill.others if isinstance(effect, Issue)]
    if not issues:
        return None
    terms = settled.terms
    made = issues_of(
        issues,
        {key: rule.name for key, rule in terms.rule_set.rule_at.items()},
        settled.bill.currency,
        at=purchase.occurred_at,
        zone=terms.zone,
        return_window_days=terms.purchases.return_window_days,
    )
    named = {
        "programme_id": purchase.programme_id,
        "customer_id": purchase.customer_id,
        "purchase_id": purchase.purchase_id,
        "partner_id": purchase.partner_id,
        "at": purchase.occurred_at,
        "now": at,
        "origin": purchase.origin,
    }
    return {**named, **made}


def give_back(
    purchase_id: UUID,
    reversal: Reversal | None,
    *,
    occurred_at: datetime,
    at: datetime,
    pieces: Mapping[str, int] | None = None,
    withdrawn: str = "whole",
    gift_cards_until: datetime | None = None,
) -> None:
    """Building block: give back what a sale took: the share of a reversal, or all of it where it is undone (None).

    Coupons and vouchers come back only with the whole undone: who returns goods has used the coupon. `pieces` of gifts
    that were brought back, by product, are stock again; `withdrawn` says with what unused issues go (`PurchasePolicy`);
    a gift card that is filled again lives until `gift_cards_until` at least.
    """
    if reversal is None:
        give_back_rewards(
            GivingBack(purchase_id=purchase_id, at=occurred_at, now=at, whole=True, gift_cards_until=gift_cards_until)
        )
        return
    back = GivingBack(
        purchase_id=purchase_id,
        at=occurred_at,
        now=at,
        gift_cards_until=gift_cards_until,
        gift_cards=tuple([(UUID(key), amount) for key, amount in reversal.gift_cards if amount]),
        stock=_pieces_back(purchase_id, pieces or {}),
        limits=tuple([(each.limit, each.amount) for each in reversal.consumed if each.amount]),
    )
    if back.gift_cards or back.limits or back.stock:
        give_back_rewards(back)
    if withdrawn == "any" or (withdrawn == "whole" and reversal.is_whole):
        with connection.cursor() as cursor:
            cursor.execute("select rewards_withdraw_issued(%s, %s)", [purchase_id, at])


def _pieces_back(purchase_id: UUID, pieces: Mapping[str, int]) -> tuple[tuple[UUID, int], ...]:
    """Return how many pieces of which stock come back: never more than the sale took of it."""
    if not pieces:
        return ()
    taken = stock_taken_by(purchase_id)
    found = [(taken[code][0], min(count, taken[code][1])) for code, count in pieces.items() if code in taken]
    return tuple([(stock_id, count) for stock_id, count in found if count > 0])


def drop_reservations(checkout_id: UUID) -> None:
    """Building block: give free what a checkout had set aside."""
    release(checkout_id)
