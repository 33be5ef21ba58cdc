"""Who is asked what, in which order, on what allowance: the one door through which claims are settled.

The order is fixed and the allowances are the solver's own resource units, so the same question gets the same verdict
by the same engine. The first conclusive answer in this order counts, never the first in time.

1. the claim by itself: true of every state, or of every step by its guard;
2. induction with the spec's own lemmas;
3. the shortest violating run of up to two steps, or of four if that is cheap;
4. induction with lemmas made from the spec's own terms, taken up on demand;
5. k-induction;
6. runs in which an act sets a deadline, time passes until then, and somebody acts;
7. longer runs, and those in which time passes for long, with an act at the end or after each tick: what slow designs
   are waiting for;
8. runs in which time passes, somebody acts, it passes once more, as in a rebound, and somebody acts again;
9. runs of the exact interpreter by chance, and over the brink of an act as fast as may be, which may be longer still.

What is declared refuted has its shortest runs sought first, and all others before the proofs that take long. Where
nothing but a run is wanted, those over the brink come before all that ask a solver for long.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from itertools import product
from typing import Literal, cast

import attrs

from verifier.engines import templates
from verifier.engines.ask import GaveUp, Solver
from verifier.engines.bmc import bmc
from verifier.engines.brink import over_the_brink
from verifier.engines.concrete import Care, NoRun, concrete
from verifier.engines.demand import on_demand
from verifier.engines.induction import Inductive, induction, k_induction
from verifier.engines.simulate import Simulator
from verifier.evidence.run import Disagreement, Run, Taken, replay, violated
from verifier.evidence.verdict import Bounded, Breaking, Certificate, Proved, Refuted, Unknown, Verdict, Why
from verifier.interpretations.unroll import Timeline, cone, goal_at, path, rigid_facts, rule_facts
from verifier.language.expr import TRUE, Bool, Expr, Op, Real, Var, all_of, number, substitute, variable, whole
from verifier.language.system import Actor, Claim, Lemma, Rule, System

SHORT, DEEP, K, TASTE = 2, 6, 3, 0.05
Effort = Literal["all", "refute", "runs", "lemmas"]
"""Everything; everything with short violating runs first, for what should be false; nothing but violating runs, for
what is false; nothing but the spec's own lemmas, for what is easy or open."""
CHANCES, DRAWS = 100, 3  # runs with one deadline that are drawn, and how often each step of theirs is
WAITS = (8, 12, 16, 24)  # with an act after each tick one less than half as many of both
BEFORE, AFTER, AT_LAST = 12, 20, 2  # ticks before a deadline is set, after it, and before it: between them all is calm
LATEST = 1000  # ticks until the latest deadline that is waited for


@attrs.frozen(eq=False)
class Settled:
    """A verdict, and the engine that reached it."""

    verdict: Verdict
    engine: str


def settle(
    system: System,
    claim: Claim,
    solver: Solver,
    tell: Callable[[str], None] = lambda _: None,
    effort: Effort = "all",
    care: Care = "all",
) -> Settled:
    """The verdict by the first engine of the fixed order that is sure, or of a part of it; ``care`` is for its run."""
    return _Case(system, claim, solver, tell, care).settle(effort)


