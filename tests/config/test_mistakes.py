"""Every mistake of a configuration is told in one round, one line each, by `clr check` and by every other command."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.workspaces import Done, clr, extract, files, new_workspace, provider, settings

NOW = "2025-11-03T20:00"
ALTURA, BONITA = provider("ALTURA", "1234567893"), provider("BONITA", "1245319599")
OUTAGES = "from,to,providers,reason,evidence\n"
MANUAL, SERVER = "is an SFTP server, which needs `host_key` or `known_hosts`", 'url = "sftp://clr@sftp.example.org/x"'

# What is added to clr.toml, the key that the line names, and words of the line.
UNKNOWN = [
    ("colour = 1", "collection.colour", "unknown key; allowed: settle_seconds, mailboxes_at_once"),
    ("[cadense]\nx = 1", "cadense", "unknown key (did you mean cadence?); allowed: profile, plan, sftp"),
    ("[cadence]\nrtf_due = 5", "cadence.rtf_due", "unknown key (did you mean rtf_due_day?); allowed: rtf_due_day, mif_day"),
    ("closure_business_days = 3", "collection.closure_business_days", "(did you mean deadlines.closure_business_days?)"),
    ("title = 'Ours'\n[folders]", "collection.title", "unknown key"),
    ("[[codes.cs_engagement]]\nlabel = 'A'\nalias = ['B']", "codes.cs_engagement.0.alias", "did you mean aliases?"),
    ("[layouts.rtf_ecm]\nsheet = 'x'", "layouts.rtf_ecm", "no such layout (did you mean rtf-ecm?); allowed: rtf-ecm, rtf-cs, otf"),
    ("[layouts.rtf-ecm]\nrequired = ['cin', 'engagment']", "layouts.rtf-ecm.required.1", "did you mean engagement?"),
    ("[sftp.providers.BONITO]\nattempts = 2", "sftp.providers.BONITO", "no such provider in providers.csv (did you mean BONITA?)"),
]
WRONG = [
    ("[cadence]\nrtf_due_day = '5'", "cadence.rtf_due_day", "text given; allowed: whole number, 1 to 31"),
    ("[cadence]\nrtf_due_day = 32", "cadence.rtf_due_day", "too large; allowed: whole number, 1 to 31"),
    ("[cadence]\nrtf_due_day = 5.5", "cadence.rtf_due_day", "a number given; allowed: whole number, 1 to 31"),
    ("[thresholds]\naging_days = [30, 0]", "thresholds.aging_days.1", "too small; allowed: whole number from 1 (number 2 of the list)"),
    ("[thresholds]\nhold_rows_share = nan", "thresholds.hold_rows_share", "allowed: number, 0 to 1"),
    ("[cadence]\nasf_days_move = 'near'", "cadence.asf_days_move", "allowed: one of `nearest`, `before`, `none`"),
    ("[closing]\nrule = 'engagements'", "closing.rule", "unknown value (did you mean engagement?)"),
    ("[calendar]\nclosed = ['someday']", "calendar.closed.0", "text given; allowed: day"),
    ("[folders]\nprocessed = '../x'", "folders.processed", "not of this form; allowed: text like"),
    ("[limits]\nrows = {}", "limits.rows", "a table given; allowed: whole number from 1"),
    ("[[codes.cs_engagement]]\ncode = '1'", "codes.cs_engagement.0.label", "is needed; allowed: text"),
    ("[names]\nmif = 'MIF_{plan}_{date}'", "names.mif", "{provider_id} and {date} is needed"),
    ("[layouts.rtf-ecm]\nfile_name = 'RTF_('", "layouts.rtf-ecm.file_name", "is no regular expression"),
    ("[closing.ecm_engagement_reasons]\nEnrolled = 'Because'", "closing.ecm_engagement_reasons.Enrolled", "is no closure reason; allowed:"),
    ("[calendar]\nobserved = ['Towel Day']", "calendar.observed", "'Towel Day' is no holiday of the United States or California"),
    ("[sftp.providers.ALTURA]\nurl = 'ftp://x'", "sftp.providers.ALTURA.url", "sftp://user@host:port/root or file:///folder is allowed"),
    ("[sftp.providers.ALTURA]\nurl = 'file://server/x'", "sftp.providers.ALTURA.url", "three slashes"),
    (f"[sftp.providers.ALTURA]\n{SERVER}", "sftp.providers.ALTURA.host_key", f"sftp.providers.ALTURA.url {MANUAL}"),
    (
        f"[sftp.providers.ALTURA]\n{SERVER.replace('clr@', '')}\nknown_hosts = 'x'",
        "sftp.providers.ALTURA.url",
        "must name a user",
    ),
]
# Two settings that cannot both hold: the line begins with the one that clr.toml changes, and names the other.
CONTRADICTORY = [
    ("[folders]\nto_plan = 'From_Plan'", "folders.to_plan", "contradicts folders.from_plan: "),
    ("[folders]\nfrom_plan = 'to_plan'", "folders.from_plan", "contradicts folders.to_plan: "),
    ("[names]\nmif = 'asf_{plan}_{provider_id}_{date}.{extension}'", "names.mif", "contradicts names.asf: "),
    ("[calendar]\nobserved = ['Labor Day', 'Diwali']", "calendar.observed.1", "contradicts calendar.not_observed.3: 'Diwali'"),
    ("[calendar]\nnot_observed = ['Labor Day']", "calendar.not_observed.0", "contradicts calendar.observed.6: 'Labor Day'"),
    ("[calendar]\nsaturday_to_friday = ['Diwali']", "calendar.saturday_to_friday", "'Diwali' is not observed"),
    ("[cadence]\nasf_days = [10, 20, 10]", "cadence.asf_days.2", "contradicts cadence.asf_days.0: "),
    ("[limits]\nunpacked_bytes = 1000000", "limits.unpacked_bytes", "contradicts limits.file_bytes: "),
    ("[limits]\nfile_bytes = 900000000", "limits.file_bytes", "contradicts limits.unpacked_bytes: "),
    ("[layouts.otf.aliases]\ncin = ['X']\nmember_phone = ['x']", "layouts.otf.aliases.member_phone", "is no column of this layout"),
    (
        "[layouts.rtf-ecm.aliases]\ncin = ['Referral Status']",
        "layouts.rtf-ecm.aliases.cin.0",
        "stands for the column referral_status already",
    ),
    (
        "[layouts.rtf-ecm.aliases]\ncin = ['Number']\nprovider_npi = ['NPI!', 'number']",
        "layouts.rtf-ecm.aliases.provider_npi.1",
        "contradicts layouts.rtf-ecm.aliases.cin.0: ",
    ),
    (
        "[[codes.ecm_engagement]]\nlabel = 'Enrolled'\n[[codes.ecm_engagement]]\nlabel = 'Gone'\naliases = ['x', 'ENROLLED']",
        "codes.ecm_engagement.1",
        "contradicts codes.ecm_engagement.0: 'enrolled' would mean both 'Enrolled' and 'Gone'",
    ),
    ("[closing]\ncs_engagements = ['Delivering']", "closing.cs_engagements.0", "contradicts codes.cs_engagement: 'Delivering' is no label"),
    (
        "[[codes.cs_engagement]]\nlabel = 'Over'",
        "codes.cs_engagement",
        "contradicts closing.cs_engagements.0: 'Currently Delivering Services' is no label",
    ),
    ("[closing]\nrule = 'engagement'\ncs_engagements = []", "closing.cs_engagements", "contradicts closing.rule: "),
    (
        "[sftp.providers.ALTURA]\nurl = 'file:///x'\nhost_key = 'x'",
        "sftp.providers.ALTURA.host_key",
        "contradicts sftp.providers.ALTURA.url",
    ),
    ("[sftp.providers.ALTURA]\nhost_key = 'x'", "sftp.providers.ALTURA", "a file url takes no host_key"),
]
ROSTER = [
    ([ALTURA | {"npi": "1234567892"}], "row 2, npi", "(R115)"),
    ([ALTURA | {"name": ""}], "row 2, name", "(R101)"),
    ([ALTURA, BONITA | {"mailbox": "ALTURA"}], "row 3, mailbox", "'altura' and 'ALTURA' stand in two rows, in other letter case (2, 3)"),
    ([ALTURA, BONITA | {"provider_id": "ALTURA"}], "row 3, provider_id", "'ALTURA' stands in two rows (2, 3); each provider has its own"),
    ([ALTURA | {"programs": "ECM;SNF"}], "row 2, programs", "ECM, CS or both separated by ; are allowed"),
    ([ALTURA | {"end": "2024-12-31"}], "row 2, end", "contradicts effective: "),
]
BAD_OUTAGES = [
    ("2025-11-06,2025-11-05,,x,y", "row 2, to", "contradicts from: "),
    ("yesterday,2025-11-05,,x,y", "row 2, from", "no moment; "),
    (",,,,\n2025-11-05,soon,,x,y", "row 3, to", "no moment; "),
    (",2025-11-05,,x,y", "row 2, from", "is needed; "),
    ("2025-11-05,,ALTURA; BONITO,x,y", "row 2, providers", "'BONITO' is not on the roster (did you mean BONITA?)"),
]


def workspace(root: Path, added: str = "", roster: list[dict[str, str]] | None = None, outages: str = "") -> Path:
    new_workspace(root, roster or [ALTURA, BONITA])
    (root / "clr.toml").write_text(
        settings(root).replace('referring_entity = "email"', 'referring_entity = "manual"') + added + "\n", "utf-8"
    )
    (root / "outages.csv").write_text(OUTAGES + outages + "\n", "utf-8")
    return root


def checked(root: Path, *options: str) -> Done:
    """`clr check`, which touches nothing when there are mistakes."""
    before = files(root)
    done = clr(root, "check", *options, as_of=NOW)
    assert files(root) == before
    return done


def told(root: Path, file: str, key: str, words: str) -> None:
    done = checked(root)
    said = [line.removeprefix("clr: ") for line in done.err.splitlines()]
    assert any(line.startswith(f"{root / file}: {key}: ") and words in line for line in said), done.err
    assert (done.code, done.out) == (2, "")


@pytest.mark.parametrize(("added", "key", "words"), UNKNOWN + WRONG)
def test_a_mistake_is_told_with_its_file_its_key_and_what_is_allowed(tmp_path: Path, added: str, key: str, words: str) -> None:
    told(workspace(tmp_path / "w", added), "clr.toml", key, words)


@pytest.mark.parametrize(("added", "key", "words"), CONTRADICTORY)
def test_a_contradiction_names_both_keys_the_changed_one_first(tmp_path: Path, added: str, key: str, words: str) -> None:
    told(workspace(tmp_path / "w", added), "clr.toml", key, words)


@pytest.mark.parametrize(("roster", "key", "words"), ROSTER)
def test_a_mistake_of_the_roster_is_told_by_row_and_column(tmp_path: Path, roster: list[dict[str, str]], key: str, words: str) -> None:
    told(workspace(tmp_path / "w", roster=roster), "providers.csv", key, words)


@pytest.mark.parametrize(("rows", "key", "words"), BAD_OUTAGES)
def test_a_mistake_of_the_outages_is_told_by_row_and_column(tmp_path: Path, rows: str, key: str, words: str) -> None:
    told(workspace(tmp_path / "w", outages=rows), "outages.csv", key, words)


def test_all_mistakes_of_all_files_are_told_in_one_round(tmp_path: Path) -> None:
    wrong = [*UNKNOWN[1:2], *WRONG[:1], *CONTRADICTORY[:1]]
    added = "\n".join(text for text, _, _ in wrong) + "\n[plan.extra]\n[closing]\ncs_engagements = ['Delivering']"
    bad = [ALTURA | {"npi": "1"}, BONITA | {"mailbox": "altura", "programs": "x"}]
    root = workspace(tmp_path / "w", added, bad, "soon,2025-11-05,CEDRO,x,y")
    first, *lines = checked(root).err.splitlines()[-11:]

    assert first == "clr: 10 mistakes in the configuration"
    assert sorted(line.removeprefix(f"{root}/").split(": ")[:2] for line in lines) == sorted(
        [
            ["clr.toml", "plan.extra"],
            ["clr.toml", "cadense"],
            ["clr.toml", "cadence.rtf_due_day"],
            ["clr.toml", "folders.to_plan"],
            ["clr.toml", "closing.cs_engagements.0"],
            ["providers.csv", "row 2, npi"],
            ["providers.csv", "row 3, mailbox"],
            ["providers.csv", "row 3, programs"],
            ["outages.csv", "row 2, from"],
            ["outages.csv", "row 2, providers"],
        ]
    )
    assert clr(root, "query", "SELECT 1").err.splitlines() == [first, *lines]


def test_check_lists_mistakes_as_json_and_says_which_files_are_good(tmp_path: Path) -> None:
    root = workspace(tmp_path / "w", "[cadence]\nrtf_due = 5", outages="soon,,,x,y")
    done = checked(root, "--json")

    assert done.code == 2
    assert [(one["file"], one["key"]) for one in done.json["mistakes"]] == [
        (str(root / "clr.toml"), "cadence.rtf_due"),
        (str(root / "outages.csv"), "row 2, from"),
    ]
    assert all(f"{one['file']}: {one['key']}: {one['message']}" in done.err for one in done.json["mistakes"])
    assert done.json["checks"] == [{"what": "providers.csv", "good": True, "detail": "without mistakes"}]
    assert "ok    providers.csv" in checked(root).err


def test_a_good_configuration_has_no_mistakes(tmp_path: Path) -> None:
    done = checked(workspace(tmp_path / "w", outages="2025-11-05T20:00,,ALTURA,x,ticket 7"), "--json")

    assert done.code == 0
    assert (done.json["mistakes"], done.json["warnings"], done.json["notes"]) == ([], [], [])
    assert {"outages.csv", "mailbox of ALTURA"} <= {one["what"] for one in done.json["checks"] if one["good"]}


def test_who_writes_by_e_mail_and_names_no_server_is_told(tmp_path: Path) -> None:
    root = workspace(tmp_path / "w")
    (root / "clr.toml").write_text(settings(root), "utf-8")
    done = checked(root)
    assert done.code == 3
    assert "FAIL  mail server  there is no [notices.smtp]: what goes by e-mail waits in the queue (notices.referring_entity)" in done.out


@pytest.mark.parametrize(
    "added",
    [
        "[sftp.providers.ALTURA]\npassword = 'geheim'",
        "[sftp.providers.ALTURA]\nurl = 'sftp://clr:geheim@sftp.example.org/x'\nhost_key = 'x'",
        "[sftp.providers.ALTURA]\nattempts = 'geheim'",
        "[sftp.providers.ALTURA]\nattempts = 'geheim'\npassword_env = ['geheim']",
    ],
)
def test_no_secret_is_quoted(tmp_path: Path, added: str) -> None:
    done = checked(workspace(tmp_path / "w", added))
    assert done.code == 2
    assert "sftp.providers.ALTURA." in done.err
    assert "geheim" not in done.err + checked(tmp_path / "w", "--json").out


def test_keys_that_are_not_to_be_had_stop_a_job_before_it_takes_anything_in(tmp_path: Path) -> None:
    server = f"{SERVER}\nhost_key = 'SHA256:{'A' * 43}'\n"
    added = f"[sftp.providers.ALTURA]\n{server}password_env = 'CLR_NO_SUCH'\n"
    added += f"[sftp.providers.BONITA]\n{server}private_key = 'none'\n[sftp.providers.CEDRO]\n{server}private_key = 'key'\n"
    root = workspace(tmp_path / "w", added, [ALTURA, BONITA, provider("CEDRO", "1234567893")])
    (root / "key").touch(mode=0o600)
    (root / "intake" / "members.csv").write_bytes(extract("members", []))
    for command in (("check",), ("run", "nightly"), ("run", "monthly"), ("collect",), ("deliver",)):
        before = files(root)
        done = clr(root, *command, as_of=NOW)
        assert (done.code, done.err.splitlines()[-4]) == (2, "clr: 3 mistakes in the configuration")
        assert f"{root / 'clr.toml'}: sftp.providers.ALTURA.password_env: the environment has no variable CLR_NO_SUCH" in done.err
        assert f"{root / 'clr.toml'}: sftp.providers.BONITA: private_key: cannot be read" in done.err
        assert f"{root / 'clr.toml'}: sftp.providers.CEDRO: private_key: not a private key" in done.err
        assert files(root) == before


def test_values_of_the_roster_that_nobody_can_read_are_told_not_dropped_in_silence(tmp_path: Path) -> None:
    roster = [ALTURA | {"phone": "555-0100", "capacity": "ten"}, BONITA | {"end": "soon"}]
    root = workspace(tmp_path / "w", roster=roster, outages="2025-11-05,,,x,")
    asked, done = clr(root, "query", "SELECT 1"), checked(root)

    assert (asked.code, len(asked.err.splitlines())) == (0, 1)
    assert asked.err.startswith(f"clr: {root / 'providers.csv'}: row 2, capacity: ")
    assert "(R132) (and 3 more: `clr check` tells all)" in asked.err
    assert clr(root, "query", "SELECT 1", "--quiet").err == ""
    assert done.code == 3
    assert [line.split(": ")[1] for line in done.out.splitlines() if line.startswith("warn")] == [
        "row 2, capacity",
        "row 2, phone",
        "row 3, end",
        "row 2, evidence",
    ]
    assert done.err == ""


def test_a_column_of_the_roster_that_is_not_read_is_noted(tmp_path: Path) -> None:
    root = workspace(tmp_path / "w")
    (root / "providers.csv").write_bytes((root / "providers.csv").read_bytes().replace(b"contact_name", b"contact_person"))
    done = checked(root)
    assert done.code == 0
    assert "note  " in done.out
    assert "contact_person" in done.out


def test_a_value_of_the_roster_that_was_put_right_is_noted(tmp_path: Path) -> None:
    done = checked(workspace(tmp_path / "w", roster=[ALTURA | {"phone": "619-555-0100"}]))
    assert done.code == 0
    assert "row 2, phone: phone was read as a phone number" in done.out
