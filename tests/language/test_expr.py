"""Terms are interned, printed, substituted and judged exactly as they were written."""

import pickle
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifier.interpretations.exact import UNDEFINED, Value, holds, value
from verifier.language import SpecError, all_of, any_of, down, floor, implies, maximum, minimum, nearest, up, where
from verifier.language.expr import (
    FALSE,
    TRUE,
    Bool,
    Expr,
    Interpretation,
    Op,
    Real,
    Var,
    conjuncts,
    decimal_text,
    number,
    show,
    shown,
    substitute,
    truth,
    variable,
    variables,
    walk,
)
from verifier.language.system import defined
from verifier.language.units import RATIO

VARS = {name: Var(name, Real, RATIO, signed=True) for name in "xyz"} | {name: Var(name, Bool) for name in "pq"}
x, y, z, p, q = (variable(VARS[name]) for name in "xyzpq")

numbers = st.fractions(-4, 4, max_denominator=6)


def reals(depth: int) -> st.SearchStrategy[Real]:
    """Real terms of at most this depth."""
    leaf: st.SearchStrategy[Real] = st.sampled_from([x, y, z]) | numbers.map(number)
    if depth == 0:
        return leaf
    inner = reals(depth - 1)
    return st.one_of(
        leaf,
        st.builds(lambda a, b: a + b, inner, inner),
        st.builds(lambda a, b: a - b, inner, inner),
        st.builds(lambda a, b: a * b, inner, inner),
        st.builds(lambda a, b: a / (b if b.leaf != 0 else number(1)), inner, inner),
        st.builds(minimum, inner, inner),
        st.builds(maximum, inner, inner),
        st.builds(where, bools(depth - 1), inner, inner),
        st.builds(floor, inner),
        st.builds(lambda a: down(a, 1), inner),
    )


def bools(depth: int) -> st.SearchStrategy[Bool]:
    """Formulas of at most this depth."""
    leaf: st.SearchStrategy[Bool] = st.sampled_from([p, q, TRUE, FALSE])
    if depth == 0:
        return leaf
    inner, terms = bools(depth - 1), reals(depth - 1)
    return st.one_of(
        leaf,
        st.builds(lambda a, b: a <= b, terms, terms),
        st.builds(lambda a, b: a < b, terms, terms),
        st.builds(lambda a, b: Bool(Op.EQ, (a, b)), terms, terms),
        st.builds(lambda a, b: a & b, inner, inner),
        st.builds(lambda a, b: a | b, inner, inner),
        st.builds(lambda a: ~a, inner),
        st.builds(implies, inner, inner),
    )


terms = reals(3) | bools(3)
states = st.fixed_dictionaries({VARS[name]: numbers for name in "xyz"} | {VARS[name]: st.booleans() for name in "pq"})
State = Mapping[Var, Fraction | bool]

REBUILT: Interpretation[Expr] = Interpretation(
    const=lambda leaf: truth(leaf) if isinstance(leaf, bool) else number(leaf),
    ops={
        Op.ADD: lambda a, b: a + b,
        Op.SUB: lambda a, b: a - b,
        Op.MUL: lambda a, b: a * b,
        Op.DIV: lambda a, b: a / b,
        Op.MIN: minimum,
        Op.MAX: maximum,
        Op.DOWN: lambda a, _: down(a, 1),
        Op.UP: lambda a, _: up(a, 1),
        Op.NEAREST: lambda a, _: nearest(a, 1),
        Op.FLOOR: floor,
        Op.WHERE: where,
        Op.LE: lambda a, b: a <= b,
        Op.LT: lambda a, b: a < b,
        Op.EQ: lambda a, b: a == b,
        Op.NOT: lambda a: ~a,
        Op.AND: lambda a, b: a & b,
        Op.OR: lambda a, b: a | b,
        Op.IMPLIES: implies,
    },
)


# Interning.


@given(terms)
def test_a_term_that_is_written_again_is_the_same_object(term: Expr) -> None:
    from verifier.language.expr import interpret

    assert interpret(term, REBUILT, variable) is term


