"""`python -m bench [NAME…]`: measure everything, or what is named, and print one table."""

from __future__ import annotations

import sys
from collections.abc import Callable

from bench.measure import Line
from bench.night import night

BENCHES: dict[str, Callable[[], list[Line]]] = {"night": night}


def main() -> None:
    """Measure and print."""
    for name in sys.argv[1:] or BENCHES:
        for line in BENCHES[name]():
            print(line)


if __name__ == "__main__":
    main()
