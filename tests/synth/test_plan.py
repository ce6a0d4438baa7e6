"""What a synthetic plan is made of."""

from __future__ import annotations

import dataclasses
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from config.load import load_profile
from pipeline.read import ReadLimits, read
from pipeline.recognise import Headings, Recognised, recognise
from pipeline.synth import SynthPlan
from pipeline.synth_defects import DEFECTS
from pipeline.validate import judge_for, read_values
from schemas.codes import SOBERING_CENTERS
from schemas.formats import CIN, NPI
from schemas.layouts import INBOUND
from schemas.rules import RULES
from tests.synth.plans import AS_OF, TIME_ZONE, contents, counted, invent, table

PLAN = SynthPlan(1, 1, 1, 0.1, AS_OF, TIME_ZONE, "iehp")

OF_NUMBERS = {"R205", "R206", "R207"}  # what only numbers of the plan's own can break
NOT_UNDER = {  # rules of rows that no file breaks under a profile
    "iehp": {"R404", *OF_NUMBERS},  # an engagement closes nothing
    "chpiv": OF_NUMBERS,
    "merged": {"R404", "R145", "R146"}  # nobody sends trackers
    | {"R134", "R137", "R138", "R202", "R203"}  # nor state, tax number, e-mail address or names
    | {"R206"},  # and nobody of this month has two services of one provider
}


def tables(folder: Path, profile: str) -> list[tuple[str, Recognised]]:
    """The provider and the sheets of every file, as they are read."""
    headings, found = Headings(tuple(INBOUND), load_profile(profile).layouts), []
    for file in table(folder, "files.csv"):
        path = folder / "returns" / file["mailbox"] / file["file_name"]
        own = recognise(read(path.read_bytes(), path.name, ReadLimits()).sheets, headings)
        found += [(file["provider_id"], one) for one in (own, own.tracker) if one is not None]
    return found


def readable(form: pl.DataFrame) -> bool:
    return form.to_series().is_not_null().all()


def test_same_plan_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "other"):
        invent(tmp_path / name)
    assert contents(tmp_path / "one") == contents(tmp_path / "other")


def test_another_seed_gives_another_plan(tmp_path: Path) -> None:
    invent(tmp_path / "one", seed=1)
    invent(tmp_path / "other", seed=2)
    one, other = contents(tmp_path / "one"), contents(tmp_path / "other")
    assert one["intake/members.csv"] != other["intake/members.csv"]
    assert one["truth.csv"] != other["truth.csv"]


def test_counts_are_those_of_the_files(tmp_path: Path) -> None:
    counts = invent(tmp_path)
    names = {"providers": "providers.csv", "members": "intake/members.csv", "referrals": "intake/referrals.csv"}
    names |= {"files": "files.csv", "defects": "truth.csv"}
    assert {name: len(table(tmp_path, file)) for name, file in names.items()} == {name: counts[name] for name in names}
    assert counts["rows"] == sum(int(file["rows"]) for file in table(tmp_path, "files.csv"))


def test_numbers_of_people_and_providers_are_right_in_form_and_their_own(tmp_path: Path) -> None:
    invent(tmp_path, defects=0)
    people, roster = pl.DataFrame(table(tmp_path, "intake/members.csv")), pl.DataFrame(table(tmp_path, "providers.csv"))
    cins = people["cin"].to_list() + people["previous_cin"].replace("", None).drop_nulls().to_list()
    assert len(cins) == len(set(cins))
    assert readable(pl.DataFrame({"cin": cins}).select(CIN.parse(pl.col("cin"))))
    assert readable(roster.select(NPI.parse(pl.col("npi"))))
    assert readable(people.select(NPI.parse(pl.col("pcp_npi"))))
    assert roster["npi"].n_unique() == roster.height


@pytest.mark.parametrize("profile", NOT_UNDER)
def test_every_defect_is_planted_before_any_becomes_common(tmp_path: Path, profile: str) -> None:
    invent(tmp_path, providers=20, referrals=500, defects=0.5, profile=profile)
    planted = Counter(fault["rule"] for fault in table(tmp_path, "truth.csv"))
    assert set(DEFECTS) - set(planted) == NOT_UNDER[profile]


