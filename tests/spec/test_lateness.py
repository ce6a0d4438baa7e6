"""How a provider stands with its file: every class, the order between them, and whom a provider has to report on."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from config.load import load_profile
from config.profile import Cadence
from config.settings import Notices, Plan, Settings, Sftp
from pipeline.lateness import ExchangeRecord, expected_members, last_due_period, lateness, missing_members, rtf_due_at
from schemas.history import Listings, Loops
from schemas.lateness import LATE_CLASSES, LateMembers, LatenessClass
from schemas.lateness import Lateness as LatenessTable
from schemas.providers import Providers
from schemas.submissions import Rows, Submissions

PACIFIC = ZoneInfo("America/Los_Angeles")
MOMENT = pl.Datetime("us", "UTC")
PERIOD = "2026-02"  # due Thursday 2026-03-05 23:59:59
NOW = "2026-03-09 12:00"
OUTAGE_COLUMNS = pl.Schema(
    [("from", MOMENT), ("to", MOMENT), ("providers", pl.String()), ("reason", pl.String()), ("evidence", pl.String())]
)
CINS = {"a": "90000001A", "b": "90000002C"}
MEMBERS = pl.DataFrame(schema={"cin": pl.String, "previous_cin": pl.String})


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=PACIFIC)


def settings(**cadence: Any) -> Settings:
    profile = load_profile("dhcs")
    cadence = {**profile.cadence.model_dump(), **cadence}
    return Settings(
        plan=Plan(id="demo", name="Demo Health Plan"),
        sftp=Sftp(url="file:///srv"),
        notices=Notices(),
        profile=profile.model_copy(update={"cadence": Cadence.model_validate(cadence)}),
        profile_name="dhcs",
    )


def rows_of(schema: pl.Schema, rows: list[dict[str, Any]], **defaults: Any) -> pl.DataFrame:
    return pl.DataFrame([{**defaults, **row} for row in rows], schema=schema)


def lines(text: str) -> list[tuple[str, ...]]:
    return [tuple(cell.strip() for cell in line.split("  ") if cell) for line in text.strip().splitlines()][1:]


def listings(*rows: tuple[str, str, bool], provider: str = "P1", program: str = "ECM") -> pl.DataFrame:
    """Listings of one provider: letter of the member, when the file was made, whether it was a supplement."""
    return rows_of(
        Listings.polars_schema(),
        [
            {"cin": CINS.get(member, f"9000000{ord(member) % 10}Z"), "referral_id": f"R{member}", "produced_at": at(made)}
            | {"supplemental": supplemental, "file_name": f"{made}{supplemental}"}
            for member, made, supplemental in rows
        ],
        plan="demo",
        kind="mif" if program == "ECM" else "asf",
        provider_id=provider,
        program=program,
        loop=1,
    )


def loops(closures: dict[str, str] | None = None, service: str = "ECM") -> pl.DataFrame:
    """Loops a to z of one provider, with the times at which the plan learned of closures."""
    closed = {member: at(received) for member, received in (closures or {}).items()}
    return rows_of(
        Loops.polars_schema(),
        [{"referral_id": f"R{letter}", "cin": CINS.get(letter), "closure_received_at": closed.get(letter)} for letter in "abcdef"],
        plan="demo",
        loop=1,
        program="ECM",
        provider_id="P1",
        service=service,
        corrections=0,
    )


def came(files: str, kind: str | None = "rtf-ecm", period: str | None = PERIOD) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Submissions and rows of `03-05 10:00 ACCEPTED ab + …`: when, how judged, and whom it reports."""
    submissions, rows = [], []
    for number, (day, time, status, *members) in enumerate(file.split() for file in files.split(" + ") if file != "-"):
        name = f"S{number}"
        submissions.append(
            {"submission_id": name, "received_at": at(f"2026-{day} {time}"), "status": status, "kind": kind, "period": period}
        )
        rows += [
            {"submission_id": name, "outcome": "accepted", "cin": CINS[member], "referral_id": f"R{member}", "loop": 1}
            for member in "".join(members)
        ]
    counts = dict.fromkeys(
        ["rows_read", "rows_accepted", "rows_unchanged", "rows_duplicate", "rows_rejected", "warnings", "members_missing"], 0
    )
    return (
        rows_of(Submissions.polars_schema(), submissions, plan="demo", provider_id="P1", file_name="f", sha256="0", ruleset="1", **counts),
        rows_of(Rows.polars_schema(), rows, plan="demo", row=2),
    )


