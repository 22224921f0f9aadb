"""Rules of the checkout in words: what they do to prices, what they give besides points, and on which terms."""

from __future__ import annotations

from collections.abc import Sequence

from fidelia.kernel.localized import LocalizedText as Text
from fidelia.kernel.money import exponent_of
from fidelia.kernel.points import SCALE_MAX

from .cap_wording import say_bounds
from .effects import (
    Advantage,
    AmountOff,
    Bundle,
    BuyGet,
    CreditPoints,
    CreditTier,
    CustomEffect,
    FixedPrice,
    GiftProduct,
    IssueCode,
    PercentOff,
    PriceTable,
    Sets,
    Volume,
)
from .limit_wording import say_limits
from .points_name import PointsName
from .rule_set import Rule, RuleSet
from .rule_terms import RuleTerms
from .types import Type
from .wording import Words, french_of
from .writing import say_money, say_number, say_percent

_TARGETS = {
    "order": Text(en="the order", fr="la commande"),
    "shipping": Text(en="shipping", fr="la livraison"),
    "all": Text(en="the order with its shipping", fr="la commande avec sa livraison"),
}
_LESS = {
    "lines": Text(en="{target} cost {off} less{each}", fr="{target} coûtent {off} de moins{each}"),
    "one": Text(en="{target} costs {off} less{each}", fr="{target} coûte {off} de moins{each}"),
}
_EACH = {
    "once": Text(en="", fr=""),
    "line": Text(en=" each", fr=" chacune"),
    "unit": Text(en=" for each unit", fr=" par unité"),
}
_FULL = Text(en=" for each full {amount}", fr=" par tranche entière de {amount}")
_TIMES = Text(en=", {n} times at most", fr=", {n} fois au plus")
_SHARED = Text(en=", shared over the whole set", fr=", réparti sur tout le lot")
_NO_DEARER = Text(
    en=", if it costs no more than what was bought", fr=", si le prix ne dépasse pas celui des articles achetés"
)
_BUNDLE_GETS = Text(en="for {bought} together, {got}: {advantage}", fr="pour {bought} ensemble, {got} : {advantage}")
_PASSED_ON = Text(
    en=" (what a line cannot bear, the others do)", fr=" (ce qu’une ligne ne peut pas porter, les autres le portent)"
)
_VOUCHER = Text(en="the worth of the voucher", fr="la valeur du bon")
_PRICE = {
    "unit": Text(en="a unit of {target} costs at most {price}", fr="une unité {de_target} coûte au plus {price}"),
    "line": Text(en="{target} cost at most {price} each", fr="{target} coûtent au plus {price} chacune"),
    "once": Text(en="{target} together cost at most {price}", fr="{target} coûtent ensemble au plus {price}"),
}
_TABLE = Text(
    en="a unit of {target} costs what the table says ({count} prices)",
    fr="une unité {de_target} coûte ce que dit le tarif ({count} prix)",
)
_SETS = Text(
    en="of every {size} units of {target}, {picked}: {advantage}",
    fr="par lot de {size} unités {de_target}, {picked} : {advantage}",
)
_ALL_OF_SET = Text(en="all", fr="toutes")
_PICKED = {
    "cheapest": (Text(en="the cheapest", fr="la moins chère"), Text(en="the {n} cheapest", fr="les {n} moins chères")),
    "dearest": (Text(en="the dearest", fr="la plus chère"), Text(en="the {n} dearest", fr="les {n} plus chères")),
    "last": (Text(en="the last", fr="la dernière"), Text(en="the last {n}", fr="les {n} dernières")),
}
_SKIPPED = Text(en="{picked} after {n}", fr="{picked} après {n}")
_MADE_UP = Text(en=" (sets made from the cheapest up)", fr=" (lots formés depuis les moins chères)")
_BUY_UNITS = Text(
    en="for every {units} bought of {target}, {got}: {advantage}",
    fr="pour {units} unités achetées {de_target}, {got} : {advantage}",
)
_BUY_AMOUNT = Text(
    en="for every {amount} of {target}, {got}: {advantage}",
    fr="par tranche de {amount} {de_target}, {got} : {advantage}",
)
_GOT = Text(en="{n} of {target}", fr="{n} {de_target}")
_GOT_ALL = Text(en="every unit of {target}", fr="toute unité {de_target}")
_GOT_OWN = Text(en="{n} more", fr="{n} de plus")
_BUNDLE = Text(en="together, {parts}: {advantage}", fr="ensemble, {parts} : {advantage}")
_BUNDLE_PICKED = Text(
    en="together, {parts}: of each set, {picked}: {advantage}",
    fr="ensemble, {parts} : de chaque lot, {picked} : {advantage}",
)
_VOLUME = {
    "units": Text(
        en="from {begins} units of {target}: {advantage}", fr="dès {begins} unités {de_target} : {advantage}"
    ),
    "amount": Text(en="from {begins} of {target}: {advantage}", fr="dès {begins} {de_target} : {advantage}"),
}
_MARGINAL = Text(en=" (each unit at its own step)", fr=" (chaque unité à son palier)")
_GIFT = Text(en="{units} × {products} as a gift", fr="{units} × {products} en cadeau")
_GIFT_AT = Text(en="{units} × {products}: {advantage}", fr="{units} × {products} : {advantage}")
_FOR_UNITS = Text(en=" for every {n} units of {target}", fr=" par lot de {n} unités {de_target}")
_FOR_AMOUNT = Text(en=" for every {n} of {target}", fr=" par tranche de {n} {de_target}")
_UNLOCKED = Text(en=", if in the basket", fr=", si présent au panier")
_AND_THEN = Text(en="; ", fr="\u00a0; ")
_OR = Text(en=" or ", fr=" ou ")
_COUPON_ISSUED = Text(en="{count} × coupon “{series}” is issued", fr="{count} × coupon « {series} » est émis")
_VOUCHER_ISSUED = Text(
    en="{count} × voucher “{series}” worth {value} is issued",
    fr="{count} × bon « {series} » d’une valeur de {value} est émis",
)
_LATER = Text(en=" after the return window", fr=" après le délai de retour")
_TIER = Text(en="{points} count for the tier", fr="{points} comptent pour le statut")
_TIER_PROGRAM = Text(
    en="as many {many} as {value} count for the tier", fr="autant de {many} que {value} comptent pour le statut"
)
_CREDIT = Text(en="{n} {currency} beside the points", fr="{n} {currency} en plus des points")
_CREDIT_PROGRAM = Text(
    en="as many {currency} as {value}, beside the points", fr="autant de {currency} que {value}, en plus des points"
)
_CUSTOM = Text(en="the till does “{kind}”", fr="la caisse exécute « {kind} »")
_FREE = Text(en="free", fr="gratuit")
_ADVANTAGES = {
    "percent": Text(en="{amount} off", fr="{amount} de remise"),
    "amount": Text(en="{amount} off", fr="{amount} de remise"),
    "price": Text(en="{amount} each", fr="{amount} l’unité"),
    "set_price": Text(en="{amount} for the set", fr="{amount} le lot"),
    "set_amount": Text(en="{amount} off the set", fr="{amount} de remise sur le lot"),
}
_WITH_COUPON = Text(en=", with a code of “{series}”", fr=", avec un code « {series} »")
_COSTS = Text(en=", for {points} each", fr=", contre {points} chaque fois")
_CLAIMED = Text(en=", when asked for", fr=", à la demande")
_ALONE = Text(en=", and no other advantage on prices", fr=", sans autre avantage sur les prix")
_CONTROL = Text(
    en=", not for the {share} who are left out to measure it",
    fr=", sauf pour les {share} laissés de côté pour le mesurer",
)
_NOT_WITH = Text(en=", not together with {names}", fr=", sans cumul avec {names}")
_OR_WORD = Text(en="or", fr="ou")
_STOPS = Text(en=", and no rule after it lowers a price", fr=", et aucune règle après elle ne baisse un prix")
_CLOSES = Text(
    en=", and no rule after it lowers the same lines", fr=", et aucune règle après elle ne baisse les mêmes lignes"
)
_LEAVES_TAX = Text(en=", taxes counted on the price before it", fr=", taxes calculées sur le prix avant cette remise")


