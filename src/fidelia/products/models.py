"""Tables of the products."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from fidelia.kernel.ids import new_id


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
    """What one unit of a product costs from a day on, in minor units of a currency, until a later row."""

    product = models.ForeignKey(Product, models.PROTECT, related_name="costs", db_index=False)
    currency = models.CharField(max_length=3)
    amount = models.BigIntegerField()
    valid_from = models.DateField()
    recorded_at = models.DateTimeField()

    class Meta:
        db_table = "products_cost"
        constraints = [
            models.UniqueConstraint(
                fields=["product", "currency", "valid_from"], name="a product has one cost per currency and day"
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="a cost is never negative"),
        ]