@given(terms, terms)
def test_two_terms_that_differ_print_differently_or_differ_in_grouping_alone(one: Expr, two: Expr) -> None:
    if one is two:
        assert show(one) == show(two)
    elif show(one) == show(two):
        state = dict.fromkeys(VARS.values(), Fraction(1, 3)) | {VARS["p"]: True, VARS["q"]: False}
        assert value(one, state) == value(two, state)


def test_equality_of_terms_is_a_formula_and_identity_is_structure() -> None:
    assert (x + y) is (x + y)
    assert (x + y) is not (y + x)
    assert ((x == y).op, (x != y).op) == (Op.EQ, Op.NOT)
    assert len({x + y, x + y, y + x}) == 2


def test_numbers_that_are_equal_are_one_term_however_they_are_written() -> None:
    assert len({id(number(one)) for one in (0.5, "1/2", "0.50", Decimal("0.5"), Fraction(2, 4))}) == 1


def test_one_and_true_are_different_terms() -> None:
    assert len({id(number(1)), id(truth(True))}) == 2
    assert (number(1).leaf, truth(True).leaf) == (Fraction(1), True)


def test_a_term_has_no_truth_value_and_is_not_pickled() -> None:
    with pytest.raises(SpecError, match="has no truth value"):
        bool(x <= y)
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(x + y)


def test_a_table_must_name_every_operation() -> None:
    with pytest.raises(TypeError, match="an interpretation without"):
        Interpretation(const=lambda leaf: leaf, ops={op: max for op in Op if op is not Op.FLOOR})


# Text.


@pytest.mark.parametrize(
    ("term", "text"),
    [
        (x + y * z, "x + y·z"),
        ((x + y) * z, "(x + y)·z"),
        (x - (y - z), "x - (y - z)"),
        (x - y - z, "x - y - z"),
        (x / (y * z), "x/(y·z)"),
        (x / y * z, "x/y·z"),
        (-x, "0 - x"),
        (x**2, "x²"),
        ((x + y) ** 2 * z, "(x + y)²·z"),
        (x**3, "x³"),
        (x % 2, "x - 2·floor(x/2)"),
        (0.05 * x, "0.05·x"),
        (x / 3 + "1/3", "x/3 + 1/3"),
        (minimum(x, y, 2), "min(min(x, y), 2)"),
        (maximum(0, x - y), "max(0, x - y)"),
        (where(p, x, 0), "where(p, x, 0)"),
        (down(x / y, 18), "down(x/y)"),
        (x >= y, "y ≤ x"),
        (x > y, "y < x"),
        (x != y, "¬(x = y)"),
        (~p, "¬p"),
        (p & q | ~q, "p ∧ q ∨ ¬q"),
        (p & (q | p), "p ∧ (q ∨ p)"),
        (implies(p, implies(q, x <= 1)), "p ⇒ (q ⇒ x ≤ 1)"),
        (implies(implies(p, q), q), "(p ⇒ q) ⇒ q"),
        ((p == q) == p, "(p = q) = p"),
        (p == (x <= y), "p = (x ≤ y)"),
    ],
)
def test_a_term_is_printed_with_the_brackets_it_needs(term: Expr, text: str) -> None:
    assert show(term) == repr(term) == text


@given(reals(4), st.integers(10, 80))
def test_a_term_in_a_message_is_cut_at_its_width(term: Real, width: int) -> None:
    text = shown(term, width)
    assert len(text) <= width
    assert text == show(term) or (text.endswith("…") and show(term).startswith(text[:-1]))


@given(st.integers(), st.integers(0, 40))
def test_a_finite_decimal_is_printed_in_full_and_without_trailing_zeros(digits: int, places: int) -> None:
    exact = Fraction(digits, 10**places)
    text = decimal_text(exact)
    assert Fraction(text) == Fraction(Decimal(text)) == exact
    assert "/" not in text
    assert not ("." in text and text.endswith("0"))
    assert "E" not in text.upper()


@given(st.fractions())
def test_any_rational_is_printed_so_that_it_can_be_read_back(exact: Fraction) -> None:
    assert Fraction(decimal_text(exact)) == exact


# Choice, conjunction, order.


@given(numbers, numbers, st.booleans())
def test_where_minimum_and_maximum_choose(a: Fraction, b: Fraction, chosen: bool) -> None:
    state: State = {VARS["x"]: a, VARS["y"]: b, VARS["p"]: chosen}
    assert value(where(p, x, y), state) == (a if chosen else b)
    assert value(minimum(x, y, 0), state) == min(a, b, 0)
    assert value(maximum(x, y, 0), state) == max(a, b, 0)


