"""Workbooks for people who fill in a file by hand: an empty data sheet that helps, and a sheet of instructions.

Says of every column what the declarations say under a profile. What a filled-in file is worth, validation decides.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from config.layout import formats_of, template_elements
from config.profile import LayoutChoice, Profile
from outputs.tables import MADE_ON
from outputs.workbooks import Column, Sheet, Style, workbook
from schemas.columns import Element, Need
from schemas.examples import example
from schemas.formats import TEXT, Format
from schemas.layouts import EXTRACTS, INBOUND, OTF, RTF_CS, RTF_ECM

KINDS = INBOUND | EXTRACTS
INSTRUCTIONS = "Instructions"
SHEETS = {RTF_ECM: "RTF", RTF_CS: "RTF", OTF: "OTF"}  # an extract's sheet is called as its kind
NARROWEST, WIDEST = 12, 32  # characters of a column
NOT_LATER = "Not in the future."
NEEDS = {Need.REQUIRED: "Required", Need.CONDITIONAL: "Needed in some rows", Need.OPTIONAL: "Optional"}
HEADINGS = {Need.REQUIRED: Style.HEADING_REQUIRED, Need.CONDITIONAL: Style.HEADING_OPEN, Need.OPTIONAL: Style.HEADING}
GUIDE = {"Column": 40, "Need": 20, "What it means": 56, "What is allowed": 52, "Example": 30, "Also read under the heading": 44}

TITLES = {
    RTF_ECM: "Return Transmission File, ECM",
    RTF_CS: "Return Transmission File, Community Supports",
    OTF: "ECM Initial Outreach Tracker",
    "members": "Extract: members",
    "referrals": "Extract: referrals",
    "providers": "Extract: providers",
    "encounters": "Extract: encounters",
}
SENT = "How it is sent: over the plan's SFTP server, into the folder {folder}. It holds health information: never send it by e-mail."
REPORT = (
    "What it is: your report to the plan about every member whom it referred to you for {what}, and how far each referral has come.",
    "When it is due: once a month, by day {day} of the month after the one that it reports on, at the end of that day, plan time.",
    "A weekend or a holiday does not move that day. One file reports on one month.",
    SENT,
)
ROWS_OF_REPORT = (
    "One row for each {each}. Everybody on your last file from the plan belongs here, also when nothing has changed.",
    "Every row of an open referral has a Referral Status and its date.",
    "Several statuses in one month are several rows: repeat name and CIN, and give each status its own date.",
    "So a member accepted on 10/01/2025 and first served on 10/15/2025 has two rows:",
    "        Accepted | 10/01/2025 | no reason",
    "        Referral Loop Closed | 10/15/2025 | Services Received",
    "Declined and Referral Loop Closed need a reason; no other status may have one.",
    "Once a referral is closed and the service goes on, status, date and reason may be left blank.",
    "A reason that was wrong: send the row again with the right one. A status or a date that was wrong: tell the plan.",
)
ABOUT: Mapping[str, tuple[str, ...]] = {
    RTF_ECM: REPORT,
    RTF_CS: REPORT,
    OTF: (
        "What it is: every attempt of an ECM provider to reach a member, whether or not it succeeded.",
        "When it is due: with the Return Transmission File of the same month.",
        SENT,
    ),
    "members": ("What it is: the members as the plan's own systems hold them.", "When it is due: before `clr intake`, when it changes."),
    "referrals": (
        "What it is: the referrals with their authorizations and providers, as the plan's own systems hold them.",
        "When it is due: before `clr intake`, daily where possible: deadlines count from what stands here.",
    ),
    "providers": (
        "What it is: the roster of ECM and Community Supports providers, and the mailbox of each.",
        "When it is due: when it changes. Save it as providers.csv in the plan's folder.",
    ),
    "encounters": (
        "What it is: lines of claims and encounters; they tell of services that no Return Transmission File has reported.",
        "When it is due: before `clr intake`, as claims come in.",
    ),
}
ROWS: Mapping[str, tuple[str, ...]] = {
    RTF_ECM: ROWS_OF_REPORT,
    RTF_CS: ROWS_OF_REPORT,
    OTF: ("One row for each attempt: three calls to one member are three rows.",),
    "members": ("One row for each member. A changed row replaces the earlier one; a row left out deletes nothing.",),
    "referrals": (
        "One row for each referral: two services for one member are two rows.",
        "A changed row replaces the earlier one; a row left out deletes nothing.",
    ),
    "providers": ("One row for each provider, with every program that it has a contract for.",),
    "encounters": ("One row for each line of an encounter.",),
}
CELLS = (
    "Fill in the sheet {sheet} from row 2 on. Leave the headings as they are; columns that you do not use may stay empty.",
    "Dark blue headings: required in every row. Light blue: needed in some rows. Grey: optional.",
    "Choose a cell to see what belongs there. Where a list drops down, its values may also be typed.",
    "Dates are written MM/DD/YYYY, such as 03/05/2026. Every cell is text, so zeros at the front stay.",
)


def template(kind: str, profile: Profile) -> bytes:
    """The workbook for one kind of file (`KINDS`), as a plan with this profile wants it; the same profile gives the same bytes."""
    choice = profile.layouts.get(kind, LayoutChoice())
    name = choice.sheet or SHEETS.get(kind, kind)
    return workbook((_data(kind, name, profile), _instructions(kind, name, profile)), MADE_ON)


def _data(kind: str, name: str, profile: Profile) -> Sheet:
    elements, formats = template_elements(kind, profile.layouts.get(kind)), formats_of(kind, profile)
    columns = tuple(_column(kind, element, formats[element.name]) for element in elements.values())
    return Sheet(name, columns, pl.DataFrame(schema=dict.fromkeys(elements, pl.String)))


def _column(kind: str, element: Element, form: Format) -> Column:
    return Column(
        element.header,
        min(max(len(element.header) + 2, NARROWEST), WIDEST),
        heading_style=HEADINGS[element.need],
        choices=form.choices,
        hint=_hint(kind, element, form),
        hint_title=NEEDS[element.need],
    )


def _instructions(kind: str, name: str, profile: Profile) -> Sheet:
    """Texts, each running on over the cells beside it, and below them the table of all columns."""
    elements, formats = template_elements(kind, profile.layouts.get(kind)).values(), formats_of(kind, profile)
    texts = _texts(kind, name, profile)
    table = [(*GUIDE,), *(_guide(kind, element, formats[element.name]) for element in elements)]
    rows = pl.DataFrame(
        [(text, *[""] * (len(GUIDE) - 1)) for text, _ in texts] + table, schema=dict.fromkeys(GUIDE, pl.String), orient="row"
    )
    looks = [style for _, style in texts] + [Style.HEADING] + [HEADINGS[element.need] for element in elements]
    marks = {place: {len(texts): Style.HEADING} for place in range(len(GUIDE))} | {0: dict(enumerate(looks))}
    columns = [Column("" if place else TITLES[kind], width, Style.WRAPPED, Style.TITLE) for place, width in enumerate(GUIDE.values())]
    return Sheet(INSTRUCTIONS, tuple(columns), rows, marks=marks, one_page_wide=True)


def _texts(kind: str, name: str, profile: Profile) -> list[tuple[str, Style]]:
    words = {
        "what": "Enhanced Care Management (ECM)" if kind == RTF_ECM else "Community Supports",
        "each": "member" if kind == RTF_ECM else "member and service",
        "day": profile.cadence.rtf_due_day,
        "folder": profile.folders.to_plan,
        "sheet": name,
    }
    texts = []
    for topic, told in (("The file", ABOUT[kind]), ("Its rows", ROWS[kind]), ("Its cells", CELLS)):
        texts += [(topic, Style.TOPIC), *((text.format(**words), Style.TEXT) for text in told), ("", Style.TEXT)]
    return texts


def _guide(kind: str, element: Element, form: Format) -> tuple[str, ...]:
    """What the instructions say of one column, in the order of `GUIDE`."""
    return (
        element.header,
        NEEDS[element.need],
        " ".join((element.definition, *_agreements(kind, element))),
        f"{form.allowed} {NOT_LATER}" if element.past else form.allowed,
        example(element, form),
        "; ".join(element.aliases),
    )


def _hint(kind: str, element: Element, form: Format) -> str:
    """What a cell says when it is chosen."""
    allowed = "Choose from the list." if form.choices else "" if form == TEXT else form.allowed
    return " ".join(filter(None, (element.definition, allowed, NOT_LATER if element.past else "", *_agreements(kind, element))))


def _agreements(kind: str, element: Element) -> list[str]:
    """How the column must agree with others of its row, as its layout's checks say."""
    return [str(check.description) for check in KINDS[kind].to_schema().columns[element.name].checks if check.description]
