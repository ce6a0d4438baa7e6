"""Template text: words of the template, or of whoever filled it in by machine, that were left where a value belongs.

Decides by the whole text of a cell, never by a part of it. Whether a row can do without that cell is the layouts' business.
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from schemas.formats import IDENTIFIER, MEMBER_NUMBER, NAME, TEXT, Format, Pattern

RULE = "R141"
DAY = r"(?:(?:m{1,2}|d{1,2}|(?:yy){1,2})[/.-]){1,2}(?:d{1,2}|(?:yy){1,2})"  # as a template writes it: MM/DD/YYYY, YYYY-MM-DD, MM/YYYY

# Anywhere: nobody's name, and no note that somebody would write.
ALWAYS = (
    r"n\s?[/\\]\s?a|not applicable|(?:if|as|when) applicable|leave (?:it |this )?blank|intentionally (?:left )?blank",
    r"(?:optional|required|mandatory|conditional)(?: (?:field|column|cell|data|element)s?)*(?: only)?"
    r"(?:,? if (?:known|available|applicable).*)?",
    r"(?:please )?see (?:the )?(?:attached )?(?:notes?|comments?|instructions?|above|below|attached|attachment|guide|manual|legend|key)",
    r"(?:please )?refer to (?:\S+ ){0,6}(?:appendix|instructions?|guide|guidance|manual|template|dictionary|tab|sheet|column|table|codes?"
    r"|list|notes?|legend|key|above|below|definitions?|specifications?|dhcs)(?: \S+){0,4}",
    r"only (?:populate|fill|enter|complete|use)(?:d| in| out)? (?:if|when|for|where)\b.*",
    r"(?:populate|fill(?: in| out)?|complete) (?:only )?(?:if|when)\b.*",
    r"(?:to be |is |will be )?(?:entered|populated|filled(?: in| out)?|completed|keyed) (?:manually|automatically|by (?:the )?"
    r"(?:plan|mcp|provider|staff|user))|enter(?:ed)? by hand|enter manually",
    r"manual(?:ly)? (?:entry|entered)|auto(?:matically)?[ -]?populated",
    r"(?:please )?enter (?:\S+ ){0,5}(?:name|date|number|code|id|cin|npi|tin|mrn|value|text|here|address|phone|e-?mail|reason|status"
    r"|minutes|period|y or n|yes or no)(?: (?:here|as|in|of|for|from)\b.*)?",
    rf"(?:date )?(?:as |in |format:? )?{DAY}(?:\s?[.-]\s?{DAY})?",
    r"(?:[x#_]{3,}[)./ -]*)+|(?:xx|__|##)[/.-](?:xx|__|##)[/.-][x_#]{2,4}|9x{7,8}[a-z]?",
    r"t\.?b\.?d|t\.?b\.?a|to be (?:determined|added|announced|confirmed|provided)",
    r"(?:please )?(?:select|choose|pick)(?: (?:one|an?|the|from|option|item|value|answer|of|list|drop-?\s?down|menu|below|here))+",
    r"drop-?\s?down(?: (?:list|menu))?|(?:for )?(?:plan|mcp|internal|office) use only",
    r"do not (?:use|complete|fill(?: in)?|enter)|free text|e\.\s?g\..*",
)
# Where no name stands: Na is a family name, N.A. may be somebody's initials, and some people have one name alone.
NO_NAME = (*ALWAYS, r"n\.?\s?a|(?:please )?select|[-\u2013\u2014_.]+")
# Where words are no value anyway: everything that begins as an instruction does.
NO_WORDS = (*NO_NAME, r"(?:please )?(?:enter|refer to|see|select|choose|populate|only)\b.*")


def without_template_text(form: Format) -> Format:
    """The format that takes template text for no value and says so by R141."""
    words = ALWAYS if form == NAME else NO_NAME if form in (TEXT, IDENTIFIER, MEMBER_NUMBER) else NO_WORDS
    pattern = rf"(?is)^[\s\"'*(\[<-]*(?:{'|'.join(words)})[\s\"'*)\]>.:;!-]*$"
    return replace(
        form,
        parse=lambda text: form.parse(pl.when(~text.str.contains(pattern)).then(text)),
        faults=(Pattern(RULE, pattern), *form.faults),
    )
