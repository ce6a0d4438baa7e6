"""The schema of the submission, and another one in its place: what is declared is asked for, and a plan's shape needs no code."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from outputs.dhcs_document import Shape, document, faults, records_of
from outputs.dhcs_schema import schema_text, submission_schema
from schemas.dhcs import ELEMENTS
from schemas.dhcs_submission import PROPERTIES
from tests.dhcs.plan import NOVEMBER
from tests.dhcs.test_submissions import FIRST, OUTBOX, content
from tests.workspaces import clr

PROJECT = Path(__file__).parents[2]
with (PROJECT / "docs/dhcs-elements.csv").open(encoding="utf-8", newline="") as lines:
    ASKED = {(int(row["table"]), int(row["row"])): row for row in csv.DictReader(lines)}
MAPPING = """\
dates = "%Y%m%d"

[paths]
records = "clr.entries"
"header.plan" = "envelope.submitter"
"header.usage" = "envelope.mode"
"member.firstName" = "enrollee.name.given"
"member.email" = ""
statuses = "history"
"statuses.date" = "on"

[values."header.usage"]
test = "T"

[values."closure.reason"]
"Services Received" = "1"

[constants]
"envelope.version" = "4.0"

[record_constants]
planCode = "305"
"""
OFFICIAL: dict[str, Any] = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "required": ["envelope", "clr"],
    "properties": {
        "envelope": {"properties": {"mode": {"enum": ["T", "P"]}, "version": {"const": "4.0"}}, "required": ["submitter"]},
        "clr": {
            "properties": {"entries": {"items": {"required": ["planCode", "recordKey"], "properties": {"history": {"type": "array"}}}}}
        },
    },
}


def test_the_schema_in_the_package_is_the_one_declared() -> None:
    assert (PROJECT / "schemas/dhcs_submission.schema.json").read_text("utf-8") == schema_text()


def test_the_schema_keeps_its_own_dialect() -> None:
    assert jsonschema_rs.meta.is_valid(dict(submission_schema()))


def test_every_element_of_tables_1_to_5_is_told_as_the_guidance_needs_it() -> None:
    assert [(one.table, one.row) for one in PROPERTIES] == [(one.table, one.row) for one in ELEMENTS]
    assert {place: row["need"] for place, row in ASKED.items()} == {(one.table, one.row): one.need.value for one in PROPERTIES}
    assert len({one.path for one in PROPERTIES}) == len(PROPERTIES)


@pytest.mark.parametrize("one", PROPERTIES, ids=lambda one: one.path)
def test_the_form_of_an_element_is_the_guidances(one: Any) -> None:
    asked = ASKED[one.table, one.row]
    forms = {"MM/DD/YYYY": {"MM/DD/YYYY"}, "ten digits": {"NPI"}, "ten digits, or 0000000000": {"phone"}}
    assert one.form in forms.get(asked["format"], {"text", "coded", "Y/N", "CIN", "NPI", "MM/DD/YYYY"})
    labels = [label.lstrip("1234567 ") for label in asked["codes"].split("; ") if label]
    assert not labels or set(one.choices) == set(labels)


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        (lambda one: one.pop("statuses"), "records/0: required"),
        (lambda one: one["closure"].pop("reason"), "records/0/closure: required"),
        (lambda one: one.pop("closure"), "records/0: required"),
        (lambda one: one["statuses"].pop(), "records/0/closure: closure"),
        (lambda one: one["member"].update(dateOfBirth="1980-02-03"), "records/0/member/dateOfBirth: pattern"),
        (lambda one: one["member"].update(primaryPhone=None), "records/0/member/primaryPhone: type"),
        (lambda one: one["member"].update(nickname="A"), "records/0/member: additionalProperties"),
        (lambda one: one.update(recordType="void"), "records/0/member: member"),
    ],
)
def test_a_record_that_is_not_whole_breaks_the_schema(october: Path, wrong: Any, place: str) -> None:
    told = json.loads(content(october, FIRST))
    assert faults(told, submission_schema()) == []
    wrong(told["records"][0])
    assert place in {str(fault) for fault in faults(told, submission_schema())}


def test_a_shape_is_read_back_as_it_was_written(october: Path) -> None:
    told = json.loads(content(october, FIRST))
    shape = Shape({"records": "a.b", "member.cin": "id", "statuses": "s", "statuses.status": "now"}, {"recordType": {"original": "O"}})
    made = document(told, shape)
    assert made["a"]["b"][0]["recordType"] == "O"
    kept = [
        {name: part for name, part in one.items() if name in ("recordKey", "recordType", "statuses", "closure")} for one in told["records"]
    ]
    read = records_of(made, shape)
    assert [
        {name: part for name, part in one.items() if name in ("recordKey", "recordType", "statuses", "closure")} for one in read
    ] == kept
    assert [one["member"]["cin"] for one in read] == [one["member"]["cin"] for one in told["records"]]


def test_a_plan_puts_the_official_schema_in_place_without_code(own: Path) -> None:
    (own / "official.json").write_text(json.dumps(OFFICIAL), "utf-8")
    (own / "official.toml").write_text(MAPPING, "utf-8")
    with (own / "clr.toml").open("a", encoding="utf-8") as file:
        file.write(
            '\n[dhcs]\nschema_file = "official.json"\nmapping_file = "official.toml"\nreferrals_since = 2025-08-01\nwithdrawn = ["R-5"]\n'
        )
    done = clr(own, "dhcs", "build", "--json", as_of="2025-11-07T08:00")
    assert (done.code, done.json["counts"]["void"]) == (0, 1), done.err
    made = json.loads((own / done.json["file"]).read_bytes())
    assert made["envelope"] == {"submitter": "sunrise", "mode": "T", "version": "4.0"}
    assert [one["recordType"] for one in made["clr"]["entries"]] == ["void"]
    assert made["clr"]["entries"][0]["planCode"] == "305"
    assert clr(own, "dhcs", "check", as_of="2025-11-07T09:00").code == 0


def test_the_mapping_of_the_page_can_be_used(own: Path) -> None:
    page = (PROJECT / "docs/dhcs-submission.md").read_text("utf-8")
    (own / "official.toml").write_text(page.split("```text\n")[1].split("```")[0], "utf-8")
    (own / "official.json").write_text('{"required": ["submission"]}', "utf-8")
    with (own / "clr.toml").open("a", encoding="utf-8") as file:
        file.write('\n[dhcs]\nschema_file = "official.json"\nmapping_file = "official.toml"\nwithdrawn = ["R-5"]\n')
    built = clr(own, "dhcs", "build", "--json", as_of="2025-11-07T08:00").json
    made = json.loads((own / built["file"]).read_bytes())
    assert (made["header"]["testProd"], made["header"]["version"]) == ("T", "4.0")
    assert "loops" not in made["totals"]
    assert made["submission"]["referrals"][0]["planCode"] == "305"


def test_a_document_that_breaks_the_schema_is_not_written(own: Path) -> None:
    (own / "official.json").write_text(json.dumps(OFFICIAL), "utf-8")
    with (own / "clr.toml").open("a", encoding="utf-8") as file:
        file.write('\n[dhcs]\nschema_file = "official.json"\nwithdrawn = ["R-5"]\n')
    done = clr(own, "dhcs", "build", "--json", as_of="2025-11-07T08:00")
    assert (done.code, done.json["file"], done.json["why"]) == (3, "", "the document does not keep its schema")
    assert done.json["broken"] == ["(the whole): required", "(the whole): required"]
    assert [path.name for path in (own / OUTBOX).iterdir()] == [FIRST]


@pytest.mark.parametrize(
    ("file", "text", "why"),
    [
        ("schema_file", "[]", "official: is no JSON object; a JSON Schema in one file is needed"),
        ("schema_file", '{"type": 3}', "is no JSON Schema"),
        ("schema_file", '{"$ref": "http://127.0.0.1:9/x.json"}', "is no JSON Schema"),
        ("mapping_file", "paths = 3", "official: paths: a table is needed"),
        ("mapping_file", '[paths]\n"member.nickname" = "x"', "official: paths.member.nickname: names nothing that is told"),
        ("mapping_file", "days = 3", "official: days: unknown key"),
    ],
)
def test_a_file_that_cannot_be_used_stops_before_anything_is_done(own: Path, file: str, text: str, why: str) -> None:
    (own / "official").write_text(text, "utf-8")
    with (own / "clr.toml").open("a", encoding="utf-8") as settings:
        settings.write(f'\n[dhcs]\n{file} = "official"\n')
    done = clr(own, "dhcs", "build", as_of=NOVEMBER)
    assert done.code == 2
    assert why in done.err
