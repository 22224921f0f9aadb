"""The life of points and the tiers of a version, in sentences that a member understands; the console shows them too."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from fidelia.kernel.localized import LocalizedText as Text
from fidelia.kernel.money import Money
from fidelia.rules.points_terms import PendingPolicy
from fidelia.rules.spans import Span
from fidelia.rules.terms import PointsPolicy
from fidelia.rules.tiers import TierSet
from fidelia.rules.transfer_terms import TransferPolicy
from fidelia.ui.formats import money, plain_date

from ..models import PointsCurrency, Programme
from .words import in_points, measured

ENDS = {
    "day": Text("to the end of that day", "jusqu’à la fin de ce jour"),
    "week": Text("to the end of that week", "jusqu’à la fin de cette semaine"),
    "month": Text("to the end of that month", "jusqu’à la fin de ce mois"),
    "quarter": Text("to the end of that quarter", "jusqu’à la fin de ce trimestre"),
    "half_year": Text("to the end of that half-year", "jusqu’à la fin de ce semestre"),
    "year": Text("to the end of that year", "jusqu’à la fin de cette année"),
}
NEXT_OF = Text("to the next {dates}", "jusqu’au prochain {dates}")
OR = Text(" or ", " ou ")
NEVER = Text("Points never expire.", "Les points n’expirent jamais.")
FROM_EARNING = Text(
    "Points live {span} after they were earned, {end}.", "Les points vivent {span} après leur gain, {end}."
)
FROM_ACTIVITY = Text(
    "Points live {span} after the last activity, {end}; {activities} lets all of them live on.",
    "Les points vivent {span} après la dernière activité, {end}\u00a0; {activities} les prolonge tous.",
)
SAME_DAY = Text("through", "au plus")
ACTIVITIES = {"earn": Text("earning", "gagner"), "redeem": Text("spending", "dépenser")}
WAITING = {
    "days": Text("They are there after {n} days.", "Ils sont disponibles après {n} jours."),
    "span": Text("They are there {span} after they were earned.", "Ils sont disponibles {span} après leur gain."),
    "ends": Text("They wait {span}, {end}.", "Ils attendent {span}, {end}."),
    "to": Text("They wait {end}.", "Ils attendent {end}."),
    "dates": Text("They are there from the next {dates} on.", "Ils sont disponibles à partir du prochain {dates}."),
    "until": Text("They are there from {day} on.", "Ils sont disponibles à partir du {day}."),
    "event": Text(
        "They are there when “{event}” is reported.", "Ils sont disponibles à l’événement «\u00a0{event}\u00a0»."
    ),
}
GIVEN_UP = Text(
    "If it does not come within {n} days they are given up.", "S’il ne vient pas sous {n} jours, ils sont annulés."
)
NOTICE = Text("The member is told {n} days before.", "L’adhérent est prévenu {n} jours avant.")
BACK = Text(
    "Expired points can be given back for {n} days.", "Des points expirés peuvent être rendus pendant {n} jours."
)
KEPT_WITH = Text(
    "While a tier that keeps points alive is held, none of them ends.",
    "Tant qu’un statut qui préserve les points est détenu, aucun n’expire.",
)
RESTART = Text("Points given to another begin a new life.", "Des points donnés recommencent leur vie.")
NOT_GIVEN = Text("Points are not given to others.", "Les points ne se donnent pas.")
GIVEN_MINIMUM = Text("One gives {points} at least.", "On donne au moins {points}.")
GIVEN_MAXIMUM = Text("One gives {points} at most at a time.", "On donne au plus {points} à la fois.")
GIVEN_STEP = Text("One gives in whole steps of {points}.", "On donne par tranches entières de {points}.")
GIVEN_FEE = Text("{points} are kept of each gift.", "{points} sont retenus sur chaque don.")
PAYS = Text(
    "{points} pay {money}, from {minimum}, up to {share}\u00a0% of what is due.",
    "{points} paient {money}, dès {minimum}, jusqu’à {share}\u00a0% du montant dû.",
)
PAYS_AT_MOST = {
    "day": Text("At most {points} pay in a day.", "Au plus {points} par jour."),
    "week": Text("At most {points} pay in a week.", "Au plus {points} par semaine."),
    "month": Text("At most {points} pay in a month.", "Au plus {points} par mois."),
    "quarter": Text("At most {points} pay in a quarter.", "Au plus {points} par trimestre."),
    "year": Text("At most {points} pay in a year.", "Au plus {points} par an."),
}
APPROVAL = Text(
    "A correction by hand above {points} needs a second person.",
    "Une correction à la main au-delà de {points} demande une seconde personne.",
)
CONFIRMED = Text(
    "Spending more than {points} at once needs a code that the member is sent.",
    "Dépenser plus de {points} d’un coup demande un code envoyé à l’adhérent.",
)
METRICS = {
    "earned": Text("Points earned", "Les points gagnés"),
    "spent": Text("Money spent", "Les montants dépensés"),
    "purchases": Text("Purchases", "Les achats"),
    "balance": Text("The balance", "Le solde"),
}
WINDOWS = {
    "rolling": Text("of the last {n} days", "des {n} derniers jours"),
    "month": Text("of the calendar month", "du mois civil"),
    "quarter": Text("of the calendar quarter", "du trimestre civil"),
    "half_year": Text("of the calendar half-year", "du semestre civil"),
    "year": Text("of the calendar year", "de l’année civile"),
    "anniversary": Text("of the year since joining", "de l’année d’adhésion"),
    "dates": Text("of the period that began on {dates}", "de la période commencée le {dates}"),
    "tier": Text("of the year of the tier", "de l’année du statut"),
    "ever": Text("of the day", "du jour"),
}
COUNT = Text("{metric} {window} count.", "{metric} {window} comptent.")
ALSO = Text("Or {tier} by: {amount}.", "Ou {tier} par\u00a0: {amount}.")
TOGETHER = Text("And {tier} needs besides: {amount}.", "Et {tier} demande en plus\u00a0: {amount}.")
AT_ONCE = Text("A tier reached begins at once.", "Un statut atteint commence aussitôt.")
NEXT_PERIOD = Text("A tier reached begins with the next period.", "Un statut atteint commence à la période suivante.")
KEPT = Text("It is kept for {span}, {end}.", "Il est gardé {span}, {end}.")
KEPT_TO = Text("It is kept {end}.", "Il est gardé {end}.")
KEPT_PERIODS = {
    0: Text("It is kept to the end of the period.", "Il est gardé jusqu’à la fin de la période."),
    1: Text("It is kept to the end of the next period.", "Il est gardé jusqu’à la fin de la période suivante."),
}
KEPT_MORE = Text("It is kept for {n} more periods.", "Il est gardé {n} périodes de plus.")
GRACE = Text("Then there are {span} more to reach it again.", "Puis il reste {span} pour l’atteindre de nouveau.")
RUNS_ON = Text(
    "Who misses it holds it for {span} more, {end}, before the tier that follows begins.",
    "Qui le manque le garde encore {span}, {end}, avant que commence le statut suivant.",
)
FALLS = {
    "to_earned": Text("Then it is what the window gives.", "Puis il devient ce que la période donne."),
    "one_step": Text("Who misses it falls by one tier at most.", "Qui le manque descend d’un statut au plus."),
    "never": Text("Nobody falls: a tier reached is kept.", "Personne ne descend\u00a0: un statut atteint est gardé."),
}
LOST_AT_ONCE = Text("It goes when the balance no longer gives it.", "Il se perd dès que le solde ne le donne plus.")
FROM_EACH_ACTIVITY = Text("Each activity lets it begin anew.", "Chaque activité fait repartir ce délai.")
KEEPS = Text("“{tier}” is kept on with {amount}.", "«\u00a0{tier}\u00a0» est gardé avec {amount}.")
PERMANENT = Text(
    "Who has reached “{tier}” never falls below it.", "Qui a atteint «\u00a0{tier}\u00a0» ne descend jamais plus bas."
)
CARRIED_ONCE = Text(
    "What was carried over is not carried again.", "Ce qui a été reporté ne l’est pas une seconde fois."
)
CARRIED_BY_WHO_KEEPS = Text(
    "Who falls to a lower tier carries nothing over.", "Qui descend d’un statut ne reporte rien."
)
CARRIES = Text(
    "What a period brings beyond the tier it gives counts in the next one.",
    "Ce qu’une période apporte au-delà du statut qu’elle donne compte pour la suivante.",
)
LIFETIME = Text(
    "Who has gathered enough in all the years keeps a tier for life.",
    "Qui a assez cumulé au fil des années garde un statut à vie.",
)
ON_RETURN = {
    "lower": Text(
        "Whoever gives back what had earned a tier loses it.", "Qui rend ce qui l’avait fait gagner le perd."
    ),
    "keep": Text(
        "Whoever gives back what had earned a tier keeps it.", "Qui rend ce qui l’avait fait gagner le garde."
    ),
}


def describe_points(policy: PointsPolicy, currency: PointsCurrency, programme: Programme, language: str) -> list[str]:
    """Return the life of points in sentences."""
    said = [_life(policy, language)]
    if policy.kept_with:
        said.append(KEPT_WITH.in_language(language))
    if policy.pending is not None:
        said += _pending(policy.pending, language)
    if policy.notice_days:
        days = OR.in_language(language).join(map(str, policy.notice_days))
        said.append(NOTICE.in_language(language).format(n=days))
    if policy.reinstatement_days:
        said.append(BACK.in_language(language).format(n=policy.reinstatement_days))
    said += _transfers(policy.transfers, currency, language)
    if policy.pays is not None:
        pays = policy.pays
        said.append(
            PAYS.in_language(language).format(
                points=in_points(pays.points, currency, language),
                money=money(Money(pays.money, programme.currency).text(), programme.currency, language),
                minimum=in_points(max(pays.minimum, pays.smallest_step), currency, language),
                share=pays.share,
            )
        )
        if pays.at_most is not None:
            most = in_points(pays.at_most, currency, language)
            said.append(PAYS_AT_MOST[pays.per].in_language(language).format(points=most))
    if policy.approval_above is not None:
        said.append(APPROVAL.in_language(language).format(points=in_points(policy.approval_above, currency, language)))
    if policy.confirmed_above is not None:
        points = in_points(policy.confirmed_above, currency, language)
        said.append(CONFIRMED.in_language(language).format(points=points))
    return said


def _transfers(policy: TransferPolicy, currency: PointsCurrency, language: str) -> list[str]:
    if policy.life == "refused":
        return [NOT_GIVEN.in_language(language)]
    amounts = [
        (GIVEN_MINIMUM, policy.minimum if policy.minimum > 1 else None), (GIVEN_MAXIMUM, policy.maximum),
        (GIVEN_STEP, policy.step if policy.step > 1 else None), (GIVEN_FEE, policy.fee or None),
    ]  # fmt: skip
    return [RESTART.in_language(language)] * (policy.life == "restart") + [
        text.in_language(language).format(points=in_points(amount, currency, language))
        for text, amount in amounts
        if amount is not None
    ]


def describe_tiers(tiers: TierSet, language: str) -> list[str]:
    """Return how a set of tiers works, in sentences."""
    said = [
        COUNT.in_language(language).format(
            metric=METRICS[tiers.metric].in_language(language), window=window_words(tiers, language)
        ),
        (AT_ONCE if tiers.begins == "at_once" else NEXT_PERIOD).in_language(language),
        _kept(tiers, language),
    ]
    if tiers.grace is not None:
        said.append(GRACE.in_language(language).format(span=span_words(tiers.grace, language)))
    if tiers.runs_on is not None:
        said.append(
            RUNS_ON.in_language(language).format(
                span=span_words(tiers.runs_on, language), end=span_end_words(tiers.runs_on, language)
            )
        )
    if tiers.kept_from == "activity":
        said.append(FROM_EACH_ACTIVITY.in_language(language))
    if tiers.carries:
        said.append(CARRIES.in_language(language))
        said += [CARRIED_ONCE.in_language(language)] if tiers.carries == "excess_once" else []
        said += [CARRIED_BY_WHO_KEEPS.in_language(language)] if tiers.carries_above == "held" else []
    permanent = [level.name.in_language(language) for level in tiers.levels if level.is_permanent]
    said += [PERMANENT.in_language(language).format(tier=name) for name in permanent]
    if any(level.lifetime is not None for level in tiers.levels):
        said.append(LIFETIME.in_language(language))
    return [*said, FALLS[tiers.falls].in_language(language), ON_RETURN[tiers.on_return].in_language(language)]


def keep_words(tiers: TierSet, programme: Programme, language: str) -> list[str]:
    """Return what other measures give a level, and with how much one is kept on that takes less than to reach it."""
    return _also_words(tiers, programme, language) + [
        KEEPS.in_language(language).format(
            tier=level.name.in_language(language), amount=threshold_words(tiers, level.keeping, programme, language)
        )
        for level in tiers.levels
        if level.keep is not None
    ]


def _also_words(tiers: TierSet, programme: Programme, language: str) -> list[str]:
    names = {one.currency_id: one.currency for one in programme.more_currencies.select_related("currency")}
    return [
        text.in_language(language).format(
            tier=level.name.in_language(language),
            amount=in_points(level.threshold, names[other.currency], language)
            if other.metric == "earned" and other.currency in names
            else threshold_words(other, level.threshold, programme, language),
        )
        for text, others in ((ALSO, tiers.also), (TOGETHER, tiers.together))
        for other in others
        for level in other.levels
    ]


def threshold_words(tiers: TierSet, threshold: int, programme: Programme, language: str) -> str:
    """Return what a tier asks for: 1 000 points, 500,00 €, 12 achats."""
    return measured(tiers, programme, threshold, language)


def window_words(tiers: TierSet, language: str) -> str:
    """Return over what a set measures: of the last 365 days, of the calendar year."""
    dates = _dates_words(tiers.window_dates, language)
    return WINDOWS[tiers.window].in_language(language).format(n=tiers.window_days, dates=dates)


def span_words(span: Span, language: str) -> str:
    """Return a span without its end: 12 months, 1 month and 10 days."""
    parts = []
    if span.months:
        word = Text("month" if span.months == 1 else "months", "mois")
        parts.append(f"{span.months}\u00a0{word.in_language(language)}")
    if span.days or not span.months:
        plural = span.days > 1 or (span.days == 0 and language != "fr")
        word = Text("days" if plural else "day", "jours" if plural else "jour")
        parts.append(f"{span.days}\u00a0{word.in_language(language)}")
    return Text(" and ", " et ").in_language(language).join(parts)


def _life(policy: PointsPolicy, language: str) -> str:
    life = policy.life
    if life is None:
        return NEVER.in_language(language)
    sentence = FROM_ACTIVITY if policy.counts_from == "activity" else FROM_EARNING
    activities = OR.in_language(language).join(ACTIVITIES[each].in_language(language) for each in policy.renewed_by)
    return sentence.in_language(language).format(
        span=span_words(life, language), end=span_end_words(life, language), activities=activities
    )


def span_end_words(span: Span, language: str) -> str:
    """Return where a span ends: to the end of that month, to the next 30 September."""
    if isinstance(span.ends, str):
        return ENDS[span.ends].in_language(language)
    return NEXT_OF.in_language(language).format(dates=_dates_words(span.ends, language))


def _dates_words(dates: Sequence[tuple[int, int]], language: str) -> str:
    return OR.in_language(language).join(day_of_year(one, language) for one in dates)


def day_of_year(one: tuple[int, int], language: str) -> str:
    """Return a date of each year in words: 30 September."""
    return plain_date(date(2024, *one), language).removesuffix(" 2024")


def _pending(policy: PendingPolicy, language: str) -> list[str]:
    if policy.event:
        said = [WAITING["event"].in_language(language).format(event=policy.event)]
    elif policy.until is not None:
        said = [WAITING["until"].in_language(language).format(day=plain_date(policy.until, language))]
    else:
        said = [_waiting(policy, language)]
    if policy.cancelled_after_days is not None:
        said.append(GIVEN_UP.in_language(language).format(n=policy.cancelled_after_days))
    return said


def _waiting(policy: PendingPolicy, language: str) -> str:
    span = Span(policy.months, policy.days or 0, policy.dates or policy.ends)
    words = {"span": span_words(span, language), "end": span_end_words(span, language), "n": policy.days}
    if policy.dates:
        kind, words["dates"] = "dates", _dates_words(policy.dates, language)
    elif policy.ends != "day":
        kind = "ends" if span.months or span.days else "to"
    else:
        kind = "span" if policy.months else "days"
    return WAITING[kind].in_language(language).format(**words)


def _kept(tiers: TierSet, language: str) -> str:
    if tiers.is_lost_at_once:
        return LOST_AT_ONCE.in_language(language)
    kept = Span(days=tiers.kept_days) if tiers.kept is None else tiers.kept
    if isinstance(kept, int):
        return KEPT_PERIODS.get(kept, KEPT_MORE).in_language(language).format(n=kept)
    elif not kept.months and not kept.days:
        return KEPT_TO.in_language(language).format(end=span_end_words(kept, language))
    return KEPT.in_language(language).format(span=span_words(kept, language), end=span_end_words(kept, language))
