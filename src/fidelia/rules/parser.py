"""From tokens to the rule as written: a Pratt parser for the syntax of CEL, without division and null.

Binding, from loose to tight: ?:  ||  &&  comparisons and `in`  + -  *  ! -  . ( )
"""

from __future__ import annotations

from . import syntax
from .errors import RuleSyntax, RuleTooDeep
from .lexer import Token, read_tokens

DEPTH_MAX = 32

_LOOSEST = 0
_CONDITIONAL, _OR, _AND, _COMPARISON, _SUM, _PRODUCT, _PREFIX, _POSTFIX = range(1, 9)
_BINDING = {
    "?": _CONDITIONAL,
    "||": _OR,
    "&&": _AND,
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">=", "in"), _COMPARISON),
    "+": _SUM,
    "-": _SUM,
    "*": _PRODUCT,
    ".": _POSTFIX,
}


def parse(source: str) -> syntax.Written:
    """Parse the text of a rule. Raises the RuleErrors of the lexer, RuleSyntax and RuleTooDeep."""
    tokens = read_tokens(source)
    if tokens[0].kind == "end":
        raise RuleSyntax("empty", offset=0)
    parser = _Parser(tokens)
    written = parser.expression(_LOOSEST, 0)
    if parser.token.kind != "end":
        raise RuleSyntax("trailing", offset=parser.token.offset, text=parser.token.value)
    _require_shallow(written)
    return written


def _require_shallow(written: syntax.Written) -> None:
    # The parser bounds its own recursion; a chain such as a + b + c nests to the left without recursing.
    level = [written]
    for _ in range(DEPTH_MAX):
        level = [part for whole in level for part in syntax.parts_of(whole)]
    if level:
        raise RuleTooDeep("too_deep", offset=level[0].offset, limit=DEPTH_MAX)


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.position = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.position]

    def expression(self, binding: int, depth: int) -> syntax.Written:
        """Read an expression whose operators all bind tighter than `binding`."""
        if depth > DEPTH_MAX:
            raise RuleTooDeep("too_deep", offset=self.token.offset, limit=DEPTH_MAX)
        left = self.prefix(depth)
        while (tight := self.binding_of_token()) > binding:
            left = self.infix(left, tight, depth)
        return left

    def binding_of_token(self) -> int:
        token = self.token
        return _BINDING.get(token.value, _LOOSEST) if token.kind == "sign" or token.value == "in" else _LOOSEST

    def prefix(self, depth: int) -> syntax.Written:
        token = self.take()
        if token.kind == "number":
            return syntax.Number(token.offset, token.value)
        elif token.kind == "text":
            return syntax.Text(token.offset, token.value)
        elif token.kind == "name":
            return self.name(token, depth)
        elif token.value in ("!", "-"):
            return syntax.Unary(token.offset, token.value, self.expression(_PRODUCT, depth + 1))
        elif token.value == "(":
            inside = self.expression(_LOOSEST, depth + 1)
            self.expect(")")
            return inside
        elif token.value == "[":
            return syntax.Items(token.offset, self.list_until("]", depth))
        raise self.unexpected(token)

    def name(self, token: Token, depth: int) -> syntax.Written:
        if token.value in ("true", "false"):
            return syntax.Truth(token.offset, token.value == "true")
        elif token.value == "null":
            raise RuleSyntax("no_null", offset=token.offset)
        elif token.value == "in":
            raise self.unexpected(token)
        elif self.accept("("):
            return syntax.Call(token.offset, None, token.value, self.list_until(")", depth))
        return syntax.Name(token.offset, token.value)

    def infix(self, left: syntax.Written, binding: int, depth: int) -> syntax.Written:
        token = self.take()
        if binding == _POSTFIX:
            return self.member(left, depth)
        elif binding == _CONDITIONAL:
            then = self.expression(_LOOSEST, depth + 1)
            self.expect(":")
            return syntax.Conditional(token.offset, left, then, self.expression(_LOOSEST, depth + 1))
        right = self.expression(binding, depth + 1)
        if binding in (_OR, _AND):
            before = left.terms if isinstance(left, syntax.Logic) and left.sign == token.value else (left,)
            return syntax.Logic(token.offset, token.value, (*before, right))
        return syntax.Binary(token.offset, token.value, left, right)

    def member(self, target: syntax.Written, depth: int) -> syntax.Written:
        name = self.take()
        if name.kind != "name":
            raise self.unexpected(name)
        if self.accept("("):
            return syntax.Call(name.offset, target, name.value, self.list_until(")", depth))
        return syntax.Select(target.offset, target, name.value)

    def list_until(self, closing: str, depth: int) -> tuple[syntax.Written, ...]:
        items: list[syntax.Written] = []
        if self.accept(closing):
            return ()
        items.append(self.expression(_LOOSEST, depth + 1))
        while self.accept(","):
            items.append(self.expression(_LOOSEST, depth + 1))
        self.expect(closing)
        return tuple(items)

    def take(self) -> Token:
        token = self.token
        if token.kind != "end":
            self.position += 1
        return token

    def accept(self, sign: str) -> bool:
        found = self.token.kind == "sign" and self.token.value == sign
        if found:
            self.position += 1
        return found

    def expect(self, sign: str) -> None:
        if not self.accept(sign):
            token = self.token
            if token.kind == "end":
                raise self.unexpected(token)
            raise RuleSyntax("expected", offset=token.offset, wanted_text=sign, text=token.value)

    def unexpected(self, token: Token) -> RuleSyntax:
        if token.kind == "end":
            return RuleSyntax("unexpected_end", offset=token.offset)
        return RuleSyntax("unexpected", offset=token.offset, text=token.value)
