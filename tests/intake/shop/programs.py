"""Files as programs export them."""

from __future__ import annotations

import csv
from datetime import UTC
from decimal import Decimal

from .receipts import Line, lines, receipts
from .writing import comma, dialect, mail, text, workbook

Rows = list[list[object]]


@dialect("orders_export_1.csv")
def shopify() -> bytes:
    """What is of the order stands on its first line only; discounts of lines are their own column."""
    header = (  # as it writes it
        "Name,Email,Financial Status,Paid at,Fulfillment Status,Accepts Marketing,Currency,Subtotal,Shipping,Taxes,"
        "Total,Discount Code,Discount Amount,Shipping Method,Created at,Lineitem quantity,Lineitem name,Lineitem price,"
        "Lineitem compare at price,Lineitem sku,Lineitem requires shipping,Lineitem taxable,Billing Name,"
        "Billing Country,Notes,Cancelled at,Payment Method,Refunded Amount,Vendor,Id,Tags,Lineitem discount,Phone"
    )
    names = header.split(",")
    rows: Rows = [list(names)]
    for own in receipts():
        total = sum(line.net for line in own)
        for place, line in enumerate(own):
            said = {
                "Name": f"#{line.receipt}",
                "Email": mail(line),
                "Created at": f"{line.at:%Y-%m-%d %H:%M:%S %z}",
                "Lineitem quantity": line.quantity,
                "Lineitem name": line.name,
                "Lineitem price": line.unit,
                "Lineitem sku": line.code,
                "Lineitem discount": line.discount,
                "Lineitem requires shipping": "true",
                "Vendor": "Maison Éléonore",
            }
            if place == 0:
                said |= {
                    "Financial Status": "paid", "Paid at": said["Created at"], "Currency": "EUR", "Subtotal": total,
                    "Shipping": "0.00", "Taxes": f"{total / 6:.2f}", "Total": total,
                    "Fulfillment Status": "fulfilled", "Accepts Marketing": "no", "Billing Country": "FR",
                    "Refunded Amount": "0.00", "Id": 5_000_000_000 + line.receipt, "Payment Method": "Shopify Payments",
                    "Discount Amount": "0.00",
                }  # fmt: skip
            rows.append([said.get(name, "") for name in names])
    return text(rows)


@dialect("wc-orders.csv")
def woocommerce() -> bytes:
    rows: Rows = [[
        *("Order Number", "Order Status", "Order Date", "Customer Note", "First Name (Billing)", "Last Name (Billing)"),
        *("Email (Billing)", "Country Code (Billing)", "Payment Method Title", "Cart Discount Amount"),
        *("Order Subtotal Amount", "Order Total Amount", "SKU", "Item #", "Item Name", "Quantity", "Item Cost"),
        *("Item Discount Amount", "Order Line Total"),
    ]]  # fmt: skip
    for own in receipts():
        total = sum(line.net for line in own)
        rows += [
            [line.receipt, "Completed", f"{line.at:%Y-%m-%d %H:%M}", "", "Anne", f"N{line.customer}", mail(line), "FR",
             "Carte", 0, total, total, line.code, place, line.name, line.quantity, line.unit, line.discount, line.net]
            for place, line in enumerate(own, 1)
        ]  # fmt: skip
    return text(rows)


@dialect("prestashop_order_detail.csv")
def prestashop() -> bytes:
    rows: Rows = [[
        *("id_order_detail", "id_order", "id_shop", "reference", "date_add", "id_customer", "product_id"),
        *("product_reference", "product_name", "product_quantity", "unit_price_tax_incl", "unit_price_tax_excl"),
        *("total_price_tax_excl", "total_price_tax_incl", "total_paid_tax_incl"),
    ]]  # fmt: skip
    totals = {own[0].receipt: sum(line.net for line in own) for own in receipts()}
    for place, line in enumerate(lines(), 1):
        each = line.net / line.quantity
        rows.append(
            [place, line.receipt, 1, f"XK{line.receipt}", f"{line.at:%Y-%m-%d %H:%M:%S}", line.customer, line.product,
             line.code, line.name, line.quantity, f"{each:.6f}", f"{each / Decimal('1.2'):.6f}",
             f"{line.before_tax}0000", f"{line.net}0000", totals[line.receipt]]
        )  # fmt: skip
    return text(rows, ";", quoting=csv.QUOTE_NONNUMERIC)


