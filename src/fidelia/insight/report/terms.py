"""What each label of a chapter means: figures, charts, tables and their columns, one sentence each.

The sentence stands beside the number it defines. How the measure behind it is computed, with its source, is what the
chapter's own definitions say; `Meaning.whole` marks a chart or table whose sentence says what its columns are, too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from fidelia.ui.charts.words import translated

_ = str  # marks the texts for translation; they are said in the language of the page


@dataclass(frozen=True, slots=True)
class Meaning:
    """One sentence; `whole` if it says what the columns of the chart or table are."""

    text: str
    whole: bool = False


def _all(text: str) -> Meaning:
    return Meaning(text, whole=True)


def _one(text: str) -> Meaning:
    return Meaning(text)


COVER: Final[Mapping[str, Meaning]] = {
    _("Net sales"): _one(_("Sales less returns, tax included, after discounts.")),
    _("Customers"): _one(_("Different people with at least one purchase that was not given back.")),
    _("Bought again"): _one(_("Customers with a second purchase that they kept ÷ all customers.")),
    _("Still to come"): _one(_("The margin that the models expect of all known customers, discounted.")),
    _("Silent regulars"): _one(_("People whose silence is longer than their own rhythm explains.")),
}

CHAPTERS: Final[Mapping[str, Mapping[str, Meaning]]] = {
    "changes": {
        _("Sales"): _one(_("Sales less returns of the last four weeks; before: the weeks compared with.")),
        _("Customers"): _one(_("Different customers who bought in the last four weeks.")),
        _("Purchases of each"): _one(_("Purchases of these weeks by known customers ÷ these customers.")),
        _("Amount of a purchase"): _one(_("Sales of these weeks to known customers ÷ their purchases.")),
        _("What the change is owed to"): _all(
            _("The change of the sales in money, dealt out over how many came, how often, and for how much.")
        ),
    },
    "sales": {
        _("Sales"): _one(_("What was sold, tax included, after discounts; returns are not taken off.")),
        _("Returns"): _one(_("What came back, on the day on which it was given back.")),
        _("Net sales"): _one(_("Sales less returns, tax included, after discounts.")),
        _("Mean basket"): _one(_("Sales ÷ purchases, returns not taken off.")),
        _("What was sold, and what came back?"): _all(_("Sales above the line, returns below it, by their own day.")),
        _("How much do the best customers make?"): _all(
            _("Share of the sales that so many of the customers make, those who spent most first.")
        ),
    },
    "rfm": {
        _("Where are the customers, and where the money?"): _all(
            _("Customers with these two scores; the colour is what they spent. A score is a fifth of the customers.")
        ),
        _("The ten groups"): _one(_("Customers by their scores of recency and frequency; each is in one group.")),
        _("Customers"): _one(_("How many people are in this row.")),
        _("Share of customers"): _one(_("People of this row ÷ all customers.")),
        _("Sales"): _one(_("What these people spent in the window, returns taken off.")),
        _("Share of sales"): _one(_("Sales of this row ÷ those of all rows.")),
        _("The same by fixed bands"): _all(
            _("How many customers reach each threshold of last purchase, purchases and amount, whatever others do.")
        ),
    },
    "frat": {
        _("What kind of goods do they buy?"): _all(
            _("Customers by the kind of goods on which they spend more than on any other.")
        ),
        _("Which kind brings those who come often?"): _all(
            _("Customers of each kind by their score of frequency; the colour is what they spent.")
        ),
        _("Frequency, recency, amount, type"): _one(_("What the customers of each kind do, side by side.")),
        _("Customers"): _one(_("People who spend most on this kind.")),
        _("Share of customers"): _one(_("People of this row ÷ all customers.")),
        _("Sales"): _one(_("All that these people spent in the window, on goods of every kind.")),
        _("Purchases per customer"): _one(_("Purchases of these people that were kept ÷ these people.")),
        _("Days since the last"): _one(_("Median of the days since the last purchase.")),
    },
    "lifecycle": {
        _("At which stage are the customers?"): _all(_("Customers by the stage that they are in now; each is in one.")),
        _("What became of the customers of {day}?"): _all(
            _("How many went from the stage of that day to the stage of now.")
        ),
        _("From the stage in the row to the stage in the column"): _all(
            _("The same moves as a table: people of the earlier stage who are in the later one now.")
        ),
    },
    "cohorts": {
        _("How many come back, month after month?"): _all(
            _("Of those who first bought in the month of the row, the share who bought so many months later.")
        ),
        _("Do newer customers come back more than older ones?"): _all(
            _("The same shares as a curve for each month of first purchase.")
        ),
    },
    "value": {
        _("Value of the portfolio"): _one(_("Expected margin of all known customers over the horizon, discounted.")),
        _("Mean value of a customer"): _one(_("Value of the portfolio ÷ known customers.")),
        _("Share of the best tenth"): _one(
            _("Value of the tenth of customers of whom most is expected ÷ value of the portfolio.")
        ),
        _("Purchases expected in a year"): _one(_("Sum of the purchases that the model expects of each in a year.")),
        _("Does the model foretell what it has not seen?"): _all(
            _("Purchases after the first one of each, added up week by week: counted, and as the model expected them.")
        ),
        _("The fitted models"): _one(_("What the models learnt from this history, for who wants to check them.")),
        _("Estimate"): _one(_("The value that makes this history most likely.")),
        _("Standard error"): _one(_("How far the estimate may be off: the true value is within two of these, mostly.")),
    },
    "churn": {
        _("Probably still active"): _one(_("Sum of the probabilities active of all known customers.")),
        _("Silent beyond their rhythm"): _one(
            _("People with a rhythm of their own who have been silent longer than it explains.")
        ),
        _("Value still expected of them"): _one(_("Margin that the models still expect of these silent people.")),
        _("How many are probably active?"): _all(
            _("Customers by their probability active in tenths; who bought once stands apart.")
        ),
        _("Whom to call first"): _one(_("Silent people, those of whom most is expected first.")),
        _("Usual days between"): _one(_("Median of the days between this person’s own purchases.")),
        _("Days since"): _one(_("Days since the last purchase.")),
        _("Buying days"): _one(_("Days on which this person bought something.")),
        _("Value expected"): _one(_("Margin that the models expect of this person, discounted.")),
    },
    "scores": {
        _("How many of each tenth did it ({answer})?"): _all(
            _("Share who did it in each tenth of the people, the best scores first, beside everybody’s.")
        ),
        _("Tenth by tenth"): _one(_("People whom the score had not seen, in ten equal parts by their score.")),
        _("People"): _one(_("How many people are in this tenth.")),
        _("Did it"): _one(_("How many of them did it.")),
        _("Share"): _one(_("Those who did it ÷ the people of this tenth.")),
        _("Times the average"): _one(_("Share of this tenth ÷ share of everybody.")),
        _("Of all, so far"): _one(_("Those who did it in this tenth and the ones before ÷ all who did it.")),
        _("How good is the score?"): _all(
            _("Measures of the score on people whom it had not seen, and what one that knows nothing has.")
        ),
        _("What it looks at"): _one(_("The columns that move the score most.")),
        _("Weight"): _one(_("Share of this column in all that moves the score.")),
        _("Odds typically multiplied or divided by"): _one(
            _("By how much this column typically changes the odds of doing it, up or down.")
        ),
    },
    "portfolio": {
        _("Who brings much, and who could?"): _all(
            _("Customers by rank of margin so far (upwards) and of margin expected (to the right), in four classes.")
        ),
        _("The four classes"): _one(_("Customers by margin so far and margin expected, each high or low.")),
        _("Customers"): _one(_("How many people are in this class.")),
        _("Margin so far"): _one(_("Margin of all that these people bought in the history.")),
        _("Margin expected"): _one(_("Margin that the models expect of these people, discounted.")),
        _("Share of a budget"): _one(_("A share to begin with, by class and number of people; not a result.")),
    },
    "profit": {
        _("The last year, by how long they have been customers"): _one(
            _("Customers by the years since their first purchase; rows of too few people are left out.")
        ),
        _("Customers"): _one(_("How many people have been customers so long.")),
        _("Purchases a year"): _one(_("Purchases of the last year ÷ these people.")),
        _("Basket"): _one(_("Sales of the last year to these people ÷ their purchases.")),
        _("Margin a year"): _one(_("Margin of the last year ÷ these people.")),
    },
    "members": {
        _("Do members buy more than others like them?"): _one(
            _("Those who joined in a span of 90 days against those who were no members, in the time after it.")
        ),
        _("Compared with everybody"): _one(_("Mean of members less that of all others; it misleads: the keen join.")),
        _("Compared with others like them"): _one(_("Mean of the differences between each member and their pair.")),
        _("95% interval"): _one(_("Where the true difference lies in 95 of 100 cases.")),
        _("Finding"): _one(_("“No effect found” where the interval holds 0; nothing where the groups are not alike.")),
        _("Are they alike in what was known before?"): _one(
            _("Means of what was known before the span, of members and of those they are compared with.")
        ),
        _("Members"): _one(_("Mean of those who joined.")),
        _("All others"): _one(_("Mean of all who did not join.")),
        _("Those like them"): _one(_("Mean of those whom the members were paired with.")),
        _("Apart before"): _one(_("Distance of members and all others, in standard deviations.")),
        _("Apart after"): _one(_("Distance of members and their pairs, in standard deviations; 0.1 is near enough.")),
    },
    "products": {
        _("What sells most"): _one(_("Products by what they sold for, returns taken off, the most first.")),
        _("Net sales"): _one(_("Sales of this product less its returns.")),
        _("Purchases"): _one(_("Purchases in which this product stood.")),
        _("Penetration"): _one(_("Customers who bought this product ÷ all customers who bought.")),
        _("Purchases per buyer"): _one(_("Purchases with this product ÷ customers who bought it.")),
        _("Repeat rate"): _one(_("Customers who bought it more than once ÷ customers who bought it.")),
        _("What goes together"): _one(_("Pairs that lie in one basket more often than chance would put them there.")),
        _("Baskets"): _one(_("Purchases in which both stood.")),
        _("of those baskets"): _one(_("Purchases with both ÷ purchases with the first.")),
        _("Times more than by chance"): _one(_("How many times as often both stand together as by chance.")),
        _("Can the next products be foretold?"): _one(
            _("Rankings made of what was bought earlier, judged by what was bought in the last fifth of the history.")
        ),
        _("Recall at {k}"): _one(_("Share of the products bought later that stood among the first of the ranking.")),
        _("NDCG at {k}"): _one(_("The same with more weight to the first places: 1 is a perfect order.")),
        _("Who buys at a discount?"): _one(_("Customers by the share of their sales that was bought at a discount.")),
        _("Customers"): _one(_("How many people are in this row.")),
        _("Sales"): _one(_("What these people paid.")),
        _("Discounts given"): _one(_("What was taken off the prices for these people.")),
        _("What ends first"): _one(_("Products whose stock ends soonest at the pace of late.")),
        _("What lies longest"): _one(_("Products whose stock lasts longest at the pace of late.")),
        _("In stock and not sold in {days} days"): _one(_("Products that lie there and that nobody bought of late.")),
        _("Units in stock"): _one(_("Units of the newest count, all places together.")),
        _("Units sold"): _one(_("Units sold in the days that the pace is taken from, returns taken off.")),
        _("Days of stock"): _one(_("Units in stock ÷ units sold a day.")),
    },
}  # fmt: skip


def meaning_of(chapter: str, label: str, language: str) -> Meaning | None:
    """Return what a label of a chapter means, said in the language in which the label is; None for an unknown one.

    Labels stand on kept chapters with their values put in; the one whose text fits is found.
    """
    for shape, meaning in _shapes(chapter, language[:2]):
        if shape.fullmatch(label):
            return meaning
    return None


@cache
def _shapes(chapter: str, language: str) -> tuple[tuple[re.Pattern[str], Meaning], ...]:
    known = COVER if chapter == "cover" else CHAPTERS.get(chapter, {})
    return tuple(
        (_shape(translated(language, label)), Meaning(translated(language, one.text), one.whole))
        for label, one in known.items()
    )


def _shape(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{\w+\}", template)
    return re.compile(".+".join(re.escape(part) for part in parts), re.DOTALL)
