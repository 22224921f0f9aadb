"""The verbs of files, and the store of their contents."""

from .keeping import forget_expired, forget_file, keep_file
from .sweeping import sweep_contents

__all__ = ["forget_expired", "forget_file", "keep_file", "sweep_contents"]
