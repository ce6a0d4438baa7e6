"""What a server's "no" means for the caller: status codes of the protocol in the words of `sftp.errors`."""

from collections.abc import Iterator
from contextlib import contextmanager

from sftp.errors import NoSuchRemoteFile, Refused, RemoteFailure, TransportError
from sftp.wire import Code, Denied

_MEANINGS: dict[int, tuple[type[TransportError], str]] = {
    Code.NO_SUCH_FILE: (NoSuchRemoteFile, "no such file or folder"),
    Code.PERMISSION_DENIED: (Refused, "permission denied"),
    Code.OP_UNSUPPORTED: (RemoteFailure, "the server does not support the operation"),
}
_NO_REASON = (RemoteFailure, "the server could not do it and does not say why")


@contextmanager
def explained(place: str) -> Iterator[None]:
    """Turn Denied into an error that names the server and folder in `place`, and neither the file nor the server's own text."""
    try:
        yield
    except Denied as denied:
        kind, words = _MEANINGS.get(denied.code, _NO_REASON)
        raise kind(f"{place}: {words}") from None
