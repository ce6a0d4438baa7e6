"""Business days and due times, against tables worked out by hand from a wall calendar and the list of CalHR state holidays."""

import datetime as dt
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.load import load_profile, profile_names
from config.profile import Calendar
from pipeline.business_days import (
    CalendarNotConfirmed,
    business_day_on_or_before,
    business_days_after,
    check_calendar,
    closed_days,
    due_after_business_days,
    due_after_hours,
    due_dates,
    is_business_day,
    nearest_business_day,
)

PACIFIC = ZoneInfo("America/Los_Angeles")
STATE = load_profile("dhcs").calendar
CALENDAR = STATE.model_copy(update={"confirmed_through": 2030})

# `received` is plan time, or UTC where a Z follows. Every due time ends at 23:59:59 plan time.
DUE = """
received               days  due             why
Mon 2026-03-02 00:00   2     Wed 2026-03-04  the first minute of a day belongs to it
Mon 2026-03-02 09:00   2     Wed 2026-03-04  two business days
Mon 2026-03-02 23:59   2     Wed 2026-03-04  so does the last
Wed 2026-03-04 12:00   2     Fri 2026-03-06  no weekend between
Thu 2026-03-05 21:00   2     Mon 2026-03-09  a weekend between
Fri 2026-03-06 16:59   2     Tue 2026-03-10  before the office closes
Fri 2026-03-06 17:01   2     Tue 2026-03-10  after it closes is the same day
Sat 2026-03-07 10:00   2     Tue 2026-03-10  day 0 is never counted
Sun 2026-03-08 10:00   2     Tue 2026-03-10  nor is a Sunday
Fri 2026-01-16 17:01   2     Wed 2026-01-21  Martin Luther King Jr. Day is closed
Fri 2026-02-13 17:01   2     Wed 2026-02-18  Presidents' Day is closed
Sun 2026-02-15 09:00   2     Wed 2026-02-18  Susan B. Anthony Day on a Sunday moves nothing
Fri 2027-02-12 15:00   2     Wed 2027-02-17  Presidents' Day, on Susan B. Anthony Day
Mon 2028-02-14 10:00   2     Wed 2028-02-16  Susan B. Anthony Day is an ordinary Tuesday
Tue 2028-02-15 10:00   2     Thu 2028-02-17  and an ordinary trigger
Wed 2029-02-14 10:00   2     Fri 2029-02-16  an ordinary Thursday
Fri 2026-03-27 17:01   2     Wed 2026-04-01  Cesar Chavez Day, a Tuesday, is closed
Mon 2026-03-30 10:00   2     Thu 2026-04-02  its eve
Tue 2026-03-31 08:00   2     Thu 2026-04-02  received on the holiday
Fri 2029-03-30 10:00   2     Tue 2029-04-03  Cesar Chavez Day on a Saturday is not moved
Thu 2029-03-29 10:00   2     Mon 2029-04-02  neither back nor forward
Fri 2030-03-29 10:00   2     Wed 2030-04-03  on a Sunday it moves to Monday
Fri 2026-05-22 17:01   2     Wed 2026-05-27  Memorial Day is closed
Thu 2026-06-18 10:00   2     Mon 2026-06-22  Juneteenth, a Friday, is not observed
Fri 2026-06-19 10:00   2     Tue 2026-06-23  received on Juneteenth
Fri 2028-06-16 10:00   2     Tue 2028-06-20  Juneteenth, a Monday, is not observed
Thu 2025-07-03 10:00   2     Tue 2025-07-08  Independence Day, a Friday, is closed
Fri 2025-07-04 11:00   2     Tue 2025-07-08  received on it
Thu 2026-07-02 17:01   2     Mon 2026-07-06  Independence Day on a Saturday is not moved
Fri 2026-07-03 10:00   2     Tue 2026-07-07  so its Friday is an ordinary day
Fri 2027-07-02 10:00   2     Wed 2027-07-07  on a Sunday it moves to Monday
Fri 2026-09-04 10:00   2     Wed 2026-09-09  Labor Day is closed
Fri 2026-10-09 10:00   2     Tue 2026-10-13  Columbus Day is not observed
Fri 2026-11-06 10:00   2     Tue 2026-11-10  Diwali on a Sunday moves nothing
Thu 2027-10-28 10:00   2     Mon 2027-11-01  Diwali, a Friday, is not observed
Fri 2027-10-29 10:00   2     Tue 2027-11-02  received on Diwali
Fri 2029-11-02 10:00   2     Tue 2029-11-06  Diwali, a Monday, is not observed
Tue 2026-11-10 17:01   2     Fri 2026-11-13  Veterans Day, a Wednesday, is closed
Wed 2028-11-08 10:00   2     Mon 2028-11-13  Veterans Day on a Saturday is kept on Friday
Thu 2028-11-09 17:01   2     Tue 2028-11-14  the eve of that Friday
Fri 2028-11-10 10:00   2     Tue 2028-11-14  received on that Friday
Fri 2029-11-09 10:00   2     Wed 2029-11-14  Veterans Day on a Sunday is kept on Monday
Fri 2026-11-20 16:00   2     Tue 2026-11-24  the week of Thanksgiving begins
Tue 2026-11-24 10:00   2     Mon 2026-11-30  Wednesday, then the long weekend
Wed 2026-11-25 09:00   2     Tue 2026-12-01  Thanksgiving and the day after are closed
Thu 2026-11-26 09:00   2     Tue 2026-12-01  received on Thanksgiving
Fri 2026-11-27 09:00   1     Mon 2026-11-30  received the day after
Sat 2026-11-28 10:00   2     Tue 2026-12-01  and the Saturday after
Wed 2028-11-22 17:01   2     Tue 2028-11-28  the pair in another year
Thu 2026-12-24 17:01   2     Tue 2026-12-29  Christmas, a Friday, is closed; its eve is not
Thu 2026-12-31 17:01   2     Tue 2027-01-05  New Year's Day is closed
Thu 2027-12-23 10:00   2     Mon 2027-12-27  Christmas on a Saturday is not moved
Fri 2027-12-24 10:00   2     Tue 2027-12-28  its Friday is an ordinary day
Fri 2027-12-31 10:00   2     Tue 2028-01-04  New Year's Day on a Saturday is not moved
Fri 2026-12-18 10:00   5     Mon 2026-12-28  five business days over Christmas
Mon 2026-03-23 10:00   10    Tue 2026-04-07  ten business days over Cesar Chavez Day
Fri 2026-11-13 10:00   10    Tue 2026-12-01  ten business days over Thanksgiving
Wed 2026-03-04 23:30   2     Fri 2026-03-06  late in the evening, already tomorrow in UTC
Thu 2026-03-05 07:30Z  2     Fri 2026-03-06  the same moment
Thu 2026-03-05 08:30Z  2     Mon 2026-03-09  half an hour past midnight
Wed 2026-07-15 06:30Z  2     Thu 2026-07-16  23:30 on Tuesday in summer
Wed 2026-07-15 07:30Z  2     Fri 2026-07-17  00:30 on Wednesday in summer
Sun 2026-03-08 09:30Z  2     Tue 2026-03-10  the hour before clocks go forward
Sun 2026-03-08 10:30Z  2     Tue 2026-03-10  the hour after
Mon 2026-03-09 06:30Z  2     Tue 2026-03-10  23:30 on the Sunday when clocks went forward
Mon 2026-03-09 07:30Z  2     Wed 2026-03-11  00:30 on Monday; still Sunday by the old clock
Sun 2026-11-01 08:30Z  2     Tue 2026-11-03  01:30, before clocks go back
Sun 2026-11-01 09:30Z  2     Tue 2026-11-03  01:30 once more
Mon 2026-11-02 07:30Z  2     Tue 2026-11-03  23:30 on the Sunday when clocks went back
Mon 2026-11-02 08:30Z  2     Wed 2026-11-04  00:30 on Monday
"""

