"""Settings that contradict each other, each told with both keys.

What a single value may be is declared with its field; nothing here reads a file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from config.nearest import hint
from schemas.codes import CLOSURE_REASONS, Code, plain_words

CONTRADICTION = "contradiction"
OTHER_KEY, OWN_KEY = "other", "key"

Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Fault:
    """What is wrong with a setting.

    at: its place below the field that is being validated. other: the dotted key that it contradicts. key: its own dotted key, where that
    does not stand below the field.
    """

    at: Place
    why: str
    other: str = ""
    key: str = ""


def refuse(faults: Iterable[Fault]) -> None:
    """Raise all faults at once from within a validator, each at its own place; nothing happens when there are none."""
    lines = [
        InitErrorDetails(
            type=PydanticCustomError(CONTRADICTION, "{why}", {"why": one.why, OTHER_KEY: one.other, OWN_KEY: one.key}),
            loc=one.at,
            input=None,
        )
        for one in faults
    ]
    if lines:
        raise ValidationError.from_exception_data("settings", lines)


def repeated(key: str, values: Sequence[object]) -> Iterator[Fault]:
    """The same value twice in one list. key: the list's own."""
    for place, value in enumerate(values):
        if (first := values.index(value)) < place:
            yield Fault((place,), f"{value!r} stands in the list twice", f"{key}.{first}")


def in_both(names: Sequence[str], key: str, others: Sequence[str]) -> Iterator[Fault]:
    """Names that another list, that of `key`, holds too."""
    for place, name in enumerate(names):
        if name in others:
            yield Fault((place,), f"{name!r} stands in both", f"{key}.{others.index(name)}")


def unclear_spellings(key: str, codes: Sequence[Code]) -> Iterator[Fault]:
    """Spellings that would mean two labels of one code list. key: the list's own."""
    meanings: dict[str, int] = {}
    for place, code in enumerate(codes):
        for spelling in dict.fromkeys(map(plain_words, code.spellings())):
            first = meanings.setdefault(spelling, place) if spelling else place
            if codes[first].label != code.label:
                yield Fault((place,), f"{spelling!r} would mean both {codes[first].label!r} and {code.label!r}", f"{key}.{first}")


def closing_faults(
    rule: str, ecm_reasons: Mapping[str, str], cs_engagements: Sequence[str], labels: tuple[Sequence[str], Sequence[str]] | None
) -> Iterator[Fault]:
    """Faults of `closing`: reasons that are none, engagements that no code list has, a rule without engagements.

    labels: those of ECM and of Community Supports; None when the code lists have faults of their own.
    """
    for engagement, reason in ecm_reasons.items():
        if reason not in CLOSURE_REASONS.labels:
            yield Fault(("ecm_engagement_reasons", engagement), f"{reason!r} is no closure reason; allowed: {CLOSURE_REASONS.allowed()}")
    for key, engagements in (("ecm_engagement_reasons", list(ecm_reasons)), ("cs_engagements", cs_engagements)):
        if rule == "engagement" and not engagements:
            yield Fault((key,), "loops close by these engagements, and there are none", "closing.rule")
    if labels is not None:
        yield from _unlisted([(("ecm_engagement_reasons", name), name) for name in ecm_reasons], "codes.ecm_engagement", labels[0])
        yield from _unlisted(
            [(("cs_engagements", place), name) for place, name in enumerate(cs_engagements)], "codes.cs_engagement", labels[1]
        )


def endpoint_faults(key: str, url: str | None, keys: Iterable[str], credentials: Iterable[str]) -> Iterator[Fault]:
    """Faults of an endpoint, whose dotted key is `key`: a server that nothing identifies, a folder with keys.

    url: None when it has a fault of its own. keys, credentials: the names of those settings that identify the server and the plan.
    """
    known, shown = list(keys), list(credentials)
    if url is not None and url.startswith("sftp://") and not known:
        why = f"{key}.url is an SFTP server, which needs `host_key` or `known_hosts`: without it anybody could answer in its place"
        yield Fault((), why, key=f"{key}.host_key")
    if url is not None and url.startswith("file://"):
        for name in (*known, *shown):
            yield Fault((), "a folder of this machine (file://) has no keys and no password", f"{key}.url", f"{key}.{name}")


def same_names(key: str, name: str, others: Mapping[str, str], why: str) -> Iterator[Fault]:
    """Names that would be equal to another one (by its key), at least where letter case does not count; why: what happens then."""
    for other, text in others.items():
        if text.casefold() == name.casefold():
            yield Fault((), f"both are {name!r}: {why}", f"{key}.{other}")


def too_small(key: str, limit: int, others: Mapping[str, int]) -> Iterator[Fault]:
    """A limit below others, by their keys, which could then never be reached."""
    for other, value in others.items():
        if value > limit:
            yield Fault((), f"{limit} is less than {value}, which could never be reached", f"{key}.{other}")


def slower(table: str, key: str, days: int, others: Mapping[str, int]) -> Iterator[Fault]:
    """A faster track that would take longer than others, by their keys."""
    for other, value in others.items():
        if days > value:
            yield Fault((), f"{days} is more than {value}, and would be no faster", f"{table}.{other}", f"{table}.{key}")


def _unlisted(engagements: Iterable[tuple[Place, str]], codes: str, labels: Sequence[str]) -> Iterator[Fault]:
    for place, engagement in engagements:
        if engagement not in labels:
            yield Fault(place, f"{engagement!r} is no label there{hint(engagement, labels)}; allowed: {', '.join(labels)}", codes)
