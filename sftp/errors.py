"""What can go wrong between here and a remote folder, one class for each thing that a caller would do differently.

    TransportError
    ├── Unreachable          try again later
    ├── IncompleteTransfer   try again later
    ├── HostKeyMismatch      a person must look, nothing was sent
    ├── WeakAlgorithms       a person must look, nothing was sent
    ├── LoginRefused         a person must look, do not try again
    ├── Refused              the server does not allow it
    ├── NoSuchRemoteFile
    ├── AlreadyExists
    ├── NotAFile
    ├── TooLarge
    └── RemoteFailure        anything else the server says no to

Messages name the server and at most a folder: never a secret, never the name of a file. What to do about an error is
the caller's decision, except that `sftp.retries` tries again after the first two.
"""


class TransportError(Exception):
    """Base of everything below; never raised itself."""


class Unreachable(TransportError):
    """Raised when there is no connection: not made in time, dropped, or silent for longer than the operation's timeout."""


class IncompleteTransfer(TransportError):
    """Raised when the bytes that arrived are not those announced, or the file changed while it travelled."""


class HostKeyMismatch(TransportError):
    """Raised when the server's key is not the pinned one. No user name, password or signature has been sent by then."""


class WeakAlgorithms(TransportError):
    """Raised when the server offers only ciphers, digests or key exchanges that are not accepted. Nothing has been sent by then."""


class LoginRefused(TransportError):
    """Raised when the server does not accept the user, password or key. There was one attempt."""


class Refused(TransportError):
    """Raised when the server denies permission for one operation; the connection is still good."""


class NoSuchRemoteFile(TransportError):
    """Raised when the file or the folder does not exist, or is gone since it was listed."""


class AlreadyExists(TransportError):
    """Raised when a rename or a new folder would take the place of something that is there."""


class NotAFile(TransportError):
    """Raised when the path, or a folder on the way to it, is a symbolic link, or when it is not the file or folder it should be."""


class TooLarge(TransportError):
    """Raised when a file is larger than the caller accepts; nothing of it is kept."""


class RemoteFailure(TransportError):
    """Raised when the server fails for a reason it does not name (full disk, busy file) or answers against the protocol."""
