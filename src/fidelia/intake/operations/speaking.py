"""Progress without a job: for the command, which does the work itself and tells its terminal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fidelia.jobs.operations import Progress
from fidelia.kernel.db import require_transaction


class Unwatched(Progress):
    """Keeps the checkpoint in memory: a command that dies is given again, and what it recorded is known then."""

    def __init__(self, tell: Callable[[int, int | None], None] = lambda _done, _total: None) -> None:
        self.checkpoint: dict[str, Any] | None = None
        self.done = 0
        self.total: int | None = None
        self._tell = tell

    def expect(self, total: int) -> None:
        self.total = total
        self.show()

    def step(self, count: int = 1) -> None:
        self.done += count
        self.show()

    def show(self) -> None:
        self._tell(self.done, self.total)

    def reach(self, checkpoint: Mapping[str, Any], *, count: int = 0) -> None:
        require_transaction()
        self.checkpoint, self.done = dict(checkpoint), self.done + count
