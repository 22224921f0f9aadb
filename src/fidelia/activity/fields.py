"""What rules may read of a purchase, and the catalogue of everything an earning rule may read."""

from __future__ import annotations

from collections.abc import Iterable

from fidelia.customers.fields import RULE_FIELDS as CUSTOMER_FIELDS
from fidelia.customers.fields import trait_fields
from fidelia.customers.models import TraitDefinition
from fidelia.kernel.localized import LocalizedText as Text
from fidelia.programme.fields import FIELDS as MEMBER_FIELDS
from fidelia.rules import Catalogue, Field, Records, Type

from .targets import CHANNELS

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
    ),
)


def purchase_catalogue(currency: str, traits: Iterable[TraitDefinition]) -> Catalogue:
    """Return all that the earning rules of a programme in this currency may read, with the traits that are defined."""
    fields = (*PURCHASE_FIELDS, *MEMBER_FIELDS, *CUSTOMER_FIELDS, *trait_fields(traits))
    return Catalogue(fields=fields, records=(LINES,), currency=currency)
