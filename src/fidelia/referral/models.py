"""Tables of referral."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from fidelia.kernel.ids import new_id
from fidelia.programme.models import Enrolment, Programme


class ReferralCode(models.Model):
    """A member's own code, by which friends come; of one membership, and made when it is first asked for."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="+", db_index=False)
    enrolment = models.OneToOneField(Enrolment, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=20, db_collation="C")
    created_at = models.DateTimeField()

    class Meta:
        db_table = "referral_code"
        constraints = [models.UniqueConstraint(fields=["programme", "code"], name="a referral code is one member's")]

    def __str__(self) -> str:
        return self.code


class Referral(models.Model):
    """A friend who came by a code. `policy` is what was promised then; `given` what each side got, for taking it back.

    `ip_hash` and `device_hash` are of what the friend signed up with, kept for the guards and never as they were.
    """

    class State(models.TextChoices):
        PENDING = "pending"
        REVIEW = "review"
        QUALIFIED = "qualified"
        REWARDED = "rewarded"
        REFUSED = "refused"
        TAKEN_BACK = "taken_back"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="+", db_index=False)
    referrer = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="+", db_index=False)
    friend = models.OneToOneField(Enrolment, on_delete=models.PROTECT, related_name="+")
    partner_id = models.UUIDField(null=True)
    state = models.CharField(max_length=10, choices=State.choices)
    reason = models.CharField(max_length=40, blank=True, default="")
    policy = models.JSONField()
    given = models.JSONField(default=dict)
    ip_hash = models.CharField(max_length=64, blank=True, default="")
    device_hash = models.CharField(max_length=64, blank=True, default="")
    recorded_at = models.DateTimeField()
    qualified_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "referral_referral"
        constraints = [
            models.CheckConstraint(condition=~Q(referrer=F("friend")), name="nobody brings himself"),
            models.CheckConstraint(
                condition=Q(state__in=["pending", "review", "qualified", "rewarded", "refused", "taken_back"]),
                name="a referral is in a state",
            ),
            models.CheckConstraint(
                condition=Q(state="qualified", due_at__isnull=False) | ~Q(state="qualified"),
                name="a qualified referral is due at an instant",
            ),
        ]
        indexes = [
            models.Index(fields=["referrer", "recorded_at"], name="referrals_of_a_member"),
            models.Index(fields=["programme", "state", "changed_at", "id"], name="referrals_by_state"),
            models.Index(fields=["due_at"], name="referrals_that_are_due", condition=Q(state="qualified")),
            models.Index(fields=["ip_hash", "recorded_at"], name="referrals_of_a_place", condition=~Q(ip_hash="")),
        ]

    def __str__(self) -> str:
        return str(self.id)
