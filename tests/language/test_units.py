"""Units form a commutative group, and whatever combines terms minds them."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifier.language import RATIO, SpecError, Unit, amount, base, maximum, minimum, where
from verifier.language.expr import Real, Var, variable

NAMES = ("gold", "silver", "second")


def unit_of(powers: list[int]) -> Unit:
    """The product of the three bases to these powers, multiplied and divided out one by one."""
    made = RATIO
    for name, power in zip(NAMES, powers, strict=True):
        for _ in range(abs(power)):
            made = made * base(name) if power > 0 else made / base(name)
    return made


powers = st.lists(st.integers(-3, 3), min_size=3, max_size=3)
units = powers.map(unit_of)


@given(units, units, units)
def test_multiplication_is_associative_and_commutative(a: Unit, b: Unit, c: Unit) -> None:
    assert (a * b) * c == a * (b * c)
    assert a * b == b * a
    assert hash(a * b) == hash(b * a)
    assert str(a * b) == str(b * a)


@given(units)
def test_the_ratio_is_neutral(a: Unit) -> None:
    assert a * RATIO == RATIO * a == a / RATIO == a


@given(units, units)
def test_division_undoes_multiplication(a: Unit, b: Unit) -> None:
    assert a / a == RATIO
    assert a * b / b == a
    assert RATIO / (RATIO / a) == a
    assert a / b == RATIO / (b / a)


@given(powers, powers)
def test_two_units_are_equal_exactly_when_their_powers_are(a: list[int], b: list[int]) -> None:
    assert (unit_of(a) == unit_of(b)) == (a == b)
    assert (str(unit_of(a)) == str(unit_of(b))) == (a == b)


@given(units, st.integers(0, 30))
def test_decimals_play_no_part_in_comparing(a: Unit, decimals: int) -> None:
    kept = a.kept_to(decimals)
    assert kept.fits(a)
    assert a.fits(kept)
    assert (kept == a) is (a.decimals == decimals)
    assert kept.decimals == decimals


@given(units, st.integers(0, 30), st.integers(0, 30))
def test_a_product_or_a_quotient_forgets_decimals(a: Unit, one: int, two: int) -> None:
    assert (a.kept_to(one) * a.kept_to(two)).decimals is None
    assert (a.kept_to(one) / a.kept_to(two)).decimals is None


@pytest.mark.parametrize(
    ("unit", "text"),
    [
        (RATIO, "ratio"),
        (base("gold"), "gold"),
        (base("gold") / base("silver"), "gold/silver"),
        (RATIO / base("silver"), "1/silver"),
        (base("gold") * base("gold") / base("silver"), "gold^2/silver"),
        (RATIO / base("gold") / base("silver") / base("silver"), "1/gold/silver^2"),
        (base("silver") * base("gold"), "gold·silver"),
        (base("gold") / base("gold"), "ratio"),
    ],
)
def test_a_unit_is_printed_as_people_write_it(unit: Unit, text: str) -> None:
    assert str(unit) == text


def quantity(name: str, unit: Unit) -> Real:
    term = variable(Var(name, Real, unit))
    assert isinstance(term, Real)
    return term


SAME: list[Callable[[Real, Real], object]] = [
    lambda a, b: a + b,
    lambda a, b: a - b,
    lambda a, b: a <= b,
    lambda a, b: a < b,
    lambda a, b: a >= b,
    lambda a, b: a > b,
    lambda a, b: a == b,
    lambda a, b: a != b,
    minimum,
    maximum,
    lambda a, b: where(a <= a, a, b),
]


@pytest.mark.parametrize("combine", SAME)
@given(a=powers, b=powers)
def test_terms_are_added_and_compared_only_in_one_unit(
    combine: Callable[[Real, Real], object], a: list[int], b: list[int]
) -> None:
    left, right = quantity("left", unit_of(a)), quantity("right", unit_of(b))
    if a == b:
        combine(left, right)
    else:
        with pytest.raises(SpecError, match="mixes units"):
            combine(left, right)


@given(a=units, b=units)
def test_products_and_quotients_multiply_and_divide_units(a: Unit, b: Unit) -> None:
    left, right = quantity("left", a), quantity("right", b)
    assert (left * right).unit == a * b
    assert (left / right).unit == a / b
    assert (left**3).unit == a * a * a
    assert (1 / right).unit == RATIO / b
    assert (left + left - left).unit == a


@given(units)
def test_zero_has_every_unit_and_no_other_number_has(a: Unit) -> None:
    term = quantity("term", a)
    assert (term + 0).unit == (0 + term).unit == (-term).unit == a
    assert (term >= 0) is (term >= amount(0, base("gold")))
    assert (term * 0 + quantity("other", base("silver"))).unit == base("silver")
    if a != RATIO:
        with pytest.raises(SpecError, match="Give the number its unit"):
            _ = term + 1
