"""Make the report of a file of people."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from fidelia.insight.report.blocks import Advice, Drawing, Missing, Number, Section
from fidelia.insight.report.making import Report, Told
from fidelia.insight.report.speech import Speech
from fidelia.kernel.errors import FideliaError

from .contents import contents, unit_of
from .matched import compared
from .proof import effect_of, proof
from .satisfaction import satisfaction
from .scores import scores
from .table import PeopleFile
from .uplift import uplift

_ = str  # marks the titles for translation; they are said in the report's own language

Write = Callable[[PeopleFile, Speech, str], Section]
SECTIONS: Final[tuple[tuple[str, str, Write], ...]] = (
    ("contents", _("What the file holds"), contents),
    ("proof", _("Did it work?"), proof),
    ("uplift", _("Whom does it change?"), uplift),
    ("matched", _("Against others like them"), compared),
    ("scores", _("Who will do it?"), scores),
)
SATISFACTION: Final[tuple[str, str, Write]] = ("satisfaction", _("Satisfaction, profit and loyalty"), satisfaction)


def make_people_report(
    file: PeopleFile, *, language: str, made_at: datetime, title: str = "", told: Told = lambda _line: None
) -> Report:
    """Write every section that the file allows; one that it does not allow says why. `told` hears each title."""
    speech = speech_of(file, language)
    sections = []
    for key, name, write in (*SECTIONS, *([SATISFACTION] if file.satisfaction else [])):
        told(speech.text(name))
        sections.append(_write(key, speech.text(name), write, file, speech))
    numbers, (score,) = _cover(file, speech), [one for one in sections if one.key == "scores"]
    return Report(
        title=title or speech.text(_("People and their answers: {name}"), name=file.name),
        subtitle=speech.text(_("{n} people, one row each"), n=speech.number(file.people)),
        language=language, made_at=made_at, numbers=numbers,
        advice=[*_advice(file, speech), *_asking(file, score, speech)], sections=sections,
    )  # fmt: skip


def speech_of(file: PeopleFile, language: str) -> Speech:
    """Return the speech of a report on people: amounts are written by the response's own unit."""
    return Speech(language, file.currency or "EUR", 100)


def _write(key: str, title: str, write: Write, file: PeopleFile, speech: Speech) -> Section:
    try:
        return write(file, speech, title)
    except FideliaError as refused:
        return Section(key, title, "", [Missing(speech.refusal(refused))])


def _cover(file: PeopleFile, speech: Speech) -> list[Number]:
    numbers = [Number(speech.text(_("People")), speech.number(file.people))]
    for one in file.responses[:4]:
        mean = unit_of(one, file).full(float(one.values.mean()), speech.language)
        numbers.append(Number(one.column, mean, speech.text(_("of everybody")) if one.kind == "share" else
                              speech.text(_("a person on average"))))  # fmt: skip
    return numbers


def _asking(file: PeopleFile, score: Section, speech: Speech) -> Sequence[Advice]:
    """Without a treatment to judge, a score that ranks at least says with whom to begin."""
    if file.treatment is not None or not any(isinstance(block, Drawing) for block in score.blocks):
        return []
    return [Advice(speech.text(_("Begin with the tenth that has the highest scores")), score.finding, "", "scores")]


def _advice(file: PeopleFile, speech: Speech) -> Sequence[Advice]:
    """Do again what worked, stop what harmed, and draw more people where nothing shows."""
    _ = speech.text
    treatment = file.treatment
    if treatment is None or not file.responses:
        return []
    advice = []
    one = next((one for one in file.responses if one.kind == "amount"), file.responses[0])
    for arm in treatment.arms[:5]:
        try:
            effect = effect_of(treatment, arm, one)
        except FideliaError:
            continue
        told = unit_of(one, file).full(effect.difference, speech.language, sign=True)
        reason = _("{column}: {difference} a person against those left alone.", column=one.column, difference=told)
        titles = {
            "positive": _("Do it again: {group}", group=arm), "negative": _("Stop it: {group}", group=arm),
            "no effect found": _("Draw more people before deciding: {group}", group=arm),
        }  # fmt: skip
        advice.append((effect.difference, Advice(titles[effect.finding], reason, "", "proof")))
    return [each for _difference, each in sorted(advice, key=lambda pair: -pair[0])]
