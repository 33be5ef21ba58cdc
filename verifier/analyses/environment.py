"""What a claim is proved against, told apart from the mechanism: as formulas in which parameters keep their names.

A parameter keeps its name where leaving it open composes the same system, formula by formula; one that Python counts
with stands as a number.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from functools import cached_property, partial
from typing import Any, cast

import attrs

from verifier.analyses.cases import Case
from verifier.evidence.baseline import Environment, Texts
from verifier.evidence.trace import exact
from verifier.interpretations.exact import value
from verifier.interpretations.text import written
from verifier.language.errors import SpecError
from verifier.language.expr import (
    TRUE,
    Bool,
    Expr,
    Op,
    Real,
    Var,
    all_of,
    conjuncts,
    number,
    rebuild,
    substitute,
    truth,
    variable,
    variables,
    walk,
)
from verifier.language.fields import SETTABLE, fields_of
from verifier.language.lower import Problem, compose
from verifier.language.pieces import ANY, Market, Mechanism, Oracle, kind_name
from verifier.language.system import Actor, Rule, System, domain_of, primed

VIEWS = ("price", "quote", "fresh", "impact", "worth")
"""What markets and oracles show, by the names that the library gives it."""
Formulas = dict[str, Bool]
Numbers = Mapping[str, Fraction | bool | str]


@attrs.frozen(eq=False)
class Parts:
    """An environment's formulas, by the names of its parts."""

    domain: tuple[Bool, ...]
    start: tuple[Bool, ...]
    assumptions: Formulas
    views: Formulas
    guards: Formulas
    updates: Formulas
    inputs: Formulas

    def groups(self) -> Iterator[tuple[str, Formulas]]:
        """The groups of formulas by name."""
        for name in ("assumptions", "views", "guards", "updates", "inputs"):
            yield name, getattr(self, name)

    def all(self) -> list[Bool]:
        """All formulas in order."""
        return [*self.domain, *self.start, *(formula for _, group in self.groups() for formula in group.values())]


@attrs.frozen(eq=False)
class Described:
    """A case with its environment and what it claims, both with parameters by name; worked out where it is asked for.

    Each of them raises SpecError.
    """

    case: Case

    @cached_property
    def problem(self) -> Problem:
        """The case as it is."""
        return self.case.problem()

    @cached_property
    def open(self) -> Problem:
        """The same with each parameter left open that may be."""
        names = openable(self.case, self.problem)
        return left_open(self.case, self.problem, names) if names else self.problem

    @cached_property
    def parts(self) -> Parts:
        """The environment's formulas."""
        return parts_of(self.open)

    @cached_property
    def stated(self) -> Formulas:
        """What is claimed."""
        return stated(self.open)

    @cached_property
    def values(self) -> Numbers:
        """The parameters' values."""
        return {**self.problem.system.fixed, **{var.name: "any" for var in self.problem.system.params}}

    @cached_property
    def own(self) -> frozenset[str]:
        """The parameters that the mechanism's own rules act by."""
        return acting(self.open)

    def environment(self) -> Environment:
        """As text."""
        system = self.open.system
        used = [*system.params, *system.state, *(var for rule in system.rules for var in rule.inputs)]
        used += [
            var
            for view in self.parts.views.values()
            for var in variables(view)
            if var.name.partition(" of")[0] in self.parts.views
        ]
        texts = {name: texts_of(group) for name, group in self.parts.groups()}
        return Environment(
            name="", pieces={slot: kind_name(type(piece)) for slot, piece in sorted(self.problem.wired.items())},
            quantities={var.name: sort_of(var) for var in sorted(used, key=lambda var: var.name)},
            domain=[written(fact) for fact in self.parts.domain], start=[written(fact) for fact in self.parts.start],
            rules={rule.name: digest_of(rule) for rule in system.rules}, **texts,
        )  # fmt: skip

    def formulas(self) -> Texts:
        """What is claimed as text; rules of which the same is claimed stand together."""
        rules: dict[str, list[str]] = {}
        for rule, formula in self.stated.items():
            rules.setdefault(written(formula), []).append(rule)
        return {", ".join(names): text for text, names in rules.items()}

    def parameters(self) -> Texts:
        """The values of all parameters as text."""
        return {name: value if isinstance(value, str) else exact(value) for name, value in sorted(self.values.items())}


