"""Notices in words: what is said, and what stops a notice."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from outputs.letters import letters_pdf
from outputs.notice_texts import TemplateFault, notice_texts
from schemas.notice_fields import NoticeFields

KNOWN: dict[str, object] = dict.fromkeys(NoticeFields.polars_schema()) | {
    "notice_id": "N1",
    "kind": "assignment",
    "recipient_kind": "member",
    "language": "en",
    "written_on": dt.date(2026, 3, 5),
    "recipient": "Hồng Nguyễn",
    "address": ["1200 Elm St Apt 4", "San Diego, CA 92101"],
    "plan_name": "Sunrise Health Plan",
    "plan_phone": "8005550100",
    "plan_tty": "711",
    "plan_address": [],
    "referral_id": "R-1001",
    "service": "ECM",
    "provider_name": "Altura Care",
    "assigned_date": dt.date(2026, 3, 2),
}


def test_a_member_reads_a_language_that_there_are_letters_in() -> None:
    text = notice_texts(None).write(KNOWN | {"language": "es"})
    assert (text.language, text.needs_translation) == ("es", False)
    assert "Administración de Atención Mejorada" in text.text


def test_any_other_language_falls_back_to_english_and_needs_translation() -> None:
    text = notice_texts(None).write(KNOWN | {"language": "vi"})
    assert (text.language, text.needs_translation) == ("en", True)


def test_a_denial_does_not_go_out_without_the_appeal_rights_of_the_plan(tmp_path: Path) -> None:
    denial = KNOWN | {"kind": "authorization_decision", "decision": "Denied", "decision_date": dt.date(2026, 3, 2), "denial_reason": "No."}
    with pytest.raises(TemplateFault, match=r"appeal_rights\.en\.j2"):
        notice_texts(tmp_path).write(denial)
    (tmp_path / "appeal_rights.en.j2").write_text("<h2>Your rights</h2>", "utf-8")
    assert "YOUR RIGHTS" in notice_texts(tmp_path).write(denial).text


def test_a_missing_value_stops_the_notice_by_its_name() -> None:
    with pytest.raises(TemplateFault, match="plan_phone") as fault:
        notice_texts(None).write(KNOWN | {"plan_phone": None})
    assert fault.value.variable == "plan_phone"


def test_letters_are_the_same_bytes_each_time() -> None:
    letters = [notice_texts(None).write(KNOWN | {"language": language}) for language in ("en", "es")]
    assert letters_pdf(letters) == letters_pdf(letters)
