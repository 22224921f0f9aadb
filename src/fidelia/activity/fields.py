"""What rules may read of a purchase, and the catalogue of everything an earning rule may read."""

from __future__ import annotations

from collections.abc import Iterable

from fidelia.customers.fields import RULE_FIELDS as CUSTOMER_FIELDS
from fidelia.customers.fields import trait_fields
from fidelia.customers.models import TraitDefinition
from fidelia.kernel.localized import LocalizedText as Text
from fidelia.programme.fields import FIELDS as MEMBER_FIELDS
from fidelia.rewards.fields import FIELDS as OFFER_FIELDS
from fidelia.rules import Catalogue, Field, Records, Type
from fidelia.rules.history import measured_field
from fidelia.subscriptions.fields import FIELDS as PLAN_FIELDS

from .targets import CHANNELS

_OF_MEMBERS = (*MEMBER_FIELDS, *PLAN_FIELDS, *OFFER_FIELDS)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_JOURS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
_CHANNELS = {
    "store": Text("in store", "en magasin"),
    "web": Text("on the web", "sur le web"),
    "phone": Text("by phone", "par téléphone"),
    "app": Text("in the app", "dans l’application"),
    "other": Text("elsewhere", "ailleurs"),
}
assert tuple(_CHANNELS) == CHANNELS, "each channel has its words"

PURCHASE_FIELDS = (
    Field(
        "purchase.total",
        Type.MONEY,
        Text("Total", "Total"),
        "purchase.total",
        doc="What is paid for all lines, tax included, after discounts.",
        words=Text("the total of the purchase", "le total de l’achat"),
    ),
    Field(
        "purchase.channel",
        Type.STRING,
        Text("Channel", "Canal"),
        "purchase.channel",
        doc="Where the purchase was made.",
        choices=_CHANNELS,
        words=Text("the channel", "le canal"),
    ),
    Field(
        "purchase.store",
        Type.STRING,
        Text("Store", "Magasin"),
        "purchase.store",
        doc="The code of the store; empty where none is named.",
        words=Text("the store", "le magasin"),
    ),
    Field(
        "purchase.banner",
        Type.STRING,
        Text("Banner", "Enseigne"),
        "purchase.banner",
        doc="The code of the store's banner; empty where no store is named.",
        words=Text("the banner", "l’enseigne"),
    ),
    Field(
        "purchase.weekday",
        Type.STRING,
        Text("Day of the week", "Jour"),
        "purchase.weekday",
        doc="The day of the week where the programme is.",
        choices={day: Text(day.capitalize(), jour) for day, jour in zip(WEEKDAYS, _JOURS, strict=True)},
        words=Text("the day", "le jour"),
    ),
    Field(
        "purchase.hour",
        Type.INT,
        Text("Hour", "Heure"),
        "purchase.hour",
        doc="The full hour, 0 to 23, where the programme is.",
        low=0,
        high=23,
        words=Text("the hour", "l’heure"),
    ),
    Field(
        "purchase.month",
        Type.INT,
        Text("Month", "Mois"),
        "purchase.month",
        doc="1 for January to 12 for December, where the programme is.",
        low=1,
        high=12,
        words=Text("the month of the purchase", "le mois de l’achat"),
    ),
    Field(
        "purchase.on",
        Type.DATE,
        Text("Date", "Date"),
        "purchase.on",
        doc="The local day of the purchase.",
        words=Text("the date of the purchase", "la date de l’achat"),
    ),
    Field(
        "purchase.is_first",
        Type.BOOL,
        Text("First purchase", "Premier achat"),
        "purchase.is_first",
        doc="The member has no earlier purchase on record.",
        words=Text("it is the member’s first purchase", "c’est le premier achat de l’adhérent"),
        words_not=Text("it is not the member’s first purchase", "ce n’est pas le premier achat de l’adhérent"),
    ),
    Field(
        "purchase.is_birthday",
        Type.BOOL,
        Text("Birthday", "Anniversaire"),
        "purchase.is_birthday",
        doc="It is the customer's birthday where the programme is; 29 February comes on the 28th in other years.",
        words=Text("it is the customer’s birthday", "c’est l’anniversaire du client"),
        words_not=Text("it is not the customer’s birthday", "ce n’est pas l’anniversaire du client"),
    ),
    Field(
        "purchase.is_anniversary",
        Type.BOOL,
        Text("Anniversary of the enrolment", "Anniversaire de l’adhésion"),
        "purchase.is_anniversary",
        doc="It is a year, or years, to the day since the member enrolled.",
        words=Text("it is the anniversary of the enrolment", "c’est l’anniversaire de l’adhésion"),
        words_not=Text("it is not the anniversary of the enrolment", "ce n’est pas l’anniversaire de l’adhésion"),
    ),
)
# What a checkout computes while it prices (rules.pricing.fields); of a purchase whose prices were final, what it says
# itself: no discount, no coupon, and of tax and shipping nothing (`operations.values.values_of_final`).
CHECKOUT_FIELDS = (
    Field(
        "purchase.listed",
        Type.MONEY,
        Text("Before discounts", "Avant remises"),
        "purchase.gross",
        doc="The price of all lines before any rule, as prices are stated.",
        words=Text("the price before discounts", "le prix avant remises"),
    ),
    Field(
        "purchase.discount",
        Type.MONEY,
        Text("Discount so far", "Remise jusqu’ici"),
        "purchase.discount",
        doc="What rules have taken off the lines so far, as prices are stated.",
        words=Text("the discount so far", "la remise jusqu’ici"),
    ),
    Field(
        "purchase.untaxed",
        Type.MONEY,
        Text("Total without tax", "Total hors taxes"),
        "(purchase.total - purchase.tax)",
        doc="What is paid for all lines without tax, after the discounts so far.",
        words=Text("the total without tax", "le total hors taxes"),
    ),
    Field(
        "purchase.shipping",
        Type.MONEY,
        Text("Shipping", "Livraison"),
        "purchase.shipping",
        doc="What shipping costs, tax included, after the discounts so far.",
        words=Text("the shipping costs", "les frais de livraison"),
    ),
    Field(
        "purchase.units",
        Type.QUANTITY,
        Text("Units", "Unités"),
        "purchase.units",
        doc="The units of all lines together, gifts left out.",
        words=Text("the number of units", "le nombre d’unités"),
    ),
    Field(
        "purchase.coupons",
        Type.STRING,
        Text("Coupons", "Coupons"),
        "purchase.coupons",
        doc="The series of the valid coupons that were presented.",
        many=True,
        words=Text("the coupons presented", "les coupons présentés"),
    ),
)
CHECKOUT_LINE_FIELDS = (
    Field(
        "listed",
        Type.MONEY,
        Text("Before discounts", "Avant remises"),
        "gross",
        doc="The price of the line before any rule, as prices are stated.",
        words=Text("the price of the line before discounts", "le prix de la ligne avant remises"),
    ),
    Field(
        "unit_price",
        Type.MONEY,
        Text("Unit price", "Prix unitaire"),
        "unit_price",
        doc="The price of one unit before any rule, rounded to a minor unit.",
        words=Text("the unit price", "le prix unitaire"),
    ),
    Field(
        "discount",
        Type.MONEY,
        Text("Discount so far", "Remise jusqu’ici"),
        "discount",
        doc="What rules have taken off the line so far, as prices are stated.",
        words=Text("the discount of the line so far", "la remise de la ligne jusqu’ici"),
    ),
    Field(
        "untaxed",
        Type.MONEY,
        Text("Without tax", "Hors taxes"),
        "untaxed",
        doc="What is paid for the line without tax, after the discounts so far.",
        words=Text("the amount of the line without tax", "le montant de la ligne hors taxes"),
    ),
    Field(
        "is_gift",
        Type.BOOL,
        Text("Gift", "Cadeau"),
        "is_gift",
        doc="A rule added the line as a gift.",
        words=Text("the line is a gift", "la ligne est un cadeau"),
        words_not=Text("the line is no gift", "la ligne n’est pas un cadeau"),
    ),
)

