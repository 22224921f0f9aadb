"""Movements of points, balances ahead and measures of tiers, in words that a member understands.

One place for the console, the API, the portal and letters: what a person reads is the same everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from fidelia.kernel.calendar import last_day, local_day
from fidelia.kernel.localized import LocalizedText as Text
from fidelia.kernel.money import Money
from fidelia.ledger.models import Entry, Posting
from fidelia.ledger.queries import LotUsed
from fidelia.rules.standing import Standing
from fidelia.rules.tiers import TierSet
from fidelia.ui.formats import minor_points, money, plain_date

from ..models import PointsCurrency, Programme

# By the kind of the posting and where it comes from; a source of none is the kind's own sentence.
SENTENCES: dict[tuple[str, str], Text] = {
    ("earn", "purchase"): Text("You earned {n} by a purchase.", "Vous avez gagné {n} grâce à un achat."),
    ("earn", "grant"): Text("You were given {n}.", "{n} vous ont été offerts."),
    ("earn", ""): Text("You earned {n}.", "Vous avez gagné {n}."),
    ("pend", ""): Text(
        "{n} are on their way: they are yours {when}.", "{n} en attente\u00a0: ils seront à vous {when}."
    ),
    ("activate", ""): Text("{n} that were on their way are yours.", "{n} en attente sont maintenant à vous."),
    ("cancel", ""): Text("What was on its way is not coming.", "Les points en attente sont annulés."),
    ("redeem", ""): Text("You used {n}.", "Vous avez utilisé {n}."),
    ("redeem", "cheque"): Text("{n} became a loyalty cheque.", "{n} transformés en chèque fidélité."),
    ("redeem", "reward"): Text("You chose a reward for {n}.", "Vous avez choisi une récompense pour {n}."),
    ("reverse", "cheque"): Text(
        "Your loyalty cheque was withdrawn: {n} are yours again.",
        "Votre chèque fidélité est repris\u00a0: {n} vous sont rendus.",
    ),
    ("reverse", "reward"): Text(
        "The reward was cancelled: {n} are yours again.", "La récompense est annulée\u00a0: {n} vous sont rendus."
    ),
    ("redeem", "transfer"): Text("{n} were kept of a gift of points.", "{n} retenus sur un don de points."),
    ("redeem", "conversion"): Text("You exchanged {n}.", "Vous avez échangé {n}."),
    ("adjust", "conversion"): Text("You got {n} in exchange.", "Vous avez reçu {n} en échange."),
    ("redeem", "purchase"): Text("You paid with {n}.", "Vous avez payé avec {n}."),
    ("give_back", ""): Text(
        "You got back {n} with which you had paid.", "{n} avec lesquels vous aviez payé vous ont été rendus."
    ),
    ("hold", ""): Text("{n} are kept aside for you.", "{n} sont mis de côté pour vous."),
    ("capture", ""): Text("You used {n}.", "Vous avez utilisé {n}."),
    ("release", ""): Text("{n} kept aside are available again.", "{n} mis de côté sont de nouveau disponibles."),
    ("revoke", ""): Text("{n} went back with what you returned.", "{n} repris avec ce que vous avez rendu."),
    ("adjust", "up"): Text("We added {n}.", "Nous avons ajouté {n}."),
    ("adjust", "down"): Text("We took {n} away.", "Nous avons retiré {n}."),
    ("open", ""): Text("You brought {n} along.", "Vous avez apporté {n}."),
    ("transfer_out", ""): Text("You gave {n} away.", "Vous avez donné {n}."),
    ("transfer_in", ""): Text("You received {n}.", "Vous avez reçu {n}."),
    ("expire", ""): Text("{n} ended on {day}.", "{n} ont expiré le {day}."),
    ("reinstate", ""): Text(
        "{n} that had ended are yours again, until {until}.", "{n} expirés vous sont rendus, jusqu’au {until}."
    ),
    ("extend", ""): Text("Your points live on until {until}.", "Vos points sont prolongés jusqu’au {until}."),
    ("reverse", ""): Text("A movement was undone: {n}.", "Un mouvement a été annulé\u00a0: {n}."),
}
AT_ONCE = Text("when your order is delivered", "à la livraison de votre commande")
ON = Text("on {day}", "le {day}")
FROM_LOTS = Text("Of what you earned on {days}.", "Pris sur ce que vous aviez gagné le {days}.")
AND = Text(" and on ", " et le ")
TAKEN_LESS = Text("{n} of it had ended before.", "{n} avaient déjà expiré.")
GIVEN_UP = Text(
    "{n} were spent already, and we leave it at that.", "{n} étaient déjà dépensés\u00a0: nous en restons là."
)
LOTS_NAMED = 3


@dataclass(frozen=True, slots=True)
class Movement:
    """One posting as a member meets it: its amount added up (minor units, signed), and the lots that it used."""

    posting: Posting
    amount: int
    pending: int = 0
    pending_until: datetime | None = None
    lots: Sequence[LotUsed] = ()


def movement_of(
    posting: Posting, legs: Sequence[Entry], lots: Sequence[LotUsed] = (), pending_until: datetime | None = None
) -> Movement:
    """Return a posting's movement from its legs."""
    return Movement(
        posting=posting,
        amount=sum(leg.amount for leg in legs if leg.code == "member"),
        pending=sum(leg.amount for leg in legs if leg.code == "pending"),
        pending_until=pending_until,
        lots=lots,
    )


