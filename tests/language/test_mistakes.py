"""Every mistake that an author can make is refused at its own line, in words that say how to mend it."""

import re
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifier.analyses.cases import cases
from verifier.analyses.prove import Prover
from verifier.language import Q, SpecError, amount, base
from verifier.language.expr import Number, decimal_text
from verifier.language.load import from_file

FOLDER = Path(__file__).resolve().parent / "mistakes"
FILES = sorted(FOLDER.glob("*.py"))
EXPECTED = re.compile(r"# error (\d+|-): (.*)")


def settle(path: Path) -> None:
    """Everything that ``verifier prove FILE`` does with a spec until it has a verdict."""
    found = cases(from_file(path).values())
    for case in found:
        case.problem()
    with Prover(jobs=1) as prover:
        for case in found:
            prover.finding(case)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_mistake_is_refused_at_its_line_with_its_whole_message(path: Path) -> None:
    expected = EXPECTED.fullmatch(path.read_text(encoding="utf-8").splitlines()[0])
    assert expected is not None, f"{path.name} does not say which error it expects"
    with pytest.raises(SpecError) as caught:
        settle(path)
    line, message = expected.groups()
    assert caught.value.message.replace(str(path), "FILE") == message
    site = caught.value.site
    assert (site is None) == (line == "-")
    assert site is None or (site.file, str(site.line)) == (str(path), line)


def test_there_is_a_spec_for_every_kind_of_mistake() -> None:
    assert len(FILES) >= 35


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(SpecError, match=r"there is no file .*nowhere\.py"):
        from_file(FOLDER / "nowhere.py")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (0.95, Fraction(19, 20)),
        (0.1, Fraction(1, 10)),
        (1e-18, Fraction(1, 10**18)),
        (-2.5, Fraction(-5, 2)),
        (1e22, Fraction(10**22)),
        (7, Fraction(7)),
        ("0.95", Fraction(19, 20)),
        ("1/3", Fraction(1, 3)),
        ("1e-27", Fraction(1, 10**27)),
        (Decimal("0.123456789012345678"), Fraction(123456789012345678, 10**18)),
        (Fraction(22, 7), Fraction(22, 7)),
    ],
)
def test_a_number_means_exactly_what_is_written(written: Number, meant: Fraction) -> None:
    assert Q(written) == meant
    assert amount(written, base("gold")).leaf == meant


@pytest.mark.parametrize("spoilt", [0.1 + 0.2, 1.1 * 1.1, 1 / 3, 2**0.5])
def test_a_result_of_float_arithmetic_is_refused(spoilt: float) -> None:
    with pytest.raises(SpecError, match="looks like the result of float arithmetic"):
        Q(spoilt)


@pytest.mark.parametrize("wrong", [float("inf"), float("nan"), "half", "1/0", "", Decimal("NaN"), Decimal("Infinity")])
def test_what_is_no_number_is_refused(wrong: Number) -> None:
    with pytest.raises(SpecError, match="is not a (finite )?number"):
        Q(wrong)


@given(st.integers(-(10**14) + 1, 10**14 - 1), st.integers(0, 15))
def test_a_float_literal_of_up_to_fourteen_digits_means_its_decimal_text(digits: int, places: int) -> None:
    text = str(Decimal(digits).scaleb(-places))
    assert Q(float(text)) == Fraction(text)


@given(st.fractions())
def test_every_exact_number_is_taken_and_printed_exactly(value: Fraction) -> None:
    assert Q(value) == Q(str(value)) == Q(decimal_text(value)) == value
