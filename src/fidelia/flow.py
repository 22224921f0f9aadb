"""The map: each announced event, the reactions to it, and the origins each reaction serves.

Read it to know what follows from what. A reaction serves live events only, unless its line says more.
"""

from __future__ import annotations

from fidelia.kernel.outbox import Reaction

REACTIONS: tuple[Reaction, ...] = ()
