"""Random well-typed programs, as the text that a rule author would write."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from fidelia.rules.rounding import ROUNDINGS

from .shop import DAYS, TEXTS, TIERS

Draw = Any
NUMBERS = ("int", "money", "quantity")
FIELDS = {
    "int": ["member.visits"],
    "money": ["purchase.total"],
    "quantity": [],
    "string": ["member.name"],
    "date": ["purchase.on"],
    "bool": ["purchase.online"],
    "timestamp": ["purchase.at"],
}
OPTIONAL = {
    "money": ["purchase.tip"],
    "quantity": ["purchase.weight"],
    "date": ["member.birthday"],
    "bool": ["member.vip"],
}
LINE_FIELDS = {"money": ["net"], "quantity": ["quantity"], "string": ["product"], "bool": ["earns"]}
LINE_OPTIONAL = {"string": ["category"], "date": ["launched_on"]}
COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")


@st.composite
def programs(draw: Draw, kinds: tuple[str, ...] = ("bool", "int", "money", "quantity", "string", "date")) -> str:
    return _Writer(draw).write(draw(st.sampled_from(kinds)), 4, ())


class _Writer:
    """Writes parts of one program. `rows` are the row variables in reach."""

    def __init__(self, draw: Draw) -> None:
        self.draw = draw
        self.named = 0

    def pick(self, *choices: Any) -> Any:
        return self.draw(st.sampled_from(choices))

    def write(self, kind: str, depth: int, rows: tuple[str, ...]) -> str:
        """Write a part that has its type from a field, so that bare numbers beside it take its unit."""
        if depth <= 0 or self.draw(st.integers(0, 3)) == 0:
            return self.leaf(kind, rows)
        if kind == "bool":
            return self.condition(depth - 1, rows)
        if kind in NUMBERS:
            return self.number(kind, depth - 1, rows)
        return self.choice(kind, depth - 1, rows)

    def leaf(self, kind: str, rows: tuple[str, ...]) -> str:
        fields = [*FIELDS.get(kind, []), *(f"{row}.{name}" for row in rows for name in LINE_FIELDS.get(kind, []))]
        optional = [*OPTIONAL.get(kind, []), *(f"{row}.{name}" for row in rows for name in LINE_OPTIONAL.get(kind, []))]
        if optional and (not fields or self.draw(st.booleans())):
            return f"orElse({self.pick(*optional)}, {self.literal(kind)})"
        return str(self.pick(*fields))

    def literal(self, kind: str) -> str:
        if kind == "bool":
            return str(self.pick("true", "false"))
        elif kind == "date":
            return f'date("{self.pick(*DAYS).isoformat()}")'
        elif kind == "timestamp":
            return str(self.pick('timestamp("2026-12-01T11:00:00Z")', 'timestamp("2026-12-01T14:00:00.5+02:00")'))
        elif kind == "string":
            return quoted(self.pick(*TEXTS))
        numbers = {"int": ("0", "1", "2", "-3", "17"), "money": ("0", "-0.07", "12.5", "50", "49.99")}
        return str(self.pick(*numbers.get(kind, ("0", "0.35", "-1.5", "2"))))

    def either(self, kind: str, depth: int, rows: tuple[str, ...]) -> str:
        return self.literal(kind) if self.draw(st.booleans()) else self.write(kind, depth, rows)

    def number(self, kind: str, depth: int, rows: tuple[str, ...]) -> str:
        forms = ["sum", "min", "share", "negate", "choose", "product", "abs", "rows"]
        if kind == "int":
            forms += ["per", "per", "size", "days", "count"]
        form = self.pick(*forms)
        one = self.write(kind, depth, rows)
        if form == "sum":
            return f"({one} {self.pick('+', '-')} {self.either(kind, depth, rows)})"
        elif form == "min":
            return f"{self.pick('min', 'max')}({one}, {self.either(kind, depth, rows)})"
        elif form == "share":
            percent = self.pick("12.5", "100", "33", "0.05", "250")
            return f"share({one}, {percent}, {self.pick(*ROUNDINGS)})"
        elif form == "negate":
            return f"-{one}"
        elif form == "choose":
            return f"({self.write('bool', depth, rows)} ? {one} : {self.either(kind, depth, rows)})"
        elif form == "product":
            return f"({self.literal('int')} * {one})"
        elif form == "abs":
            return f"abs({one})"
        elif form == "rows":
            return one if rows else self.total(kind, depth)
        elif form == "per":
            measured = self.pick(*NUMBERS)
            return f"per({self.write(measured, depth, rows)}, {self.pick('1', '7', '10')})"
        elif form == "size":
            return f"size({self.pick('member.segments', self.write('string', depth, rows))})"
        elif form == "days":
            return f"days_between({self.write('date', depth, rows)}, {self.either('date', depth, rows)})"
        if not rows and self.draw(st.booleans()):
            return self.different(depth)
        return one if rows else f"{self.rows(depth)[0]}.{self.pick('count', 'size')}()"

    def different(self, depth: int) -> str:
        source, row = self.rows(depth)
        kind = self.pick("string", "string", "bool", "date", "int", "money")
        return f"{source}.distinct({row}, {self.write(kind, depth - 1, (row,))})"

    def total(self, kind: str, depth: int) -> str:
        source, row = self.rows(depth)
        return f"{source}.sum({row}, {self.write(kind, depth - 1, (row,))})"

    def rows(self, depth: int) -> tuple[str, str]:
        self.named += 1
        row = f"l{self.named}"
        if self.draw(st.booleans()):
            return "lines", row
        return f"lines.filter({row}, {self.write('bool', depth - 1, (row,))})", row

    def condition(self, depth: int, rows: tuple[str, ...]) -> str:
        forms = ("and", "or", "not", "in", "rows", "rows", "text", "guard", "segments", "choose", "tier")
        form = self.pick("compare", "compare", *forms)
        if form == "compare":
            kind = self.pick("int", "money", "quantity", "string", "date", "timestamp", "bool")
            signs = COMPARISONS[:2] if kind == "bool" else COMPARISONS
            return f"({self.write(kind, depth, rows)} {self.pick(*signs)} {self.either(kind, depth, rows)})"
        elif form in ("and", "or"):
            sign = " && " if form == "and" else " || "
            parts = [self.write("bool", depth, rows) for _ in range(self.draw(st.integers(2, 3)))]
            return f"({sign.join(parts)})"
        elif form == "not":
            return f"!{self.write('bool', depth, rows)}"
        elif form == "in":
            kind = self.pick("int", "money", "string", "date")
            items = ", ".join(self.either(kind, depth - 1, rows) for _ in range(self.draw(st.integers(1, 3))))
            return f"({self.write(kind, depth, rows)} in [{items}])"
        elif form == "rows":
            if rows:
                return self.guard(rows)
            source, row = self.rows(depth)
            return f"{source}.{self.pick('exists', 'all')}({row}, {self.write('bool', depth, (row,))})"
        elif form == "text":
            method = self.pick("startsWith", "endsWith", "contains")
            return f"{self.write('string', depth, rows)}.{method}({self.either('string', depth, rows)})"
        elif form == "guard":
            return self.guard(rows)
        elif form == "segments":
            return f"({self.either('string', depth, rows)} in member.segments)"
        elif form == "tier":
            return f'(has(member.tier) && member.tier {self.pick("==", "!=")} "{self.pick(*TIERS)}")'
        return f"({self.write('bool', depth, rows)} ? {self.write('bool', depth, rows)} : {self.literal('bool')})"

    def guard(self, rows: tuple[str, ...]) -> str:
        """Write the forms in which an unknown value decides: those where SQL's NULL could leak out."""
        field, kind = self.pick(("purchase.tip", "money"), ("purchase.weight", "quantity"), ("member.birthday", "date"))
        test = f"{field} {self.pick(*COMPARISONS)} {self.literal(kind)}"
        return str(
            self.pick(
                f"(has({field}) && {test})",
                f"(!has({field}) || {test})",
                f"(has({field}) ? {test} : {self.literal('bool')})",
                f"!(has({field}) && !({test}))",
                f"((has({field}) && {test}) == {self.leaf('bool', rows)})",
            )
        )

    def choice(self, kind: str, depth: int, rows: tuple[str, ...]) -> str:
        one, other = self.write(kind, depth, rows), self.either(kind, depth, rows)
        if kind in ("date", "timestamp") and self.draw(st.booleans()):
            return f"{self.pick('min', 'max')}({one}, {other})"
        return f"({self.write('bool', depth, rows)} ? {one} : {other})"


def quoted(text: str) -> str:
    """Write a text as the language does: only the backslash and the quotation mark are escaped."""
    return json.dumps(text, ensure_ascii=False)
