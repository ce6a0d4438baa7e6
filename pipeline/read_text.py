"""Reads comma, tab and pipe separated text into a grid, or says why that cannot be done safely.

Decides encoding, delimiter and what one record is. Which record is the header, and what becomes of ragged rows, is decided elsewhere.

Regular text (every line a whole record of the same number of fields) is read by polars; all other text by the csv module, which
knows the lines. polars alone would join, pad or skip records without a word, so it is given only text where it has nothing to decide.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator

import polars as pl

from pipeline.read_grid import Defect, ReadLimits, RefusedError, Sheet, check_extent, clean, none_ragged, too_long_cell

FORMATS = {",": "csv", "\t": "tab", "|": "pipe"}
SEMICOLON = ";"

SAMPLE_CHARACTERS = 65_536
SAMPLE_LINES = 60
BLOCK_RECORDS = 5_000
EXCEL_ROWS = 1_048_576

# A record narrower than this share of the usual width, above the first that is not, is a title.
TITLE_SHARE = 0.75
# From this width on, a line with a whole record's delimiters inside a quoted cell is a swallowed record, not somebody's prose.
SWALLOW_COLUMNS = 5

LINE_END = re.compile(r"\r\n|\r|\n")
QUOTED = re.compile(r'"[^"]*"')
UTF8_SEQUENCE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
# Western names have no three accented letters in a row; words of another alphabet do.
OTHER_ALPHABET = re.compile(rb"[\xc0-\xff]{3}")
CONTROL = re.compile(rb"[\x01-\x08\x0e-\x19\x1c-\x1f\x7f]")

BYTE_ORDER_MARKS = ((b"\xff\xfe\x00\x00", "UTF-32"), (b"\x00\x00\xfe\xff", "UTF-32"), (b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16"))
UNKNOWN_BINARY = "It holds bytes that no text has."


def read_text(content: bytes, limits: ReadLimits) -> tuple[str, Sheet, tuple[Defect, ...]]:
    """The format ("csv", "tab" or "pipe"), the one sheet and the notes of a text file.

    Raises RefusedError with F001, F002, F005, F006, F007, F008 or F009.
    """
    text, notes = _decoded(content)
    if not text.strip(", \t|;\"'\r\n\v\f"):
        raise RefusedError("F002", "The file is empty.")
    delimiter = _delimiter(text)
    if delimiter == SEMICOLON:
        raise RefusedError("F008", "The cells are separated by semicolons.")
    records = _regular(text, delimiter, limits)
    if records is None:
        records = _tolerant(text, delimiter, limits)
    if records.is_empty():
        raise RefusedError("F002", "The file has no cell with anything in it.")
    return FORMATS[delimiter], _sheet(records), notes


def _decoded(content: bytes) -> tuple[str, tuple[Defect, ...]]:
    for mark, name in BYTE_ORDER_MARKS:
        if content.startswith(mark):
            raise RefusedError("F006", f"The text is {name}.")
    if b"\0" in content:
        _refuse_nul(content)
    try:
        return content.decode("utf-8-sig"), ()
    except UnicodeDecodeError:
        pass
    if len(CONTROL.findall(content[:SAMPLE_CHARACTERS])) > len(content[:SAMPLE_CHARACTERS]) // 100:
        raise RefusedError("F001", UNKNOWN_BINARY)
    if UTF8_SEQUENCE.search(content):
        raise RefusedError("F006", "The text is partly UTF-8 and partly another encoding.")
    unknown = RefusedError("F006", "The text is neither UTF-8 nor Windows-1252.")
    if OTHER_ALPHABET.search(content):
        raise unknown
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError:
        raise unknown from None
    return text, (Defect("F022", "The text is not UTF-8; it was read as Windows-1252."),)


def _refuse_nul(content: bytes) -> None:
    sample = content[:SAMPLE_CHARACTERS]
    if any(sample[offset::2].count(0) * 10 > len(sample) * 4 for offset in (0, 1)):
        raise RefusedError("F006", "The text is UTF-16.")
    if CONTROL.search(sample):
        raise RefusedError("F001", UNKNOWN_BINARY)
    line = len(LINE_END.findall(content[: content.index(b"\0")].decode("latin-1"))) + 1
    raise RefusedError("F006", f"The text has NUL bytes (the first is in line {line:,}).")


def _delimiter(text: str) -> str:
    """The character that cuts the first lines most evenly into fields; a comma when nothing does."""
    sample = QUOTED.sub("", text[:SAMPLE_CHARACTERS])
    lines = [line for line in LINE_END.split(sample, SAMPLE_LINES)[:SAMPLE_LINES] if line.strip(" ")]
    scores: dict[str, float] = {}
    for delimiter in (*FORMATS, SEMICOLON):
        widths = Counter(line.count(delimiter) + 1 for line in lines)
        scores[delimiter] = max((width * times**2 for width, times in widths.items() if width > 1), default=0)
    return max(scores, key=scores.__getitem__)


def _regular(text: str, delimiter: str, limits: ReadLimits) -> pl.DataFrame | None:
    """Records of a text in which every line is one well-formed record of the same width; None when it is not so."""
    body = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n") if "\r" in text else text.rstrip("\n")
    lines = body.split("\n")
    width = QUOTED.sub("", lines[0]).count(delimiter) + 1
    if width < 2:
        return None
    check_extent(len(lines), width, limits)
    column = pl.Series(lines, dtype=pl.String)
    if (column.str.len_bytes() > limits.cell_characters).any() or not _are_records(column, delimiter, width):
        return None
    frame = pl.read_csv(
        f"{body}\n".encode(), has_header=False, separator=delimiter, quote_char='"', infer_schema=False, new_columns=_names(width)
    )
    count = pl.int_range(1, len(lines) + 1, dtype=pl.Int64, eager=True)
    numbers = [count.alias("row"), count.alias("line"), pl.repeat(width, len(lines), dtype=pl.Int64, eager=True).alias("found")]
    return clean(pl.DataFrame([*numbers, *frame.get_columns()]), beside=3)


def _are_records(lines: pl.Series, delimiter: str, width: int) -> bool:
    """Whether every line is one well-formed record of that many fields."""
    quoted = lines.str.contains('"', literal=True)
    # Where nothing is quoted, to count is enough, and ten times as fast.
    if (lines.filter(~quoted).str.count_matches(delimiter, literal=True) != width - 1).any():
        return False
    apart = re.escape(delimiter)
    field = rf'(?:"(?:[^"]|"")*"|[^"{apart}]*)'
    # A quoted field that goes on in the next line leaves this line without its closing quote, so it does not match.
    return lines.filter(quoted).str.contains(rf"^{field}(?:{apart}{field}){{{width - 1}}}$").all()


def _tolerant(text: str, delimiter: str, limits: ReadLimits) -> pl.DataFrame:
    """Records of any text: `row`, `line`, `found` (number of fields) and the cells of the widest, as far as the limit on columns."""
    frames: list[pl.DataFrame] = []
    block: list[tuple[int, int, list[str]]] = []
    broken: list[tuple[int, int, list[int]]] = []
    kept = row = 0
    for row, line, fields in _records(text, delimiter, limits):
        if not fields or (len(fields) == 1 and not fields[0].strip()):
            continue
        if any(len(field) > limits.cell_characters for field in fields):
            raise too_long_cell(row, limits)
        block.append((row, line, fields))
        kept += 1
        check_extent(kept, 1, limits)
        if any("\n" in field or "\r" in field for field in fields):
            broken.append((row, line, _delimiters_by_line(fields, delimiter)))
        if len(block) == BLOCK_RECORDS:
            frames.append(_frame(block, limits))
            check_extent(kept, max(frame.width - 3 for frame in frames), limits)
            block = []
    frames.append(_frame(block, limits))
    check_extent(kept, max(frame.width - 3 for frame in frames), limits)
    records = clean(pl.concat(frames, how="diagonal"), beside=3)
    if not records.is_empty():
        _refuse_swallowed(records, broken)
        _refuse_cut_off(records, row, text)
    return records


def _records(text: str, delimiter: str, limits: ReadLimits) -> Iterator[tuple[int, int, list[str]]]:
    """Row number, physical line where it begins, and fields of each record."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line, row = 1, 1
    while True:
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "field limit" in str(error):
                raise too_long_cell(row, limits) from None
            raise _stray_quote(row, line, reader.line_num, closed="end of data" not in str(error)) from None
        yield row, line, fields
        line = reader.line_num + 1
        row += 1
        if row > EXCEL_ROWS + 1:
            raise RefusedError("F005", f"The file has more than {EXCEL_ROWS:,} lines, counting blank ones.")


