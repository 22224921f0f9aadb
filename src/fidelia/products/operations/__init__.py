"""The verbs of products: `…_in_bulk` and `set_…` demand a transaction, `change_products` opens one."""

from .costs import (
    NewCost,
    NewMarginRate,
    NewStock,
    change_costs,
    change_margin_rates,
    change_stock,
    set_costs_in_bulk,
    set_margin_rates,
    set_stock_in_bulk,
)
from .products import BulkResult, NewProduct, add_products_in_bulk, change_products

__all__ = [
    "BulkResult",
    "NewCost",
    "NewMarginRate",
    "NewProduct",
    "NewStock",
    "add_products_in_bulk",
    "change_costs",
    "change_margin_rates",
    "change_products",
    "change_stock",
    "set_costs_in_bulk",
    "set_margin_rates",
    "set_stock_in_bulk",
]
