"""How a programme looks to its members, where it does not look as the portal does."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from .programmes import Programme


class ProgrammeLook(models.Model):
    """A programme's own name, colors and logo for members: portal, card, e-mails, printed card.

    It counts at once and is no part of what is published: it changes nothing that anybody earns. `name` empty: the
    name of the programme. Logos are as `MemberPortal` has them.
    """

    programme = models.OneToOneField(Programme, models.PROTECT, primary_key=True, related_name="look")
    name = models.CharField(max_length=60, blank=True, default="")
    brand_color = models.CharField(max_length=7)
    accent_color = models.CharField(max_length=7)
    paper_color = models.CharField(max_length=7)
    logo = models.BinaryField(blank=True, default=b"")
    logo_type = models.CharField(max_length=20, blank=True, default="")
    dark_logo = models.BinaryField(blank=True, default=b"")
    dark_logo_type = models.CharField(max_length=20, blank=True, default="")
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=150)

    class Meta:
        db_table = "programme_look"
        constraints = [
            models.CheckConstraint(
                condition=Q(brand_color__regex="^#[0-9A-F]{6}$")
                & Q(accent_color__regex="^#[0-9A-F]{6}$")
                & Q(paper_color__regex="^#[0-9A-F]{6}$"),
                name="a color of a programme is six hexadecimal digits",
            ),
        ]

    def __str__(self) -> str:
        return self.name or str(self.programme_id)