def explain_movement(move: Movement, currency: PointsCurrency, zone: ZoneInfo, language: str) -> list[str]:
    """Return what a movement was, as sentences to the member: what, of which points, and what was left aside."""
    posting = move.posting
    sentence = _sentence_of(move).in_language(language)
    until = posting.lives_until
    said = [
        sentence.format(
            n=in_points(abs(move.amount or move.pending), currency, language),
            day=plain_date(local_day(posting.occurred_at, zone), language),
            until=plain_date(last_day(until, zone), language) if until else "",
            when=_when(move, zone, language),
        )
    ]
    if posting.kind in ("redeem", "capture", "transfer_out") and move.lots:
        days = sorted({local_day(lot.earned_at, zone) for lot in move.lots})
        if len(days) <= LOTS_NAMED:
            named = AND.in_language(language).join(plain_date(day, language) for day in days)
            said.append(FROM_LOTS.in_language(language).format(days=named))
    if posting.already_expired:
        n = in_points(posting.already_expired, currency, language)
        said.append(TAKEN_LESS.in_language(language).format(n=n))
    if posting.uncollected:
        said.append(GIVEN_UP.in_language(language).format(n=in_points(posting.uncollected, currency, language)))
    return said


def in_points(amount: int, currency: PointsCurrency, language: str) -> str:
    """Return minor units of a points currency with its name: 120 points, 1 point, 12,50 euros."""
    name = currency.name.in_language(language)
    if abs(amount) == 10**currency.scale:
        name = name.removesuffix("s")
    return f"{minor_points(amount, currency.scale, language)}\u00a0{name}"


def measured(tiers: TierSet, programme: Programme, amount: int, language: str) -> str:
    """Return an amount of what a set of tiers measures, in words: points, money, purchases."""
    if tiers.metric == "spent":
        return money(Money(amount, programme.currency).text(), programme.currency, language)
    elif tiers.metric == "purchases":
        word = Text("purchases", "achats") if amount != 1 else Text("purchase", "achat")
        return f"{amount}\u00a0{word.in_language(language)}"
    currency = programme.points_currency
    if tiers.currency not in ("", currency.code):
        currency = programme.more_currencies.select_related("currency").get(currency_id=tiers.currency).currency
    return in_points(amount, currency, language)


def next_words(standing: Standing, programme: Programme, language: str) -> str:
    """Return what is missing to the next level by all its measures, “300 points and 120 €”; empty for nothing."""
    missing = [(standing.tiers, standing.next_missing), *((one.measure, one.next_missing) for one in standing.besides)]
    return _together(missing, programme, language)


def keep_words(standing: Standing, programme: Programme, language: str) -> str:
    """Return what keeps the level held on by all its measures; empty for nothing, or where it cannot be said."""
    missing = [(standing.tiers, standing.keep_missing), *((one.measure, one.keep_missing) for one in standing.besides)]
    return _together(missing, programme, language)


def _together(missing: Iterable[tuple[TierSet, int]], programme: Programme, language: str) -> str:
    said = [measured(tiers, programme, amount, language) for tiers, amount in missing if amount > 0]
    return Text(" and ", " et ").in_language(language).join(said)


def _sentence_of(move: Movement) -> Text:
    posting = move.posting
    source = posting.source_type
    if posting.kind == "adjust" and (posting.kind, source) not in SENTENCES:
        source = "up" if move.amount >= 0 else "down"
    return SENTENCES.get((posting.kind, source)) or SENTENCES[posting.kind, ""]


def _when(move: Movement, zone: ZoneInfo, language: str) -> str:
    if move.pending_until is None:
        return AT_ONCE.in_language(language)
    return ON.in_language(language).format(day=plain_date(local_day(move.pending_until, zone), language))
