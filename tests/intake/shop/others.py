"""Dialects that nobody expects, and that files arrive in all the same."""

from __future__ import annotations

from typing import Any

from .receipts import lines, receipts
from .writing import card, comma, dialect, mail, text, workbook


@dialect("amazon-like.txt")
def marketplace() -> bytes:
    """“item-price” is that of the whole line."""
    rows = [
        [f"402-{line.receipt}", f"{line.receipt}{line.code[-2:]}", f"{line.at:%Y-%m-%dT%H:%M:%S%z}", mail(line),
         line.code, line.name, line.quantity, "EUR", line.net, "FR"]
        for line in lines()
    ]  # fmt: skip
    header = ["order-id", "order-item-id", "purchase-date", "buyer-email", "sku", "product-name", "quantity-purchased",
              "currency", "item-price", "ship-country"]  # fmt: skip
    return text([header, *rows], "\t")


@dialect("weekdays.csv")
def weekdays_and_zones() -> bytes:
    rows = [
        [f"{line.at:%a, %d %b %Y %H:%M:%S %Z}", line.receipt, line.code, line.quantity, line.net, card(line, "n/a")]
        for line in lines()
    ]  # fmt: skip
    return text([["When", "Bill", "Item", "Pieces", "Amount paid", "Card"], *rows])


@dialect("lundi.xlsx")
def amounts_and_days_as_texts() -> bytes:
    names = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
    rows: list[list[Any]] = [["Jour de vente", "Ticket de caisse", "Réf produit", "Nombre", "Net à payer", "Cliente"]]
    rows += [
        [f"{names[line.at.weekday()]} {line.at:%d/%m/%Y}", str(line.receipt), line.code, str(line.quantity),
         f"{comma(line.net, chr(0x202F))} €", str(line.customer) if line.customer else "Visiteur"]
        for line in lines()
    ]  # fmt: skip
    return workbook(Ventes=rows, Notes=[["À faire"], ["appeler le comptable"]])


@dialect("printed.txt", knows_customers=False)
def set_out_by_blanks() -> bytes:
    rows = [
        f"{line.receipt:>8}  {line.at:%Y%m%d}  {line.code}  {line.quantity:>3}  {line.net:>10.2f}" for line in lines()
    ]
    return "\r\n".join(["ticket  date  article  quantity  amount", *rows]).encode() + b"\r\n"


@dialect("first rows.csv", by_receipt=True)
def the_total_on_the_first_row() -> bytes:
    """What was paid stands once for each receipt; its lines have no amounts."""
    rows: list[list[Any]] = []
    for own in receipts():
        paid = sum(line.net for line in own)
        rows += [
            [own[0].receipt, f"{own[0].at:%d/%m/%Y}", line.code, paid if place == 0 else "", card(own[0])]
            for place, line in enumerate(own)
        ]
    return text([["receipt", "date", "product", "paid", "loyalty card"], *rows])


@dialect("comments.csv")
def comments_full_of_separators() -> bytes:
    note = "livraison ; à l’étage ; code 12, 34, 56 ; « merci »"
    rows = [
        [line.receipt, f"{line.at:%d/%m/%Y %H:%M}", note, line.code, line.quantity, comma(line.net), card(line)]
        for line in lines()
    ]  # fmt: skip
    return text([["Ticket", "Date", "Commentaire", "Article", "Qté", "Montant", "Carte"], *rows], ";")


@dialect("cancelled.csv")
def cancelled_orders_between() -> bytes:
    """Every receipt stands a second time, under another number, cancelled."""
    rows: list[list[Any]] = []
    for line in lines():
        for number, state in ((line.receipt, "Livrée"), (line.receipt + 5000, "Annulée")):
            rows.append(
                [number, state, f"{line.at:%d/%m/%Y}", line.code, line.quantity, comma(line.net), line.customer or ""]
            )
    return text([["N° commande", "Statut", "Date commande", "Référence", "Quantité", "Total TTC", "Client"], *rows],
                ";", "cp1252")  # fmt: skip
