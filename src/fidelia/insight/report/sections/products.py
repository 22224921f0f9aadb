"""Products: what sells, what brings people back, what goes together, what comes next."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import ibis

from fidelia.insight.measures.next_products import Counts, Foretold, foretell, product_counts
from fidelia.insight.measures.products import bought_together, product_performance, rotation
from fidelia.insight.measures.promotions import promotion_dependence
from fidelia.insight.report.blocks import Block, Grid, Missing, Section, Words, mark
from fidelia.insight.report.facts import ReportFacts
from fidelia.insight.report.speech import Speech

from .turning import rotation_blocks

PRODUCTS_SHOWN: Final = 15
PAIRS_SHOWN: Final = 10
SPLIT: Final = 5  # the last fifth of the file judges what is foretold
K: Final = 10
CUSTOMERS_JUDGED_MIN: Final = 50
CUSTOMERS_JUDGED_MAX: Final = 20_000


def products(facts: ReportFacts, speech: Speech, title: str) -> Section:
    _ = speech.text
    if "product" not in facts.has:
        return Section(
            "products", title, "", [Missing(_("The history names no products: a column with their codes brings this."))]
        )
    names = _names(facts)
    rows = sorted(
        facts.rows(product_performance(facts.purchases, facts.lines, currency=facts.currency)),
        key=lambda row: -row["amount"],
    )
    whole = max(1, sum(row["amount"] for row in rows))
    top = rows[: max(1, len(rows) // 5)]
    finding = _(
        "{top} of {n} products make {share} of the sales.",
        top=speech.number(len(top)), n=speech.number(len(rows)),
        share=speech.share(sum(row["amount"] for row in top) / whole),
    )  # fmt: skip
    blocks: list[Block] = [_best(rows, names, speech)]
    pairs = facts.rows(bought_together(facts.lines, purchases_min=_pairs_min(facts)).limit(PAIRS_SHOWN * 2))
    if pairs:
        blocks.append(_pairs(pairs, names, speech))
    blocks += rotation_blocks(facts, names, speech) + _foretold(facts, speech) + _promotions(facts, speech)
    return Section("products", title, finding, blocks, [
        speech.definition(_("Products"), product_performance), speech.definition(_("Bought together"), bought_together),
        speech.definition(_("Rotation"), rotation), speech.definition(_("Foretelling"), foretell),
    ])  # fmt: skip


def _names(facts: ReportFacts) -> dict[str, str]:
    lines = facts.lines
    if "description" not in facts.has:
        return {}
    named = lines.filter(lines.description.notnull()).group_by("product_code", "description").agg(times=ibis._.count())
    # The name used most often: a till's remarks ("damaged") stand in the same column.
    ordered = named.order_by("times", ibis.desc("description"))
    return {row["product_code"]: row["description"] for row in facts.rows(ordered)}


def _pairs_min(facts: ReportFacts) -> int:
    purchases = int(facts.rows(facts.purchases.agg(n=facts.purchases.count()))[0]["n"])
    return max(20, purchases // 1_000)


def _told(code: str, names: dict[str, str]) -> str:
    return f"{names[code]} ({code})" if names.get(code) else code


def _best(rows: list[dict[str, Any]], names: dict[str, str], speech: Speech) -> Grid:
    _ = speech.text
    table = [
        [
            _told(row["product_code"], names), speech.money(row["amount"]), speech.number(row["purchases"]),
            _or_dash(row["penetration"], speech), speech.number(row["frequency"], 2) if row["frequency"] else "–",
            _or_dash(row["repeat_rate"], speech),
        ]
        for row in rows[:PRODUCTS_SHOWN]
    ]  # fmt: skip
    columns = [
        _("Product"),
        _("Net sales"),
        _("Purchases"),
        _("Penetration"),
        _("Purchases per buyer"),
        _("Repeat rate"),
    ]
    marks = [[mark("product", row["product_code"])] for row in rows[:PRODUCTS_SHOWN]]
    return Grid(_("What sells most"), columns, table, marks=marks)


def _or_dash(ratio: float | None, speech: Speech) -> str:
    return "–" if ratio is None else speech.share(ratio)


def _pairs(pairs: list[dict[str, Any]], names: dict[str, str], speech: Speech) -> Grid:
    _ = speech.text
    seen: set[frozenset[str]] = set()
    table, marks = [], []
    for pair in pairs:
        both = frozenset((pair["first"], pair["second"]))
        if both not in seen:
            seen.add(both)
            marks.append([mark("together", pair["first"], pair["second"])])
            table.append(
                [
                    _told(pair["first"], names), _told(pair["second"], names), speech.number(pair["baskets"]),
                    speech.share(pair["confidence"]), speech.number(pair["lift"], 1),
                ]
            )  # fmt: skip
    columns = [_("Who buys this"), _("also buys"), _("Baskets"), _("of those baskets"), _("Times more than by chance")]
    return Grid(_("What goes together"), columns, table[:PAIRS_SHOWN], 2, marks=marks[:PAIRS_SHOWN])


def _foretold(facts: ReportFacts, speech: Speech) -> list[Block]:
    """Judge the three rankings on the last fifth of the file."""
    _ = speech.text
    cut = facts.as_of - timedelta(days=max(1, facts.days // SPLIT))
    before, after = (_counts(facts, early=early, cut=cut) for early in (True, False))
    if before is None or after is None:
        return []
    results = foretell(before, after, k=K, customers_max=CUSTOMERS_JUDGED_MAX)
    if results[0].customers < CUSTOMERS_JUDGED_MIN:
        return []
    names = {"popular": _("What everybody buys"), "personal": _("What the customer bought most"),
             "collaborative": _("… and what buyers of the same buy")}  # fmt: skip
    rows = [[names[found.method], speech.share(found.recall), speech.number(found.ndcg, 3)] for found in results]
    best = max(results, key=lambda found: found.ndcg)
    return [
        Grid(
            _("Can the next products be foretold?"),
            [_("Ranking"), _("Recall at {k}", k=K), _("NDCG at {k}", k=K)],
            rows,
        ),
        Words(_best_method(best, names, speech)),
    ]


def _best_method(best: Foretold, names: dict[str, str], speech: Speech) -> str:
    return speech.text(
        "Judged on {n} customers who bought both before and in the last fifth of the history; best here: “{method}”.",
        n=speech.number(best.customers), method=names[best.method],
    )  # fmt: skip


def _counts(facts: ReportFacts, *, early: bool, cut: Any) -> Counts | None:
    purchases = facts.purchases
    part = purchases.filter(purchases.occurred_at < cut if early else purchases.occurred_at >= cut)
    names = ("customer_id", "product_code", "purchases")
    customers, products_, times = facts.columns(product_counts(part, facts.lines), names)
    return Counts.from_columns(customers, products_, times) if len(customers) else None


def _promotions(facts: ReportFacts, speech: Speech) -> list[Block]:
    _ = speech.text
    if not {"discount", "coupon"} & facts.has:
        return [Missing(_("The history holds no discounts, so nothing is said of who buys only at a discount."))]
    bands = {
        "never": _("Never at a discount"), "up_to_quarter": _("Up to a quarter"), "up_to_half": _("Up to half"),
        "more_than_half": _("More than half"), "always": _("Always"),
    }  # fmt: skip
    found = {
        row["band"]: row
        for row in facts.rows(promotion_dependence(facts.purchases, facts.lines, currency=facts.currency))
    }
    rows = [
        [
            text,
            speech.number(found[band]["people"]),
            speech.money(found[band]["amount"]),
            speech.money(found[band]["discount"]),
        ]
        for band, text in bands.items()
        if band in found
    ]
    columns = [_("Share bought at a discount"), _("Customers"), _("Sales"), _("Discounts given")]
    marks = [[mark("discount", band)] for band in bands if band in found]
    return [Grid(_("Who buys at a discount?"), columns, rows, marks=marks)]
