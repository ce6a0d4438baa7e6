"""`python -m tests.letters` writes the golden files anew; look at the difference before you commit it."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.letters.printed import printed
from tests.letters.written import EXPECTED, kept, pages

if __name__ == "__main__":
    for old in EXPECTED.iterdir():
        old.unlink()
    with tempfile.TemporaryDirectory() as folder:
        for name, text in kept(Path(folder)):
            (EXPECTED / name).write_text(text, "utf-8")
        (EXPECTED / "letters.pdf.txt").write_text(printed(pages(Path(folder))), "utf-8")
