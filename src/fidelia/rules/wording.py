"""A condition in plain words, in English and French, for those who did not write it.

Every value is a noun phrase with its article (the field's `words`), every condition a clause. French contracts “de le”
to “du” and “de les” to “des”; verbs are chosen so that nothing has to agree in gender.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from fractions import Fraction

from fidelia.kernel.localized import LocalizedText

from .catalogue import Catalogue
from .functions import FUNCTIONS
from .nodes import (
    Among,
    Apply,
    Arithmetic,
    Choose,
    Compare,
    Constant,
    Every,
    Has,
    Macro,
    Member,
    Negate,
    Node,
    Not,
    OrElse,
    OverRows,
    Read,
    Rows,
    Some,
    walk,
)
from .program import Program
from .types import NUMBERS, Type
from .writing import say_date, say_moment, say_money, say_number, say_percent

# Each sign has its clause for numbers, for days and moments, and for everything else; {0} is left, {1} right.
_NUMBERS = {
    "==": LocalizedText(en="{0} is {1}", fr="{0} est de {1}"),
    "!=": LocalizedText(en="{0} is not {1}", fr="{0} n’est pas de {1}"),
    ">": LocalizedText(en="{0} is more than {1}", fr="{0} dépasse {1}"),
    ">=": LocalizedText(en="{0} is at least {1}", fr="{0} est d’au moins {1}"),
    "<": LocalizedText(en="{0} is less than {1}", fr="{0} est de moins de {1}"),
    "<=": LocalizedText(en="{0} is at most {1}", fr="{0} est d’au plus {1}"),
}
# Beside another value rather than a number written out: “est de le total” would be no French.
_VALUES = {
    "==": LocalizedText(en="{0} equals {1}", fr="{0} vaut {1}"),
    "!=": LocalizedText(en="{0} differs from {1}", fr="{0} ne vaut pas {1}"),
    ">": LocalizedText(en="{0} is more than {1}", fr="{0} dépasse {1}"),
    ">=": LocalizedText(en="{0} is at least {1}", fr="{0} atteint ou dépasse {1}"),
    "<": LocalizedText(en="{0} is less than {1}", fr="{0} n’atteint pas {1}"),
    "<=": LocalizedText(en="{0} is at most {1}", fr="{0} ne dépasse pas {1}"),
}
_DAYS = {
    "==": LocalizedText(en="{0} is {1}", fr="{0} est {1}"),
    "!=": LocalizedText(en="{0} is not {1}", fr="{0} n’est pas {1}"),
    ">": LocalizedText(en="{0} is after {1}", fr="{0} vient après {1}"),
    ">=": LocalizedText(en="{0} is not before {1}", fr="{0} ne vient pas avant {1}"),
    "<": LocalizedText(en="{0} is before {1}", fr="{0} vient avant {1}"),
    "<=": LocalizedText(en="{0} is not after {1}", fr="{0} ne vient pas après {1}"),
}
_TEXTS = {
    "==": LocalizedText(en="{0} is {1}", fr="{0} est {1}"),
    "!=": LocalizedText(en="{0} is not {1}", fr="{0} n’est pas {1}"),
    ">": LocalizedText(en="{0} sorts after {1}", fr="{0} se classe après {1}"),
    ">=": LocalizedText(en="{0} does not sort before {1}", fr="{0} ne se classe pas avant {1}"),
    "<": LocalizedText(en="{0} sorts before {1}", fr="{0} se classe avant {1}"),
    "<=": LocalizedText(en="{0} does not sort after {1}", fr="{0} ne se classe pas après {1}"),
}
_CONTRARY = {"==": "!=", "!=": "==", ">": "<=", ">=": "<", "<": ">=", "<=": ">"}
_FLIPPED = {"==": "==", "!=": "!=", ">": "<", ">=": "<=", "<": ">", "<=": ">="}
_SUMS = {
    "+": LocalizedText(en="{0} plus {1}", fr="{0} plus {1}"),
    "-": LocalizedText(en="{0} minus {1}", fr="{0} moins {1}"),
    "*": LocalizedText(en="{0} times {1}", fr="{0} fois {1}"),
}
_AND, _OR = LocalizedText(en="and", fr="et"), LocalizedText(en="or", fr="ou")
_TRUE = LocalizedText(en="in every case", fr="dans tous les cas")
_FALSE = LocalizedText(en="in no case", fr="en aucun cas")
_HAS = LocalizedText(en="{0} is known", fr="on connaît {0}")
_HAS_NOT = LocalizedText(en="{0} is not known", fr="on ne connaît pas {0}")
_OR_ELSE = LocalizedText(en="{0} ({1} if unknown)", fr="{0} (à défaut, {1})")
_CHOOSE = LocalizedText(en="{1} if {0}, otherwise {2}", fr="{1} si {0}, sinon {2}")
_IF_BOTH = LocalizedText(en="if {0}, {1}; otherwise, {2}", fr="si {0}, {1} ; sinon, {2}")
_NOT = LocalizedText(en="it is not true that {0}", fr="il est faux que {0}")
_SAME = LocalizedText(en="it is as true that {0} as that {1}", fr="il est aussi vrai que {0} que {1}")
_OPPOSITE = LocalizedText(en="either {0} or {1}, not both", fr="soit {0}, soit {1}, mais pas les deux")
_INCLUDES = LocalizedText(en="{1} include {0}", fr="{1} comprennent {0}")
_INCLUDES_NOT = LocalizedText(en="{1} do not include {0}", fr="{1} ne comprennent pas {0}")
_NONE_OF = LocalizedText(en="{0} is none of {1}", fr="{0} n’est rien de tout cela : {1}")
_FLAG = LocalizedText(en="“{0}” is true", fr="la condition « {0} » est remplie")
_FLAG_NOT = LocalizedText(en="“{0}” is not true", fr="la condition « {0} » n’est pas remplie")
_WHERE = LocalizedText(en="{0} where {1}", fr="{0} où {1}")
_SUM = LocalizedText(en="the sum of {0} over {1}", fr="la somme {de0} pour {1}")
_COUNT = LocalizedText(en="the number of {bare1}", fr="le nombre de {bare1}")
_DISTINCT = LocalizedText(
    en="the number of different values of {0} in {1}", fr="le nombre de valeurs différentes {de0} dans {1}"
)
_EXISTS = LocalizedText(en="there is {one} where {0}", fr="il y a {one} où {0}")
_EXISTS_NOT = LocalizedText(en="there is not {one} where {0}", fr="il n’y a pas {one} où {0}")
_OF_ROWS = {Macro.COUNT: _COUNT, Macro.SUM: _SUM, Macro.DISTINCT: _DISTINCT}
_AMONG = LocalizedText(en="among {1}, {0}", fr="parmi {1}, {0}")
_ALL = LocalizedText(en="for each of {1}, {0}", fr="pour {each} {de1}, {0}")
_MINUS = LocalizedText(en="minus {0}", fr="moins {0}")


def describe(program: Program, language: str) -> str:
    """Return what the rule says, in "en" or "fr": a clause for a condition, a noun phrase for a value. No full stop."""
    words = Words(program.catalogue, language_of(language))
    return words.clause(program.tree) if program.type is Type.BOOL else words.value(program.tree)


def language_of(language: str) -> str:
    """Return the language of the product for "fr", "fr-CA", "en"…"""
    return "fr" if language.startswith("fr") else "en"


class Words:
    """The words of one catalogue in one language, "en" or "fr"."""

    def __init__(self, catalogue: Catalogue, language: str) -> None:
        self.catalogue = catalogue
        self.language = language

    # Conditions

    def clause(self, node: Node, *, holds: bool = True) -> str:  # noqa: PLR0911
        """Say a condition, or its contrary unless it `holds`."""
        match node:
            case Constant(value=value):
                return self.said(_TRUE if value is holds else _FALSE)
            case Read():
                return self.flag(node, holds)
            case Has(read=read):
                return self.said(_HAS if holds else _HAS_NOT, self.value(read))
            case Not(operand=operand):
                return self.clause(operand, holds=not holds)
            case Every(terms=terms) | Some(terms=terms):
                return self.logic(terms, isinstance(node, Every) is holds, holds)
            case Compare():
                return self.comparison(node, holds)
            case Among():
                return self.among(node, holds)
            case Member(item=item, field=read):
                return self.said(_INCLUDES if holds else _INCLUDES_NOT, self.value(item), self.value(read))
            case OverRows():
                return self.question(node, holds)
            case Choose(test=test, then=then, otherwise=otherwise):
                branches = (self.clause(then, holds=holds), self.clause(otherwise, holds=holds))
                return self.said(_IF_BOTH, self.clause(test), *branches)
        return self.other_clause(node, holds)

    def other_clause(self, node: Node, holds: bool) -> str:
        if isinstance(node, Apply):
            function = FUNCTIONS[node.function]
            template = function.words if holds else function.words_not
            if template is not None:
                return self.said(template, *map(self.value, node.arguments))
        said = self.value(node)
        return said if holds else self.said(_NOT, said)

    def flag(self, read: Read, holds: bool) -> str:
        words = read.field.words if holds else read.field.words_not
        if words is not None and read.field.words_not is not None:
            return self.said(words)
        return self.said(_FLAG if holds else _FLAG_NOT, self.said(read.field.label))

    def logic(self, terms: Sequence[Node], joined_by_and: bool, holds: bool) -> str:
        said = []
        for term in _without_guards(terms) if joined_by_and and holds else terms:
            inner = self.clause(term, holds=holds)
            nested = isinstance(term, Every | Some) or (
                isinstance(term, Not) and isinstance(term.operand, Every | Some)
            )
            said.append(f"({inner})" if nested else inner)
        return self.listed(said, _AND if joined_by_and else _OR)

    def comparison(self, node: Compare, holds: bool) -> str:
        sign = node.sign if holds else _CONTRARY[node.sign]
        left, right = node.left, node.right
        if isinstance(left, Constant) and not isinstance(right, Constant):
            left, right, sign = right, left, _FLIPPED[sign]
        if left.type is Type.BOOL:
            return self.said(_SAME if sign == "==" else _OPPOSITE, self.clause(left), self.clause(right))
        elif left.type in NUMBERS:
            clauses = _NUMBERS if isinstance(right, Constant) else _VALUES
        elif left.type is Type.STRING:
            clauses = _TEXTS
        else:
            clauses = _DAYS
        return self.said(clauses[sign], self.value(left), self.value(right, beside=left))

    def among(self, node: Among, holds: bool) -> str:
        items = [self.value(each, beside=node.item) for each in node.items]
        if not holds:
            return self.said(_NONE_OF, self.value(node.item), self.listed(items, _AND))
        if node.item.type not in NUMBERS:
            clauses = _TEXTS
        else:
            clauses = _NUMBERS if all(isinstance(each, Constant) for each in node.items) else _VALUES
        return self.said(clauses["=="], self.value(node.item), self.listed(items, _OR))

    def question(self, node: OverRows, holds: bool) -> str:
        assert node.body is not None
        one = self.said(node.rows.records.one)
        if node.macro is Macro.ALL and holds:
            each = "chacune" if one.startswith("une ") else "chacun"
            return self.said(_ALL, self.clause(node.body), self.rows(node.rows), each=each)
        # Not all: there is one of which the contrary holds.
        template = _EXISTS if holds or node.macro is Macro.ALL else _EXISTS_NOT
        said = self.said(template, self.clause(node.body, holds=node.macro is Macro.EXISTS), one=one)
        return self.said(_AMONG, said, self.rows(node.rows)) if node.rows.conditions else said

    # Values

    def value(self, node: Node, *, beside: Node | None = None) -> str:  # noqa: PLR0911
        """Say a value as a noun phrase; a text beside a field with choices takes its name from there."""
        match node:
            case Constant():
                return self.constant(node, beside)
            case Read(field=field):
                return self.said(field.words or field.label)
            case OrElse(read=read, default=default):
                return self.said(_OR_ELSE, self.value(read), self.value(default, beside=read))
            case Negate(operand=operand):
                return self.said(_MINUS, self.value(operand))
            case Arithmetic(sign=sign, left=left, right=right):
                return self.said(_SUMS[sign], self.operand(left), self.operand(right))
            case Choose(test=test, then=then, otherwise=otherwise):
                return self.said(_CHOOSE, self.clause(test), self.value(then), self.value(otherwise))
            case OverRows(macro=macro, rows=rows, body=body):
                amount = "" if body is None else self.value(body)
                return self.said(_OF_ROWS[macro], amount, self.rows(rows))
            case Apply():
                return self.applied(node)
        return self.clause(node)

    def operand(self, node: Node) -> str:
        said = self.value(node)
        return f"({said})" if isinstance(node, Arithmetic | Choose) else said

    def applied(self, node: Apply) -> str:
        template = FUNCTIONS[node.function].words
        assert template is not None
        arguments = [self.value(each) for each in node.arguments]
        settings: dict[str, str] = {}
        if node.function == "per":
            step = int(node.settings[0])
            settings["step"] = self.number(step, node.arguments[0].type)
        elif node.function == "share":
            percent = Fraction(int(node.settings[0]), int(node.settings[1])) * 100
            settings["percent"] = say_percent(percent, self.language)
        return self.said(template, *arguments, all=self.listed(arguments, _AND), **settings)

    def rows(self, rows: Rows) -> str:
        said = self.said(rows.records.words)
        if not rows.conditions:
            return said
        conditions = self.listed([self.clause(each) for each in rows.conditions], _AND)
        return self.said(_WHERE, said, conditions)

    def constant(self, node: Constant, beside: Node | None) -> str:
        value = node.value
        if isinstance(value, bool):
            return self.clause(node)
        elif isinstance(value, int):
            return self.number(value, node.type)
        elif isinstance(value, datetime):
            return say_moment(value, self.language)
        elif isinstance(value, date):
            return say_date(value, self.language)
        choices = beside.field.choices if isinstance(beside, Read) else None
        if choices is not None and value in choices:
            return choices[value].in_language(self.language)
        return f"« {value} »" if self.language == "fr" else f"“{value}”"

    def number(self, value: int, kind: Type) -> str:
        if kind is Type.MONEY:
            return say_money(value, self.catalogue.currency, self.language)
        return say_number(value, self.catalogue.scale_of(kind), self.language)

    def listed(self, parts: Sequence[str], conjunction: LocalizedText) -> str:
        if len(parts) == 1:
            return parts[0]
        return f"{', '.join(parts[:-1])} {conjunction.in_language(self.language)} {parts[-1]}"

    def said(self, template: LocalizedText, *parts: str, **named: str) -> str:
        of = {f"de{place}": french_of(part) for place, part in enumerate(parts)}
        bare = {f"bare{place}": re.sub("^(the|les) ", "", part) for place, part in enumerate(parts)}
        text = template.in_language(self.language)
        if self.language == "fr":
            text = _elided(text, parts)
        return text.format(*parts, **of, **bare, **named)


def _elided(template: str, parts: Sequence[str]) -> str:
    """Elide “si” before “il”, and “que” before “il” and “on”, where a part is to follow."""
    for place, part in enumerate(parts):
        here = f"{{{place}}}"
        if part.startswith("il "):
            template = template.replace(f"Si {here}", f"S’{here}").replace(f"si {here}", f"s’{here}")
        if part.startswith(("il ", "on ")):
            template = template.replace(f"que {here}", f"qu’{here}")
    return template


def _without_guards(terms: Sequence[Node]) -> list[Node]:
    """Leave out has(x) where another term speaks of x: it guards, it says nothing to people."""
    told = {
        (each.row, each.field.path)
        for term in terms
        if not isinstance(term, Has)
        for each in walk(term)
        if isinstance(each, Read)
    }
    return [term for term in terms if not isinstance(term, Has) or (term.read.row, term.read.field.path) not in told]


def french_of(phrase: str) -> str:
    """Put the French “de” before a noun phrase."""
    if phrase.startswith("le "):
        return f"du {phrase[3:]}"
    elif phrase.startswith("les "):
        return f"des {phrase[4:]}"
    elif re.match("[aeiouyéèêœh]", phrase, re.IGNORECASE):
        return f"d’{phrase}"
    return f"de {phrase}"
