"""A condition as blocks that people fill in, and back to its text: nothing of it is ever lost on the way.

Read `read_blocks` and `write_blocks`. What no block can show stays a `TextPart`, word for word what the parser read.
"""

from .parts import SIGNS, Block, Condition, FieldSubject, Group, Literal, RowsSubject, TextPart
from .reading import read_blocks
from .writing import write_block, write_blocks

__all__ = [
    "SIGNS",
    "Block",
    "Condition",
    "FieldSubject",
    "Group",
    "Literal",
    "RowsSubject",
    "TextPart",
    "read_blocks",
    "write_block",
    "write_blocks",
]
