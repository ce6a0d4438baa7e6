"""Workbooks as other programs read them."""

from __future__ import annotations

from io import BytesIO

import openpyxl
import pytest
from openpyxl.workbook import Workbook

HOSTILE = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\N{FULLWIDTH EQUALS SIGN}1+1",
    "{=1}",
    "'=1",
    "http://example.org",
    "<r><t>x</t></r>",
    "a & b < c > d",
    "00123",
    "1E5",
    "two\nlines",
    " blanks ",
    "</t></is></c>",
    "]]>",
    "Ñuñez \N{GRINNING FACE}",
)


@pytest.fixture(params=HOSTILE, ids=lambda text: ascii(text))
def hostile(request: pytest.FixtureRequest) -> str:
    text: str = request.param
    return text


def opened(content: bytes) -> Workbook:
    return openpyxl.load_workbook(BytesIO(content))