def sort_of(var: Var) -> str:
    """What kind of quantity it is, with the decimals that it is kept to, if any."""
    kind = "truth" if var.sort is Bool else "number" if var.signed else "amount"
    kept = None if var.unit is None else var.unit.decimals
    return kind if kept is None else f"{kind} to {kept} decimals"


def texts_of(group: Mapping[str, Bool]) -> Texts:
    return {name: written(formula) for name, formula in group.items()}


def digest_of(rule: Rule) -> str:
    """A rule as a few digits."""
    lines = [written(rule.guard), *(f"{var.name}: {written(term)}" for var, term in rule.updates.items())]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]


def left_open(case: Case, problem: Problem, names: Iterable[str]) -> Problem:
    """The case with these parameters left open. Raises SpecError for one that Python counts with."""
    loose = dict.fromkeys(names, ANY)
    kept = {name: given for name, given in case.settings.items() if problem.named.get(name, name) not in loose}
    return compose(case.design, case.prop, {**kept, **loose})


def openable(case: Case, problem: Problem) -> frozenset[str]:
    """The parameters that can be left open without changing the system otherwise."""
    arguments = {name for name, _ in case.prop.arguments}
    names = [n for n, held in problem.system.fixed.items() if n not in arguments and not isinstance(held, str)]
    return frozenset(_grown(case, problem, [], names))


def _grown(case: Case, problem: Problem, found: list[str], names: list[str]) -> list[str]:
    """Those found, and as many of the names as can be left open with them; halved until a culprit is alone."""
    if not names or same_left_open(case, problem, [*found, *names]):
        return [*found, *names]
    if len(names) == 1:
        return found
    half = len(names) // 2
    return _grown(case, problem, _grown(case, problem, found, names[:half]), names[half:])


def same_left_open(case: Case, problem: Problem, names: Iterable[str]) -> bool:
    """Whether the system with these parameters open becomes this one where they get their values again."""
    try:
        loose = left_open(case, problem, names)
    except SpecError:
        return False
    fixed = problem.system.fixed
    values = {var: constant(fixed[var.name], var) for var in loose.system.params if var.name in fixed}
    mine, others = everything(problem), everything(loose)
    return len(mine) == len(others) and all(
        written(folded(one)) == written(folded(substitute(other, values)))
        for one, other in zip(mine, others, strict=True)
    )


def folded(root: Expr) -> Expr:
    """The term without conditions that are true by numbers alone: that a number is not zero needs no saying."""
    made: dict[Expr, Expr] = {}
    plain: dict[Expr, bool] = {}
    for node in walk(root):
        plain[node] = not isinstance(node.leaf, Var) and all(plain[arg] for arg in node.args)
        args = tuple(made[arg] for arg in node.args)
        if node.op is not None and plain[node] and isinstance(node, Bool):
            found = value(node, {})
            made[node] = truth(found) if isinstance(found, bool) else node
        elif node.op is Op.AND and any(arg is TRUE for arg in args):
            made[node] = next((arg for arg in args if arg is not TRUE), TRUE)
        elif node.op is Op.IMPLIES and args[1] is TRUE:
            made[node] = TRUE
        else:
            made[node] = node if node.op is None else rebuild(node.op, node, args)
    return made[root]


def everything(problem: Problem) -> list[Expr]:
    """All that an environment's description is made from, and what is stated."""
    rules = [part for rule in problem.system.rules for part in (rule.guard, *rule.updates.values())]
    own = attrs.evolve(parts_of(problem), domain=())
    return [*own.all(), *stated(problem).values(), *rules]


def constant(value: Any, var: Var) -> Expr:
    """A parameter's value as a term."""
    return truth(value) if isinstance(value, bool) else number(value, var.unit)


def stated(problem: Problem) -> Formulas:
    """What is claimed, always or of each rule's steps, whatever the rules do."""
    claim = problem.claim
    return dict(claim.stated) if claim.on_steps else {"always": claim.formula}


