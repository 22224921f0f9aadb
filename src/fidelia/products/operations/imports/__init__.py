"""Bring products in from files, with their costs, the margins assumed without them, and what is in stock."""

from .costs import COSTS_KIND, MARGINS_KIND
from .products import PRODUCTS_KIND
from .stock import STOCK_KIND

KINDS = (PRODUCTS_KIND, COSTS_KIND, MARGINS_KIND, STOCK_KIND)

__all__ = ["COSTS_KIND", "KINDS", "MARGINS_KIND", "PRODUCTS_KIND", "STOCK_KIND"]
