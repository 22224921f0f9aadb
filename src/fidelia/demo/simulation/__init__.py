"""The invented shop as arithmetic: no Django, no clock, no database. Read `simulate_shop` first."""

from .parameters import COMPANIES, PERSONS, SHOP, BuyerParameters
from .receipts import Receipt
from .shop import Shop, simulate_shop

__all__ = ["COMPANIES", "PERSONS", "SHOP", "BuyerParameters", "Receipt", "Shop", "simulate_shop"]
