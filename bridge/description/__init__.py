"""Translator: a whole drop as a TOML file that people write, and back."""

from bridge.description.faults import Fault, Misdescribed
from bridge.description.kinds import DIGEST
from bridge.description.reading import Description, Opened, opened
from bridge.description.writing import as_table, written

__all__ = ["DIGEST", "Description", "Fault", "Misdescribed", "Opened", "as_table", "opened", "written"]
