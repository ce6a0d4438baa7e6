"""Rules on the columns of one row, and on the rows of one file, against each other."""

from __future__ import annotations

from schemas.rule import CHPIV, EXTRACT, RTF, TABLE_4, TABLE_5, TABLE_12, TABLE_13, Rule, Scope, Severity

ROW_RULES = (
    Rule(
        "R102",
        Severity.ERROR,
        Scope.ROW,
        "New address not given",
        message=(
            "{column} is blank, but the row says that the address is new. Give the whole address, or put N in Member New Address Indicator."
        ),
        source=RTF,
    ),
    Rule(
        "R103",
        Severity.ERROR,
        Scope.ROW,
        "New phone number not given",
        message=(
            "{column} is blank, but the row says that the phone number is new. Give the number, or put N in Member New "
            "Phone Number Indicator."
        ),
        source=RTF,
    ),
    Rule(
        "R301",
        Severity.ERROR,
        Scope.CROSS,
        "Status is missing",
        message="{column} is blank, but the referral is still open. Allowed: {allowed}",
        source=TABLE_4,
        needs_plan=True,
    ),
    Rule(
        "R302",
        Severity.ERROR,
        Scope.ROW,
        "Status without its date",
        message="{column} is blank. Give the day that the status began, as MM/DD/YYYY.",
        source=TABLE_4,
    ),
    Rule(
        "R303",
        Severity.ERROR,
        Scope.ROW,
        "Date or reason without a status",
        message="{column} is blank, but the date or the reason beside it is filled in. Allowed: {allowed}",
        source=TABLE_4,
    ),
    Rule(
        "R310",
        Severity.ERROR,
        Scope.ROW,
        "Closing without a reason",
        message="{column} is blank, but the status is Declined or Referral Loop Closed. Choose one of: {allowed}",
        source=TABLE_5,
    ),
    Rule(
        "R311",
        Severity.ERROR,
        Scope.ROW,
        "Reason without a closing status",
        message=(
            "{column} is filled in, but the status is neither Declined nor Referral Loop Closed. Take the reason out, or "
            "correct the status."
        ),
        source=TABLE_5,
    ),
    Rule(
        "R312",
        Severity.ERROR,
        Scope.ROW,
        "Authorization Denied in a return file",
        message="{column} says Authorization Denied, which only the plan decides. Choose another reason.",
        source=TABLE_12,
    ),
    Rule(
        "R313",
        Severity.WARNING,
        Scope.ROW,
        "Denied read as Declined",
        message="{column} says Denied; it was read as Declined, which is the word for a referral that the provider turns down.",
        source=TABLE_4,
    ),
    Rule(
        "R315",
        Severity.WARNING,
        Scope.CROSS,
        "Status before the referral was sent",
        message=(
            "{column} lies before the day that the plan sent you the referral. Check the date; it was accepted, since "
            "services may begin before the authorization."
        ),
        source=TABLE_4,
        needs_plan=True,
    ),
    Rule(
        "R320",
        Severity.WARNING,
        Scope.ROW,
        "Engagement and status disagree",
        message="{column} and the member's engagement say different things about whether the referral is closed. Check both.",
        source=CHPIV,
    ),
    Rule(
        "R321",
        Severity.ERROR,
        Scope.ROW,
        "Enrolled without a start date",
        message="{column} is blank, but the member is reported as Enrolled. Give the first day of enrollment.",
        source=RTF,
    ),
    Rule(
        "R322",
        Severity.ERROR,
        Scope.ROW,
        "Enrollment ends before it starts",
        message="{column} lies before ECM Enrollment Start Date.",
        source=RTF,
    ),
    Rule(
        "R323",
        Severity.ERROR,
        Scope.ROW,
        "Half a discontinuation",
        message="{column} is blank. Discontinuation date and reason code come together.",
        source=RTF,
    ),
    Rule(
        "R330",
        Severity.ERROR,
        Scope.CROSS,
        "Rows contradict each other",
        message="Two rows give this referral the same status on the same day with different reasons. Keep the right one.",
        source=TABLE_13,
    ),
    Rule(
        "R331",
        Severity.NOTE,
        Scope.CROSS,
        "Row repeated",
        message="The row says the same as an earlier row of the file, and was counted once.",
        source=TABLE_13,
    ),
    Rule(
        "R350",
        Severity.ERROR,
        Scope.ROW,
        "Service of the other program",
        message="{column} does not belong to the program of the referral.",
        source=EXTRACT,
    ),
    Rule(
        "R351",
        Severity.ERROR,
        Scope.ROW,
        "Assignment without its moment",
        message="{column} is blank, but the referral has a provider.",
        source=EXTRACT,
    ),
    Rule(
        "R352",
        Severity.ERROR,
        Scope.ROW,
        "Decision without its moment",
        message="{column} is blank, but the referral is approved or denied.",
        source=EXTRACT,
    ),
    Rule(
        "R353",
        Severity.ERROR,
        Scope.CROSS,
        "Repeated key",
        message="Two rows have the same {column}. Keep the right one.",
        source=EXTRACT,
    ),
    Rule(
        "R354",
        Severity.WARNING,
        Scope.CROSS,
        "Provider not on the roster",
        message="{column} names a provider that is not on the roster; the referral has nowhere to be sent.",
        source=EXTRACT,
        needs_plan=True,
    ),
    Rule(
        "R355",
        Severity.WARNING,
        Scope.CROSS,
        "Member not known",
        message="{column} names a member of whom no extract told; the referral cannot be sent.",
        source=EXTRACT,
        needs_plan=True,
    ),
)
