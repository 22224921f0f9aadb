"""Offers that members activate: who did, until when it counts, and how many have."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from fidelia.kernel.ids import new_id
from fidelia.programme.models import Enrolment, Programme


class OfferActivation(models.Model):
    """A member's activation of an offer of the terms; it counts until `holds_until` (null: for ever)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="+", db_index=False)
    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="+", db_index=False)
    customer_id = models.UUIDField()
    offer = models.CharField(max_length=60)
    activated_at = models.DateTimeField()
    holds_until = models.DateTimeField(null=True)

    class Meta:
        db_table = "rewards_offer_activation"
        constraints = [
            models.UniqueConstraint(fields=["enrolment", "offer"], name="a member activates an offer once"),
            models.CheckConstraint(
                condition=Q(holds_until__isnull=True) | Q(holds_until__gte=F("activated_at")),
                name="an activation ends after it began",
            ),
        ]
        indexes = [models.Index(fields=["customer_id", "programme"], name="offers_of_a_customer")]

    def __str__(self) -> str:
        return f"{self.offer} {self.enrolment_id}"


class OfferCount(models.Model):
    """How many members have activated an offer: what makes one that is limited scarce."""

    id = models.BigAutoField(primary_key=True)
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="+", db_index=False)
    offer = models.CharField(max_length=60)
    taken = models.BigIntegerField(default=0)

    class Meta:
        db_table = "rewards_offer_count"
        constraints = [
            models.UniqueConstraint(fields=["programme", "offer"], name="an offer is counted once"),
            models.CheckConstraint(condition=Q(taken__gte=0), name="activations are not negative"),
        ]

    def __str__(self) -> str:
        return f"{self.offer} {self.taken}"