# The plan closes from December 28 to 31, 2026, between Christmas on a Friday and New Year's Day on the next.
SHUTDOWN = """
received               days  due             why
Tue 2026-12-22 10:00   2     Thu 2026-12-24  before it all
Wed 2026-12-23 17:01   2     Mon 2027-01-04  one day before, one after
Thu 2026-12-24 10:00   2     Tue 2027-01-05  the last open day
Fri 2026-12-25 10:00   1     Mon 2027-01-04  received on Christmas
Tue 2026-12-29 12:00   2     Tue 2027-01-05  during the shutdown
Thu 2026-12-31 23:30   2     Tue 2027-01-05  its last half hour
Sat 2027-01-02 10:00   2     Tue 2027-01-05  the Saturday after it
Mon 2027-01-04 00:00   2     Wed 2027-01-06  the first open day
"""

# The calendar is confirmed through 2027.
CONFIRMED = """
received               days  due             why
Wed 2027-12-29 23:59   2     Fri 2027-12-31  the last day of the last confirmed year
Wed 2027-12-29 10:00   3     refused         one day more
Thu 2027-12-30 10:00   2     refused         the second day would be in January
Fri 2027-12-31 17:01   1     refused         so would the first
Sat 2028-01-01 07:30Z  1     refused         still December 31 in plan time
Mon 2028-01-03 10:00   1     refused         received in a year that nobody confirmed
"""

