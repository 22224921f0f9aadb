"""What the file holds, how it was read, and how far it can be trusted."""

from __future__ import annotations

from fidelia.insight.report.blocks import Block, Definition, Grid, Number, Numbers, Section, Words
from fidelia.insight.report.facts import FileQuality, ReportFacts
from fidelia.insight.report.speech import Speech

REFUSALS_SHOWN = 8
DOUBTS_SHOWN = 8
MANY_DUPLICATES = 0.2  # of the rows that count: receipts with two equal lines are a few in a hundred


def contents(facts: ReportFacts, speech: Speech, title: str) -> Section:
    _ = speech.text
    quality = facts.quality
    (whole,) = facts.rows(
        facts.purchases.agg(
            purchases=facts.purchases.count(),
            customers=facts.purchases.customer_id.nunique(),
            net=facts.purchases.total.sum(),
        )
    )
    left_out = sum(refusal.rows for refusal in quality.refusals)
    finding = _finding(quality, left_out, speech)
    numbers = [
        Number(_("Rows that count"), speech.number(quality.taken), _("of {rows}", rows=speech.number(quality.rows))),
        Number(_("Purchases and returns"), speech.number(whole["purchases"])),
        Number(_("Customers"), speech.number(whole["customers"])),
        Number(_("Net sales"), speech.money(whole["net"] or 0, exact=True)),
        Number(_("Days"), speech.number(facts.days)),
    ]
    blocks: list[Block] = [Numbers(numbers), *_remarks(facts, speech)]
    blocks.append(
        Grid(_("How the columns were understood"), [_("What it is"), _("Column of the file")], quality.understood, 2)
    )
    if quality.refusals:
        rows = [
            [refusal.reason, speech.number(refusal.rows), speech.number(refusal.first_row)]
            for refusal in quality.refusals[:REFUSALS_SHOWN]
        ]
        blocks.append(Grid(_("Rows left out"), [_("Reason"), _("Rows"), _("First row")], rows))
    return Section("contents", title, finding, blocks, _definitions(speech))


def _finding(quality: FileQuality, left_out: int, speech: Speech) -> str:
    _ = speech.text
    rows, taken = speech.number(quality.rows), speech.number(quality.taken)
    if not left_out and not quality.repeated:
        return speech.ngettext(
            "{n} row was read, and it counts.", "{n} rows were read, and all of them count.", quality.rows
        )
    if not quality.repeated:
        told = _("{rows} rows were read: {taken} count, {left_out} were left out.",
                 rows=rows, taken=taken, left_out=speech.number(left_out))  # fmt: skip
    else:
        told = _(
            "{rows} rows were read: {taken} count, {left_out} were left out, {repeated} stand in two sheets.",
            rows=rows, taken=taken, left_out=speech.number(left_out), repeated=speech.number(quality.repeated),
        )  # fmt: skip
    return told


def _remarks(facts: ReportFacts, speech: Speech) -> list[Block]:
    _ = speech.text
    quality = facts.quality
    remarks: list[Block] = []
    if "currency" not in facts.has:
        remarks.append(Words(_("The file names no currency: its amounts are taken for {currency}.",
                               currency=facts.currency)))  # fmt: skip
    if quality.duplicates:
        remarks.append(_duplicates(quality, speech))
    if quality.anonymous_rows:
        share = quality.anonymous_rows / max(1, quality.taken)
        remarks.append(
            Words(
                _(
                    "{n} rows ({share}) name no customer: they count in sales and products, and nowhere else.",
                    n=speech.number(quality.anonymous_rows),
                    share=speech.share(share),
                ),
                "warn" if share > 0.1 else "plain",
            )
        )
    if quality.return_lines:
        remarks.append(
            Words(
                _(
                    "{n} lines give something back; {matched} of them fit an earlier line of the same customer.",
                    n=speech.number(quality.return_lines),
                    matched=speech.number(quality.matched_lines),
                )
            )
        )
    return [*remarks, *(Words(doubt, "warn") for doubt in quality.doubts[:DOUBTS_SHOWN])]


def _duplicates(quality: FileQuality, speech: Speech) -> Words:
    told = speech.text(
        "{n} rows repeat another row exactly. They count: a till may well print two equal lines.",
        n=speech.number(quality.duplicates),
    )
    if quality.duplicates <= MANY_DUPLICATES * quality.taken:
        return Words(told)
    doubt = speech.text("With so many of them, see whether the file holds the same export twice.")
    return Words(f"{told} {doubt}", "warn")


def _definitions(speech: Speech) -> list[Definition]:
    _ = speech.text
    return [
        Definition(
            _("Purchases and returns"),
            _("Rows with the same receipt number are one purchase; without such a number each row is one, or all goods "
              "that a customer took at one moment. A receipt whose total is below zero, or whose lines all are, is a "
              "return."),
        ),
        Definition(_("Net sales"), _("Sales less returns, after discounts, in the amounts that the file gives.")),
    ]  # fmt: skip
