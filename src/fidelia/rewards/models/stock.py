"""What there is to give: pieces of a reward or of a gift product."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from fidelia.kernel.ids import new_id
from fidelia.kernel.localized_field import LocalizedTextField
from fidelia.programme.models import Programme


class Stock(models.Model):
    """Pieces that a programme gives away, in one store or in all (`store_id` null). `pieces` null: there is no end.

    Rules name it by `key`. `pieces` counts all there ever was; what was given is in its counter.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="+", db_index=False)
    partner_id = models.UUIDField(null=True)
    store_id = models.UUIDField(null=True)
    key = models.SlugField(max_length=60, db_index=False)
    name = LocalizedTextField()
    product_code = models.CharField(max_length=64, blank=True, default="")
    pieces = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "key", "store_id"], name="a stock has its own key", nulls_distinct=False
            ),
            models.CheckConstraint(condition=Q(pieces__isnull=True) | Q(pieces__gte=0), name="pieces are not negative"),
        ]

    def __str__(self) -> str:
        return self.key
