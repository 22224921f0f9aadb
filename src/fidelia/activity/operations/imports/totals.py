"""The numbers of a file of purchases that pages show: what was recorded, what the file holds, sums that must agree."""

from __future__ import annotations

from fidelia.intake.kinds import Total
from fidelia.kernel.localized import LocalizedText as Text

TOTALS = (
    # what was recorded
    Total(
        "sales", Text("Purchases recorded", "Achats enregistrés"),
        Text("Receipts of which more was sold than given back; of an exchange, what was bought.",
             "Tickets sur lesquels on a vendu plus qu’on n’a repris ; d’un échange, ce qui a été acheté."),
    ),
    Total(
        "returns", Text("Returns", "Retours"),
        Text("Receipts of which more came back than was sold; tied to a purchase where a whole earlier line fits.",
             "Tickets où l’on a plus repris que vendu ; rattachés à un achat quand une ligne entière y répond."),
    ),
    Total(
        "points", Text("Points issued", "Points émis"),
        Text("By the rules in force at each purchase’s own date; nobody is written to.",
             "Selon les règles en vigueur à la date de chaque achat ; personne n’en est averti."), "points",
    ),
    Total(
        "matched_lines", Text("Lines of returns tied to their purchase", "Lignes de retour rattachées à leur achat"),
        Text("The customer had bought that product before, in one line of at least that quantity.",
             "Le client avait acheté cet article, sur une ligne d’au moins cette quantité."),
    ),
    # sums that must agree
    Total(
        "file_net", Text("Amount paid", "Montant payé"),
        Text("Sum of all rows whose quantity and amount are understood, what came back subtracted.",
             "Somme des lignes dont la quantité et le montant sont compris, reprises déduites."), "money", "file",
    ),
    Total(
        "net", Text("Amount recorded", "Montant enregistré"),
        Text("Sum of the purchases and returns that were written.",
             "Somme des achats et retours écrits."), "money", "recorded",
    ),
    Total(
        "known_net", Text("Amount known already", "Montant déjà connu"),
        Text("Sum of the rows that were recorded before this file.",
             "Somme des lignes enregistrées avant ce fichier."), "money", "known",
    ),
    Total(
        "double_net", Text("Amount in double", "Montant en double"),
        Text("Rows that repeat a row of an earlier sheet, or a receipt that stands in the file before.",
             "Lignes déjà présentes : sur une feuille précédente, ou dans un ticket placé avant."), "money", "double",
    ),
    Total(
        "rejected_net", Text("Amount in rows to mend", "Montant des lignes à corriger"),
        Text("Sum of the rows to mend whose amount is understood.",
             "Somme des lignes à corriger dont le montant est compris."), "money", "rejected",
    ),
    # what the file holds
    Total(
        "receipts", Text("Receipts in the file", "Tickets du fichier"),
        Text("Different receipt numbers.", "Numéros de ticket différents."),
    ),
    Total(
        "customers", Text("Customers in the file", "Clients du fichier"),
        Text("Different customers or cards.", "Clients ou cartes différents."),
    ),
    Total(
        "products", Text("Products in the file", "Articles du fichier"),
        Text("Different codes, postage and fees among them.", "Codes différents, port et frais compris."),
    ),
    Total(
        "countries", Text("Countries in the file", "Pays du fichier"),
        Text("Different countries as they are written.", "Pays différents, tels qu’ils sont écrits."),
    ),
    Total(
        "rows_without_customer", Text("Rows without a customer", "Lignes sans client"),
        Text("Anonymous purchases: they are recorded and earn nothing.",
             "Achats anonymes : enregistrés, ils ne donnent pas de points."),
    ),
    Total(
        "sold_to_customers", Text("Sold to customers", "Vendu à des clients"),
        Text("Sum of the rows with a customer and a quantity above zero.",
             "Somme des lignes avec un client et une quantité positive."), "money",
    ),
    Total(
        "given_back_by_customers", Text("Given back by customers", "Rendu par des clients"),
        Text("Sum of the rows with a customer and a quantity below zero.",
             "Somme des lignes avec un client et une quantité négative."), "money",
    ),
    Total(
        "rows_given_back", Text("Rows given back", "Lignes rendues"),
        Text("Rows with a quantity below zero.", "Lignes à quantité négative."),
    ),
    Total(
        "rows_of_credit_notes", Text("Rows of credit notes", "Lignes d’avoirs"),
        Text("Rows whose receipt number begins as that of a credit note (C, AV, CN…), where most begin otherwise.",
             "Lignes dont le numéro commence comme celui d’un avoir (C, AV, CN…), à la différence des autres."),
    ),
    Total(
        "rows_of_nothing", Text("Rows with a quantity of zero", "Lignes à quantité nulle"),
        Text("Lines of nothing, as a coupon leaves them: they keep their receipt whole.",
             "Lignes de rien, comme un bon en laisse : elles gardent leur ticket entier."),
    ),
    Total(
        "rows_without_price", Text("Rows without a price above zero", "Lignes sans prix positif"),
        Text("The unit price, or without one the amount, is zero or below.",
             "Le prix unitaire, ou à défaut le montant, est nul ou négatif."),
    ),
    Total(
        "rows_without_description", Text("Rows without a description", "Lignes sans libellé"),
        Text("The description is empty.", "Le libellé est vide."),
    ),
    Total(
        "duplicate_rows", Text("The same row again", "Lignes identiques"),
        Text("Rows equal in everything to an earlier one; a receipt may hold a product twice, so they are recorded.",
             "Lignes égales en tout à une autre ; un ticket peut porter deux fois un article : elles sont gardées."),
    ),
    Total(
        "coupon_rows", Text("Rows with a coupon", "Lignes avec un bon"),
        Text("Rows with a discount by coupon.", "Lignes portant une remise par bon."),
    ),
    Total("file_coupon", Text("Discounts by coupon", "Remises par bon"), Text("Their sum.", "Leur somme."), "money"),
    Total(
        "file_coupon_match", Text("The shop’s part of coupons", "Part du magasin sur les bons"),
        Text("Their sum.", "Leur somme."), "money",
    ),
    Total("file_discount", Text("Other discounts", "Autres remises"), Text("Their sum.", "Leur somme."), "money"),
)  # fmt: skip
