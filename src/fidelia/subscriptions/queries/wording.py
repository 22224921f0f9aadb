"""What became of a paid membership, in words that a member understands."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fidelia.kernel.calendar import last_day, zone_of
from fidelia.kernel.localized import LocalizedText as Text
from fidelia.kernel.money import Money
from fidelia.ui.formats import money, plain_date

from ..models import Subscription

NEWS = {
    "trial": Text("Your trial has begun", "Votre essai a commencé"),
    "opened": Text("Your membership has begun", "Votre abonnement a commencé"),
    "renewed": Text("Your membership goes on", "Votre abonnement continue"),
    "changed": Text("Your membership has changed", "Votre abonnement a changé"),
    "stops_at_end": Text("Your membership will end", "Votre abonnement prendra fin"),
    "ended": Text("Your membership has ended", "Votre abonnement a pris fin"),
    "due": Text("Your membership is to be paid", "Votre abonnement est à régler"),
    "ending": Text("Your membership soon comes to its end", "Votre abonnement arrive bientôt à échéance"),
}
_UNTIL = Text("“{plan}” is yours until {until}.", "«\u00a0{plan}\u00a0» est à vous jusqu’au {until}.")
_FOR_LIFE = Text("“{plan}” is yours for life.", "«\u00a0{plan}\u00a0» est à vous à vie.")
_OVER = Text("“{plan}” is over.", "«\u00a0{plan}\u00a0» est terminé.")
_BACK = Text("“{plan}” is over. You get back {amount}.", "«\u00a0{plan}\u00a0» est terminé. {amount} vous sont rendus.")
_DUE = Text(
    "{amount} are due for “{plan}”; it goes on unpaid until {until}.",
    "{amount} sont à régler pour «\u00a0{plan}\u00a0»\u00a0; il continue impayé jusqu’au {until}.",
)
_RENEWS = Text("“{plan}” is renewed after {until}.", "«\u00a0{plan}\u00a0» sera renouvelé après le {until}.")
_ENDS = Text(
    "“{plan}” ends after {until} unless you renew it.",
    "«\u00a0{plan}\u00a0» prend fin après le {until}, sauf si vous le renouvelez.",
)
_STOPS = Text("“{plan}” ends after {until}.", "«\u00a0{plan}\u00a0» prend fin après le {until}.")
REASONS = {
    "asked": Text("asked for", "à la demande"),
    "stopped": Text("stopped by the member", "arrêté par l’adhérent"),
    "trial_over": Text("the trial is over", "l’essai est terminé"),
    "not_renewed": Text("not renewed", "non renouvelé"),
    "returned": Text("brought back", "rapporté"),
    "erased": Text("erased", "effacé"),
}


def sentence_of_news(what: str, payload: Mapping[str, Any], held: Subscription, language: str) -> str:
    """Return what an event of a subscription means, in a sentence. `payload` is the event's own."""
    zone = zone_of(held.programme.time_zone)

    def day(text: str | None) -> str:
        return "" if not text else plain_date(last_day(datetime.fromisoformat(text), zone), language)

    amount = money(
        Money(abs(payload.get("amount", 0)), held.programme.currency).text(), held.programme.currency, language
    )
    ends_at = payload.get("ends_at")
    texts = {"ended": _BACK if payload.get("amount", 0) < 0 else _OVER, "due": _DUE, "stops_at_end": _STOPS,
             "ending": _RENEWS if payload.get("renews") else _ENDS}  # fmt: skip
    text = texts.get(what, _UNTIL if ends_at else _FOR_LIFE)
    until = day(payload.get("holds_until") if what == "due" else ends_at)
    return text.in_language(language).format(plan=name_of_plan(held, language), until=until, amount=amount)


def name_of_plan(held: Subscription, language: str) -> str:
    """Return the name of the plan as it was bought."""
    name = held.policy["name"]
    return str(name.get(language) or name["en"])


def reason_in_words(reason: str, language: str) -> str:
    """Return why a subscription ended; another's own words as they are."""
    known = REASONS.get(reason)
    return reason if known is None else known.in_language(language)
