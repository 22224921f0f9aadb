"""Gift cards: a means of payment with a balance, never a discount."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from fidelia.kernel.ids import new_id
from fidelia.programme.models import Programme


class GiftCard(models.Model):
    """A card with money on it. `balance` is the sum of its movements, of which there are `movements`."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="+", db_index=False)
    partner_id = models.UUIDField(null=True)
    store_id = models.UUIDField(null=True)
    customer_id = models.UUIDField(null=True)
    code = models.CharField(max_length=64, db_collation="C")
    currency = models.CharField(max_length=3)
    balance = models.BigIntegerField()
    movements = models.IntegerField()
    sold_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    blocked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "rewards_gift_card"
        constraints = [
            models.UniqueConstraint(fields=["programme", "code"], name="a gift card's code means one card"),
            models.CheckConstraint(condition=Q(balance__gte=0), name="a gift card never owes money"),
            models.CheckConstraint(
                condition=Q(expires_at__isnull=True) | Q(expires_at__gt=F("sold_at")),
                name="a gift card ends after it was sold",
            ),
        ]
        indexes = [
            models.Index(fields=["sold_at", "id"], name="gift_cards_as_they_were_sold"),
            models.Index(fields=["expires_at"], name="gift_cards_that_expire", condition=Q(balance__gt=0)),
            models.Index(
                fields=["customer_id"], name="gift_cards_of_a_customer", condition=Q(customer_id__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"…{self.code[-4:]}"

    def is_on_the_rack(self) -> bool:
        """Tell whether it was sold on a line and came back whole with it: then it is sold again under its code."""
        if self.balance or self.blocked_at is not None:
            return False
        kinds = GiftCardMovement.Kind
        last = self.history.order_by("-number").first()
        if last is None or last.kind != kinds.REFUNDED or last.line_number is None:
            return False
        # Where it was a charge that came back, the card is in somebody's pocket still.
        return last.reverses is None or not self.history.filter(number=last.reverses, kind=kinds.TOPPED_UP).exists()


class GiftCardMovement(models.Model):
    """What came onto a card or left it. Only ever added to; the balance after it is that of the moment.

    A charge says when the card was to end before it and after; what takes a charge, or a sale, back `reverses` its
    number.

    `line_number` is the line of a purchase that sold the card: of the sale, and of what came back of that line.
    `import_id` is the file that brought it in, also of what took it back.
    """

    class Kind(models.TextChoices):
        SOLD = "sold"
        TOPPED_UP = "topped_up"
        SPENT = "spent"
        GIVEN_BACK = "given_back"  # what a purchase took came back with its goods
        REFUNDED = "refunded"  # paid out to who holds the card
        EXPIRED = "expired"

    card = models.ForeignKey(GiftCard, on_delete=models.PROTECT, related_name="history", db_index=False)
    number = models.IntegerField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    amount = models.BigIntegerField()
    balance_after = models.BigIntegerField()
    purchase_id = models.UUIDField(null=True)
    line_number = models.IntegerField(null=True)
    import_id = models.UUIDField(null=True)
    reverses = models.IntegerField(null=True)
    ended_before = models.DateTimeField(null=True)
    ends_after = models.DateTimeField(null=True)
    note = models.CharField(max_length=300, blank=True, default="", db_default="")
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        db_table = "rewards_gift_card_movement"
        constraints = [
            models.UniqueConstraint(fields=["card", "number"], name="movements of a gift card are numbered"),
            models.CheckConstraint(condition=Q(balance_after__gte=0), name="no movement leaves a gift card in debt"),
            models.CheckConstraint(
                condition=Q(kind__in=["sold", "topped_up", "given_back"], amount__gt=0)
                | Q(kind__in=["spent", "refunded", "expired"], amount__lt=0),
                name="a movement of a gift card has the sign of its kind",
            ),
        ]
        indexes = [
            models.Index(
                fields=["purchase_id"], name="gift_cards_of_a_purchase", condition=Q(purchase_id__isnull=False)
            ),
            models.Index(fields=["import_id"], name="gift_cards_of_an_import", condition=Q(import_id__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount}"
