"""The rule catalogue: every check by its id, how loud it is, and what it tells the person who sent the file.

A rule stands on one step of a ladder: it stops a file (scope `file`, severity `error`), rejects a row (`error`), warns, or notes.
A cell rule that meets a column which its layout does not need speaks as a warning: the value is left out and the row counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

RULESET = "2025-07"


class Severity(StrEnum):
    """What a finding does to what it speaks of."""

    ERROR = "error"  # the file or the row is rejected
    WARNING = "warning"  # accepted; somebody should look
    NOTE = "note"  # accepted; said for completeness


class Scope(StrEnum):
    """What a rule looks at."""

    FILE = "file"
    CELL = "cell"
    ROW = "row"
    CROSS = "cross"  # the row against other rows, or against what the plan knows


@dataclass(frozen=True)
class Rule:
    """One check. message: what is wrong, what is allowed, how to fix; `{column}`, `{allowed}` and `{detail}` are filled in.

    needs_plan: the rule asks what only the plan knows, so an offline check cannot judge it. firm: a cell rule that rejects the row in an
    optional column too.
    """

    id: str
    severity: Severity
    scope: Scope
    title: str
    message: str
    source: str
    needs_plan: bool = False
    firm: bool = False
    since: str = RULESET


_E, _W, _N = Severity.ERROR, Severity.WARNING, Severity.NOTE
_FILE, _CELL, _ROW, _CROSS = Scope.FILE, Scope.CELL, Scope.ROW, Scope.CROSS
_EXCHANGE = "file exchange"
_TABLE_1, _TABLE_3, _TABLE_4, _TABLE_5 = (f"CLR guidance, Table {number}" for number in (1, 3, 4, 5))
_TABLE_12, _TABLE_13 = "CLR guidance, Tables 11 and 12", "CLR guidance, Table 13"
_RTF = "RTF layout"

RULES: dict[str, Rule] = {
    rule.id: rule
    for rule in (
        # F0: can the file be read at all?
        Rule("F001", _E, _FILE, "File type cannot be read", "This is not an Excel workbook (.xlsx) or a text file. {detail} Save the sheet as .xlsx or .csv and send it again.", _EXCHANGE),
        Rule("F002", _E, _FILE, "Empty file", "The file is empty. Send the file again; when there is nobody to report on, send nothing.", _EXCHANGE),
        Rule("F003", _E, _FILE, "Password-protected workbook", "The workbook is protected with a password, so it cannot be read. Take the password off and send it again: the mailbox itself is protected.", _EXCHANGE),
        Rule("F004", _E, _FILE, "Workbook with macros", "The workbook holds macros. Save it as an Excel workbook without macros (.xlsx) and send it again.", _EXCHANGE),
        Rule("F005", _E, _FILE, "File too large", "The file is larger than the plan accepts. {detail} Send it in parts, or delete empty rows and columns.", _EXCHANGE),
        Rule("F006", _E, _FILE, "Text encoding not accepted", "The text of the file is in an encoding that is not accepted. {detail} Save it as CSV UTF-8 and send it again.", _EXCHANGE),
        Rule("F007", _E, _FILE, "Stray quotation mark", "A quotation mark is not closed, so rows run into each other. {detail} Take it out and send the file again.", _EXCHANGE),
        Rule("F008", _E, _FILE, "Semicolons between the columns", "The columns are separated by semicolons. Separate them by commas, tabs or | and send the file again.", _EXCHANGE),
        Rule("F009", _E, _FILE, "File cut off", "The last line is cut off, so the file did not arrive whole. Send it again.", _EXCHANGE),
        Rule("F010", _E, _FILE, "Damaged workbook", "The workbook is damaged. {detail} Open it in Excel, save it anew and send it again.", _EXCHANGE),
        Rule("F011", _E, _FILE, "Layout not recognized", "No row of column headings was found that belongs to a file the plan takes. {detail} Use the plan's template and leave its headings as they are.", _RTF),
        Rule("F012", _E, _FILE, "Old template", "The columns Referral Status, Date of Referral Status Update and Reason for Referral Loop Closure are missing. They belong to every Return Transmission File since July 2025. Use the plan's current template.", "CLR guidance, Appendix B"),
        Rule("F013", _E, _FILE, "Two columns for one heading", "Two columns stand for the same data element: {detail}. Take one of them out.", _RTF),
        Rule("F014", _E, _FILE, "Required columns missing", "Required columns are missing: {detail}. Use the plan's template.", _RTF),
        Rule("F015", _E, _FILE, "Several sheets match", "More than one sheet of the workbook could be the file: {detail}. Keep one of them.", _RTF),
        Rule("F016", _E, _FILE, "Several reporting periods", "The rows name more than one reporting period: {detail}. Send one file for each month.", _RTF),
        Rule("F017", _E, _FILE, "No rows", "The file has headings but no rows below them. When there is nobody to report on, send nothing.", _EXCHANGE),
        Rule("F018", _E, _FILE, "No row accepted", "Not one row of the file could be accepted. See the findings on its rows.", _EXCHANGE),
        Rule("F019", _W, _FILE, "Held: many rows rejected", "{detail} of the rows were rejected, so nothing was merged until a person at the plan has looked. Send a corrected file, or wait to hear from the plan.", _EXCHANGE),
        Rule("F020", _W, _FILE, "Held: far fewer rows than last time", "The file has far fewer rows than the last one ({detail}), so nothing was merged until a person at the plan has looked.", _EXCHANGE, needs_plan=True),
        Rule("F021", _W, _FILE, "Name and content disagree", "The ending of the file's name does not say what the file is. {detail} It was read by its content.", _EXCHANGE),
        Rule("F022", _N, _FILE, "Read as Windows-1252", "The text was read as Windows-1252, because it is not UTF-8.", _EXCHANGE),
        Rule("F023", _N, _FILE, "Formulas", "The workbook has formulas; their last stored values were read. {detail}", _EXCHANGE),
        Rule("F024", _N, _FILE, "Columns not used", "These columns are not part of the layout and were not read: {detail}.", _RTF),
        Rule("F025", _W, _FILE, "Unusual file name", "The file is not named as agreed. It was accepted by its content.", _EXCHANGE),
        Rule("F026", _N, _FILE, "Received before", "The very same file was received before; nothing was merged again. {detail}", _EXCHANGE, needs_plan=True),
        Rule("F027", _W, _FILE, "Several production dates", "The rows name more than one production date.", _RTF),
        Rule("F028", _W, _FILE, "Other program", "The file is for {detail}, and the plan does not hold you as a provider of that program.", _EXCHANGE, needs_plan=True),
        Rule("F029", _W, _FILE, "Members missing", "{detail} of the members on your last file from the plan are not in this file. Every member must be reported each month.", "Health Net / CHPIV notice", needs_plan=True),
        Rule("F030", _N, _FILE, "Hidden sheet read", "The sheet that was read is hidden in the workbook: {detail}.", _EXCHANGE),
        Rule("R001", _E, _ROW, "Wrong number of columns", "The row has {detail}. Quote cells that hold the separator, or fill in what is missing.", _EXCHANGE),
        Rule("R002", _E, _ROW, "Headings repeated", "The row repeats the headings. Take it out.", _EXCHANGE),
        # R1: is each cell what its column says?
        Rule("R101", _E, _CELL, "Required cell is blank", "{column} is blank. {allowed}", _RTF),
        Rule("R102", _E, _ROW, "New address not given", "{column} is blank, but the row says that the address is new. Give the whole address, or put N in Member New Address Indicator.", _RTF),
        Rule("R103", _E, _ROW, "New phone number not given", "{column} is blank, but the row says that the phone number is new. Give the number, or put N in Member New Phone Number Indicator.", _RTF),
        Rule("R110", _E, _CELL, "Not a CIN", "{column} is not a Client Index Number. Allowed: {allowed}", _TABLE_1),
        Rule("R111", _N, _CELL, "CIN shortened", "{column} has more than nine characters, as on the card; the first nine are the CIN and were read.", _TABLE_1),
        Rule("R112", _N, _CELL, "CIN in small letters", "{column} was read with a capital letter.", _TABLE_1),
        Rule("R113", _W, _CELL, "Unusual letter in the CIN", "{column} ends with a letter that Medi-Cal does not use. Check it against the member's card.", _TABLE_1),
        Rule("R114", _E, _CELL, "Not an NPI", "{column} is not ten digits. Allowed: {allowed}", _TABLE_4),
        Rule("R115", _E, _CELL, "NPI with a wrong check digit", "{column} has ten digits, but the last does not fit the others: one of them is mistyped.", _TABLE_4),
        Rule("R116", _E, _CELL, "Not a phone number", "{column} is not a phone number. Allowed: {allowed}", _TABLE_1),
        Rule("R117", _N, _CELL, "Month written as a date", "{column} holds the first day of a month, as Excel makes it of a typed month; it was read as that month.", _RTF),
        Rule("R120", _E, _CELL, "Not a date", "{column} is not a date. Allowed: {allowed}", _TABLE_4),
        Rule("R121", _E, _CELL, "Year with two digits", "{column} has a year of two digits. Write all four.", _TABLE_4),
        Rule("R122", _E, _CELL, "No such day", "{column} names a day that the calendar does not have. Allowed: {allowed}", _TABLE_4),
        Rule("R123", _E, _CELL, "Day before month", "{column} seems to have the day before the month. Write the month first: MM/DD/YYYY.", _TABLE_4),
        Rule("R124", _E, _CELL, "Date with a time of day", "{column} has a time of day beside the date. Leave the date alone in the cell.", _TABLE_4),
        Rule("R125", _E, _CELL, "Several values in one cell", "{column} has several values. Leave one; for several, send several rows.", _RTF),
        Rule("R126", _N, _CELL, "Date in another form", "{column} was read as a date, though it is not written as MM/DD/YYYY.", _TABLE_4),
        Rule("R127", _E, _CELL, "Year before 2000", "{column} has a year before 2000.", _TABLE_4),
        Rule("R128", _E, _CELL, "Date in the future", "{column} lies in the future. Check month and year.", _TABLE_4),
        Rule("R130", _E, _CELL, "Not in the list", "{column} is not one of the values allowed. Allowed: {allowed}", _RTF),
        Rule("R131", _E, _CELL, "Neither yes nor no", "{column} is neither Y nor N.", _RTF),
        Rule("R132", _E, _CELL, "Not a whole number", "{column} is not a number that can be read. Allowed: {allowed}", _RTF),
        Rule("R133", _E, _CELL, "Not a zip code", "{column} is not a zip code. Allowed: {allowed}", _RTF),
        Rule("R134", _E, _CELL, "Not a state", "{column} is not a state. Allowed: {allowed}", _RTF),
        Rule("R135", _E, _CELL, "Not a reporting period", "{column} is not one calendar month. Allowed: {allowed}", _RTF),
        Rule("R136", _E, _CELL, "Number shortened by Excel", "{column} was shortened by Excel to a form like 6.45E+12, so its last digits are lost. Format the column as text and enter the number again.", _RTF, firm=True),
        Rule("R137", _E, _CELL, "Not a tax number", "{column} is not a tax number. Allowed: {allowed}", _RTF),
        Rule("R138", _E, _CELL, "Not an e-mail address", "{column} is not an e-mail address. Allowed: {allowed}", _RTF),
        Rule("R139", _E, _CELL, "Not a moment", "{column} is not a date with or without a time of day. Allowed: {allowed}", "plan extract"),
        Rule("R140", _E, _CELL, "Not a name for files", "{column} cannot stand in a file name. Allowed: {allowed}", "plan extract"),
        # R2: whose member is it, and who reports?
        Rule("R201", _E, _CROSS, "Not a member on your list", "No member with this CIN and service is on a file that the plan sent you. Check the CIN against the plan's last file, or take the row out.", _EXCHANGE, needs_plan=True),
        Rule("R202", _E, _CROSS, "Another person's name", "Neither first nor last name is that of the member with this CIN. Check both against the plan's last file.", _TABLE_1, needs_plan=True),
        Rule("R203", _W, _CROSS, "Name differs", "{column} differs from the name that the plan holds. The row was accepted; tell the plan when the name has changed.", _TABLE_1, needs_plan=True),
        Rule("R204", _E, _CROSS, "Another provider's NPI", "{column} is not an NPI of the provider whose mailbox the file came from.", _TABLE_4, needs_plan=True),
        # R3: do the columns of a row agree, and the rows of a file?
        Rule("R301", _E, _CROSS, "Status is missing", "{column} is blank, but the referral is still open. Allowed: {allowed}", _TABLE_4, needs_plan=True),
        Rule("R302", _E, _ROW, "Status without its date", "{column} is blank. Give the day that the status began, as MM/DD/YYYY.", _TABLE_4),
        Rule("R303", _E, _ROW, "Date or reason without a status", "{column} is blank, but the date or the reason beside it is filled in. Allowed: {allowed}", _TABLE_4),
        Rule("R310", _E, _ROW, "Closing without a reason", "{column} is blank, but the status is Declined or Referral Loop Closed. Choose one of: {allowed}", _TABLE_5),
        Rule("R311", _E, _ROW, "Reason without a closing status", "{column} is filled in, but the status is neither Declined nor Referral Loop Closed. Take the reason out, or correct the status.", _TABLE_5),
        Rule("R312", _E, _ROW, "Authorization Denied in a return file", "{column} says Authorization Denied, which only the plan decides. Choose another reason.", _TABLE_12),
        Rule("R313", _W, _ROW, "Denied read as Declined", "{column} says Denied; it was read as Declined, which is the word for a referral that the provider turns down.", _TABLE_4),
        Rule("R315", _W, _CROSS, "Status before the referral was sent", "{column} lies before the day that the plan sent you the referral. Check the date; it was accepted, since services may begin before the authorization.", _TABLE_4, needs_plan=True),
        Rule("R320", _W, _ROW, "Engagement and status disagree", "{column} and the member's engagement say different things about whether the referral is closed. Check both.", "Health Net / CHPIV notice"),
        Rule("R321", _E, _ROW, "Enrolled without a start date", "{column} is blank, but the member is reported as Enrolled. Give the first day of enrollment.", _RTF),
        Rule("R322", _E, _ROW, "Enrollment ends before it starts", "{column} lies before ECM Enrollment Start Date.", _RTF),
        Rule("R323", _E, _ROW, "Half a discontinuation", "{column} is blank. Discontinuation date and reason code come together.", _RTF),
        Rule("R330", _E, _CROSS, "Rows contradict each other", "Two rows give this referral the same status on the same day with different reasons. Keep the right one.", _TABLE_13),
        Rule("R331", _N, _CROSS, "Row repeated", "The row says the same as an earlier row of the file, and was counted once.", _TABLE_13),
        Rule("R350", _E, _ROW, "Service of the other program", "{column} does not belong to the program of the referral.", "plan extract"),
        Rule("R351", _E, _ROW, "Assignment without its moment", "{column} is blank, but the referral has a provider.", "plan extract"),
        Rule("R352", _E, _ROW, "Decision without its moment", "{column} is blank, but the referral is approved or denied.", "plan extract"),
        Rule("R353", _E, _CROSS, "Repeated key", "Two rows have the same {column}. Keep the right one.", "plan extract"),
        Rule("R354", _W, _CROSS, "Provider not on the roster", "{column} names a provider that is not on the roster; the referral has nowhere to be sent.", "plan extract", needs_plan=True),
        Rule("R355", _W, _CROSS, "Member not known", "{column} names a member of whom no extract told; the referral cannot be sent.", "plan extract", needs_plan=True),
        # R4: what does the row do to what is already known?
        Rule("R401", _W, _CROSS, "Open again after closing", "The referral loop is already closed, and this later status does not open it again. When the member needs the service again, tell the plan: it makes a new referral.", _TABLE_13, needs_plan=True),
        Rule("R402", _N, _CROSS, "Closed on another date", "The referral loop is already closed for the same reason; the date recorded first stands.", _TABLE_13, needs_plan=True),
        Rule("R403", _N, _CROSS, "Reason corrected", "The referral loop was closed for another reason; this one now stands.", _TABLE_13, needs_plan=True),
        Rule("R404", _N, _CROSS, "Closed by engagement", "The referral loop was closed by the member's engagement, as the plan's rule says.", "Health Net / CHPIV notice"),
        Rule("R405", _W, _CROSS, "Closed by the plan", "The plan denied the authorization, which closed the referral loop; this row does not change that.", _TABLE_3, needs_plan=True),
    )
}  # fmt: skip