def outage(start: str, end: str | None, providers: str | None = None, evidence: str | None = "ticket 12") -> pl.DataFrame:
    row = {"from": at(start), "to": at(end) if end else None, "providers": providers, "reason": "server down", "evidence": evidence}
    return pl.DataFrame([row], schema=OUTAGE_COLUMNS)


def record(
    files: str = "-",
    *,
    listed: pl.DataFrame | None = None,
    closed: dict[str, str] | None = None,
    effective: str | None = "2025-01-01",
    outages: pl.DataFrame | None = None,
    kind: str | None = "rtf-ecm",
    period: str | None = PERIOD,
) -> ExchangeRecord:
    """One ECM provider, sent a MIF with a and b on February 13 unless told otherwise."""
    submissions, rows = came(files, kind, period)
    schema = pl.Schema({name: element.format.dtype for name, element in Providers.elements().items()})
    provider = {"provider_id": "P1", "name": "First Care", "programs": "ECM", "contact_email": "files@first.example"}
    return ExchangeRecord(
        providers=pl.DataFrame([provider | {"effective": dt.date.fromisoformat(effective) if effective else None}], schema=schema),
        members=MEMBERS,
        listings=listings(("a", "2026-02-13 09:00", False), ("b", "2026-02-13 09:00", False)) if listed is None else listed,
        loops=loops(closed),
        submissions=submissions,
        rows=rows,
        outages=pl.DataFrame(schema=OUTAGE_COLUMNS) if outages is None else outages,
    )


def judged(given: ExchangeRecord, now: str = NOW, period: str = PERIOD) -> dict[str, Any]:
    rows, members = lateness(given, period, settings(), at(now))
    assert rows.height == 1
    assert members.height == rows["members_missing"].sum()
    return rows.row(0, named=True) | {"members": "".join(members["referral_id"].str.tail(1))}


CLASSES = """
what came                                             class       days  expected  missing  why
-                                                     missing     4     2         ab       nothing came
03-05 10:00 ACCEPTED ab                               on_time     0     2         -        the ordinary case
03-05 23:59 ACCEPTED ab                               on_time     0     2         -        the due day lasts until midnight
03-05 10:00 ACCEPTED_WITH_ERRORS ab                   on_time     0     2         -        some rows rejected
03-06 00:00 ACCEPTED ab                               late        1     2         -        the first day begun
03-07 08:00 ACCEPTED ab                               late        2     2         -        the second
03-07 08:00 ACCEPTED a                                late        2     2         b        late, and a member is missing too
03-05 10:00 ACCEPTED a                                incomplete  0     2         b        a member was left out
03-05 10:00 ACCEPTED                                  incomplete  0     2         ab       nothing to report is no report
03-04 10:00 ACCEPTED a + 03-05 10:00 ACCEPTED b       on_time     0     2         -        two files make up one report
03-04 10:00 ACCEPTED a + 03-08 10:00 ACCEPTED b       on_time     0     2         -        what was left out came after
03-05 10:00 REJECTED ab                               rejected    4     2         ab       on time, but rejected whole
03-05 10:00 HELD ab                                   rejected    4     2         ab       held for a person
03-05 10:00 REJECTED ab + 03-05 20:00 ACCEPTED ab     on_time     0     2         -        corrected in time
03-05 10:00 REJECTED ab + 03-06 10:00 ACCEPTED ab     late        1     2         -        corrected after the due time
03-06 10:00 REJECTED ab                               missing     4     2         ab       by the due time nothing had come
03-05 10:00 DUPLICATE ab                              missing     4     2         ab       a duplicate never counts as having come
03-05 10:00 DUPLICATE ab + 03-06 10:00 ACCEPTED ab    late        1     2         -        nor does it save what comes late
03-05 10:00 REJECTED + 03-05 11:00 DUPLICATE          rejected    4     2         ab       nor does it hide a rejection
03-12 10:00 ACCEPTED ab                               missing     4     2         ab       not yet known now
"""


@pytest.mark.parametrize(("files", "of_class", "days", "expected", "missing", "why"), lines(CLASSES))
def test_each_provider_has_exactly_one_class(files: str, of_class: str, days: str, expected: str, missing: str, why: str) -> None:
    row = judged(record(files))
    assert (row["class_"], row["days_late"], row["members_expected"]) == (of_class, int(days), int(expected)), why
    assert (row["members"] or "-") == missing, why


