"""A transition system as plain data: what the interpretations, engines and reports read, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from fractions import Fraction
from typing import Literal, cast

import attrs

from verifier.language.errors import Site
from verifier.language.expr import FALSE, TRUE, Bool, Expr, Op, Real, Var, all_of, implies, substitute, variable, walk

Arithmetic = Literal["real", "fixed"]


class Actor(StrEnum):
    """Whose step a rule is."""

    ENVIRONMENT = "environment"
    OWNER = "owner"
    LIQUIDATOR = "liquidator"
    ANYONE = "anyone"


@attrs.frozen(eq=False)
class Assumption:
    """Something that is taken for granted, by name.

    ``on`` is None for a condition on the parameters, "start" for one on the initial states, else the rules it guards.
    """

    name: str
    formula: Bool
    on: tuple[str, ...] | Literal["start"] | None
    doc: str
    site: Site
    owner: str = ""
    """The slot of the piece that makes it; none for the design itself."""


@attrs.frozen(eq=False)
class Rule:
    """A guarded step. What ``updates`` does not name keeps its value."""

    name: str
    actor: Actor
    inputs: tuple[Var, ...]
    guard: Bool
    """Includes the domains of the inputs and that every divisor on the way is not zero."""
    updates: Mapping[Var, Expr]
    doc: str
    site: Site
    owner: str
    """The slot of the piece that the rule belongs to."""
    conditions: tuple[tuple[str, Bool], ...] = ()
    """The guard's own parts by name, in the order in which they are tested."""


@attrs.frozen(eq=False)
class Claim:
    """
    What is to be shown.

    A state claim holds in every reachable state; a claim on rules holds across each of their steps, its formulas
    speaking of the state before, the inputs, and (by substitution) the state after.
    """

    name: str
    formula: Bool
    steps: Mapping[str, Bool]
    doc: str
    site: Site
    exits: tuple[str, ...] = ()
    """The rules of which one must be enabled; a refutation must show that each is disabled for all inputs."""
    stated: Mapping[str, Bool] = {}
    """A claim on rules as it is stated, whatever the rules do: the state after has variables of its own."""

    @property
    def on_steps(self) -> bool:
        return bool(self.steps)

    def terms(self) -> tuple[Bool, ...]:
        return (self.formula, *self.steps.values())


@attrs.frozen(eq=False)
class Lemma:
    """An auxiliary invariant; it is proved before it counts."""

    name: str
    formula: Bool
    site: Site | None = None


@attrs.frozen(eq=False)
class System:
    """Parameters that are left open, state, initial states and rules, with what is assumed and offered about them."""

    name: str
    params: tuple[Var, ...]
    fixed: Mapping[str, Fraction | bool | str]
    state: tuple[Var, ...]
    rigid: Mapping[Var, Expr]
    """Values remembered from the start: no rule writes them."""
    init: tuple[Bool, ...]
    rules: tuple[Rule, ...]
    domain: tuple[Bool, ...]
    """What the pieces require of their parameters."""
    assumptions: tuple[Assumption, ...]
    lemmas: tuple[Lemma, ...]
    owners: Mapping[Var, str]
    """The slot each state variable belongs to."""
    environment: frozenset[str]
    """The slots of oracle, market, shock: what all positions share."""
    tallies: frozenset[Var] = frozenset()
    histories: Mapping[Var, Expr] = {}
    """State that keeps something of the past, with the term it is about; at the start it is that term's value."""
    extremes: tuple[Bool, ...] = ()
    """States that must be reachable for the shock to have its stated strength."""
    columns: tuple[tuple[str, Real], ...] = ()
    """What a run's table shows: heading and term."""
    borrowers: str = "one"
    """For how many borrowers the system speaks: one, a number, or any."""

    def find(self, name: str) -> Rule | None:
        """The rule of this name, if there is one: the parameters may have switched it off."""
        return next((rule for rule in self.rules if rule.name == name), None)

    def rule(self, name: str) -> Rule:
        """The rule of this name, which is there."""
        return next(rule for rule in self.rules if rule.name == name)

    def assumed(self, where: str | None) -> list[Assumption]:
        """The assumptions on the parameters (None), on the start ("start"), or on the named rule."""
        if where is None or where == "start":
            return [item for item in self.assumptions if item.on == where]
        return [item for item in self.assumptions if isinstance(item.on, tuple) and where in item.on]

    def sentences(self) -> dict[str, str]:
        """What is assumed, by name; different sentences under one name follow each other."""
        said: dict[str, dict[str, None]] = {}
        for item in self.assumptions:
            said.setdefault(item.name, {})[item.doc] = None
        return {name: " ".join(docs) for name, docs in said.items()}

    def unsigned_start(self) -> list[Bool]:
        """That no unsigned quantity is negative at the start."""
        return [term >= 0 for term in self.unsigned()]

    def unsigned(self) -> list[Real]:
        """The quantities that are declared never to be negative."""
        kept = (var for var in (*self.state, *self.rigid) if var.sort is Real and not var.signed)
        return [variable(var) for var in kept]


def after(rule: Rule, formula: Bool) -> Bool:
    """The formula about the state after the rule's step, as one about the state before and the inputs."""
    return substitute(formula, rule.updates)


def primed(var: Var) -> Var:
    """The variable after a step, where what the step does is left open."""
    return attrs.evolve(var, name=f"{var.name}'")


def timed(var: Var, step: int) -> Var:
    """The variable at a step of an unrolled run."""
    return attrs.evolve(var, name=f"{var.name}@{step}")


def domain_of(var: Var) -> Bool:
    """What the kind of an input or unsigned quantity says of it."""
    return variable(var) >= 0 if var.sort is Real and not var.signed else TRUE


def defined(root: Expr) -> Bool:
    """That no division on the way to the term's value is by zero.

    Conditions are read from left to right, as in any contract: the right side of an ``&`` counts only where the left
    side holds, a branch of a ``where`` only where it is chosen.
    """
    known: dict[Expr, Bool] = {}
    for node in walk(root):
        parts = [known[child] for child in node.args]
        match node.op:
            case Op.AND | Op.IMPLIES:
                parts[1] = _under(node.args[0], parts[1])
            case Op.OR:
                parts[1] = _under(~cast(Bool, node.args[0]), parts[1])
            case Op.WHERE:
                condition = cast(Bool, node.args[0])
                parts[1:] = _under(condition, parts[1]), _under(~condition, parts[2])
            case Op.DIV if not isinstance(node.args[1].leaf, Fraction):
                parts.append(cast(Real, node.args[1]) != 0)
            case Op.DIV if node.args[1].leaf == 0:  # a variable that was replaced by a number
                parts.append(FALSE)
        known[node] = all_of(*parts)
    return known[root]


def _under(condition: Expr, formula: Bool) -> Bool:
    return formula if formula is TRUE else implies(cast(Bool, condition), formula)