def _stray_quote(row: int, first: int, last: int, *, closed: bool) -> RefusedError:
    swallowed = f" Lines {first:,} to {last:,} were taken for one row." if last > first else ""
    wrong = "a quotation mark stands before the end of its cell" if closed else "a quotation mark is opened and never closed"
    return RefusedError("F007", f"In line {first:,} {wrong}.{swallowed}", row, first)


def _delimiters_by_line(fields: list[str], delimiter: str) -> list[int]:
    """How many delimiters, quoted or not, each physical line of one record holds."""
    counts = [-1]
    for field in fields:
        counts[-1] += 1
        first, *others = LINE_END.split(field)
        counts[-1] += first.count(delimiter)
        counts.extend(part.count(delimiter) for part in others)
    return counts


def _refuse_swallowed(records: pl.DataFrame, broken: list[tuple[int, int, list[int]]]) -> None:
    """A quote that is closed some lines later makes one well-formed record of several: told by lines that are records by themselves."""
    width = _width(records["found"].to_list())
    if width < SWALLOW_COLUMNS:
        return
    for row, line, counts in broken:
        first, *middle, last = counts
        if min(first, last) >= width - 1 or any(count >= width - 1 for count in middle):
            raise _stray_quote(row, line, line + len(counts) - 1, closed=False)


