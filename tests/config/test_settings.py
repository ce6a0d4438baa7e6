"""Every bad configuration stops every command before anything is touched, with file, key and what is allowed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from config.errors import ConfigurationError
from config.load import load_profile, load_settings, profile_names
from pipeline.init import initialise
from pipeline.workspace import open_workspace
from tests.workspaces import clr, extract, files, new_workspace, provider

ALTURA, BONITA = provider("ALTURA", "1234567893"), provider("BONITA", "1245319599")
BASE = """\
profile = "dhcs"
[plan]
id = "sunrise"
name = "Sunrise"
[sftp]
url = "file:///srv/sftp"
"""


def workspace(root: Path, added: str = "", base: str = BASE) -> Path:
    new_workspace(root, [ALTURA, BONITA])
    (root / "clr.toml").write_text(base + added, "utf-8")
    return root


def refusal(root: Path) -> str:
    """What a command says; nothing else has happened by then."""
    before = files(root)
    with pytest.raises(ConfigurationError) as caught:
        open_workspace(root)
    assert files(root) == before
    return str(caught.value)


UNKNOWN = [
    ("[colour]\nx = 1", "colour"),
    ("[plan.extra]\nx = 1", "plan.extra"),
    ("colour = 1", "sftp.colour"),
    ("[sftp.providers.ALTURA]\ncolour = 1", "sftp.providers.ALTURA.colour"),
    ("[notices]\nfax = 'x'", "notices.fax"),
    ("[calendar]\nholidays = []", "calendar.holidays"),
    ("[cadence]\nrtf_due = 5", "cadence.rtf_due"),
    ("[thresholds]\nhold = 0.5", "thresholds.hold"),
    ("[layouts.rtf-ecm]\nneeded = []", "layouts.rtf-ecm.needed"),
    ("[[codes.cs_engagement]]\nlabel = 'x'\ncolour = 'y'", "codes.cs_engagement.0.colour"),
    ("[title]\nx = 1", "title"),
]
WRONG = [
    ("[cadence]\nrtf_due_day = '5'", "cadence.rtf_due_day"),
    ("[cadence]\nrtf_due_day = true", "cadence.rtf_due_day"),
    ("[cadence]\nrtf_due_day = 5.0", "cadence.rtf_due_day"),
    ("[cadence]\nrtf_due_day = 0", "cadence.rtf_due_day"),
    ("[cadence]\nrtf_due_day = 32", "cadence.rtf_due_day"),
    ("[cadence]\nasf_days = 10", "cadence.asf_days"),
    ("[cadence]\nasf_days_move = 'later'", "cadence.asf_days_move"),
    ("[cadence]\ngrace_days = -1", "cadence.grace_days"),
    ("[thresholds]\nhold_rejected_share = 50", "thresholds.hold_rejected_share"),
    ("[thresholds]\nhold_rejected_share = '0.5'", "thresholds.hold_rejected_share"),
    ("[thresholds]\nhold_rejected_share = nan", "thresholds.hold_rejected_share"),
    ("[thresholds]\naging_days = [30, 0]", "thresholds.aging_days.1"),
    ("[limits]\nrows = 0", "limits.rows"),
    ("[limits]\nrows = '9'", "limits.rows"),
    ("[deadlines]\nclosure_business_days = 0", "deadlines.closure_business_days"),
    ("[closing]\nrule = 'both'", "closing.rule"),
    ("[calendar]\nconfirmed_through = 1999", "calendar.confirmed_through"),
    ("[calendar]\nclosed = ['someday']", "calendar.closed.0"),
    ("[folders]\nto_plan = '../x'", "folders.to_plan"),
    ("[collection]\nmailboxes_at_once = true", "collection.mailboxes_at_once"),
    ("[notices]\nmember = 'pigeon'", "notices.member"),
    ("[notices]\nmember = 3", "notices.member"),
    ("cadence = 3", "sftp.cadence"),
    ("[sftp.providers.ALTURA]\nattempts = 0", "sftp.providers.ALTURA.attempts"),
    ("[sftp.providers.ALTURA]\nconnect_seconds = true", "sftp.providers.ALTURA.connect_seconds"),
]
CONTRADICTORY = [
    ("[calendar]\nnot_observed = ['Labor Day']", "Labor Day"),
    ("[calendar]\nobserved = ['Towel Day']", "Towel Day"),
    ("[calendar]\nsaturday_to_friday = ['Columbus Day']", "Columbus Day"),
    ("[closing.ecm_engagement_reasons]\nEnroled = 'Services Received'", "Enroled"),
    ("[closing.ecm_engagement_reasons]\nEnrolled = 'Because'", "Because"),
    ("[closing]\ncs_engagements = ['Delivering']", "Delivering"),
    ("[layouts.mif]\nrequired = []", "mif"),
    ("[layouts.rtf-ecm]\nrequired = ['colour']", "colour"),
    ("[layouts.rtf-ecm.aliases]\ncolour = ['x']", "colour"),
    ("[layouts.rtf-ecm.aliases]\ncin = ['Referral Status']", "Referral Status"),
    ("[layouts.rtf-ecm.aliases]\ncin = ['Number']\nphone = ['number']", "number"),
    ("[layouts.rtf-ecm]\nfile_name = 'RTF_('", "RTF_("),
    ("[names]\nmif = 'MIF_{plan}.xlsx'", "MIF_{plan}.xlsx"),
    ("[names]\nmif = 'MIF_{provider_id}_{date}_{colour}'", "colour"),
    ("[names]\nmif = 'a/{provider_id}_{date}'", "a/"),
    ("[names]\nasf = 'MIF_{plan}_{provider_id}_{date}.{extension}'", "names"),
    ("[folders]\nto_plan = 'box'\nfrom_plan = 'box'", "folders"),
    ("[[codes.cs_engagement]]\nlabel = 'A'\n[[codes.cs_engagement]]\nlabel = 'B'\naliases = ['a']", "codes"),
    ("[sftp.providers.CEDRO]\nattempts = 2", "CEDRO"),
    ("[sftp.providers.ALTURA]\nurl = 'sftp://x@y/z'", "host_key"),
    ("[sftp.providers.ALTURA]\nurl = 'http://x'", "providers.ALTURA.url"),
]


@pytest.mark.parametrize(("added", "key"), UNKNOWN + WRONG)
def test_an_unknown_key_or_a_wrong_value_is_named_with_its_file(tmp_path: Path, added: str, key: str) -> None:
    said = refusal(workspace(tmp_path / "w", added))
    assert said.startswith(f"{tmp_path / 'w' / 'clr.toml'}: {key}: ")


@pytest.mark.parametrize(("added", "word"), CONTRADICTORY)
def test_a_contradiction_is_named_with_its_file(tmp_path: Path, added: str, word: str) -> None:
    said = refusal(workspace(tmp_path / "w", added)).splitlines()
    assert any(line.startswith(f"{tmp_path / 'w' / 'clr.toml'}: ") and word in line for line in said), said


@pytest.mark.parametrize(
    ("base", "word"),
    [
        ("", "profile"),
        (BASE.replace('"dhcs"', '"dmhc"'), "allowed: chpiv, dhcs, iehp"),
        (BASE.replace('"dhcs"', "3"), "profile"),
        (BASE.replace('id = "sunrise"', ""), "plan.id"),
        (BASE.replace('id = "sunrise"', 'id = "../x"'), "plan.id"),
        (BASE.replace('name = "Sunrise"', 'name = ""'), "plan.name"),
        (BASE.replace('name = "Sunrise"', 'name = "x"\ntime_zone = "Mars/Olympus"'), "plan.time_zone"),
        (BASE.replace("file:///srv/sftp", "ftp://x"), "url"),
        (BASE.replace("file:///srv/sftp", "sftp://x@y:22/z"), "host_key"),
        (BASE.replace('url = "file:///srv/sftp"', ""), "sftp.url"),
        (BASE[: BASE.index("[sftp]")], "sftp"),
        (BASE + "[", "not a TOML file"),
        (BASE + "[plan]\n", "not a TOML file"),
        (BASE + "password = 'geheim'", "sftp.password"),
    ],
)
def test_settings_that_lack_or_twist_something_are_refused(tmp_path: Path, base: str, word: str) -> None:
    said = refusal(workspace(tmp_path / "w", base=base))
    assert word in said
    assert "clr.toml" in said or "profile" in said
    assert "geheim" not in said


def test_a_folder_that_is_no_workspace_is_refused(tmp_path: Path) -> None:
    assert "clr init" in refusal(tmp_path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"npi": "1234567892"}, ("row 2", "npi")),
        ({"npi": ""}, ("row 2", "npi")),
        ({"provider_id": "../x"}, ("row 2", "provider_id")),
        ({"mailbox": "a/b"}, ("row 2", "mailbox")),
        ({"programs": "ECM;SNF"}, ("programs", "ALTURA")),
        ({"file_format": "ods"}, ("row 2", "file_format")),
        ({"provider_id": "bonita"}, ("provider_id", "two rows")),
        ({"mailbox": "BONITA"}, ("mailbox", "two rows")),
    ],
)
def test_a_roster_with_a_fault_is_refused(tmp_path: Path, change: dict[str, str], words: tuple[str, ...]) -> None:
    root = workspace(tmp_path / "w")
    (root / "providers.csv").write_bytes(extract("providers", [ALTURA | change, BONITA]))
    said = refusal(root)
    assert said.startswith(f"{root / 'providers.csv'}: ")
    assert all(word in said for word in words), said


@pytest.mark.parametrize(
    ("content", "word"),
    [(b"a,b\n1,2\n", "not a table of providers"), (b"", "F002"), (b"%PDF-1.7", "F001"), (b"provider_id;name\nx;y\n", "F008")],
)
def test_a_roster_that_cannot_be_read_is_refused(tmp_path: Path, content: bytes, word: str) -> None:
    root = workspace(tmp_path / "w")
    (root / "providers.csv").write_bytes(content)
    assert word in refusal(root)


def test_a_missing_roster_is_refused(tmp_path: Path) -> None:
    root = workspace(tmp_path / "w")
    (root / "providers.csv").unlink()
    assert "providers.csv" in refusal(root)


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("from,to,providers\n", "reason"),
        ("from,to,providers,reason,evidence\nyesterday,2025-11-05,,x,y\n", "from, to"),
        ("from,to,providers,reason,evidence\n2025-11-06,2025-11-05,,x,y\n", "from, to"),
        ("", "columns from"),
    ],
)
def test_outages_with_a_fault_are_refused(tmp_path: Path, content: str, word: str) -> None:
    root = workspace(tmp_path / "w")
    (root / "outages.csv").write_text(content, "utf-8")
    said = refusal(root)
    assert said.startswith(f"{root / 'outages.csv'}: ")
    assert word in said


def test_outages_are_in_plan_time(tmp_path: Path) -> None:
    root = workspace(tmp_path / "w")
    (root / "outages.csv").write_text("from,to,providers,reason,evidence\n2025-11-05T20:00,11/6/2025 08:00,ALTURA,x,y\n", "utf-8")
    (row,) = open_workspace(root).outages.to_dicts()
    assert (row["from"].isoformat(), row["to"].isoformat()) == ("2025-11-06T04:00:00+00:00", "2025-11-06T16:00:00+00:00")


def test_a_password_that_the_environment_does_not_hold_is_named_by_its_variable(tmp_path: Path) -> None:
    base = BASE.replace("file:///srv/sftp", "sftp://x@y:22/z") + 'host_key = "SHA256:abc"\npassword_env = "CLR_PASSWORD"\n'
    opened = open_workspace(workspace(tmp_path / "w", base=base))
    with pytest.raises(ConfigurationError, match=r"clr\.toml: sftp\.password_env: .*CLR_PASSWORD"):
        opened.endpoint("ALTURA", {})
    with pytest.raises(ConfigurationError) as caught:
        opened.endpoint("ALTURA", {"CLR_PASSWORD": "geheim"})  # the host key is none
    assert "geheim" not in str(caught.value)


def test_every_command_ends_with_two_and_touches_nothing(tmp_path: Path) -> None:
    root = workspace(tmp_path / "w", "[colour]\nx = 1\n")
    before = files(root)
    for command in (
        ("check",),
        ("intake",),
        ("emit", "mif"),
        ("collect",),
        ("ingest",),
        ("deliver",),
        ("run", "nightly"),
        ("query", "SELECT 1"),
    ):
        done = clr(root, *command, as_of="2025-11-03T20:00")
        assert (done.code, "colour" in done.err) == (2, True), command
    assert files(root) == before


@pytest.mark.parametrize("name", profile_names())
def test_every_profile_makes_a_workspace_that_opens(tmp_path: Path, name: str) -> None:
    initialise(tmp_path / "new", name)
    opened = open_workspace(tmp_path / "new")
    assert opened.settings.profile == load_profile(name)
    assert opened.roster.is_empty()
    with pytest.raises(ConfigurationError, match="new or empty folder"):
        initialise(tmp_path / "new", name)
    with pytest.raises(ConfigurationError, match="allowed"):
        initialise(tmp_path / "other", "dmhc")
    assert not (tmp_path / "other").exists()


def test_a_plan_changes_its_profile_key_by_key(tmp_path: Path) -> None:
    root = workspace(tmp_path / "w", "[cadence]\nrtf_due_day = 7\n[layouts.rtf-ecm]\nrequired = ['engagement']\n")
    changed, profile = load_settings(root).profile, load_profile("dhcs")
    assert changed.cadence == profile.cadence.model_copy(update={"rtf_due_day": 7})
    assert changed.layouts["rtf-ecm"].required == ("engagement",)
    assert changed.layouts["rtf-cs"] == profile.layouts["rtf-cs"]


def test_a_provider_with_a_server_of_its_own_is_not_trusted_by_the_plans_host_key(tmp_path: Path) -> None:
    base = BASE.replace("file:///srv/sftp", "sftp://x@y:22/z") + 'host_key = "SHA256:abc"\n'
    said = refusal(workspace(tmp_path / "w", '[sftp.providers.ALTURA]\nurl = "sftp://x@other/z"\n', base))
    assert re.search(r"providers\.ALTURA\.host_key", said)