EXCUSES = """
what came                outage from       until             providers  evidence   class       why
-                        2026-03-05 18:00  2026-03-06 06:00  -          ticket 12  excused     the plan's own server was down
-                        2026-03-05 18:00  -                 -          ticket 12  excused     and still is
03-08 10:00 ACCEPTED ab  2026-03-05 18:00  2026-03-06 06:00  P9; P1     ticket 12  excused     this provider was concerned
03-08 10:00 ACCEPTED ab  2026-03-05 18:00  2026-03-06 06:00  P9         ticket 12  late        another was
-                        2026-03-05 18:00  2026-03-06 06:00  -          -          missing     an outage without evidence excuses nobody
-                        2026-03-04 18:00  2026-03-05 23:00  -          ticket 12  missing     over before the due time
-                        2026-03-06 00:00  2026-03-06 06:00  -          ticket 12  missing     begun after it
03-05 10:00 ACCEPTED ab  2026-03-05 18:00  2026-03-06 06:00  -          ticket 12  on_time     the file had come
03-05 10:00 ACCEPTED a   2026-03-05 18:00  2026-03-06 06:00  -          ticket 12  incomplete  but not all of it
03-05 10:00 REJECTED ab  2026-03-05 18:00  2026-03-06 06:00  -          ticket 12  excused     it could not be sent again
"""


@pytest.mark.parametrize(("files", "start", "end", "providers", "evidence", "of_class", "why"), lines(EXCUSES))
def test_an_outage_of_the_plan_excuses(files: str, start: str, end: str, providers: str, evidence: str, of_class: str, why: str) -> None:
    blank = {"-": None}
    down = outage(start, blank.get(end, end), blank.get(providers, providers), blank.get(evidence, evidence))
    row = judged(record(files, outages=down))
    assert row["class_"] == of_class, why
    if of_class == "excused":
        assert (row["days_late"], row["members_missing"], row["consecutive_periods"]) == (0, 0, 0)


GRACE = """
effective   class        why
-           missing      no grace without a first day
2026-02-03  missing      the 31st day of the contract is the due day
2026-02-04  nothing_due  the 30th
2026-03-20  nothing_due  not begun
"""


@pytest.mark.parametrize(("effective", "of_class", "why"), lines(GRACE))
def test_a_new_provider_owes_nothing_in_its_grace_period(effective: str, of_class: str, why: str) -> None:
    row = judged(record(effective=None if effective == "-" else effective))
    assert row["class_"] == of_class, why
    assert row["members_expected"] == 2


EXPECTED = """
full files               supplements    closed                expected  why
02-13:ab                 -              -                     ab        the last full file
01-15:ab                 -              -                     ab        even of an earlier month
01-15:abc + 02-13:a      -              -                     a         an earlier file no longer counts
02-13:a                  02-20:b        -                     ab        a supplement adds to it
02-13:a                  02-06:b        -                     a         one of before does not
02-13:a                  02-28:b        -                     ab        made on the last day of the period
02-13:a + 03-01:abc      03-01:d        -                     a         made after the period
-                        02-20:b        -                     b         a supplement alone
02-13:ab                 02-20:a        -                     ab        listed twice, expected once
02-13:ab                 -              b 02-20 10:00         a         closed before
02-13:ab                 -              b 03-05 23:59         a         closed before the due time, and no file has come
02-13:ab                 -              b 03-06 00:00         ab        closed after it
"""


def made(files: str, supplemental: bool) -> list[tuple[str, str, bool]]:
    split = [file.split(":") for file in files.split(" + ") if file != "-"]
    return [(member, f"2026-{day} 23:30", supplemental) for day, members in split for member in members]


@pytest.mark.parametrize(("full", "supplements", "closed", "expected", "why"), lines(EXPECTED))
def test_expected_are_the_members_on_the_last_lists(full: str, supplements: str, closed: str, expected: str, why: str) -> None:
    listed = listings(*made(full, supplemental=False), *made(supplements, supplemental=True))
    closures = {} if closed == "-" else {closed[0]: f"2026-{closed[2:]}"}
    row = judged(record(listed=listed, closed=closures))
    assert row["members"] == expected, why


def test_a_closure_in_the_file_itself_is_still_expected_in_it() -> None:
    row = judged(record("03-04 10:00 ACCEPTED ab", closed={"b": "2026-03-04 10:00"}))
    assert (row["class_"], row["members_expected"]) == ("on_time", 2)
    row = judged(record("03-04 10:00 ACCEPTED a", closed={"b": "2026-03-04 09:59"}))
    assert (row["class_"], row["members_expected"]) == ("on_time", 1)


