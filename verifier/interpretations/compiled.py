"""Rules of the fixed-point reading as Python functions over whole numbers of grid steps: compiled once, run often.

A term becomes a numerator over a positive denominator, the denominator a number wherever the units decide it. Branches
are evaluated as in any contract: only the one that is chosen, and a division by zero ends the action.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import partial
from math import lcm
from typing import Any, cast

import attrs

from verifier.interpretations.fixed import decimals_of
from verifier.language.expr import Bool, Expr, Op, Var
from verifier.language.system import Rule, System

DIVISION = "division by zero"
"""The name of the guard that no rule writes."""

Steps = int | bool
"""A quantity as its number of grid steps, or a truth value."""


class OffGrid(ArithmeticError):  # noqa: N818 (it says where the value lies)
    """A rule writes a value between two grid points: a rounding is missing in the spec."""


@attrs.frozen(eq=False)
class Action:
    """A rule that is ready to run."""

    rule: str
    takes: tuple[Var, ...]
    writes: tuple[Var, ...]
    run: Callable[..., tuple[Steps, ...] | str]
    """The new values of what the rule writes, or the name of the first condition that does not hold."""
    source: str

    def step(self, values: Mapping[Var, Steps]) -> dict[Var, Steps] | str:
        """The values after the rule's step, or the name of the first condition that does not hold."""
        found = self.run(*[values[var] for var in self.takes])
        return found if isinstance(found, str) else {**values, **dict(zip(self.writes, found, strict=True))}


def action(system: System, rule: Rule, path: list[bool] | None = None) -> Action:
    """The rule as a function; with ``path`` each run notes there which way it went at every branch."""
    takes = (*system.params, *system.state, *rule.inputs)
    writes = tuple(rule.updates)
    writer = _Writer({var: f"v{number}" for number, var in enumerate(takes)}, traced=path is not None)
    for name, condition in rule.conditions:
        writer.line(f"if not {writer.truth(condition)}: return {name!r}")
    made = [writer.steps(rule.updates[var], var) for var in writes]
    writer.line(f"return ({''.join(f'{text}, ' for text in made)})")
    return _built(writer, rule.name, takes, writes, path)


def test(variables: tuple[Var, ...], conditions: Mapping[str, Bool]) -> Action:
    """Conditions on the values of variables as a function: the name of the first that does not hold, or nothing."""
    writer = _Writer({var: f"v{number}" for number, var in enumerate(variables)})
    for name, condition in conditions.items():
        writer.line(f"if not {writer.truth(condition)}: return {name!r}")
    writer.line("return ()")
    return _built(writer, "test", variables, (), None)


def term(variables: tuple[Var, ...], root: Expr) -> Callable[..., Any]:
    """A quantity or a formula as a function of the variables' grid steps; DIVISION where it is not defined."""
    writer = _Writer({var: f"v{number}" for number, var in enumerate(variables)})
    if isinstance(root, Bool):
        writer.line(f"return {writer.truth(root)}")
    else:
        value = writer.value(root)
        writer.line(f"return Fraction({value.over}, {value.under})")
    return _built(writer, "term", variables, (), None).run


def _built(
    writer: _Writer, name: str, takes: tuple[Var, ...], writes: tuple[Var, ...], path: list[bool] | None
) -> Action:
    source = f"def run({', '.join(writer.names[var] for var in takes)}):\n" + "\n".join(
        [
            "    try:",
            *(f"        {line}" for line in writer.lines),
            f"    except ZeroDivisionError: return {DIVISION!r}",
        ]
    )
    space: dict[str, Any] = {"OffGrid": OffGrid, "Fraction": Fraction}
    if path is not None:
        space |= {"went": path.append}
    exec(compile(source, f"<{name}>", "exec"), space)  # noqa: S102 (the text is made here, of numbers and own names)
    return Action(name, takes, writes, space["run"], source)


@attrs.frozen
class _Value:
    """A numerator over a positive denominator, as texts; ``sign`` tells whether it is known not to be negative."""

    over: str
    under: int | str
    sign: bool

    def times(self, factor: int | str) -> str:
        """The numerator times a factor."""
        return self.over if factor == 1 else f"{self.over} * {factor}"


