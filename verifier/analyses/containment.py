"""Whether every environment that a claim was proved against is still one that it is proved against.

Part by part, each an implication put to the solver over the quantities of equal names. A parameter by which the
mechanism's own rules act has its present value on both sides, since "healthy at the start" means what the mechanism
calls healthy; every other parameter has on each side the value it has there. What has no counterpart is not contained.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from typing import cast

import attrs

from verifier.analyses.environment import Described, Formulas, Parts, constant, equation, signs
from verifier.engines.ask import GaveUp, Model
from verifier.evidence.baseline import Entry, Environment, Texts
from verifier.evidence.record import quantity
from verifier.interpretations.exact import UNDEFINED, value
from verifier.interpretations.text import Unreadable, read
from verifier.language.errors import SpecError
from verifier.language.expr import TRUE, Bool, Expr, Op, Real, Var, all_of, conjuncts, shown, substitute, variables
from verifier.language.system import defined, primed

Ask = Callable[[list[Bool], list[Bool]], Model | None]
WIDTH = 160
SORTS = {"amount": (Real, False), "number": (Real, True), "truth": (Bool, True)}
KIND = re.compile(r"(amount|number|truth)(?: to ([0-9]{1,3}) decimals)?")


@attrs.frozen
class Gap:
    """A part of the old environment that is not shown to be one of the new."""

    part: str
    """Which part: "the start", "rule tick"."""
    why: str
    state: Mapping[str, str] = attrs.field(factory=dict)
    """Where it is not covered, if the solver found that."""


@attrs.frozen(eq=False)
class Old:
    """A recorded environment with its formulas read, over the quantities that the present system has by these names."""

    parts: Parts
    stated: Formulas
    values: Texts
    kinds: Texts
    """What kind of quantity each name was."""

    def signs(self, formulas: Iterable[Bool]) -> list[Bool]:
        """That amounts are not negative, of the formulas' quantities that were amounts then, or are new."""
        return signs(var for var in variables(*formulas) if not self.was_signed(var))

    def was_signed(self, var: Var) -> bool:
        """Whether it could be negative then, or what it keeps from the start."""
        return self.kinds.get(var.name.removeprefix("initial "), "").startswith("number")


def recalled(entry: Entry, environment: Environment, now: Described) -> Old:
    """The recorded formulas as terms. Raises SpecError where the baseline's text is none."""
    names = _Names(environment, now)
    try:
        parts = Parts(
            domain=tuple(read(text, names) for text in environment.domain),
            start=tuple(read(text, names) for text in environment.start),
            assumptions={name: read(text, names) for name, text in environment.assumptions.items()},
            views={name: read(text, names) for name, text in environment.views.items()},
            guards={name: read(text, names) for name, text in environment.guards.items()},
            updates={name: read(text, names) for name, text in environment.updates.items()},
            inputs={name: read(text, names) for name, text in environment.inputs.items()},
        )
        stated = {rule: read(text, names) for rules, text in entry.formula.items() for rule in rules.split(", ")}
    except Unreadable as why:
        raise SpecError(f"the baseline's text about {entry.design} {entry.property} is no formula: {why}") from None
    return Old(parts, stated, entry.parameters, environment.quantities)


class _Names(dict[str, Var]):
    """The quantities by name: the present ones, else those that the baseline lists, with their states after a step."""

    def __init__(self, environment: Environment, now: Described) -> None:
        system = now.open.system
        known = [*system.params, *system.state, *system.rigid, *(var for rule in system.rules for var in rule.inputs)]
        known += [var for formula in now.parts.views.values() for var in variables(formula)]
        known += [var for formula in now.stated.values() for var in variables(formula)]
        for name, word in environment.quantities.items():
            kind = KIND.fullmatch(word)
            if kind is None:
                raise SpecError(f"the baseline says that {name} is '{word}', which is no kind of quantity")
            self[name] = Var(name, SORTS[kind[1]][0], signed=SORTS[kind[1]][1])
        for var in list(self.values()):
            self[f"initial {var.name}"] = attrs.evolve(var, name=f"initial {var.name}")
        self |= {var.name: var for var in known if var.name not in self or self[var.name].sort is var.sort}
        self |= {primed(var).name: primed(var) for var in list(self.values()) if "'" not in var.name}


def uncontained(old: Old, now: Described, ask: Ask) -> list[Gap]:
    """What of the old environment is not shown to be covered. Empty if all of it is."""
    return _Containment(old, now, ask).gaps()


