"""Customers as a file: what is known of them and what they hold, one row each, for a spreadsheet or another system."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from fidelia.access.operations import record_audit
from fidelia.customers.models import Customer
from fidelia.customers.queries import (
    EVERYONE,
    CustomerFilters,
    CustomWanted,
    count_listed,
    custom_values_of_each_at,
    find_addresses,
    ids_of_each,
    key_of,
    last_words_at,
    list_custom_fields,
    list_identities,
    list_next_by_id,
    text_of_value,
    wanted_of,
)
from fidelia.files.models import StoredFile
from fidelia.files.operations import keep_file
from fidelia.jobs.models import Job
from fidelia.jobs.operations import Progress, queue_job
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.points import format_points
from fidelia.ledger.queries import list_balances
from fidelia.organisation.queries import list_stores

from ..errors import TooManyChosen
from ..models import Enrolment
from ..queries import holders_of, see_enrolments, tiers_of_each_at

EXPORT = "customer.export"
BATCH = 2_000
CHOSEN_MAX = 1_000
KEPT_DAYS = 30
COLUMNS = (
    *("customer_id", "kind", "given_name", "family_name", "company_name", "registration"),
    *("vat_number", "role", "birth_on", "language", "country"),
    *("postal_code", "town", "email", "phone", "card", "marketing_by_email", "store", "source", "acquired_on"),
    *("programme", "enrolled_on", "tier", "points"),
)
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


def ask_export(
    *, by: Actor, at: datetime, chosen: Mapping[str, str], text: str = "", customer_ids: Sequence[UUID] = ()
) -> Job:
    """Queue the export of a list of customers, or of those ticked in it. `chosen` names filters as `filters_of` reads.

    Raises Denied (customer.export), TooManyChosen.
    """
    if not by.may_somewhere(EXPORT):
        by.require(EXPORT)
    if len(customer_ids) > CHOSEN_MAX:
        raise TooManyChosen(f"At most {CHOSEN_MAX} customers are chosen one by one; choose the whole list instead.")
    arguments = {"chosen": dict(chosen), "text": text, "customer_ids": [str(id) for id in customer_ids]}
    with transaction_of_use_case():
        return queue_job(by=by, at=at, kind=EXPORT, arguments=arguments)


def filters_of(chosen: Mapping[str, str], at: datetime) -> CustomerFilters:
    """Return what filters named in an address narrow a list to. Raises ValueError for a value that none of them has.

    kind, language, store (an id), segment (a key), tier (a key), added (in the last so many days); by its name a custom
    field: one of its choices, yes or no, a part of its text, numbers or days such as 37..40 or 2026-01-01.. (open).
    """
    narrowed = replace(EVERYONE, kind=chosen.get("kind"), language=chosen.get("language"))
    if "store" in chosen:
        narrowed = replace(narrowed, home_store_id=_store_of(chosen["store"]))
    if "segment" in chosen:
        narrowed = replace(narrowed, segment_key=chosen["segment"])
    if "added" in chosen:
        narrowed = replace(narrowed, acquired_since=at - timedelta(days=int(chosen["added"])))
    narrowed = replace(narrowed, custom=_custom_of(chosen))
    if "tier" in chosen:
        narrowed = replace(narrowed, among=holders_of(chosen["tier"], at))
    return narrowed


def _store_of(text: str) -> UUID:
    """The id of a store; of a text that is none one that no store has, so that nobody is found and not everybody."""
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)


def _custom_of(chosen: Mapping[str, str]) -> tuple[tuple[str, CustomWanted], ...]:
    if not any("." in name for name in chosen):  # nothing is asked where no custom field narrows
        return ()
    fields = {one.name: one for one in list_custom_fields(retired=True)}
    return tuple((name, wanted_of(fields[name], value)) for name, value in chosen.items() if name in fields)


@dataclass(frozen=True, slots=True)
class AskedCustomers:
    """Whom an export takes: a list by its search and filters, or those ticked in it."""

    text: str
    filters: CustomerFilters
    customer_ids: Sequence[UUID] = ()


def export_customers(*, by: Actor, at: datetime, asked: AskedCustomers, name: str, progress: Progress) -> StoredFile:
    """Write the customers that `by` may see and take out into a file kept for 30 days, and audit how many they were.

    Addresses are in it for those whose addresses `by` may see. Raises Denied (customer.export, customer.see), and what
    `keep_file` raises; a job that is stopped leaves nothing behind.
    """
    if not by.may_somewhere(EXPORT):
        by.require(EXPORT)
    progress.expect(len(asked.customer_ids) or count_listed(by=by, text=asked.text, filters=asked.filters).number)
    with TemporaryDirectory(prefix="fidelia-export-") as folder:
        path = Path(folder) / "customers.csv"
        count = _write(path, _rows(by, at, asked, progress))
        with path.open("rb") as stream:
            file = keep_file(
                by=by.lent("file.keep"), at=at, name=name, stream=stream, purpose="customer export", personal=True,
                kept_days=KEPT_DAYS,
            )  # fmt: skip
    with transaction_of_use_case():
        record_audit(
            by=by, at=at, verb=EXPORT, object_type="file", object_id=file.id, after={"customers": count},
        )  # fmt: skip
    return file


def _write(path: Path, rows: Iterable[Sequence[str]]) -> int:
    count = 0
    # The mark at the beginning tells spreadsheets that accents are UTF-8.
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        out = csv.writer(stream, delimiter=";")
        out.writerow([*COLUMNS, *(one.name for one in list_custom_fields())])
        for row in rows:
            out.writerow(row)
            count += 1
    return count


def _rows(by: Actor, at: datetime, asked: AskedCustomers, progress: Progress) -> Iterator[list[str]]:
    stores = {store.id: store.code for store in list_stores(by=by)}
    after = None
    while batch := list_next_by_id(
        by=by, text=asked.text, filters=asked.filters, among=asked.customer_ids, after=after, limit=BATCH
    ):
        allowed = [one for one in batch if by.may(EXPORT, Scope(one.partner_id, one.home_store_id))]
        yield from _rows_of(by, at, allowed, stores)
        after = batch[-1].id
        progress.step(len(batch))


def _rows_of(by: Actor, at: datetime, customers: Sequence[Customer], stores: Mapping[UUID, str]) -> Iterator[list[str]]:
    ids = [one.id for one in customers]
    whose = {id: asked for asked, all_ids in ids_of_each(ids).items() for id in all_ids}
    reached = [one.id for one in customers if by.may("customer.see_contacts", Scope(one.partner_id, one.home_store_id))]
    emails, phones = find_addresses(reached, "email"), find_addresses(reached, "phone")
    cards = {whose[each.customer_id]: each.value for each in list_identities(list(whose)) if _is_card(each)}
    agreed = last_words_at(ids, "marketing", "email", at)
    held = _holdings(by, at, whose)
    fields = [key_of(one) for one in list_custom_fields()]
    custom = custom_values_of_each_at(ids, at) if fields else {}
    for one in customers:
        yield [
            *map(str, (one.id, one.kind)),
            *map(_plain, (one.given_name, one.family_name, one.company_name, one.registration_number)),
            *map(_plain, (one.vat_number, one.role)),
            one.birth_on.isoformat() if one.birth_on else "",
            *(one.language, one.country, _plain(one.postal_code), _plain(one.town)),
            *(emails.get(one.id, ""), phones.get(one.id, ""), cards.get(one.id, "")),
            {True: "yes", False: "no"}.get(agreed.get(one.id), ""),  # type: ignore[arg-type]
            stores.get(one.home_store_id, "") if one.home_store_id else "",
            *(one.source, one.acquired_at.date().isoformat()),
            *held.get(one.id, ("", "", "", "")),
            *(_plain(text_of_value(custom[one.id].get(key))) for key in fields),
        ]


def _is_card(identity: Any) -> bool:
    return identity.scheme == "card" and identity.until is None


def _holdings(by: Actor, at: datetime, whose: Mapping[UUID, UUID]) -> dict[UUID, tuple[str, str, str, str]]:
    """The newest membership in force of each person: programme, day, tier, points."""
    enrolments = [one for one in see_enrolments(by=by, customer_ids=whose, right="points.see") if one.ended_at is None]
    newest: dict[UUID, Enrolment] = {}
    for one in enrolments:
        newest.setdefault(whose[one.customer_id], one)
    tiers = tiers_of_each_at([one.id for one in newest.values()], at)
    points = _points(newest.values(), at)
    return {
        person: (one.programme.slug, one.enrolled_at.date().isoformat(), tiers.get(one.id, ""), points[one.id])
        for person, one in newest.items()
    }


def _points(enrolments: Iterable[Enrolment], at: datetime) -> dict[UUID, str]:
    by_currency: dict[str, list[Enrolment]] = {}
    for one in enrolments:
        by_currency.setdefault(one.programme.points_currency_id, []).append(one)
    texts: dict[UUID, str] = {}
    for currency, members in by_currency.items():
        balances = list_balances(account_ids=[one.account_id for one in members], currency=currency, at=at)
        for one in members:
            scale = one.programme.points_currency.scale
            texts[one.id] = format_points(balances[one.account_id].available, scale)
    return texts


def _plain(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA_SIGNS) else text
