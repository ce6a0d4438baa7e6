"""Notices go out by their channels, each once, and the ledger says what became of each. All people are made up."""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path

import pytest

from tests.notices.plan import AT, BUILT, ROSTER, ledger, made, settings_with
from tests.workspaces import bring, clr, copied, extract, files, member, provider, referral, runs

CLINIC = """
[notices.organizations.CLINIC]
name = "county  clinic"
channel = "sftp"
mailbox = "clinic"
"""
DECISION, ASSIGNMENT = ("authorization_decision", "referring_entity", "R-1"), ("assignment", "referring_entity", "R-1")
LETTER = ("assignment", "member", "R-1")
LATER = "2025-09-06T13:00"


@pytest.fixture(scope="module")
def queued(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace whose notices are queued and not sent."""
    root = made(tmp_path_factory.mktemp("queued") / "plan")
    assert clr(root, "notices", "build", as_of=BUILT).code == 3  # the decisions came to the plan after they were due
    return root


@pytest.fixture
def plan(queued: Path, tmp_path: Path) -> Path:
    return copied(queued, tmp_path / "plan")


def in_mailbox(root: Path) -> list[str]:
    return sorted(path.name for path in root.glob("mailboxes/clinic/from_plan/*"))


def test_a_referring_entity_with_a_mailbox_finds_page_and_text_there(plan: Path) -> None:
    settings_with(plan, CLINIC)
    done = clr(plan, "notices", "send", "--json", as_of=AT)
    assert (done.code, done.json["counts"]) == (0, {"sent": 8, "under_way": 0, "failed": 0, "manual": 1, "waiting": 0})
    sent = ledger(plan)[DECISION]
    name = f"NOTICE_sunrise_{sent['notice_id']}"
    assert len(in_mailbox(plan)) == 8
    assert {f"{name}.html", f"{name}.txt"} <= set(in_mailbox(plan))
    assert "Ana One" in (plan / f"mailboxes/clinic/from_plan/{name}.txt").read_text("utf-8")
    assert (sent["channel"], sent["state"], sent["contact"], sent["sent_as"]) == ("sftp", "sent", "clinic", name)
    assert str(sent["sent_at"]) == "2025-09-04 20:00:00+00:00"
    digest = hashlib.sha256((plan / f"mailboxes/clinic/from_plan/{name}.html").read_bytes()).hexdigest()[:16]
    assert digest in str(sent["evidence"])


def test_names_of_files_say_nothing_of_anybody(plan: Path) -> None:
    settings_with(plan, CLINIC)
    clr(plan, "notices", "send", as_of=AT)
    outside = [name for name in files(plan) if name.startswith(("outbox", "mailboxes"))]
    assert outside
    assert not [name for name in outside for word in ("Ana", "Ben", "9000", "R-1", "R-2", "One") if word in name.partition("/")[2]]


def test_each_notice_is_sent_once_however_often_commands_run(plan: Path) -> None:
    settings_with(plan, CLINIC)
    clr(plan, "notices", "send", as_of=AT)
    before, ran = files(plan), runs(plan).height
    assert clr(plan, "notices", "send", "--json", as_of=LATER).json["counts"]["sent"] == 0
    assert clr(plan, "notices", "build", as_of=AT).code == 0
    assert clr(plan, "deliver", "--json", as_of=LATER).json["notices"]["sent"] == 0
    assert (files(plan), runs(plan).height) == (before, ran)


def test_a_mailbox_out_of_reach_keeps_its_notices_due_and_the_others_go(plan: Path) -> None:
    elsewhere = '\n[sftp.providers.CLINIC]\nurl = "sftp://u@127.0.0.1:1/x"\nhost_key = "SHA256:' + "A" * 43 + '"\npassword_env = "P"\n'
    settings_with(plan, CLINIC + elsewhere)
    assert clr(plan, "notices", "send", as_of=AT).code == 2  # the variable P is missing
    elsewhere = '\n[sftp.providers.CLINIC]\nurl = "file:///dev/null/nowhere"\n'
    (plan / "clr.toml").write_text((plan / "clr.toml").read_text("utf-8").partition("\n[sftp.providers")[0] + elsewhere, "utf-8")
    done = clr(plan, "notices", "send", as_of=AT)
    assert (done.code, "CLINIC: mailbox out of reach" in done.err) == (3, True)
    waits = ledger(plan)[DECISION]
    assert (waits["state"], waits["sent_at"]) == ("queued", None)
    assert ledger(plan)[LETTER]["state"] == "sent"
    (plan / "clr.toml").write_text((plan / "clr.toml").read_text("utf-8").partition("\n[sftp.providers")[0], "utf-8")
    assert clr(plan, "deliver", as_of=LATER).code == 0
    assert ledger(plan)[DECISION]["state"] == "sent"
    assert len(in_mailbox(plan)) == 8


def test_letters_are_a_pdf_with_a_table_of_addressees_and_a_manifest(plan: Path) -> None:
    clr(plan, "notices", "send", as_of=AT)
    pdf, table, manifest = (next(plan.glob(f"outbox/notices/print/LETTERS_*.{ending}")) for ending in ("pdf", "csv", "json"))
    told = json.loads(manifest.read_text("utf-8"))
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert told["files"][pdf.name]["sha256"] == hashlib.sha256(pdf.read_bytes()).hexdigest()
    assert told["files"][table.name]["sha256"] == hashlib.sha256(table.read_bytes()).hexdigest()
    assert (told["letters"], told["pages"]) == (len(rows), sum(int(row["pages"]) for row in rows))
    assert [int(row["first_page"]) for row in rows] == [1 + sum(int(row["pages"]) for row in rows[:place]) for place in range(len(rows))]
    ana, ben = ({row["recipient"]: row for row in rows}[name] for name in ("Ana One", "Ben Two"))
    assert [ana[f"address_{line}"] for line in (1, 2, 3)] == ["1 Main St", "San Diego, CA 92101", ""]
    assert (ana["language"], ben["language"]) == ("en", "es")
    letter = ledger(plan)[LETTER]
    assert letter["notice_id"] in {row["notice_id"] for row in rows}
    assert (letter["state"], letter["sent_as"]) == ("sent", pdf.stem)


def test_letters_go_to_the_vendor_where_it_has_a_server_and_count_once_they_lie_there(plan: Path, tmp_path: Path) -> None:
    (tmp_path / "vendor").write_text("no folder", "utf-8")
    settings_with(plan, f'\n[notices.print]\nurl = "file://{tmp_path}/vendor"\nfolder = "in/clr"\nattempts = 1\n')
    assert clr(plan, "notices", "send", as_of=AT).code == 3
    assert ledger(plan)[LETTER]["state"] == "queued"
    (tmp_path / "vendor").unlink()
    (tmp_path / "vendor").mkdir()
    assert clr(plan, "notices", "send", as_of=LATER).code == 0
    assert sorted(path.suffix for path in (tmp_path / "vendor/in/clr").iterdir()) == [".csv", ".json", ".pdf"]
    assert not list(plan.glob("outbox/notices/print/*"))
    letter = ledger(plan)[LETTER]
    assert (letter["state"], str(letter["sent_at"])) == ("sent", "2025-09-06 20:00:00+00:00")


def test_the_same_letters_make_the_same_bytes(plan: Path, tmp_path: Path) -> None:
    twin = copied(plan, tmp_path / "twin")
    for root in (plan, twin):
        clr(root, "notices", "send", as_of=AT)
    batch = [{name: digest for name, digest in files(root).items() if "/print/" in name} for root in (plan, twin)]
    assert len(batch[0]) == 3
    assert batch[0] == batch[1]


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_the_portal_is_fed_with_the_messages_themselves(plan: Path, ending: str) -> None:
    settings_with(plan, f'\n[notices.portal]\nformat = "{ending}"\n', way="portal")
    assert clr(plan, "notices", "send", as_of=AT).code == 0
    text = next(plan.glob(f"outbox/notices/portal/MESSAGES_*.{ending}")).read_text("utf-8")
    rows = list(csv.DictReader(text.splitlines(keepends=True))) if ending == "csv" else [json.loads(line) for line in text.splitlines()]
    fed = {row["notice_id"]: row for row in rows}
    told = fed[str(ledger(plan)[DECISION]["notice_id"])]
    assert (told["kind"], told["recipient_kind"], told["recipient"]) == ("authorization_decision", "referring_entity", "County Clinic")
    assert "Ana One" in told["text"]
    assert len(fed) == 4
    assert ledger(plan)[DECISION]["state"] == "sent"


def test_a_fax_waits_for_a_person_with_the_agreement_named(plan: Path) -> None:
    fax = '\n[notices.organizations.CLINIC]\nname = "County Clinic"\nchannel = "manual"\nfax = "6195550100"\n'
    settings_with(plan, fax + 'fax_agreement = "letter of May 2, 2025"\n')
    clr(plan, "notices", "send", as_of=AT)
    waits = ledger(plan)[DECISION]
    assert (waits["state"], waits["contact"], waits["why_manual"]) == (
        "manual",
        "6195550100",
        "to be faxed; agreement on file: letter of May 2, 2025",
    )
    with (plan / "outbox/notices/manual.csv").open(encoding="utf-8", newline="") as file:
        assert waits["notice_id"] in {row["notice_id"] for row in csv.DictReader(file)}


def test_nothing_is_faxed_without_an_agreement(plan: Path) -> None:
    settings_with(plan, '\n[notices.organizations.CLINIC]\nname = "County Clinic"\nchannel = "manual"\nfax = "6195550100"\n')
    clr(plan, "notices", "send", as_of=AT)
    assert "no agreement" in str(ledger(plan)[DECISION]["why_manual"])
    assert ledger(plan)[DECISION]["contact"] != "6195550100"


def test_who_waited_for_a_person_goes_by_itself_once_there_is_a_way(plan: Path) -> None:
    settings_with(plan, '\n[notices.organizations.DR-POE]\nnpi = "1111111112"\nchannel = "sftp"\nmailbox = "poe"\n')
    pcp = ("pcp_assignment", "pcp", "R-1")
    assert ledger(plan)[pcp]["state"] == "manual"
    clr(plan, "notices", "send", as_of=AT)
    assert (ledger(plan)[pcp]["state"], ledger(plan)[pcp]["why_manual"]) == ("sent", None)


def test_a_template_that_cannot_be_filled_in_stops_its_notices_alone(plan: Path) -> None:
    (plan / "templates").mkdir(exist_ok=True)
    (plan / "templates/assignment.member.en.j2").write_text("{% block subject %}x{% endblock %}{{ nobody }}", "utf-8")
    done = clr(plan, "notices", "send", as_of=AT)
    assert done.code == 3
    assert "assignment.member.en.j2" in done.err
    assert "nobody" in done.err
    assert "Ana" not in done.err
    assert ledger(plan)[LETTER]["state"] == "queued"
    assert ledger(plan)[("assignment", "member", "R-2")]["state"] == "sent"  # in Spanish
    (plan / "templates/assignment.member.en.j2").unlink()
    assert clr(plan, "notices", "send", as_of="2025-09-30T13:00").code == 0
    letter = ledger(plan)[LETTER]
    assert letter["state"] == "sent"
    assert "2025-09-04 13:00" in str(letter["late_because"])
    assert "assignment.member.en.j2" in str(letter["late_because"])


def test_a_late_notice_says_that_no_run_sent_it_before(plan: Path) -> None:
    clr(plan, "notices", "send", as_of="2025-09-30T13:00")
    letter = ledger(plan)[LETTER]
    assert letter["late_because"] == "no run sent it before 2025-09-30 13:00"
    assert str(letter["sent_at"]) == "2025-09-30 20:00:00+00:00"


def test_a_dry_run_says_what_would_go_and_sends_nothing(plan: Path) -> None:
    settings_with(plan, CLINIC)
    before = files(plan)
    done = clr(plan, "notices", "send", "--dry-run", "--json", as_of=AT)
    assert done.json["counts"]["sent"] == 8
    assert files(plan) == before


def test_a_mailbox_is_never_shared(plan: Path) -> None:
    settings_with(plan, CLINIC.replace('"clinic"', '"altura"'))
    done = clr(plan, "notices", "send", as_of=AT)
    assert (done.code, "notices.organizations.CLINIC.mailbox" in done.err) == (2, True)


@pytest.mark.parametrize("travels", [False, True])
def test_the_portal_shows_each_provider_its_own_members_and_nobody_elses(plan: Path, tmp_path: Path, *, travels: bool) -> None:
    roster = extract("providers", [*ROSTER, provider("BONITA", "1245319599", "ECM")])
    (plan / "providers.csv").write_bytes(roster)
    moved = referral("R-2", "90000002A", "BONITA") | {"assigned_at": "2025-09-04T11:00"}
    bring(plan, "moved.csv", extract("referrals", [moved]))
    clr(plan, "intake", as_of=AT)
    settings_with(plan, "\n[notices.portal]\nauthorizations = true\n" + (f'url = "file://{tmp_path}"\n' if travels else ""))
    clr(plan, "notices", "send", as_of=AT)
    folder = tmp_path / "portal" if travels else plan / "outbox/notices/portal"
    own = {path.stem.rpartition("_")[2]: list(csv.DictReader(path.read_text("utf-8").splitlines())) for path in folder.glob("AUTH*.csv")}
    assert {name: [row["referral_id"] for row in rows] for name, rows in own.items()} == {"ALTURA": ["R-1"], "BONITA": ["R-2"]}
    assert (own["ALTURA"][0]["authorization_status"], own["ALTURA"][0]["last_name"]) == ("Approved", "One")
    assert own["ALTURA"][0]["decision_at"] == "2025-09-03T10:00:00-07:00"
    ran = runs(plan).height
    clr(plan, "notices", "send", as_of=AT)
    assert runs(plan).height == ran
    bring(plan, "ended.csv", extract("referrals", [moved | {"authorization_end": "2025-12-31"}]))
    clr(plan, "intake", as_of=LATER)
    clr(plan, "notices", "send", as_of=LATER)
    assert "2025-12-31" in next(folder.glob("AUTHORIZATIONS_*_BONITA.csv")).read_text("utf-8")


def test_a_letter_that_no_font_can_print_waits_for_a_person_and_the_others_go(queued: Path, tmp_path: Path) -> None:
    odd = member("90000001A", "王小明", "One") | {"pcp_name": "Poe, Dana, MD", "pcp_npi": "1111111112"}
    root = copied(queued, tmp_path / "odd")
    bring(root, "odd.csv", extract("members", [odd]))
    clr(root, "intake", as_of=BUILT)
    clr(root, "notices", "build", as_of=BUILT)
    clr(root, "notices", "send", as_of=AT)
    assert (ledger(root)[LETTER]["state"], ledger(root)[LETTER]["why_manual"]) == ("manual", "the letter has characters that no font has")
    assert ledger(root)[("assignment", "member", "R-2")]["state"] == "sent"


def test_a_channel_that_is_no_longer_manual_takes_what_waited_for_it(tmp_path: Path) -> None:
    root = made(tmp_path / "plan", way="manual")
    clr(root, "notices", "build", as_of=BUILT)
    assert ledger(root)[DECISION]["state"] == "manual"
    settings_with(root, "", way="portal")
    (root / "clr.toml").write_text((root / "clr.toml").read_text("utf-8").replace('entity = "manual"', 'entity = "portal"'), "utf-8")
    clr(root, "notices", "send", as_of=AT)
    assert ledger(root)[DECISION]["state"] == "sent"
