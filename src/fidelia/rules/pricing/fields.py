"""The fields whose values the engine computes itself, whenever a catalogue declares them.

The catalogue (`activity.fields`) declares each with its column for history; what a checkout gives need not have them.
"""

from __future__ import annotations

COMPUTED = {
    "purchase.total": "what is paid for all lines, tax included, after the discounts so far; without shipping",
    "purchase.listed": "the price of all lines before any rule, as prices are stated",
    "purchase.discount": "what rules have taken off the lines so far, as prices are stated",
    "purchase.untaxed": "what is paid for all lines without tax, after the discounts so far",
    "purchase.shipping": "what shipping costs, tax included, after the discounts so far",
    "purchase.units": "the units of all lines together, gifts left out",
    "purchase.coupons": "the series of the valid coupons that were presented",
}
COMPUTED_OF_LINE = {
    "net": "what is paid for the line, tax included, after the discounts so far",
    "quantity": "the units of the line",
    "listed": "the price of the line before any rule, as prices are stated",
    "unit_price": "the price of one unit before any rule, rounded to a minor unit",
    "discount": "what rules have taken off the line so far, as prices are stated",
    "untaxed": "what is paid for the line without tax, after the discounts so far",
    "is_gift": "a rule added the line as a gift",
}
