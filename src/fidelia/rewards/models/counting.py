"""What was taken of what is scarce. Written by the functions in sql/, which take the rows in one order."""

from __future__ import annotations

from django.db import models

ANYBODY = "00000000-0000-0000-0000-000000000000"  # the scope of what is counted in all


class Counter(models.Model):
    """How much was taken under one key: a code, a series, a stock row, or a limit in one period.

    `scope_id` is a customer, a store, or ANYBODY. `starts_on` is the first day of the period counted, 0001-01-01 where
    there is none. `capacity` is what it was last taken under. Where a counter `is_spread`, `taken` includes what its
    slots may still give away; `alerted` is the share, in hundredths, of which was told last.
    """

    pk = models.CompositePrimaryKey("programme_id", "scope_id", "subject", "starts_on")
    programme_id = models.UUIDField()
    scope_id = models.UUIDField()
    subject = models.CharField(max_length=160, db_collation="C")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    taken = models.BigIntegerField(db_default=0)
    capacity = models.BigIntegerField(null=True)
    is_spread = models.BooleanField(db_default=False)
    alerted = models.SmallIntegerField(db_default=0)

    class Meta:
        managed = False  # its fill factor and the order of its key are said in SQL
        db_table = "rewards_counter"

    def __str__(self) -> str:
        return self.subject


class Slot(models.Model):
    """A part of a counter set aside, from which one checkout takes without waiting for the others."""

    pk = models.CompositePrimaryKey("programme_id", "scope_id", "subject", "starts_on", "slot")
    programme_id = models.UUIDField()
    scope_id = models.UUIDField()
    subject = models.CharField(max_length=160, db_collation="C")
    starts_on = models.DateField()
    slot = models.SmallIntegerField()
    room = models.BigIntegerField()

    class Meta:
        managed = False
        db_table = "rewards_slot"

    def __str__(self) -> str:
        return f"{self.subject} {self.slot}"


class Reservation(models.Model):
    """What an open checkout has set aside until `expires_at`; from then on it counts for nothing, swept or not."""

    pk = models.CompositePrimaryKey("checkout_id", "scope_id", "subject")
    checkout_id = models.UUIDField()
    programme_id = models.UUIDField()
    scope_id = models.UUIDField()
    subject = models.CharField(max_length=160, db_collation="C")
    amount = models.BigIntegerField()
    expires_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "rewards_reservation"

    def __str__(self) -> str:
        return f"{self.checkout_id} {self.subject}"


class Use(models.Model):
    """What a purchase took of a counter, and what came back, with the sign. Only ever added to."""

    id = models.BigAutoField(primary_key=True)
    purchase_id = models.UUIDField()
    programme_id = models.UUIDField()
    scope_id = models.UUIDField()
    subject = models.CharField(max_length=160, db_collation="C")
    starts_on = models.DateField()
    amount = models.BigIntegerField()
    is_counted = models.BooleanField()
    customer_id = models.UUIDField(null=True)
    store_id = models.UUIDField(null=True)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "rewards_use"

    def __str__(self) -> str:
        return f"{self.subject} {self.amount}"