class _Containment:
    def __init__(self, old: Old, now: Described, ask: Ask) -> None:
        self.before, self.was, self.now, self.ask = old, old.parts, now.parts, ask
        self.in_units = now.case.prop.arithmetic == "fixed"
        texts, before = (
            {n: held for n, held in side.items() if held != "any"} for side in (now.parameters(), old.values)
        )
        # What is open on one side only is judged at the other side's value; that it was closed is told apart from this.
        self.new_values = {**before, **texts}
        self.old_values = {**texts, **before, **{name: texts[name] for name in now.own if name in texts}}
        self.strict_values = {**texts, **before}
        self.known = {var.name for formula in old.parts.all() for var in variables(formula)} | {*old.kinds}
        self.system = now.open.system
        self.known |= set(old.values) - set(self.new_values)

    def gaps(self) -> list[Gap]:
        rigid = [cast(Bool, self.fixed(fact, self.new_values)) for fact in self.rigid()]
        found = [*self.of_parameters()]
        found += self.of_start(rigid)
        found += self.of_rules()
        found += self.of_inputs()
        found += self.of_views()
        return found + (self.of_grids() if self.in_units else [])

    def rigid(self) -> list[Bool]:
        return [equation(var, term) for var, term in self.system.rigid.items()]

    # Facts.

    def fixed(self, formula: Expr, values: Mapping[str, str]) -> Expr:
        """The formula with parameters at their values."""
        changes = {
            var: constant(quantity(values[var.name]), var)
            for var in variables(formula)
            if var.name in values and not var.changes and readable(values[var.name])
        }
        return substitute(formula, changes)

    def old(self, formulas: Iterable[Bool]) -> list[Bool]:
        return [cast(Bool, self.fixed(formula, self.old_values)) for formula in formulas]

    def new(self, formulas: Iterable[Bool]) -> list[Bool]:
        return [cast(Bool, self.fixed(formula, self.new_values)) for formula in formulas]

    def base(self) -> list[Bool]:
        """What the old side knows of its parameters."""
        return self.old([*self.was.domain, *(f for n, f in self.was.assumptions.items() if " " not in n)])

    # Parts.

    def of_parameters(self) -> list[Gap]:
        goals = [*self.now.domain, *(f for n, f in self.assumed_still() if " " not in n)]
        return self.shown("the parameters' domain", self.base(), self.new(goals))

    def of_start(self, rigid: list[Bool]) -> list[Gap]:
        at = " at the start"
        facts = [*self.base(), *rigid, *self.old(self.was.start)]
        facts += self.old(f for n, f in self.was.assumptions.items() if n.endswith(at))
        goals = [part for part in self.now.start if not self.begins_new(part)]
        goals += [f for n, f in self.assumed_still() if n.endswith(at)]
        goals += signs(var for var in self.system.state if self.before.was_signed(var))
        return self.shown("the initial states", [*facts, *self.before.signs(facts)], self.new(goals))

    def assumed_still(self) -> Iterator[tuple[str, Bool]]:
        """The present assumptions under old names, be it at another place; each new name breaks by itself."""
        names = {name.partition(" ")[0] for name in self.was.assumptions}
        return ((n, f) for n, f in self.now.assumptions.items() if n.partition(" ")[0] in names)

    def begins_new(self, part: Bool) -> bool:
        """Whether this only says how a quantity begins that was not there before."""
        var = part.args[0].leaf if part.op is Op.EQ else None
        return (
            isinstance(var, Var) and var.changes and var.name not in self.known and var not in variables(part.args[1])
        )

    def of_rules(self) -> list[Gap]:
        present, gone = (
            {*self.now.guards, *self.now.inputs},
            "there is no such rule any more, and what it did is not covered",
        )
        found = [Gap(f"rule {r}", gone) for r in (*self.was.guards, *self.was.inputs) if r not in present]
        for rule in sorted({*self.was.guards, *self.was.inputs} & present):
            on = f" on {rule}"
            own = [self.was.guards[rule]] if rule in self.was.guards else [self.was.inputs[rule]]
            facts = [*self.base(), *self.old([*own, *(f for n, f in self.was.assumptions.items() if n.endswith(on))])]
            goals = [f for n, f in self.assumed_still() if n.endswith(on)]
            if rule in self.was.guards and rule in self.now.guards:
                goals += conjuncts(self.now.guards[rule])
            facts += self.before.signs(facts)
            found += self.shown(f"rule {rule}", facts, self.new(goals))
            updates = [n for n in self.was.updates if n.startswith(f"{rule}: ")]
            missing = [n for n in updates if n not in self.now.updates and self.still_there(n)]
            found += [Gap(f"rule {rule}", f"it no longer moves {n.rpartition(': ')[2]}") for n in missing]
            both = [n for n in updates if n in self.now.updates]
            known = [*facts, *self.old(self.was.updates[n] for n in both)]
            found += self.shown(f"what {rule} does", known, self.new(self.now.updates[n] for n in both))
            fresh = [n for n in self.now.updates if n.startswith(f"{rule}: ") and n not in self.was.updates]
            found += [
                Gap(f"rule {rule}", f"it moves {n.rpartition(': ')[2]}, which it left alone before")
                for n in fresh
                if n.rpartition(": ")[2] in self.known
            ]
        return found

    def still_there(self, update: str) -> bool:
        return update.rpartition(": ")[2] in {var.name for var in self.system.state}

    def of_inputs(self) -> list[Gap]:
        """Here each side has its own values throughout: a smaller limit on an input covers less, whoever sets it."""
        found = []
        for rule in self.was.inputs.keys() & self.now.inputs.keys():
            facts = [cast(Bool, self.fixed(self.was.inputs[rule], self.strict_values))]
            facts += self.before.signs(facts)
            found += self.shown(f"the inputs of {rule}", facts, self.new(conjuncts(self.now.inputs[rule])))
        return found

    def of_views(self) -> list[Gap]:
        found = [Gap(name, "there is no such view any more") for name in self.was.views if name not in self.now.views]
        for name in self.was.views.keys() & self.now.views.keys():
            (before,) = self.old([self.was.views[name]])
            (after,) = self.new([self.now.views[name]])
            facts = [*self.base(), before, defined(before), *self.before.signs([before, after])]
            found += self.shown(name, facts, [after, defined(after)])
        return sorted(found, key=lambda gap: gap.part)

    def of_grids(self) -> list[Gap]:
        """Whole numbers of a coarser grid are fewer values."""
        used = [*self.system.params, *self.system.state, *(var for rule in self.system.rules for var in rule.inputs)]
        found = []
        for var in used:
            before = KIND.fullmatch(self.before.kinds.get(var.name, ""))
            now = None if var.unit is None else var.unit.decimals
            if before is not None and before[2] is not None and now is not None and now < int(before[2]):
                found.append(Gap(var.name, f"it is kept to {now} decimals, and was to {before[2]}"))
        return found

    # Asking.

    def shown(self, part: str, facts: list[Bool], goals: list[Bool]) -> list[Gap]:
        """Nothing if the facts imply each of the goals, else the gap."""
        have = set(facts)
        left = [goal for goal in goals if goal not in have and truth_of(goal) is not True]
        if not left:
            return []
        names = {*self.known, *(var.name for fact in facts for var in variables(fact))}
        new = sorted({var.name for goal in left for var in variables(goal)} - names)
        if new:
            return [Gap(part, f"it speaks of {', '.join(new)}, which was not there before")]
        try:
            model = self.ask(facts, left)
        except (GaveUp, SpecError) as why:
            return [Gap(part, f"not settled: {why}")]
        if model is None:
            return []
        failed = left[model.failed[0]] if model.failed else all_of(*left)
        spoken = {var.name for var in variables(failed)}
        values = {var.name: held for var, held in model.values.items() if var.name in spoken and held is not None}
        return [Gap(part, f"it now needs {shown(failed, WIDTH)}", {n: str(h) for n, h in sorted(values.items())})]