@attrs.define
class _Case:
    system: System
    claim: Claim
    solver: Solver
    tell: Callable[[str], None]
    care: Care = "all"
    known: tuple[Lemma, ...] = ()
    """Lemmas of the spec's own that hold, whatever the claim."""
    clean: int = -1
    """No run of up to so many steps violates the claim."""
    breaking: Breaking | None = None
    gave_up: GaveUp | None = None
    brisk: bool = False
    """Only a run is sought, and nobody waits for it to be made round."""

    def settle(self, effort: Effort) -> Settled:
        self.brisk = effort == "runs"
        for attempt in self.order(effort):
            self.tell(attempt.__name__.removeprefix("by_").replace("_", " "))
            try:
                if (settled := attempt()) is not None:
                    return settled
            except GaveUp as why:
                self.gave_up = why
                if why.kind == "time":
                    break
            except NoRun as why:
                self.gave_up = GaveUp("incomplete", str(why))
        return Settled(self.open_verdict(), "portfolio")

    def order(self, effort: Effort) -> Sequence[Callable[[], Settled | None]]:
        """The engines to try, one after the other."""
        proofs = (self.by_itself, self.by_lemmas)
        long_runs = (self.by_rebound, self.by_chance)
        hard_proofs = (self.by_templates, self.by_k_induction)
        runs = (self.by_deadlines, self.by_depth, self.by_waiting, *long_runs)
        match effort:
            case "all":
                return (*proofs, self.by_short_runs, *hard_proofs, *runs, self.by_brink)
            case "refute":
                return (self.by_short_runs, *proofs, *runs, self.by_brink, *hard_proofs)
            case "runs":
                cheap = (self.by_short_runs, self.by_deadlines, self.by_brink)
                return (*cheap, self.by_waiting, self.by_depth, *long_runs)
            case "lemmas":
                return proofs

    def by_itself(self) -> Settled | None:
        """Without any lemma: true of every state whatever, or of every step by its guard alone."""
        fixed, terms = rigid_facts(self.system), list(self.claim.terms())
        drawn = Simulator(self.system, self.solver.arithmetic)
        if not drawn.false_somewhere(terms, fixed) and self.solver.ask(fixed, terms) is None:
            return Settled(Proved(Certificate(0, (), identity=True)), "identity")
        for name, formula in self.claim.steps.items():
            rule = self.system.find(name)
            if rule is not None and self.solver.ask([*fixed, *rule_facts(self.system, rule)], [formula]) is not None:
                return None
        return Settled(Proved(Certificate(0, ())), "guards") if self.claim.on_steps else None

    def by_lemmas(self) -> Settled | None:
        part = cone(self.system, self.claim, [item.formula for item in self.system.lemmas])
        found = induction(part, self.claim, part.lemmas, self.solver)
        self.known = found.lemmas
        return self.proved(found, 1, "induction")

    def by_short_runs(self) -> Settled | None:
        """Runs of up to two steps; a third and a fourth one only if that is cheap."""
        if (settled := self.runs(range(SHORT + 1))) is not None:
            return settled
        try:
            return self.cheap_runs([SHORT + 1, SHORT + 2])
        except GaveUp:
            return None

    def cheap_runs(self, depths: Sequence[int]) -> Settled | None:
        """Runs of these lengths with a share of the allowance."""
        with self.sparing():
            return self.runs(depths)

    @contextmanager
    def sparing(self) -> Iterator[None]:
        """Questions are asked with a share of the allowance."""
        solver = self.solver
        self.solver = attrs.evolve(solver, scale=TASTE * solver.scale)
        try:
            yield
        finally:
            solver.questions = self.solver.questions
            self.solver = solver

    def longer_runs(self, depths: Sequence[int]) -> Settled | None:
        """Runs of these lengths; beside a proof only if they are cheap."""
        return self.cheap_runs(depths) if self.brisk else self.runs(depths)

    def runs(self, depths: Sequence[int]) -> Settled | None:
        for depth in depths:
            run = bmc(self.system, self.claim, self.solver, [depth], self.care)
            if run is not None:
                return self.refuted(run, shortest=True)
            self.clean = depth
        return None

    def by_templates(self) -> Settled | None:
        part = cone(self.system, self.claim, [item.formula for item in self.system.lemmas])
        offers = templates.candidates(part, self.claim, self.solver.arithmetic)
        samples = list(templates.reachable(part, self.solver.arithmetic))
        found = on_demand(part, self.claim, self.known, offers, samples, self.solver)
        return self.proved(found, 1, "induction with found lemmas")

    def by_k_induction(self) -> Settled | None:
        """Two or three steps within claim and lemmas, where runs that short were shown to be clean."""
        part = cone(self.system, self.claim, [item.formula for item in self.known])
        for k in range(2, K + 1):
            if self.claim.on_steps or self.clean < k - 1:
                return None
            try:
                if k_induction(part, self.claim, self.known, self.solver, k):
                    lemmas = tuple((item.name, item.formula) for item in self.known)
                    return Settled(Proved(Certificate(k, lemmas)), f"{k}-induction")
            except GaveUp:
                continue
        return None

    def by_depth(self) -> Settled | None:
        return self.longer_runs(range(self.clean + 1, DEEP + 1))

    def timed(self) -> System | None:
        """What the claim depends on, if time is part of it."""
        part = cone(self.system, self.claim)
        return None if part.find("tick") is None else part

    def by_deadlines(self) -> Settled | None:
        """A run of some ticks, an act that sets a deadline, the ticks to just before, at or after it, and an act.

        Of the ticks in between all but some at either end leave the price where it is.
        """
        if (part := self.timed()) is None:
            return None
        if (lucky := self.lucky_wait(deadlines(part))) is not None:
            return self.refuted(lucky, shortest=False)
        acts = [[rule] for rule in part.rules if rule.actor is not Actor.ENVIRONMENT]
        for rule, until in deadlines(part):
            opening = [part.rule("tick")] * BEFORE + [rule]
            for ticks, act in product((until + 1, until, until - 1), [[], *acts]):
                calm = range(len(opening) + AFTER, len(opening) + ticks - AT_LAST)
                if (run := self.along(part, [*opening, *[part.rule("tick")] * ticks, *act], calm)) is not None:
                    return self.refuted(run, shortest=False)
        return None

    def by_waiting(self) -> Settled | None:
        """A run of many ticks with an act at its end, or after each; a tick may also leave the price where it is."""
        if (part := self.timed()) is None:
            return None
        acts = [[rule] for rule in part.rules if rule.actor is Actor.LIQUIDATOR]
        for ticks in WAITS:
            waits = [[part.rule("tick")] * ticks + act for act in [[], *acts]]
            slices = [[part.rule("tick"), *act] * (ticks // 2 - 1) for act in acts]
            for rules in [*waits, *slices, *([*some, part.rule("tick")] for some in slices)]:
                if (run := self.along(part, rules)) is not None:
                    return self.refuted(run, shortest=False)
        return None

    def by_rebound(self) -> Settled | None:
        """A run of ticks, an act, one more tick, and an act: what a design does there and back, if that is cheap."""
        if (part := self.timed()) is None:
            return None
        acts = [rule for rule in part.rules if rule.actor in (Actor.LIQUIDATOR, Actor.ANYONE)]
        with self.sparing():
            for ticks, there, back in product((1, *WAITS), acts, acts):
                rules = [*[part.rule("tick")] * ticks, there, part.rule("tick"), back]
                try:
                    if (run := self.along(part, rules)) is not None:
                        return self.refuted(run, shortest=False)
                except GaveUp as why:
                    if why.kind == "time":
                        raise
        return None

    def along(self, part: System, rules: Sequence[Rule], calm: range = range(0)) -> Run | None:
        """A violating run that takes these rules of a part of the system; in ``calm`` steps nothing is set anew."""
        timeline = Timeline(part)
        goal = goal_at(timeline, self.claim, len(rules), rules[-1])

        def taken(system: System) -> list[Rule]:
            found = {rule.name: (rule, still(rule)) for rule in system.rules}
            return [found[rule.name][step in calm] for step, rule in enumerate(rules)]

        if goal is TRUE or self.solver.ask(path(timeline, taken(part)), [goal]) is None:
            return None
        care = "start" if self.brisk else self.care
        return concrete(self.system, self.claim, taken(self.system), self.solver, care)

    def by_chance(self) -> Settled | None:
        """A run found by chance; where the solver can, it is replaced by a shortest one."""
        lucky = self.lucky_run()
        if lucky is None:
            return None
        if len(lucky) <= self.clean:
            raise Disagreement(f"a run of {len(lucky)} steps violates what the solver excluded up to {self.clean}")
        try:
            return self.longer_runs(range(self.clean + 1, len(lucky) + 1)) or self.refuted(lucky, shortest=False)
        except (GaveUp, NoRun):
            return self.refuted(lucky, shortest=False)

    def lucky_wait(self, found: Sequence[tuple[Rule, int]]) -> Run | None:
        """A violating run found by chance: a few ticks, an act that sets a deadline, the ticks to it, and an act."""
        chance, simulator = random.Random(0), Simulator(self.system, self.solver.arithmetic)
        acts = [rule for rule in self.system.rules if rule.actor is not Actor.ENVIRONMENT]
        for (opening, until), _ in product(found, range(CHANCES)):
            before, after = chance.choice((1, 1, 2, 3)), until + chance.choice((-1, 0, 1))
            rules = [*["tick"] * before, opening.name, *["tick"] * after]
            start = simulator.start(chance.choice)
            states, steps = [] if start is None else [start], list[Taken]()
            while states and len(steps) <= len(rules):
                choice = [self.system.rule(rules[len(steps)])] * DRAWS if len(steps) < len(rules) else acts
                move = simulator.any_step(states[-1], chance, choice)
                if move is None:
                    break
                steps.append(move[0])
                states.append(move[1])
                if violated(self.claim, states, steps, self.solver.arithmetic):
                    return replay(self.system, self.claim, states[0], steps, self.solver.arithmetic)
        return None

    def lucky_run(self) -> Run | None:
        """A violating run found by chance; it bounds how deep the search for a shortest one must go."""
        chance, simulator = random.Random(0), Simulator(self.system, self.solver.arithmetic)
        best: Run | None = None
        for _ in range(400):
            state = simulator.start(chance.choice)
            if state is None:
                continue
            states, steps = [state], []
            for _ in range(10 if best is None else len(best) - 1):
                move = simulator.any_step(states[-1], chance)
                if move is None:
                    break
                steps.append(move[0])
                states.append(move[1])
                if violated(self.claim, states, steps, self.solver.arithmetic):
                    best = replay(self.system, self.claim, states[0], steps, self.solver.arithmetic)
                    break
        return best

    def by_brink(self) -> Settled | None:
        run = over_the_brink(self.system, self.claim) if self.solver.arithmetic == "real" else None
        return None if run is None else self.refuted(run, shortest=False)

    # Verdicts.

    def proved(self, found: Inductive, k: int, engine: str) -> Settled | None:
        if not found.holds:
            self.breaking = found.breaking or self.breaking
            return None
        certificate = Certificate(k, tuple((item.name, item.formula) for item in found.lemmas))
        return Settled(Proved(certificate), engine)

    def refuted(self, run: Run, *, shortest: bool) -> Settled | None:
        if self.claim.exits and (open_rule := self.way_out(run)) is not None:
            raise GaveUp("incomplete", f"the claim's own inputs fail, but {open_rule} is enabled for others")
        return Settled(Refuted(run, shortest), "bounded model checking" if shortest else "simulation")

    def way_out(self, run: Run) -> str | None:
        """A rule among the claim's exits that some input enables at the end of the run."""
        end = [_is(var, value) for var, value in run.states[-1].items()]
        for name in self.claim.exits:
            rule = self.system.find(name)
            if rule is not None and self.solver.ask([*end, *rule_facts(self.system, rule)]) is not None:
                return name
        return None

    def open_verdict(self) -> Verdict:
        if self.gave_up is None and self.clean >= 0:
            return Bounded(self.clean, self.breaking)
        why: Why = "incomplete" if self.gave_up is None else self.gave_up.kind
        detail = "no engine settled it" if self.gave_up is None else str(self.gave_up)
        return Unknown(why, detail, self.clean if self.clean >= 0 else None, self.breaking)


def still(rule: Rule) -> Rule:
    """The rule where each input that would be a variable's next value is the one that it has."""
    same: dict[Var, Expr] = {
        term.leaf: variable(var)
        for var, term in rule.updates.items()
        if isinstance(term.leaf, Var) and term.leaf in rule.inputs
    }
    updates = {var: substitute(term, same) for var, term in rule.updates.items()}
    stays = [variable(given) == value for given, value in same.items()]
    return attrs.evolve(rule, guard=all_of(substitute(rule.guard, same), *stays), updates=updates)


def deadlines(system: System) -> list[tuple[Rule, int]]:
    """Rules that set a deadline, each with the ticks until then: a number added to what a tick moves on."""
    found = []
    for rule in system.rules:
        for term in rule.updates.values() if rule.actor is not Actor.ENVIRONMENT else ():
            if term.op is Op.ADD and term.args[0].leaf in system.rule("tick").updates:
                ticks = whole(cast(Real, term.args[1]))
                found += [(rule, ticks)] if ticks is not None and 0 < ticks <= LATEST else []
    return found


def _is(var: Var, value: Fraction | bool) -> Bool:
    return variable(var) == (value if isinstance(value, bool) else number(value, var.unit))  # type: ignore[no-any-return]
