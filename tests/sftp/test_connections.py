"""Which connections are used again, and which are not."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from pydantic import SecretStr

from sftp.connections import MOST_IDLE, Connections
from sftp.errors import LoginRefused, NoSuchRemoteFile, Unreachable
from sftp.folder import RemoteFolder
from tests.sftp.bad_servers import refusing_server
from tests.sftp.conftest import Place


def never(_: float) -> None:
    raise AssertionError("nothing was to be waited for")


def looked_at(folder: RemoteFolder) -> RemoteFolder:
    folder.survey("")
    return folder


def test_one_connection_serves_one_mailbox_after_the_other(place: Place) -> None:
    with Connections() as connections:
        used = [connections.with_retries(place.endpoint, looked_at, never) for _ in range(5)]
    assert len({id(folder) for folder in used}) == 1


def test_threads_do_not_share_a_connection_at_the_same_time(loopback: Place) -> None:
    def nested(connections: Connections) -> bool:
        return connections.with_retries(
            loopback.endpoint, lambda outer: connections.with_retries(loopback.endpoint, looked_at, never) is not outer, never
        )

    with Connections() as connections, ThreadPoolExecutor(4) as pool:
        assert all(pool.map(nested, [connections] * 12))


def test_another_endpoint_has_another_connection(loopback: Place) -> None:
    (loopback.root / "inner").mkdir()
    inner = replace(loopback.endpoint, url=f"{loopback.endpoint.url.rstrip('/')}/inner")
    with Connections() as connections:
        assert connections.with_retries(loopback.endpoint, looked_at, never) is not connections.with_retries(inner, looked_at, never)


def test_a_connection_that_was_lost_while_idle_costs_no_attempt(loopback: Place) -> None:
    once = replace(loopback.endpoint, attempts=1)
    with Connections() as connections:
        folder = connections.with_retries(once, looked_at, never)
        folder.__exit__(None, None, None)
        folder.__enter__()._transport.close()  # type: ignore[attr-defined]
        assert connections.with_retries(once, looked_at, never) is not folder


def test_a_connection_lost_in_the_midst_of_an_action_is_replaced_as_often_as_the_endpoint_says(loopback: Place) -> None:
    used: list[int] = []

    def lose(folder: RemoteFolder) -> None:
        used.append(id(folder))
        raise Unreachable("lost")

    with Connections() as connections, pytest.raises(Unreachable):
        connections.with_retries(loopback.endpoint, lose, lambda _: None)
    assert len(used) == 3


def test_what_a_mailbox_lacks_does_not_cost_its_connection(loopback: Place) -> None:
    used: list[RemoteFolder] = []

    def miss(folder: RemoteFolder) -> None:
        used.append(folder)
        folder.survey("missing")

    with Connections() as connections:
        for _ in range(3):
            with pytest.raises(NoSuchRemoteFile):
                connections.with_retries(loopback.endpoint, miss, never)
    assert len({id(folder) for folder in used}) == 1


def test_a_refused_login_is_tried_once_for_all_mailboxes() -> None:
    with refusing_server() as witness, Connections() as connections:
        endpoint = witness.endpoint(host_key=witness.fingerprint, password=SecretStr("wrong"))
        for _ in range(5):
            with pytest.raises(LoginRefused):
                connections.with_retries(endpoint, looked_at, never)
    assert len(witness.credentials) == 1


def test_only_so_many_connections_lie_idle(loopback: Place) -> None:
    opened: list[RemoteFolder] = []

    def deeper(folder: RemoteFolder, connections: Connections) -> None:
        opened.append(folder)
        if len(opened) <= MOST_IDLE + 2:
            connections.with_retries(loopback.endpoint, lambda other: deeper(other, connections), never)

    with Connections() as connections:
        connections.with_retries(loopback.endpoint, lambda folder: deeper(folder, connections), never)
        alive = [folder for folder in opened if folder._session is not None]  # type: ignore[attr-defined]
        assert len(alive) == MOST_IDLE < len(opened)
    assert all(folder._session is None for folder in opened)  # type: ignore[attr-defined]
