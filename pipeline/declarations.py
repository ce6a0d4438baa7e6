"""`clr schema`: what is declared of layouts and rules, in the terminal and as the generated pages of the documentation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from config.layout import formats_of, template_elements
from config.load import load_profile
from outputs.console import records
from outputs.dhcs_schema import schema_text
from outputs.dictionary import dictionary, dictionary_page
from outputs.files import write_file
from outputs.notice_fields_page import notice_fields_page
from outputs.rule_entry import examples, facts, found, labels, record, remedy
from outputs.rules_page import rules_page
from outputs.settings_page import settings_page
from pipeline.command import ATTENTION, DONE, Shared, UsageError
from schemas import dhcs_submission
from schemas.dhcs_rules import DHCS_RULES
from schemas.layouts import LAYOUTS
from schemas.rules import RULES

if TYPE_CHECKING:
    from outputs.console import Terminal
    from schemas.rule import Rule

SUBMISSION_SCHEMA = Path(dhcs_submission.__file__).with_name("dhcs_submission.schema.json")


def list_declared(shared: Shared) -> int:
    """The layouts by kind, and the rules by id; as JSON every rule with its whole entry."""
    kinds = {kind: (layout.__doc__ or "").splitlines()[0] for kind, layout in LAYOUTS.items()}
    rules = [record(rule) for rule in RULES.values()]

    def show() -> None:
        shared.terminal.lines(f"{kind:<10} {text}" for kind, text in kinds.items())
        shared.terminal.line("")
        shared.terminal.lines(f"{rule.id:<10} {rule.severity.value:<8} {rule.title}" for rule in RULES.values())

    shared.terminal.result({"kinds": kinds, "rules": rules}, show)
    return DONE


def show_declared(name: str, profile_name: str, shared: Shared) -> int:
    """The columns of a layout under a profile, or the entry of a rule. Raises UsageError when it is neither."""
    if rule := RULES.get(name.upper()) or DHCS_RULES.get(name.upper()):
        shared.terminal.result({"rule": record(rule)}, lambda: _tell(rule, shared.terminal))
    elif name in LAYOUTS:
        profile = load_profile(profile_name)
        rows = dictionary(template_elements(name, profile.layouts.get(name)).values(), formats_of(name, profile))
        columns = rows.select("header", "need", "allowed", "definition")
        shared.terminal.result({"columns": records(rows)}, lambda: shared.terminal.table(columns))
    else:
        raise UsageError(f"{name}: layouts are {', '.join(LAYOUTS)}; `clr schema list` has the rules too")
    return DONE


def write_pages(folder: Path, settings: Path, shared: Shared, *, check_only: bool) -> int:
    """Write the generated pages, or with `check_only` say which are not as they would be written."""
    texts = {
        folder / "data-dictionary.md": dictionary_page(),
        folder / "notice-fields.md": notice_fields_page(),
        folder / "rules.md": rules_page(),
        settings: settings_page(),
    }
    made = {path: text.encode() for path, text in texts.items()}
    if not _is(SUBMISSION_SCHEMA, schema := schema_text().encode()):
        made[SUBMISSION_SCHEMA] = schema  # it belongs to the program, and is written only where the declarations have moved on
    stale = [str(path) for path, content in made.items() if not _is(path, content)]
    if not check_only and not shared.dry_run:
        for path, content in made.items():
            write_file(path, content)
            path.chmod(0o644)  # documentation, not health records
    shared.terminal.result({"stale": stale}, lambda: shared.terminal.line("\n".join(stale) or "all pages are up to date"))
    return ATTENTION if check_only and stale else DONE


def _is(path: Path, content: bytes) -> bool:
    return path.is_file() and path.read_bytes() == content


def _tell(rule: Rule, terminal: Terminal) -> None:
    terminal.paragraph(f"{rule.id} {rule.title}", style="bold")
    terminal.paragraph("; ".join(facts(rule)))
    for paragraph in (found(rule), f"What to do: {remedy(rule)}", f"Why: {rule.intent}"):
        terminal.line("")
        terminal.paragraph(paragraph, indent=2)
    terminal.line("")
    if (shown := examples(rule)).is_empty():
        for label, words in zip(labels(rule), (rule.bad, rule.good), strict=True):
            terminal.paragraph(f"{label}: {words}", indent=2)
    else:
        terminal.table(shown)
