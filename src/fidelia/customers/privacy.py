"""A person's own data in the customer file: give it out, erase it. `persons` calls this for every module in order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from fidelia.kernel.db import require_transaction

from .models import (
    Acquisition,
    Consent,
    ContactPoint,
    Customer,
    FactChange,
    Identity,
    ImportedCustomer,
    SegmentMembership,
    Trait,
)

TABLES = ("customers_customer", "customers_identity", "customers_contact_point", "customers_consent",
          "customers_fact_change", "customers_trait", "customers_segment_membership", "customers_acquisition",
          "customers_imported")  # fmt: skip
FACTS = ("kind", "title", "given_name", "family_name", "company_name", "registration_number", "vat_number", "role",
         "birth_on", "language",
         "country", "town", "postal_code", "source", "acquired_at")  # fmt: skip


def collect(customer_ids: Sequence[UUID]) -> dict[str, list[dict[str, Any]]]:
    """Return all that the file holds of a person (every id of `ids_of`), in words a person can read."""
    ids = list(customer_ids)
    return {
        "facts": list(Customer.objects.filter(id__in=ids).values(*FACTS)),
        "identities": _rows(Identity.objects.filter(customer_id__in=ids), "scheme", "value", "since", "until"),
        "contact_points": _rows(
            ContactPoint.objects.filter(customer_id__in=ids), "channel", "value", "status", "since"
        ),
        "consents": _rows(
            Consent.objects.filter(customer_id__in=ids), "purpose", "channel", "given", "occurred_at", "proof"
        ),
        "changes": _rows(
            FactChange.objects.filter(customer_id__in=ids), "fact", "former", "value", "source", "occurred_at"
        ),
        "traits": _rows(
            Trait.objects.filter(customer_id__in=ids),
            *("name", "number", "text", "flag", "day", "valid_from", "valid_until", "source"),
        ),
        "segments": _rows(
            SegmentMembership.objects.filter(customer_id__in=ids), "segment__key", "valid_from", "valid_until"
        ),
    }


def erase(customer_ids: Sequence[UUID], *, at: datetime) -> dict[str, int]:
    """Erase a person from the file inside the caller's transaction; return how many rows of each table went.

    The bare row stays, without name or place, so that amounts elsewhere keep adding up; so do the words on consent,
    which say nothing of who and prove what was sent while the consent held.
    """
    require_transaction()
    ids = list(customer_ids)
    removed = {
        model._meta.db_table: model._default_manager.filter(customer_id__in=ids).delete()[0]
        for model in (Identity, ContactPoint, FactChange, Trait, SegmentMembership, Acquisition, ImportedCustomer)
    }
    blanked = Customer.objects.filter(id__in=ids).update(
        title="", given_name="", family_name="", company_name="", registration_number="", vat_number="", role="",
        birth_on=None, country="",
        town="", postal_code="",
        search_key="", sort_key="", erased_at=at, updated_at=at,
    )  # fmt: skip
    return {**removed, "customers_customer": blanked}


def _rows(rows: QuerySet[Any], *columns: str) -> list[dict[str, Any]]:
    return list(rows.order_by("id").values(*columns))
