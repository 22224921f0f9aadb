"""Filling the invented shop in, through the operations that everybody uses. Read `fill` first."""

from .fill import Filled, fill
from .state import State, find_state, is_invented

__all__ = ["Filled", "State", "fill", "find_state", "is_invented"]