NEAREST = """
day             before          nearest         why
Tue 2026-03-10  Tue 2026-03-10  Tue 2026-03-10  a business day
Sun 2026-03-15  Fri 2026-03-13  Mon 2026-03-16  the MIF goes no later than the 15th
Sat 2026-10-10  Fri 2026-10-09  Fri 2026-10-09  the ASF goes about the 10th
Sun 2026-12-20  Fri 2026-12-18  Mon 2026-12-21  and about the 20th
Wed 2026-11-11  Tue 2026-11-10  Tue 2026-11-10  a holiday between two business days: the earlier
Fri 2026-11-27  Wed 2026-11-25  Wed 2026-11-25  Wednesday is two days off, Monday three
Sat 2026-11-28  Wed 2026-11-25  Mon 2026-11-30  the other way round
Sat 2028-11-11  Thu 2028-11-09  Thu 2028-11-09  Friday is kept: Thursday and Monday are equally near
"""

CLOSED_2028 = """
Mon 2028-01-17  Martin Luther King Jr. Day
Mon 2028-02-21  Presidents' Day
Fri 2028-03-31  Cesar Chavez Day
Mon 2028-05-29  Memorial Day
Tue 2028-07-04  Independence Day
Mon 2028-09-04  Labor Day
Fri 2028-11-10  Veterans Day
Thu 2028-11-23  Thanksgiving Day
Fri 2028-11-24  Day After Thanksgiving
Mon 2028-12-25  Christmas Day
"""

moments = st.datetimes(dt.datetime.fromisoformat("2025-01-01"), dt.datetime.fromisoformat("2029-12-01"), timezones=st.just(dt.UTC))


def table(text: str, columns: str) -> list[tuple[str, ...]]:
    """The cells of an ASCII table, which are two or more blanks apart."""
    lines = [tuple(cell.strip() for cell in line.split("  ") if cell) for line in text.strip().splitlines()]
    assert lines[0] == tuple(columns.split())
    return lines[1:]


def day(text: str) -> dt.date:
    read = dt.date.fromisoformat(text[4:])
    assert text == read.strftime("%a %Y-%m-%d"), "the table itself is wrong"
    return read


def moment(text: str) -> dt.datetime:
    day(text[:14])
    zone = dt.UTC if text.endswith("Z") else PACIFIC
    return dt.datetime.fromisoformat(text[4:].removesuffix("Z")).replace(tzinfo=zone)


def calendar(**changes: object) -> Calendar:
    return Calendar.model_validate({**CALENDAR.model_dump(), **changes})


@pytest.mark.parametrize(("received", "days", "due", "why"), table(DUE, "received days due why"))
def test_due_times_are_those_worked_out_by_hand(received: str, days: str, due: str, why: str) -> None:
    reckoned = due_after_business_days(moment(received), int(days), CALENDAR, PACIFIC).astimezone(PACIFIC)
    assert reckoned.replace(tzinfo=None) == dt.datetime.combine(day(due), dt.time(23, 59, 59)), why


