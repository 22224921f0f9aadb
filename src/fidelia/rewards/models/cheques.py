"""Points that became a voucher of money, and what is left to take of the next one."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Cheque(models.Model):
    """One turning of points into one voucher. Written by sql/cheques.sql; withdrawn, its points are back in their lots.

    `cheque` is the key of its policy in `version_id`; `starts_on` the first day of the period it came with, null where
    it came at a threshold; `place` tells those of one issue apart. `points` is all that was taken, of it `debt` for
    what returns could not take before. What a return does with it is frozen: `is_kept`, `carries_debt`.
    """

    id = models.UUIDField(primary_key=True)
    programme_id = models.UUIDField()
    enrolment_id = models.UUIDField()
    customer_id = models.UUIDField()
    account_id = models.UUIDField()
    points_currency = models.CharField(max_length=12)
    cheque = models.CharField(max_length=40)
    version_id = models.UUIDField(null=True)
    starts_on = models.DateField(null=True)
    place = models.SmallIntegerField(default=0)
    points = models.BigIntegerField()
    debt = models.BigIntegerField(default=0)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    posting_id = models.UUIDField()
    voucher_id = models.UUIDField()
    is_kept = models.BooleanField(default=False)
    carries_debt = models.BooleanField(default=False)
    issued_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account_id", "cheque", "starts_on", "place"],
                condition=Q(starts_on__isnull=False),
                name="a period turns the points of an account once",
            ),
            models.UniqueConstraint(fields=["voucher_id"], name="a voucher is one cheque"),
            models.CheckConstraint(
                condition=Q(points__gt=0, amount__gt=0, debt__gte=0), name="a cheque is worth something"
            ),
        ]
        indexes = [
            models.Index(fields=["account_id", "points_currency", "issued_at"], name="cheques_of_an_account"),
            models.Index(fields=["programme_id", "recorded_at"], name="cheques_of_a_programme"),
            models.Index(fields=["customer_id"], name="cheques_of_a_customer"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class ChequeDebt(models.Model):
    """Points that a return could not take because they are spent as a cheque; the next one is so much further off."""

    id = models.BigAutoField(primary_key=True)
    account_id = models.UUIDField()
    points_currency = models.CharField(max_length=12)
    points = models.BigIntegerField()

    class Meta:
        db_table = "rewards_cheque_debt"
        constraints = [
            models.UniqueConstraint(fields=["account_id", "points_currency"], name="an account has one cheque debt"),
            models.CheckConstraint(condition=Q(points__gt=0), name="a cheque debt is of points"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.points}"