def _refuse_cut_off(records: pl.DataFrame, last_row: int, text: str) -> None:
    found = records["found"].to_list()
    if (
        records["row"][-1] == last_row
        and not text.endswith(("\n", "\r"))
        and found[-1] < _width(found)
        and _header_at(found) < len(found) - 1
    ):
        raise RefusedError(
            "F009",
            "The last line is cut off: it has too few cells and no line end.",
            last_row,
            records["line"][-1],
        )


def _frame(block: list[tuple[int, int, list[str]]], limits: ReadLimits) -> pl.DataFrame:
    width = min(max((len(fields) for _, _, fields in block), default=0), limits.columns)
    padded = [fields[:width] + [""] * (width - len(fields)) for _, _, fields in block]
    columns = [pl.Series(name, cells, dtype=pl.String) for name, cells in zip(_names(width), zip(*padded, strict=True), strict=False)]
    return pl.DataFrame(
        [
            pl.Series("row", [row for row, _, _ in block], dtype=pl.Int64),
            pl.Series("line", [line for _, line, _ in block], dtype=pl.Int64),
            pl.Series("found", [len(fields) for _, _, fields in block], dtype=pl.Int64),
            *columns,
        ]
    )


def _sheet(records: pl.DataFrame) -> Sheet:
    found = records["found"].to_list()
    width = _width(found)
    names = _names(width)
    cells = records.select("row", "line", *(name if name in records.columns else pl.lit(None, pl.String).alias(name) for name in names))
    if min(found) == max(found):
        return Sheet("", False, cells, none_ragged())
    below = records.slice(_header_at(found))
    ragged = below.filter(pl.col("found") != width).select("row", "line", pl.lit(width, pl.Int64).alias("expected"), "found")
    return Sheet("", False, cells, ragged)


def _width(found: list[int]) -> int:
    return found[_header_at(found)]


def _header_at(found: list[int]) -> int:
    """Position of the first record that is no title: the first about as wide as the records that hold most of the fields."""
    times = Counter(found)
    usual = max(times, key=lambda width: (width * times[width], width))
    return next(position for position, width in enumerate(found) if width >= usual * TITLE_SHARE)


def _names(width: int) -> list[str]:
    return [f"c{number}" for number in range(1, width + 1)]
