"""The outbox: what happened, told in the same transaction as what happened, reacted to later by the worker.

Nouns: an *event* is announced; a *reaction* serves it; a *cursor* is how far a reaction has come; an event that a
reaction cannot serve is *parked* with the reason. Promises: no committed event is ever skipped, each reaction's effects
in this database happen once, and events of one customer are served in order.
"""

from .announcing import announce, announce_all
from .event import Announced, Event, Origin, Reaction

# Dispatching, parking and keeping are modules of their own: whoever announces has no need of them.
__all__ = ["Announced", "Event", "Origin", "Reaction", "announce", "announce_all"]
