"""Books from CSV: every number exactly as written, every position in its tier, every mistake with its place."""

import re
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifier.analyses.ledger import CHUNK, STRIDE, Ledger, Part, read_ledger
from verifier.language.book import Tier
from verifier.language.errors import SpecError

ONE = Fraction(1)
THRESHOLD, PRICE = Fraction("0.8"), Fraction(25)
FEW = st.sampled_from(["0", "1", "2", "2.50", "3", "4.0", "50", "0.001"])
ANY = st.decimals(0, 10**6, places=6).map(lambda value: format(value, "f"))
BOOKS = st.lists(st.tuples(FEW | ANY, FEW | ANY), min_size=1, max_size=40)
MOST = st.integers(3, 12)

Rows = Sequence[tuple[str, str]]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("books") / "book.csv"


def written(file: Path, rows: Rows, other: str = "debt") -> Path:
    """The rows as a file."""
    file.write_text(f"collateral,{other}\n" + "".join(f"{first},{second}\n" for first, second in rows))
    return file


def ledger(file: Path, rows: Rows, *, one: Fraction = THRESHOLD * PRICE) -> Ledger:
    """The rows as a book of debts, with the health of a position that holds one and owes one."""
    return read_ledger(written(file, rows), threshold=one / PRICE, price=PRICE)


def exposed(rows: Rows) -> list[tuple[Fraction, Fraction, Fraction]]:
    """Health, collateral and debt of each position that can be sold, by definition."""
    amounts = [(Fraction(held), Fraction(owed)) for held, owed in rows]
    return [(THRESHOLD * PRICE * held / owed, held, owed) for held, owed in amounts if held and owed]


@given(rows=BOOKS, most=MOST)
def test_every_position_that_can_be_sold_lies_in_exactly_one_tier(file: Path, rows: Rows, most: int) -> None:
    tiers = ledger(file, rows).tiers(most)

    assigned = [[row for row in exposed(rows) if tier.lo <= row[0] <= tier.hi] for tier in tiers]
    assert sum(map(len, assigned)) == len(exposed(rows))
    for tier, inside in zip(tiers, assigned, strict=True):
        healths, held, owed = zip(*inside, strict=True)
        assert tier == Tier(min(healths), max(healths), sum(held), sum(owed) / PRICE, len(inside))


@given(rows=BOOKS, most=MOST)
def test_tiers_ascend_apart_from_each_other_and_are_no_more_than_asked_for(file: Path, rows: Rows, most: int) -> None:
    tiers = ledger(file, rows).tiers(most)

    assert len(tiers) <= most
    assert all(lower.hi < upper.lo for lower, upper in pairwise(tiers))


@given(rows=BOOKS, most=MOST)
def test_tiers_are_classes_where_there_are_enough_and_the_lowest_health_from_1_on_always(
    file: Path, rows: Rows, most: int
) -> None:
    tiers = ledger(file, rows).tiers(most)

    healths = sorted({health for health, _, _ in exposed(rows)})
    if len(healths) <= most:
        assert [(tier.lo, tier.hi) for tier in tiers] == [(health, health) for health in healths]
    else:
        assert sum(tier.lo < 1 for tier in tiers) == (healths[0] < 1)
    assert not any(tier.lo < 1 <= tier.hi for tier in tiers)
    assert all(tier.is_class for tier in [tier for tier in tiers if tier.lo >= 1][:1])


@given(rows=BOOKS, most=MOST)
def test_wider_tiers_are_narrower_ones_merged(file: Path, rows: Rows, most: int) -> None:
    book = ledger(file, rows)

    for wide in book.tiers(most):
        parts = [tier for tier in book.tiers(len(rows) + 3) if wide.lo <= tier.lo <= wide.hi]
        assert (parts[0].lo, parts[-1].hi) == (wide.lo, wide.hi)
        assert sum(tier.collateral for tier in parts) == wide.collateral
        assert sum(tier.positions for tier in parts) == wide.positions


