"""Settings of channels that would send something astray, or nothing at all, are refused with their key before anything is touched."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.errors import ConfigurationError
from config.load import load_settings

PLAN = 'profile = "dhcs"\n[plan]\nid = "p"\nname = "P"\n[sftp]\nurl = "file:///srv/sftp"\n'
SMTP = '[notices.smtp]\nhost = "mail.example"\nsender = "clr@p.example"\n'


@pytest.mark.parametrize(
    ("told", "key"),
    [
        (SMTP + 'mode = "link"\n', "notices.smtp.link"),
        (SMTP + 'mode = "link"\nlink = "http://portal.example"\n', "notices.smtp.link"),
        (SMTP + 'mode = "gateway"\n', "notices.smtp.gateway_tag"),
        (SMTP + 'mode = "gateway"\ngateway_tag = "[s]"\nusername = "clr"\n', "notices.smtp.password_env"),
        (SMTP + 'mode = "gateway"\ngateway_tag = "a\\nBcc: b@c.example"\n', "notices.smtp.gateway_tag"),
        (SMTP + 'mode = "gateway"\ngateway_header = "no header"\n', "notices.smtp.gateway_header"),
        (SMTP + 'mode = "gateway"\ngateway_tag = "[s]"\nsecurity = "none"\n', "notices.smtp.security"),
        (SMTP + 'mode = "gateway"\ngateway_tag = "[s]"\npassword = "secret"\n', "notices.smtp.password"),
        ('[notices.organizations.CLINIC]\nchannel = "portal"\n', "notices.organizations.CLINIC"),
        ('[notices.organizations.CLINIC]\nname = "C"\nchannel = "sftp"\n', "notices.organizations.CLINIC"),
        ('[notices.organizations."../up"]\nname = "C"\n', "notices.organizations.../up"),
        ('[notices.print]\nurl = "sftp://u@h/x"\n', "notices.print.host_key"),
        ('[notices.portal]\nurl = "file:///x"\nprivate_key = "k"\n', "notices.portal.private_key"),
        ('[notices.print]\nurl = "file:///x"\nfolder = "../elsewhere"\n', "notices.print.folder"),
    ],
)
def test_a_channel_that_cannot_work_is_refused_by_its_key(tmp_path: Path, told: str, key: str) -> None:
    (tmp_path / "clr.toml").write_text(PLAN + told, "utf-8")
    with pytest.raises(ConfigurationError) as refused:
        load_settings(tmp_path)
    assert [mistake.key for mistake in refused.value.mistakes] == [key]
    assert "secret" not in str(refused.value)
