"""The rule catalogue: every rule by its id, in the order in which the pages show them."""

from __future__ import annotations

from collections.abc import Mapping

from schemas.cell_rules import CELL_RULES
from schemas.file_rules import FILE_RULES
from schemas.history_rules import HISTORY_RULES
from schemas.row_rules import ROW_RULES
from schemas.rule import Rule

RULES: Mapping[str, Rule] = {
    rule.id: rule for rule in sorted((*FILE_RULES, *CELL_RULES, *ROW_RULES, *HISTORY_RULES), key=lambda rule: rule.id)
}
