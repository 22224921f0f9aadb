"""Rewards that members choose for points, and what became of each choice."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from fidelia.kernel.ids import new_id
from fidelia.kernel.localized_field import LocalizedTextField
from fidelia.programme.models import Programme

from .codes import Voucher
from .stock import Stock


class Reward(models.Model):
    """Something to choose for `points` (minor units of `points_currency`) and `money` (minor units of the programme's).

    A gift or a sample is handed over, a service done, a voucher issued at once. `condition` is in the rule language
    over the customer and the membership; empty: for every member. `per_member` bounds the pieces of one member (null:
    none). `stock` null: without end. The voucher's own terms: `voucher_*`, its life in days from the day of the choice.
    """

    class Kind(models.TextChoices):
        GIFT = "gift"
        SAMPLE = "sample"
        VOUCHER = "voucher"
        SERVICE = "service"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="+", db_index=False)
    partner_id = models.UUIDField(null=True)
    key = models.SlugField(max_length=60, db_index=False)
    name = LocalizedTextField()
    description = LocalizedTextField(null=True)
    picture_id = models.UUIDField(null=True)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    points = models.BigIntegerField()
    points_currency = models.CharField(max_length=12)
    money = models.BigIntegerField(default=0)
    condition = models.TextField(blank=True, default="")
    per_member = models.IntegerField(null=True)
    stock = models.ForeignKey(Stock, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    voucher_amount = models.BigIntegerField(null=True)
    voucher_days = models.IntegerField(null=True)
    voucher_minimum = models.BigIntegerField(default=0)
    voucher_purpose = models.CharField(max_length=6, choices=Voucher.Purpose.choices, default=Voucher.Purpose.MULTI)
    voucher_is_divisible = models.BooleanField(default=False)
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["programme", "key"], name="a reward has its own key"),
            models.CheckConstraint(condition=Q(points__gte=0, money__gte=0), name="a reward costs nothing or more"),
            models.CheckConstraint(
                condition=~Q(kind="sample") | Q(points=0, money=0, per_member=1), name="a sample is free and one each"
            ),
            models.CheckConstraint(
                condition=Q(kind="voucher", voucher_amount__gt=0)
                | (~Q(kind="voucher") & Q(voucher_amount__isnull=True)),
                name="a reward that is a voucher is worth something",
            ),
            models.CheckConstraint(
                condition=Q(per_member__isnull=True) | Q(per_member__gte=1), name="a member may choose a reward once"
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gt=F("valid_from")),
                name="a reward ends after it begins",
            ),
        ]

    def __str__(self) -> str:
        return self.key


class Redemption(models.Model):
    """A member's choice of a reward: reserved, then fulfilled, or cancelled with its points back in their lots.

    Written by sql/redeeming.sql. `points` and `money` are for all `pieces`, as they were on that day.
    """

    class State(models.TextChoices):
        RESERVED = "reserved"
        FULFILLED = "fulfilled"
        CANCELLED = "cancelled"

    id = models.UUIDField(primary_key=True)
    reward = models.ForeignKey(Reward, on_delete=models.PROTECT, related_name="redemptions", db_index=False)
    programme_id = models.UUIDField()
    enrolment_id = models.UUIDField()
    customer_id = models.UUIDField()
    account_id = models.UUIDField()
    partner_id = models.UUIDField(null=True)
    store_id = models.UUIDField(null=True)
    state = models.CharField(max_length=9, choices=State.choices)
    pieces = models.IntegerField()
    points = models.BigIntegerField()
    points_currency = models.CharField(max_length=12)
    money = models.BigIntegerField()
    posting_id = models.UUIDField(null=True)
    voucher = models.ForeignKey(Voucher, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    redeemed_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    fulfilled_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="reserved", fulfilled_at__isnull=True, cancelled_at__isnull=True)
                | Q(state="fulfilled", fulfilled_at__isnull=False, cancelled_at__isnull=True)
                | Q(state="cancelled", cancelled_at__isnull=False),
                name="a redemption is reserved, fulfilled or cancelled",
            ),
        ]
        indexes = [
            models.Index(fields=["programme_id", "id"], name="redemptions_to_fulfil", condition=Q(state="reserved")),
            models.Index(fields=["customer_id", "redeemed_at"], name="redemptions_of_a_customer"),
            models.Index(fields=["reward", "redeemed_at"], name="redemptions_of_a_reward"),
        ]

    def __str__(self) -> str:
        return str(self.id)
