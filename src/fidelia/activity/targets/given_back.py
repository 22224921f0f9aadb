"""The columns of a file of purchases that speak of what came back."""

from __future__ import annotations

from fidelia.intake.targets import Column, Kind
from fidelia.kernel.localized import LocalizedText as Text

from .reasons import TEXT_MAX

# Words as names of columns are compared: folded. Beside these a number is of what came back.
GIVEN_BACK = (
    *("retour", "retours", "retourne", "retournee", "returned", "return", "returns", "refund", "refunded", "refunds"),
    *("rembourse", "remboursement", "remboursements", "reprise", "reprises"),
)
# Beside these a number of a receipt is that of another one.
ORIGINAL_WORDS = (
    *(
        "origine",
        "original",
        "originale",
        "origin",
        "initial",
        "initiale",
        "parent",
        "linked",
        "related",
        "liee",
        "lie",
    ),
    *("returned", "refunded", "retourne", "rembourse", "ursprung", "ursprungsbeleg", "originalbeleg", "credited"),
)
RETURNED_QUANTITY = Column(
    "returned_quantity",
    Text(en="Quantity given back, in a column of its own", fr="Quantité rendue, dans une colonne à part"),
    Kind.NUMBER,
    (
        *("quantity returned", "qty returned", "returned quantity", "returned qty", "qty refunded"),
        *("refunded quantity", "units returned", "retours qté", "quantité retournée", "qté retournée"),
        *("quantité rendue", "qté rendue", "quantité reprise", "qté remboursée", "returns quantity"),
        *("returns qty", "refund quantity", "product quantity refunded", "product quantity return"),
    ),
    help=Text(en="Taken off the quantity of the row.", fr="Déduite de la quantité de la ligne."),
)
RETURNED = Column(
    "returned",
    Text(en="Amount given back, in a column of its own", fr="Montant rendu, dans une colonne à part"),
    Kind.MONEY,
    (
        *("refunded amount", "amount refunded", "total refunded", "refund amount", "returned amount"),
        *("amount returned", "refund total", "order refund amount", "refunds", "returns amount"),
        *("retours montant", "montant remboursé", "montant retourné", "montant rendu", "montant retour"),
        *("total remboursé", "remboursement", "remboursé", "montant des retours", "retours ttc"),
    ),
    help=Text(
        en="Taken off the amount of the row, on its own day.",
        fr="Déduit du montant de la ligne, à sa propre date.",
    ),
)
ORIGINAL = Column(
    "original",
    Text(en="Receipt that is given back", fr="Ticket d’origine d’un retour"),
    Kind.CODE,
    (
        *("original receipt", "original receipt no", "original invoice", "original invoice no", "original order"),
        *("original order id", "original transaction", "original transaction id", "origin receipt"),
        *("returned receipt", "returned order", "refunded order", "refunded invoice", "credited invoice"),
        *("parent receipt", "parent transaction", "parent order", "linked receipt", "linked invoice", "related order"),
        *("ticket d'origine", "n° ticket d'origine", "ticket initial", "facture d'origine", "facture initiale"),
        *("pièce d'origine", "commande d'origine", "avoir sur facture", "facture liée", "document d'origine"),
        *("ticket retourné", "ticket remboursé", "originalbeleg", "ursprungsbeleg", "ticket original"),
    ),
    only_beside=(*ORIGINAL_WORDS, "avoir"),
    help=Text(
        en="A line given back is tied to the line of this receipt that holds the product.",
        fr="Une ligne rendue est rattachée à la ligne de ce ticket qui porte l’article.",
    ),
    length_max=TEXT_MAX["original"],
)
