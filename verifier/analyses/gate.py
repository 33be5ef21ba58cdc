"""The gate: what the baseline lists is proved again and compared, so that nothing proved gets weaker unnoticed.

Each claim is weighed by itself, so the answer does not depend on how the claims are dealt out. What was recorded is
asked of the present specs; what is weaker, or not shown to be as strong, breaks the gate and says why.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from typing import Any

import attrs

from verifier.analyses.bound import bound
from verifier.analyses.boundary import decimal_between, stated
from verifier.analyses.cases import Case, row_text, setting_text, with_arguments
from verifier.analyses.containment import readable, recalled, uncontained, unimplied
from verifier.analyses.environment import Described, names_of
from verifier.analyses.prove import Prover
from verifier.engines.ask import GaveUp, Model, Solver
from verifier.evidence.baseline import Baseline, Entry, Environment, Key, Limit
from verifier.evidence.gate import Break, Change, Moved, Report, Result
from verifier.evidence.record import Record, record
from verifier.evidence.trace import exact
from verifier.evidence.verdict import Proved, Refuted
from verifier.interpretations.digest import exactly
from verifier.language.errors import SpecError
from verifier.language.expr import Bool
from verifier.language.lower import Problem
from verifier.language.pieces import Generic, Shock

BESIDE = Fraction(1, 10000)
"""How far beyond a bound its refutation lies."""
RANK = {"proved": 3, "bounded": 2, "unknown": 1, "vacuous": 0, "refuted": 0}
LONG, PROOFS, STEPS, NEAR = 120, 40, 10, Fraction(1, 50)
"""A restoring change is looked for with so many proofs, so many halvings of an interval, and told this roundly."""
SHARES = tuple(Fraction(text) for text in ("0.99", "1.01", "0.9", "1.1", "0.5", "0"))
"""What is tried of the present value of a parameter that did not change."""


@attrs.frozen
class Options:
    """How strict the gate is, and how long it may look for explanations."""

    tolerance: Fraction = Fraction(0)
    bounds: bool = True
    explain: bool = True
    """Whether to look for where a bound is now, and for what would restore a claim."""


def key_of(case: Case) -> Key:
    """What a claim is, whatever its outcome: its own arguments and settings, not those from outside."""
    own = (*case.prop.arguments, *case.prop.settings)
    return case.design.title, case.prop.name, tuple(_own(name, value) for name, value in own), case.prop.arithmetic


def _own(name: str, value: Any) -> str:
    text = setting_text(name, value).replace("=", " = ", 1)
    if len(text) <= LONG:
        return text
    whole = "; ".join(map(row_text, value)) if isinstance(value, tuple) else text
    return f"{name} = {hashlib.sha256(whole.encode()).hexdigest()[:16]}"


def claims(todo: Iterable[Case]) -> dict[Key, Case]:
    """The cases by what each claims."""
    return {key_of(case): case for case in todo}


# Writing.


def entry_of(now: Described, found: Record) -> Entry:
    """A claim as the baseline has it."""
    design, name, under, arithmetic = key_of(now.case)
    return Entry(
        design=design, property=name, under=list(under), arithmetic=arithmetic, verdict=found.verdict,  # type: ignore[arg-type]
        declared=found.declared is not None, borrowers=str(found.borrowers), statement=found.statement,
        assumptions=sorted(found.assumptions), environment="", system=system_of(now.case, now.problem),
        depth=found.depth if found.verdict == "bounded" else None, parameters=now.parameters(), formula=now.formulas(),
    )  # fmt: skip


def system_of(case: Case, problem: Problem) -> str:
    """The digest of the composed system with the claim."""
    return exactly(problem.system, problem.claim, case.prop.arithmetic)


def measured(now: Described, found: Record, prover: Prover) -> Limit | None:
    """How far a proved claim holds, where the author's form or the claim's own number says it, refuted just beyond."""
    if found.verdict != "proved" or now.case.prop.arithmetic != "real" or not isinstance(now.case.prop.source, Generic):
        return None
    for name, value in candidates(now):
        for side, step in (("largest", BESIDE), ("smallest", -BESIDE)):
            if holds(now, name, value, prover) and fails(now, name, value + step, prover):
                return Limit(name, exact(value), side)  # type: ignore[arg-type]
    return None


def candidates(now: Described) -> Iterator[tuple[str, Fraction]]:
    """Quantities of the claim with a value at which it may begin or cease to hold."""
    names = {name.rpartition(".")[2]: name for name in now.values}
    for vary in now.problem.forms:
        value = stated(now.problem, vary)
        if value is not None and vary in names:
            yield names[vary], value
    own = [name for name, _ in now.case.prop.arguments]
    for name in (*own, *shocks_of(now)):
        held = now.values.get(name)
        if isinstance(held, Fraction):
            yield name, held


def shocks_of(now: Described) -> list[str]:
    """The quantity that the shock is measured by."""
    return [names_of(now.problem, slot)[0] for slot, piece in now.problem.wired.items() if isinstance(piece, Shock)][:1]


def at(now: Described, values: Mapping[str, Fraction]) -> Case:
    """The claim with these quantities at other values."""
    case = now.case
    given = {**dict(case.prop.settings), **case.settings}
    settings = {now.problem.named.get(name, name): held for name, held in given.items()}
    arguments = {name: held for name, held in values.items() if name in dict(case.prop.arguments)}
    prop = with_arguments(attrs.evolve(case.prop, settings=()), arguments)
    rest = {name: held for name, held in values.items() if name not in arguments}
    return attrs.evolve(case, prop=prop, settings={**settings, **rest}, declared=None)


def holds(now: Described, name: str, value: Fraction, prover: Prover) -> bool:
    """Whether the claim is proved with the quantity at this value."""
    if now.values.get(name) == value and not now.problem.forms:
        return True
    return proved(at(now, {name: value}), prover)


def proved(case: Case, prover: Prover) -> bool:
    try:
        return isinstance(prover.finding(case, explain=False).verdict, Proved)
    except (SpecError, GaveUp):
        return False


def fails(now: Described, name: str, value: Fraction, prover: Prover) -> bool:
    """Whether a run violates the claim with the quantity at this value."""
    try:
        return isinstance(prover.finding(at(now, {name: value}), explain=False).verdict, Refuted)
    except (SpecError, GaveUp):
        return False


@attrs.frozen
class Write:
    """What is done with each verdict for a new baseline."""

    old: Baseline | None
    options: Options

    def __call__(self, case: Case, found: Record, prover: Prover) -> tuple[Entry, Environment]:
        """The claim as it is now, with its environment; a bound that was measured of this very system is kept."""
        now = Described(case)
        entry = entry_of(now, found)
        before = None if self.old is None else self.old.entry(entry.key())
        if (
            self.options.bounds
            and before is not None
            and (before.system, before.verdict) == (entry.system, entry.verdict)
        ):
            entry = attrs.evolve(entry, bound=before.bound)
        elif self.options.bounds:
            entry = attrs.evolve(entry, bound=measured(now, found, prover))
        return entry, now.environment()


# Comparing.


@attrs.frozen
class Weigh:
    """What is done with each verdict to compare it."""

    old: Baseline
    options: Options

    def __call__(self, case: Case, found: Record, prover: Prover) -> Result:
        """The claim beside what the baseline says of it."""
        return self.weighed(key_of(case), case, found, prover)

    def weighed(self, key: Key, case: Case, found: Record, prover: Prover) -> Result:
        """A case beside what the baseline says under this key."""
        entry = self.old.entry(key)
        if entry is None:
            return new(key, found)
        return _Weighed(entry, self.old.environment_of(entry), Described(case), found, prover, self.options).result()


def gate(old: Baseline, listed: Mapping[Key, Case], prover: Prover, options: Options) -> Report:
    """The recorded claims against the present ones, settled here."""
    weigh = Weigh(old, options)

    def one(key: Key) -> Result:
        return weigh.weighed(key, listed[key], record(prover.finding(listed[key])), prover)

    with ThreadPoolExecutor(max_workers=prover.jobs) as pool:
        return report(old, listed, pool.map(one, listed))


def report(
    old: Baseline, listed: Collection[Key], results: Iterable[Result], shard: tuple[int, int] = (1, 1)
) -> Report:
    """The results of a part of all listed claims; what is listed no longer is told by the first part."""
    gone = [vanished(entry, listed) for entry in old.claim if entry.key() not in listed] if shard[0] == 1 else []
    total = len({*listed, *(entry.key() for entry in old.claim)})
    return Report(list(shard), total, sorted([*results, *gone], key=Result.key))


def lost(case: Case, found: Record, old: Baseline) -> Result:
    """A claim whose process was stopped before it was compared: open, whatever it was."""
    entry = old.entry(key_of(case))
    if entry is None:
        return new(key_of(case), found)
    before, after = told(entry.verdict, entry.depth), told(found.verdict, found.depth)
    broken = [Break("verdict", f"{before} → {after}")] if RANK[found.verdict] < RANK[entry.verdict] else []
    return Result(
        entry.design, entry.property, entry.under, entry.arithmetic, "broken" if broken else "open", before, after,
        found.statement, breaks=broken, notes=["its process was stopped"], record=found,
    )  # fmt: skip


def vanished(entry: Entry, listed: Collection[Key]) -> Result:
    """A claim that nobody makes any more."""
    others = [key for key in listed if key[:2] == entry.key()[:2]]
    if any(key[2] == entry.key()[2] and key[3] != entry.arithmetic for key in others):
        reason = Break("reading", f"it is no longer claimed in {entry.arithmetic} arithmetic, only in another one")
    elif any(key[0] == entry.design for key in listed):
        now = "; ".join(", ".join(key[2]) or "no settings" for key in others[:3])
        reason = Break("vanished", f"it is no longer claimed{f'; what is claimed of this name: {now}' if now else ''}")
    else:
        reason = Break("vanished", f"there is no design {entry.design} any more")
    before = told(entry.verdict, entry.depth)
    return Result(
        entry.design, entry.property, entry.under, entry.arithmetic, "broken", before, "vanished", entry.statement,
        breaks=[reason],
    )  # fmt: skip


def new(key: Key, found: Record) -> Result:
    """A claim that the baseline does not list."""
    bad = not found.expected
    return Result(
        key[0], key[1], list(key[2]), found.arithmetic, "open" if bad else "new", "", told(found.verdict, found.depth),
        found.statement, notes=["it is not in the baseline"], record=found,
    )  # fmt: skip


def told(verdict: str, depth: int | None) -> str:
    """A verdict in words."""
    if verdict == "bounded":
        return f"bounded up to depth {depth}"
    return (
        f"refuted in {depth} step{'s' if depth != 1 else ''}" if verdict == "refuted" and depth is not None else verdict
    )


@attrs.define(eq=False)
class _Weighed:
    """One recorded claim beside what it is now."""

    entry: Entry
    environment: Environment
    now: Described
    found: Record
    prover: Prover
    options: Options
    breaks: list[Break] = attrs.field(factory=list)
    better: list[str] = attrs.field(factory=list)
    notes: list[str] = attrs.field(factory=list)
    moved: Moved | None = None

    def result(self) -> Result:
        """What to say of it."""
        changed = system_of(self.now.case, self.now.problem) != self.entry.system
        present = self.now.environment() if changed else self.environment
        changes = list(self.changes(present)) if changed else []
        self.weigh_verdict()
        self.weigh_readings()
        if changed and (self.found.verdict != "refuted" or self.entry.verdict != "refuted"):
            self.weigh_statement(present)
        self.weigh_bound(changed=changed)
        standing = "broken" if self.breaks else "better" if self.better else "held"
        lost = self.found.verdict != self.entry.verdict and self.found.verdict in {"unknown", "bounded", "vacuous"}
        if standing != "broken" and (lost or self.found.verdict == "unknown"):
            standing = "open"
        restores = self.restores() if self.breaks else None
        return Result(
            self.entry.design, self.entry.property, self.entry.under, self.entry.arithmetic, standing,  # type: ignore[arg-type]
            told(self.entry.verdict, self.entry.depth), told(self.found.verdict, self.found.depth),
            self.found.statement,
            breaks=self.breaks, improvements=self.better, notes=self.notes, changes=changes, moved=self.moved,
            restores=restores, record=self.found,
        )  # fmt: skip

    def changes(self, present: Environment) -> Iterator[Change]:
        """What is different: parameters first, then rules and pieces."""
        before, after = self.entry.parameters, self.now.parameters()
        for name in differing(before, after):
            yield Change("parameter", self.called(name), before.get(name), after.get(name))
        was = self.environment
        for name in differing(was.pieces, present.pieces):
            yield Change("piece", name, was.pieces.get(name), present.pieces.get(name))
        for name in differing(was.rules, present.rules):
            yield Change("rule", name, word(name in was.rules), word(name in present.rules))
        for name in differing(was.assumptions, present.assumptions):
            yield Change("assumption", name, word(name in was.assumptions), word(name in present.assumptions))

    def weigh_verdict(self) -> None:
        was, is_ = self.entry.verdict, self.found.verdict
        before, after = told(was, self.entry.depth), told(is_, self.found.depth)
        shallower = was == is_ == "bounded" and (self.found.depth or 0) != (self.entry.depth or 0)
        lower = RANK[is_] < RANK[was] or (shallower and (self.found.depth or 0) < (self.entry.depth or 0))
        if lower:
            self.breaks.append(Break("verdict", f"{before} → {after}"))
        elif RANK[is_] > RANK[was] or shallower:
            if is_ in {"proved", "bounded"}:
                self.better.append(f"{before} → {after}")
            else:
                self.notes.append(f"{before} → {after}: nothing is settled where a violation was known")
        elif was != is_:
            self.notes.append(f"{before} → {after}")

    def weigh_readings(self) -> None:
        """For whom it speaks, and what it takes for granted."""
        was, is_ = crowd(self.entry.borrowers), crowd(str(self.found.borrowers))
        if is_ != was:
            text = f"borrowers {self.entry.borrowers} → {self.found.borrowers}"
            self.better.append(text) if is_ > was else self.breaks.append(Break("reading", text))
        for name in sorted({*self.found.assumptions} - {*self.entry.assumptions}):
            self.breaks.append(Break("assumption", f"assumption added: {name}: {self.found.says(name)}"))
        for name in sorted({*self.entry.assumptions} - {*self.found.assumptions}):
            self.better.append(f"assumption gone: {name}")
        for name, held in self.entry.parameters.items():
            after = self.now.parameters().get(name)
            if held == "any" and after not in {None, "any"}:
                self.breaks.append(Break("reading", f"{name} was left open, and is {after} now"))
            elif after == "any" and held != "any":
                self.better.append(f"{name} is left open, and was {held} before")

    def weigh_statement(self, present: Environment) -> None:
        """What is claimed, and against what."""
        same_values = self.entry.parameters == self.now.parameters()
        if same_values and present.same_as(self.environment) and self.now.formulas() == self.entry.formula:
            return
        old = recalled(self.entry, self.environment, self.now)
        solver = Solver(
            self.now.case.prop.arithmetic,
            time.monotonic() + self.prover.seconds,
            self.prover.worker(),
            self.prover.memory,
        )

        def ask(facts: list[Bool], goals: list[Bool]) -> Model | None:
            return solver.ask(facts, goals)

        if self.now.formulas() != self.entry.formula and (gap := unimplied(old, self.now, ask)) is not None:
            text = f"the claim changed, and no longer implies the recorded one: {gap.part}: {gap.why}"
            self.breaks.append(Break("formula", text, dict(gap.state)))
        for gap in uncontained(old, self.now, ask):
            text = f"environment changed, containment not shown: {gap.part}: {gap.why}"
            self.breaks.append(Break("environment", text, dict(gap.state)))

    # Bounds.

    def weigh_bound(self, *, changed: bool) -> None:
        limit = self.entry.bound
        if limit is None or not self.options.bounds:
            if limit is None and self.fell() and self.options.explain:
                self.moved = self.own_bound()
            return
        up = limit.side == "largest"
        least = Fraction(limit.value) + (-self.options.tolerance if up else self.options.tolerance)
        if proved(at(self.now, {limit.quantity: least}), self.prover):
            if changed and (further := self.further(limit)) is not None:
                self.moved = Moved(self.called(limit.quantity), limit.side, limit.value, exact(further))
                self.better.append(self.moved.text(self.entry.property))
            return
        value = self.searched(limit.quantity)
        self.moved = Moved(
            self.called(limit.quantity), limit.side, limit.value, None if value is None else exact(value)
        )
        self.breaks.append(Break("bound", self.moved.text(self.entry.property)))

    def called(self, name: str) -> str:
        """What people call the quantity."""
        return "shock" if name in shocks_of(self.now) else name

    def fell(self) -> bool:
        return RANK[self.found.verdict] < RANK[self.entry.verdict]

    def own_bound(self) -> Moved | None:
        """Where the shock ends now that the claim no longer holds at its own."""
        for name in shocks_of(self.now):
            value, own = self.searched(name), self.entry.parameters.get(name)
            if value is not None and own not in {None, "any"}:
                return Moved(self.called(name), "largest", str(own), exact(value))
        return None

    def further(self, limit: Limit) -> Fraction | None:
        """A better bound than the recorded one, if there is one."""
        up, value = limit.side == "largest", Fraction(limit.value)
        name = limit.quantity.rpartition(".")[2]
        form = stated(self.now.problem, name)
        if form is not None and form != value:
            better = form > value if up else form < value
            return form if better and proved(at(self.now, {limit.quantity: form}), self.prover) else None
        beyond = value + (BESIDE if up else -BESIDE)
        if form is not None or not proved(at(self.now, {limit.quantity: beyond}), self.prover):
            return None
        return self.searched(limit.quantity) or beyond

    def searched(self, name: str) -> Fraction | None:
        """Where the bound is now; None where that is not settled."""
        form = stated(self.now.problem, name.rpartition(".")[2])
        if form is not None and proved(at(self.now, {name: form}), self.prover):
            return form
        if not self.options.explain:
            return None
        case = at(self.now, {})
        solver = Solver("real", time.monotonic() + self.prover.seconds, self.prover.worker(), self.prover.memory)
        try:
            found = bound(case, solver, vary=name, precision=BESIDE)
        except (SpecError, GaveUp):
            return None
        return found.edge.safe if found.is_safe and found.edge is not None else None

    # What would restore it.

    def restores(self) -> str | None:
        """The smallest change of one parameter that restores it: of one that changed, or else of the mechanism."""
        weak = {item.kind for item in self.breaks}
        if not weak <= {"verdict", "bound"} or self.entry.verdict != "proved" or not self.options.explain:
            return None
        search = _Restoring(self.now, self.prover, self.entry.bound)
        was = self.entry.parameters
        before = {name: was[name] for name in differing(was, self.now.parameters()) if name in was}
        for names in (before, self.now.own - {*before}):
            found: list[tuple[Fraction, str, Fraction]] = []
            for name in sorted(names):
                value = self.now.values.get(name)
                target = search.toward(name, value, before.get(name)) if type(value) is Fraction else None
                if type(value) is Fraction and target is not None:
                    found.append((abs(target - value) / abs(value) if value else Fraction(1), name, target))
            if found:
                _, name, target = min(found)
                return f"{self.called(name)} = {exact(target)} alone would restore it"
        return None


@attrs.define(eq=False)
class _Restoring:
    now: Described
    prover: Prover
    limit: Limit | None
    left: int = PROOFS

    def good(self, name: str, value: Fraction) -> bool:
        """Whether all that was proved is, with the parameter at this value."""
        if self.left <= 0:
            return False
        self.left -= 1
        if not proved(at(self.now, {name: value}), self.prover):
            return False
        limit = self.limit
        if limit is None or exact_text(self.now.values.get(limit.quantity)) == limit.value or limit.quantity == name:
            return True
        return proved(at(self.now, {name: value, limit.quantity: Fraction(limit.value)}), self.prover)

    def toward(self, name: str, value: Fraction, before: str | None) -> Fraction | None:
        """A value that restores the claim, as near to the present one as a rough search finds."""
        targets = [Fraction(before)] if before is not None and readable(before) else []
        targets += [] if targets else [share * value for share in SHARES]
        far = next((x for x in dict.fromkeys(targets) if x != value and self.good(name, x)), None)
        if far is None:
            return None
        near = value
        for _ in range(STEPS):
            if abs(far - near) <= NEAR * abs(far - value):
                break
            half = (near + far) / 2
            middle = decimal_between(half, half + (far - near) / 8)
            near, far = (near, middle) if self.good(name, middle) else (middle, far)
        return far


def exact_text(value: object) -> str | None:
    return exact(value) if isinstance(value, Fraction) else None


def differing(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """The names of which the two say different things."""
    return sorted(name for name in {*before, *after} if before.get(name) != after.get(name))


def word(there: bool) -> str | None:
    return "there" if there else None


def crowd(text: str) -> float:
    """How many borrowers a verdict speaks for, to compare."""
    return float("inf") if text == "any" else 1 if text == "one" else int(text)