def test_few_defects_are_all_different(tmp_path: Path) -> None:
    invent(tmp_path, providers=3, referrals=60, defects=0.2)
    planted = Counter(fault["rule"] for fault in table(tmp_path, "truth.csv") if fault["mailbox"] and fault["row"])
    assert len(planted) > 10
    assert set(planted.values()) <= {1, 2}  # two rows contradict each other


def test_enough_providers_show_every_kind_of_misbehavior(tmp_path: Path) -> None:
    invent(tmp_path, providers=12, referrals=400, defects=0.05)
    classes = {row["class"] for row in table(tmp_path, "expected.csv")}
    assert classes == {"on_time", "late", "incomplete", "rejected", "missing", "nothing_due"}
    statuses = {row["status"] for row in table(tmp_path, "files.csv")}
    assert statuses >= {"ACCEPTED", "ACCEPTED_WITH_ERRORS", "REJECTED", "DUPLICATE", "HELD"}
    told = {row["rule"] for row in table(tmp_path, "truth.csv") if not row["row"]}
    assert told >= {"F001", "F012", "F019", "F021", "F024", "F026", "F027", "F029"}


def test_few_providers_make_mistakes_in_rows_alone(tmp_path: Path) -> None:
    invent(tmp_path, providers=11, referrals=300)
    assert all(fault["row"] for fault in table(tmp_path, "truth.csv"))
    assert {file["arrives"] for file in table(tmp_path, "arrivals.csv")} == {"on_time"}


def test_without_defects_no_file_is_wrong_though_some_are_late_or_leave_members_out(tmp_path: Path) -> None:
    invent(tmp_path, defects=0)
    assert {fault["rule"] for fault in table(tmp_path, "truth.csv")} == {"F026", "F029"}
    assert set(counted(table(tmp_path, "files.csv"), "status")) == {("ACCEPTED",), ("DUPLICATE",)}
    assert {row["class"] for row in table(tmp_path, "expected.csv")} >= {"late", "incomplete", "missing"}


def test_no_file_but_the_held_one_has_half_its_rows_rejected(tmp_path: Path) -> None:
    invent(tmp_path / "large", defects=1)
    for seed in range(5):
        invent(tmp_path / str(seed), providers=8, referrals=30, defects=1, seed=seed)
    for file in (file for folder in tmp_path.iterdir() for file in table(folder, "files.csv")):
        rows, rejected = int(file["rows"]), int(file["rejected"])
        if file["status"] in ("ACCEPTED", "ACCEPTED_WITH_ERRORS"):
            assert rejected == 0 or 2 * rejected < rows
        if file["status"] == "HELD":
            assert rows > rejected > rows / 2


def test_some_providers_send_trackers_by_themselves_and_some_beside_their_return_file(tmp_path: Path) -> None:
    invent(tmp_path, defects=1)
    files = table(tmp_path, "files.csv")
    alone = [file for file in files if file["kind"] == "otf"]
    assert {file["file_name"][:8] for file in alone} == {"OTF_ECM_"}
    beside = {fault["file_name"] for fault in table(tmp_path, "truth.csv") if fault["sheet"] == "OTF"}
    assert beside <= {file["file_name"] for file in files if file["kind"] == "rtf-ecm"}
    assert 0 < len(alone) + len(beside) < len([file for file in files if file["kind"] == "rtf-ecm"])
    assert alone
    assert beside


def test_attempts_agree_with_what_the_return_file_says(tmp_path: Path) -> None:
    invent(tmp_path, referrals=160, defects=0)
    judges = {kind: judge_for(kind, load_profile("iehp")) for kind in ("rtf-ecm", "otf")}
    said: dict[str, dict[str, set[tuple[str, date]]]] = {}
    for provider_id, found in tables(tmp_path, "iehp"):
        if found.kind in judges:
            values = read_values(found.rows, judges[found.kind])
            began = pl.lit(value=True) if found.kind == "otf" else pl.col("referral_status") == "Outreach Initiated"
            on = values.filter(began).select("cin", "outreach_date" if found.kind == "otf" else "status_date")
            said.setdefault(provider_id, {}).setdefault(found.kind, set()).update(on.rows())
    with_trackers = [of for of in said.values() if "otf" in of and "rtf-ecm" in of]
    assert len(with_trackers) > 2
    assert all(of["rtf-ecm"] <= of["otf"] for of in with_trackers)
    assert any({cin for cin, _ in of["otf"]} > {cin for cin, _ in of["rtf-ecm"]} for of in with_trackers)  # of those who were closed too


