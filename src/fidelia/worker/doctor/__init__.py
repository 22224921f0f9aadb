"""`fidelia doctor`: one sentence for each thing that is right, or wrong, or worth knowing.

`machine` looks at what can be seen without a database, `server` at PostgreSQL, `application` at Fidelia in it. A part
that cannot be looked at, because the one before is wrong, is left out, and
that is said.
"""

from .examination import examine
from .finding import Finding

__all__ = ["Finding", "examine"]