def unimplied(old: Old, now: Described, ask: Ask) -> Gap | None:
    """What of the old statement the new one does not imply, at the present parameters; None if it implies all of it."""
    values = {name: held for name, held in now.parameters().items() if held != "any" and readable(held)}

    def fixed(formula: Bool) -> Bool:
        found = {
            var: constant(quantity(values[var.name]), var)
            for var in variables(formula)
            if var.name in values and not var.changes
        }
        return substitute(formula, found)

    for rule, before in old.stated.items():
        after = now.stated.get(rule)
        if after is None:
            return Gap(rule, f"nothing is claimed of {rule} any more")
        one, other = fixed(after), fixed(before)
        if one is other:
            continue
        facts = [*map(fixed, now.parts.domain), one, *old.signs([one, other])]
        try:
            model = ask(facts, [other])
        except (GaveUp, SpecError) as why:
            return Gap(rule, f"that it implies the old one is not settled: {why}")
        if model is not None:
            state = {var.name: str(held) for var, held in model.values.items() if held is not None}
            return Gap(rule, f"it was {shown(before, WIDTH)} and is {shown(after, WIDTH)}", state)
    return None


def readable(text: str) -> bool:
    """Whether a parameter's text is a number or a truth value."""
    if text in {"true", "false"}:
        return True
    try:
        Fraction(text)
    except (ValueError, ZeroDivisionError):
        return False
    return True


def truth_of(formula: Bool) -> object:
    """The truth of a formula without variables, or None."""
    if formula is TRUE:
        return True
    if variables(formula):
        return None
    found = value(formula, {})
    return None if found is UNDEFINED else found
