"""Files of tills and of people who made a spreadsheet of what a till said."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from itertools import groupby
from typing import Any

from .receipts import Line, lines, receipts
from .writing import card, comma, dialect, mail, text, workbook

FRENCH_MONTHS = ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc.")
PLAIN = ["Ticket", "Date", "Code article", "Libellé", "Qté", "PU TTC", "Remise", "Montant TTC", "Carte"]


def plain(line: Line) -> list[Any]:
    return [
        *(line.receipt, f"{line.at:%d/%m/%Y %H:%M}", line.code, line.name, line.quantity, comma(line.unit)),
        *(comma(line.discount), comma(line.net), card(line)),
    ]


@dialect("export caisse.csv")
def windows_1252_with_euros() -> bytes:
    rows = [[*plain(line)[:7], f"{comma(line.net)} €", card(line)] for line in lines()]
    return text([PLAIN, *rows], ";", "cp1252", "\r\n")


@dialect("mac.txt")
def old_mac() -> bytes:
    return text([PLAIN, *map(plain, lines())], "\t", "mac_roman", "\r")


@dialect("suisse.csv")
def swiss_apostrophes() -> bytes:
    rows = [
        [line.receipt, f"{line.at:%d.%m.%Y}", f"{line.at:%H:%M}", line.code, line.quantity,
         f"EUR {line.net:,.2f}".replace(",", "’").replace("EUR -", "EUR -"), card(line)]
        for line in lines()
    ]  # fmt: skip
    return text([["Beleg-Nr.", "Datum", "Uhrzeit", "Artikelnummer", "Menge", "Betrag", "Kundenkarte"], *rows], ";")


@dialect("accounting.csv")
def parentheses_and_iso_codes() -> bytes:
    def money(amount: Decimal) -> str:
        return f"({-amount:,.2f}) EUR" if amount < 0 else f"{amount:,.2f} EUR"

    rows = [
        [line.receipt, f"{line.at:%d-%b-%Y}", line.code, line.name,
         f"({-line.quantity})" if line.is_back else line.quantity, money(line.net), line.customer or "GUEST"]
        for line in lines()
    ]  # fmt: skip
    return text([["Doc No.", "Posting Date", "Item No.", "Description", "Quantity", "Amount Incl. VAT", "Cust. No."],
                 *rows])  # fmt: skip


@dialect("minus_behind.csv")
def trailing_minus() -> bytes:
    def signed(amount: Decimal | int, shown: str) -> str:
        return f"{shown.lstrip('-')}-" if amount < 0 else shown

    rows = [
        [line.receipt, f"{line.at:%y%m%d}", line.code, signed(line.quantity, str(line.quantity)),
         signed(line.net, comma(line.net, ".")), line.customer or "-1"]
        for line in lines()
    ]  # fmt: skip
    rows = [[receipt, f"20{day}", *others] for receipt, day, *others in rows]
    return text([["BON", "DATUM", "ARTIKEL", "MENGE", "UMSATZ", "KUNDE"], *rows], "|", "utf-16")


@dialect("american.csv")
def american_dates() -> bytes:
    rows = [
        [f"R-{line.receipt}", f"{line.at.month}/{line.at.day}/{line.at:%y %I:%M %p}", line.code, line.quantity,
         f"${line.unit:,.2f}", f"{'-' if line.net < 0 else ''}${abs(line.net):,.2f}", card(line, "0")]
        for line in lines()
    ]  # fmt: skip
    return text([["Receipt #", "Sold At", "SKU", "Units Sold", "Unit Price", "Ext. Price", "Loyalty Card"], *rows])


@dialect("iso.csv")
def iso_with_zone() -> bytes:
    rows = [
        [f"{line.at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.000Z}", line.receipt, line.code, line.quantity, line.net,
         mail(line)]
        for line in lines()
    ]  # fmt: skip
    return text([["timestamp", "orderId", "productSku", "qty", "lineTotal", "customerEmail"], *rows])


@dialect("epoch.tsv")
def epoch_milliseconds() -> bytes:
    rows = [
        [int(line.at.timestamp() * 1000), line.receipt, line.code, line.quantity, line.net * 100 // 1,
         line.customer or "null"]
        for line in lines()
    ]  # fmt: skip
    return text([["created_at", "order_id", "sku", "quantity", "amount_cents", "user_id"], *rows], "\t")


@dialect("seconds.csv")
def epoch_seconds() -> bytes:
    rows = [
        [line.receipt, int(line.at.timestamp()), line.code, line.quantity, line.net, line.customer or ""]
        for line in lines()
    ]  # fmt: skip
    return text([["basket_id", "sold_at", "product_id", "quantity", "price_paid", "household_key"], *rows])


@dialect("tableur.csv")
def serial_numbers() -> bytes:
    zero = datetime(1899, 12, 30)  # noqa: DTZ001 - local
    rows = [
        [line.receipt, f"{(line.at.replace(tzinfo=None) - zero).total_seconds() / 86400:.6f}".replace(".", ","),
         line.code, line.quantity, comma(line.net), card(line)]
        for line in lines()
    ]  # fmt: skip
    return text([["N° ticket", "Date", "Réf.", "Qté", "Montant", "N° carte"], *rows], ";")


@dialect("mois.csv")
def french_months() -> bytes:
    rows = [
        [f"{line.at.day} {FRENCH_MONTHS[line.at.month - 1]} {line.at.year}", f"{line.at:%Hh%M}", line.receipt,
         line.code, line.quantity, comma(line.net, "\u00a0"), card(line)]
        for line in lines()
    ]  # fmt: skip
    return text([["JOUR", "HEURE", "N° TICKET", "RÉFÉRENCE", "QUANTITÉ", "MONTANT NET TTC", "CARTE FIDÉLITÉ"], *rows],
                ";", "cp1252", "\r\n")  # fmt: skip


@dialect("two digits.csv")
def two_digit_years() -> bytes:
    rows = [
        [line.receipt, f"{line.at:%d/%m/%y}", f"{line.at:%H%M}", line.store, line.code, line.quantity, comma(line.net),
         line.customer or "0"]
        for line in lines()
    ]  # fmt: skip
    return text([["TICKET", "DATE", "HEURE", "CAISSE", "ARTICLE", "QTE", "CA TTC", "CLIENT"], *rows], ";", "cp850")


@dialect("remises.csv")
def prices_and_discounts() -> bytes:
    """What was paid stands nowhere: price times quantity, less the discount."""
    rows = [
        [line.receipt, f"{line.at:%Y-%m-%d}", line.code, line.quantity, line.unit, line.discount, line.customer or ""]
        for line in lines()
    ]  # fmt: skip
    return text([["invoice", "date", "article", "quantity", "unit price", "discount", "customer"], *rows])


@dialect("several names.csv")
def customer_in_several_columns() -> bytes:
    rows = [
        [f"{line.at:%Y-%m-%d %H:%M}", line.receipt, "Anne" if line.customer else "", f"N{line.customer}", mail(line),
         f"06{line.customer:08}" if line.customer else "", card(line), line.code, line.quantity, line.net,
         line.before_tax, line.net - line.before_tax]
        for line in lines()
    ]  # fmt: skip
    header = ["Date", "Transaction", "First name", "Last name", "Email", "Phone", "Card no", "Barcode", "Qty",
              "Total incl. tax", "Total excl. tax", "Tax"]  # fmt: skip
    return text([header, *rows])


@dialect("entetes.csv", by_receipt=True)
def headers_of_receipts() -> bytes:
    """One row for each receipt."""
    rows = [
        [own[0].receipt, f"{own[0].at:%d/%m/%Y}", f"{own[0].at:%H:%M:%S}", len(own),
         comma(total(line.before_tax for line in own)), comma(total(line.net - line.before_tax for line in own)),
         comma(total(line.net for line in own)), card(own[0], "anonyme")]
        for own in receipts()
    ]  # fmt: skip
    return text([["N° de ticket", "Date", "Heure", "Nb articles", "Total HT", "Total TVA", "Total TTC", "Client"],
                 *rows], ";")  # fmt: skip


@dialect("credit notes.csv")
def credit_notes_by_number() -> bytes:
    rows = [
        [f"{'AV' if line.is_back else 'FA'}{line.receipt}", f"{line.at:%d/%m/%Y}", line.code, abs(line.quantity),
         comma(abs(line.net)), line.customer or ""]
        for line in lines()
    ]  # fmt: skip
    return text([["N° facture", "Date facture", "Référence", "Quantité", "Montant TTC", "Code client"], *rows], ";")


@dialect("annual.xlsx")
def two_sheets_that_overlap() -> bytes:
    """January to July, and June to December: two months stand in both."""
    header = ["Ticket", "Date", "Article", "Désignation", "Qté", "Montant TTC", "Client"]
    rows = [
        [line.receipt, line.at.replace(tzinfo=None), line.code, line.name, line.quantity, float(line.net),
         line.customer or None]
        for line in lines()
    ]  # fmt: skip
    until_july = sum(line.at.month <= 7 and line.at.year == 2025 for line in lines())
    from_june = next(place for place, line in enumerate(lines()) if line.at.month == 6)
    return workbook(S1=[header, *rows[:until_july]], S2=[header, *rows[from_june:]])


@dialect("rapport.xlsx")
def titles_subtotals_and_a_total() -> bytes:
    header = ["Date", "N° ticket", "Article", "Qté", "Montant TTC", "Carte", None, None]
    rows: list[list[Any]] = [
        ["MAISON ÉLÉONORE — Journal des ventes"], ["Période du 01/01/2025 au 31/12/2025"], [], [], header,
    ]  # fmt: skip
    for month, own in groupby(lines(), key=lambda line: line.at.month):
        found = list(own)
        rows += [
            [line.at.date(), line.receipt, line.code, line.quantity, float(line.net), card(line) or None, None, None]
            for line in found
        ]
        rows += [[f"Sous-total {month:02}/2025", None, None, None, float(sum(one.net for one in found))], []]
    rows.append(["TOTAL GÉNÉRAL", None, None, sum(line.quantity for line in lines()),
                 float(sum(line.net for line in lines()))])  # fmt: skip
    return workbook(Journal=rows)


@dialect("fusion.xlsx")
def merged_cells() -> bytes:
    rows: list[list[Any]] = [["Ticket", "Date", "Client", "Article", "Quantité", "Total TTC"]]
    for own in receipts():
        for place, line in enumerate(own):
            head = [line.receipt, line.at.date(), line.customer or "Passage"] if place == 0 else [None] * 3
            rows.append([*head, line.code, line.quantity, float(line.net)])
    return workbook(Feuil1=rows)


@dialect("double entete.csv")
def two_header_rows() -> bytes:
    """What was sold and what came back stand side by side, told by a row of names above."""
    above = ["", "", "", "", "Ventes", "", "Retours", ""]
    header = ["Date", "Ticket", "Client", "Article", "Qté", "Montant", "Qté", "Montant"]
    rows = [
        [f"{line.at:%d/%m/%Y}", line.receipt, line.customer or "", line.code,
         *(("", "", -line.quantity, comma(-line.net)) if line.is_back else (line.quantity, comma(line.net), "", ""))]
        for line in lines()
    ]  # fmt: skip
    return text([above, header, *rows], ";")


@dialect("repeated.csv")
def repeated_columns_and_empty_ones() -> bytes:
    header = ["Ticket", "Date", "Date", "Article", "Qté", "Montant", "Client", "Montant", "", ""]
    rows = [
        [line.receipt, f"{line.at:%d/%m/%Y}", f"{line.at:%d/%m/%Y}", line.code, line.quantity, comma(line.net),
         line.customer or "", comma(line.net), "", ""]
        for line in lines()
    ]  # fmt: skip
    return text([header, *rows], ";")


@dialect("quotes.csv")
def quotes_nobody_escaped() -> bytes:
    rows = [PLAIN] + [[*plain(line)[:3], f'{line.name} 24" "noir"; mat', *plain(line)[4:]] for line in lines()]
    quoted = [";".join(f'"{cell}"' for cell in row) for row in rows]
    return "\r\n".join(quoted).encode("cp1252", "replace") + b"\r\n"


@dialect("breaks.csv")
def line_ends_within_cells() -> bytes:
    rows = [[*plain(line)[:3], f"{line.name}\nligne 2; suite\n\nfin", *plain(line)[4:]] for line in lines()]
    return text([PLAIN, *rows], ";", end="\r\n")


@dialect("page.csv")
def pages_with_headers_and_blank_lines() -> bytes:
    rows: list[list[Any]] = []
    for place, line in enumerate(lines()):
        if place % 50 == 0:
            rows += [[], [f"Page {place // 50 + 1}", "", "", "", "", "", "", "", ""], PLAIN]
        rows.append(plain(line))
    return text(
        [
            ["Édité le 02/01/2026"],
            *rows,
            ["Total", "", "", "", "", "", "", comma(total(line.net for line in lines())), ""],
        ],
        ";",
    )


def total(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))


@dialect("days.csv")
def receipts_that_begin_again() -> bytes:
    """Numbers of a till that begin again each day."""
    rows: list[list[Any]] = []
    for _day, own in groupby(receipts(), key=lambda one: one[0].at.date()):
        for number, found in enumerate(own, 1):
            rows += [
                [number, f"{line.at:%d/%m/%Y}", f"{line.at:%H:%M}", line.store, line.code, line.quantity,
                 comma(line.net), card(line)]
                for line in found
            ]  # fmt: skip
    return text([["Ticket", "Date", "Heure", "Magasin", "Article", "Qté", "Montant", "Carte"], *rows], ";")


@dialect("taxes.csv")
def taxes_of_each_line() -> bytes:
    """The unit price has no taxes; only the amount has."""
    rows = [
        [line.receipt, f"{line.at:%Y/%m/%d %H:%M}", line.code, line.quantity,
         f"{line.before_tax / line.quantity:.4f}", "20.0%", line.net - line.before_tax, line.before_tax, line.net,
         line.customer or ""]
        for line in lines()
    ]  # fmt: skip
    return text([["Sales Order", "Order Date", "Item Code", "Qty", "Net Unit Price", "VAT Rate", "VAT", "Net Total",
                  "Gross Total", "Customer Code"], *rows])  # fmt: skip


@dialect("dates.xlsx")
def days_of_both_kinds() -> bytes:
    """Some cells are days, others texts, as a spreadsheet makes of a foreign file."""
    rows: list[list[Any]] = [["Invoice", "InvoiceDate", "StockCode", "Quantity", "Price", "Customer ID"]]
    for place, line in enumerate(lines()):
        day: Any = line.at.date() if place % 3 else f"{line.at:%d/%m/%Y}"
        rows.append(
            [line.receipt, day, line.code, line.quantity, float(line.net / line.quantity), line.customer or None]
        )
    return workbook(Data=rows)
