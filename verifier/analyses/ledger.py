"""Books of real positions: a CSV file, read exactly, ranked by health and grouped into tiers.

Numbers become integers that count a column's last decimal place, so that sums and the order of healths are exact.
"""

from __future__ import annotations

import csv
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate, islice, pairwise
from pathlib import Path

import attrs

from verifier.language.book import Tier
from verifier.language.errors import Site, SpecError

CHUNK, STRIDE = 512, 256
"""Rows read at a time, as many as stay in the processor's cache; positions from one sum that is kept to the next."""
DECIMAL = re.compile(r"\+?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
PLAIN = re.compile(r"(?:[0-9]{1,100}+(?:\.[0-9]{1,100}+)?+\n)*+")
"""Lines of decimals without sign and exponent."""
ZERO = re.compile(r"^0+(?:\.0+)?$", re.MULTILINE)
NO_DEBT = 10**50
"""Contracts give their largest integer as the health factor of a position without debt; no other is this large."""


@attrs.frozen
class Part:
    """Some positions of a book: how many, what they hold, and what they owe in debt tokens, if the book says so."""

    positions: int
    collateral: Fraction
    debt: Fraction | None


@attrs.frozen(eq=False)
class Ledger:
    """A book of positions. Those that hold and owe are ranked by ascending health; the others can never be sold.

    ``order`` lists the ranked rows, and their ``keys`` compare as their healths do; ``health`` is that of a rank, from
    0 on; the first so many ranks hold ``held`` and owe ``owed``. Without debts, ``owed`` and the ``price`` are None.
    """

    file: str
    price: Fraction | None
    without_debt: Part
    without_collateral: Part
    order: Sequence[int] = attrs.field(repr=False)
    keys: Sequence[int] = attrs.field(repr=False)
    health: Callable[[int], Fraction] = attrs.field(repr=False)
    held: Callable[[int], Fraction] = attrs.field(repr=False)
    owed: Callable[[int], Fraction] | None = attrs.field(repr=False)

    @property
    def positions(self) -> int:
        """How many positions the book has, whatever they hold and owe."""
        return len(self.order) + self.without_debt.positions + self.without_collateral.positions

    @property
    def exposed(self) -> Part:
        """The positions that hold and owe."""
        return self.part(0, len(self.order))

    @property
    def unhealthy(self) -> Part:
        """Those of them whose health is under 1 from the start: a shock of 0 sells them."""
        return self.part(0, self.under(Fraction(1)))

    def under(self, health: Fraction) -> int:
        """How many of the ranked positions have a lower health."""
        return bisect_left(range(len(self.order)), health, key=self.health)

    def part(self, first: int, end: int) -> Part:
        """The positions from a rank on and before another."""
        owed = self.owed(end) - self.owed(first) if self.owed else None
        return Part(end - first, self.held(end) - self.held(first), owed)

    def tiers(self, most: int) -> tuple[Tier, ...]:
        """At most so many tiers, by ascending health and apart from each other. Raises SpecError for fewer than three.

        If the book has no more healths than that, each is a tier. Otherwise what is unhealthy from the start is the
        first tier, the lowest health from 1 on is one of its own, since it decides at which shock a cascade can begin,
        and the rest hold about as much collateral each.
        """
        if most < 3:
            raise SpecError(f"a book is grouped into at least 3 tiers, not {most}")
        bounds = self._classes(most) or self._cuts(most)
        return tuple(self._tier(first, end) for first, end in pairwise(bounds))

    def _tier(self, first: int, end: int) -> Tier:
        part = self.part(first, end)
        owed = None if part.debt is None or self.price is None else part.debt / self.price
        return Tier(self.health(first), self.health(end - 1), part.collateral, owed, part.positions)

    def _classes(self, most: int) -> list[int] | None:
        """The ranks at which each health begins, and the end; None if there are more than so many."""
        bounds = [0]
        while bounds[-1] < len(self.order):
            if len(bounds) > most:
                return None
            bounds.append(self._alike(bounds[-1])[1])
        return bounds

    def _cuts(self, most: int) -> list[int]:
        """The ranks at which each of at most so many tiers begins, and the end; of a book of more healths."""
        healthy, end = self.under(Fraction(1)), len(self.order)
        bounds = sorted({0, healthy, self._alike(healthy)[1] if healthy < end else end})
        while bounds[-1] < end:
            bounds.append(self._cut(bounds[-1], most + 1 - len(bounds)))
        return bounds

    def _cut(self, first: int, left: int) -> int:
        """The end of a tier, if so many are left: where it holds about its share, and never amid equal healths."""
        held, end = self.held, len(self.order)
        aim = held(first) + (held(end) - held(first)) / left
        before, after = self._alike(bisect_left(range(end), aim, first + 1, key=held) - 1)
        return before if before > first and aim - held(before) <= held(after) - aim else after

    def _alike(self, rank: int) -> tuple[int, int]:
        """The first rank that has the health of this one, and the first after it that does not."""
        key, of = self.keys[self.order[rank]], self.keys.__getitem__
        return bisect_left(self.order, key, key=of), bisect_right(self.order, key, key=of)


def read_ledger(path: Path, *, threshold: Fraction | None = None, price: Fraction | None = None) -> Ledger:
    """The book in a CSV file: ``collateral`` and ``health_factor``, or ``collateral`` and ``debt``, among any columns.

    Amounts are in tokens, and a cell is a decimal, taken exactly. With debts, health is threshold · price · collateral
    per debt, so both settings are needed; with health factors neither is used, nor is a column of debts. Raises
    SpecError with the line and the column.
    """
    chunks = _chunks(path)
    sheet = Sheet.of(str(path), next(chunks)[1][0])
    one = _health_of_one(path, threshold, price) if "debt" in sheet.places else None
    held, other = Column(), Column()
    for before, rows in chunks:
        for column, cells in zip((held, other), sheet.cells(before, rows), strict=True):
            column.extend(cells)
    if not held.numbers:
        raise SpecError(f"{path} has no positions: each is a row below the header")
    return _ledger(str(path), held, other, one, None if one is None else price)


def _health_of_one(path: Path, threshold: Fraction | None, price: Fraction | None) -> Fraction:
    """The health of a position that holds one and owes one."""
    if threshold is None or price is None:
        raise SpecError(f"{path} has debts and no health_factor, so health needs --price and --threshold")
    if min(threshold, price) <= 0:
        raise SpecError("the liquidation threshold and the first price are numbers over 0")
    return threshold * price


def _ledger(file: str, held: Column, other: Column, one: Fraction | None, price: Fraction | None) -> Ledger:
    """The book of two columns: the other one has debts where the health of one is given, and health factors if not."""
    if one is None:
        owing: Sequence[int] = [health < NO_DEBT * 10**other.places for health in other.numbers]
        unit, tops, bottoms = other.unit, other.numbers, [1] * len(owing)
    else:
        owing = other.numbers
        unit, tops, bottoms = one * held.unit / other.unit, held.numbers, other.numbers
    free = [row for row, owes in enumerate(owing) if not owes]
    bare = [row for row, holds in enumerate(held.numbers) if not holds and owing[row]]
    keys, idle = _keys(tops, bottoms), {*free, *bare}
    order = sorted((row for row in range(len(keys)) if row not in idle), key=keys.__getitem__)

    def part(rows: list[int]) -> Part:
        return Part(len(rows), _sums(held, rows)(len(rows)), None if one is None else _sums(other, rows)(len(rows)))

    def health(rank: int) -> Fraction:
        return unit * Fraction(tops[order[rank]], bottoms[order[rank]])

    owed = None if one is None else _sums(other, order)
    return Ledger(file, price, part(free), part(bare), order, keys, health, _sums(held, order), owed)


def _keys(tops: list[int], bottoms: list[int]) -> list[int]:
    """Integers in the order of the quotients, equal where they are; of a quotient by 0 any integer.

    Two quotients are at least 1 / (bottom · bottom) apart, so that so many binary places tell them apart.
    """
    places = 2 * max(bottoms).bit_length()
    return [(top << places) // (bottom or 1) for top, bottom in zip(tops, bottoms, strict=True)]


def _sums(column: Column, rows: Sequence[int]) -> Callable[[int], Fraction]:
    """What the first so many of the rows have in all; few sums are kept, since all would take long and much memory."""
    number = column.numbers.__getitem__
    blocks = (sum(map(number, rows[first : first + STRIDE])) for first in range(0, len(rows), STRIDE))
    kept = list(accumulate(blocks, initial=0))

    def first(count: int) -> Fraction:
        whole = count // STRIDE
        return column.unit * (kept[whole] + sum(map(number, rows[whole * STRIDE : count])))

    return first


@attrs.define
class Column:
    """The numbers of a column, as integers that count its last decimal place."""

    numbers: list[int] = attrs.Factory(list)
    places: int = 0

    @property
    def unit(self) -> Fraction:
        """What the integers count."""
        return Fraction(1, 10**self.places)

    def extend(self, cells: Sequence[str]) -> None:
        """More numbers, from plain decimals."""
        parts = [cell.partition(".") for cell in cells]
        places = max([self.places, *[len(decimals) for _, _, decimals in parts]])
        if places > self.places:
            self.numbers = [number * 10 ** (places - self.places) for number in self.numbers]
            self.places = places
        self.numbers += [int(whole + decimals.ljust(places, "0")) for whole, _, decimals in parts]


@attrs.frozen
class Sheet:
    """The header of a file, and the two columns that are read with their places in it."""

    file: str
    header: list[str]
    places: dict[str, int]

    @classmethod
    def of(cls, file: str, row: list[str]) -> Sheet:
        """The sheet with this header. Raises SpecError if a column is lacking or there twice."""
        header = [cell.strip().lower() for cell in row]
        names = "collateral", "health_factor" if "health_factor" in header else "debt"
        for name in names:
            if header.count(name) != 1:
                many = "more than one" if name in header else "no"
                wanted = "a book has one of collateral, and one of debt or health_factor, with commas between"
                found = ", ".join(header) or "nothing"
                raise SpecError(f"there is {many} column {name}; {wanted}; found: {found}", Site(file, 1))
        return cls(file, header, {name: header.index(name) for name in names})

    def cells(self, before: int, rows: list[list[str]]) -> Sequence[Sequence[str]]:
        """The two columns of some rows, as plain decimals; ``before`` is the number of the line before them."""
        if {*map(len, rows)} == {len(self.header)}:
            columns = [[row[place] for row in rows] for place in self.places.values()]
            texts = ["\n".join([*column, ""]) for column in columns]
            plain = all(PLAIN.fullmatch(text) and text.count("\n") == len(rows) for text in texts)
            if plain and not ("health_factor" in self.places and ZERO.search(texts[1])):
                return columns
        pairs, line = [], before
        for row in rows:
            line += 1 + sum(cell.count("\n") for cell in row)
            if any(cell.strip() for cell in row):
                pairs.append(self._pair(row, Site(self.file, line)))
        return list(zip(*pairs, strict=True)) or [(), ()]

    def _pair(self, row: list[str], site: Site) -> list[str]:
        """The two cells of a row, as plain decimals. Raises SpecError."""
        if len(row) != len(self.header):
            wanted = f"{len(self.header)} cells ({', '.join(self.header)}), and no thousands separators"
            raise SpecError(f"the row has {len(row)} cells; write {wanted}", site)
        pair = [_plain(row[place], name, site) for name, place in self.places.items()]
        if "health_factor" in self.places and ZERO.match(pair[1]) and not ZERO.match(pair[0]):
            raise SpecError("health_factor is 0 beside collateral; leave the row out if nothing is owed", site)
        return pair


def _chunks(path: Path) -> Iterator[tuple[int, list[list[str]]]]:
    """The rows of a CSV file, the header alone, each time with the number of the line before them. Raises SpecError."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as text:
            reader = csv.reader(text, skipinitialspace=True, strict=True)
            yield 0, [next(reader, [])]
            before = reader.line_num
            while rows := list(islice(reader, CHUNK)):
                yield before, rows
                before = reader.line_num
    except csv.Error as error:
        raise SpecError(f"this is not CSV: {error}", Site(str(path), reader.line_num)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SpecError(f"{path} cannot be read as text in UTF-8: {error}") from None


def _plain(cell: str, name: str, site: Site) -> str:
    """A cell without sign, exponent and blanks. Raises SpecError."""
    text = cell.strip()
    kind = "below 0" if text.startswith("-") else "not a decimal"
    if DECIMAL.fullmatch(text):
        plain = format(Decimal(text), "f")
        if PLAIN.fullmatch(f"{plain}\n"):
            return plain
        kind = "out of range, with more than 100 digits before or after the point"
    advice = "write amounts as 1234.5 or 1e5, without thousands separators, and nothing as 0"
    raise SpecError(f"{name} '{text:.40}' is {kind}; {advice}", site)
