"""Which job is due when, and which of them are still to be done, against tables worked out by hand from a wall calendar."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from zoneinfo import ZoneInfo

import pytest

from config.load import load_profile
from config.settings import Notices, Plan, Settings, Sftp
from pipeline.backlog import Stamp, Task, backlog, nearest_now, standings
from pipeline.business_days import CalendarNotConfirmed
from pipeline.schedule import Planned, foreseen_until, last_aging_run, never_due, planned

PACIFIC = ZoneInfo("America/Los_Angeles")
HOUR = dt.timedelta(hours=1)

MIF = """
mif_day  period   due             why
15       2026-01  Thu 2026-01-15  a business day
15       2026-02  Fri 2026-02-13  the 15th is a Sunday
15       2026-08  Fri 2026-08-14  and here a Saturday
15       2027-02  Fri 2027-02-12  Presidents' Day after a weekend
16       2026-02  Fri 2026-02-13  the same in another year
31       2026-01  Fri 2026-01-30  Saturday
31       2026-02  Fri 2026-02-27  February has no 31st, and its last is a Saturday
31       2026-03  Mon 2026-03-30  Cesar Chavez Day
31       2026-04  Thu 2026-04-30  April has no 31st
30       2028-02  Tue 2028-02-29  a leap year
1        2026-01  Wed 2025-12-31  New Year's Day: the period stays, the year does not
1        2026-03  Fri 2026-02-27  back into February over a Sunday
1        2028-01  Fri 2027-12-31  New Year's Day on a Saturday
19       2026-06  Fri 2026-06-19  Juneteenth is not observed
3        2026-07  Fri 2026-07-03  Independence Day on a Saturday is not moved
5        2027-07  Fri 2027-07-02  on a Sunday it moves to Monday
11       2026-11  Tue 2026-11-10  Veterans Day
10       2028-11  Thu 2028-11-09  Veterans Day on a Saturday is kept on Friday
27       2026-11  Wed 2026-11-25  the day after Thanksgiving
25       2026-12  Thu 2026-12-24  Christmas
"""

ASF = """
asked           move     due             why
Tue 2026-03-10  nearest  Tue 2026-03-10  a business day
Sun 2026-05-10  nearest  Mon 2026-05-11  Monday is nearer than Friday
Sat 2026-10-10  nearest  Fri 2026-10-09  Friday is nearer than Monday
Sun 2026-12-20  nearest  Mon 2026-12-21  about the 20th
Sat 2026-06-20  nearest  Fri 2026-06-19  Juneteenth is a business day
Wed 2026-11-11  nearest  Tue 2026-11-10  a holiday in the middle of the week: the earlier
Fri 2026-11-27  nearest  Wed 2026-11-25  two days back, three on
Sat 2026-11-28  nearest  Mon 2026-11-30  three days back, two on
Sun 2026-05-31  nearest  Mon 2026-06-01  into the next month
Sun 2026-05-10  before   Fri 2026-05-08  never later
Sun 2026-03-01  before   Fri 2026-02-27  into the month before
Sun 2026-05-10  none     Sun 2026-05-10  the 10th whatever it is
Wed 2026-11-11  none     Wed 2026-11-11  a holiday as well
"""

SUPPLEMENT = """
weekday    asked           due             why
Monday     Mon 2026-03-02  Mon 2026-03-02  a business day
Monday     Mon 2026-01-19  Fri 2026-01-16  Martin Luther King Jr. Day
Monday     Mon 2026-02-16  Fri 2026-02-13  Presidents' Day
Monday     Mon 2026-09-07  Fri 2026-09-04  Labor Day
Wednesday  Wed 2026-11-11  Tue 2026-11-10  Veterans Day
Thursday   Thu 2026-11-26  Wed 2026-11-25  Thanksgiving
Friday     Fri 2026-11-27  Wed 2026-11-25  and the day after
Friday     Fri 2027-01-01  Thu 2026-12-31  New Year's Day
"""

LATE = """
rtf_due_day  period   late at                 why
5            2026-01  2026-02-06 00:00-08:00  the first second after the due day
5            2026-02  2026-03-06 00:00-08:00  the same
5            2026-03  2026-04-06 00:00-07:00  a Sunday does not move it
5            2026-12  2027-01-06 00:00-08:00  over the end of the year
31           2026-01  2026-03-01 00:00-08:00  February ends on the 28th
8            2026-02  2026-03-09 00:00-07:00  the due day is the one of 23 hours
7            2026-02  2026-03-08 00:00-08:00  and here the day before
1            2026-10  2026-11-02 00:00-08:00  the one of 25 hours
31           2026-09  2026-11-01 00:00-07:00  and the day before
"""

AGING = """
aging_day  period   due             why
12         2026-02  Thu 2026-02-12  a business day
12         2026-04  Fri 2026-04-10  the 12th is a Sunday
12         2026-09  Fri 2026-09-11  and here a Saturday
25         2026-12  Thu 2026-12-24  Christmas
31         2026-02  Fri 2026-02-27  February has no 31st, and its last is a Saturday
1          2026-01  Wed 2025-12-31  New Year's Day: the period stays, the year does not
"""

CLOCKS = """
at     day             due                     why
21:00  Sat 2026-03-07  2026-03-07 21:00-08:00  the evening before clocks go forward
21:00  Sun 2026-03-08  2026-03-08 21:00-07:00  the evening after
01:30  Sun 2026-03-08  2026-03-08 01:30-08:00  half an hour before they do
02:30  Sun 2026-03-08  2026-03-08 03:30-07:00  a time that there is not
03:30  Sun 2026-03-08  2026-03-08 03:30-07:00  a time that there is
00:30  Sun 2026-11-01  2026-11-01 00:30-07:00  an hour before clocks go back
01:30  Sun 2026-11-01  2026-11-01 01:30-07:00  of a time that comes twice the first
02:30  Sun 2026-11-01  2026-11-01 02:30-08:00  after they went back
"""

MONTHS = """
profile  due                   job             period
iehp     Mon 2026-02-02 06:00  mif-supplement  2026-02-02
iehp     Fri 2026-02-06 00:00  late            2026-01
iehp     Mon 2026-02-09 06:00  mif-supplement  2026-02-09
iehp     Tue 2026-02-10 06:00  asf             2026-02-10
iehp     Thu 2026-02-12 06:00  aging           2026-02
iehp     Fri 2026-02-13 06:00  mif-supplement  2026-02-16
iehp     Fri 2026-02-13 06:00  mif             2026-02
iehp     Fri 2026-02-20 06:00  asf             2026-02-20
iehp     Mon 2026-02-23 06:00  mif-supplement  2026-02-23
iehp     Mon 2026-03-02 06:00  mif-supplement  2026-03-02
iehp     Fri 2026-03-06 00:00  late            2026-02
iehp     Mon 2026-03-09 06:00  mif-supplement  2026-03-09
iehp     Tue 2026-03-10 06:00  asf             2026-03-10
iehp     Thu 2026-03-12 06:00  aging           2026-03
iehp     Fri 2026-03-13 06:00  mif             2026-03
iehp     Mon 2026-03-16 06:00  mif-supplement  2026-03-16
iehp     Fri 2026-03-20 06:00  asf             2026-03-20
iehp     Mon 2026-03-23 06:00  mif-supplement  2026-03-23
iehp     Mon 2026-03-30 06:00  mif-supplement  2026-03-30
chpiv    Fri 2026-02-06 00:00  late            2026-01
chpiv    Thu 2026-02-12 06:00  aging           2026-02
chpiv    Fri 2026-02-13 06:00  mif             2026-02
chpiv    Sun 2026-02-15 06:00  asf             2026-02-15
chpiv    Sat 2026-02-28 06:00  asf             2026-02-28
chpiv    Fri 2026-03-06 00:00  late            2026-02
chpiv    Thu 2026-03-12 06:00  aging           2026-03
chpiv    Fri 2026-03-13 06:00  mif             2026-03
chpiv    Sun 2026-03-15 06:00  asf             2026-03-15
chpiv    Sun 2026-03-29 06:00  asf             2026-03-29
dhcs     Fri 2026-02-06 00:00  late            2026-01
dhcs     Tue 2026-02-10 06:00  asf             2026-02-10
dhcs     Thu 2026-02-12 06:00  aging           2026-02
dhcs     Fri 2026-02-13 06:00  mif             2026-02
dhcs     Fri 2026-02-20 06:00  asf             2026-02-20
dhcs     Fri 2026-03-06 00:00  late            2026-02
dhcs     Tue 2026-03-10 06:00  asf             2026-03-10
dhcs     Thu 2026-03-12 06:00  aging           2026-03
dhcs     Fri 2026-03-13 06:00  mif             2026-03
dhcs     Fri 2026-03-20 06:00  asf             2026-03-20
"""

# The profile of IEHP, called at these moments and at no others. What a job makes up for stands behind it.
CALLS = """
called                does                        makes up for
Fri 2026-02-06 12:00  late 2026-01
Fri 2026-02-06 20:59
Fri 2026-02-06 21:00  night 2026-02-06
Fri 2026-02-06 21:10
Sat 2026-02-07 23:00  night 2026-02-07
Mon 2026-02-09 05:59  night 2026-02-08
Mon 2026-02-09 06:00  mif-supplement 2026-02-09
Tue 2026-02-10 07:00  night 2026-02-09
Tue 2026-02-10 07:00  asf 2026-02-10
Mon 2026-02-16 07:00  night 2026-02-15            night 2026-02-10, night 2026-02-11, night 2026-02-12, night 2026-02-13, night 2026-02-14
Mon 2026-02-16 07:00  aging 2026-02
Mon 2026-02-16 07:00  mif 2026-02                 mif-supplement 2026-02-16
Fri 2026-04-17 07:00  night 2026-04-16            59 more
Fri 2026-04-17 07:00  asf 2026-04-10              asf 2026-02-20, asf 2026-03-10, asf 2026-03-20
Fri 2026-04-17 07:00  mif 2026-04                 9 more
Fri 2026-04-17 07:00  late 2026-03                late 2026-02
Fri 2026-04-17 07:00  aging 2026-04               aging 2026-03
Fri 2026-04-17 07:00
"""


def settings(profile: str = "dhcs", closed: Sequence[dt.date] = (), through: int = 2030, **cadence: object) -> Settings:
    chosen = load_profile(profile)
    calendar = chosen.calendar.model_copy(update={"confirmed_through": through, "closed": tuple(closed)})
    changed = chosen.model_copy(update={"calendar": calendar, "cadence": chosen.cadence.model_copy(update=cadence)})
    return Settings(plan=Plan(id="p", name="P"), sftp=Sftp(url="file:///srv"), notices=Notices(), profile=changed, profile_name=profile)


def table(text: str, columns: Sequence[str]) -> list[tuple[str, ...]]:
    """The cells of an ASCII table, which begin below the headings."""
    heading, *lines = text.strip("\n").splitlines()
    starts = [heading.index(name) for name in columns]
    return [tuple(line[a:b].strip() for a, b in zip(starts, [*starts[1:], None], strict=True)) for line in lines]


def day(text: str) -> dt.date:
    read = dt.date.fromisoformat(text[4:])
    assert text == f"{read:%a %Y-%m-%d}", "the table itself is wrong"
    return read


def at(text: str) -> dt.datetime:
    """A moment as tables have it: with a weekday in plan time, or with an offset."""
    if text[0].isdigit():
        return dt.datetime.fromisoformat(text).astimezone(dt.UTC)
    return dt.datetime.combine(day(text[:14]), dt.time.fromisoformat(text[15:]), tzinfo=PACIFIC).astimezone(dt.UTC)


def due(chosen: Settings, job: str, period: str) -> Planned:
    around = dt.datetime.fromisoformat(f"{period}-15"[:10]).replace(tzinfo=dt.UTC)
    (found,) = [
        one
        for one in planned(chosen, around - dt.timedelta(days=60), around + dt.timedelta(days=60))
        if (one.job, one.period) == (job, period)
    ]
    return found


def local_day(one: Planned) -> dt.date:
    moment = one.due_at.astimezone(PACIFIC)
    assert moment.time() == dt.time(6)
    return moment.date()


@pytest.mark.parametrize(("mif_day", "period", "asked", "why"), table(MIF, ("mif_day", "period", "due", "why")))
def test_a_mif_goes_no_later_than_its_day(mif_day: str, period: str, asked: str, why: str) -> None:
    assert local_day(due(settings(mif_day=int(mif_day)), "mif", period)) == day(asked), why


@pytest.mark.parametrize(("asked", "move", "moved", "why"), table(ASF, ("asked", "move", "due", "why")))
def test_an_asf_goes_about_its_day(asked: str, move: str, moved: str, why: str) -> None:
    chosen = settings(asf_days=(day(asked).day,), asf_days_move=move)
    assert local_day(due(chosen, "asf", asked[4:])) == day(moved), why


@pytest.mark.parametrize(("weekday", "asked", "moved", "why"), table(SUPPLEMENT, ("weekday", "asked", "due", "why")))
def test_a_supplement_goes_weekly(weekday: str, asked: str, moved: str, why: str) -> None:
    assert local_day(due(settings(mif_supplement_weekday=weekday), "mif-supplement", asked[4:])) == day(moved), why


@pytest.mark.parametrize(("due_day", "period", "moment", "why"), table(LATE, ("rtf_due_day", "period", "late at", "why")))
def test_a_late_report_is_due_once_the_files_are_late(due_day: str, period: str, moment: str, why: str) -> None:
    assert due(settings(rtf_due_day=int(due_day)), "late", period).due_at == at(moment), why


@pytest.mark.parametrize(("aging_day", "period", "asked", "why"), table(AGING, ("aging_day", "period", "due", "why")))
def test_an_aging_run_is_no_later_than_its_day_and_stands_until_the_next(aging_day: str, period: str, asked: str, why: str) -> None:
    chosen = settings(aging_day=int(aging_day))
    run = due(chosen, "aging", period)
    assert local_day(run) == day(asked), why
    assert last_aging_run(chosen, run.due_at) == last_aging_run(chosen, run.due_at + dt.timedelta(days=20)) == run
    assert last_aging_run(chosen, run.due_at - dt.timedelta(seconds=1)) != run


@pytest.mark.parametrize(("time", "asked", "moment", "why"), table(CLOCKS, ("at", "day", "due", "why")))
def test_a_night_has_one_moment_however_clocks_are_changed(time: str, asked: str, moment: str, why: str) -> None:
    assert due(settings(night_at=time), "night", day(asked).isoformat()).due_at == at(moment), why


@pytest.mark.parametrize("profile", ["chpiv", "dhcs", "iehp"])
def test_two_months_of_a_profile_are_those_worked_out_by_hand(profile: str) -> None:
    months = planned(settings(profile), at("Sun 2026-02-01 00:00"), at("Tue 2026-03-31 23:59"))
    told = [(one.due_at, one.job, one.period) for one in months if one.job != "night"]
    rows = table(MONTHS, ("profile", "due", "job", "period"))
    assert told == [(at(moment), job, period) for name, moment, job, period in rows if name == profile]
    assert len(months) - len(told) == 28 + 31


@pytest.mark.parametrize("time", ["00:00", "01:30", "02:30", "21:00"])
def test_a_year_has_as_many_nights_as_days(time: str) -> None:
    nights = [one for one in planned(settings(night_at=time), at("Thu 2026-01-01 00:00"), at("Thu 2026-12-31 23:59")) if one.job == "night"]
    assert len({one.period for one in nights}) == len({one.due_at for one in nights}) == len(nights) == 365


def test_days_that_one_month_does_not_have_are_one_day() -> None:
    february = planned(settings(asf_days=(28, 30, 31)), at("Sun 2026-02-15 00:00"), at("Sat 2026-03-07 00:00"))
    assert [one.period for one in february if one.job == "asf"] == ["2026-02-28"]


def test_a_time_closed_by_the_plan_moves_what_falls_into_it() -> None:
    shutdown = [dt.date(2026, 12, number) for number in range(24, 32)]
    closed = settings(closed=shutdown, mif_day=31, asf_days=(29, 30), asf_days_move="nearest")
    assert local_day(due(closed, "mif", "2026-12")) == dt.date(2026, 12, 23)
    assert local_day(due(closed, "asf", "2026-12-29")) == dt.date(2026, 12, 23)  # as far away as January 4
    assert local_day(due(closed, "asf", "2026-12-30")) == dt.date(2027, 1, 4)


def test_a_moved_day_says_what_moved_it() -> None:
    assert due(settings(mif_day=11), "mif", "2026-11").why == (
        "no later than Wed 2026-11-11, which is closed (Veterans Day): moved to Tue 2026-11-10"
    )
    assert "closed (Sunday)" in due(settings(), "mif", "2026-03").why
    assert due(settings(), "mif", "2026-01").why == "no later than Thu 2026-01-15"


def test_no_day_is_planned_past_the_confirmed_year() -> None:
    unconfirmed = settings(through=2027)
    assert planned(unconfirmed, at("Mon 2027-12-20 00:00"), at("Fri 2027-12-31 23:00"))
    with pytest.raises(CalendarNotConfirmed):
        planned(unconfirmed, at("Mon 2027-12-20 00:00"), at("Mon 2028-01-10 00:00"))
    assert foreseen_until(unconfirmed, at("Mon 2027-12-20 00:00")) == dt.datetime(2028, 1, 1, 7, 59, 59, tzinfo=dt.UTC)
    assert foreseen_until(unconfirmed, at("Mon 2027-09-20 00:00")) == at("Mon 2027-09-20 00:00") + dt.timedelta(days=45)


def test_what_a_cadence_does_not_ask_for_is_told() -> None:
    assert never_due(settings("iehp")) == {}
    assert list(never_due(settings("chpiv", asf_days=(), aging_day=0))) == ["mif-supplement", "asf", "aging"]


def called(chosen: Settings, begins: dt.datetime, moment: dt.datetime, stamps: list[Stamp]) -> tuple[Task, ...]:
    """One call: what it does is stamped."""
    tasks = backlog(planned(chosen, begins, moment), stamps)
    stamps.extend(Stamp(task.planned.job, task.planned.period, moment, f"{len(stamps)}") for task in tasks)
    return tasks


def test_calls_do_what_is_due_and_make_up_for_what_was_missed() -> None:
    rows = table(CALLS, ("called", "does", "makes up for"))
    stamps: list[Stamp] = []
    for text in dict.fromkeys(row[0] for row in rows):
        wanted = [row[1:] for row in rows if row[0] == text and (row[1] or len([one for one in rows if one[0] == text]) == 1)]
        came = called(settings("iehp"), at("Fri 2026-02-06 00:00"), at(text), stamps)
        told = [(f"{task.planned.job} {task.planned.period}", [f"{one.job} {one.period}" for one in task.missed]) for task in came]
        assert [does for does, _ in told] == [does for does, _ in wanted if does], text
        for (_, missed), (_, listed) in zip(told, [row for row in wanted if row[0]], strict=True):
            assert listed == (", ".join(missed) if not listed.endswith("more") else f"{len(missed)} more"), text


def test_what_was_due_before_the_beginning_is_not_made_up_for() -> None:
    begins = at("Mon 2026-03-16 00:00")
    told = standings(planned(settings(), at("Sun 2026-02-01 00:00"), at("Wed 2026-04-15 23:00")), [], begins, begins + HOUR)
    assert {one.state for one in told if one.planned.due_at < begins} == {"before the beginning"}
    assert {one.state for one in told if one.planned.due_at >= begins} == {"ahead"}


def test_every_job_is_explained_by_what_is_nearest_now() -> None:
    begins, now = at("Sun 2026-03-01 00:00"), at("Wed 2026-03-18 12:00")
    plan = planned(settings("iehp"), begins, at("Thu 2026-04-30 23:00"))
    stamps = [Stamp("mif", "2026-03", at("Fri 2026-03-13 06:00"), "7"), Stamp("night", "2026-03-15", at("Sun 2026-03-15 21:00"), "8")]
    told = [(one.planned.job, one.planned.period, one.state) for one in nearest_now(standings(plan, stamps, begins, now))]
    assert [one for one in told if one[0] == "mif"] == [("mif", "2026-03", "done"), ("mif", "2026-04", "ahead")]
    assert [one[1:] for one in told if one[0] == "night"] == [
        ("2026-03-15", "done"),
        ("2026-03-16", "missed"),
        ("2026-03-17", "due"),
        ("2026-03-18", "ahead"),
    ]
    assert [one[1:] for one in told if one[0] == "mif-supplement"] == [
        ("2026-03-09", "made up for"),
        ("2026-03-16", "due"),
        ("2026-03-23", "ahead"),
    ]
