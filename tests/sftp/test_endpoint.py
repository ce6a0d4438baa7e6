"""Which endpoints are written down well enough to be used."""

from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from sftp.endpoint import Endpoint, check, open_folder
from sftp.errors import Unreachable
from tests.sftp_servers import new_private_key

GOOD = Endpoint("sftp://plan@sftp.example.org/exchange", host_key="SHA256:" + "A" * 43, password=SecretStr("hunter2"))


def test_parts_of_the_address() -> None:
    endpoint = Endpoint("sftp://plan%40x@SFTP.example.org:2222/ex%20change")
    assert (endpoint.user, endpoint.host, endpoint.port, endpoint.root) == ("plan@x", "sftp.example.org", 2222, "/ex change")
    assert (GOOD.port, Endpoint("sftp://u@h").root, GOOD.place) == (22, "/", "sftp.example.org:22")
    assert Endpoint("file:///srv/sftp").place == "/srv/sftp"


def test_the_password_is_never_shown() -> None:
    assert "hunter2" not in f"{GOOD!r} {GOOD}"


def test_good_endpoints_pass(tmp_path: Path) -> None:
    new_private_key(tmp_path / "key")
    (tmp_path / "known_hosts").touch()
    for endpoint in [
        GOOD,
        replace(GOOD, password=None, private_key=tmp_path / "key"),
        replace(GOOD, host_key=None, known_hosts=tmp_path / "known_hosts"),
        Endpoint("file:///srv/sftp"),
        Endpoint("file://localhost/srv/sftp"),
    ]:
        assert check(endpoint) is endpoint


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (replace(GOOD, host_key=None), "either host_key or known_hosts"),
        (replace(GOOD, host_key="SHA256:short"), "host_key must be a fingerprint"),
        (replace(GOOD, host_key="MD5:" + "A" * 43), "host_key must be a fingerprint"),
        (replace(GOOD, known_hosts=Path("/nowhere")), "known_hosts: no such file"),
        (replace(GOOD, password=None), "either private_key or a password"),
        (replace(GOOD, password=SecretStr("")), "either private_key or a password"),
        (replace(GOOD, private_key=Path("/nowhere")), "private_key: cannot be read"),
        (replace(GOOD, private_key=Path("/")), "private_key: not a file"),
        (replace(GOOD, url="ftp://u@h/"), "must begin with"),
        (replace(GOOD, url="sftp://h/"), "must name a user"),
        (replace(GOOD, url="sftp://u@/x"), "must name a host"),
        (replace(GOOD, url="sftp://u:p@h/x"), "must not hold a password"),
        (replace(GOOD, url="sftp://u@h:99999/x"), "not an address"),
        (replace(GOOD, url="sftp://u@h:0/x"), "between 1 and 65535"),
        (replace(GOOD, url="sftp://u@h/a/../b"), "without '..'"),
        (replace(GOOD, url="sftp://u@h/a/%2e%2e/b"), "without '..'"),
        (replace(GOOD, url="sftp://u@h/a?b"), "%3F"),
        (replace(GOOD, connect_timeout=0), "connect_timeout"),
        (replace(GOOD, operation_timeout=float("nan")), "operation_timeout"),
        (replace(GOOD, attempts=0), "attempts"),
        (replace(GOOD, backoff=-1), "backoff"),
        (Endpoint("file://server/srv"), "three slashes"),
        (Endpoint("file:srv"), "absolute folder"),
        (replace(GOOD, url="file:///srv"), "takes no host_key"),
    ],
)
def test_bad_endpoints_are_named_in_plain_words(bad: Endpoint, said: str) -> None:
    with pytest.raises(ValueError, match=said) as caught:
        open_folder(bad)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_private_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    new_private_key(tmp_path / "key")
    (tmp_path / "key").chmod(mode)
    with pytest.raises(ValueError, match="chmod 600"):
        check(replace(GOOD, private_key=tmp_path / "key"))


def test_a_private_key_that_is_none_is_refused_before_anybody_is_contacted(tmp_path: Path) -> None:
    (tmp_path / "key").touch(mode=0o600)
    (tmp_path / "key").write_text("no key")
    with pytest.raises(ValueError, match="not a private key"), open_folder(replace(GOOD, private_key=tmp_path / "key")):
        pass


def test_a_local_root_that_is_missing_is_unreachable(tmp_path: Path) -> None:
    with pytest.raises(Unreachable), open_folder(Endpoint((tmp_path / "missing").as_uri())):
        pass