def test_files_of_a_plan_with_layouts_of_its_own_have_its_headings_its_key_and_its_numbers(tmp_path: Path) -> None:
    invent(tmp_path, referrals=120, defects=0, profile="merged")
    numbers = {member["plan_member_id"] for member in table(tmp_path, "intake/members.csv")}
    seen, blank = Counter[str](), 0
    for _, found in tables(tmp_path, "merged"):
        seen[str(found.kind)] += 1
        assert "cin" in found.found
        assert not {"member_last_name", "service", "provider_tin"} & set(found.found)
        assert set(found.rows["plan_member_id"]) <= numbers
        blank += found.rows["cin"].null_count()
        for column in ("referral_status", "closure_reason", "engagement", "outreach_method"):
            assert all(text.isdigit() for text in found.rows[column].drop_nulls()), column
        if found.kind == "rtf-ecm":
            told = found.rows.filter(pl.col("referral_status") == "4")
            assert told["outreach_date"].to_list() == told["status_date"].to_list()
    assert set(seen) == {"rtf-ecm", "rtf-cs"}
    assert blank > 0  # the CIN is not what tells the member


def test_truth_names_rules_with_their_severity(tmp_path: Path) -> None:
    invent(tmp_path)
    for fault in table(tmp_path, "truth.csv"):
        rule = RULES[fault["rule"]]
        assert fault["severity"] in (rule.severity.value, "warning")


def test_referrals_are_as_various_as_in_life(tmp_path: Path) -> None:
    invent(tmp_path, referrals=800)
    referrals, people = table(tmp_path, "intake/referrals.csv"), table(tmp_path, "intake/members.csv")
    statuses = Counter(row["authorization_status"] for row in referrals)
    assert statuses["Approved"] > 600
    assert set(statuses) == {"Approved", "Under Review", "Need Additional Information from Referral Source", "Denied"}
    assert {row["program"] for row in referrals} == {"ECM", "CS"}
    assert any(row["authorization_status"] == "Denied" and not row["provider_id"] for row in referrals)
    assert any(row["justice_involved"] == "Y" and row["release_date"] for row in referrals)
    assert any(row["referring_relationship"] == "Member/family" and not row["referring_org_name"] for row in referrals)
    assert any(row["referral_type"] == "Identified by the MCP" and not row["referring_individual_name"] for row in referrals)
    assert any(row["service"] == SOBERING_CENTERS for row in referrals)
    assert {row["last_name"][0] for row in people} >= {"=", "@"}
    for column in ("guardian_last_name", "email", "phone", "previous_cin"):
        assert {row[column] == "" for row in people} == {True, False}, column


@pytest.mark.parametrize("as_of", [AS_OF, datetime(2026, 4, 1, 0, 30, tzinfo=AS_OF.tzinfo), datetime(2026, 1, 20, 23, tzinfo=AS_OF.tzinfo)])
def test_everything_was_placed_in_the_month_before_the_reporting_period(tmp_path: Path, as_of: datetime) -> None:
    invent(tmp_path, as_of=as_of)
    period = (as_of.replace(day=1) - timedelta(days=1)).replace(day=1)
    before = f"{period - timedelta(days=1):%Y-%m}"
    referrals = table(tmp_path, "intake/referrals.csv")
    assert {row["assigned_at"][:7] for row in referrals} == {before, ""}
    assert {row["period"] for row in table(tmp_path, "expected.csv")} == {f"{period:%Y-%m}"}


@pytest.mark.parametrize(
    "wrong",
    [{"providers": 0}, {"referrals": -1}, {"defects": 1.5}, {"as_of": AS_OF.replace(tzinfo=None)}],
    ids=lambda wrong: next(iter(wrong)),
)
def test_impossible_plan_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"needed|between|time zone"):
        dataclasses.replace(PLAN, **wrong)  # type: ignore[arg-type] # that is what is tested
