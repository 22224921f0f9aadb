"""Tables of shadow mode. Nothing here is a purchase, a point or an entry: what the past would have given, beside it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from fidelia.kernel.ids import new_id
from fidelia.programme.models import Programme


class Shadow(models.Model):
    """The time in which a programme decides beside a vendor; `reconciled` says what the cut-over found equal."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    programme = models.ForeignKey(Programme, models.PROTECT, related_name="+")
    vendor = models.CharField(max_length=80)
    begun_at = models.DateTimeField()
    begun_by = models.CharField(max_length=150)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=150, blank=True, default="")
    reconciled = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["programme"], condition=Q(ended_at__isnull=True), name="a programme has one shadow at a time"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=models.F("begun_at")),
                name="a shadow ends after it began",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.programme_id} beside {self.vendor}"


class ShadowPurchase(models.Model):
    """A purchase or a return that was judged and granted nothing. `points` are what the rules would have given; of a
    return, below zero, what they would have taken back of the sale `returns`.

    `record` is the decision record, empty where it was refused with `refusal`. `cause` and `detail` are set once it was
    compared with what the vendor told; `compared_at` null: not yet, or told otherwise since.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    shadow = models.ForeignKey(Shadow, models.PROTECT, related_name="purchases", db_index=False)
    source = models.CharField(max_length=60)
    receipt_number = models.CharField(max_length=80)
    is_return = models.BooleanField(default=False)
    returns = models.ForeignKey("self", models.PROTECT, null=True, related_name="given_back")
    request_hash = models.BinaryField(max_length=32)
    customer_id = models.UUIDField(null=True)
    store_id = models.UUIDField(null=True)
    version_id = models.UUIDField(null=True)
    total = models.BigIntegerField()
    points = models.BigIntegerField()
    record = models.JSONField(default=dict)
    refusal = models.CharField(max_length=60, blank=True, default="")
    occurred_at = models.DateTimeField()
    judged_at = models.DateTimeField()
    cause = models.CharField(max_length=20, blank=True, default="")
    detail = models.CharField(max_length=120, blank=True, default="")
    compared_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "shadow_purchase"
        constraints = [
            models.UniqueConstraint(fields=["shadow", "receipt_number"], name="a receipt is judged once in a shadow"),
            models.CheckConstraint(
                condition=Q(is_return=False, points__gte=0, returns__isnull=True) | Q(is_return=True, points__lte=0),
                name="a purchase gives and a return takes",
            ),
        ]
        indexes = [
            models.Index(fields=["shadow", "occurred_at"], name="judged_purchases_by_time"),
            models.Index(fields=["shadow", "cause"], name="judged_purchases_by_cause"),
            models.Index(fields=["customer_id"], name="judged_purchases_of_one"),
        ]

    def __str__(self) -> str:
        return self.receipt_number


class VendorGrant(models.Model):
    """What the present vendor says it granted for a receipt, in minor units of the programme's points."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    shadow = models.ForeignKey(Shadow, models.PROTECT, related_name="grants", db_index=False)
    receipt_number = models.CharField(max_length=80)
    points = models.BigIntegerField()
    tier = models.CharField(max_length=60, blank=True, default="")
    occurred_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField()

    class Meta:
        db_table = "shadow_grant"
        constraints = [
            models.UniqueConstraint(fields=["shadow", "receipt_number"], name="a vendor grants once for a receipt")
        ]

    def __str__(self) -> str:
        return self.receipt_number
