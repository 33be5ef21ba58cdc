"""How often a year shocks of which size are reckoned with: a table of one's own, or the sourced default."""

from __future__ import annotations

import csv
import tomllib
from decimal import Decimal
from fractions import Fraction
from importlib.resources import files
from pathlib import Path

import attrs

from verifier.language.errors import SpecError
from verifier.language.load import LIBRARY

DEFAULT = "eth-shocks.toml"


@attrs.frozen
class Frequencies:
    """Sizes of shocks with their number a year, and where that is from."""

    rows: tuple[tuple[Fraction, Fraction], ...]
    source: str


def default() -> Frequencies:
    """The library's table."""
    text = files(f"{LIBRARY}.parameters").joinpath(DEFAULT).read_text(encoding="utf-8")
    table = tomllib.loads(text, parse_float=Decimal)
    rows = tuple((Fraction(row["size"]), Fraction(row["per_year"])) for row in table["shock"])
    return Frequencies(rows, f"{table['what']}, {table['span']} ({table['source']})")


def from_csv(path: Path) -> Frequencies:
    """A CSV file with columns size and per_year, both as shares or p/q. Raises SpecError."""
    rows = []
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        if not {"size", "per_year"} <= set(reader.fieldnames or ()):
            raise SpecError(f"{path}: the columns of a table of frequencies are size and per_year")
        for line, row in enumerate(reader, 2):
            try:
                size, often = Fraction(row["size"]), Fraction(row["per_year"])
            except (ValueError, TypeError, ZeroDivisionError):
                raise SpecError(f"{path}, line {line}: size and per_year are numbers, as in 0.3,0.5") from None
            if not 0 < size < 1 or often < 0:
                raise SpecError(
                    f"{path}, line {line}: a size is a share above 0 and below 1, and per_year not negative"
                )
            rows.append((size, often))
    if not rows:
        raise SpecError(f"{path} has no rows")
    return Frequencies(tuple(rows), path.name)
