"""Tidy away what no longer counts. Nothing depends on it: it is right before, and after."""

from __future__ import annotations

from datetime import date, datetime

from fidelia.kernel.db import transaction_of_use_case

from ..models import Counter, Reservation, Slot


def sweep_reservations(*, before: datetime) -> int:
    """Delete reservations that expired before an instant; return how many."""
    with transaction_of_use_case():
        return int(Reservation.objects.filter(expires_at__lt=before).delete()[0])


def sweep_counters(*, before: date) -> int:
    """Delete what was counted in periods that ended before a day; uses stay told. Return how many.

    What a purchase of such a period gives back is told too, and counts nowhere.
    """
    with transaction_of_use_case():
        over = Counter.objects.filter(ends_on__lt=before)
        gone = over.filter(is_spread=True).values_list("programme_id", "scope_id", "subject", "starts_on")
        for programme_id, scope_id, subject, starts_on in gone:
            Slot.objects.filter(
                programme_id=programme_id, scope_id=scope_id, subject=subject, starts_on=starts_on
            ).delete()
        return int(over.delete()[0])
