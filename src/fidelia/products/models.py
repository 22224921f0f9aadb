"""Tables of the products."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import models
from django.db.models import Q

from fidelia.kernel.ids import new_id
from fidelia.kernel.money import Money, exponent_of, format_scaled


@dataclass(frozen=True, slots=True)
class UnitCost:
    """What one unit costs: `amount` units of 10^-scale of a currency, finer than its minor unit where that is known."""

    amount: int
    scale: int
    currency: str

    @classmethod
    def of(cls, money: Money) -> UnitCost:
        return cls(money.minor, exponent_of(money.currency), money.currency)

    def of_quantity(self, thousandths: int) -> Money:
        """Return what a quantity, in thousandths of a unit, costs; half a minor unit is rounded away from zero."""
        shift = self.scale + 3 - exponent_of(self.currency)
        exact = abs(self.amount * thousandths)
        minor = (exact * 2 + 10**shift) // (2 * 10**shift) if shift >= 0 else exact * 10**-shift
        return Money(minor if thousandths >= 0 else -minor, self.currency)

    def text(self) -> str:
        """Return the plain decimal, such as "1.2345"."""
        return format_scaled(self.amount, self.scale)


class Product(models.Model):
    """What a receipt line names by its code. `category` is a path such as "Home/Kitchen/Knives"; brand is the marque.

    Postage and fees have `is_product` false: they count in totals, never as products bought. `earns` false takes a
    product out of every earning rule (tobacco, books under a price law, gift cards).
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    code = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=300, blank=True, default="")
    category = models.CharField(max_length=300, blank=True, default="")
    brand = models.CharField(max_length=120, blank=True, default="")
    is_product = models.BooleanField(default=True)
    earns = models.BooleanField(default=True)
    launched_on = models.DateField(null=True)
    price = models.BigIntegerField(null=True)  # what it is sold for now, in minor units of its currency
    price_currency = models.CharField(max_length=3, blank=True, default="")
    partner_id = models.UUIDField(null=True)
    recorded_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(code=""), name="a product has a code"),
        ]
        indexes = [models.Index(fields=["updated_at", "id"], name="products_in_order_of_change")]

    def __str__(self) -> str:
        return self.name or self.code


class ProductCost(models.Model):
    """What one unit of a product costs from a day on, as a UnitCost, until a later row. `source` says where from."""

    product = models.ForeignKey(Product, models.PROTECT, related_name="costs", db_index=False)
    currency = models.CharField(max_length=3)
    amount = models.BigIntegerField()
    scale = models.SmallIntegerField(default=2)
    valid_from = models.DateField()
    source = models.CharField(max_length=40, blank=True, default="")
    recorded_at = models.DateTimeField()

    class Meta:
        db_table = "products_cost"
        constraints = [
            models.UniqueConstraint(
                fields=["product", "currency", "valid_from"], name="a product has one cost per currency and day"
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="a cost is never negative"),
        ]

    @property
    def unit_cost(self) -> UnitCost:
        return UnitCost(self.amount, self.scale, self.currency)


class ProductPrice(models.Model):
    """What a product was sold for from an instant on, in minor units, until a later row (null: no longer known).

    Written by the database with each change of `Product.price`, by whichever road it came.
    """

    product = models.ForeignKey(Product, models.PROTECT, related_name="prices", db_index=False)
    price = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3, blank=True, default="")
    valid_from = models.DateTimeField()

    class Meta:
        db_table = "products_price"
        constraints = [
            models.UniqueConstraint(
                fields=["product", "valid_from"], name="a product has one price from an instant on"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product_id} {self.price}"


class MarginRate(models.Model):
    """The margin assumed of a category and what lies under it, from a day on, where no cost is known.

    In ten-thousandths of the price; the nearest category counts, "" is every other one.
    """

    category = models.CharField(max_length=300, blank=True, default="")
    rate = models.IntegerField()
    valid_from = models.DateField()
    source = models.CharField(max_length=40, blank=True, default="")
    recorded_at = models.DateTimeField()

    class Meta:
        db_table = "products_margin_rate"
        constraints = [
            models.UniqueConstraint(fields=["category", "valid_from"], name="a category has one margin rate per day"),
            models.CheckConstraint(
                condition=Q(rate__gte=-10_000, rate__lte=10_000), name="a margin lies within the price"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.category} {self.rate}"


class StockLevel(models.Model):
    """How much of a product a store had when it was last counted, in thousandths of a unit."""

    product = models.ForeignKey(Product, models.PROTECT, related_name="stock_levels", db_index=False)
    store_id = models.UUIDField()
    quantity = models.BigIntegerField()
    counted_at = models.DateTimeField()
    source = models.CharField(max_length=40, blank=True, default="")
    recorded_at = models.DateTimeField()

    class Meta:
        db_table = "products_stock"
        constraints = [
            models.UniqueConstraint(fields=["product", "store_id"], name="a store has one level of a product"),
        ]
        indexes = [models.Index(fields=["store_id"], name="stock_of_a_store")]

    def __str__(self) -> str:
        return f"{self.product_id} {self.quantity}"
