"""Sales as tills and web shops export them: each column by the name that the program gives it."""

from __future__ import annotations

from pathlib import Path

import pytest

from .test_exports_of_programs import understood, wanted_of

# The name of each column, what its cells hold in row n, and what it is (empty: left out).
TILLS = {
    "Loyverse": """
        Date|{d:02}/03/2025 10:05|occurred_at
        Receipt number|1-{o}|receipt
        Receipt type|Sale|kind
        Category|Thé|category
        SKU|100{p}|product
        Item|Sencha|description
        Variant||
        Modifiers applied||
        Quantity|{q}.000|quantity
        Gross sales|{t:.2f}|gross
        Discounts|0.00|discount
        Net sales|{t:.2f}|net
        Cost of goods|3.00|
        Gross profit|5.00|
        Taxes|1.20|
        Dining option||
        POS|POS 1|till
        Store|Lyon|store
        Cashier name|Owner|
        Customer name|Jean D{c}|
        Customer contacts|j{c}@example.org|customer
        Comment||
        Status|Closed|status""",
    "Square": """
        Date|{d}/03/2025|occurred_at
        Time|10:05:12|time
        Time Zone|Paris|
        Category|Tea|category
        Item|Sencha|description
        Qty|{q}|quantity
        Price Point Name|Regular|
        SKU|SKU-{p}|product
        Modifiers Applied||
        Gross Sales|€{t:.2f}|gross
        Discounts|€0.00|discount
        Net Sales|€{t:.2f}|net
        Tax|€1.00|
        Transaction ID|tX{o}ab|receipt
        Payment ID|pX{o}cd|
        Device Name|iPad 1|
        Notes||
        Details|https://squareup.com/t/{o}|
        Event Type|Payment|kind
        Location|Lyon|store
        Dining Option||
        Customer ID|CUST{c}AB|customer
        Customer Name|Jean D|
        Customer Reference ID||
        Unit|ea|
        Count|1|
        Itemization Type|Physical Good|
        Commission||
        Employee|Anna|
        Fulfillment Note||
        Channel|Register|
        Token|TOK{p}|
        Card Brand|Visa|
        PAN Suffix|1234|""",
    "Zettle": """
        Date|2025-03-{d:02}|occurred_at
        Time|10:05|time
        Receipt number|{o}|receipt
        VAT (20.0%)|1.00|
        Name|Mug|description
        Variant||
        Unit||
        SKU|M{p}|product
        Quantity|{q}|quantity
        Price (EUR)|{u:.2f}|unit_price
        Discount (EUR)|0.00|discount
        Final price (EUR)|{t:.2f}|net
        Staff|Anna|""",
    "Shopify": """
        Name|#1{o}|receipt
        Email|b{c}@example.org|customer
        Financial Status|paid|status
        Paid at|2025-03-{d:02} 10:05:00 +0100|
        Fulfillment Status|fulfilled|
        Fulfilled at|2025-03-{d:02} 18:05:00 +0100|
        Accepts Marketing|yes|
        Currency|EUR|currency
        Subtotal|{t:.2f}|
        Shipping|0.00|
        Taxes|1.00|
        Total|{t:.2f}|
        Discount Code||
        Discount Amount|0.00|
        Shipping Method|Standard|
        Created at|2025-03-{d:02} 10:04:00 +0100|occurred_at
        Lineitem quantity|{q}|quantity
        Lineitem name|Mug|description
        Lineitem price|{u:.2f}|unit_price
        Lineitem compare at price||
        Lineitem sku|SKU{p}|product
        Lineitem requires shipping|true|
        Lineitem taxable|true|
        Lineitem fulfillment status|fulfilled|
        Billing Name|Jean D|
        Billing Country|FR|country
        Notes||
        Refunded Amount|0.00|returned
        Vendor|Acme|
        Id|56{o}|
        Lineitem discount|0.00|discount""",
    "WooCommerce export plug-in": """
        order_id|{o}|receipt
        order_number|{o}|
        order_date|2025-03-{d:02} 10:05:00|occurred_at
        status|completed|status
        shipping_total|0.00|
        order_total|{t:.2f}|
        order_currency|EUR|currency
        payment_method|stripe|
        customer_id|{c}|customer
        customer_email|b{c}@example.org|
        billing_first_name|Jean|
        billing_last_name|Dupont|
        billing_country|FR|country
        item_id|77{o}|
        item_product_id|9{p}|
        item_name|Mug|description
        item_sku|SKU-{p}|product
        item_quantity|{q}|quantity
        item_price|{u:.2f}|unit_price
        item_subtotal|{t:.2f}|
        item_total|{t:.2f}|net
        item_total_tax|1.00|
        item_refunded_qty|0|returned_quantity""",
    "PrestaShop request": """
        id_order_detail|88{o}|
        id_order|{o}|receipt
        reference|XKB{o}|
        date_add|2025-03-{d:02} 10:05:00|occurred_at
        id_shop|1|store
        id_customer|{c}|customer
        product_id|4{p}|
        product_reference|demo_{p}|product
        product_name|Mug|description
        product_quantity|{q}|quantity
        product_quantity_return|0|returned_quantity
        product_price|{u:.2f}|
        reduction_percent|0.00|discount
        unit_price_tax_incl|{u:.2f}|unit_price
        unit_price_tax_excl|10.00|
        total_price_tax_incl|{t:.2f}|net
        total_price_tax_excl|9.00|
        iso_code|EUR|""",
    "Lightspeed X-Series": """
        Date|2025-03-{d:02}T10:05:00+01:00|occurred_at
        Receipt|{o}|receipt
        Line type|Sale Line|kind
        Customer Code|CUST-{c}|customer
        Customer name|Jean D|
        Note||
        Quantity|{q}|quantity
        Subtotal|{t:.2f}|
        Sales tax|1.00|
        Discount|0.00|discount
        Loyalty|0.00|
        Total|{t:.2f}|net
        Paid|{t:.2f}|
        Details|Mug|description
        Register|Main|till
        User|Anna|
        Status|Closed|status
        SKU|SK{p}|product""",
    "Lightspeed R-Series": """
        Sale ID|{o}|receipt
        Date|{d:02}/03/2025 10:05|occurred_at
        Item ID|210{p}|product
        Description|Mug|description
        Qty|{q}|quantity
        Retail|{u:.2f}|unit_price
        Subtotal|{t:.2f}|
        Discounts|0.00|discount
        Tax|1.00|
        Total|{t:.2f}|net
        Customer|C{c}|customer
        Employee|Anna|
        Shop|Lyon|store
        Register|R1|till""",
    "Cegid tables": """
        GL_SOUCHE|TIC|
        GP_NUMERO|{o}|receipt
        GP_DATEPIECE|{d:02}/03/2025|occurred_at
        GP_HEURECREATION|10:05|time
        GP_ETABLISSEMENT|001|store
        GP_CAISSE|C1|till
        GP_TIERS|C00{c}|customer
        GL_CODEARTICLE|ART{p}|product
        GL_LIBELLE|Chemise lin|description
        GL_FAMILLENIV1|HOMME|category
        GL_QTEFACT|{q}.00|quantity
        GL_PUTTC|{u:.2f}|unit_price
        GL_TOTALTTC|{t:.2f}|net
        GL_REMISELIGNE|0|discount
        GP_DEVISE|EUR|currency""",
    "Cegid titles": """
        Nature|Ticket|kind
        Numéro|{o}|receipt
        Date de la pièce|{d:02}/03/2025|occurred_at
        Etablissement|Lyon|store
        Code tiers|C00{c}|customer
        Article|ART{p}|product
        Désignation|Chemise|description
        Qté|{q}|quantity
        P.U. TTC net|{u:.2f}|unit_price
        Total TTC|{t:.2f}|net
        Vendeur|Anna|""",
    "Sage 100": """
        N° Pièce|FA{o}|receipt
        Date Document|{d:02}/03/25|occurred_at
        Code Client|411{c}|customer
        Intitulé Client|DUPONT SARL|
        Réf. Article|ART{p}|product
        Désignation|Vis|description
        Qté Livrée|{q}.00|quantity
        P.U. H.T.|10.00|
        Montant H.T.|10.00|
        Montant T.T.C.|{t:.2f}|net
        Dépôt|Lyon|store""",
    "Hiboutik": """
        Ticket|{o}|receipt
        Date|2025-03-{d:02}|occurred_at
        Heure|10:05:00|time
        Magasin|Lyon|store
        Vendeur|Anna|
        Id client|{c}|customer
        Client|Jean Dupont|
        Produit|Mug|description
        Code barre|37600000000{p}|product
        Quantité|{q}|quantity
        Prix unitaire|{u:.2f}|unit_price
        Remise|0.00|discount
        Total TTC|{t:.2f}|net
        Total HT|9.00|
        TVA|1.00|""",
    "Fastmag": """
        Vente|{o}|receipt
        Date|{d:02}/03/2025|occurred_at
        Heure|10:05|time
        CodeMag|LYON1|store
        Client|{c}|customer
        BarCode|BC{p}|product
        Designation|Robe|description
        Famille|ROBES|category
        Taille|38|
        Couleur|NOIR|
        Quantite|{q}|quantity
        PrixUnit|{u:.2f}|unit_price
        Remise|0|discount
        Total|{t:.2f}|net""",
    "Magento tables": """
        increment_id|100000{o}|receipt
        created_at|2025-03-{d:02} 10:05:00|occurred_at
        store_name|Main Website|store
        customer_email|b{c}@example.org|
        customer_id|{c}|customer
        sku|MH0{p}|product
        name|Hoodie|description
        qty_ordered|{q}.0000|quantity
        qty_refunded|0.0000|returned_quantity
        price_incl_tax|{u:.4f}|unit_price
        row_total|9.0000|
        row_total_incl_tax|{t:.4f}|net
        discount_amount|0.0000|discount
        order_currency_code|EUR|currency
        status|complete|status""",
    "Tiller": """
        Ticket n°|{o}|receipt
        Date d'ouverture|{d:02}/03/2025 10:00|occurred_at
        Date de fermeture|{d:02}/03/2025 10:05|
        Produit|Mug|product
        Catégorie|Cadeaux|category
        Quantité|{q}|quantity
        Prix unitaire TTC|{u:.2f}|unit_price
        Total TTC|{t:.2f}|net
        Total HT|9.00|
        Taux TVA|20|
        Client|C{c}|customer""",
    "Clover": """
        Line Item Date|{d:02}-Mar-2025 10:05 AM|occurred_at
        Order ID|ABC{o}|receipt
        Order Employee|Anna|
        Item ID|IT{p}|product
        Item Name|Mug|description
        Item Revenue|{t:.2f}|
        Modifiers Revenue|0.00|
        Total Revenue|{t:.2f}|net
        Total Discount|0.00|discount
        Tax Amount|1.00|
        Item Total with Tax Amount|{t:.2f}|
        Customer ID|CU{c}|customer
        Refunded|No|""",
    "BigCommerce": """
        Order ID|{o}|receipt
        Customer ID|{c}|customer
        Order Date|{d:02}/03/2025|occurred_at
        Order Time|10:05:00|time
        Order Status|Completed|status
        Order Currency Code|EUR|currency
        Product ID|3{p}|
        Product Qty|{q}|quantity
        Product SKU|BC-{p}|product
        Product Name|Mug|description
        Product Unit Price|{u:.2f}|unit_price
        Product Total Price|{t:.2f}|net""",
    "SumUp": """
        Date|{d:02}/03/2025, 10:05|occurred_at
        Transaction ID|TAAA{o}|receipt
        Type|Sale|kind
        Payment Method|Card|
        Quantity|{q}|quantity
        Description|Mug|description
        Category|Gifts|category
        Price (Gross)|{t:.2f}|net
        Price (Net)|{w:.2f}|
        Tax|1.00|
        Account|shop@example.org|""",
}


@pytest.mark.parametrize("program", TILLS)
def test_the_columns_of_sales_of_a_till_are_proposed(tmp_path: Path, program: str) -> None:
    assert understood(tmp_path, TILLS[program]) == (wanted_of(TILLS[program]), {})