def mechanisms(problem: Problem) -> frozenset[str]:
    """The slots of the mechanism and of its copies."""
    return frozenset(slot for slot, piece in problem.wired.items() if isinstance(piece, Mechanism))


def acting(problem: Problem) -> frozenset[str]:
    """The parameters of a mechanism by which its own rules act; the others are the environment's."""
    slots = mechanisms(problem)
    own = {name for slot in slots for name in names_of(problem, slot)}
    rules = [rule for rule in problem.system.rules if rule.owner in slots and rule.actor is not Actor.ENVIRONMENT]
    seen = variables(*(part for rule in rules for part in (rule.guard, *rule.updates.values())))
    return frozenset(var.name for var in seen if var.name in own and not var.changes)


def names_of(problem: Problem, slot: str) -> list[str]:
    """The names of the parameters of one piece, the one that the slot's own name stands for first."""
    known = {*problem.system.fixed, *(var.name for var in problem.system.params)}
    fields = [part.name for part in fields_of(type(problem.wired[slot]))[0] if isinstance(part.declared, SETTABLE)]
    full = [name if name in known else f"{slot}.{name}" for name in fields]
    return [name for name in full if name in known]


def parts_of(problem: Problem) -> Parts:
    """The environment of a composed system."""
    system, slots = problem.system, mechanisms(problem)
    guards, updates, inputs = Formulas(), Formulas(), Formulas()
    for rule in system.rules:
        if rule.owner not in slots or rule.actor is Actor.ENVIRONMENT:
            guards[rule.name] = rule.guard
            moved = {var: term for var, term in rule.updates.items() if system.owners[var] not in slots}
            updates |= {f"{rule.name}: {var.name}": equation(primed(var), term) for var, term in moved.items()}
        else:
            inputs[rule.name] = all_of(*demands(rule))
    return Parts(
        domain=system.domain, start=tuple(starts(system)), assumptions=assumed(system), views=views(problem),
        guards=guards, updates=updates, inputs=inputs,
    )  # fmt: skip


def equation(var: Var, term: Expr) -> Bool:
    return cast(Bool, variable(var) == term)


def demands(rule: Rule) -> Iterator[Bool]:
    """The conditions of a rule that speak of its inputs and of parameters alone."""
    for part in conjuncts(rule.guard):
        seen = variables(part)
        if any(var in rule.inputs for var in seen) and not any(var.changes for var in seen):
            yield part


def starts(system: System) -> Iterator[Bool]:
    """The conditions on the initial states; what is only remembered from there is none."""
    for fact in system.init:
        if not (fact.op is Op.EQ and fact.args[0].leaf in system.rigid):
            yield from conjuncts(fact)


def assumed(system: System) -> Formulas:
    """The assumptions by name and place; two of one name at one place count together."""
    made: dict[str, list[Bool]] = {}
    for item in system.assumptions:
        places = [None] if item.on is None or item.on == "start" else list(item.on)
        for place in places:
            where = "" if item.on is None else " at the start" if place is None else f" on {place}"
            made.setdefault(f"{item.name}{where}", []).append(item.formula)
    return {name: all_of(*formulas) for name, formulas in made.items()}


def views(problem: Problem) -> Formulas:
    """What markets and oracles show, each as an equation for a name."""
    made: Formulas = {}
    for slot, piece in problem.pieces.items():
        for name in VIEWS if isinstance(piece, Market | Oracle) else ():
            method = getattr(type(piece), name, None)
            if not callable(method):
                continue
            takes = len(inspect.signature(method).parameters) - 1
            argument = variable(Var(f"{slot}.{name} of", Real))
            term = shown_by(partial(method, piece, *[argument] * takes))
            if term is not None:
                made[f"{slot}.{name}"] = equation(Var(f"{slot}.{name}", type(term), term.unit, signed=True), term)
    return made


def shown_by(ask: Callable[[], Any]) -> Expr | None:
    """The term that a method returns, if it returns one."""
    try:
        found = ask()
    except (SpecError, TypeError, NotImplementedError):
        return None
    return found if isinstance(found, Real | Bool) else None


def signs(used: Iterable[Var]) -> list[Bool]:
    """That amounts are not negative."""
    return [domain_of(var) for var in used if var.sort is Real and not var.signed]