@dialect("items-2025-01-01-2025-12-31.csv")
def square() -> bytes:
    def money(amount: Decimal) -> str:
        return f"-€{-amount:,.2f}" if amount < 0 else f"€{amount:,.2f}"

    rows: Rows = [[
        *("Date", "Time", "Time Zone", "Category", "Item", "Qty", "Price Point Name", "SKU", "Modifiers Applied"),
        *("Gross Sales", "Discounts", "Net Sales", "Tax", "Transaction ID", "Payment ID", "Device Name", "Notes"),
        *("Details", "Event Type", "Location", "Dining Option", "Customer ID", "Customer Name"),
    ]]  # fmt: skip
    rows += [
        [f"{line.at:%m/%d/%y}", f"{line.at:%H:%M:%S}", "Paris", "Maison", line.name, f"{line.quantity}.0", "Regular",
         line.code, "", money(line.gross), money(-line.discount), money(line.net), "€0.00", f"T{line.receipt}xQ",
         f"P{line.receipt}", "iPad", "", "", "Refund" if line.is_back else "Payment", f"Store {line.store}", "",
         f"CU{line.customer:05}" if line.customer else "", f"Anne N{line.customer}" if line.customer else ""]
        for line in lines()
    ]  # fmt: skip
    return text(rows)


@dialect("vend-sales-history.csv")
def lightspeed() -> bytes:
    """A row for each sale, then its lines, then how it was paid, each told by its type."""
    rows: Rows = [[
        *("Date", "Receipt Number", "Line Type", "Customer Code", "Customer Name", "Note", "Quantity", "Subtotal"),
        *("Sales Tax", "Discount", "Loyalty", "Total", "Paid", "Details", "Register", "User", "Status", "Sku"),
    ]]  # fmt: skip
    for own in receipts():
        first, total, zero = own[0], sum(line.net for line in own), "0.00"
        head = [f"{first.at:%Y-%m-%d %H:%M:%S}", first.receipt]
        who = [f"VC{first.customer:04}" if first.customer else "WALKIN", "", ""]
        tail = ["Caisse 1", "Anne", "CLOSED"]
        rows.append([*head, "Sale", *who, len(own), total, zero, zero, zero, total, total, "", *tail, ""])
        rows += [
            [*head, "Sale Line", *who, line.quantity, line.before_tax, line.net - line.before_tax, line.discount, zero,
             line.net, "", line.name, *tail, line.code]
            for line in own
        ]  # fmt: skip
        rows.append([*head, "Payment", *who, "", "", "", "", "", total, total, "Card", *tail, ""])
    return text(rows)


@dialect("VENTES_CEGID.csv")
def cegid() -> bytes:
    rows: Rows = [[
        *("NATURE PIÈCE", "N° PIÈCE", "DATE PIÈCE", "HEURE CRÉATION", "ÉTABLISSEMENT", "CODE CLIENT", "CODE ARTICLE"),
        *("LIBELLÉ ARTICLE", "QTÉ FACTURÉE", "PU TTC", "REMISE LIGNE", "MONTANT HT", "MONTANT TTC"),
    ]]  # fmt: skip
    rows += [
        ["AVOIR" if line.is_back else "FACTURE", line.receipt, f"{line.at:%d/%m/%Y}", f"{line.at:%H:%M}",
         f"{line.store:03}", f"C{line.customer:05}" if line.customer else "CLIENT COMPTOIR", line.code, line.name,
         abs(line.quantity), comma(line.unit, "\u202f"), comma(line.discount), comma(abs(line.before_tax), "\u202f"),
         comma(abs(line.net), "\u202f")]
        for line in lines()
    ]  # fmt: skip
    return text(rows, ";", "utf-8-sig", "\r\n")


