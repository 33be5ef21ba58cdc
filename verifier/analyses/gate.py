"""The gate: what the baseline lists is proved again and compared, so that nothing proved gets weaker unnoticed.

Each claim is weighed by itself, so the answer does not depend on how the claims are dealt out. What was recorded is
asked of the present specs; what is weaker, or not shown to be as strong, breaks the gate and says why.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from typing import Any, TypeVar

import attrs

from verifier.analyses.bound import bound
from verifier.analyses.boundary import decimal_between, stated
from verifier.analyses.cases import Case, cases, row_text, setting_text, with_arguments
from verifier.analyses.containment import readable, recalled, uncontained, unimplied
from verifier.analyses.environment import Described, described, names_of
from verifier.analyses.prove import Prover
from verifier.engines.ask import GaveUp, Model, Solver
from verifier.evidence.baseline import Baseline, Entry, Environment, Key, Limit
from verifier.evidence.gate import Break, Change, Moved, Report, Result
from verifier.evidence.record import Record, exact, record
from verifier.evidence.verdict import Proved, Refuted
from verifier.interpretations.canonical import digest
from verifier.language.errors import SpecError
from verifier.language.expr import Bool
from verifier.language.pieces import Design, Generic, Shock

BESIDE = Fraction(1, 10000)
"""How far beyond a bound its refutation lies."""
RANK = {"proved": 3, "bounded": 2, "unknown": 1, "vacuous": 0, "refuted": 0}
LONG, PROOFS, STEPS, NEAR = 120, 40, 10, Fraction(1, 50)
"""A restoring change is looked for with so many proofs, so many halvings of an interval, and told this roundly."""
SHARES = tuple(Fraction(text) for text in ("0.99", "1.01", "0.9", "1.1", "0.5", "0"))
"""What is tried of the present value of a parameter that did not change."""
T = TypeVar("T")
R = TypeVar("R")


@attrs.frozen
class Options:
    """How strict the gate is, and how long it may look for explanations."""

    tolerance: Fraction = Fraction(0)
    bounds: bool = True
    explain: float = 60.0
    """Seconds for where a bound is now, and as many for what would restore a claim."""


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


def claims(designs: Iterable[type[Design]], settings: Mapping[str, Any] | None = None) -> dict[Key, Case]:
    """What the designs claim, by what each claim is."""
    return {key_of(case): case for case in cases(list(designs), settings=settings)}


def prove_all(todo: Sequence[Case], prover: Prover, tell: Callable[[Case, str], None]) -> list[Record]:
    """The records of all cases, in their order."""
    return [record(finding) for finding in prover.findings(todo, tell)]


def in_order(work: Callable[[T], R], todo: Sequence[T], jobs: int) -> Iterator[R]:
    """The results in the order of the tasks, several at work at once."""
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        yield from pool.map(work, todo)


def dealt(items: Sequence[T], shard: tuple[int, int]) -> list[T]:
    """The part of a shard, the first of n being (1, n)."""
    number, of = shard
    return [item for place, item in enumerate(items) if place % of == number - 1]


# Writing.


def settled(
    todo: Sequence[Case], prover: Prover, old: Baseline | None, options: Options,
    tell: Callable[[Case, str], None] = lambda *_: None,
) -> list[tuple[Entry, Environment]]:  # fmt: skip
    """The claims as they are now, with their environments; a bound that was measured of this very system is kept."""
    records = prove_all(todo, prover, tell)
    before = {} if old is None else {entry.key(): entry for entry in old.claim}

    def one(pair: tuple[Case, Record]) -> tuple[Entry, Environment]:
        case, found = pair
        now = described(case)
        entry = entry_of(now, found)
        same = before.get(entry.key())
        if not options.bounds:
            return entry, now.environment()
        if same is not None and (same.system, same.verdict) == (entry.system, entry.verdict):
            return attrs.evolve(entry, bound=same.bound), now.environment()
        return attrs.evolve(entry, bound=measured(now, found, prover)), now.environment()

    return list(in_order(one, list(zip(todo, records, strict=True)), prover.jobs))


def entry_of(now: Described, found: Record) -> Entry:
    """A claim as the baseline has it."""
    design, name, under, arithmetic = key_of(now.case)
    return Entry(
        design=design, property=name, under=list(under), arithmetic=arithmetic, verdict=found.verdict,  # type: ignore[arg-type]
        declared=found.declared is not None, borrowers=str(found.borrowers), statement=found.statement,
        assumptions=sorted(found.assumptions), environment="", system=digest(now.problem.system, now.problem.claim),
        depth=found.depth if found.verdict == "bounded" else None, parameters=now.parameters(), formula=now.formulas(),
    )  # fmt: skip


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
        return isinstance(prover.finding(at(now, {name: value}), effort="runs", explain=False).verdict, Refuted)
    except (SpecError, GaveUp):
        return False


# Comparing.


def gate(
    old: Baseline, listed: Mapping[Key, Case], prover: Prover, options: Options, *, shard: tuple[int, int] = (1, 1),
    tell: Callable[[Case, str], None] = lambda *_: None,
) -> Report:  # fmt: skip
    """The recorded claims against the present specs."""
    recorded = {entry.key(): entry for entry in old.claim}
    keys = dealt(sorted({*recorded, *listed}), shard)
    present = [key for key in keys if key in listed]
    found = prove_all([listed[key] for key in present], prover, tell)
    records = dict(zip(present, found, strict=True))

    def one(key: Key) -> Result:
        entry, case = recorded.get(key), listed.get(key)
        if case is None:
            assert entry is not None
            return vanished(entry, listed)
        if entry is None:
            return new(key, records[key])
        return _Weighed(entry, old.environment_of(entry), described(case), records[key], prover, options).result()

    results = list(in_order(one, keys, prover.jobs))
    return Report(list(shard), len({*recorded, *listed}), results)


def vanished(entry: Entry, listed: Mapping[Key, Case]) -> Result:
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
        found.statement, notes=["it is not in the baseline"],
        record=attrs.evolve(found, seconds=0.0) if bad else None,
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
        new_entry = entry_of(self.now, self.found)
        present = self.now.environment()
        changes = list(self.changes(present))
        self.weigh_verdict()
        self.weigh_readings()
        if (self.found.verdict != "refuted") or self.entry.verdict != "refuted":
            self.weigh_statement(present)
        self.weigh_bound(changed=new_entry.system != self.entry.system)
        standing = "broken" if self.breaks else "better" if self.better else "held"
        lost = self.found.verdict != self.entry.verdict and self.found.verdict in {"unknown", "bounded", "vacuous"}
        if standing != "broken" and (lost or self.found.verdict == "unknown"):
            standing = "open"
        restores = self.restores() if self.breaks else None
        shows = self.breaks and (self.found.trace is not None or self.found.breaking is not None or self.found.reason)
        return Result(
            self.entry.design, self.entry.property, self.entry.under, self.entry.arithmetic, standing,  # type: ignore[arg-type]
            told(self.entry.verdict, self.entry.depth), told(self.found.verdict, self.found.depth),
            self.found.statement,
            breaks=self.breaks, improvements=self.better, notes=self.notes, changes=changes, moved=self.moved,
            restores=restores, record=attrs.evolve(self.found, seconds=0.0) if shows or standing == "open" else None,
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
            self.prover.answers,
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
        until = time.monotonic() + self.options.explain
        solver = Solver("real", until, self.prover.worker(), self.prover.answers)
        try:
            found = bound(case, solver, vary=name, precision=BESIDE)
        except (SpecError, GaveUp):
            return None
        return found.edge.safe if found.is_safe and found.edge is not None else None

    # What would restore it.

    def restores(self) -> str | None:
        """The smallest change of one parameter, one that changed or one of the mechanism, that restores the claim."""
        weak = {item.kind for item in self.breaks}
        if not weak <= {"verdict", "bound"} or self.entry.verdict != "proved" or not self.options.explain:
            return None
        search = _Restoring(self.now, self.prover, self.entry.bound, time.monotonic() + self.options.explain)
        was = self.entry.parameters
        before = {name: was[name] for name in differing(was, self.now.parameters()) if name in was}
        names = [*before, *sorted(self.now.own - {*before})]
        found: list[tuple[Fraction, str, Fraction]] = []
        for name in names:
            value = self.now.values.get(name)
            if type(value) is not Fraction:
                continue
            target = search.toward(name, value, before.get(name))
            if target is not None:
                found.append((abs(target - value) / abs(value) if value else Fraction(1), name, target))
        if not found:
            return None
        _, name, target = min(found)
        return f"{self.called(name)} = {exact(target)} alone would restore it"


@attrs.define(eq=False)
class _Restoring:
    now: Described
    prover: Prover
    limit: Limit | None
    until: float
    left: int = PROOFS

    def good(self, name: str, value: Fraction) -> bool:
        """Whether all that was proved is, with the parameter at this value."""
        if self.left <= 0 or time.monotonic() > self.until:
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