def test_nothing_is_due_of_a_provider_with_nobody_assigned() -> None:
    nobody = record(listed=listings())
    assert (judged(nobody)["class_"], judged(nobody)["members_expected"]) == ("nothing_due", 0)
    closed = record(closed={"a": "2026-02-20 10:00", "b": "2026-02-20 10:00"})
    assert judged(closed)["class_"] == "nothing_due"


def test_sobering_centers_are_never_late() -> None:
    nobody = expected_members(record().listings, loops(service="Sobering Centers"), PERIOD, cutoffs(), settings())
    assert nobody.is_empty()


def test_a_member_of_a_rejected_row_is_not_missing() -> None:
    submissions, rows = came("03-05 10:00 ACCEPTED_WITH_ERRORS ab")
    unmatched = rows.with_columns(outcome=pl.lit("rejected"), referral_id=pl.lit(None, pl.String), loop=pl.lit(None, pl.Int64))
    expected = expected_members(record().listings, loops(), PERIOD, cutoffs(), settings())
    assert missing_members(expected, unmatched, submissions, MEMBERS, PERIOD).is_empty()
    nameless = unmatched.with_columns(cin=pl.lit(None, pl.String))
    assert missing_members(expected, nameless, submissions, MEMBERS, PERIOD)["cin"].to_list() == sorted(CINS.values())
    given_up = unmatched.with_columns(cin=pl.col("cin").replace_strict({CINS["a"]: "90000009D", CINS["b"]: CINS["b"]}))
    assert missing_members(expected, given_up, submissions, MEMBERS, PERIOD)["cin"].to_list() == [CINS["a"]]
    combined = MEMBERS.vstack(pl.DataFrame({"cin": [CINS["a"]], "previous_cin": ["90000009D"]}))
    assert missing_members(expected, given_up, submissions, combined, PERIOD).is_empty()


ELSEWHERE = """
kind     period   why
rtf-cs   2026-02  the other program
otf      2026-02  the outreach tracker is no RTF
rtf-ecm  2026-01  another period
"""


@pytest.mark.parametrize(("kind", "period", "why"), lines(ELSEWHERE))
def test_only_a_file_of_the_program_and_the_period_counts(kind: str, period: str, why: str) -> None:
    row = judged(record("03-05 10:00 ACCEPTED ab", kind=kind, period=period))
    assert (row["class_"], row["members"]) == ("missing", "ab"), why


UNREADABLE = """
came         class     why
02-06 09:00  rejected  the February file was the next one due
02-05 22:00  missing   the January file was
03-05 23:59  rejected  just in time
"""


@pytest.mark.parametrize(("received", "of_class", "why"), lines(UNREADABLE))
def test_a_file_that_cannot_be_read_counts_for_the_period_due_next(received: str, of_class: str, why: str) -> None:
    row = judged(record(f"{received} REJECTED", kind=None, period=None))
    assert row["class_"] == of_class, why


def test_nobody_is_late_before_the_due_time() -> None:
    with pytest.raises(ValueError, match="files of 2026-02 are due at 2026-03-05 23:59:59"):
        lateness(record(), PERIOD, settings(), at("2026-03-05 23:59:59"))
    with pytest.raises(ValueError, match="a month, such as"):
        lateness(record(), "2026-2", settings(), at(NOW))
    assert lateness(record(), PERIOD, settings(), at("2026-03-06 00:00"))[0]["days_late"].to_list() == [1]


DUE = """
period   day  due in UTC                 why
2026-02  5    2026-03-06T07:59:59+00:00  a Thursday in winter
2026-03  5    2026-04-06T06:59:59+00:00  a Sunday does not move it; summer time
2025-12  5    2026-01-06T07:59:59+00:00  over the new year
2026-01  31   2026-03-01T07:59:59+00:00  February has no 31st
"""


@pytest.mark.parametrize(("period", "day", "due", "why"), lines(DUE))
def test_a_file_is_due_at_the_end_of_the_due_day(period: str, day: str, due: str, why: str) -> None:
    assert rtf_due_at(period, settings(rtf_due_day=int(day))).isoformat() == due, why


LAST_DUE = """
now                  last due  why
2026-03-05 23:59:59  2026-01   not over yet
2026-03-06 00:00:00  2026-02   just over
2026-03-31 12:00:00  2026-02   until the next
2026-01-02 12:00:00  2025-11   over the new year
"""


