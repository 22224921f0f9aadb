"""Conditions as blocks and back: whatever the language can say survives the way through the builder."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from fidelia.rules import syntax
from fidelia.rules.blocks import (
    Condition,
    FieldSubject,
    Group,
    Literal,
    RowsSubject,
    TextPart,
    read_blocks,
    write_blocks,
)
from fidelia.rules.parser import parse
from fidelia.rules.unparsing import write_rule

from .programs import programs

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


def bare(written: Any) -> Any:
    """The tree without offsets."""
    if isinstance(written, tuple):
        return tuple(map(bare, written))
    if not isinstance(written, syntax.Written):
        return written
    fields = [field.name for field in dataclasses.fields(written) if field.name != "offset"]
    return (type(written).__name__, *(bare(getattr(written, name)) for name in fields))


@settings(max_examples=400, deadline=None, suppress_health_check=SLOW)
@given(programs())
def test_a_written_rule_reads_as_the_same_rule(source):
    assert bare(parse(write_rule(parse(source)))) == bare(parse(source))


@settings(max_examples=600, deadline=None, suppress_health_check=SLOW)
@given(programs(kinds=("bool",)))
def test_text_to_blocks_to_text_loses_nothing(source):
    blocks = read_blocks(source)
    text = write_blocks(blocks)
    assert bare(parse(text)) == bare(parse(source))
    assert read_blocks(text) == blocks
    assert write_blocks(read_blocks(text)) == text


def field(path: str, sign: str, *values: Literal, guarded: bool = False) -> Condition:
    return Condition(FieldSubject(path), sign, values, guarded)


def text(value: str) -> Literal:
    return Literal("text", value)


def number(value: str) -> Literal:
    return Literal("number", value)


COFFEE = Condition(FieldSubject("category"), "==", (text("coffee"),))
SHAPES = [
    ('purchase.weekday == "tuesday"', (field("purchase.weekday", "==", text("tuesday")),)),
    ("purchase.total >= 20.00", (field("purchase.total", ">=", number("20.00")),)),
    ("member.points > -5", (field("member.points", ">", number("-5")),)),
    ('member.tier in ["gold", "silver"]', (field("member.tier", "in", text("gold"), text("silver")),)),
    ('!(member.tier in ["gold"])', (field("member.tier", "not_in", text("gold")),)),
    ('"tea" in member.segments', (field("member.segments", "includes", text("tea")),)),
    ('!("tea" in member.segments)', (field("member.segments", "includes_not", text("tea")),)),
    ("purchase.is_first", (field("purchase.is_first", "true"),)),
    ("!purchase.is_first", (field("purchase.is_first", "false"),)),
    ("!has(member.birthday)", (field("member.birthday", "unknown"),)),
    ('line.category.startsWith("Home/")', (field("line.category", "starts", text("Home/")),)),
    ('purchase.on < date("2026-12-31")', (field("purchase.on", "<", Literal("date", "2026-12-31")),)),
    ("has(member.age) && member.age >= 60", (field("member.age", ">=", number("60"), guarded=True),)),
    (
        'lines.filter(l, l.category == "coffee").sum(l, l.net) >= 20.00',
        (Condition(RowsSubject("lines", "sum", (COFFEE,), "net"), ">=", (number("20.00"),)),),
    ),
    (
        'lines.filter(l, l.category == "coffee").distinct(l, l.product) >= 3',
        (Condition(RowsSubject("lines", "distinct", (COFFEE,), "product"), ">=", (number("3"),)),),
    ),
    (
        "lines.distinct(l, l.brand) >= 2",
        (Condition(RowsSubject("lines", "distinct", (), "brand"), ">=", (number("2"),)),),
    ),
    ("lines.count() >= 3", (Condition(RowsSubject("lines", "count"), ">=", (number("3"),)),)),
    (
        'lines.exists(item, item.category == "coffee")',
        (Condition(RowsSubject("lines", "exists", (COFFEE,), row="item"), "true"),),
    ),
    (
        "purchase.is_first || has(member.age) && member.age > 60",
        (Group("any", (field("purchase.is_first", "true"), field("member.age", ">", number("60"), guarded=True))),),
    ),
    ("50 <= purchase.total", (TextPart("50 <= purchase.total"),)),
    ("(a ? b : c) && d", (TextPart("a ? b : c"), field("d", "true"))),
    ("a && (b && c)", (field("a", "true"), Group("all", (field("b", "true"), field("c", "true"))))),
]


@pytest.mark.parametrize(("source", "blocks"), SHAPES)
def test_each_shape_has_its_block(source, blocks):
    assert read_blocks(source) == blocks
    assert bare(parse(write_blocks(blocks))) == bare(parse(source))


def test_a_long_condition_is_written_a_part_to_a_line():
    blocks = (field("purchase.weekday", "==", text("tuesday")), field("purchase.total", ">=", number("20.00")))
    assert write_blocks(blocks) == 'purchase.weekday == "tuesday" && purchase.total >= 20.00'
    assert write_blocks((*blocks, field("purchase.is_first", "false"))).splitlines() == [
        'purchase.weekday == "tuesday"',
        "&& purchase.total >= 20.00",
        "&& !purchase.is_first",
    ]


def test_no_block_is_no_text():
    assert write_blocks(()) == ""
