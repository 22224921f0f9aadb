"""The numbers of a file of purchases that pages show: what was recorded, what the file holds, sums that must agree."""

from __future__ import annotations

from fidelia.intake.kinds import Total
from fidelia.kernel.localized import LocalizedText as Text

TOTALS = (
    # what was recorded
    Total(
        "sales",
        Text(en="Purchases recorded", fr="Achats enregistrés"),
        Text(
            en="Receipts of which more was sold than given back.",
            fr="Tickets sur lesquels on a vendu plus qu’on n’a repris.",
        ),
    ),
    Total(
        "returns",
        Text(en="Returns", fr="Retours"),
        Text(
            en="Receipts of which more came back than was sold; tied to a purchase where a whole earlier line fits.",
            fr="Tickets où l’on a plus repris que vendu ; rattachés à un achat quand une ligne entière y répond.",
        ),
    ),
    Total(
        "points",
        Text(en="Points issued", fr="Points émis"),
        Text(
            en="By the rules in force at each purchase’s own date; nobody is written to.",
            fr="Selon les règles en vigueur à la date de chaque achat ; personne n’en est averti.",
        ),
        unit="points",
    ),
    Total(
        "matched_lines",
        Text(en="Lines of returns tied to their purchase", fr="Lignes de retour rattachées à leur achat"),
        Text(
            en="The customer had bought that product before, in one line of at least that quantity.",
            fr="Le client avait acheté cet article, sur une ligne d’au moins cette quantité.",
        ),
    ),
    # sums that must agree
    Total(
        "file_net",
        Text(en="Amount paid", fr="Montant payé"),
        Text(
            en="Sum of all rows whose quantity and amount are understood, what came back subtracted.",
            fr="Somme des lignes dont la quantité et le montant sont compris, reprises déduites.",
        ),
        unit="money",
        place="file",
    ),
    Total(
        "net",
        Text(en="Amount recorded", fr="Montant enregistré"),
        Text(en="Sum of the purchases and returns that were written.", fr="Somme des achats et retours écrits."),
        unit="money",
        place="recorded",
    ),
    Total(
        "known_net",
        Text(en="Amount known already", fr="Montant déjà connu"),
        Text(
            en="Sum of the rows that were recorded before this file.",
            fr="Somme des lignes enregistrées avant ce fichier.",
        ),
        unit="money",
        place="known",
    ),
    Total(
        "double_net",
        Text(en="Amount in double", fr="Montant en double"),
        Text(
            en="Sum of the rows that repeat a row of an earlier sheet.",
            fr="Somme des lignes qui répètent une ligne d’une feuille précédente.",
        ),
        unit="money",
        place="double",
    ),
    Total(
        "rejected_net",
        Text(en="Amount in rows to mend", fr="Montant des lignes à corriger"),
        Text(
            en="Sum of the rows to mend whose amount is understood.",
            fr="Somme des lignes à corriger dont le montant est compris.",
        ),
        unit="money",
        place="rejected",
    ),
    # what the file holds
    Total(
        "receipts",
        Text(en="Receipts in the file", fr="Tickets du fichier"),
        Text(en="Different receipt numbers.", fr="Numéros de ticket différents."),
    ),
    Total(
        "customers",
        Text(en="Customers in the file", fr="Clients du fichier"),
        Text(en="Different customers or cards.", fr="Clients ou cartes différents."),
    ),
    Total(
        "products",
        Text(en="Products in the file", fr="Articles du fichier"),
        Text(
            en="Different codes, postage and fees among them.",
            fr="Codes différents, port et frais compris.",
        ),
    ),
    Total(
        "countries",
        Text(en="Countries in the file", fr="Pays du fichier"),
        Text(en="Different countries as they are written.", fr="Pays différents, tels qu’ils sont écrits."),
    ),
    Total(
        "rows_without_customer",
        Text(en="Rows without a customer", fr="Lignes sans client"),
        Text(
            en="Anonymous purchases: they are recorded and earn nothing.",
            fr="Achats anonymes : enregistrés, ils ne donnent pas de points.",
        ),
    ),
    Total(
        "sold_to_customers",
        Text(en="Sold to customers", fr="Vendu à des clients"),
        Text(
            en="Sum of the rows with a customer and a quantity above zero.",
            fr="Somme des lignes avec un client et une quantité positive.",
        ),
        unit="money",
    ),
    Total(
        "given_back_by_customers",
        Text(en="Given back by customers", fr="Rendu par des clients"),
        Text(
            en="Sum of the rows with a customer and a quantity below zero.",
            fr="Somme des lignes avec un client et une quantité négative.",
        ),
        unit="money",
    ),
    Total(
        "rows_given_back",
        Text(en="Rows given back", fr="Lignes rendues"),
        Text(en="Rows with a quantity below zero.", fr="Lignes à quantité négative."),
    ),
    Total(
        "rows_of_nothing",
        Text(en="Rows with a quantity of zero", fr="Lignes à quantité nulle"),
        Text(
            en="Lines of nothing, as a coupon leaves them: they keep their receipt whole.",
            fr="Lignes de rien, comme un bon en laisse : elles gardent leur ticket entier.",
        ),
    ),
    Total(
        "rows_without_price",
        Text(en="Rows without a price above zero", fr="Lignes sans prix positif"),
        Text(
            en="The unit price, or without one the amount, is zero or below.",
            fr="Le prix unitaire, ou à défaut le montant, est nul ou négatif.",
        ),
    ),
    Total(
        "rows_without_description",
        Text(en="Rows without a description", fr="Lignes sans libellé"),
        Text(en="The description is empty.", fr="Le libellé est vide."),
    ),
    Total(
        "duplicate_rows",
        Text(en="The same row again", fr="Lignes identiques"),
        Text(
            en="Rows equal in everything to an earlier one; a receipt may hold a product twice, so they are recorded.",
            fr="Lignes égales en tout à une autre ; un ticket peut porter deux fois un article : elles sont gardées.",
        ),
    ),
    Total(
        "coupon_rows",
        Text(en="Rows with a coupon", fr="Lignes avec un bon"),
        Text(en="Rows with a discount by coupon.", fr="Lignes portant une remise par bon."),
    ),
    Total(
        "file_coupon",
        Text(en="Discounts by coupon", fr="Remises par bon"),
        Text(en="Their sum.", fr="Leur somme."),
        unit="money",
    ),
    Total(
        "file_discount",
        Text(en="Other discounts", fr="Autres remises"),
        Text(en="Their sum.", fr="Leur somme."),
        unit="money",
    ),
)