@pytest.mark.parametrize(("received", "days", "due", "why"), table(SHUTDOWN, "received days due why"))
def test_a_shutdown_of_the_plan_is_no_business_day(received: str, days: str, due: str, why: str) -> None:
    shutdown = calendar(closed=[dt.date(2026, 12, number) for number in range(28, 32)])
    reckoned = due_after_business_days(moment(received), int(days), shutdown, PACIFIC).astimezone(PACIFIC)
    assert reckoned.replace(tzinfo=None) == dt.datetime.combine(day(due), dt.time(23, 59, 59)), why


@pytest.mark.parametrize(("received", "days", "due", "why"), table(CONFIRMED, "received days due why"))
def test_a_due_time_past_the_confirmed_year_is_refused(received: str, days: str, due: str, why: str) -> None:
    if due == "refused":
        with pytest.raises(CalendarNotConfirmed, match="confirmed through 2027"):
            due_after_business_days(moment(received), int(days), STATE, PACIFIC)
    else:
        reckoned = due_after_business_days(moment(received), int(days), STATE, PACIFIC).astimezone(PACIFIC)
        assert reckoned.date() == day(due), why


@pytest.mark.parametrize(("asked", "before", "nearest", "why"), table(NEAREST, "day before nearest why"))
def test_a_closed_day_of_the_month_moves_to_a_business_day(asked: str, before: str, nearest: str, why: str) -> None:
    assert business_day_on_or_before(day(asked), CALENDAR) == day(before), why
    assert nearest_business_day(day(asked), CALENDAR) == day(nearest), why


def test_the_closed_days_of_a_year_are_the_observed_holidays_with_their_names() -> None:
    listed = {day(line[:14]): line[16:] for line in CLOSED_2028.strip().splitlines()}
    saturday = {dt.date(2028, 1, 1): "New Year's Day"}
    assert closed_days(CALENDAR, 2028) == saturday | listed


def test_the_plan_may_close_on_days_of_its_own() -> None:
    shutdown = calendar(closed=[dt.date(2026, 12, 28), dt.date(2026, 12, 29)])
    assert business_days_after(dt.date(2026, 12, 24), 1, shutdown) == dt.date(2026, 12, 30)
    assert closed_days(shutdown, 2026)[dt.date(2026, 12, 28)] == "Closed by the plan"


def test_new_years_day_moved_to_friday_closes_the_last_day_of_the_year_before() -> None:
    moved = calendar(saturday_to_friday=["New Year's Day"])
    assert not is_business_day(dt.date(2027, 12, 31), moved)


def test_due_times_are_told_in_utc_with_the_offset_of_the_due_day() -> None:
    spring = dt.datetime(2026, 3, 5, 10, tzinfo=PACIFIC)
    autumn = dt.datetime(2026, 10, 29, 10, tzinfo=PACIFIC)
    assert due_after_business_days(spring, 2, CALENDAR, PACIFIC).isoformat() == "2026-03-10T06:59:59+00:00"
    assert due_after_business_days(autumn, 2, CALENDAR, PACIFIC).isoformat() == "2026-11-03T07:59:59+00:00"


@pytest.mark.parametrize(
    ("asked", "due"), [("2026-03-07T12:00-08:00", "2026-03-08T13:00-07:00"), ("2026-10-31T12:00-07:00", "2026-11-01T11:00-08:00")]
)
def test_hours_are_elapsed_hours_when_clocks_change(asked: str, due: str) -> None:
    reckoned = due_after_hours(dt.datetime.fromisoformat(asked).astimezone(PACIFIC), 24)
    assert reckoned.astimezone(PACIFIC).isoformat(timespec="minutes") == dt.datetime.fromisoformat(due).isoformat(timespec="minutes")
    assert reckoned.tzinfo is dt.UTC