@given(rows=BOOKS, most=MOST, random=st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(file: Path, rows: Rows, most: int, random: object) -> None:
    tiers = ledger(file, rows).tiers(most)

    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert ledger(file, shuffled).tiers(most) == tiers


@given(rows=BOOKS)
def test_positions_are_counted_by_what_may_happen_to_them(file: Path, rows: Rows) -> None:
    book = ledger(file, rows)

    def part(chosen: Sequence[tuple[Fraction, Fraction]]) -> Part:
        return Part(len(chosen), Fraction(sum(held for held, _ in chosen)), Fraction(sum(owed for _, owed in chosen)))

    amounts = [(Fraction(held), Fraction(owed)) for held, owed in rows]
    assert book.positions == len(rows)
    assert book.without_debt == part([row for row in amounts if not row[1]])
    assert book.without_collateral == part([row for row in amounts if row[1] and not row[0]])
    assert book.exposed == part([row for row in amounts if row[0] and row[1]])
    assert book.unhealthy == part([row[1:] for row in exposed(rows) if row[0] < 1])
    assert [book.health(rank) for rank in range(len(book.order))] == sorted(row[0] for row in exposed(rows))


@given(rows=st.lists(st.tuples(FEW | ANY, st.sampled_from(["0.9", "1", "1.05", "1.50"]) | ANY), max_size=40), most=MOST)
def test_health_factors_group_positions_as_debts_do(file: Path, rows: Rows, most: int) -> None:
    given_rows = [("5", "2"), *((held, health) for held, health in rows if Fraction(health))]
    book = read_ledger(written(file, given_rows, "health_factor"))

    for tier in book.tiers(most):
        inside = [row for row in given_rows if Fraction(row[0]) and tier.lo <= Fraction(row[1]) <= tier.hi]
        assert tier.collateral == sum(Fraction(held) for held, _ in inside)
        assert tier.positions == len(inside)
        assert tier.debt is None
        assert {tier.lo, tier.hi} <= {Fraction(health) for _, health in inside}
    assert book.without_collateral.positions == sum(not Fraction(held) for held, _ in given_rows)


def test_two_healths_that_share_a_float_are_two_healths(file: Path) -> None:
    """1 and 1 + 1e-20 are one float; so are their sums, and the bounds of the tiers they are in."""
    rows = [(f"1.{index:020}", "1") for index in range(10)]
    book = ledger(file, [*rows, ("2", "1"), *reversed(rows)], one=ONE)

    assert float(book.health(0)) == float(book.health(19))
    assert [tier.lo for tier in book.tiers(11)] == [*(Fraction(held) for held, _ in rows), 2]
    lowest, lower, upper = book.tiers(3)
    assert (lowest.lo, lowest.hi, lowest.collateral, lowest.positions) == (1, 1, 2, 2)
    assert lower.hi < upper.lo
    assert lower.positions + upper.positions == 19


def test_a_health_of_1_is_not_under_1_however_close(file: Path) -> None:
    tiny = Fraction(1, 10**30)
    rows = [("1", "1"), (f"0.{'9' * 30}", "1"), (f"1.{'0' * 29}1", "1")]
    book = ledger(file, rows, one=ONE)

    assert [tier.lo for tier in book.tiers(3)] == [1 - tiny, 1, 1 + tiny]
    assert book.unhealthy.positions == 1


def test_many_positions_are_shared_out_evenly_after_the_lowest(file: Path) -> None:
    """More rows than are read, and summed, at a time; the last ones have the most decimal places."""
    count = 2 * CHUNK + STRIDE + 1
    rows = [("1", str(number)) for number in range(count, 1, -1)] + [("1.00", "1.0000")]
    tiers = ledger(file, rows, one=Fraction(count + 1)).tiers(8)

    assert tiers[0].positions == 1
    assert {tier.positions for tier in tiers[1:]} == {182, 183}
    assert sum(tier.collateral for tier in tiers) == count
    assert tiers[0].lo == Fraction(count + 1, count)
    assert tiers[-1].hi == count + 1


def test_a_position_larger_than_its_share_does_not_spoil_the_other_tiers(file: Path) -> None:
    rows = [("1", "9"), ("1000000", "8"), ("1", "7"), ("1", "6"), ("1", "5"), ("1", "4"), ("1", "3")]
    tiers = ledger(file, [(held, str(int(held) * int(owed))) for held, owed in rows], one=Fraction(10)).tiers(4)

    assert [tier.positions for tier in tiers] == [1, 1, 2, 3]


@pytest.mark.parametrize(
    ("cell", "value"),
    [("1.50", "1.5"), ("+3", "3"), ("1e5", "100000"), ("2.5E-3", "0.0025"), (".5", "0.5"), ("5.", "5"), (" 7 ", "7"),
     ('"8"', "8"), (f"0.{'0' * 40}1", "1e-41"), ("9" * 80, "9" * 80), ("00.10", "0.1")],
)  # fmt: skip
def test_a_cell_is_taken_exactly(file: Path, cell: str, value: str) -> None:
    (tier,) = ledger(file, [(cell, "1")]).tiers(3)

    assert tier.collateral == Fraction(value)


@pytest.mark.parametrize(
    "text",
    [
        "collateral,debt\n2,10\n3,20\n",
        "\ufeffcollateral,debt\r\n2,10\r\n3,20\r\n",
        "debt,owner,collateral\n10,a,2\n20,b,3",
        ' "Debt", Owner , "COLLATERAL"\n10,"a, b","2"\n\n20,"c ""d""\ne",3\n,,\n',
        "collateral,debt\r2,10\r3,20\r",
    ],
)
def test_the_same_book_in_many_hands(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8", newline="")
    book = read_ledger(file, threshold=THRESHOLD, price=PRICE)

    assert book.tiers(3) == (
        Tier(Fraction(3), Fraction(3), Fraction(3), Fraction(20, 25)),
        Tier(Fraction(4), Fraction(4), Fraction(2), Fraction(10, 25)),
    )


def test_health_factors_are_preferred_to_debts_and_need_no_price(file: Path) -> None:
    file.write_text("debt,collateral,health_factor\nnone of this,7,1.5\n")
    book = read_ledger(file)

    assert book.tiers(3) == (Tier(Fraction("1.5"), Fraction("1.5"), Fraction(7)),)
    assert book.exposed == Part(1, Fraction(7), None)


def test_the_largest_integer_of_a_contract_is_the_health_of_a_position_without_debt(file: Path) -> None:
    endless = 2**256 - 1
    rows = [("5", str(endless)), ("6", f"{endless // 10**18}.5"), ("7", "1.1"), ("0", "0"), ("0", "3")]
    book = read_ledger(written(file, rows, "health_factor"))

    assert book.without_debt == Part(2, Fraction(11), None)
    assert book.without_collateral.positions == 2
    assert [tier.collateral for tier in book.tiers(3)] == [7]


def test_a_book_in_which_nothing_can_be_sold_has_no_tiers(file: Path) -> None:
    assert ledger(file, [("1", "0"), ("0", "5")]).tiers(3) == ()


WRITE = "write amounts as 1234.5 or 1e5, without thousands separators, and nothing as 0"
COLUMNS = "a book has one of collateral, and one of debt or health_factor, with commas between"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("collateral,debt\n1,2\n3,nan\n", f":3: debt 'nan' is not a decimal; {WRITE}"),
        ("collateral,debt\n1,2\ninf,3\n", f":3: collateral 'inf' is not a decimal; {WRITE}"),
        ("collateral,debt\n1,\n", f":2: debt '' is not a decimal; {WRITE}"),
        ("collateral,debt\n1,-5\n", f":2: debt '-5' is below 0; {WRITE}"),
        ("collateral,debt\n1,ten\n", f":2: debt 'ten' is not a decimal; {WRITE}"),
        ("collateral,debt\n1,.\n", f":2: debt '.' is not a decimal; {WRITE}"),
        ("collateral,debt\n1,1.2.3\n", f":2: debt '1.2.3' is not a decimal; {WRITE}"),
        ("collateral,debt\n1,1_000\n", f":2: debt '1_000' is not a decimal; {WRITE}"),
        ("collateral,debt\n1,1/2\n", f":2: debt '1/2' is not a decimal; {WRITE}"),
        ("collateral,debt\n1,٣\n", f":2: debt '٣' is not a decimal; {WRITE}"),
        ('collateral,debt\n1,"1\n2"\n', f":3: debt '1\n2' is not a decimal; {WRITE}"),
        ('collateral,debt\n"1,000",5\n', f":2: collateral '1,000' is not a decimal; {WRITE}"),
        ("collateral,debt\n1,000,5\n", ":2: the row has 3 cells; write 2 cells (collateral, debt), and no thousands "
         "separators"),
        ("collateral,id,debt\n1,x\n", ":2: the row has 2 cells; write 3 cells (collateral, id, debt), and no thousands "
         "separators"),
        ("collateral,debt\n1,1e999\n", ":2: debt '1e999' is out of range, with more than 100 digits before or after the "
         f"point; {WRITE}"),
        ("collateral,health_factor\n0,0\n1,0.0\n", ":3: health_factor is 0 beside collateral; leave the row out if "
         "nothing is owed"),
        ("collateral,health_factor\n1,∞\n", f":2: health_factor '∞' is not a decimal; {WRITE}"),
        ('note,collateral,debt\n"a\nb",1,2\n\nc,1,x\n', f":5: debt 'x' is not a decimal; {WRITE}"),
        ("collateral,debt\n" + "1,2\n" * 5000 + "1,x\n", f":5002: debt 'x' is not a decimal; {WRITE}"),
        ("id,debt\n1,2\n", f":1: there is no column collateral; {COLUMNS}; found: id, debt"),
        ("id,collateral\n1,2\n", f":1: there is no column debt; {COLUMNS}; found: id, collateral"),
        ("collateral;debt\n1;2\n", f":1: there is no column collateral; {COLUMNS}; found: collateral;debt"),
        ("collateral,debt,debt\n", f":1: there is more than one column debt; {COLUMNS}; found: collateral, debt, debt"),
        ("", f":1: there is no column collateral; {COLUMNS}; found: nothing"),
        ("collateral,debt\n\n", " has no positions: each is a row below the header"),
        ('collateral,debt\n1,"2', ":2: this is not CSV: unexpected end of data"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line_and_its_column(file: Path, text: str, message: str) -> None:
    file.write_text(text, encoding="utf-8")

    with pytest.raises(SpecError) as caught:
        read_ledger(file, threshold=THRESHOLD, price=PRICE)
    assert str(caught.value) == f"{file}{message}"


@pytest.mark.parametrize("given_settings", [{}, {"threshold": THRESHOLD}, {"price": PRICE}])
def test_debts_need_a_threshold_and_a_price(file: Path, given_settings: dict[str, Fraction]) -> None:
    with pytest.raises(SpecError, match="has debts and no health_factor, so health needs --price and --threshold"):
        read_ledger(written(file, [("1", "2")]), **given_settings)


def test_a_price_of_0_is_refused(file: Path) -> None:
    with pytest.raises(SpecError, match="the liquidation threshold and the first price are numbers over 0"):
        read_ledger(written(file, [("1", "2")]), threshold=THRESHOLD, price=Fraction(0))


def test_fewer_tiers_than_a_book_may_need_are_refused(file: Path) -> None:
    with pytest.raises(SpecError, match="a book is grouped into at least 3 tiers, not 2"):
        ledger(file, [("1", "2")]).tiers(2)


@pytest.mark.parametrize("content", [b"collateral,debt\n1,\xff\n", "collateral,debt\n".encode("utf-16")])
def test_a_file_that_is_no_text_is_refused(file: Path, content: bytes) -> None:
    file.write_bytes(content)

    with pytest.raises(SpecError, match=f"^{re.escape(str(file))} cannot be read as text in UTF-8: "):
        read_ledger(file)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="cannot be read as text in UTF-8: .*No such file"):
        read_ledger(tmp_path / "nothing.csv")