class PriceWords:
    """Says the effect and the terms of one rule in one language. `lines` are its lines, as a noun phrase."""

    def __init__(self, rule: Rule, rule_set: RuleSet, words: Words, lines: str, points_name: PointsName) -> None:
        self.rule = rule
        self.rule_set = rule_set
        self.words = words
        self.tongue = words.language
        self.lines = lines
        self.points_name = points_name

    def fill(self, template: Text, **parts: object) -> str:
        return template.in_language(self.tongue).format(**parts)

    def money(self, amount: int) -> str:
        return say_money(amount, self.rule_set.catalogue.currency, self.tongue)

    def points(self, amount: int) -> str:
        return self.points_name.say(amount, self.rule_set.points_scale, self.tongue)

    def effect(self) -> str:  # noqa: PLR0911, PLR0912
        """Return what the rule does as a clause."""
        match self.rule.effect:
            case PercentOff() as effect:
                more = self.fill(_PASSED_ON) if effect.passes_on else ""
                return self.less(effect.target, say_percent(effect.ratio * 100, self.tongue), more)
            case AmountOff() as effect:
                return self.less(effect.target, self.amount_of(effect), self.each_of(effect))
            case FixedPrice() as effect:
                target = self.target(effect.target)
                price = self.money(effect.price)
                return self.fill(_PRICE[effect.each], target=target, de_target=french_of(target), price=price)
            case PriceTable() as effect:
                return self.of_lines(_TABLE, count=len(effect.prices))
            case Sets() as effect:
                return self.sets(effect)
            case BuyGet() as effect:
                return self.buy_get(effect)
            case Bundle() as effect:
                return self.bundle(effect)
            case Volume() as effect:
                return self.volume(effect)
            case GiftProduct() as effect:
                return self.gift(effect)
            case IssueCode() as effect:
                return self.issue(effect)
            case CreditTier() as effect:
                return self.credit(effect)
            case CreditPoints() as effect:
                return self.credit_points(effect)
            case CustomEffect() as effect:
                return self.fill(_CUSTOM, kind=effect.kind)
            case _:
                raise AssertionError(f"{self.rule.key} gives points")

    def each_of(self, effect: AmountOff) -> str:
        said = self.fill(_EACH[effect.each])
        if effect.for_amount:
            said += self.fill(_FULL, amount=self.money(effect.for_amount))
        if effect.times is not None:
            said += self.fill(_TIMES, n=effect.times)
        return said + (self.fill(_PASSED_ON) if effect.split == "by_price" else "")

    def shared(self, effect: Sets | BuyGet | Bundle) -> str:
        return self.fill(_SHARED) if effect.shared else ""

    def target(self, target: str) -> str:
        return self.lines if target == "lines" else self.fill(_TARGETS[target])

    def less(self, target: str, off: str, each: str = "") -> str:
        template = _LESS["lines" if target == "lines" else "one"]
        return self.fill(template, target=self.target(target), off=off, each=each)

    def of_lines(self, template: Text, **parts: object) -> str:
        return self.fill(template, target=self.lines, de_target=french_of(self.lines), **parts)

    def amount_of(self, effect: AmountOff) -> str:
        if effect.is_voucher:
            return self.fill(_VOUCHER)
        return self.money(effect.amount) if effect.program is None else self.words.value(effect.program.tree)

    def advantage(self, advantage: Advantage) -> str:
        if advantage.kind == "percent":
            if advantage.ratio == 1:
                return self.fill(_FREE)
            return self.fill(_ADVANTAGES["percent"], amount=say_percent(advantage.ratio * 100, self.tongue))
        return self.fill(_ADVANTAGES[advantage.kind], amount=self.money(advantage.amount))

    def sets(self, effect: Sets) -> str:
        picked = self.picked(effect.pick, effect.take, effect.size)
        if effect.skip:
            picked = self.fill(_SKIPPED, picked=picked, n=effect.skip)
        advantage = self.advantage(effect.advantage) + self.shared(effect)
        if effect.made == "cheapest":
            advantage += self.fill(_MADE_UP)
        return self.of_lines(_SETS, size=effect.size, picked=picked, advantage=advantage)

    def picked(self, pick: str, take: int, size: int) -> str:
        if take == size:
            return self.fill(_ALL_OF_SET)
        one, many = _PICKED[pick]
        return self.fill(one if take == 1 else many, n=take)

    def chosen(self, clause: str) -> str:
        template = Text(en="{lines} where {clause}", fr="{lines} où {clause}")
        return self.fill(template, lines=self.words.said(self.rule_set.lines.words), clause=clause)

    def buy_get(self, effect: BuyGet) -> str:
        if effect.get_program is None:
            got = self.fill(_GOT_OWN, n=effect.get_units)
        else:
            target = self.chosen(self.words.clause(effect.get_program.tree))
            template = _GOT_ALL if effect.get_units is None else _GOT
            got = self.fill(template, n=effect.get_units, target=target, de_target=french_of(target))
        advantage = self.advantage(effect.advantage) + self.shared(effect)
        advantage += self.fill(_NO_DEARER) if effect.no_dearer else ""
        if effect.buy_amount:
            return self.of_lines(_BUY_AMOUNT, amount=self.money(effect.buy_amount), got=got, advantage=advantage)
        return self.of_lines(_BUY_UNITS, units=effect.buy_units, got=got, advantage=advantage)

    def bundle(self, effect: Bundle) -> str:
        parts = []
        for part in effect.parts:
            target = self.chosen(self.words.clause(part.program.tree))
            parts.append(self.fill(_GOT, n=part.units, target=target, de_target=french_of(target)))
        if effect.some_get:
            return self.bundle_for(effect, parts)
        said = self.fill(_AND_THEN).join(parts)
        if effect.take:
            picked = self.picked(effect.pick, effect.take, sum(part.units for part in effect.parts))
            advantage = self.advantage(effect.advantage) + self.shared(effect)
            return self.fill(_BUNDLE_PICKED, parts=said, picked=picked, advantage=advantage)
        return self.fill(_BUNDLE, parts=said, advantage=self.advantage(effect.advantage))

    def bundle_for(self, effect: Bundle, parts: Sequence[str]) -> str:
        bought, got = (
            self.fill(_AND_THEN).join(
                [said for part, said in zip(effect.parts, parts, strict=True) if part.gets is gets]
            )
            for gets in (False, True)
        )
        advantage = self.advantage(effect.advantage) + self.shared(effect)
        return self.fill(_BUNDLE_GETS, bought=bought, got=got, advantage=advantage)

    def volume(self, effect: Volume) -> str:
        scale = self.rule_set.catalogue.quantity_scale
        steps = []
        for step in effect.steps:
            is_units = effect.measure == "units"
            begins = say_number(step.begins, scale, self.tongue) if is_units else self.money(step.begins)
            steps.append(
                self.of_lines(_VOLUME[effect.measure], begins=begins, advantage=self.advantage(step.advantage))
            )
        more = self.fill(_MARGINAL) if effect.how == "marginal" else ""
        return self.fill(_AND_THEN).join(steps) + more

    def gift(self, effect: GiftProduct) -> str:
        products = self.fill(_OR).join(effect.products)
        if effect.advantage.ratio == 1:
            said = self.fill(_GIFT, units=effect.units, products=products)
        else:
            advantage = self.advantage(effect.advantage)
            said = self.fill(_GIFT_AT, units=effect.units, products=products, advantage=advantage)
        if effect.for_units:
            said += self.of_lines(_FOR_UNITS, n=effect.for_units)
        elif effect.for_amount:
            said += self.of_lines(_FOR_AMOUNT, n=self.money(effect.for_amount))
        return said + (self.fill(_UNLOCKED) if effect.how == "unlock" else "")

    def issue(self, effect: IssueCode) -> str:
        if effect.kind == "coupon":
            said = self.fill(_COUPON_ISSUED, count=effect.count, series=effect.series)
        else:
            fixed = self.money(effect.value or 0)
            value = fixed if effect.program is None else self.words.value(effect.program.tree)
            said = self.fill(_VOUCHER_ISSUED, count=effect.count, series=effect.series, value=value)
        return said + (self.fill(_LATER) if effect.when == "after_return_window" else "")

    def credit(self, effect: CreditTier) -> str:
        if effect.program is None:
            return self.fill(_TIER, points=self.points(effect.points))
        many = self.points_name.many.in_language(self.tongue)
        return self.fill(_TIER_PROGRAM, many=many, value=self.words.value(effect.program.tree))

    def credit_points(self, effect: CreditPoints) -> str:
        if effect.program is None:
            n = say_number(effect.parts, SCALE_MAX, self.tongue)
            return self.fill(_CREDIT, n=n, currency=effect.currency)
        return self.fill(_CREDIT_PROGRAM, currency=effect.currency, value=self.words.value(effect.program.tree))

    def terms(self) -> str:
        """Return the terms besides the condition, each after a comma."""
        terms = self.rule.terms
        currency = self.rule_set.catalogue.currency
        said = say_bounds(terms, currency, self.tongue, unit=10 ** exponent_of(currency))
        if terms.coupon is not None:
            said += self.fill(_WITH_COUPON, series=terms.coupon)
        if terms.costs_points:
            said += self.fill(_COSTS, points=self.points(terms.costs_points))
        elif terms.is_claimed:
            said += self.fill(_CLAIMED)
        said += say_limits(terms.limits, self.rule_set, self.points_name, self.tongue)
        if terms.control is not None:
            said += self.fill(_CONTROL, share=say_percent(terms.control * 100, self.tongue))
        return said + self.beside(terms)

    def beside(self, terms: RuleTerms) -> str:
        """Say what the rule does to others, and to the tax."""
        said = self.fill(_ALONE) if terms.exclusive else ""
        if terms.not_with:
            named = [rule.name.in_language(self.tongue) for rule in self.rule_set.written if rule.key in terms.not_with]
            quoted = [f"« {name} »" if self.tongue == "fr" else f"“{name}”" for name in named]
            said += self.fill(_NOT_WITH, names=self.words.listed(quoted, _OR_WORD))
        if terms.stops or terms.closes_lines:
            said += self.fill(_STOPS if terms.stops else _CLOSES)
        return said if terms.lowers_tax else said + self.fill(_LEAVES_TAX)


def say_missing(amount: int, kind: Type, rule_set: RuleSet, tongue: str) -> str:
    """Write what is missing: "€18.20", "2 units"."""
    if kind is Type.MONEY:
        return say_money(amount, rule_set.catalogue.currency, tongue)
    number = say_number(amount, rule_set.catalogue.scale_of(kind), tongue)
    if kind is not Type.QUANTITY:
        return number
    unit = 10**rule_set.catalogue.quantity_scale
    is_one = abs(amount) < 2 * unit if tongue == "fr" else abs(amount) == unit
    word = Text(en="unit", fr="unité") if is_one else Text(en="units", fr="unités")
    return f"{number}\u00a0{word.in_language(tongue)}"
