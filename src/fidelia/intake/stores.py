"""A file of stores. The kind is here because organisation lies below and knows no files."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from fidelia.kernel.actor import Actor
from fidelia.kernel.calendar import zone_of
from fidelia.kernel.errors import Invalid
from fidelia.kernel.localized import LocalizedText as Text
from fidelia.kernel.money import exponent_of
from fidelia.organisation.models import Channel, Partner, Store
from fidelia.organisation.operations import STORE_FACTS, NewStore, place_stores, stores_said_before
from fidelia.organisation.queries import get_operator

from .changes import Book
from .errors import MalformedMapping
from .kinds import ImportKind, Total
from .models import Import
from .plain import KNOWN, READY, PlainSteps
from .staged import REASONS as STAGED_REASONS
from .staged import OpenRow, RowReader, bad
from .targets import Column, Kind, Option, Target
from .values import read_country

OPENED = date(2000, 1, 1)
_CODE = re.compile(r"[\w.-]{1,40}")
_CHANNELS = {
    "store": "store", "magasin": "store", "shop": "store", "boutique": "store", "web": "web", "online": "web",
    "site": "web", "en ligne": "web", "internet": "web", "phone": "phone", "téléphone": "phone",
}  # fmt: skip
STORES = Target(
    "stores",
    Text("Stores", "Magasins"),
    columns=(
        Column(
            "code", Text("Store code", "Code magasin"), Kind.CODE, required=True, length_max=40,
            synonyms=("store code", "code magasin", "store", "magasin", "store id", "code pdv", "pdv", "code", "site",
                      "n° magasin", "store number", "werks", "store nbr", "plant"),
            unique=True,
        ),
        Column(
            "banner", Text("Banner", "Enseigne"), Kind.TEXT, length_max=40,
            synonyms=("banner", "enseigne", "chain", "format"),
        ),
        Column(
            "name", Text("Name", "Nom"), Kind.TEXT, length_max=150,
            synonyms=("name", "nom", "store name", "nom magasin", "libellé", "libellé magasin", "business name",
            "name1"),
        ),
        Column(
            "channel", Text("Channel", "Canal"), Kind.TEXT, synonyms=("channel", "canal", "type", "store type"),
            choices=tuple(Channel.values),
        ),
        Column(
            "address", Text("Address", "Adresse"), Kind.TEXT, length_max=300,
            synonyms=("address", "adresse", "rue", "street", "address line 1", "adresse 1", "stras"),
        ),
        Column(
            "postal_code", Text("Postal code", "Code postal"), Kind.CODE, length_max=20,
            synonyms=("postal code", "code postal", "cp", "zip", "zip code", "postcode", "pstlz"),
        ),
        Column(
            "town", Text("Town", "Ville"), Kind.TEXT, length_max=150, synonyms=("town", "city", "ville", "commune",
            "locality", "ort01"),
        ),
        Column("country", Text("Country", "Pays"), Kind.COUNTRY, synonyms=("country", "pays", "code pays", "land1")),
        Column(
            "zone", Text("Zone", "Zone"), Kind.TEXT, length_max=60,
            synonyms=("zone", "region", "région", "secteur", "area", "district"),
            not_beside=("country", "pays"),
        ),
        Column(
            "opened_on", Text("Opened on", "Ouvert le"), Kind.DAY,
            synonyms=("opened on", "opening date", "date d’ouverture", "ouverture", "ouvert le", "open date",
            "opening", "dt ouverture"),
        ),
        Column(
            "closed_on", Text("Closed on", "Fermé le"), Kind.DAY,
            synonyms=("closed on", "closing date", "date de fermeture", "fermeture", "fermé le", "close date",
            "closing"),
        ),
    ),
    options=(
        Option("partner", Text("Company, by its code", "Entreprise, par son code"),
               help=Text("Empty where there is one.", "Vide s’il n’y en a qu’une.")),
        Option("banner", Text("Banner of those without one", "Enseigne de ceux qui n’en ont pas")),
        Option("currency", Text("Currency", "Devise"), default=""),
        Option("time_zone", Text("Time zone", "Fuseau horaire"), default=""),
    ),
)  # fmt: skip
REASONS = {
    **STAGED_REASONS,
    "not_a_store_code": Text(
        "“{text}” is not a code: letters, digits, dots, hyphens and underscores",
        "« {text} » n’est pas un code : lettres, chiffres, points, tirets et tirets bas",
    ),
    "no_banner": Text("no banner is named", "aucune enseigne n’est nommée"),
    "closed_before_opened": Text("it closed on {text}, before it opened", "fermé le {text}, avant son ouverture"),
}


class _StoreReader:
    """What reads the rows of one import: the company, and what a store has where its row says nothing."""

    def __init__(self, rows: RowReader) -> None:
        self.rows = rows
        self.partner = _partner_of(rows.options.get("partner"))
        operator = get_operator()
        currency = str(rows.options["currency"] or self.partner.currency)
        time_zone = str(rows.options["time_zone"] or operator.time_zone)
        try:
            exponent_of(currency)
            zone_of(time_zone)
        except Invalid as refused:
            raise MalformedMapping(str(refused), pointer="/options") from None
        self.defaults = NewStore(
            code="", banner=str(rows.options.get("banner") or ""), channel="store", country=self.partner.country,
            currency=currency, time_zone=time_zone, opened_on=OPENED,
        )  # fmt: skip

    def __call__(self, row: OpenRow) -> tuple[UUID, NewStore, NewStore]:
        code = row.required("code", 40)
        if not _CODE.fullmatch(code):
            raise bad("not_a_store_code", text=code)
        banner = row.text("banner", 40) or self.defaults.banner
        if not banner:
            raise bad("no_banner")
        opened_on, closed_on = row.day("opened_on"), row.day("closed_on")
        if closed_on is not None and closed_on < (opened_on or OPENED):
            raise bad("closed_before_opened", text=closed_on.isoformat())
        country = row.cell("country")
        store = NewStore(
            code=code, banner=banner, name=row.text("name", 150) or None, channel=self._channel(row),
            country=read_country(country) if country else None, address=row.text("address", 300) or None,
            postal_code=row.text("postal_code", 20) or None, town=row.text("town", 150) or None,
            zone=row.text("zone", 60) or None, opened_on=opened_on, closed_on=closed_on,
        )  # fmt: skip
        return self.partner.id, self.defaults, store

    def _channel(self, row: OpenRow) -> str | None:
        return _CHANNELS.get(row.text("channel").casefold())


def _partner_of(code: object) -> Partner:
    partners = list(Partner.objects.filter(code=code) if code else Partner.objects.all()[:2])
    if len(partners) != 1:
        raise MalformedMapping(
            "Name the company of these stores by its code." if partners else "There is no such company yet.",
            pointer="/options/partner",
        )
    return partners[0]


def understand(rows: RowReader, _found: Import, _at: datetime) -> Any:
    """Return what reads one row of this import. Raises MalformedMapping, OperatorNotSetUp."""
    return _StoreReader(rows)


def judge(items: Sequence[tuple[UUID, NewStore, NewStore]]) -> list[tuple[Any, ...]]:
    if not items:
        return []
    said = stores_said_before(partner_id=items[0][0], rows=[store for _partner, _defaults, store in items])
    return [KNOWN if is_known else READY for is_known in said]


def write(
    items: Sequence[tuple[UUID, NewStore, NewStore]], *, by: Actor, at: datetime, found: Import
) -> Mapping[str, int]:
    if not items:
        return {}
    placed = place_stores(
        by=by, at=at, partner_id=items[0][0], defaults=items[0][1], rows=[store for _partner, _defaults, store in items]
    )
    return {"added_stores": placed.added, "changed_stores": placed.changed, "added_banners": placed.banners}


BOOK: Book[tuple[UUID, NewStore, NewStore]] = Book(
    Store,
    STORE_FACTS,
    lambda items: Store.objects.filter(partner_id=items[0][0], code__in={item[2].code for item in items}),
    named_as="store_id",
)
STEPS = PlainSteps(
    STORES, "store.add", understand, lambda item: (item[2].banner.casefold(), item[2].code), judge, write, BOOK
)
STORES_KIND = ImportKind(
    STORES,
    "store.add",
    STEPS.check,
    STEPS.record,
    STEPS.undo,
    reasons=REASONS,
    totals=(
        Total(
            "added_stores",
            Text("New stores", "Nouveaux magasins"),
            Text("Codes not known before under their banner.", "Codes inconnus jusque-là sous leur enseigne."),
        ),
        Total(
            "changed_stores",
            Text("Changed stores", "Magasins modifiés"),
            Text("Of which the file says something else.", "Dont le fichier dit autre chose."),
        ),
    ),
)