@pytest.mark.parametrize(("now", "period", "why"), lines(LAST_DUE))
def test_the_last_due_period_is_the_last_that_is_over(now: str, period: str, why: str) -> None:
    assert last_due_period(at(now), settings()) == period, why


def test_repeat_lateness_counts_periods_in_a_row() -> None:
    listed = listings(("a", "2025-10-15 09:00", False))
    november = record("01-09 10:00 ACCEPTED a", listed=listed, period="2025-11")  # a month late
    december = record("01-05 10:00 ACCEPTED a", listed=listed, period="2025-12")
    both = november.submissions.vstack(december.submissions.with_columns(submission_id=pl.lit("S9")))
    told = november.rows.vstack(december.rows.with_columns(submission_id=pl.lit("S9")))
    history = ExchangeRecord(november.providers, MEMBERS, listed, november.loops, both, told, november.outages)
    standing = {period: judged(history, period=period) for period in ("2025-10", "2025-11", "2025-12", "2026-01", "2026-02")}
    assert [(row["class_"], row["consecutive_periods"]) for row in standing.values()] == [
        ("missing", 1),
        ("late", 2),
        ("on_time", 0),
        ("missing", 1),
        ("missing", 2),
    ]
    assert standing["2026-02"]["last_accepted_at"] == at("2026-01-09 10:00")


def test_repeat_lateness_is_followed_for_two_years() -> None:
    always = record(listed=listings(("a", "2020-01-15 09:00", False)), effective=None)
    assert judged(always)["consecutive_periods"] == 24


def test_an_excused_period_ends_a_row_of_late_ones() -> None:
    listed = listings(("a", "2025-12-15 09:00", False))
    assert judged(record(listed=listed))["consecutive_periods"] == 3
    excused = record(listed=listed, outages=outage("2026-02-05 18:00", "2026-02-06 06:00"))
    assert judged(excused)["consecutive_periods"] == 1


def test_every_program_of_a_contract_has_a_row_and_so_has_a_listing_without_one() -> None:
    given = record("03-05 10:00 ACCEPTED ab")
    both = given.providers.with_columns(programs=pl.lit("CS; ECM"))
    off_roster = listings(("a", "2026-02-13 09:00", False), provider="P7", program="CS")
    rows, _ = lateness(
        ExchangeRecord(both, MEMBERS, given.listings.vstack(off_roster), given.loops, given.submissions, given.rows, given.outages),
        PERIOD,
        settings(),
        at(NOW),
    )
    assert rows.select("provider_id", "provider_name", "program", "class_").rows() == [
        ("P1", "First Care", "CS", "nothing_due"),
        ("P1", "First Care", "ECM", "on_time"),
        ("P7", "P7", "CS", "missing"),
    ]


def test_rows_are_those_of_their_tables() -> None:
    rows, members = lateness(record(), PERIOD, settings(), at(NOW))
    LatenessTable.validate(rows)
    LateMembers.validate(members)
    assert rows.row(0, named=True) | {
        "plan": "demo",
        "contact_email": "files@first.example",
        "due_at": at("2026-03-05 23:59:59"),
    } == rows.row(0, named=True)


moments = st.datetimes(dt.datetime.fromisoformat("2026-02-06T08:00"), dt.datetime.fromisoformat("2026-03-12"))
statuses = st.sampled_from(["ACCEPTED", "ACCEPTED_WITH_ERRORS", "REJECTED", "HELD", "DUPLICATE"])
files = st.lists(st.tuples(moments, statuses, st.sampled_from(["", "a", "b", "ab"])), max_size=5)


@effort(max_examples=40, deadline=None)
@given(files)
def test_the_order_of_files_changes_nothing_and_one_more_accepted_file_never_harms(sent: list[tuple[dt.datetime, str, str]]) -> None:
    def standing(of: list[tuple[dt.datetime, str, str]]) -> dict[str, Any]:
        return judged(
            record(" + ".join(f"{when:%m-%d %H:%M} {status} {members}" for when, status, members in of) or "-"), now="2026-03-13 00:00"
        )

    before = standing(sent)
    assert before == standing(sent[::-1])
    assert LatenessClass(before["class_"])
    after = standing([*sent, (dt.datetime.fromisoformat("2026-03-05 12:00"), "ACCEPTED", "ab")])
    assert after["class_"] == "on_time"
    assert (before["consecutive_periods"] > 0) == (before["class_"] in LATE_CLASSES)


def cutoffs() -> pl.DataFrame:
    return pl.DataFrame(schema={"provider_id": pl.String, "program": pl.String, "cutoff": MOMENT})
