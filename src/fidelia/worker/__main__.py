"""`python -m fidelia.worker` is the `fidelia` command, for the processes that the command itself starts."""

import sys

from .command import main

sys.exit(main())
