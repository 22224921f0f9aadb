"""Tables of cards."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from fidelia.kernel.ids import new_id
from fidelia.kernel.localized_field import LocalizedTextField
from fidelia.programme.models import Programme


class CardSeries(models.Model):
    """How the numbers of a batch of cards look: EAN-13 behind a prefix, or a pattern with letters drawn.

    `is_running` numbers one after the other from `next_number` on; otherwise they are drawn, so that nobody knows a
    card by knowing another. `validity_months` counts from the day a card is given; null: it never ends by itself.
    """

    class Kind(models.TextChoices):
        EAN13 = "ean13"
        PATTERN = "pattern"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="+", db_index=False)
    partner_id = models.UUIDField(null=True)
    key = models.SlugField(max_length=60, db_index=False)
    name = LocalizedTextField()
    kind = models.CharField(max_length=7, choices=Kind.choices)
    prefix = models.CharField(max_length=11, blank=True, default="")
    pattern = models.CharField(max_length=64, blank=True, default="")
    alphabet = models.CharField(max_length=64, blank=True, default="")
    is_running = models.BooleanField(default=False)
    next_number = models.BigIntegerField(default=0)
    is_digital = models.BooleanField(default=False)
    validity_months = models.PositiveSmallIntegerField(null=True)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "cards_series"
        constraints = [
            models.UniqueConstraint(fields=["programme", "key"], name="a series of cards has its own key"),
            models.CheckConstraint(condition=Q(kind__in=["ean13", "pattern"]), name="cards are EAN-13 or of a pattern"),
            models.CheckConstraint(
                condition=Q(validity_months__isnull=True) | Q(validity_months__gte=1),
                name="a card is valid for a month at least",
            ),
        ]

    def __str__(self) -> str:
        return self.key


class Card(models.Model):
    """One number and its life. `customer_id` is whom it was given to; of a provisional card, a customer without a name.

    `series` is null for a number printed elsewhere. `expires_at` is the first instant at which it works no more.
    """

    class State(models.TextChoices):
        ISSUED = "issued"  # made or printed, with nobody
        PROVISIONAL = "provisional"  # handed out with no person yet; its points wait
        ACTIVE = "active"
        LOST = "lost"
        REPLACED = "replaced"
        BLOCKED = "blocked"
        EXPIRED = "expired"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="+", db_index=False)
    series = models.ForeignKey(CardSeries, on_delete=models.PROTECT, null=True, related_name="cards", db_index=False)
    number = models.CharField(max_length=64, db_collation="C")
    state = models.CharField(max_length=11, choices=State.choices)
    customer_id = models.UUIDField(null=True)
    partner_id = models.UUIDField(null=True)
    store_id = models.UUIDField(null=True)
    made_at = models.DateTimeField()
    given_at = models.DateTimeField(null=True)
    registered_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField()
    reason = models.CharField(max_length=300, blank=True, default="")
    replaced_by = models.OneToOneField("self", models.PROTECT, null=True, related_name="replaces")

    class Meta:
        db_table = "cards_card"
        constraints = [
            models.UniqueConstraint(fields=["number"], name="a card number is one card"),
            models.CheckConstraint(
                condition=Q(state__in=["issued", "provisional", "active", "lost", "replaced", "blocked", "expired"]),
                name="a card is in a state of its life",
            ),
            models.CheckConstraint(
                condition=Q(state="issued", given_at__isnull=True)
                | (~Q(state="issued") & Q(given_at__isnull=False))
                | Q(state__in=["blocked", "lost"]),
                name="a card in use was given",
            ),
            models.CheckConstraint(
                condition=Q(state="replaced", replaced_by__isnull=False)
                | (~Q(state="replaced") & Q(replaced_by__isnull=True)),
                name="a replaced card names the one in its place",
            ),
            models.CheckConstraint(
                condition=Q(replaced_by__isnull=True) | ~Q(replaced_by=F("id")), name="a card never replaces itself"
            ),
        ]
        indexes = [
            models.Index(fields=["customer_id"], name="cards_of_a_customer", condition=Q(customer_id__isnull=False)),
            models.Index(fields=["series", "number"], name="cards_of_a_series"),
            models.Index(
                fields=["expires_at"],
                name="cards_that_expire",
                condition=Q(state__in=["provisional", "active"], expires_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"…{self.number[-4:]}"