@given(numbers, numbers)
def test_the_remainder_has_the_divisors_sign(a: Fraction, b: Fraction) -> None:
    expected: Value = a % b if b else UNDEFINED
    assert value(x % y, {VARS["x"]: a, VARS["y"]: b}) == expected


def test_all_of_and_any_of_leave_out_what_is_literally_neutral() -> None:
    assert all_of() is TRUE
    assert any_of() is FALSE
    assert all_of(True, p, TRUE) is p
    assert any_of(False, p, FALSE) is p
    assert all_of(p, q) is (p & q)
    assert any_of(p, q) is (p | q)
    assert all_of(p, False) is not FALSE


@given(st.lists(bools(2), max_size=5))
def test_conjuncts_undo_all_of(formulas: list[Bool]) -> None:
    flat = [part for formula in formulas if formula is not TRUE for part in conjuncts(formula)]
    assert conjuncts(all_of(*formulas)) == flat or not flat
    assert not flat or all(one is two for one, two in zip(conjuncts(all_of(*formulas)), flat, strict=True))


@given(terms)
def test_a_walk_visits_each_node_once_and_children_first(term: Expr) -> None:
    order = walk(term)
    assert order[-1] is term
    assert len(order) == len(set(order))
    position = {node: number for number, node in enumerate(order)}
    assert all(position[child] < position[node] for node in order for child in node.args)


# Where a term is defined.


@pytest.mark.parametrize(
    ("term", "where_defined"),
    [
        (x + 1, TRUE),
        (x / 2, TRUE),
        (x / y, y != 0),
        ((y != 0) & (x / y <= 1), implies(y != 0, y != 0)),
        ((x / y <= 1) & (y != 0), y != 0),
        ((y == 0) | (x / y <= 1), implies(~(y == 0), y != 0)),
        (implies(y > 0, x / y <= 1), implies(y > 0, y != 0)),
        (where(y > 0, x / y, x), implies(y > 0, y != 0)),
        (where(y > 0, x, x / y), implies(~(y > 0), y != 0)),
        (where(x / y > 0, x, z), y != 0),
    ],
)
def test_conditions_guard_what_stands_to_their_right(term: Expr, where_defined: Bool) -> None:
    assert defined(term) is where_defined


@given(terms, states)
def test_a_term_is_defined_exactly_where_the_interpreter_finds_a_value(term: Expr, state: State) -> None:
    assert holds(defined(term), state) == (value(term, state) is not UNDEFINED)


@given(terms, states)
def test_whether_a_term_is_defined_is_itself_always_defined(term: Expr, state: State) -> None:
    assert value(defined(term), state) is not UNDEFINED


# Substitution.


@given(terms)
def test_substituting_nothing_or_a_variable_for_itself_gives_the_same_object(term: Expr) -> None:
    assert substitute(term, {}) is term
    assert substitute(term, {var: variable(var) for var in VARS.values()}) is term


@given(terms, reals(1), reals(1), bools(1), states)
def test_a_substituted_term_has_the_value_in_the_substituted_state(
    term: Expr, for_x: Real, for_y: Real, for_p: Bool, state: State
) -> None:
    changes: dict[Var, Expr] = {VARS["x"]: for_x, VARS["y"]: for_y, VARS["p"]: for_p}
    values = {var: value(other, state) for var, other in changes.items()}
    if UNDEFINED not in values.values():
        there: dict[Var, Fraction | bool] = {**state}
        there.update({var: found for var, found in values.items() if isinstance(found, (Fraction, bool))})
        assert value(substitute(term, changes), state) == value(term, there)


@given(reals(3))
def test_substitution_is_simultaneous(term: Real) -> None:
    swap: dict[Var, Expr] = {VARS["x"]: y, VARS["y"]: x}
    assert substitute(substitute(term, swap), swap) is term


@given(terms)
def test_only_the_variables_of_a_term_matter_to_it(term: Expr) -> None:
    absent = set(VARS.values()) - set(variables(term))
    assert substitute(term, {var: number(1) if var.sort is Real else TRUE for var in absent}) is term
