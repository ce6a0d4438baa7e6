"""Notices go by mail over an encrypted line to the right server or not at all, and say nothing of anybody where others can read it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.killing import runner
from tests.notices.mail_servers import PASSWORD, USER, MailServer, mail_server
from tests.notices.plan import AT, BUILT, ledger, made, settings_with
from tests.sftp_servers import free_port
from tests.workspaces import clr, copied, files, runs

DECISION, LETTER = ("authorization_decision", "referring_entity", "R-1"), ("assignment", "member", "R-1")
LATER = "2025-09-30T13:00"
ADDRESS = "kim@clinic.example"
PRIVATE = ("Ana", "Ben", "90000001A", "R-1", "Approved", "County", "ECM", "Altura", "authoriz", "referral")


@pytest.fixture(scope="module")
def queued(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = made(tmp_path_factory.mktemp("queued") / "plan")
    clr(root, "notices", "build", as_of=BUILT)
    return root


@pytest.fixture
def plan(queued: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLR_SMTP_PASSWORD", PASSWORD)
    return copied(queued, tmp_path / "plan")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "server"


def by_gateway(server: MailServer, **more: str) -> str:
    return table(server.port, server.ca, mode='"gateway"', gateway_tag='"[secure]"', gateway_header='"X-Secure: yes"', **more)


def by_link(server: MailServer) -> str:
    return table(server.port, server.ca, mode='"link"', link='"https://portal.example/m"')


def table(port: int, ca: Path, **more: str) -> str:
    own = {"host": '"localhost"', "port": str(port), "ca_file": f'"{ca}"', "sender": '"clr@sunrise.example"', "username": f'"{USER}"'}
    own |= {"password_env": '"CLR_SMTP_PASSWORD"', "timeout_seconds": "5", "attempts": "2", "backoff_seconds": "0"}
    return "\n[notices.smtp]\n" + "".join(f"{name} = {value}\n" for name, value in (own | more).items())


def send(root: Path, as_of: str = AT) -> tuple[int, str, dict[str, int]]:
    done = clr(root, "notices", "send", "--json", as_of=as_of)
    return done.code, done.err, done.json["counts"]


@pytest.mark.parametrize("security", ["starttls", "implicit"])
def test_the_gateway_gets_the_message_and_its_sign_over_an_encrypted_line(plan: Path, place: Path, security: str) -> None:
    with mail_server(place, security=security) as server:
        settings_with(plan, by_gateway(server, security=f'"{security}"'))
        code, err, counts = send(plan)
        assert (code, err, counts["sent"], counts["waiting"]) == (0, "", 8, 0)
        assert server.envelopes() == [f"clr@sunrise.example {ADDRESS} True"] * 4
        mails = {mail["Message-ID"]: mail for mail in server.mails()}
    sent = ledger(plan)[DECISION]
    mail = mails[f"<{sent['notice_id']}@sunrise.example>"]
    assert (mail["X-Secure"], mail["Subject"]) == ("yes", "[secure] A message from your health plan")
    body, page = mail.get_body(("plain",)), mail.get_body(("html",))
    assert body is not None
    assert page is not None
    assert "Ana One" in body.get_content()
    assert "Ana One" in page.get_content()
    assert not [word for name, value in mail.items() for word in PRIVATE if word.lower() in f"{name} {value}".lower()]
    assert (sent["state"], sent["sent_as"]) == ("sent", mail["Message-ID"])
    assert "250 queued as" in str(sent["evidence"])


def test_a_mail_with_a_link_says_nothing_but_where_the_message_waits(plan: Path, place: Path) -> None:
    with mail_server(place) as server:
        settings_with(plan, by_link(server))
        assert send(plan)[2]["sent"] == 8
        mails = server.mails()
    notice_id = str(ledger(plan)[DECISION]["notice_id"])
    (mail,) = (mail for mail in mails if notice_id in mail["Message-ID"])
    assert f"https://portal.example/m/{notice_id}" in mail.get_content()
    assert not [word for one in mails for word in PRIVATE if word.lower() in one.as_string().lower()]
    fed = next(plan.glob("outbox/notices/portal/MESSAGES_*.jsonl")).read_text("utf-8")
    assert notice_id in fed
    assert "Ana One" in fed


def test_no_link_goes_before_its_message_lies_on_the_portal(plan: Path, place: Path, tmp_path: Path) -> None:
    (tmp_path / "portal").write_text("no folder", "utf-8")
    with mail_server(place) as server:
        settings_with(plan, by_link(server) + f'\n[notices.portal]\nurl = "file://{tmp_path}/portal"\nattempts = 1\n')
        code, _, counts = send(plan)
        assert (code, counts["under_way"], server.mails()) == (3, 4, [])
        (tmp_path / "portal").unlink()
        (tmp_path / "portal").mkdir()
        assert send(plan, LATER)[2]["sent"] == 4
        assert len(server.mails()) == 4


def test_each_notice_is_mailed_once_however_often_commands_run(plan: Path, place: Path) -> None:
    with mail_server(place) as server:
        settings_with(plan, by_gateway(server))
        send(plan)
        before, ran = files(plan), runs(plan).height
        assert send(plan, LATER)[2]["sent"] == 0
        assert (files(plan), runs(plan).height, len(server.mails())) == (before, ran, 4)


def test_a_server_that_is_down_keeps_notices_due_and_they_say_later_why_they_are_late(plan: Path, place: Path) -> None:
    with mail_server(place) as server:
        pass  # its certificates are there, and nobody listens on its port any more
    settings_with(plan, by_gateway(server))
    code, err, counts = send(plan)
    assert (code, counts["waiting"], counts["sent"]) == (3, 4, 4)  # letters are not kept from going
    assert "mail server: out of reach (ConnectionRefusedError)" in err
    key = ("assignment", "referring_entity", "R-1")
    assert (ledger(plan)[key]["state"], ledger(plan)[key]["sent_at"]) == ("queued", None)
    with mail_server(place, server.port):
        assert send(plan, LATER)[0] == 0
    sent = ledger(plan)[key]
    assert sent["state"] == "sent"
    assert sent["late_because"] == "the first attempt failed, 2025-09-04 13:00: mail server: ConnectionRefusedError"


def test_a_server_that_hangs_up_is_asked_again_and_nothing_is_lost_or_doubled(plan: Path, place: Path) -> None:
    with mail_server(place, drops=[2]) as server:
        settings_with(plan, by_gateway(server))
        assert send(plan)[0] == 0
        names = [mail["Message-ID"] for mail in server.mails()]
    assert (len(names), len(set(names))) == (4, 4)


def test_a_server_that_keeps_hanging_up_leaves_the_rest_for_the_next_run(plan: Path, place: Path) -> None:
    with mail_server(place, drops=[2, 3]) as server:
        settings_with(plan, by_gateway(server))
        code, err, counts = send(plan)
        assert (code, counts["waiting"], "mail server: out of reach" in err) == (3, 3, True)
        assert send(plan, LATER)[2] == {"sent": 3, "under_way": 0, "failed": 0, "manual": 2, "waiting": 0} | {"manual": counts["manual"]}
        assert len({mail["Message-ID"] for mail in server.mails()}) == len(server.mails()) == 4


def test_who_is_refused_for_good_waits_for_a_person(plan: Path, place: Path) -> None:
    with mail_server(place, answers={ADDRESS: "550 5.1.1 no such mailbox"}) as server:
        settings_with(plan, by_gateway(server))
        code, err, counts = send(plan)
        assert (code, counts["failed"], "refused for good: 4" in err) == (3, 4, True)
        refused = ledger(plan)[DECISION]
        assert (refused["state"], refused["why_manual"]) == ("failed", "the mail server refused it for good: 550 5.1.1 no such mailbox")
        assert str(refused["notice_id"]) in (plan / "outbox/notices/manual.csv").read_text("utf-8")
        assert send(plan, LATER)[2]["failed"] == 0  # nobody is asked again
        settings_with(plan, '\n[notices.organizations.CLINIC]\nname = "County Clinic"\nchannel = "email"\nemail = "new@clinic.example"\n')
        assert send(plan, LATER)[2]["sent"] == 4
        assert {one.split()[1] for one in server.envelopes()} == {"new@clinic.example"}


def test_one_message_that_is_refused_does_not_keep_the_others_from_going(plan: Path, place: Path) -> None:
    with mail_server(place, refuses=[1]) as server:
        settings_with(plan, by_gateway(server))
        counts = send(plan)[2]
        assert (counts["failed"], len(server.mails())) == (1, 3)


def test_a_server_that_asks_for_patience_is_asked_again_in_the_next_run(plan: Path, place: Path) -> None:
    with mail_server(place, answers={ADDRESS: "451 4.7.1 later"}) as server:
        settings_with(plan, by_gateway(server))
        code, _, counts = send(plan)
        assert (code, counts["waiting"], counts["failed"]) == (3, 4, 0)
        assert "the mail server asks for patience: 451" in str(ledger(plan)[DECISION]["tried"])
    with mail_server(place, server.port) as server:
        assert send(plan, LATER)[0] == 0
        assert len(server.mails()) == 4


@pytest.mark.parametrize(
    ("how", "changed", "kind"),
    [
        ({"name": "mail.elsewhere.example"}, {}, "CertificateRefused"),
        ({"security": "none", "no_login": True}, {}, "NoEncryption"),
        ({}, {"ca_file": None}, "CertificateRefused"),
        ({}, {"password": "wrong"}, "LoginRefused"),
    ],
    ids=["other name", "no STARTTLS", "unknown authority", "wrong password"],
)
def test_nothing_is_sent_to_a_server_that_is_not_to_be_trusted(
    plan: Path, place: Path, how: dict[str, Any], changed: dict[str, str | None], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mail_server(place, 0, **how) as server:
        text = by_gateway(server)
        if "ca_file" in changed:
            text = "\n".join(line for line in text.splitlines() if not line.startswith("ca_file")) + "\n"
        if "password" in changed:
            monkeypatch.setenv("CLR_SMTP_PASSWORD", str(changed["password"]))
        settings_with(plan, text)
        code, err, counts = send(plan)
        assert (code, counts["waiting"], f"({kind})" in err) == (3, 4, True)
        assert server.mails() == []
        checked = clr(plan, "check", as_of=AT)
        assert (checked.code, f"FAIL  mail server  {kind}" in checked.out) == (3, True)


def test_check_says_that_the_mail_server_can_be_used(plan: Path, place: Path) -> None:
    with mail_server(place) as server:
        settings_with(plan, by_gateway(server))
        assert "ok    mail server  localhost" in clr(plan, "check", as_of=AT).out
        assert server.mails() == []


def test_a_password_that_is_missing_stops_everything_before_anything_is_touched(
    plan: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CLR_SMTP_PASSWORD")
    settings_with(plan, table(free_port(), place, mode='"gateway"', gateway_tag='"[secure]"'))
    done = clr(plan, "notices", "send", as_of=AT)
    assert (done.code, "notices.smtp.password_env: the environment has no variable CLR_SMTP_PASSWORD" in done.err) == (2, True)


def test_a_dry_run_mails_nothing(plan: Path, place: Path) -> None:
    with mail_server(place) as server:
        settings_with(plan, by_gateway(server))
        before = files(plan)
        assert clr(plan, "notices", "send", "--dry-run", "--json", as_of=AT).json["counts"]["sent"] == 8
        assert (files(plan), server.mails()) == (before, [])


def test_killed_at_any_change_every_notice_goes_and_what_goes_twice_has_the_same_message_id(
    plan: Path, place: Path, tmp_path: Path
) -> None:
    with mail_server(place) as server, runner() as clr_in_child:
        settings_with(plan, by_gateway(server))
        whole = copied_with_settings(plan, tmp_path / "whole")
        count = clr_in_child.changes(whole, ["notices", "send"], AT)
        assert len(server.mails()) == 4
        doubled = 0
        for fatal in (count // 2, count - 18):
            for path in server.accepted.iterdir():
                path.unlink()
            root = copied_with_settings(plan, tmp_path / f"killed-{fatal}")
            clr_in_child.kill(root, ["notices", "send"], AT, fatal)
            clr_in_child.changes(root, ["notices", "send"], AT)
            mails = {mail["Message-ID"]: mail.as_bytes() for mail in server.mails()}
            assert len(mails) == 4
            assert {mail.as_bytes() for mail in server.mails()} == set(mails.values())
            assert {row["state"] for key, row in ledger(root).items() if key[1] == "referring_entity"} == {"sent"}
            assert batches(root) == batches(whole)
            doubled += len(server.mails()) - len(mails)
        assert doubled  # else no kill fell between the server's answer and the commit, and the above shows nothing


def batches(root: Path) -> list[str]:
    return sorted(path.name for path in root.glob("outbox/notices/print/*"))


def copied_with_settings(source: Path, root: Path) -> Path:
    """A copy with the settings as they are."""
    text = (source / "clr.toml").read_text("utf-8").replace(str(source), str(root))
    copied(source, root)
    (root / "clr.toml").write_text(text, "utf-8")
    return root
