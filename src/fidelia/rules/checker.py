"""From the rule as written to the rule as understood: names, types, units, bounds, and what may be unknown.

Numbers written out take the unit of what they stand beside: in `purchase.total >= 50`, 50 is fifty euros.
An optional field must be guarded, so no value is ever NULL where it is used: SQL's third truth value cannot arise,
except beside a has() that is false and therefore decides.
"""

from __future__ import annotations

from collections.abc import Sequence

from fidelia.kernel.money import MalformedAmount, parse_scaled

from . import syntax
from .errors import (
    MayOverflow,
    NumberTooLarge,
    TooManyDecimals,
    UnguardedOptional,
    UnknownChoice,
    UnknownFunction,
    WrongArguments,
    WrongType,
    nearest_name,
)
from .functions import FUNCTIONS
from .names import Names, path_of
from .nodes import (
    Among,
    Arithmetic,
    Choose,
    Compare,
    Constant,
    Every,
    Macro,
    Member,
    Negate,
    Node,
    Not,
    OrElse,
    OverRows,
    Presence,
    Read,
    Rows,
    Some,
    presence_if,
)
from .types import NUMBER_MAX, NUMBERS, ORDERED, Type

MACRO_SIGNATURES = {
    "exists": "lines.exists(l, condition)",
    "all": "lines.all(l, condition)",
    "filter": "lines.filter(l, condition)",
    "sum": "lines.sum(l, number)",
    "count": "lines.count()",
    "distinct": "lines.distinct(l, value)",
    "size": "lines.size()",
}