LINES = Records(
    "lines",
    Text("Lines", "Lignes"),
    table="line",
    join="line.purchase_id = purchase.purchase_id",
    words=Text("the lines", "les lignes"),
    one=Text("a line", "une ligne"),
    size_max=2_000,
    fields=(
        Field(
            "product",
            Type.STRING,
            Text("Product", "Article"),
            "product",
            doc="The code of the product.",
            words=Text("the product", "l’article"),
        ),
        Field(
            "category",
            Type.STRING,
            Text("Category", "Catégorie"),
            "category",
            doc="The path of the category, such as Home/Kitchen.",
            words=Text("the category", "la catégorie"),
        ),
        Field(
            "brand",
            Type.STRING,
            Text("Brand", "Marque"),
            "brand",
            doc="The brand of the product.",
            words=Text("the brand", "la marque"),
        ),
        Field(
            "quantity",
            Type.QUANTITY,
            Text("Quantity", "Quantité"),
            "quantity",
            doc="Units bought; three decimals.",
            words=Text("the quantity", "la quantité"),
        ),
        Field(
            "net",
            Type.MONEY,
            Text("Net amount", "Montant net"),
            "net",
            doc="What is paid for the line, tax included, after discounts.",
            words=Text("the net amount of the line", "le montant net de la ligne"),
        ),
        Field(
            "earns",
            Type.BOOL,
            Text("Earns points", "Donne des points"),
            "earns",
            doc="False for postage, fees and products taken out of every earning rule.",
            words=Text("the line earns points", "la ligne donne des points"),
            words_not=Text("the line earns no points", "la ligne ne donne pas de points"),
        ),
        *CHECKOUT_LINE_FIELDS,
    ),
)


def purchase_catalogue(currency: str, traits: Iterable[TraitDefinition]) -> Catalogue:
    """Return all that the earning rules of a programme in this currency may read, with the traits that are defined."""
    fields = (
        *PURCHASE_FIELDS,
        *CHECKOUT_FIELDS,
        *MEMBER_FIELDS,
        *PLAN_FIELDS,
        *OFFER_FIELDS,
        *CUSTOMER_FIELDS,
        *trait_fields(traits),
    )
    return Catalogue(fields=fields, records=(LINES,), currency=currency, measured=measured_field)
