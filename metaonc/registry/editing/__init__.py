"""Records as files that people edit: their normal form, new ones, and writing without a loss."""

from metaonc.registry.editing.files import Formatted, format_file, record_files, write_text
from metaonc.registry.editing.scaffold import Draft, draft_record
from metaonc.registry.editing.text import format_text

__all__ = [
    "Draft",
    "Formatted",
    "draft_record",
    "format_file",
    "format_text",
    "record_files",
    "write_text",
]
