"""Trying again after the faults that pass: a bounded number of times, each time on a new connection, waiting longer and longer.

Decides which faults pass: a lost or silent connection, and a transfer that came short. Credentials, host keys, permissions and
missing files do not get better by asking again, and asking again with a wrong password locks accounts.
"""

import time
from collections.abc import Callable
from typing import TypeVar

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from sftp.endpoint import Endpoint, open_folder
from sftp.errors import IncompleteTransfer, NoSuchRemoteFile, Unreachable
from sftp.folder import RemoteFolder

PASSING = (Unreachable, IncompleteTransfer)
LONGEST_WAIT = 60.0  # seconds between two attempts

T = TypeVar("T")


def with_retries(endpoint: Endpoint, action: Callable[[RemoteFolder], T], sleep: Callable[[float], None] = time.sleep) -> T:
    """What the action returns when given the connected folder; its last error when every attempt failed.

    The action is run from its beginning each time, so it must bear repetition: it may have been cut off after the server did what
    was asked and before it could say so. `list`, `fetch`, `put` and `make_folder` bear it; for the other two there are `moved`
    and `removed`. An action over many files does well to keep what it has done outside.
    """
    return patiently(endpoint, lambda: _attempt(endpoint, action), sleep)


def patiently(endpoint: Endpoint, attempt: Callable[[], T], sleep: Callable[[float], None] = time.sleep) -> T:
    """What an attempt returns, made as often and as far apart as the endpoint says while its faults are such as pass."""
    attempts = Retrying(
        stop=stop_after_attempt(endpoint.attempts),
        wait=wait_exponential_jitter(multiplier=endpoint.backoff, max=LONGEST_WAIT, jitter=endpoint.backoff),
        retry=retry_if_exception_type(PASSING),
        sleep=sleep,
        reraise=True,
    )
    result: T = attempts(attempt)
    return result


def moved(folder: RemoteFolder, path: str, new_path: str) -> None:
    """Rename, content to find the old name gone and the new one there."""
    try:
        folder.rename(path, new_path)
    except NoSuchRemoteFile:
        above, _, name = new_path.rpartition("/")
        if name not in {file.name for file in folder.survey(above).files}:
            raise


def removed(folder: RemoteFolder, path: str) -> None:
    """Remove, content to find the file gone."""
    try:
        folder.remove(path)
    except NoSuchRemoteFile:
        return


def _attempt(endpoint: Endpoint, action: Callable[[RemoteFolder], T]) -> T:
    with open_folder(endpoint) as folder:
        return action(folder)
