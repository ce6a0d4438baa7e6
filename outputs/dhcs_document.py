"""The submission as a document: our records in the shape that a schema asks for, read back from it, and held against it.

A shape is data: where each element stands, how coded values and dates are written, what is said besides. What is told is decided elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import jsonschema_rs

from schemas.dhcs_submission import DATE, STATUSES, paths

OUR_DATES = "%m/%d/%Y"
RECORDS = "records"
Leaves = Iterator[tuple[str, Any]]


@dataclass(frozen=True)
class Shape:
    """Where a schema wants what we tell.

    paths: by our path (`member.firstName`, `header.plan`, `records`) the document's own, names joined by dots; a blank one is left out, one
    that is not named stands where we have it. values: by our path, what stands for a value of ours. dates: how dates are written, in the
    codes of `strftime`. constants, of_record: what else stands in the document and in each record, by their own paths.
    """

    paths: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    dates: str = OUR_DATES
    constants: Mapping[str, Any] = field(default_factory=dict)
    of_record: Mapping[str, Any] = field(default_factory=dict)

    def place(self, path: str) -> str:
        return self.paths.get(path, path)


@dataclass(frozen=True)
class Fault:
    """Where a document does not keep its schema: the path to the place and the schema's own word for what is wrong there; no value."""

    path: tuple[str | int, ...]
    keyword: str

    def __str__(self) -> str:
        return f"{'/'.join(map(str, self.path)) or '(the whole)'}: {self.keyword}"


class NoSchema(Exception):
    """Raised when a schema is none; says where."""


def document(told: Mapping[str, Any], shape: Shape) -> dict[str, Any]:
    """What is told (`header`, `totals`, `records`) in a shape."""
    made: dict[str, Any] = {}
    outer = {name: part for name, part in told.items() if name != RECORDS}
    for path, value in _leaves(outer):
        _put(made, shape.place(path), _written(path, value, shape))
    for path, value in shape.constants.items():
        _put(made, path, value)
    _put(made, shape.place(RECORDS), [_record(one, shape) for one in told[RECORDS]])
    return made


def as_bytes(made: Mapping[str, Any]) -> bytes:
    """The document as a file."""
    return (json.dumps(made, indent=1, ensure_ascii=False) + "\n").encode()


def records_of(made: Any, shape: Shape) -> list[dict[str, Any]]:
    """The records of a document as we have them, as far as its shape has a place for them. Raises ValueError when it has no records."""
    found = _get(made, shape.place(RECORDS))
    if not isinstance(found, list):
        raise ValueError("there are no records where the shape says")
    return [_read(one, shape) for one in found]


def part_of(made: Any, name: str, told: Mapping[str, Any], shape: Shape) -> dict[str, Any]:
    """A part of a document, `header` or `totals`, as we have it. told: the part as it should be, which says what may stand there."""
    part: dict[str, Any] = {}
    for path, _ in _leaves({name: told}):
        if shape.place(path):
            _put(part, path, _ours(path, _get(made, shape.place(path)), shape))
    return dict(part.get(name, {}))


def faults(made: Any, schema: Mapping[str, Any]) -> list[Fault]:
    """Where a document does not keep a schema, in its own order. Nothing is fetched for it. Raises NoSchema."""
    try:
        validator = jsonschema_rs.validator_for(dict(schema), validate_formats=True, retriever=_fetch_nothing)
    except (ValueError, jsonschema_rs.ReferencingError) as error:
        raise NoSchema(str(error).splitlines()[0]) from None
    return [_fault(error) for error in validator.iter_errors(made)]


def _fault(error: jsonschema_rs.ValidationError) -> Fault:
    words = [part for part in error.schema_path if isinstance(part, str)]
    return Fault(tuple(error.instance_path), words[-1] if words else "false")


def _fetch_nothing(_uri: str) -> Any:
    raise ValueError("a schema has to stand in one file")


def _record(one: Mapping[str, Any], shape: Shape) -> dict[str, Any]:
    made: dict[str, Any] = {}
    statuses = one.get(STATUSES)
    for path, value in _leaves({name: part for name, part in one.items() if name != STATUSES}):
        _put(made, shape.place(path), _written(path, value, shape))
    if statuses is not None:
        _put(made, shape.place(STATUSES), [_status(status, shape) for status in statuses])
    for path, value in shape.of_record.items():
        _put(made, path, value)
    return made


def _status(status: Mapping[str, Any], shape: Shape) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, value in status.items():
        path = f"{STATUSES}.{name}"
        place = shape.paths.get(path, name)
        _put(made, place, _written(path, value, shape))
    return made


def _read(made: Any, shape: Shape) -> dict[str, Any]:
    one: dict[str, Any] = {}
    for path in ("recordKey", "recordType", *paths()):
        if not path.startswith(f"{STATUSES}."):
            value = _get(made, shape.place(path))
            if value is not None:
                _put(one, path, _ours(path, value, shape))
    statuses = _get(made, shape.place(STATUSES))
    names = [path.removeprefix(f"{STATUSES}.") for path in paths() if path.startswith(f"{STATUSES}.")]
    if isinstance(statuses, list):
        one[STATUSES] = [
            {name: _ours(f"{STATUSES}.{name}", _get(status, shape.paths.get(f"{STATUSES}.{name}", name)), shape) for name in names}
            for status in statuses
        ]
    return one


def _written(path: str, value: Any, shape: Shape) -> Any:
    if value is None:
        return None
    declared = paths().get(path)
    if declared is not None and declared.form == DATE and shape.dates != OUR_DATES:
        return datetime.strptime(value, OUR_DATES).strftime(shape.dates)  # noqa: DTZ007 - a day has no zone
    return shape.values.get(path, {}).get(value, value) if isinstance(value, str) else value


def _ours(path: str, value: Any, shape: Shape) -> Any:
    back = {theirs: ours for ours, theirs in shape.values.get(path, {}).items()}
    return back.get(value, value) if isinstance(value, str) else value


def _leaves(told: Mapping[str, Any], before: str = "") -> Leaves:
    for name, value in told.items():
        path = f"{before}.{name}" if before else name
        if isinstance(value, Mapping):
            yield from _leaves(value, path)
        else:
            yield path, value


def _put(made: dict[str, Any], path: str, value: Any) -> None:
    if not path:
        return
    *folders, name = path.split(".")
    for folder in folders:
        made = made.setdefault(folder, {})
    made[name] = value


def _get(made: Any, path: str) -> Any:
    for name in path.split(".") if path else ():
        if not isinstance(made, Mapping):
            return None
        made = made.get(name)
    return made if path else None


def in_order(faulty: Sequence[Fault]) -> list[Fault]:
    """Faults by place."""
    return sorted(faulty, key=lambda one: ([f"{part:012d}" if isinstance(part, int) else part for part in one.path], one.keyword))
