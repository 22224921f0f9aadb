"""What a file of purchases holds: its columns and its options."""

from __future__ import annotations

from fidelia.intake.targets import Column, Kind, Option, Target
from fidelia.kernel.localized import LocalizedText as Text

from .given_back import GIVEN_BACK, ORIGINAL, ORIGINAL_WORDS, RETURNED, RETURNED_QUANTITY
from .oddities import CURRENCIES, ODD_OPTIONS
from .reasons import DESCRIPTION_MAX, TEXT_MAX
from .shapes import SHAPES
from .speaking import KIND, STATUS

CHANNELS = ("store", "web", "phone", "app", "other")
# The channel, hour or seller of a sale is no number of it.
_NOT_OF_RECEIPTS = (
    *("channel", "canal", "time", "hour", "heure", "date", "amount", "montant", "total", "value", "size", "price"),
    *("prix", "seller", "vendeur", "discount", "remise", "rep", "cashier", "week", "day", "month", "year"),
)
PURCHASES = Target(
    name="purchases",
    label=Text(en="Purchases", fr="Achats"),
    columns=(
        Column(
            "receipt",
            Text(en="Receipt number", fr="Numéro de ticket"),
            Kind.CODE,
            (
                *("receipt", "receipt no", "receipt number", "invoice", "invoice no", "invoiceno", "invoice number"),
                *("order", "order id", "order number", "transaction", "transaction id", "basket", "basket id"),
                "bill",
                *("ticket", "no ticket", "numéro de ticket", "num ticket", "facture", "numéro de facture"),
                "commande",
                *("transaction no", "transaction number", "sales id", "order reference", "document number"),
                *("doc no", "document no", "voucher no", "no document", "numéro de document", "no pièce", "vbeln"),
                "ticket de caisse",
                *("ticket número", "número de ticket", "factura", "número de factura", "pedido", "scontrino"),
                "fattura",
                *("belegnr", "kassenbon", "kassabon", "numero scontrino", "pedido nº", "bestelling", "bestellnummer"),
                *("beleg nr", "bon nr", "bonnummer", "belegnummer", "rechnungsnummer", "auftragsnummer", "id"),
                *("numéro de commande", "id commande", "id transaction", "panier", "bon", "pièce", "numéro de pièce"),
                *("increment id", "vente", "no vente", "numéro de vente", "id vente", "numéro", "document"),
            ),
            help=Text(
                en="Without one, each row is a purchase of its own.",
                fr="Sans numéro, chaque ligne est un achat à elle seule.",
            ),
            length_max=TEXT_MAX["receipt"],
            not_beside=(*ORIGINAL_WORDS, *_NOT_OF_RECEIPTS),
            absent=Text(
                en="No column is the receipt number: each row will be a purchase of its own.",
                fr="Aucune colonne n’est le numéro de ticket : chaque ligne sera un achat à elle seule.",
            ),
        ),
        ORIGINAL,
        Column(
            "occurred_at",
            Text(en="Date", fr="Date"),
            Kind.MOMENT,
            (
                *("date", "datetime", "date time", "timestamp", "transaction timestamp", "invoice date"),
                "invoicedate",
                *("order date", "purchase date", "transaction date", "sold at", "sale date", "date et heure"),
                *("date heure", "date ticket", "date d'achat", "date achat", "date de vente", "date vente", "jour"),
                *("date facture", "date de facture", "date commande", "horodatage", "created", "created at"),
                *("completed at", "created on", "ordered on", "ordered at", "order purchase timestamp", "paid at"),
                *("posting date", "fkdat", "date comptable", "date opération", "sold on", "date mouvement"),
                *("txn date", "date pièce", "date de pièce", "date add", "datum", "belegdatum", "kaufdatum", "fecha"),
                *("fecha de compra", "fecha de venta", "fecha venta", "data acquisto", "data vendita"),
                "rechnungsdatum",
            ),
            required=True,
        ),
        Column(
            "time",
            Text(en="Time, where it has a column of its own", fr="Heure, dans une colonne à part"),
            Kind.TEXT,
            (
                *("time", "hour", "transaction time", "time of day", "heure", "heure ticket", "heure de vente"),
                *("sale time", "uhrzeit", "hora", "ora", "zeit", "tijd"),
            ),
        ),
        Column(
            "customer",
            Text(en="Customer or card", fr="Client ou carte"),
            Kind.CODE,
            (
                *("customer", "customer id", "customerid", "customer no", "customer number", "client id"),
                "household",
                *("household id", "household key", "member", "member id", "card", "card number", "loyalty card"),
                *("shopper", "user id"),
                *("client", "code client", "numéro client", "no client", "id client", "carte", "numéro de carte"),
                *("no membre", "numéro de membre", "membre"),
                *("no carte", "carte fidélité", "carte de fidélité", "adhérent", "numéro adhérent", "code adhérent"),
                *("loyalty no", "loyalty number", "loyalty id", "shopper id", "shopper ref", "customer ref", "tiers"),
                *("code tiers", "compte client", "customer key", "customer email", "member no", "kundennummer"),
                *("customer code", "kunnr", "kunag", "codice cliente", "cliente", "kunden nr", "kunde"),
                "kundenkarte",
                *("kundennr", "código cliente", "número de cliente", "tarjeta", "socio", "carta fedeltà", "klant"),
                *("klantnummer", "klantnr", "klantenkaart", "tessera", "numero tessera", "tessera fedeltà"),
                *("nº cliente", "nº socio", "nº tarjeta", "tarjeta cliente", "cartão", "cartão cliente"),
            ),
            not_beside=(
                *("name", "names", "nom", "prénom", "prenom", "nombre", "firstname", "lastname", "age", "segment"),
                *("city", "ville", "group", "groupe", "gender", "sexe", "since", "category", "zip"),
            ),
            length_max=TEXT_MAX["customer"],
            personal=True,
            absent=Text(
                en="No column names the customer: all purchases will be anonymous.",
                fr="Aucune colonne ne désigne le client : tous les achats seront anonymes.",
            ),
        ),
        Column(
            "product",
            Text(en="Product code", fr="Code article"),
            Kind.CODE,
            (
                *("product", "product id", "product code", "product reference", "item no", "item number", "sku"),
                *("item sku", "stock code", "stockcode"),
                *("item", "item id", "article id", "upc", "artikelnummer", "artikel nr", "artikel"),
                *("artikelnr", "artículo", "código artículo", "código producto", "referencia", "articolo"),
                "codice articolo",
                *("item code", "article number", "ean", "gtin", "barcode", "article", "code article", "référence"),
                *("ref", "réf article", "produit", "code produit", "id produit", "code-barres", "code barre"),
                *("référence article", "référence produit", "matnr", "material", "product sku"),
            ),
            not_beside=("name", "nom", "line", "type", "category", "price", "quantity"),
            length_max=TEXT_MAX["product"],
        ),
        Column(
            "description",
            Text(en="Description", fr="Libellé"),
            Kind.TEXT,
            (
                *("description", "product name", "item name", "name", "label", "title", "libellé", "désignation"),
                *("libellé article", "nom du produit", "nom produit", "intitulé", "item desc", "item description"),
                *("bezeichnung", "artikelbezeichnung", "arktx", "descripción", "producto", "descrizione"),
                "omschrijving",
                *("details", "détail"),
            ),
            length_max=DESCRIPTION_MAX,
        ),
        Column(
            "category",
            Text(en="Category", fr="Famille"),
            Kind.TEXT,
            (
                *("category", "department", "product category", "family", "group", "catégorie", "famille", "rayon"),
                *("product line", "product group", "sous-famille", "univers", "warengruppe", "kategorie", "categoría"),
                *("familia", "categoria"),
                "reparto",
            ),
            length_max=TEXT_MAX["category"],
        ),
        Column(
            "quantity",
            Text(en="Quantity", fr="Quantité"),
            Kind.NUMBER,
            (
                *("quantity", "qty", "units", "pieces", "count", "quantité", "qté", "qte", "nombre", "nb"),
                *("nb articles", "unités", "item count", "items", "qty sold", "quantity sold", "units sold", "menge"),
                *("quantité vendue", "qté vendue", "quantité facturée", "qté facturée", "product quantity", "anzahl"),
                *("fkimg", "cantidad", "quantità", "unidades", "stück", "aantal", "pezzi"),
                *("qté livrée", "quantité livrée", "qté fact", "qté facture"),
            ),
            not_beside=GIVEN_BACK,
        ),
        RETURNED_QUANTITY,
        Column(
            "unit_price",
            Text(en="Unit price", fr="Prix unitaire"),
            Kind.MONEY,
            (
                *("unit price", "unitprice", "price", "price each", "prix", "prix unitaire", "pu", "pu ttc"),
                *("prix ttc", "sell price", "selling price", "unit price incl tax", "prix u", "einzelpreis"),
                *("precio", "precio unitario", "stückpreis", "prezzo", "prezzo unitario", "stuksprijs"),
            ),
            not_beside=("total", "line", "ligne", "cumul", *GIVEN_BACK),
        ),
        Column(
            "net",
            Text(en="Amount paid for the line", fr="Montant payé de la ligne"),
            Kind.MONEY,
            (
                *("net", "net amount", "amount", "line total", "item total", "line item total"),
                *("total", "total price", "sales value", "sales"),
                "paid",
                *("revenue", "value", "spend", "montant", "montant ttc", "montant net", "net payé", "total ttc"),
                *("montant ligne", "prix total", "total ligne", "ca ttc", "chiffre d'affaires", "ca", "line amount"),
                *("line value", "net sales", "total incl tax", "total including tax", "total price incl tax"),
                *("total incl vat", "amount incl vat", "amount incl tax", "order total", "gesamtpreis"),
                "gesamtbetrag",
                *("betrag", "umsatz", "importe", "ext price", "extended price", "extended amount", "ext amount"),
                *("kzwi1", "importo", "importe línea", "importe total", "betrag brutto", "bruttobetrag"),
                *("totale", "totale riga"),
                *("zeilenbetrag", "importo totale", "bedrag", "importe con iva"),
                *("total revenue", "final price"),
            ),
            not_beside=GIVEN_BACK,
        ),
        Column(
            "tax",
            Text(en="Tax to add to the amount", fr="Taxe à ajouter au montant"),
            Kind.MONEY,
            by_name=False,
            help=Text(
                en="Only where the amount is before tax and no column holds both.",
                fr="Seulement si le montant est hors taxes et qu’aucune colonne ne contient les deux.",
            ),
        ),
        RETURNED,
        Column(
            "gross",
            Text(en="Amount before discounts", fr="Montant avant remises"),
            Kind.MONEY,
            ("gross", "gross amount", "list amount", "amount before discount", "montant brut", "brut", "total brut"),
        ),
        Column(
            "discount",
            Text(en="Discount of the line", fr="Remise de la ligne"),
            Kind.MONEY,
            (
                *("discount", "discount amount", "line discount", "retail disc", "retail discount", "markdown"),
                *("remise", "montant remise", "remise ligne", "rabais", "réduction"),
            ),
            help=Text(
                en="Taken off a unit price or an amount before discounts; beside the amount paid it is only counted.",
                fr="Déduite d’un prix unitaire ou d’un montant brut ; à côté du montant payé, seulement comptée.",
            ),
        ),
        Column(
            "coupon",
            Text(en="Discount by coupon", fr="Remise par bon"),
            Kind.MONEY,
            (
                *("coupon", "coupon disc", "coupon discount", "coupon amount", "voucher discount", "promo discount"),
                *("bon de réduction", "remise coupon", "remise bon", "montant bon"),
            ),
        ),
        Column(
            "coupon_match",
            Text(en="The shop’s part of a coupon", fr="Part du magasin sur un bon"),
            Kind.MONEY,
            ("coupon match disc", "coupon match", "coupon match discount", "part magasin bon"),
        ),
        Column(
            "currency",
            Text(en="Currency", fr="Devise"),
            Kind.CODE,
            ("currency", "currency code", "devise", "code devise", "monnaie", "währung", "waerk"),
            vocabulary=CURRENCIES,
        ),
        KIND,
        STATUS,
        Column(
            "store",
            Text(en="Store", fr="Magasin"),
            Kind.CODE,
            (
                *("store", "store id", "store code", "shop", "branch", "location", "outlet", "magasin", "boutique"),
                *("code magasin", "numéro magasin", "point de vente", "pdv", "site", "établissement"),
                *("dépôt", "code dépôt", "enseigne", "mall", "shopping mall", "centre commercial"),
            ),
            length_max=TEXT_MAX["store"],
        ),
        Column(
            "channel",
            Text(en="Channel", fr="Canal"),
            Kind.TEXT,
            ("channel", "sales channel", "canal", "canal de vente", "canal d'achat"),
            choices=CHANNELS,
        ),
        Column(
            "till",
            Text(en="Till", fr="Caisse"),
            Kind.CODE,
            ("till", "till no", "register", "register id", "terminal", "pos id", "caisse", "no caisse",
            "code caisse"),
            not_beside=("ticket", "receipt", "bon", "date", "heure", "time"),
            help=Text(
                en="Read only where receipt numbers begin again at each till.",
                fr="Lue seulement si les numéros de ticket recommencent à chaque caisse.",
            ),
            length_max=TEXT_MAX["store"],
        ),
        Column(
            "country",
            Text(en="Country of the customer", fr="Pays du client"),
            Kind.COUNTRY,
            ("country", "country code", "pays", "code pays"),
        ),
    ),
    options=(
        Option(
            "source",
            Text(en="Stream of receipts", fr="Origine des tickets"),
            default="receipts",
            required=True,
            help=Text(
                en="A receipt number is recorded once in its stream: use the same name for files of the same tills.",
                fr="Un numéro de ticket n’est enregistré qu’une fois par origine : gardez le même nom pour les "
                "fichiers des mêmes caisses.",
            ),
        ),
        Option("programme", Text(en="Programme", fr="Programme")),
        Option("currency", Text(en="Currency", fr="Devise"), required=True),
        Option("time_zone", Text(en="Time zone", fr="Fuseau horaire"), default="UTC"),
        Option(
            "customer_scheme",
            Text(en="What the customer column holds", fr="Ce que contient la colonne client"),
            default="external",
            choices=(
                ("external", Text(en="the number of another system", fr="le numéro d’un autre système")),
                ("card", Text(en="card number", fr="numéro de carte")),
                ("email", Text(en="e-mail address", fr="adresse électronique")),
                ("phone", Text(en="telephone number", fr="numéro de téléphone")),
            ),
        ),
        Option(
            "language",
            Text(en="Language of new customers", fr="Langue des nouveaux clients"),
            default="fr",
            choices=(("fr", Text(en="French", fr="français")), ("en", Text(en="English", fr="anglais"))),
        ),
        Option(
            "enrol",
            Text(en="Make every customer a member from their first purchase", fr="Faire adhérer chaque client à son "
                 "premier achat"),
            Kind.FLAG,
            default=True,
        ),
        Option(
            "channel",
            Text(en="Channel, where no column says", fr="Canal, si aucune colonne ne le dit"),
            default="store",
            choices=tuple((channel, Text(en=channel, fr=channel)) for channel in CHANNELS),
        ),
        Option(
            "default_product", Text(en="Product of rows without one", fr="Article des lignes sans code"), default="sale"
        ),
        Option(
            "not_products",
            Text(en="Codes that are no products", fr="Codes qui ne sont pas des articles"),
            many=True,
            help=Text(
                en="Postage, fees, adjustments: they count in totals and earn nothing.",
                fr="Port, frais, corrections : comptés dans les totaux, ils ne donnent pas de points.",
            ),
        ),
        *ODD_OPTIONS,
    ),
    one_of=(("net", "gross", "unit_price"),),
    shapes=SHAPES,
)  # fmt: skip
