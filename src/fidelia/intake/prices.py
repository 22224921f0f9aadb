"""Settle which column is the price of one and which the amount of the line. Knows no Django."""

from __future__ import annotations

from collections.abc import Sequence

from fidelia.kernel.localized import LocalizedText

from .amounts import (
    AGREEING,
    ROWS_LEAST,
    grows_with_quantity,
    multiplies,
    multiplies_before_discounts,
    stands_once_for_all,
)
from .contents import counts_pieces
from .doubting import is_before_tax
from .doubts import Doubt, because
from .likeness import RESEMBLING, SURE, all_words_of
from .profiles import Profile

Chosen = dict[str, tuple[Profile, float]]
Doubts = dict[str, list[Doubt]]
# Names that say both: a price may be that of the line, an amount that of one.
_OF_ONE = frozenset({"unit", "unitaire", "pu", "each", "piece"})
_OF_THE_LINE = frozenset({"total", "line", "ligne", "net", "value", "sales", "ca", "revenue", "extended"})


def settle_prices(
    chosen: Chosen, profiles: Sequence[Profile], doubts: Doubts, codes: Sequence[str], receipts: Sequence[str]
) -> None:
    """Check by multiplying what the names say; change the proposal where the numbers contradict it, and say so.

    `codes` and `receipts` are the products and the receipt numbers of the rows of the sample.

    For targets with the columns quantity, unit_price and net; others are left as they are.
    """
    if "quantity" not in chosen and {"unit_price", "net"} <= set(chosen) and _counts_instead(chosen):
        _take_amount_for_count(chosen, doubts)
    if "quantity" not in chosen and "unit_price" in chosen and "net" not in chosen:
        _take_each_row_for_one(chosen, doubts)
    if "quantity" not in chosen or not {"unit_price", "net"} & set(chosen):
        return
    if {"unit_price", "net"} <= set(chosen) and _is_of_receipt(chosen, receipts):
        total, _score = chosen.pop("net")
        _say(doubts, total, "net", because(
            "It is the total of the receipt. Price times quantity is taken instead.",
            "C’est le total du ticket. Le prix par la quantité est pris."),
            "net")  # fmt: skip
    elif {"unit_price", "net"} <= set(chosen):
        _settle_both(chosen, doubts)
    else:
        _settle_one(chosen, profiles, doubts, codes)


def _is_of_receipt(chosen: Chosen, receipts: Sequence[str]) -> bool:
    quantity, price, net = (chosen[name][0] for name in ("quantity", "unit_price", "net"))
    return not multiplies(quantity, price, net) and stands_once_for_all(receipts, net.numbers)


def _counts_instead(chosen: Chosen) -> bool:
    """An “amount” of 1 to 20 beside a price that is higher on (nearly) every row is how many, and not how much."""
    amount, price = chosen["net"][0], chosen["unit_price"][0]
    pairs = [pair for pair in zip(amount.numbers, price.numbers, strict=True) if None not in pair]
    below = sum(abs(count) < abs(each) for count, each in pairs if count is not None and each is not None)
    return len(pairs) >= ROWS_LEAST and counts_pieces(amount) and below >= AGREEING * len(pairs)


def _take_amount_for_count(chosen: Chosen, doubts: Doubts) -> None:
    chosen["quantity"] = chosen.pop("net")
    _say(doubts, chosen["quantity"][0], "quantity", because(
        "Its whole numbers are below the price nearly everywhere: it says how many, not how much.",
        "Ses nombres entiers sont presque partout inférieurs au prix : il dit combien, non pour combien."),
        "net")  # fmt: skip


def _take_each_row_for_one(chosen: Chosen, doubts: Doubts) -> None:
    """A price and no quantity: each row is one piece."""
    chosen["net"] = chosen.pop("unit_price")
    _say(doubts, chosen["net"][0], "net", because(
        "There is no quantity: each row counts as one piece at this price.",
        "Il n’y a pas de quantité : chaque ligne compte pour une unité à ce prix."), "unit_price")  # fmt: skip


