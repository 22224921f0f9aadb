"""What columns say of each other, row by row, where their names mislead. Knows no Django.

A name that stands beside one customer alone is that of the customer; a number that begins again in each receipt counts
its lines; a count and a price that make a third column are known by that, whatever they are called.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from .amounts import AGREEING, CENT, RECEIPTS_LEAST, multiplies, multiplies_before_discounts, stands_once_for_all
from .contents import counts_pieces
from .doubts import Doubt, because
from .likeness import RESEMBLING, SURE, all_words_of
from .prices import Chosen, Doubts
from .profiles import Profile

NUMERIC_MOST = 16
NEARLY_ALL = 0.9
SEVERAL = 5
_OF_GOODS = ("description", "category", "product")
_TAKEN_OFF = frozenset(("discount", "remise", "net", "paid", "paye", "final", "after", "rabais"))
Cells = Mapping[str, Sequence[str]]
Drop = Callable[[str], bool]


def drop_of_others(chosen: Chosen, cells: Cells, drop: Drop) -> None:
    """Drop what was taken for a fact about goods and is one about customers, and what counts the lines of receipts.

    `drop` takes a column of the target from what is chosen and puts the next best in its place, if there is one.
    """
    if "customer" in chosen:
        customers = cells[chosen["customer"][0].name]
        for name in _OF_GOODS:
            while name in chosen and _stands_beside_one(cells[chosen[name][0].name], customers) and drop(name):
                pass
    if "receipt" in chosen:
        receipts = cells[chosen["receipt"][0].name]
        unsure = [name for name, (_profile, score) in chosen.items() if score < SURE]
        for name in [name for name in unsure if name not in ("receipt", "occurred_at")]:
            while name in chosen and counts_lines(chosen[name][0], receipts) and drop(name):
                pass


def _stands_beside_one(said: Sequence[str], customers: Sequence[str]) -> bool:
    """Say whether each customer of several rows has one value, and each value one customer."""
    of_customers: dict[str, set[str]] = {}
    of_values: dict[str, set[str]] = {}
    rows: dict[str, int] = {}
    for value, customer in zip(said, customers, strict=True):
        if value.strip() and customer.strip():
            of_customers.setdefault(customer, set()).add(value)
            of_values.setdefault(value, set()).add(customer)
            rows[customer] = rows.get(customer, 0) + 1
    several = [customer for customer, count in rows.items() if count > 1]
    if len(several) < SEVERAL or len(of_values) < SEVERAL:
        return False
    return all(len(of_customers[customer]) == 1 for customer in several) and len(of_values) > len(rows) / 2


def counts_lines(profile: Profile, receipts: Sequence[str]) -> bool:
    """Say whether a column is 1, 2, 3… in each receipt."""
    seen: dict[str, int] = {}
    for receipt, number in zip(receipts, profile.numbers, strict=True):
        if number is None:
            return False
        seen[receipt] = seen.get(receipt, 0) + 1
        if number not in (seen[receipt], 10 * seen[receipt]):
            return False
    return sum(count > 1 for count in seen.values()) >= RECEIPTS_LEAST


def settle_people(chosen: Chosen, profiles: Sequence[Profile], doubts: Doubts) -> None:
    """Take for the customer of a purchase an address rather than a name, which two people may bear; and for the family
    name of a customer what holds both names."""
    if "customer" in chosen and _are_names(chosen["customer"][0]):
        taken = {profile.name for profile, _score in chosen.values()}
        address = next(
            (
                one
                for one in profiles
                if one.name not in taken and one.share("email") >= NEARLY_ALL and one.distinct > 0.1
            ),
            None,
        )
        if address is not None:
            names = chosen["customer"][0]
            chosen["customer"] = (address, RESEMBLING)
            doubts.setdefault(address.name, []).append(Doubt("customer", address.name, because(
                "It says better than “{names}” who bought: two people may have one name.",
                "Elle dit mieux que « {names} » qui a acheté : deux personnes peuvent porter le même nom.",
                names=names.name)))  # fmt: skip
    if "given_name" in chosen and "family_name" not in chosen and chosen["given_name"][0].words >= 1.8:
        chosen["family_name"] = chosen.pop("given_name")


def settle_ids(chosen: Chosen, cells: Cells, doubts: Doubts) -> None:
    """An “id” that comes back on other days, in a file that names nobody, is that of somebody."""
    if "receipt" not in chosen or "customer" in chosen or "occurred_at" not in chosen:
        return
    number = chosen["receipt"][0]
    if all_words_of(number.name) != {"id"}:
        return
    days: dict[str, set[str]] = {}
    for one, moment in zip(cells[number.name], cells[chosen["occurred_at"][0].name], strict=True):
        days.setdefault(one.strip(), set()).add(moment.strip())
    if sum(len(said) > 1 for said in days.values()) >= SEVERAL:
        chosen["customer"] = (number, RESEMBLING)
        del chosen["receipt"]
        doubts.setdefault(number.name, []).append(Doubt("customer", number.name, because(
            "It comes back on other days: it names somebody rather than a purchase.",
            "Elle revient à d’autres dates : elle désigne quelqu’un plutôt qu’un achat."), ("receipt",)))  # fmt: skip


def settle_goods(chosen: Chosen, profiles: Sequence[Profile]) -> None:
    """Where names of goods were taken for their code and a column of article numbers is left, that is the code."""
    if "product" not in chosen or "description" in chosen:
        return
    names = chosen["product"][0]
    taken = {profile.name for profile, _score in chosen.values()}
    codes = [one for one in profiles if one.name not in taken and one.share("ean") >= NEARLY_ALL]
    if codes and names.share("digits") < 0.5 and names.share("number") < 0.1:
        chosen["description"] = chosen["product"]
        chosen["product"] = (codes[0], RESEMBLING)


def _are_names(profile: Profile) -> bool:
    has_figures = profile.share("number") + profile.share("digits") > 0
    return not has_figures or (profile.words >= 1.5 and profile.share("digits") < 0.3)


def find_quantity(chosen: Chosen, profiles: Sequence[Profile], doubts: Doubts) -> None:
    """Find the count that makes one column of amounts of another, where no name says which is the quantity."""
    known = [name for name in ("net", "unit_price") if name in chosen]
    if "quantity" in chosen or not known or "gross" in chosen:
        return
    amounts = [chosen[name][0] for name in known]
    taken = {profile.name for profile, _score in chosen.values()}
    free = [one for one in profiles if one.name not in taken and one.share("number") >= NEARLY_ALL][:NUMERIC_MOST]
    for count in filter(counts_pieces, free):
        others = [*amounts, *(one for one in free if one is not count)]
        for amount in amounts:
            for other in others:
                for price, whole in ((amount, other), (other, amount)):
                    if price is not whole and multiplies(count, price, whole):
                        chosen["quantity"] = (count, RESEMBLING)
                        chosen["unit_price"], chosen["net"] = (price, RESEMBLING), (whole, RESEMBLING)
                        doubts.setdefault(count.name, []).append(Doubt("quantity", count.name, because(
                            "Times “{price}” it makes “{whole}” on every row: it is the quantity.",
                            "Multipliée par « {price} », elle donne « {whole} » à chaque ligne : c’est la quantité.",
                            price=price.name, whole=whole.name)))  # fmt: skip
                        return


def settle_totals(chosen: Chosen, profiles: Sequence[Profile], receipts: Sequence[str], doubts: Doubts) -> None:
    """Take the amount of the line, not that of the receipt; and what was paid, not what it was before a discount."""
    if "net" not in chosen or "quantity" not in chosen:
        return
    net = chosen["net"][0]
    taken = {profile.name for profile, _score in chosen.values()}
    free = [one for one in profiles if one.name not in taken and one.share("number") >= NEARLY_ALL][:NUMERIC_MOST]
    if stands_once_for_all(receipts, net.numbers):
        line = next((one for one in free if _adds_up(one, net, receipts)), None)
        if line is not None:
            chosen["net"] = (line, RESEMBLING)
            doubts.setdefault(line.name, []).append(Doubt("net", line.name, because(
                "On every receipt its sum is “{total}”: it is the amount of the line.",
                "Sur chaque ticket, sa somme est « {total} » : c’est le montant de la ligne.",
                total=net.name)))  # fmt: skip
            return
    price = chosen["unit_price"][0] if "unit_price" in chosen else None
    if price is None or not multiplies(chosen["quantity"][0], price, net):
        return
    for paid in free:
        is_named = bool(all_words_of(paid.name) & _TAKEN_OFF) or _is_less_by(net, paid, chosen.get("discount"))
        if is_named and _is_lower(paid, net) and multiplies_before_discounts(chosen["quantity"][0], price, paid):
            chosen["net"] = (paid, RESEMBLING)
            chosen.setdefault("gross", (net, RESEMBLING))
            doubts.setdefault(paid.name, []).append(Doubt("net", paid.name, because(
                "It is “{gross}”, of some rows less what was taken off: the amount paid.",
                "C’est « {gross} », parfois moins une remise : le montant payé.", gross=net.name)))  # fmt: skip
            return


def _adds_up(line: Profile, total: Profile, receipts: Sequence[str]) -> bool:
    sums: dict[str, Decimal] = {}
    totals: dict[str, Decimal] = {}
    last = ""
    for receipt, amount, whole in zip(receipts, line.numbers, total.numbers, strict=True):
        last = receipt or last
        sums[last] = sums.get(last, Decimal(0)) + (amount or Decimal(0))
        if whole is not None:
            totals.setdefault(last, whole)
    whole_ones = [receipt for receipt in sums if receipt != last and receipt in totals]  # the sample may cut the last
    agreed = sum(abs(sums[receipt] - totals[receipt]) <= CENT for receipt in whole_ones)
    return len(whole_ones) >= RECEIPTS_LEAST and agreed >= AGREEING * len(whole_ones)


def _is_lower(paid: Profile, full: Profile) -> bool:
    pairs = [
        (one, two) for one, two in zip(paid.numbers, full.numbers, strict=True) if one is not None and two is not None
    ]
    return any(abs(one) < abs(two) - CENT for one, two in pairs)


def _is_less_by(full: Profile, paid: Profile, discount: tuple[Profile, float] | None) -> bool:
    if discount is None:
        return False
    rows = zip(full.numbers, paid.numbers, discount[0].numbers, strict=True)
    told = [(one, two, off or Decimal(0)) for one, two, off in rows if one is not None and two is not None]
    agreed = sum(abs(one - abs(off) - two) <= CENT for one, two, off in told)
    return bool(told) and agreed >= AGREEING * len(told)


def settle_gross(chosen: Chosen) -> None:
    """An amount before discounts from which nothing is taken off is what was paid."""
    if "gross" in chosen and not {"net", "discount", "coupon", "coupon_match"} & set(chosen):
        chosen["net"] = chosen.pop("gross")
