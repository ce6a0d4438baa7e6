"""Errors of configuration: what is wrong, in which file, under which key."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mistake:
    """One thing that is wrong. The message says what, and what is allowed; it never quotes what may be a secret.

    file: the file, or the profile that comes with the program. key: dotted, with the place in a list counted from 0; of a table its row
    and column; blank when the file as a whole is meant.
    """

    file: str
    key: str
    message: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.file, self.key, self.message) if part)


class ConfigurationError(Exception):
    """Raised when the configuration cannot be used, before anything is touched; one line for each mistake."""

    def __init__(self, *mistakes: Mistake) -> None:
        lines = [str(mistake) for mistake in mistakes]
        super().__init__("\n".join([f"{len(lines)} mistakes in the configuration", *lines] if len(lines) > 1 else lines))
        self.mistakes = mistakes
