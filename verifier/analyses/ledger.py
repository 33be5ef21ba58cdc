"""Books of real positions: a CSV file, read exactly, ranked by health and grouped into tiers.

Numbers become integers over one power of ten, so that sums are exact; healths are ranked as quotients of integers.
"""

from __future__ import annotations

import csv
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate, compress, islice, pairwise
from operator import truediv
from pathlib import Path

import attrs

from verifier.language.book import Tier
from verifier.language.errors import Site, SpecError
from verifier.language.expr import decimal_text

Row = list[str]

CHUNK = 512
"""Rows read at a time: as many as stay in the processor's cache."""
DECIMAL = re.compile(r"\+?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
PLAIN = re.compile(r"(?:[0-9]{1,100}+(?:\.[0-9]{1,100}+)?+\n)*+")
"""Lines of decimals without sign and exponent; a quotient of two of them is within the range of floats."""
ZERO = re.compile(r"^0+(?:\.0+)?$", re.MULTILINE)
BREAK = re.compile(r"\r\n|\r|\n")
NO_DEBT = 10**50
"""Contracts give their largest integer as the health factor of a position without debt; no other is this large."""
FEWEST = 3
"""The tiers that a book may need: what is unhealthy, the lowest health from 1 on, and the rest."""


@attrs.frozen
class Part:
    """Some positions of a book: how many, what they hold, and what they owe in debt tokens, if the book says so."""

    positions: int
    collateral: Fraction
    debt: Fraction | None


@attrs.frozen(eq=False)
class Ranking:
    """Positions by ascending health, which is ``unit · tops / bottoms``.

    ``keys`` are equal where healths are and in the same order, ``order`` lists the positions by rank, and ``held[r]``
    is what the first r of them hold.
    """

    unit: Fraction
    tops: Sequence[int]
    bottoms: Sequence[int]
    keys: Sequence[float]
    order: Sequence[int]
    held: Sequence[int]

    def health(self, rank: int) -> Fraction:
        """The health at a rank."""
        row = self.order[rank]
        return self.unit * Fraction(self.tops[row], self.bottoms[row])

    def under(self, health: Fraction) -> int:
        """How many positions have a lower health."""
        return bisect_left(range(len(self.order)), health, key=self.health)

    def classes(self, most: int) -> list[int] | None:
        """The ranks at which each health begins, and the end; None if there are more than so many."""
        bounds = [0]
        while bounds[-1] < len(self.order):
            if len(bounds) > most:
                return None
            bounds.append(self._alike(bounds[-1])[1])
        return bounds

    def cuts(self, most: int) -> list[int]:
        """The ranks at which each of at most so many tiers begins, and the end; of more than so many healths."""
        healthy, end = self.under(Fraction(1)), len(self.order)
        bounds = sorted({0, healthy, self._alike(healthy)[1] if healthy < end else end})
        while bounds[-1] < end:
            bounds.append(self._cut(bounds[-1], most + 1 - len(bounds)))
        return bounds

    def _cut(self, first: int, left: int) -> int:
        """The end of a tier, if so many are left: where it holds about its share, and never amid equal healths."""
        aim = self.held[first] + (self.held[-1] - self.held[first]) // left
        before, after = self._alike(bisect_left(self.held, aim, first + 1) - 1)
        return before if before > first and aim - self.held[before] <= self.held[after] - aim else after

    def _alike(self, rank: int) -> tuple[int, int]:
        """The first rank that has the health of this one, and the first after it that does not."""
        key = self.keys[self.order[rank]]
        own = self.keys.__getitem__
        return bisect_left(self.order, key, key=own), bisect_right(self.order, key, key=own)


@attrs.frozen(eq=False)
class Ledger:
    """A book of positions: those that hold and owe are ranked, the others can never be sold.

    ``grain`` and ``coin`` are what the integers count, in collateral and debt tokens; ``coin`` and ``price`` are None
    where the book gives health factors.
    """

    file: str
    without_debt: Part
    without_collateral: Part
    price: Fraction | None
    grain: Fraction = attrs.field(repr=False)
    coin: Fraction | None = attrs.field(repr=False)
    ranking: Ranking = attrs.field(repr=False)

    @property
    def positions(self) -> int:
        """How many positions the book has, whatever they hold and owe."""
        return len(self.ranking.order) + self.without_debt.positions + self.without_collateral.positions

    @property
    def exposed(self) -> Part:
        """The positions that hold and owe."""
        return self._part(0, len(self.ranking.order))

    @property
    def unhealthy(self) -> Part:
        """Those of them whose health is under 1 from the start: a shock of 0 sells them."""
        return self._part(0, self.ranking.under(Fraction(1)))

    @property
    def lowest(self) -> Fraction | None:
        """The lowest health, if a position holds and owes."""
        return self.ranking.health(0) if self.ranking.order else None

    def held_under(self, health: Fraction) -> Fraction:
        """The collateral of the positions whose health is under this one."""
        return self.grain * self.ranking.held[self.ranking.under(health)]

    def tiers(self, most: int) -> tuple[Tier, ...]:
        """At most so many tiers, by ascending health and apart from each other. Raises SpecError for fewer than three.

        If the book has no more healths than that, each is a tier. Otherwise what is unhealthy from the start is the
        first tier, the lowest health from 1 on is one of its own, since it decides at which shock a cascade can begin,
        and the rest hold about as much collateral each.
        """
        if most < FEWEST:
            raise SpecError(f"a book is grouped into {FEWEST} tiers or more, not {most}")
        bounds = self.ranking.classes(most) or self.ranking.cuts(most)
        return tuple(self._tier(first, end) for first, end in pairwise(bounds))

    def _part(self, first: int, end: int) -> Part:
        rank = self.ranking
        held = self.grain * (rank.held[end] - rank.held[first])
        owed = None if self.coin is None else self.coin * sum(map(rank.bottoms.__getitem__, rank.order[first:end]))
        return Part(end - first, held, owed)

    def _tier(self, first: int, end: int) -> Tier:
        part = self._part(first, end)
        owed = None if part.debt is None or self.price is None else part.debt / self.price
        return Tier(self.ranking.health(first), self.ranking.health(end - 1), part.collateral, owed, part.positions)


def read_ledger(path: Path, *, threshold: Fraction | None = None, price: Fraction | None = None) -> Ledger:
    """The book in a CSV file: ``collateral`` and ``health_factor``, or ``collateral`` and ``debt``, among any columns.

    With debts, a health is threshold · price · collateral / debt, and both settings are needed; with health factors
    neither is used, nor is a column of debts. Amounts are in tokens; a cell is a decimal, taken exactly. Raises SpecError
    with the line and the column.
    """
    chunks = _chunks(path)
    _, header = next(chunks, (0, None))
    if header is None:
        raise SpecError(f"{path} is empty: a book has a header, and a row for each position")
    sheet = Sheet.of(str(path), header[0])
    health_of_one = _health_of_one(path, threshold, price) if sheet.owes else None
    held, other = Column(), Column()
    for before, rows in chunks:
        for column, cells in zip((held, other), sheet.cells(before, rows), strict=True):
            column.extend(cells)
    if not held.values:
        raise SpecError(f"{path} has a header and no positions")
    return _ledger(str(path), held, other, health_of_one, price)


def _health_of_one(path: Path, threshold: Fraction | None, price: Fraction | None) -> Fraction:
    """The health of a position that holds one and owes one."""
    if threshold is None or price is None:
        raise SpecError(
            f"{path} has debts, so health needs --price, the first price, and --threshold, the liquidation threshold; "
            "or give the book a column health_factor"
        )
    for name, value in (("threshold", threshold), ("price", price)):
        if value <= 0:
            raise SpecError(f"--{name} is over 0, not {decimal_text(value)}")
    return threshold * price


def _ledger(file: str, held: Column, other: Column, health_of_one: Fraction | None, price: Fraction | None) -> Ledger:
    """The positions of two columns, ranked; ``other`` has their health factors where ``health_of_one`` is None."""
    by_debt = health_of_one is not None
    owing = other.values if by_debt else [health < NO_DEBT * 10**other.places for health in other.values]
    coin = other.unit if by_debt else None

    def part(chosen: Iterable[bool]) -> Part:
        rows = list(compress(range(len(owing)), chosen))
        debt = None if coin is None else coin * sum(other.values[row] for row in rows)
        return Part(len(rows), held.unit * sum(held.values[row] for row in rows), debt)

    live = [bool(holds and owes) for holds, owes in zip(held.values, owing, strict=True)]
    collateral, rest = list(compress(held.values, live)), list(compress(other.values, live))
    if health_of_one is not None:
        ranking = _ranking(health_of_one * held.unit / other.unit, collateral, rest, collateral)
    else:
        ranking = _ranking(other.unit, rest, [1] * len(rest), collateral)
    return Ledger(
        file=file,
        without_debt=part(not owes for owes in owing),
        without_collateral=part(bool(owes) and not holds for holds, owes in zip(held.values, owing, strict=True)),
        price=price if by_debt else None,
        grain=held.unit,
        coin=coin,
        ranking=ranking,
    )


def _ranking(unit: Fraction, tops: list[int], bottoms: list[int], collateral: list[int]) -> Ranking:
    keys = _keys(tops, bottoms)
    order = sorted(range(len(keys)), key=keys.__getitem__)
    held = list(accumulate(map(collateral.__getitem__, order), initial=0))
    return Ranking(unit, tops, bottoms, keys, order, held)


def _keys(tops: Sequence[int], bottoms: Sequence[int]) -> Sequence[float]:
    """Numbers that compare as the quotients do, exactly.

    A quotient of integers is rounded correctly, so different floats are in the right order. Where one stands for several
    quotients, which may differ, integers are taken: two quotients are at least 1 / (bottom · bottom) apart.
    """
    floats = list(map(truediv, tops, bottoms))
    if len(set(floats)) == len(floats):
        return floats
    shift = 2 * max(bottoms).bit_length()
    return [(top << shift) // bottom for top, bottom in zip(tops, bottoms, strict=True)]


@attrs.define
class Column:
    """The numbers of a column, as integers that count its last decimal place."""

    values: list[int] = attrs.Factory(list)
    places: int = 0

    @property
    def unit(self) -> Fraction:
        """What the integers count."""
        return Fraction(1, 10**self.places)

    def extend(self, cells: Iterable[str]) -> None:
        """More numbers, from plain decimals."""
        parts = [cell.partition(".") for cell in cells]
        places = max([self.places, *[len(decimals) for _, _, decimals in parts]])
        if places > self.places:
            self.values = [value * 10 ** (places - self.places) for value in self.values]
            self.places = places
        self.values += [int(whole + decimals.ljust(places, "0")) for whole, _, decimals in parts]


@attrs.frozen
class Sheet:
    """Where in a row of a file the two columns stand, and whether the second one has debts or health factors."""

    file: str
    header: tuple[str, ...]
    owes: bool

    @classmethod
    def of(cls, file: str, row: Row) -> Sheet:
        """The sheet with this header. Raises SpecError if a column is lacking or there twice."""
        header = tuple(cell.strip().lower() for cell in row)
        sheet = cls(file, header, owes="health_factor" not in header)
        for name in sheet.names:
            if header.count(name) != 1:
                number = "more than one" if name in header else "no"
                raise SpecError(
                    f"there is {number} column {name}: a book has collateral and debt, or collateral and health_factor, "
                    f"between commas; found: {', '.join(header)}",
                    Site(file, 1),
                )
        return sheet

    @property
    def names(self) -> tuple[str, str]:
        """The columns that are read."""
        return "collateral", "debt" if self.owes else "health_factor"

    def cells(self, before: int, rows: list[Row]) -> Sequence[Sequence[str]]:
        """The two columns of some rows, as plain decimals; ``before`` is the number of the line before them."""
        if {*map(len, rows)} == {len(self.header)}:
            columns = [[row[self.header.index(name)] for row in rows] for name in self.names]
            texts = ["\n".join([*column, ""]) for column in columns]
            if all(map(PLAIN.fullmatch, texts)) and (self.owes or not ZERO.search(texts[1])):
                return columns
        pairs = [self._pair(row, Site(self.file, line)) for line, row in _numbered(before, rows)]
        return list(zip(*pairs, strict=True)) or [(), ()]

    def _pair(self, row: Row, site: Site) -> tuple[str, str]:
        """The two cells of a row, whatever is wrong with it. Raises SpecError."""
        if len(row) != len(self.header):
            raise SpecError(
                f"the row has {len(row)} cells and the header {len(self.header)} ({', '.join(self.header)}); a number "
                "has no thousands separators",
                site,
            )
        first, second = (_plain(row[self.header.index(name)], name, site) for name in self.names)
        if not self.owes and ZERO.match(second) and not ZERO.match(first):
            raise SpecError(
                "health_factor is 0, but the position holds collateral; leave it out if it owes nothing", site
            )
        return first, second


def _chunks(path: Path) -> Iterator[tuple[int, list[Row]]]:
    """The rows of a CSV file, the header first and alone, each time with the number of the line before them."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as text:
            reader = csv.reader(text, skipinitialspace=True, strict=True)
            before, many = 0, 1
            while rows := list(islice(reader, many)):
                yield before, rows
                before, many = reader.line_num, CHUNK
    except csv.Error as error:
        raise SpecError(f"this is not CSV: {error}", Site(str(path), reader.line_num)) from None
    except UnicodeDecodeError:
        raise SpecError(f"{path} is not text in UTF-8; save the table as CSV in UTF-8") from None
    except OSError as error:
        raise SpecError(f"{path} cannot be read: {error.strerror}") from None


def _numbered(before: int, rows: Iterable[Row]) -> Iterator[tuple[int, Row]]:
    """Each row that is not blank, with the number of its last line."""
    line = before
    for row in rows:
        line += 1 + sum(len(BREAK.findall(cell)) for cell in row)
        if any(cell.strip() for cell in row):
            yield line, row


def _plain(cell: str, name: str, site: Site) -> str:
    """A cell without sign, exponent and blanks. Raises SpecError."""
    text = cell.strip()
    if DECIMAL.fullmatch(text):
        plain = format(Decimal(text), "f")
        if PLAIN.fullmatch(f"{plain}\n"):
            return plain
        why = "is out of range: at most 100 digits before the point, and 100 after it"
    elif text.startswith("-"):
        why = "is below 0: nobody holds or owes less than nothing"
    else:
        why = "is not a decimal such as 1234.5 or 1e5; write 0 for nothing, and no separators between thousands"
    raise SpecError(f"{name} '{text:.40}' {why}", site)
