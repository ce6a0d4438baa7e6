"""The three ways of transport, each with the folder on this disk that it gives access to."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from sftp.endpoint import Endpoint, open_folder
from sftp.folder import RemoteFolder
from sftp.loopback import LoopbackServer, serve
from tests.sftp_servers import PATIENCE, RealServer, real_sshd

PASSWORD = "correct horse"


@dataclass(frozen=True)
class Place:
    """An endpoint and the local folder behind it, in which tests lay out what the other side has."""

    endpoint: Endpoint
    root: Path


def loopback_endpoint(server: LoopbackServer) -> Endpoint:
    return Endpoint(
        url=server.url,
        host_key=server.host_key_fingerprint,
        password=SecretStr(PASSWORD),
        connect_timeout=PATIENCE,
        operation_timeout=PATIENCE,
        attempts=1,
        backoff=0,
    )


@pytest.fixture(scope="session")
def sshd() -> Iterator[RealServer]:
    with real_sshd() as server:
        yield server


@pytest.fixture(params=["local", "loopback", "sshd"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    root = tmp_path / "served"
    root.mkdir()
    if request.param == "local":
        yield Place(Endpoint(url=root.as_uri(), attempts=1), root)
    elif request.param == "sshd":
        server: RealServer = request.getfixturevalue("sshd")
        yield Place(server.endpoint(root), root)
    else:
        with serve(root, password=PASSWORD) as loopback:
            yield Place(loopback_endpoint(loopback), root)


@pytest.fixture
def folder(place: Place) -> Iterator[RemoteFolder]:
    with open_folder(place.endpoint) as opened:
        yield opened


@pytest.fixture
def loopback(tmp_path: Path) -> Iterator[Place]:
    """The loopback server alone, with three attempts and no waiting."""
    root = tmp_path / "served"
    root.mkdir()
    with serve(root, password=PASSWORD) as server:
        yield Place(replace(loopback_endpoint(server), attempts=3), root)
