"""Bring in what a former system still owes: gift cards with their balances, and vouchers not yet used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

from fidelia.customers.queries import find_by_identities, normalise_identity
from fidelia.intake.kinds import ImportKind, Total
from fidelia.intake.models import Import
from fidelia.intake.plain import KNOWN, READY, PlainSteps
from fidelia.intake.staged import REASONS as STAGED_REASONS
from fidelia.intake.staged import OpenRow, RowReader, bad
from fidelia.intake.targets import Column, Kind, Option, Target
from fidelia.intake.values import BadCell
from fidelia.kernel.actor import Actor
from fidelia.kernel.calendar import end_of_day, local_day, zone_of
from fidelia.kernel.errors import Invalid
from fidelia.kernel.ids import new_id
from fidelia.kernel.localized import LocalizedText as Text
from fidelia.kernel.money import Money, exponent_of
from fidelia.kernel.outbox import Origin
from fidelia.programme.models import Programme
from fidelia.programme.queries import get_only_programme, get_programme

from ..errors import SeriesEnded, UnknownSeries
from ..models import CouponCode, CouponSeries, GiftCard, GiftCardMovement, Voucher
from .audit import audit
from .coupons import check_unique
from .import_undoing import revive, taken_back, undo_coupons, undo_gift_cards, undo_vouchers
from .patterns import read_code
from .vouchers import NewVoucher, write_vouchers

AMOUNT_MAX: Final = 10**12
SOURCE: Final = "import"
_CODE = Column(
    "code", Text("Code", "Code"), Kind.CODE, required=True, length_max=80,
    synonyms=("code", "number", "numéro", "n° carte", "gift card", "carte cadeau", "gift card number", "voucher code",
              "code bon", "bon d’achat", "n° bon", "numéro de carte", "card number", "voucher"),
)  # fmt: skip
_AMOUNT = Column(
    "amount", Text("What is left", "Reste à utiliser"), Kind.MONEY, required=True,
    synonyms=("balance", "solde", "amount", "montant", "value", "valeur", "remaining", "reste", "solde restant",
              "remaining balance", "amount left", "montant restant"),
)  # fmt: skip
_UNTIL = Column(
    "valid_until", Text("Valid until", "Valable jusqu’au"), Kind.DAY,
    synonyms=("valid until", "expiry", "expires", "expiry date", "valable jusqu’au", "date d’expiration", "expiration",
              "échéance", "fin de validité", "end date"),
)  # fmt: skip
_HOLDER = Column(
    "card", Text("Loyalty card of who holds it", "Carte de fidélité du titulaire"), Kind.CODE, length_max=80,
    synonyms=("loyalty card", "carte de fidélité", "member card", "member", "adhérent", "n° adhérent", "carte client"),
)  # fmt: skip
_PROGRAMME = Option(
    "programme", Text("Programme", "Programme"), help=Text("Empty where there is one.", "Vide s’il n’y en a qu’un.")
)
GIFT_CARDS = Target(
    "gift_cards", Text("Gift cards still to be spent", "Cartes cadeaux en circulation"),
    columns=(
        _CODE, _AMOUNT, _UNTIL,
        Column("sold_on", Text("Sold on", "Vendue le"), Kind.DAY,
               synonyms=("sold on", "sold", "vendue le", "date de vente", "date d’achat", "issued on")),
        _HOLDER,
    ),
    options=(_PROGRAMME,),
)  # fmt: skip
VOUCHERS = Target(
    "vouchers", Text("Vouchers not yet used", "Bons d’achat en circulation"),
    columns=(
        _CODE, _AMOUNT, _UNTIL,
        Column("minimum_basket", Text("Smallest basket", "Panier minimum"), Kind.MONEY,
               synonyms=("minimum", "minimum basket", "panier minimum", "minimum d’achat", "minimum purchase")),
        _HOLDER,
    ),
    options=(
        _PROGRAMME,
        Option("name_en", Text("Name in English", "Nom en anglais"), default="Voucher"),
        Option("name_fr", Text("Name in French", "Nom en français"), default="Bon d’achat"),
    ),
)  # fmt: skip
COUPONS = Target(
    "coupons", Text("Coupons not yet used", "Coupons en circulation"), columns=(_CODE, _UNTIL, _HOLDER),
    options=(
        _PROGRAMME,
        Option("series", Text("Key of the series", "Clé de la série"), required=True,
               help=Text("A series of unique codes that is there.", "Une série existante de codes uniques.")),
    ),
)  # fmt: skip
AMOUNTS = tuple(
    Total(f"{place}_amount", Text(*label), Text(*meaning), unit="money", place=place)  # type: ignore[arg-type]
    for place, label, meaning in (
        ("file", ("Money in the file", "Montant du fichier"),
         ("What is left, in all rows that could be read.", "Ce qui reste, de toutes les lignes lues.")),
        ("recorded", ("Money recorded", "Montant enregistré"),
         ("Owed from then on.", "Dû à partir de là.")),
        ("known", ("Money known before", "Montant déjà connu"),
         ("Of codes that are here already.", "De codes déjà présents.")),
        ("double", ("Money of doubles", "Montant en double"), ("Counted once.", "Compté une fois.")),
        ("rejected", ("Money rejected", "Montant rejeté"),
         ("Of rows that could be read and not taken.", "De lignes lues mais refusées.")),
    )
)  # fmt: skip
REASONS = {
    **STAGED_REASONS,
    "not_a_code": Text("“{text}” is not a code of 4 to 64 letters and digits",
                       "« {text} » n’est pas un code de 4 à 64 lettres et chiffres"),
    "nothing_left": Text("nothing is left on it", "il n’y reste rien"),
    "has_expired": Text("it expired on {text}", "il a expiré le {text}"),
    "unknown_holder": Text("nobody has the loyalty card “{text}”", "personne n’a la carte de fidélité « {text} »"),
    "code_in_use": Text("another thing has the code “{text}”", "le code « {text} » sert déjà à autre chose"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Owed:
    """A row understood: money in minor units under a code, until the end of a day, of who has a card or of nobody."""

    programme: Programme
    code: str
    amount: int
    valid_until: date | None
    since: date | None
    minimum: int
    card: str
    name: Text
    series: CouponSeries | None = None


def understand(rows: RowReader, _found: Import, at: datetime) -> Any:
    """Return what reads one row of this import. Raises UnknownProgramme."""
    slug = rows.options.get("programme")
    programme = get_programme(str(slug)) if slug else get_only_programme(sandbox=False)
    name = Text(str(rows.options.get("name_en") or "Voucher"), str(rows.options.get("name_fr") or "Bon d’achat"))
    return partial(_read, programme, name, local_day(at, zone_of(programme.time_zone)))


def understand_coupons(rows: RowReader, found: Import, at: datetime) -> Any:
    """Return what reads one row of coupons. Raises UnknownProgramme, UnknownSeries, MalformedSeries, SeriesEnded."""
    slug = rows.options.get("programme")
    programme = get_programme(str(slug)) if slug else get_only_programme(sandbox=False)
    series = CouponSeries.objects.filter(programme=programme, key=str(rows.options.get("series") or "")).first()
    if series is None:
        raise UnknownSeries("There is no such series of coupons.", pointer="/options/series")
    check_unique(series)
    if series.ended_at is not None:
        raise SeriesEnded("This series has ended.")
    return partial(_read_coupon, programme, series, local_day(at, zone_of(programme.time_zone)))


def _read_coupon(programme: Programme, series: CouponSeries, today: date, row: OpenRow) -> Owed:
    text = row.required("code", 80)
    try:
        code = read_code(text)
    except Invalid:
        raise bad("not_a_code", text=text) from None
    until, card = row.day("valid_until"), row.cell("card")
    if until is not None and until < today:
        raise bad("has_expired", text=until.isoformat())
    name = Text(series.name.en, series.name.fr)
    return Owed(programme, code, 0, until, None, 0, _card(card) if card else "", name, series)


def _read(programme: Programme, name: Text, today: date, row: OpenRow) -> Owed:
    text, scale = row.required("code", 80), exponent_of(programme.currency)
    try:
        code = read_code(text)
    except Invalid:
        raise bad("not_a_code", text=text) from None
    amount = _money(row, "amount", programme, scale)
    if amount is None:
        raise BadCell.because("missing", column=row.header("amount"))
    if amount <= 0:
        raise bad("nothing_left")
    until = row.day("valid_until")
    if until is not None and until < today:
        raise bad("has_expired", text=until.isoformat())
    minimum = _money(row, "minimum_basket", programme, scale) or 0
    card = row.cell("card")
    since = row.day("sold_on")
    return Owed(programme, code, amount, until, since, max(0, minimum), _card(card) if card else "", name)


def _money(row: OpenRow, name: str, programme: Programme, scale: int) -> int | None:
    amount = row.money(name, programme.currency)
    return None if amount is None else row.exact(name, amount, scale, AMOUNT_MAX)


def _card(text: str) -> str:
    try:
        return normalise_identity("card", text)
    except Invalid:
        raise bad("unknown_holder", text=text) from None


def _judge(model: type[GiftCard] | type[Voucher] | type[CouponCode], items: Sequence[Owed]) -> list[tuple[Any, ...]]:
    """Known is the same code of the same kind, whatever became of it since; of another kind it is refused."""
    if not items:
        return []
    holders = _holders(items)
    codes, programme = [item.code for item in items], items[0].programme
    taken = {
        kind: set(kind.objects.filter(programme_id=programme.id, code__in=codes).values_list("code", flat=True))
        for kind in (GiftCard, Voucher, CouponCode)
    }
    for kind in (GiftCard, Voucher):
        taken[kind] -= set(taken_back(kind, programme, codes))
    return [_judged(item, model, holders, taken) for item in items]


def _judged(item: Owed, model: Any, holders: Mapping[str, UUID], taken: Mapping[Any, set[str]]) -> tuple[Any, ...]:
    if item.card and item.card not in holders:
        return "rejected", "unknown_holder", {"text": item.card}
    if item.code in taken[model]:
        return KNOWN
    if any(item.code in codes for codes in taken.values()):
        return "rejected", "code_in_use", {"text": item.code}
    return READY


def _holders(items: Sequence[Owed]) -> dict[str, UUID]:
    found = find_by_identities({("card", item.card) for item in items if item.card})
    return {value: customer_id for (_scheme, value), customer_id in found.items()}


def write_gift_cards(items: Sequence[Owed], *, by: Actor, at: datetime, found: Import) -> Mapping[str, int]:
    """Write cards with what is left on them, as sold on their day: owed from then on, and never sales of ours."""
    if not items:
        return {}
    holders, zone = _holders(items), zone_of(items[0].programme.time_zone)
    again = taken_back(GiftCard, items[0].programme, [item.code for item in items], locks=True)
    cards = [
        GiftCard(
            id=again[item.code].id if item.code in again else new_id(), programme=item.programme,
            customer_id=holders.get(item.card), code=item.code, currency=item.programme.currency, balance=item.amount,
            movements=again[item.code].movements + 1 if item.code in again else 1, sold_at=_sold_at(item, at, zone),
            expires_at=None if item.valid_until is None else end_of_day(item.valid_until, zone),
        )
        for item in items
    ]  # fmt: skip
    GiftCard.objects.bulk_create([card for card in cards if card.code not in again], batch_size=1_000)
    changed = ["customer_id", "currency", "balance", "movements", "sold_at", "expires_at"]
    GiftCard.objects.bulk_update([card for card in cards if card.code in again], changed, batch_size=1_000)
    GiftCardMovement.objects.bulk_create(
        [
            GiftCardMovement(
                card=card, number=card.movements, kind=GiftCardMovement.Kind.SOLD, amount=card.balance,
                balance_after=card.balance, note=SOURCE, import_id=found.id, occurred_at=card.sold_at, recorded_at=at,
            )
            for card in cards
        ],
        batch_size=1_000,
    )  # fmt: skip
    audit(by, at, "gift_card.sell", found.id, after={"imported": len(cards)})
    return {"added_gift_cards": len(cards), "recorded_amount": sum(item.amount for item in items)}


def _sold_at(item: Owed, at: datetime, zone: Any) -> datetime:
    if item.since is None:
        return at
    return min(at, end_of_day(item.since, zone) - timedelta(hours=12))


def write_outstanding_vouchers(items: Sequence[Owed], *, by: Actor, at: datetime, found: Import) -> Mapping[str, int]:
    """Write vouchers that work from today on, under the codes that people hold; told to nobody."""
    if not items:
        return {}
    programme, holders = items[0].programme, _holders(items)
    revive(taken_back(Voucher, programme, [item.code for item in items], locks=True))
    today = local_day(at, zone_of(programme.time_zone))
    write_vouchers(
        by=by, at=at, programme=programme, origin=Origin.BACKFILL,
        vouchers=[
            NewVoucher(
                amount=Money(item.amount, programme.currency), name=item.name, valid_from=today,
                valid_until=item.valid_until, customer_id=holders.get(item.card), minimum_basket=item.minimum,
                code=item.code, source_type=SOURCE, source_id=found.id,
            )
            for item in items
        ],
    )  # fmt: skip
    return {"added_vouchers": len(items), "recorded_amount": sum(item.amount for item in items)}


def write_outstanding_coupons(items: Sequence[Owed], *, by: Actor, at: datetime, found: Import) -> Mapping[str, int]:
    """Write codes that people hold into their series, given to who holds them; told to nobody."""
    if not items:
        return {}
    holders, zone = _holders(items), zone_of(items[0].programme.time_zone)
    CouponCode.objects.bulk_create(
        [
            CouponCode(
                programme_id=item.programme.id, code=item.code, series=item.series, created_at=at, source_id=found.id,
                customer_id=holders.get(item.card), assigned_at=at if item.card else None,
                valid_until=None if item.valid_until is None else end_of_day(item.valid_until, zone),
            )
            for item in items
        ],
        batch_size=1_000,
    )  # fmt: skip
    audit(by, at, "coupon.generate", found.id, after={"imported": len(items)})
    return {"added_coupons": len(items)}


_GIFT_CARD_STEPS: PlainSteps[Owed] = PlainSteps(
    GIFT_CARDS,
    "gift_card.sell",
    understand,
    lambda item: item.code,
    partial(_judge, GiftCard),
    write_gift_cards,
    amount_of=lambda item: item.amount,
)
_VOUCHER_STEPS: PlainSteps[Owed] = PlainSteps(
    VOUCHERS,
    "voucher.issue",
    understand,
    lambda item: item.code,
    partial(_judge, Voucher),
    write_outstanding_vouchers,
    amount_of=lambda item: item.amount,
)
_COUPON_STEPS: PlainSteps[Owed] = PlainSteps(
    COUPONS,
    "coupon.generate",
    understand_coupons,
    lambda item: item.code,
    partial(_judge, CouponCode),
    write_outstanding_coupons,
)
GIFT_CARDS_KIND = ImportKind(
    GIFT_CARDS, "gift_card.sell", _GIFT_CARD_STEPS.check, _GIFT_CARD_STEPS.record, undo_gift_cards,
    reasons=REASONS,
    totals=(Total("added_gift_cards", Text("Gift cards added", "Cartes cadeaux ajoutées"),
                  Text("With what is left on each.", "Avec ce qui reste sur chacune.")), *AMOUNTS),
)  # fmt: skip
VOUCHERS_KIND = ImportKind(
    VOUCHERS, "voucher.issue", _VOUCHER_STEPS.check, _VOUCHER_STEPS.record, undo_vouchers, reasons=REASONS,
    totals=(Total("added_vouchers", Text("Vouchers added", "Bons d’achat ajoutés"),
                  Text("They work from today on.", "Ils fonctionnent dès aujourd’hui.")), *AMOUNTS),
)  # fmt: skip
COUPONS_KIND = ImportKind(
    COUPONS, "coupon.generate", _COUPON_STEPS.check, _COUPON_STEPS.record, undo_coupons, reasons=REASONS,
    totals=(Total("added_coupons", Text("Coupons added", "Coupons ajoutés"),
                  Text("Codes that people hold.", "Codes que des clients détiennent.")),),
)  # fmt: skip
KINDS = (GIFT_CARDS_KIND, VOUCHERS_KIND, COUPONS_KIND)
