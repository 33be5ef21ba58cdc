"""The exact table, the fixed-point table, its compiled form and the three encodings for solvers mean the same by every operation."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import product
from math import ceil, floor
from typing import cast

import hypothesis
import pytest
import z3
from hypothesis import given
from hypothesis import strategies as st

from verifier.engines.ask import SLICES
from verifier.engines.worker import answer
from verifier.interpretations import compiled, exact, fixed
from verifier.interpretations.exact import EXACT, UNDEFINED, holds, value
from verifier.interpretations.fixed import FIXED
from verifier.interpretations.smtlib import Encoding, Script, script
from verifier.language import SpecError, amount, base, down, implies, maximum, minimum, nearest, up, where
from verifier.language import floor as whole_part
from verifier.language.expr import FALSE, ROUNDINGS, TRUE, Bool, Expr, Op, Real, Var, number, variable, walk
from verifier.language.system import Arithmetic, defined
from verifier.language.units import RATIO, Unit

GOLD, SILVER = base("agreement gold", decimals=1), base("agreement silver", decimals=0)
SHARE = RATIO.kept_to(2)
UNITS = (GOLD, SILVER, SHARE)
VARS = (
    Var("gold", Real, GOLD),
    Var("gold flow", Real, GOLD, signed=True),
    Var("silver", Real, SILVER),
    Var("silver flow", Real, SILVER, signed=True),
    Var("share", Real, SHARE, signed=True),
    Var("flag", Bool),
    Var("switch", Bool),
)
State = Mapping[Var, Fraction | bool]


def reals(
    unit: Unit, depth: int, *, division: bool = True, decimals: Sequence[int] = (0, 1, 2)
) -> st.SearchStrategy[Real]:
    """Quantities in this unit."""
    own = [variable(var) for var in VARS if var.unit == unit]
    constants = st.sampled_from(["0", "1", "2", "-1", "1/2", "0.3", "-1.5"]).map(lambda size: amount(size, unit))
    leaf: st.SearchStrategy[Real] = st.sampled_from(own) | constants
    if depth == 0:
        return leaf

    def below(other: Unit) -> st.SearchStrategy[Real]:
        return reals(other, depth - 1, division=division, decimals=decimals)

    conditions = bools(depth - 1, division=division, decimals=decimals)
    same, ratio, steps = below(unit), below(SHARE), st.sampled_from(decimals)
    choices = [
        leaf,
        st.builds(lambda a, b: a + b, same, same),
        st.builds(lambda a, b: a - b, same, same),
        st.builds(minimum, same, same),
        st.builds(maximum, same, same),
        st.builds(where, conditions, same, same),
        st.builds(lambda a, b: a * b, same, ratio),
        st.builds(whole_part, same),
        st.builds(down, same, steps),
        st.builds(up, same, steps),
        st.builds(nearest, same, steps),
    ]
    if division:
        not_nothing = ratio.filter(lambda term: term.leaf != 0)
        choices.append(st.builds(lambda a, b: a / b, same, not_nothing))
        choices.append(st.builds(lambda a, b, n: down(a / b, n), same, not_nothing, steps))
        if unit == SHARE:
            silver = below(SILVER)
            choices.append(st.builds(lambda a, b: a / b, silver, silver.filter(lambda term: term.unit is not None)))
    return st.one_of(choices)


def bools(depth: int, *, division: bool = True, decimals: Sequence[int] = (0, 1, 2)) -> st.SearchStrategy[Bool]:
    """Formulas."""
    leaf: st.SearchStrategy[Bool] = st.sampled_from([variable(VARS[-2]), variable(VARS[-1]), TRUE, FALSE])
    if depth == 0:
        return leaf
    inner = bools(depth - 1, division=division, decimals=decimals)
    pairs = st.sampled_from(UNITS).flatmap(
        lambda unit: st.tuples(*[reals(unit, depth - 1, division=division, decimals=decimals)] * 2)
    )
    return st.one_of(
        leaf,
        pairs.map(lambda pair: pair[0] <= pair[1]),
        pairs.map(lambda pair: pair[0] < pair[1]),
        pairs.map(lambda pair: cast(Bool, Bool(Op.EQ, pair))),
        st.builds(lambda a, b: a & b, inner, inner),
        st.builds(lambda a, b: a | b, inner, inner),
        st.builds(lambda a: ~a, inner),
        st.builds(implies, inner, inner),
        st.builds(lambda a, b: cast(Bool, Bool(Op.EQ, (a, b))), inner, inner),
    )


def any_term(depth: int, *, division: bool = True, decimals: Sequence[int] = (0, 1, 2)) -> st.SearchStrategy[Expr]:
    """Quantities of any unit, and formulas."""
    kinds: list[st.SearchStrategy[Expr]] = [reals(u, depth, division=division, decimals=decimals) for u in UNITS]
    return st.one_of(*kinds, bools(depth, division=division, decimals=decimals))


def values_of(var: Var, *, on_grid: bool) -> st.SearchStrategy[Fraction | bool]:
    if var.sort is Bool:
        return st.booleans()
    least = -4 if var.signed else 0
    if on_grid:
        grid = fixed.grid_of(var)
        return st.integers(int(least / grid), int(4 / grid)).map(lambda steps: steps * grid)
    return st.fractions(least, 4, max_denominator=7)


any_state = st.fixed_dictionaries({var: values_of(var, on_grid=False) for var in VARS})
grid_state = st.fixed_dictionaries({var: values_of(var, on_grid=True) for var in VARS})
settings = hypothesis.settings(max_examples=150, suppress_health_check=list(hypothesis.HealthCheck))


def pinned(state: State) -> list[Bool]:
    """That each variable has its value in the state."""
    return [
        variable(var) == (known if isinstance(known, bool) else number(known, var.unit)) for var, known in state.items()
    ]


def is_worth(term: Expr, result: Fraction | bool) -> Bool:
    """That the term has this value."""
    if isinstance(term, Bool):
        return term if result is True else ~term
    return cast(Bool, Bool(Op.EQ, (term, number(cast(Fraction, result), term.unit))))


def decide(question: Script) -> str:
    """What z3 says to the text of a question: sat, or unsat, or unknown."""
    ctx = z3.Context()
    solver = z3.Then("simplify", "solve-eqs", "smt", ctx=ctx).solver()
    solver.set("rlimit", 3_000_000)
    solver.from_string(question.text)
    return str(solver.check())


def requires(facts: Sequence[Bool], wanted: Bool, encoding: Encoding) -> None:
    """The facts can hold together in the encoding, and then the wanted formula holds too."""
    assert decide(script(facts, [wanted], encoding)) == "unsat"
    assert decide(script([*facts, wanted], [], encoding)) == "sat"


@settings
@given(any_term(3), any_state)
def test_the_real_encoding_gives_a_term_its_exact_value(term: Expr, state: State) -> None:
    result = value(term, state)
    if result is UNDEFINED:
        requires(pinned(state), ~defined(term), "real")
    else:
        assert isinstance(result, (Fraction, bool))
        requires([*pinned(state), defined(term)], is_worth(term, result), "real")


@settings
@given(any_term(3), grid_state)
def test_the_integer_encoding_gives_a_term_its_fixed_value(term: Expr, state: State) -> None:
    result = value(term, state, FIXED)
    if result is UNDEFINED:
        requires(pinned(state), ~defined(term), "integer")
    else:
        assert isinstance(result, (Fraction, bool))
        requires([*pinned(state), defined(term)], is_worth(term, result), "integer")


@hypothesis.settings(settings, max_examples=500)
@given(any_term(4), grid_state, st.booleans())
def test_the_compiled_form_gives_a_term_its_fixed_value(term: Expr, state: State, twice: bool) -> None:
    if twice and isinstance(term, Real):
        term = where(term > 0, term - down(term, 1), term + term)
    result = value(term, state, FIXED)
    steps = [n if isinstance(n, bool) else int(n / fixed.grid_of(var)) for var, n in state.items()]
    found = compiled.term(tuple(state), term)(*steps)
    assert found == (compiled.DIVISION if result is UNDEFINED else result)


@settings
@given(any_term(3), grid_state)
def test_the_relaxed_encoding_allows_the_fixed_value(term: Expr, state: State) -> None:
    result = value(term, state, FIXED)
    hypothesis.assume(result is not UNDEFINED)
    assert isinstance(result, (Fraction, bool))
    assert decide(script([*pinned(state), defined(term), is_worth(term, result)], [], "relaxed")) == "sat"


@settings
@given(any_term(3), grid_state)
def test_the_relaxed_encoding_allows_the_fixed_value_of_every_part_at_once(term: Expr, state: State) -> None:
    parts = [part for part in walk(term) if part.op is not None]
    worth = [(part, value(part, state, FIXED)) for part in parts]
    known = [is_worth(part, result) for part, result in worth if isinstance(result, (Fraction, bool))]
    assert decide(script([*pinned(state), *known], [], "relaxed")) == "sat"


@pytest.mark.parametrize("arithmetic", ["real", "fixed"])
@hypothesis.settings(settings, max_examples=60)
@given(term=any_term(2), state=grid_state)
def test_no_slice_of_a_question_contradicts_the_table(arithmetic: Arithmetic, term: Expr, state: State) -> None:
    result = value(term, state, EXACT if arithmetic == "real" else FIXED)
    hypothesis.assume(result is not UNDEFINED)
    assert isinstance(result, (Fraction, bool))
    facts = [*pinned(state), defined(term)]
    for part in SLICES[arithmetic]:
        for known, goals, wrong in (([is_worth(term, result)], [], "unsat"), ([], [is_worth(term, result)], "sat")):
            if wrong == "sat" and part.settles != "both":
                continue
            question = script([*facts, *known], goals, part.encoding)
            reply = answer({
                "smt2": question.text, "tactic": part.tactic, "rlimit": part.rlimit, "timeout": 60_000,
                "names": {}, "goals": list(question.goals),
            })  # fmt: skip
            assert reply["answer"] != wrong


BOX = (Var("whole", Real, SILVER, signed=True), Var("count", Real, SILVER))
BOX_VALUES = [[Fraction(n) for n in range(-2, 3)], [Fraction(n) for n in range(3)]]


def boxed(depth: int) -> st.SearchStrategy[Real]:
    """Terms over two whole numbers, with plenty of divisions."""
    leaf: st.SearchStrategy[Real] = st.sampled_from([*map(variable, BOX), amount(1, SILVER), amount("1/2", SILVER)])
    if depth == 0:
        return leaf
    inner = boxed(depth - 1)
    one = amount(1, SILVER)
    return st.one_of(
        leaf,
        st.builds(lambda a, b: a + b, inner, inner),
        st.builds(lambda a, b: a - b, inner, inner),
        st.builds(lambda a, b: a * (b / one), inner, inner),
        st.builds(lambda a, b: a / (b / one), inner, inner),
        st.builds(lambda a, b: down(a / (b / one), 0), inner, inner),
        st.builds(lambda a, b: up(a / (b / one), 1), inner, inner),
        st.builds(lambda a, b, c: where(a <= b, c, b), inner, inner, inner),
        st.builds(minimum, inner, inner),
    )


@pytest.mark.parametrize("encoding", ["real", "integer"])
@hypothesis.settings(settings, max_examples=60)
@given(one=boxed(2), two=boxed(2))
def test_a_solver_finds_a_point_exactly_where_trying_all_of_them_does(encoding: Encoding, one: Real, two: Real) -> None:
    wanted = [defined(one), defined(two), one < two]
    inside = []
    for var, choices in zip(BOX, BOX_VALUES, strict=True):
        least, most = amount(choices[0], SILVER), amount(choices[-1], SILVER)
        inside += [least <= variable(var), variable(var) <= most]
        if encoding == "real":
            inside.append(whole_part(variable(var)) == variable(var))
    table = EXACT if encoding == "real" else FIXED
    points = [dict(zip(BOX, point, strict=True)) for point in product(*BOX_VALUES)]
    possible = any(all(holds(part, point, table) for part in wanted) for point in points)
    found = decide(script([*inside, *wanted], [], encoding))
    assert found in {"sat" if possible else "unsat", "unknown"}
    plain = [part for part in inside if part.op is not Op.EQ]
    assert encoding == "real" or decide(script([*plain, *wanted], [], "integer")) == found


@settings
@given(any_term(3), grid_state)
def test_the_fixed_table_rounds_each_rounding_and_nothing_else(term: Expr, state: State) -> None:
    memo: dict[Expr, object] = {}
    exact_parts = {op: EXACT.ops[op] for op in set(Op) - ROUNDINGS}
    value(term, state, FIXED, memo)
    for node in walk(term):
        args = [memo[arg] for arg in node.args]
        if node.op in exact_parts:
            assert memo[node] == exact_parts[node.op](*args)
        elif node.op is not None and args[0] is not UNDEFINED:
            before, grid, after = cast(Fraction, args[0]), cast(Fraction, args[1]), cast(Fraction, memo[node])
            assert after % grid == 0
            low, high = {
                Op.DOWN: (before - grid < after, after <= before),
                Op.UP: (before <= after, after < before + grid),
                Op.NEAREST: (before - grid / 2 < after, after <= before + grid / 2),
            }[node.op]
            assert low
            assert high


@settings
@given(any_term(3, division=False, decimals=(12,)), grid_state)
def test_fixed_and_exact_agree_where_every_rounding_is_exact(term: Expr, state: State) -> None:
    assert value(term, state, FIXED) == value(term, state, EXACT)


@settings
@given(any_term(3), any_state)
def test_in_the_exact_table_a_rounding_is_its_argument(term: Expr, state: State) -> None:
    memo: dict[Expr, object] = {}
    value(term, state, EXACT, memo)
    assert all(memo[node] == memo[node.args[0]] for node in walk(term) if node.op in ROUNDINGS)


@given(st.fractions(-100, 100), st.integers(0, 6))
def test_the_roundings_are_those_of_whole_numbers_of_grid_steps(size: Fraction, decimals: int) -> None:
    grid = Fraction(1, 10**decimals)
    assert fixed.round_down(size, grid) == Fraction(floor(size * 10**decimals), 10**decimals)
    assert fixed.round_up(size, grid) == Fraction(ceil(size * 10**decimals), 10**decimals)
    assert fixed.round_nearest(size, grid) == Fraction(floor((2 * size * 10**decimals + 1) / 2), 10**decimals)


@given(any_state, bools(3))
def test_a_formula_holds_only_where_its_value_is_true(state: State, formula: Bool) -> None:
    assert holds(formula, state) is (value(formula, state) is True)
    assert not holds((amount(1, GOLD) / (number(0) + variable(VARS[4]) - variable(VARS[4])) > 0) & formula, state)


@settings
@given(any_state, bools(2))
def test_what_needs_a_division_by_zero_is_undefined(state: State, formula: Bool) -> None:
    zero = variable(VARS[2]) - variable(VARS[2])
    broken = variable(VARS[2]) / zero
    assert value(broken > 0, state) is UNDEFINED
    assert value((broken > 0) & formula, state) is UNDEFINED
    assert value((broken > 0) | formula, state) is UNDEFINED
    before = value(formula, state)
    assert value(formula & (broken > 0), state) is (False if before is False else UNDEFINED)
    assert value(formula | (broken > 0), state) is (True if before is True else UNDEFINED)
    assert value(implies(formula, broken > 0), state) is (True if before is False else UNDEFINED)


def test_a_variable_without_decimals_has_no_grid() -> None:
    with pytest.raises(SpecError, match="no place in the fixed-point reading"):
        fixed.grid_of(Var("bare", Real, base("agreement bare")))
    assert fixed.grid_of(Var("flag", Bool)) == 1
    assert fixed.grid_of(VARS[0]) == Fraction(1, 10)


def test_the_value_of_a_division_by_zero_says_so() -> None:
    assert repr(exact.UNDEFINED) == "undefined"
