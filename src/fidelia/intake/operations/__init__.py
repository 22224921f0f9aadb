"""Bring files in: open, map, check, mend, record, and take back what can be taken back."""

from .mapping_files import change_mapping, forget_mapping, open_import, save_mapping, tell_day_order, use_saved_mapping
from .mending import mend_row, recheck, write_rejects
from .running import check_import, check_now, record_import, record_now, undo_import
from .speaking import Unwatched
from .staging import join_cells, split_cells
from .values_staged import stage_values

__all__ = [
    "Unwatched",
    "change_mapping",
    "check_import",
    "check_now",
    "forget_mapping",
    "join_cells",
    "mend_row",
    "open_import",
    "recheck",
    "record_import",
    "record_now",
    "save_mapping",
    "split_cells",
    "stage_values",
    "tell_day_order",
    "undo_import",
    "use_saved_mapping",
    "write_rejects",
]
