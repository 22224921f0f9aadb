"""What a customer shows as a code: coupons of a series, and vouchers worth money."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from fidelia.kernel.ids import new_id
from fidelia.kernel.localized_field import LocalizedTextField
from fidelia.programme.models import Programme


class CouponSeries(models.Model):
    """Coupons with one name, validity and limits. What a coupon gives is said by a rule that names the series.

    `generic`: one code for everybody; `unique`: each code another. In `pattern` every # stands for a letter of
    `alphabet`. `valid_until` is the first instant no longer valid (null: for ever). Limits are numbers of uses; null is
    no limit. With `is_assigned` a code works for the member it was given to, and for nobody else.
    """

    class Kind(models.TextChoices):
        GENERIC = "generic"
        UNIQUE = "unique"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="+", db_index=False)
    partner_id = models.UUIDField(null=True)
    key = models.SlugField(max_length=60, db_index=False)
    name = LocalizedTextField()
    kind = models.CharField(max_length=7, choices=Kind.choices)
    pattern = models.CharField(max_length=64)
    alphabet = models.CharField(max_length=64)
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)
    uses = models.BigIntegerField(null=True)
    uses_per_code = models.BigIntegerField(null=True)
    uses_per_member = models.BigIntegerField(null=True)
    is_assigned = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "rewards_coupon_series"
        constraints = [
            models.UniqueConstraint(fields=["programme", "key"], name="a series of coupons has its own key"),
            models.CheckConstraint(condition=Q(kind__in=["generic", "unique"]), name="coupons are generic or unique"),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gt=F("valid_from")),
                name="a series of coupons ends after it begins",
            ),
            models.CheckConstraint(
                condition=(Q(uses__isnull=True) | Q(uses__gte=1))
                & (Q(uses_per_code__isnull=True) | Q(uses_per_code__gte=1))
                & (Q(uses_per_member__isnull=True) | Q(uses_per_member__gte=1)),
                name="a coupon can be used at least once",
            ),
            models.CheckConstraint(
                condition=Q(kind="unique") | Q(is_assigned=False), name="a code for everybody is given to nobody"
            ),
        ]

    def __str__(self) -> str:
        return self.key


class CouponCode(models.Model):
    """One code of a series, in the form in which codes are compared. `customer_id`: the member it was given to.

    `valid_from` and `valid_until` narrow the series' own; `source_id` is the purchase that issued it.
    """

    id = models.BigAutoField(primary_key=True)
    programme_id = models.UUIDField()
    code = models.CharField(max_length=64, db_collation="C")
    series = models.ForeignKey(CouponSeries, on_delete=models.PROTECT, related_name="codes", db_index=False)
    customer_id = models.UUIDField(null=True)
    assigned_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    valid_from = models.DateTimeField(null=True)
    valid_until = models.DateTimeField(null=True)
    source_id = models.UUIDField(null=True)

    class Meta:
        db_table = "rewards_coupon_code"
        constraints = [
            models.UniqueConstraint(fields=["programme_id", "code"], name="a coupon code means one thing"),
            models.CheckConstraint(condition=~Q(code=""), name="a coupon code is not empty"),
        ]
        indexes = [
            models.Index(fields=["series", "id"], name="codes_of_a_series"),
            models.Index(fields=["customer_id"], name="coupons_of_a_customer", condition=Q(customer_id__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.code


class Voucher(models.Model):
    """A value in money, such as a chèque fidélité: used whole, or in parts where `is_divisible`.

    `purpose` is of the VAT (directive 2016/1065): a single-purpose voucher is taxed when issued, a multi-purpose one
    when used. `source_type` and `source_id` name what issued it. One checkout takes `per_checkout` of them at most
    (null: any number). `noticed_days`: so many days before its end the member was told. `lapsed_at`: when
    its end was written down.
    """

    class Purpose(models.TextChoices):
        SINGLE = "single"
        MULTI = "multi"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="+", db_index=False)
    partner_id = models.UUIDField(null=True)
    code = models.CharField(max_length=64, db_collation="C")
    name = LocalizedTextField()
    customer_id = models.UUIDField(null=True)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    minimum_basket = models.BigIntegerField(default=0)
    is_divisible = models.BooleanField(default=False)
    purpose = models.CharField(max_length=6, choices=Purpose.choices, default=Purpose.MULTI)
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)
    source_type = models.CharField(max_length=20, blank=True, default="")
    source_id = models.UUIDField(null=True)
    per_checkout = models.SmallIntegerField(null=True)
    noticed_days = models.SmallIntegerField(null=True)
    issued_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    lapsed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["programme", "code"], name="a voucher's code means one thing"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="a voucher is worth something"),
            models.CheckConstraint(condition=Q(minimum_basket__gte=0), name="a smallest basket is not negative"),
            models.CheckConstraint(
                condition=Q(purpose__in=["single", "multi"]), name="a voucher has its purpose for VAT"
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gt=F("valid_from")),
                name="a voucher ends after it begins",
            ),
        ]
        indexes = [
            models.Index(
                fields=["valid_until", "id"],
                name="vouchers_that_lapse",
                condition=Q(lapsed_at__isnull=True, revoked_at__isnull=True, valid_until__isnull=False),
            ),
            models.Index(fields=["customer_id", "issued_at"], name="vouchers_of_a_customer"),
            models.Index(fields=["source_id"], name="vouchers_of_a_source", condition=Q(source_id__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.code