@dialect("VBRP_VBRK.txt")
def sap() -> bytes:
    """Technical names; a minus stands behind, points between thousands."""

    def money(amount: Decimal) -> str:
        return comma(abs(amount), ".") + ("-" if amount < 0 else " ")

    rows: Rows = [["VBELN", "POSNR", "FKDAT", "KUNAG", "MATNR", "ARKTX", "FKIMG", "VRKME", "KZWI1", "WAERK", "WERKS"]]
    for own in receipts():
        rows += [
            [f"009000{line.receipt}", f"{place * 10:06}", f"{line.at:%d.%m.%Y}",
             f"{line.customer:010}" if line.customer else "", line.code.zfill(18), line.name,
             f"{abs(line.quantity)},000" + ("-" if line.is_back else ""), "ST", money(line.net), "EUR", "1000"]
            for place, line in enumerate(own, 1)
        ]  # fmt: skip
    return text(rows, "\t", "utf-16")


@dialect("Billing documents.xlsx")
def sap_in_words() -> bytes:
    rows: Rows = [[
        *("Billing Document", "Item", "Billing Date", "Sold-To Party", "Material", "Item Description"),
        *("Billed Quantity", "Net Value", "Tax Amount", "Gross Value", "Doc. Currency", "Plant"),
    ]]  # fmt: skip
    for own in receipts():
        rows += [
            [f"9000{line.receipt}", place * 10, line.at.date(), f"{line.customer:010}" if line.customer else None,
             line.code, line.name, line.quantity, float(line.before_tax), float(line.net - line.before_tax),
             float(line.net), "EUR", "1000"]
            for place, line in enumerate(own, 1)
        ]  # fmt: skip
    return workbook(Sheet1=rows)


@dialect("magento_orders.csv", by_receipt=True)
def magento_of_orders() -> bytes:
    """A row for each order: what was given back stands in a column of its own only where it is a later matter."""
    rows: Rows = [[
        *("ID", "Purchase Point", "Purchase Date", "Bill-to Name", "Customer Email", "Customer Group", "Subtotal"),
        *("Shipping and Handling", "Grand Total (Base)", "Grand Total (Purchased)", "Total Refunded", "Status"),
    ]]  # fmt: skip
    for own in receipts():
        total, first = sum(line.net for line in own), own[0]
        rows.append([
            f"{first.receipt:09}", "Main Website\nMain Website Store\n   Default Store View",
            f"{first.at:%b %d, %Y %I:%M:%S %p}", "Anne N", mail(first), "General", total, "0.00",
            f"€{total}".replace("€-", "-€"), f"€{total}".replace("€-", "-€"), "", "complete",
        ])  # fmt: skip
    return text(rows)


@dialect("pos.order.csv")
def odoo() -> bytes:
    """What is of the order stands on its first line only."""
    rows: Rows = [[
        *("Order Ref", "Date", "Customer/ID", "Point of Sale", "Order Lines/Product/Internal Reference"),
        *("Order Lines/Full Product Name", "Order Lines/Quantity", "Order Lines/Unit Price"),
        *("Order Lines/Discount (%)", "Order Lines/Subtotal w/o Tax", "Order Lines/Subtotal"),
    ]]  # fmt: skip
    for own in receipts():
        first: Line = own[0]
        who = f"__export__.res_partner_{first.customer}" if first.customer else ""
        head = [f"Shop/{first.receipt:05}", str(first.at)[:19], who, f"Shop {first.store}"]
        for place, line in enumerate(own):
            each = line.net / line.quantity
            rows.append(
                [*(head if place == 0 else [""] * 4), line.code, line.name, f"{line.quantity}.0", f"{each:.6f}", "0.0",
                 line.before_tax, line.net]
            )  # fmt: skip
    return text(rows, quoting=csv.QUOTE_ALL)


@dialect("payments.csv", by_receipt=True)
def stripe() -> bytes:
    rows: Rows = [[
        *("id", "Created date (UTC)", "Amount", "Amount Refunded", "Currency", "Captured", "Converted Amount", "Fee"),
        *("Description", "Status", "Seller Message", "Customer ID", "Customer Email", "Card ID"),
    ]]  # fmt: skip
    for own in receipts():
        total, first = sum((line.net for line in own), Decimal(0)), own[0]
        rows.append([
            f"ch_3N{first.receipt}a", f"{first.at.astimezone(UTC):%Y-%m-%d %H:%M:%S}", comma(total), "0,00", "eur",
            "true", comma(total), "0,91", f"Order {first.receipt}", "Paid", "Payment complete.",
            f"cus_{first.customer}b" if first.customer else "", mail(first), f"card_{first.receipt}",
        ])  # fmt: skip
    return text(rows)
