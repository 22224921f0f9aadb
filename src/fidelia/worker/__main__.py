"""`python -m fidelia.worker` is the `fidelia` command, for the processes that the command itself starts."""

from .command import enter

enter()
