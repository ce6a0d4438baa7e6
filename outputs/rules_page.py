"""The rule catalogue as a page: an overview of every rule, and below it an entry for each. What an entry says is not decided here."""

from __future__ import annotations

from collections.abc import Sequence

from outputs.markdown import MADE, table
from outputs.rule_entry import SCOPES, examples, facts, found, labels, remedy
from schemas.rule import Rule
from schemas.rules import RULES

INTRO = """A finding is an *error* (the file or the row does not count), a *warning* (it counts; somebody should look) or a *note* (it
counts). Its text says what is wrong, what is allowed, and what to do. A rule on one cell that meets an optional column only warns: the
value is left out, and the row counts.

`clr validate FILE` judges a file by these rules without a plan's workspace, save for those marked †, which need what only the plan knows.
`clr schema show R310` prints one entry. People in the examples are invented; columns that an example does not show are in order."""


def rules_page() -> str:
    """The page as Markdown."""
    lines = ["# Rules", "", MADE, "", INTRO]
    for scope, words in SCOPES.items():
        rows = [_in_short(rule) for rule in RULES.values() if rule.scope is scope]
        lines += ["", f"## {words[0].upper()}{words[1:]}", "", *table(("Rule", "Severity", "Title"), rows)]
    lines += ["", "## Every rule"]
    for rule in RULES.values():
        lines += ["", *_entry(rule)]
    return "\n".join(lines) + "\n"


def _in_short(rule: Rule) -> Sequence[str]:
    return (f"[{rule.id}](#{rule.id.lower()}){'†' if rule.needs_plan else ''}", rule.severity.value, rule.title)


def _entry(rule: Rule) -> list[str]:
    return [
        f'<a id="{rule.id.lower()}"></a>',  # stays when a title gets better
        "",
        f"### {rule.id} {rule.title}",
        "",
        " · ".join(facts(rule)).replace("clr validate", "`clr validate`"),
        "",
        f"> {found(rule)}",
        "",
        f"**What to do:** {remedy(rule)}",
        "",
        f"**Why:** {rule.intent}",
        "",
        *_examples(rule),
    ]


def _examples(rule: Rule) -> list[str]:
    shown = examples(rule)
    if shown.is_empty():
        return [f"- **{label}:** {words}" for label, words in zip(labels(rule), (rule.bad, rule.good), strict=True)]
    return table(shown.columns, shown.iter_rows())