def test_no_due_time_is_guessed_past_the_confirmed_year() -> None:
    assert STATE.confirmed_through == 2027
    assert business_days_after(dt.date(2027, 12, 29), 2, STATE) == dt.date(2027, 12, 31)
    with pytest.raises(CalendarNotConfirmed, match="confirmed through 2027, but a day of 2028"):
        business_days_after(dt.date(2027, 12, 29), 3, STATE)
    with pytest.raises(CalendarNotConfirmed):
        due_dates(pl.Series([dt.datetime(2027, 12, 31, tzinfo=dt.UTC)], dtype=pl.Datetime("us", "UTC")), 2, STATE, PACIFIC)


def test_a_moment_without_a_time_zone_is_refused() -> None:
    naive = dt.datetime(2026, 3, 2, 9)  # noqa: DTZ001 - the very mistake
    with pytest.raises(ValueError, match="time zone"):
        due_after_business_days(naive, 2, CALENDAR, PACIFIC)
    with pytest.raises(ValueError, match="time zone"):
        due_after_hours(naive, 24)


def test_business_days_are_counted_from_one() -> None:
    with pytest.raises(ValueError, match="from 1"):
        business_days_after(dt.date(2026, 3, 2), 0, CALENDAR)


@pytest.mark.parametrize("profile", profile_names())
def test_the_calendars_that_come_with_the_program_are_without_fault(profile: str) -> None:
    assert check_calendar(load_profile(profile).calendar) == []
    assert check_calendar(load_profile(profile).calendar.model_copy(update={"confirmed_through": 2030})) == []


def test_a_name_that_the_library_does_not_know_is_found_before_it_is_missed() -> None:
    misspelt = calendar(observed=["Thanksgiving", *STATE.observed])
    assert [problem.partition(";")[0] for problem in check_calendar(misspelt)] == [
        "calendar.observed: 'Thanksgiving' is no holiday of the United States or California"
    ]
    with pytest.raises(ValueError, match="Thanksgiving"):
        is_business_day(dt.date(2026, 3, 2), misspelt)


def test_a_holiday_that_the_calendar_passes_over_must_be_decided() -> None:
    silent = calendar(not_observed=[name for name in STATE.not_observed if name != "Diwali"])
    assert check_calendar(silent) == ["calendar: 'Diwali' (2026-11-08) must stand in `observed` or in `not_observed`"]


def test_a_saturday_can_only_be_moved_when_it_is_observed() -> None:
    assert check_calendar(calendar(saturday_to_friday=["Diwali"])) == ["calendar.saturday_to_friday: 'Diwali' is not observed"]


def test_the_language_of_the_machine_does_not_open_the_office_on_holidays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGUAGE", "th")
    unseen = calendar(version="asked for in Thai", observed=[name for name in STATE.observed if name != "Labor Day"])
    assert not is_business_day(dt.date(1999, 11, 25), unseen)  # a year that no other test has looked up
    assert not is_business_day(dt.date(1999, 7, 5), unseen)


@given(moments, st.integers(1, 12), st.integers(1, 12))
def test_counting_on_is_counting_the_sum(received: dt.datetime, first: int, more: int) -> None:
    day_zero = received.date()
    reached = business_days_after(day_zero, first, CALENDAR)
    assert is_business_day(reached, CALENDAR)
    assert business_days_after(reached, more, CALENDAR) == business_days_after(day_zero, first + more, CALENDAR)


@given(moments, moments)
def test_what_comes_later_is_never_due_earlier(one: dt.datetime, other: dt.datetime) -> None:
    earlier, later = sorted([one, other])
    assert due_after_business_days(earlier, 2, CALENDAR, PACIFIC) <= due_after_business_days(later, 2, CALENDAR, PACIFIC)


@given(st.lists(st.none() | moments, max_size=20), st.integers(1, 10))
def test_many_due_times_are_the_single_ones(received: list[dt.datetime | None], n: int) -> None:
    triggers = pl.Series("trigger_at", received, dtype=pl.Datetime("us", "UTC"))
    single = [None if one is None else due_after_business_days(one, n, CALENDAR, PACIFIC) for one in received]
    many = due_dates(triggers, n, CALENDAR, PACIFIC)
    assert many.to_list() == single
    assert many.dtype == pl.Datetime("us", "UTC")