@attrs.define
class _Writer:
    """The body of one function, line by line; a value made in a branch is forgotten after it."""

    names: Mapping[Var, str]
    traced: bool = False
    lines: list[str] = attrs.Factory(list)
    known: list[dict[Expr, Any]] = attrs.Factory(lambda: [{}])
    count: int = 0

    def line(self, text: str) -> None:
        self.lines.append(text)

    def fresh(self, text: str) -> str:
        """The text's value under a name of its own."""
        if text.lstrip("-").isalnum():
            return text
        self.count += 1
        self.line(f"t{self.count} = {text}")
        return f"t{self.count}"

    def branch(self, write: Callable[[], Any]) -> tuple[Any, list[str]]:
        """What is written in a branch, aside from the rest."""
        kept, self.lines = self.lines, []
        self.known.append({})
        try:
            return write(), self.lines
        finally:
            self.known.pop()
            self.lines = kept

    def nested(self, head: str, lines: list[str]) -> None:
        self.line(head)
        self.lines += [f"    {line}" for line in lines]

    def once(self, node: Expr, make: Callable[[Any], Any]) -> Any:
        """What the node became where this line can see it, or what it becomes now."""
        for scope in reversed(self.known):
            if node in scope:
                return scope[node]
        self.known[-1][node] = made = make(node)
        return made

    # Formulas.

    def truth(self, node: Expr) -> str:
        return self.once(node, self._truth)  # type: ignore[no-any-return]

    def _truth(self, node: Expr) -> str:
        if node.op is None:
            return self.names[node.leaf] if isinstance(node.leaf, Var) else str(bool(node.leaf))
        match node.op:
            case Op.AND:
                return self._lazy("{}", node)
            case Op.OR:
                return self._lazy("not {}", node)
            case Op.IMPLIES:
                name = self.fresh(f"(not {self.truth(node.args[0])})")
                return self._unless(name, node.args[1])
            case Op.NOT:
                return self.fresh(f"(not {self.truth(node.args[0])})")
        left, right = node.args
        if isinstance(left, Bool):
            return self.fresh(f"({self.truth(left)} == {self.truth(right)})")
        sign = {Op.LE: "<=", Op.LT: "<", Op.EQ: "=="}[cast(Op, node.op)]
        a, b, _ = self.alike(self.value(left), self.value(right))
        return self.fresh(f"({a} {sign} {b})")

    def _lazy(self, when: str, node: Expr) -> str:
        name = self.own(self.truth(node.args[0]))
        result, lines = self.branch(lambda: self.truth(node.args[1]))
        self.nested(f"if {when.format(name)}:", [*lines, f"{name} = {result}"])
        return name

    def _unless(self, name: str, node: Expr) -> str:
        name = self.own(name)
        result, lines = self.branch(lambda: self.truth(node))
        self.nested(f"if not {name}:", [*lines, f"{name} = {result}"])
        return name

    def own(self, text: str) -> str:
        """A name that may be written again."""
        self.count += 1
        self.line(f"t{self.count} = {text}")
        return f"t{self.count}"

    # Quantities.

    def value(self, node: Expr) -> _Value:
        return self.once(node, self._value)  # type: ignore[no-any-return]

    def _value(self, node: Expr) -> _Value:
        if node.op is None:
            if isinstance(node.leaf, Var):
                return _Value(self.names[node.leaf], 10 ** decimals_of(node.leaf), not node.leaf.signed)
            number = Fraction(cast(Fraction, node.leaf))
            return _Value(f"({number.numerator})" if number < 0 else str(number.numerator), number.denominator,
                          number >= 0)  # fmt: skip
        if node.op is Op.WHERE:
            return self._where(node)
        values = [self.value(arg) for arg in node.args[:1]] if node.op in _ROUND else list(map(self.value, node.args))
        match node.op:
            case Op.ADD | Op.SUB:
                a, b, under = self.alike(*values)
                sign = node.op is Op.ADD and values[0].sign and values[1].sign
                return _Value(self.fresh(f"{a} {'+' if node.op is Op.ADD else '-'} {b}"), under, sign)
            case Op.MUL:
                return self._product(values[0], values[1])
            case Op.DIV:
                return self._product(values[0], self._inverse(values[1]))
            case Op.MIN | Op.MAX:
                return self._choice("<=" if node.op is Op.MIN else ">=", *values)
            case Op.FLOOR:
                return _Value(self._rounded(Op.DOWN, values[0], Fraction(1)), 1, values[0].sign)
        grid = cast(Fraction, node.args[1].leaf)
        steps = self._rounded(cast(Op, node.op), values[0], grid)
        return _Value(self.fresh(f"{steps} * {grid.numerator}") if grid.numerator != 1 else steps, grid.denominator,
                      values[0].sign)  # fmt: skip

    def alike(self, left: _Value, right: _Value) -> tuple[str, str, int | str]:
        """Both numerators over one denominator."""
        if left.under == right.under:
            return left.over, right.over, left.under
        if isinstance(left.under, int) and isinstance(right.under, int):
            under = lcm(left.under, right.under)
            return left.times(under // left.under), right.times(under // right.under), under
        return left.times(right.under), right.times(left.under), self.under(left, right)

    def under(self, left: _Value, right: _Value) -> int | str:
        """The product of the denominators."""
        made = _multiplied(left.under, right.under)
        return made if isinstance(made, int) else self.fresh(made)

    def _product(self, left: _Value, right: _Value) -> _Value:
        over = right.over if left.over == "1" else left.times(right.over if right.over != "1" else 1)
        return _Value(self.fresh(over), self.under(left, right), left.sign and right.sign)

    def _inverse(self, value: _Value) -> _Value:
        if value.over.strip("()-").isdigit() and isinstance(value.under, int):
            number = Fraction(int(value.over.strip("()")), value.under)
            if number == 0:
                self.line("raise ZeroDivisionError")
                return value
            inverse = 1 / number
            return _Value(f"({inverse.numerator})", inverse.denominator, number > 0)
        self.line(f"if {value.over} == 0: raise ZeroDivisionError")
        if value.sign:
            return _Value(str(value.under), value.over, sign=True)
        over, under = self.own(str(value.under)), self.own(value.over)
        self.line(f"if {under} < 0: {over}, {under} = -{over}, -{under}")
        return _Value(over, under, sign=False)

    def _rounded(self, op: Op, value: _Value, grid: Fraction) -> str:
        """The whole number of grid steps."""
        over, under = value.times(grid.denominator), _multiplied(value.under, grid.numerator)
        if isinstance(under, int) and grid.denominator % under == 0:
            return self.fresh(value.times(grid.denominator // under))
        match op:
            case Op.DOWN:
                return self.fresh(f"{over} // ({under})")
            case Op.UP:
                return self.fresh(f"-(-{over} // ({under}))")
            case _:
                return self.fresh(f"(2 * {over} + {under}) // (2 * {under})")

    def _choice(self, sign: str, left: _Value, right: _Value) -> _Value:
        a, b, under = self.alike(left, right)
        known = (left.sign and right.sign) or (sign == ">=" and (left.sign or right.sign))
        first = self.fresh(f"({a} {sign} {b})")
        if self.traced:
            self.line(f"went({first})")
        return _Value(self.fresh(f"{a} if {first} else {b}"), under, known)

    def _where(self, node: Expr) -> _Value:
        condition = self.truth(node.args[0])
        if self.traced:
            self.line(f"went({condition})")
        (yes, yes_lines), (no, no_lines) = (self.branch(partial(self.value, arg)) for arg in node.args[1:])
        self.count += 1
        over, under = f"t{self.count}", cast("int | str", f"d{self.count}")
        if isinstance(yes.under, int) and isinstance(no.under, int):
            under = common = lcm(yes.under, no.under)
            texts = [f"{over} = {yes.times(common // yes.under)}", f"{over} = {no.times(common // no.under)}"]
        else:
            texts = [f"{over}, {under} = {value.over}, {value.under}" for value in (yes, no)]
        self.nested(f"if {condition}:", [*yes_lines, texts[0]])
        self.nested("else:", [*no_lines, texts[1]])
        return _Value(over, under, yes.sign and no.sign)

    def steps(self, node: Expr, var: Var) -> str:
        """What is written into the variable, in its grid steps."""
        if isinstance(node, Bool):
            return self.truth(node)
        value, grid = self.value(node), 10 ** decimals_of(var)
        if isinstance(value.under, int) and grid % value.under == 0:
            return self.fresh(value.times(grid // value.under))
        over = self.fresh(value.times(grid))
        self.line(f"if {over} % ({value.under}): raise OffGrid({var.name!r})")
        return self.fresh(f"{over} // ({value.under})")


_ROUND = frozenset({Op.DOWN, Op.UP, Op.NEAREST})


def _multiplied(left: int | str, right: int | str) -> int | str:
    if isinstance(left, int) and isinstance(right, int):
        return left * right
    return left if right == 1 else right if left == 1 else f"{left} * {right}"
