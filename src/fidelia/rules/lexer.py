"""From the text of a rule to its tokens."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from .errors import ForbiddenCharacter, ForbiddenName, RuleSyntax, RuleTooLong, UnterminatedText

LENGTH_MAX = 4_000

_TOKEN = re.compile(
    r"(?P<space>[ \t\r\n]+)"
    r"|(?P<number>\d[\w.]*)"
    r"|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<text>[\"'])"
    r"|(?P<sign>&&|\|\||==|!=|<=|>=|[-+*/%<>!?:.,()\[\]&|=])",
    re.ASCII,
)
_PLAIN_NUMBER = re.compile(r"\d+(\.\d+)?", re.ASCII)
_MISTAKEN_SIGNS = {"=": "==", "&": "&&", "|": "||"}
_ESCAPED = {"\\", '"', "'"}


@dataclass(frozen=True, slots=True)
class Token:
    """kind: number, name, text, sign or end; `value` is what it says, `offset` where it begins."""

    kind: str
    value: str
    offset: int


def read_tokens(source: str) -> list[Token]:
    """Return the tokens of a rule, with an end token last.

    Raises RuleTooLong, ForbiddenCharacter, ForbiddenName, UnterminatedText, RuleSyntax.
    """
    if len(source) > LENGTH_MAX:
        raise RuleTooLong("too_long", offset=LENGTH_MAX, size=len(source), limit=LENGTH_MAX)
    tokens: list[Token] = []
    at = 0
    while at < len(source):
        found = _TOKEN.match(source, at)
        if found is None:
            raise ForbiddenCharacter("forbidden_character", offset=at, text=_name_character(source[at]))
        if found.lastgroup == "text":
            value, end = _read_text(source, at)
            tokens.append(Token("text", value, at))
        else:
            end = found.end()
            if found.lastgroup != "space":
                tokens.append(_checked(Token(str(found.lastgroup), found.group(), at)))
        at = end
    tokens.append(Token("end", "", len(source)))
    return tokens


def _read_text(source: str, start: int) -> tuple[str, int]:
    quote, at = source[start], start + 1
    parts: list[str] = []
    while at < len(source):
        character = source[at]
        if character == quote:
            return "".join(parts), at + 1
        if character == "\\":
            at += 1
            if source[at : at + 1] not in _ESCAPED:
                raise RuleSyntax("bad_escape", offset=at - 1)
            character = source[at]
        elif unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}:
            raise ForbiddenCharacter("forbidden_character", offset=at, text=_name_character(character))
        parts.append(character)
        at += 1
    raise UnterminatedText("unterminated_text", offset=start)


def _checked(token: Token) -> Token:
    if token.kind == "name" and (token.value.startswith("_") or "__" in token.value):
        raise ForbiddenName("forbidden_name", offset=token.offset, text=token.value)
    if token.kind == "number" and not _PLAIN_NUMBER.fullmatch(token.value):
        raise RuleSyntax("bad_number", offset=token.offset, text=token.value)
    if token.kind == "sign" and token.value in "/%":
        raise RuleSyntax("no_division", offset=token.offset)
    if token.kind == "sign" and token.value in _MISTAKEN_SIGNS:
        meant = _MISTAKEN_SIGNS[token.value]
        raise RuleSyntax("single_sign", offset=token.offset, text=token.value, wanted_text=meant)
    return token


def _name_character(character: str) -> str:
    return f"“{character}”" if character.isprintable() else f"U+{ord(character):04X}"
