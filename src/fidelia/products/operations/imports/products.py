"""A file of products: code, name, where it stands in the range, brand, price, first day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from fidelia.intake.changes import Book
from fidelia.intake.kinds import ImportKind, Total
from fidelia.intake.models import Import
from fidelia.intake.plain import KNOWN, READY, PlainSteps
from fidelia.intake.staged import REASONS, OpenRow, RowReader
from fidelia.intake.targets import Column, Kind, Option, Target
from fidelia.kernel.actor import Actor
from fidelia.kernel.localized import LocalizedText as Text

from ...models import Product, ProductPrice
from ...queries import get_products_by_code
from ..products import NewProduct, add_products_in_bulk

CODE = Column(
    "code", Text("Product code", "Code article"), Kind.CODE, required=True, length_max=64,
    synonyms=(
        "sku", "product code", "code article", "article", "product sku", "variant sku", "seller sku", "code produit",
        "référence", "ref", "article id", "article code", "article number", "internal reference", "code", "matnr",
        "product number", "item sku",
        "product id", "stock code", "stockcode", "item", "item code", "product", "ean", "ean13", "gencod", "barcode",
        "code barre", "upc",
    ),
    not_beside=("category", "group", "type", "name", "brand"),
    unique=True,
)  # fmt: skip
CATEGORIES = 4
PRODUCTS = Target(
    "products",
    Text("Products", "Produits"),
    columns=(
        CODE,
        Column(
            "name", Text("Name", "Libellé"), Kind.TEXT, length_max=300,
            synonyms=("name", "libellé", "item name", "product name", "description", "désignation", "nom",
            "product name", "nom produit", "label",
                      "libellé article", "title", "item name", "article name", "prod name", "maktx"),
            not_beside=("category", "group", "type", "department", "brand", "lenght", "length", "variation", "option"),
        ),
        Column(
            "category", Text("Category", "Catégorie"), Kind.TEXT, length_max=300,
            synonyms=("category", "catégorie", "famille", "department", "rayon", "univers", "category path", "family",
                      "departement", "famille produit", "product category", "categories", "product group", "matkl",
                      "article group"),
            help=Text("A path such as Home/Kitchen, or its first part.", "Un chemin (Maison/Cuisine) ou son début."),
        ),
        *(
            Column(
                f"category_{number}", Text(f"Category, level {number}", f"Catégorie, niveau {number}"), Kind.TEXT,
                length_max=120, synonyms=synonyms,
            )
            for number, synonyms in (
                (2, ("sub category", "sous catégorie", "sous famille", "subcategory", "commodity desc", "category 2")),
                (3, ("sub sub category", "sous sous famille", "sub commodity desc", "segment produit", "category 3")),
                (4, ("category 4", "niveau 4")),
            )
        ),
        Column(
            "brand", Text("Brand", "Marque"), Kind.TEXT, length_max=120,
            synonyms=("brand", "marque", "manufacturer", "fabricant", "brand name", "fournisseur", "vendor",
            "producer"),
            not_beside=("id",),
        ),
        Column(
            "price", Text("Price", "Prix de vente"), Kind.MONEY,
            synonyms=("price", "prix", "prix de vente", "pvttc", "selling price", "unit price", "prix ttc", "tarif",
            "variant price", "regular price", "default price",
                      "sales price", "price brutto", "selling price brutto", "prix vente ttc", "sale price list",
                      "price tax incl"),
            not_beside=("cost", "coste", "achat", "purchase", "wholesale", "compare", "achats"),
        ),
        Column(
            "launched_on", Text("Launched on", "Date de lancement"), Kind.DAY,
            synonyms=("launch date", "launched on", "date de lancement", "lancement", "date de création", "launched"),
        ),
        Column(
            "is_product", Text("Is a product", "Est un produit"), Kind.FLAG,
            synonyms=("is product", "est un produit", "produit"),
            help=Text("No for postage and fees.", "Non pour les frais de port et autres frais."),
        ),
        Column(
            "earns", Text("Earns points", "Donne des points"), Kind.FLAG,
            synonyms=("earns", "earns points", "donne des points", "éligible", "eligible", "fidélisable"),
        ),
    ),
    options=(
        Option(
            "currency", Text("Currency of the prices", "Devise des prix"), default="EUR",
            help=Text("As a code: EUR, GBP, CHF…", "Par son code : EUR, GBP, CHF…"),
        ),
        Option("separator", Text("Sign between parts of a path", "Signe entre les parties d’un chemin"), default="/"),
    ),
)  # fmt: skip
FACTS = ("name", "category", "brand", "is_product", "earns", "launched_on", "price", "price_currency")
TOTALS = (
    Total(
        "added_products", Text("New products", "Nouveaux produits"),
        Text("Codes not known before.", "Codes inconnus jusque-là."),
    ),
    Total(
        "changed_products", Text("Changed products", "Produits modifiés"),
        Text("Of which the file says something else.", "Dont le fichier dit autre chose."),
    ),
)  # fmt: skip


def understand(rows: RowReader, _found: Import, _at: datetime) -> Any:
    """Return what reads one row of this import."""
    return partial(_read, rows, str(rows.options["separator"]), str(rows.options["currency"]))


def _read(rows: RowReader, separator: str, currency: str, row: OpenRow) -> NewProduct:
    price = row.money("price", currency)
    return NewProduct(
        code=row.required("code", 64),
        name=row.text("name", 300) or None,
        category=_path(row, separator) or None,
        brand=row.text("brand", 120) or None,
        is_product=row.flag("is_product"),
        earns=row.flag("earns"),
        launched_on=row.day("launched_on"),
        price=row.price("price", price, currency) if price is not None else None,
        price_currency=currency if price is not None else None,
    )


def _path(row: OpenRow, separator: str) -> str:
    names = ("category", *(f"category_{number}" for number in range(2, CATEGORIES + 1)))
    parts = [part.strip() for name in names for part in row.text(name, 300).split(separator)]
    return "/".join(part.replace("/", "-") if separator != "/" else part for part in parts if part)[:300]


def judge(items: Sequence[NewProduct]) -> list[tuple[Any, ...]]:
    """A row that says what is known of its product, or less, is known."""
    known = get_products_by_code([item.code for item in items])
    return [KNOWN if item.code in known and _says_nothing_new(item, known[item.code]) else READY for item in items]


def _says_nothing_new(item: NewProduct, known: Product) -> bool:
    return all(getattr(item, name) in (None, getattr(known, name)) for name in FACTS)


def write(items: Sequence[NewProduct], *, by: Actor, at: datetime, found: Import) -> Mapping[str, int]:
    result = add_products_in_bulk(by=by, at=at, rows=items)
    return {"added_products": result.added, "changed_products": result.changed}


BOOK: Book[NewProduct] = Book(
    Product,
    FACTS,
    lambda items: Product.objects.filter(code__in={item.code for item in items}),
    named_as="product_id",
    parts=((ProductPrice, "product"),),
    stamp="updated_at",
)
STEPS = PlainSteps(PRODUCTS, "product.change", understand, lambda item: item.code, judge, write, BOOK)
PRODUCTS_KIND = ImportKind(
    PRODUCTS, "product.change", STEPS.check, STEPS.record, STEPS.undo, reasons=REASONS, totals=TOTALS
)  # fmt: skip