class Checker(Names):
    """Checks one rule against one catalogue."""

    def check(self, written: syntax.Written, want: Type | None, known: Presence) -> Node:  # noqa: PLR0911
        """Understand a part of a rule. `want` is the unit that a bare number takes; `known` the guarded fields."""
        match written:
            case syntax.Number():
                return self.number(written, want)
            case syntax.Text(value=text):
                return Constant(offset=written.offset, type=Type.STRING, value=text)
            case syntax.Truth(value=truth):
                return Constant(offset=written.offset, type=Type.BOOL, value=truth)
            case syntax.Name() | syntax.Select():
                return self.field(written, known)
            case syntax.Call():
                return self.call(written, want, known)
            case syntax.Unary():
                return self.unary(written, want, known)
            case syntax.Binary():
                return self.binary(written, want, known)
            case syntax.Logic():
                return self.logic(written, known)
            case syntax.Conditional():
                return self.conditional(written, want, known)
        raise WrongType("list_alone", offset=written.offset)

    def check_type(self, written: syntax.Written, wanted: Type, known: Presence) -> Node:
        """Understand a part that must be of one type. Raises WrongType."""
        node = self.check(written, wanted, known)
        if node.type is not wanted:
            raise WrongType("expects", offset=node.offset, wanted=wanted, found=node.type)
        return node

    def check_number(self, written: syntax.Written, want: Type | None, known: Presence) -> Node:
        """Understand a part that must be a number of any unit. Raises WrongType."""
        node = self.check(written, want, known)
        if node.type not in NUMBERS:
            raise WrongType("expects_number", offset=node.offset, found=node.type)
        return node

    def check_alike(self, written: Sequence[syntax.Written], want: Type | None, known: Presence) -> tuple[Node, ...]:
        """Understand parts that must be of one type; bare numbers take the unit of the first that has one."""
        # Each part is checked once: checking the guide again with the others took 2**depth steps for nested min().
        guide = next((place for place, each in enumerate(written) if not is_bare(each)), 0)
        guiding = self.check(written[guide], want, known)
        nodes = [
            guiding if place == guide else self.check(each, guiding.type, known) for place, each in enumerate(written)
        ]
        for node in nodes:
            if node.type is not guiding.type:
                raise WrongType("expects", offset=node.offset, wanted=guiding.type, found=node.type)
        return tuple(nodes)

    def bounded(self, offset: int, low: int, high: int) -> tuple[int, int]:
        """Return the bounds of a calculation. Raises MayOverflow when they pass 64 bits."""
        if low < -NUMBER_MAX or high > NUMBER_MAX:
            raise MayOverflow("may_overflow", offset=offset)
        return low, high

    # Values

    def number(self, written: syntax.Number, want: Type | None) -> Constant:
        unit = want if want in NUMBERS else Type.INT
        scale = self.catalogue.scale_of(unit)
        decimals = len(written.text.partition(".")[2].rstrip("0"))
        if decimals > scale:
            reason = "too_many_decimals" if scale else "whole_number"
            raise TooManyDecimals(reason, offset=written.offset, text=written.text, scale=scale)
        try:
            value = parse_scaled(written.text.rstrip("0") if decimals else written.text.partition(".")[0], scale)
        except MalformedAmount:
            raise NumberTooLarge("number_too_large", offset=written.offset, text=written.text) from None
        return Constant(offset=written.offset, type=unit, value=value, low=value, high=value)

    def field(self, written: syntax.Written, known: Presence) -> Read:
        read = self.find_field(written)
        if read is None or read.field.many:
            raise WrongType("list_alone", offset=written.offset)
        if read.field.optional and (read.row, read.field.path) not in known:
            text = ".".join(path_of(written) or (read.path,))
            raise UnguardedOptional("unguarded", offset=written.offset, text=text)
        return read

    # Operators

    def unary(self, written: syntax.Unary, want: Type | None, known: Presence) -> Node:
        if written.sign == "!":
            operand = self.check_type(written.operand, Type.BOOL, known)
            return Not(offset=written.offset, type=Type.BOOL, operand=operand)
        operand = self.check_number(written.operand, want, known)
        low, high = -operand.high, -operand.low
        if isinstance(operand, Constant):
            return Constant(offset=written.offset, type=operand.type, value=low, low=low, high=high)
        return Negate(offset=written.offset, type=operand.type, operand=operand, low=low, high=high)

    def binary(self, written: syntax.Binary, want: Type | None, known: Presence) -> Node:
        if written.sign == "in":
            return self.membership(written, known)
        elif written.sign == "*":
            return self.product(written, want, known)
        elif written.sign in ("+", "-"):
            return self.total(written, want, known)
        return self.comparison(written, known)

    def comparison(self, written: syntax.Binary, known: Presence) -> Node:
        left, right = self.pair(written, None, known)
        if written.sign not in ("==", "!=") and left.type not in ORDERED:
            raise WrongType("not_together", offset=written.offset, text=written.sign, left=left.type, right=right.type)
        self.require_choice(left, right)
        self.require_choice(right, left)
        return Compare(offset=written.offset, type=Type.BOOL, sign=written.sign, left=left, right=right)

    def total(self, written: syntax.Binary, want: Type | None, known: Presence) -> Node:
        left, right = self.pair(written, want, known)
        if left.type not in NUMBERS:
            raise WrongType("not_together", offset=written.offset, text=written.sign, left=left.type, right=right.type)
        ends = (right.low, right.high) if written.sign == "+" else (-right.high, -right.low)
        return self.calculation(written, left.type, left, right, (left.low + ends[0], left.high + ends[1]))

    def product(self, written: syntax.Binary, want: Type | None, known: Presence) -> Node:
        left_is_factor = is_bare(written.left)
        left = self.check_number(written.left, None if left_is_factor else want, known)
        right = self.check_number(written.right, want if left_is_factor else None, known)
        if Type.INT not in (left.type, right.type):
            raise WrongType("not_together", offset=written.offset, text="*", left=left.type, right=right.type)
        corners = [a * b for a in (left.low, left.high) for b in (right.low, right.high)]
        unit = right.type if left.type is Type.INT else left.type
        return self.calculation(written, unit, left, right, (min(corners), max(corners)))

    def calculation(self, written: syntax.Binary, unit: Type, left: Node, right: Node, bounds: tuple[int, int]) -> Node:
        low, high = self.bounded(written.offset, *bounds)
        if isinstance(left, Constant) and isinstance(right, Constant):
            return Constant(offset=written.offset, type=unit, value=low, low=low, high=high)
        return Arithmetic(
            offset=written.offset, type=unit, sign=written.sign, left=left, right=right, low=low, high=high
        )

    def pair(self, written: syntax.Binary, want: Type | None, known: Presence) -> tuple[Node, Node]:
        """Understand both sides, which must be of one type; a bare number takes the unit of the other side."""
        if is_bare(written.left) and not is_bare(written.right):
            right = self.check(written.right, want, known)
            left = self.check(written.left, right.type, known)
        else:
            left = self.check(written.left, want, known)
            right = self.check(written.right, left.type, known)
        if left.type is not right.type:
            raise WrongType("not_together", offset=written.offset, text=written.sign, left=left.type, right=right.type)
        return left, right

    def membership(self, written: syntax.Binary, known: Presence) -> Node:
        asked = self.find_list(written.right)
        if asked is not None:
            item = self.check_type(written.left, asked.type, known)
            self.require_choice(asked, item)
            return Member(offset=written.offset, type=Type.BOOL, item=item, field=asked)
        if not isinstance(written.right, syntax.Items):
            raise WrongType("in_needs_list", offset=written.right.offset)
        if not written.right.items:
            raise WrongType("empty_list", offset=written.right.offset)
        item = self.check(written.left, None, known)
        items = tuple(self.check_type(each, item.type, known) for each in written.right.items)
        for each in items:
            self.require_choice(item, each)
        return Among(offset=written.offset, type=Type.BOOL, item=item, items=items)

    def logic(self, written: syntax.Logic, known: Presence) -> Node:
        kind = Every if written.sign == "&&" else Some
        terms: list[Node] = []
        for term in written.terms:
            node = self.check_type(term, Type.BOOL, known)
            known = known | presence_if(node, kind is Every)
            terms.append(node)
        return kind(offset=written.offset, type=Type.BOOL, terms=tuple(terms))

    def conditional(self, written: syntax.Conditional, want: Type | None, known: Presence) -> Node:
        test = self.check_type(written.test, Type.BOOL, known)
        when_true, when_false = known | presence_if(test, True), known | presence_if(test, False)
        if is_bare(written.then) and not is_bare(written.otherwise):
            otherwise = self.check(written.otherwise, want, when_false)
            then = self.check_type(written.then, otherwise.type, when_true)
        else:
            then = self.check(written.then, want, when_true)
            otherwise = self.check_type(written.otherwise, then.type, when_false)
        return Choose(
            offset=written.offset,
            type=then.type,
            test=test,
            then=then,
            otherwise=otherwise,
            low=min(then.low, otherwise.low),
            high=max(then.high, otherwise.high),
        )

    def require_choice(self, asked: Node, given: Node) -> None:
        """Refuse a text that the asked field can never hold. Raises UnknownChoice."""
        read = asked.read if isinstance(asked, OrElse) else asked
        choices = read.field.choices if isinstance(read, Read) else None
        if choices is not None and isinstance(given, Constant) and given.value not in choices:
            raise UnknownChoice(
                "unknown_choice",
                offset=given.offset,
                nearest=nearest_name(str(given.value), list(choices)),
                field=read.path if isinstance(read, Read) else "",
                text=given.value,
                choices=", ".join(choices),
            )

    # Calls

    def call(self, written: syntax.Call, want: Type | None, known: Presence) -> Node:
        if self.is_measure(written):
            return self.field(written, known)
        rows = self.find_rows(written.target, known) if written.target and written.name in MACRO_SIGNATURES else None
        if rows is not None:
            return self.macro(written, rows, known)
        function = FUNCTIONS.get(written.name)
        if function is None:
            names = [*FUNCTIONS, *MACRO_SIGNATURES]
            nearest = nearest_name(written.name, names) if written.name not in names else None
            raise UnknownFunction("unknown_function", offset=written.offset, nearest=nearest, text=written.name)
        return function.check(self, written, want, known)

    def find_rows(self, written: syntax.Written, known: Presence) -> Rows | None:
        """Return the records that a path or a filter names, else None."""
        parts = path_of(written)
        if parts is not None:
            records = self.catalogue.records_at.get(".".join(parts))
            if records is None or parts[0] in self.scope:
                return None
            self.rows_numbered += 1
            return Rows(offset=written.offset, type=Type.RECORDS, records=records, row=self.rows_numbered)
        if isinstance(written, syntax.Call) and written.name == "filter" and written.target is not None:
            rows = self.find_rows(written.target, known)
            if rows is not None:
                condition = self.body(written, rows, Type.BOOL, known)
                return Rows(
                    offset=rows.offset,
                    type=Type.RECORDS,
                    records=rows.records,
                    row=rows.row,
                    conditions=(*rows.conditions, condition),
                )
        return None

    def macro(self, written: syntax.Call, rows: Rows, known: Presence) -> Node:
        if written.name == "filter":
            raise WrongType("list_alone", offset=written.offset)
        if written.name in ("count", "size"):
            self.require_macro_shape(written, 0)
            return OverRows(
                offset=written.offset, type=Type.INT, macro=Macro.COUNT, rows=rows, high=rows.records.size_max
            )
        if written.name == "distinct":
            told = self.body(written, rows, None, known)
            return OverRows(
                offset=written.offset, type=Type.INT, macro=Macro.DISTINCT, rows=rows, body=told,
                high=rows.records.size_max,
            )  # fmt: skip
        if written.name == "sum":
            amount = self.body(written, rows, None, known)
            if amount.type not in NUMBERS:
                raise WrongType("expects_number", offset=amount.offset, found=amount.type)
            most = rows.records.size_max
            low, high = self.bounded(written.offset, min(0, amount.low * most), max(0, amount.high * most))
            return OverRows(
                offset=written.offset, type=amount.type, macro=Macro.SUM, rows=rows, body=amount, low=low, high=high
            )
        condition = self.body(written, rows, Type.BOOL, known)
        return OverRows(offset=written.offset, type=Type.BOOL, macro=Macro(written.name), rows=rows, body=condition)

    def body(self, written: syntax.Call, rows: Rows, wanted: Type | None, known: Presence) -> Node:
        """Understand what a macro asks of each row, with its variable in reach."""
        self.require_macro_shape(written, 2)
        variable, asked = written.arguments
        assert isinstance(variable, syntax.Name)
        name = variable.name
        if name in self.scope or name in self.catalogue.groups or name in self.catalogue.paths or name in FUNCTIONS:
            raise WrongArguments("taken_name", offset=variable.offset, text=name)
        self.scope[name] = (rows.row, rows.records)
        within = known.union(*(presence_if(each, True) for each in rows.conditions))
        node = self.check(asked, wanted, within) if wanted is None else self.check_type(asked, wanted, within)
        del self.scope[name]
        return node

    def require_macro_shape(self, written: syntax.Call, count: int) -> None:
        fits = len(written.arguments) == count and (count == 0 or isinstance(written.arguments[0], syntax.Name))
        if not fits:
            raise WrongArguments("signature", offset=written.offset, signature=MACRO_SIGNATURES[written.name])


def is_bare(written: syntax.Written) -> bool:  # noqa: PLR0911
    """Whether a part is made of written numbers only, so that its unit comes from what stands beside it."""
    match written:
        case syntax.Number():
            return True
        case syntax.Unary(sign="-", operand=operand):
            return is_bare(operand)
        case syntax.Binary(sign="+" | "-" | "*", left=left, right=right):
            return is_bare(left) and is_bare(right)
        case syntax.Conditional(then=then, otherwise=otherwise):
            return is_bare(then) and is_bare(otherwise)
        case syntax.Call(target=None, name="share", arguments=(amount, *_)):
            return is_bare(amount)
        case syntax.Call(target=None, name="min" | "max" | "abs", arguments=arguments):
            return all(map(is_bare, arguments))
    return False
