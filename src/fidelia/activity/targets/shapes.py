"""Exports of well-known programs, whose names of columns mislead: an order of Shopify has its number under “Name”."""

from __future__ import annotations

from fidelia.intake.targets import Shape

SHAPES = (
    Shape(
        "Shopify",
        {
            "receipt": "Name",
            "occurred_at": "Created at",
            "customer": "Email",
            "product": "Lineitem sku",
            "description": "Lineitem name",
            "quantity": "Lineitem quantity",
            "unit_price": "Lineitem price",
            "discount": "Lineitem discount",
        },
        {
            "currency": "Currency",
            "country": "Billing Country",
            "status": "Financial Status",
            "returned": "Refunded Amount",
        },
        {"customer_scheme": "email", "channel": "web"},
    ),
    Shape(
        "Square",
        {
            "receipt": "Transaction ID",
            "occurred_at": "Date",
            "time": "Time",
            "customer": "Customer ID",
            "product": "SKU",
            "description": "Item",
            "category": "Category",
            "quantity": "Qty",
            "gross": "Gross Sales",
            "discount": "Discounts",
            "net": "Net Sales",
            "store": "Location",
        },
        {"kind": "Event Type"},
    ),
    Shape(
        "WooCommerce",
        {
            "receipt": "Order Number",
            "occurred_at": "Order Date",
            "customer": "Email (Billing)",
            "country": "Country Code (Billing)",
            "product": "SKU",
            "description": "Item Name",
            "quantity": "Quantity",
            "unit_price": "Item Cost",
        },
        {"net": "Order Line Total", "discount": "Item Discount Amount", "status": "Order Status"},
        {"customer_scheme": "email", "channel": "web"},
    ),
    Shape(
        "Lightspeed",
        {
            "receipt": "Receipt Number",
            "occurred_at": "Date",
            "customer": "Customer Code",
            "product": "Sku",
            "description": "Details",
            "quantity": "Quantity",
            "net": "Total",
            "discount": "Discount",
        },
        {"kind": "Line Type", "status": "Status", "till": "Register"},
    ),
    Shape(
        "Sage 100",
        {
            "receipt": "DO_Piece",
            "occurred_at": "DO_Date",
            "customer": "CT_Num",
            "product": "AR_Ref",
            "quantity": "DL_Qte",
            "net": "DL_MontantTTC",
        },
        {"description": "DL_Design", "unit_price": "DL_PUTTC", "store": "DE_No"},
    ),
    Shape(
        "Salesforce",
        {
            "receipt": "Order Number",
            "occurred_at": "Order Start Date",
            "customer": "Account ID",
            "product": "Product Code",
            "description": "Product Name",
            "quantity": "Quantity",
            "unit_price": "Unit Price",
            "net": "Total Price",
        },
        {"currency": "Order Currency"},
    ),
    # Of the documents of SAP, “Item” is the number of the line, and what was sold is the material.
    Shape(
        "SAP, billing documents",
        {
            "receipt": "Billing Document",
            "occurred_at": "Billing Date",
            "customer": "Sold-to Party",
            "product": "Material",
            "quantity": "Billed Quantity",
            "net": "Net Value",
        },
        {"description": "Item Description", "currency": "Doc. Currency", "store": "Plant"},
    ),
    Shape(
        "SAP, sales documents",
        {
            "receipt": "Sales Document",
            "occurred_at": "Document Date",
            "customer": "Sold-to Party",
            "product": "Material",
            "quantity": "Order Quantity",
            "net": "Net Value",
        },
        {"description": "Item Description", "currency": "Doc. Currency", "store": "Plant"},
    ),
)