def _settle_both(chosen: Chosen, doubts: Doubts) -> None:
    quantity, price, net = chosen["quantity"][0], chosen["unit_price"], chosen["net"]
    told = multiplies(quantity, price[0], net[0])
    if told is False and multiplies(quantity, net[0], price[0]):
        chosen["unit_price"], chosen["net"] = net, price
        _say(doubts, price[0], "net", because(
            "Quantity times “{each}” makes “{whole}”: the two were taken the other way round.",
            "La quantité multipliée par « {each} » donne « {whole} » : les deux ont été échangés.",
            each=net[0].name, whole=price[0].name), "unit_price")  # fmt: skip
    elif told is False and is_before_tax(price[0]) and not is_before_tax(net[0]):
        del chosen["unit_price"]  # what the line is paid with its tax says nothing of it
    elif told is False and not {"discount", "coupon"} & set(chosen):
        _say(doubts, net[0], "net", because(
            "Quantity times “{each}” does not make it; the amount of the line is what counts.",
            "La quantité multipliée par « {each} » ne la donne pas ; c’est le montant de la ligne qui compte.",
            each=price[0].name), "unit_price")  # fmt: skip


def _settle_one(chosen: Chosen, profiles: Sequence[Profile], doubts: Doubts, codes: Sequence[str]) -> None:
    name = "unit_price" if "unit_price" in chosen else "net"
    other = "net" if name == "unit_price" else "unit_price"
    quantity, (amount, confidence) = chosen["quantity"][0], chosen[name]
    partner = _find_partner(quantity, amount, name, profiles, {profile.name for profile, _score in chosen.values()})
    if partner is not None:
        chosen[other] = (partner, SURE)
        return
    if name == "unit_price" and not {"discount", "coupon", "gross"} & set(chosen):
        paid = _find_paid(quantity, amount, profiles, {profile.name for profile, _score in chosen.values()})
        if paid is not None:
            chosen["net"] = (paid, RESEMBLING)
            _say(doubts, paid, "net", because(
                "It is the price times the quantity, of some rows less what was taken off: the amount paid.",
                "C’est le prix par la quantité, parfois moins une remise : le montant payé."), "gross")  # fmt: skip
            return
    product = next((chosen[known][0] for known in ("product", "description") if known in chosen), None)
    is_of_line = grows_with_quantity(quantity, amount, product, codes)
    said = all_words_of(amount.name)
    insists = said & (_OF_ONE if name == "unit_price" else _OF_THE_LINE)
    if is_of_line is not None and is_of_line != (name == "net") and not insists:
        del chosen[name]
        chosen[other] = (amount, confidence)
        _say(doubts, amount, other, _by_the_numbers(is_of_line=is_of_line), name)
    elif is_of_line is None and not said & (_OF_ONE | _OF_THE_LINE) and _has_several(quantity):
        _say(doubts, amount, name, because(
            "Nothing tells for certain whether this is the price of one or the amount of the line.",
            "Rien ne dit avec certitude si c’est le prix d’une unité ou le montant de la ligne."), other)  # fmt: skip


def _find_partner(
    quantity: Profile, amount: Profile, name: str, profiles: Sequence[Profile], taken: set[str]
) -> Profile | None:
    """Find the column that makes the multiplication true."""
    for profile in profiles:
        if profile.name in taken or profile.share("number") < 0.9:
            continue
        price, whole = (amount, profile) if name == "unit_price" else (profile, amount)
        if multiplies(quantity, price, whole):
            return profile
    return None


def _find_paid(quantity: Profile, price: Profile, profiles: Sequence[Profile], taken: set[str]) -> Profile | None:
    """Find the amount of lines of which some were lowered."""
    for profile in profiles:
        if profile.name in taken or profile.share("number") < 0.9:
            continue
        if multiplies_before_discounts(quantity, price, profile):
            return profile
    return None


def _by_the_numbers(*, is_of_line: bool) -> LocalizedText:
    if is_of_line:
        return because(
            "It grows as the quantity does: it is the amount of the line.",
            "Il croît avec la quantité : c’est le montant de la ligne.",
        )
    return because(
        "It stays the same whatever the quantity: it is the price of one.",
        "Il reste le même quelle que soit la quantité : c’est le prix d’une unité.",
    )


def _has_several(quantity: Profile) -> bool:
    return any(number is not None and abs(number) > 1 for number in quantity.numbers)


def _say(doubts: Doubts, profile: Profile, column: str, reason: LocalizedText, other: str) -> None:
    doubts.setdefault(profile.name, []).append(Doubt(column, profile.name, reason, (other,)))
