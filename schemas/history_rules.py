"""Rules that hold a row against what the plan knows: whose member is it, and what was told before?"""

from __future__ import annotations

from schemas.rule import CHPIV, EXCHANGE, TABLE_1, TABLE_3, TABLE_4, TABLE_13, Rule, Scope, Severity

HISTORY_RULES = (
    Rule(
        "R201",
        Severity.ERROR,
        Scope.CROSS,
        "Not a member on your list",
        message=(
            "No member with this CIN and service is on a file that the plan sent you. Check the CIN against the plan's last "
            "file, or take the row out."
        ),
        source=EXCHANGE,
        needs_plan=True,
    ),
    Rule(
        "R202",
        Severity.ERROR,
        Scope.CROSS,
        "Another person's name",
        message="Neither first nor last name is that of the member with this CIN. Check both against the plan's last file.",
        source=TABLE_1,
        needs_plan=True,
    ),
    Rule(
        "R203",
        Severity.WARNING,
        Scope.CROSS,
        "Name differs",
        message=("{column} differs from the name that the plan holds. The row was accepted; tell the plan when the name has changed."),
        source=TABLE_1,
        needs_plan=True,
    ),
    Rule(
        "R204",
        Severity.ERROR,
        Scope.CROSS,
        "Another provider's NPI",
        message="{column} is not an NPI of the provider whose mailbox the file came from.",
        source=TABLE_4,
        needs_plan=True,
    ),
    Rule(
        "R401",
        Severity.WARNING,
        Scope.CROSS,
        "Open again after closing",
        message=(
            "The referral loop is already closed, and this later status does not open it again. When the member needs the "
            "service again, tell the plan: it makes a new referral."
        ),
        source=TABLE_13,
        needs_plan=True,
    ),
    Rule(
        "R402",
        Severity.NOTE,
        Scope.CROSS,
        "Closed on another date",
        message="The referral loop is already closed for the same reason; the date recorded first stands.",
        source=TABLE_13,
        needs_plan=True,
    ),
    Rule(
        "R403",
        Severity.NOTE,
        Scope.CROSS,
        "Reason corrected",
        message="The referral loop was closed for another reason; this one now stands.",
        source=TABLE_13,
        needs_plan=True,
    ),
    Rule(
        "R404",
        Severity.NOTE,
        Scope.CROSS,
        "Closed by engagement",
        message="The referral loop was closed by the member's engagement, as the plan's rule says.",
        source=CHPIV,
    ),
    Rule(
        "R405",
        Severity.WARNING,
        Scope.CROSS,
        "Closed by the plan",
        message="The plan denied the authorization, which closed the referral loop; this row does not change that.",
        source=TABLE_3,
        needs_plan=True,
    ),
)
