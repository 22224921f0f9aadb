"""What only some files of purchases have: returns written as sales, receipts that begin again, rates for amounts."""

from __future__ import annotations

from fidelia.intake.targets import Kind, Option
from fidelia.kernel.localized import LocalizedText as Text
from fidelia.kernel.money import EXPONENTS, TWO_DECIMALS

CURRENCIES = frozenset(code.lower() for code in (*TWO_DECIMALS, *EXPONENTS))
RECEIPT_BY = {
    "number": Text(en="its number", fr="son numéro"),
    "day": Text(en="its number and day", fr="son numéro et le jour"),
    "store": Text(en="its number and store", fr="son numéro et le magasin"),
    "store_day": Text(en="its number, store and day", fr="son numéro, le magasin et le jour"),
    "till_day": Text(en="its number, till and day", fr="son numéro, la caisse et le jour"),
    "store_till": Text(en="its number, store and till", fr="son numéro, le magasin et la caisse"),
    "store_till_day": Text(en="its number, store, till and day", fr="son numéro, le magasin, la caisse et le jour"),
    "customer": Text(en="its customer and moment, without a number", fr="son client et son moment, sans numéro"),
}

ODD_OPTIONS = (
    Option(
        "nobody",
        Text(en="Values that name nobody", fr="Valeurs qui ne désignent personne"),
        many=True,
        rare=True,
        help=Text(
            en="Counter sales under one number, N/A, 0: purchases without a customer.",
            fr="Ventes de comptoir sous un seul numéro, N/A, 0 : des achats sans client.",
        ),
    ),
    Option(
        "receipt_by",
        Text(en="What tells a receipt from the others", fr="Ce qui distingue un ticket des autres"),
        default="number",
        choices=tuple(RECEIPT_BY.items()),
        rare=True,
        help=Text(
            en="Many tills begin again at 1 each day.", fr="Bien des caisses recommencent à 1 chaque jour."
        ),
    ),
    Option(
        "fill_down",
        Text(en="Empty cells repeat those above", fr="Les cellules vides répètent celles du dessus"),
        Kind.FLAG,
        default=False,
        rare=True,
        help=Text(
            en="Receipt, date and customer stand on the first row of each receipt only.",
            fr="Ticket, date et client ne figurent que sur la première ligne de chaque ticket.",
        ),
    ),
    Option(
        "returns_begin",
        Text(en="Receipts that begin so give back", fr="Les tickets qui commencent ainsi rendent"),
        many=True,
        rare=True,
        help=Text(
            en="Such as AV or CN: their rows count as returns whatever sign they have.",
            fr="Comme AV : leurs lignes comptent comme retours, quel que soit leur signe.",
        ),
    ),
    Option(
        "returns_say",
        Text(en="Words that say a row gives back", fr="Mots qui disent qu’une ligne est rendue"),
        many=True,
        rare=True,
        help=Text(
            en="Such as R beside V, or a yes: what the column of sales and returns says of returns.",
            fr="Comme R à côté de V, ou un oui : ce que la colonne vente ou retour dit d’un retour.",
        ),
    ),
    Option(
        "no_lines",
        Text(en="Rows of this kind are no lines", fr="Les lignes de cette nature n’en sont pas"),
        many=True,
        rare=True,
        help=Text(
            en="How a receipt was paid, or its sum beside its lines: they come back and count for nothing.",
            fr="Le règlement d’un ticket, ou son total à côté de ses lignes : rendues, elles ne comptent pas.",
        ),
    ),
    Option(
        "not_sold",
        Text(en="States of orders of which nothing came", fr="États des commandes restées sans suite"),
        many=True,
        rare=True,
        help=Text(
            en="Cancelled, failed, refunded: their rows come back instead of being recorded.",
            fr="Annulée, échouée, remboursée : leurs lignes sont rendues au lieu d’être enregistrées.",
        ),
    ),
    Option(
        "discount_as",
        Text(en="Discounts are written as", fr="Les remises sont écrites en"),
        default="amount",
        choices=(
            ("amount", Text(en="amounts", fr="montants")),
            ("percent", Text(en="per cent (20)", fr="pour cent (20)")),
            ("fraction", Text(en="parts of one (0.2)", fr="parts de un (0,2)")),
        ),
        rare=True,
    ),
    Option(
        "amount_once",
        Text(en="The amount is the receipt’s, repeated on its rows", fr="Le montant est celui du ticket, répété"),
        Kind.FLAG,
        default=False,
        rare=True,
        help=Text(en="It then counts once, on the first row.", fr="Il compte alors une fois, sur la première ligne."),
    ),
    Option(
        "in_cents",
        Text(en="Amounts are in cents", fr="Les montants sont en centimes"),
        Kind.FLAG,
        default=False,
        rare=True,
    ),
    Option(
        "whole_codes",
        Text(en="Codes such as 17850.0 mean 17850", fr="Les codes comme 17850.0 veulent dire 17850"),
        Kind.FLAG,
        default=False,
        rare=True,
    ),
)  # fmt: skip
