"""The map is whole: every event that a module can announce is on it, once, and the docs say the same."""

from __future__ import annotations

import importlib
from pathlib import Path

from fidelia.flow import NOTHING_REACTS, REACTIONS
from fidelia.kernel.outbox import Event

ROOT = Path(__file__).resolve().parents[2]
ARCHITECTURE = ROOT / "docs" / "ARCHITECTURE.md"


def announced_classes() -> set[type[Event]]:
    """Every event class of every module's `events`."""
    modules = [path.parent.name for path in (ROOT / "src" / "fidelia").glob("*/events.py")]
    found = [vars(importlib.import_module(f"fidelia.{module}.events")) for module in modules]
    return {
        value
        for names in found
        for value in names.values()
        if isinstance(value, type) and issubclass(value, Event) and value is not Event
    }


def served_names() -> set[str]:
    return {name for reaction in REACTIONS for name in reaction.event_names}


def test_every_event_is_on_the_map_once() -> None:
    served, idle = served_names(), {event.name for event in NOTHING_REACTS}
    assert served.isdisjoint(idle)
    assert served | idle == {event.name for event in announced_classes()}


def test_events_are_defined_in_the_events_of_a_module_only() -> None:
    elsewhere = {
        path.relative_to(ROOT)
        for path in (ROOT / "src" / "fidelia").rglob("*.py")
        if path.name != "events.py" and "(Event):" in path.read_text(encoding="utf-8")
    }
    assert elsewhere == set()


def test_no_two_events_share_a_name_and_no_two_reactions() -> None:
    names = [event.name for event in announced_classes()]
    assert sorted(names) == sorted(set(names))
    reactions = [reaction.name for reaction in REACTIONS]
    assert sorted(reactions) == sorted(set(reactions))


def test_every_event_that_nothing_reacts_to_says_why() -> None:
    assert all(reason.strip() for reason in NOTHING_REACTS.values())


def test_every_reaction_of_a_module_is_on_the_map() -> None:
    mapped = {reaction.function for reaction in REACTIONS}
    for path in (ROOT / "src" / "fidelia").glob("*/reactions.py"):
        module = importlib.import_module(f"fidelia.{path.parent.name}.reactions")
        own = {
            value
            for name, value in vars(module).items()
            if callable(value) and getattr(value, "__module__", "") == module.__name__ and not name.startswith("_")
        }
        assert own <= mapped, path


def table_of_the_map() -> list[str]:
    """The rows of the table of events, as docs/ARCHITECTURE.md shows them."""
    rows = []
    for event in sorted(announced_classes(), key=lambda one: one.name):
        serving = [reaction for reaction in REACTIONS if event.name in reaction.event_names]
        said = "; ".join(f"`{one.name}` ({', '.join(one.origins)})" for one in serving)
        rows.append(f"| `{event.name}` | {said or f'nothing yet: {NOTHING_REACTS[event]}'} |")
    return rows


def test_the_architecture_page_shows_the_map() -> None:
    page = ARCHITECTURE.read_text(encoding="utf-8").splitlines()
    missing = [row for row in table_of_the_map() if row not in page]
    assert not missing, "\n".join(["docs/ARCHITECTURE.md lacks these rows of its table of events:", *missing])
