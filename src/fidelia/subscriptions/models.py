"""Tables of subscriptions."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from fidelia.kernel.ids import new_id
from fidelia.programme.models import Enrolment, Programme


class Subscription(models.Model):
    """One member's hold on a plan. `policy` is the plan as it was bought; a published version never changes it.

    `anchor_at` is when the first paid period began: every end is reckoned from it, `cycle` periods on. `ends_at` is
    when what is paid ends, `holds_until` when what it gives does: grace lies between. Both are null of a lifetime.
    `notice_at` is when the next notice before the end is to be told; `due_told_for` the end that was told as due.
    """

    class Renewal(models.TextChoices):
        AUTO = "auto"
        BY_HAND = "by_hand"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="+", db_index=False)
    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="+", db_index=False)
    customer_id = models.UUIDField()
    partner_id = models.UUIDField(null=True)
    ladder = models.CharField(max_length=60, blank=True, default="")
    plan = models.CharField(max_length=60)
    policy = models.JSONField()
    renewal = models.CharField(max_length=8, choices=Renewal.choices)
    is_trial = models.BooleanField(default=False)
    anchor_at = models.DateTimeField()
    cycle = models.PositiveIntegerField(default=0)
    periods_count = models.PositiveIntegerField(default=0)
    ends_at = models.DateTimeField(null=True)
    holds_until = models.DateTimeField(null=True)
    next_plan = models.CharField(max_length=60, blank=True, default="")
    opened_at = models.DateTimeField()
    stops_at_end = models.BooleanField(default=False)
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=20, blank=True, default="")
    notice_at = models.DateTimeField(null=True)
    due_told_for = models.DateTimeField(null=True)
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "subscriptions_subscription"
        constraints = [
            models.UniqueConstraint(
                fields=["enrolment", "ladder"], condition=Q(ended_at__isnull=True),
                name="a member has one plan of a ladder at a time",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, end_reason="") | (Q(ended_at__isnull=False) & ~Q(end_reason="")),
                name="an ended subscription says why",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=False) | Q(ends_at__isnull=True) | Q(holds_until__gte=F("ends_at")),
                name="what is paid for holds to its end",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["customer_id", "programme"], name="subscriptions_of_a_customer"),
            models.Index(fields=["ends_at", "id"], name="subscriptions_by_their_end", condition=Q(ended_at=None)),
            models.Index(fields=["notice_at", "id"], name="subscriptions_to_tell_of", condition=Q(ended_at=None)),
            models.Index(fields=["programme", "opened_at", "id"], name="subscriptions_by_opening"),
        ]

    def __str__(self) -> str:
        return f"{self.plan} {self.id}"


class SubscriptionPeriod(models.Model):
    """One period, what was paid for it, what came back of it, and what it gives until `holds_until`.

    `given` has the posting of its points; source and line name the line of the purchase that bought it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="periods", db_index=False)
    number = models.PositiveIntegerField()
    plan = models.CharField(max_length=60)
    entitlements = models.JSONField(default=list)
    tier = models.CharField(max_length=60, blank=True, default="")
    is_trial = models.BooleanField(default=False)
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    holds_until = models.DateTimeField(null=True)
    price = models.BigIntegerField()
    amount = models.BigIntegerField()
    refunded = models.BigIntegerField(default=0)
    reference = models.CharField(max_length=120, blank=True, default="")
    source_type = models.CharField(max_length=20, blank=True, default="")
    source_id = models.UUIDField(null=True)
    source_line = models.PositiveIntegerField(default=0)
    source_unit = models.PositiveIntegerField(default=0)
    given = models.JSONField(default=dict)
    recorded_at = models.DateTimeField()

    class Meta:
        db_table = "subscriptions_period"
        constraints = [
            models.UniqueConstraint(fields=["subscription", "number"], name="periods of a subscription are numbered"),
            models.UniqueConstraint(
                fields=["source_type", "source_id", "source_line", "source_unit"],
                condition=Q(source_id__isnull=False),
                name="a line of a purchase buys a period once",
            ),
            models.CheckConstraint(
                condition=Q(refunded__gte=0) & (Q(refunded=0) | Q(refunded__lte=F("amount"))),
                name="no more comes back than was paid",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gte=F("begins_at")), name="a period ends after it began"
            ),
            models.CheckConstraint(
                condition=Q(holds_until__isnull=True) | Q(holds_until__gte=F("begins_at")),
                name="a period gives nothing before it began",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subscription_id} {self.number}"
