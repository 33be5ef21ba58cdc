"""Evidence checked again, without the code that found it: rebuilt from the spec, compared, and put to another solver.

No engine and no z3 is loaded, except where a proof is over tiers: there the list of obligations is what lifting asks
for, so lifting is run again on a stand-in that knows no answers but those that the stored obligations claim.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Literal

import attrs

from verifier.analyses.cases import Case, cases, parse_setting
from verifier.analyses.replays import arguments_of, tabular
from verifier.analyses.seats import book_of, seated
from verifier.evidence.archive import MANIFEST, Archive, Refused, read_archive
from verifier.evidence.obligations import Answer, Obligation
from verifier.evidence.proof import Evidence, Stored, Subject, evidence, refuse_difference, stored_of
from verifier.evidence.referee import Referee
from verifier.interpretations.digest import digest, parts
from verifier.interpretations.smtlib import each_goal
from verifier.interpretations.specialise import specialise
from verifier.language.elsewhere import refuse_off_grid
from verifier.language.errors import SpecError
from verifier.language.expr import Bool, Q
from verifier.language.load import select
from verifier.language.lower import Problem
from verifier.language.pieces import Design

Standing = Literal["confirmed", "refuted", "not confirmed"]
SECONDS = 20.0
BUNDLED = "bundled"
SETTING = re.compile(r"[A-Za-z_][\w.]*=(-?[0-9]+([./][0-9]+)?|[A-Za-z][\w -]*|\[[0-9 ./;:-]*\])")
"""What a setting in evidence may be: nothing in it can name a file."""
LONGEST = 200_000
Asked = tuple[str, Answer, list[tuple[str, str]]]
"""An obligation's name, the answer it needs, and its scripts, each with its encoding."""


@attrs.frozen(eq=False)
class Checked:
    """One obligation: whether another solver agrees."""

    name: str
    standing: Standing
    why: str = ""
    seconds: float = 0.0


@attrs.frozen(eq=False)
class Rechecked:
    """One verdict's evidence: why it is refused, if it is, else what became of each obligation."""

    folder: str
    about: str
    refused: str | None
    bound: bool
    """Whether it was rebuilt from a spec."""
    items: tuple[Checked, ...] = ()
    case: Case | None = None
    """The claim of the spec that it is about."""

    @property
    def standing(self) -> Standing | Literal["refused"]:
        if self.refused is not None:
            return "refused"
        found = {item.standing for item in self.items}
        return "refuted" if "refuted" in found else "not confirmed" if "not confirmed" in found else "confirmed"


def recheck(spec: str | None, folder: Path, *, seconds: float = SECONDS, jobs: int = 1) -> Iterator[Rechecked]:
    """Each verdict's evidence in the folder, or just below it. Raises SpecError where there is none.

    The spec is a design's name, a file, or ``bundled`` for whatever the library has. Without one the files are found
    consistent with each other only.
    """
    here = [folder] if (folder / MANIFEST).exists() else sorted(path for path in folder.iterdir() if path.is_dir())
    if not here:
        raise SpecError(f"{folder} has no evidence: no {MANIFEST} in it or in a folder below it")
    referees = [Referee(seconds) for _ in range(jobs)]
    try:
        for path in here:
            yield rechecked(spec, path, referees)
    finally:
        for referee in referees:
            referee.stop()


def rechecked(spec: str | None, path: Path, referees: Sequence[Referee]) -> Rechecked:
    """One verdict's evidence."""
    about, extra, case = "", tuple[Checked, ...](), None
    try:
        archive = read_archive(path)
        stored = stored_of(archive)
        claimed = archive.manifest["claim"]
        about = f"{claimed['design']} · {claimed['property']}"
        if spec is not None:
            case, whole, extra = rebuilt(spec, archive, stored)
            refuse_difference(archive, whole.archive)
            archive = whole.archive
        asked = listed(archive, empty=stored.kind == "run")
    except (Refused, SpecError) as why:
        return Rechecked(path.name, about, str(why), spec is not None)
    items = [*decided(asked, referees), *extra]
    if stored.kind == "run":
        items.insert(0, Checked("the run", *(("confirmed",) if spec else ("not confirmed", "a run needs its spec"))))
    return Rechecked(path.name, about, None, spec is not None, tuple(items), case)


def without_evidence(spec: str, only: tuple[str, ...], found: Sequence[Rechecked]) -> list[Case]:
    """The claims of the spec, or of the bundled designs that the evidence is about, of which there is none."""
    designs = {one.case.design.title for one in found if one.case is not None}
    chosen = [design for name, design in select_from(spec).items() if spec != BUNDLED or name in designs]
    there = {what(one.case) for one in found if one.case is not None}
    return [case for case in cases(chosen, only=only) if what(case) not in there]


def what(case: Case) -> str:
    """A digest of what is claimed of which system."""
    problem = case.problem()
    return digest(parts(problem.system, problem.claim, case.prop.arithmetic))


def select_from(spec: str) -> dict[str, type[Design]]:
    """The designs that a spec means."""
    return select(() if spec == BUNDLED else (spec,))


def listed(archive: Archive, *, empty: bool = False) -> list[Asked]:
    """Each obligation of an archive. Raises Refused where there is none, or a file is missing."""
    found: list[Asked] = []
    if not archive.manifest["obligations"] and not empty:
        raise Refused("there is nothing that it rests on")
    for item in archive.manifest["obligations"]:
        missing = [name for name in item["files"] if name not in archive.files]
        if missing or not item["files"]:
            raise Refused(f"{missing[0] if missing else 'a file'} is missing")
        texts = [(name.split(".")[1], archive.files[name]) for name in item["files"]]
        found.append((item["name"], item["expected"], texts))
    return found


def decided(asked: Sequence[Asked], referees: Sequence[Referee]) -> Iterator[Checked]:
    """What the other solver says, in order."""
    free: SimpleQueue[Referee] = SimpleQueue()
    for referee in referees:
        free.put(referee)

    def one(item: Asked) -> Checked:
        referee = free.get()
        try:
            return decide(*item, referee)
        finally:
            free.put(referee)

    with ThreadPoolExecutor(len(referees)) as pool:
        yield from pool.map(one, asked)


def decide(name: str, expected: Answer, texts: Sequence[tuple[str, str]], referee: Referee) -> Checked:
    """One obligation; where the whole is too much, goal by goal."""
    started = time.perf_counter()
    standing = settled(expected, texts, referee)
    if standing == "not confirmed" and expected == "unsat":
        apart = [[(encoding, goal) for goal in each_goal(text)] for encoding, text in texts]
        parts = list(zip(*apart, strict=True)) if len({len(goals) for goals in apart}) == 1 else []
        if parts and all(settled(expected, goal, referee) == "confirmed" for goal in parts):
            standing = "confirmed"
    why = {"confirmed": "", "refuted": f"not {expected}"}.get(standing, "not decided within its limits")
    return Checked(name, standing, why, time.perf_counter() - started)


def settled(expected: Answer, texts: Sequence[tuple[str, str]], referee: Referee) -> Standing:
    """One question; of several encodings one is enough, and a model of the relaxed one says nothing."""
    for encoding, text in texts:
        said = referee.ask(text)
        if said == expected:
            return "confirmed"
        if said != "unknown" and encoding != "relaxed":
            return "refuted"
    return "not confirmed"


def rebuilt(spec: str, archive: Archive, stored: Stored) -> tuple[Case, Evidence, tuple[Checked, ...]]:
    """The claim, and what the evidence for it must be for this spec. Raises Refused, SpecError."""
    manifest = archive.manifest
    chosen = select_from(spec)
    design = chosen.get(manifest["claim"]["design"])
    if design is None:
        raise Refused(f"it is about {manifest['claim']['design']}, and {spec} has {', '.join(list(chosen)[:6])}")
    case, problem, subject = subject_of(design, manifest, stored)
    if subject.arithmetic == "fixed":
        for rule in subject.system.rules:
            refuse_off_grid(rule)
    if stored.kind != "tiers":
        return case, evidence(subject, stored), ()
    obligations = over_tiers(case, problem, archive, stored)
    if obligations is None:
        why = "a bound over tiers: that the list of obligations is complete is not rebuilt"
        return case, Evidence(archive, ()), (Checked("the list", "not confirmed", why),)
    return case, evidence(subject, stored, obligations), ()


def subject_of(design: type[Design], manifest: Mapping[str, Any], stored: Stored) -> tuple[Case, Problem, Subject]:
    """The claim of the design that the evidence is about. Raises Refused with what is different."""
    claimed = manifest["claim"]
    try:
        given = dict(map(setting, claimed["set"])) | arguments_of(about_arguments(claimed))
        seats = [(Q(health), Q(size)) for health, size in manifest["positions"]]
        found = cases([design], only=(claimed["property"],), settings=given, arithmetic=claimed["arithmetic"])
    except ValueError:
        raise Refused("a setting in it cannot be read") from None
    nearest: list[str] | None = None
    for case in found:
        problem = case.problem()
        if (case.prop.crowd and book_of(problem) is not None) != (stored.kind == "tiers" or bool(seats)):
            raise Refused("what is claimed of a book of tiers, and only that, is shown over tiers, or by positions")
        if seats:
            problem = seated(design, problem, case.settings, seats)
        over = problem.system if stored.kind == "tiers" else specialise(problem.system, case.prop.arithmetic)
        own = parts(over, problem.claim, case.prop.arithmetic)
        if digest(own) == manifest["digest"] == digest(manifest["parts"]):
            borrowers = "any" if stored.kind == "tiers" else over.borrowers
            arithmetic = case.prop.arithmetic
            about = (design.title, tuple(claimed["set"]), over, problem.claim, arithmetic, borrowers, tuple(seats))
            return case, problem, Subject(*about)
        there = manifest["parts"]
        differs = sorted(name for name in {*own, *there} if own.get(name) != there.get(name))
        nearest = differs if nearest is None or len(differs) < len(nearest) else nearest
    what = ", ".join((nearest or [])[:4]) or "its digest"
    if nearest == ["open parameters"]:
        what += " (an interval, as 'verifier bound' proves it, is no setting: check it without a spec)"
    raise Refused(f"it is evidence about another system or claim: what differs is {what}")


def setting(text: str) -> tuple[str, Any]:
    """A setting in evidence. Raises Refused."""
    if len(text) > LONGEST or not SETTING.fullmatch(text):
        raise Refused(f"the setting {text[:60]!r} cannot be read back")
    name, value = parse_setting(text)
    return name, () if tabular(text) and value == "" else value


def about_arguments(claimed: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters that may be arguments of a claim: those that are plain."""
    plain = {name: text for name, text in claimed["parameters"].items() if SETTING.fullmatch(f"value={text}")}
    return {"property": claimed["property"], "parameters": plain}


def over_tiers(case: Case, problem: Problem, archive: Archive, stored: Stored) -> Sequence[Obligation] | None:
    """What lifting asks for, when it knows nothing but what the stored obligations claim; None for an open parameter.

    Raises Refused.
    """
    from verifier.analyses.crowd import settle_crowd
    from verifier.analyses.lift import NothingHappens, NotLifted
    from verifier.analyses.market import market_of
    from verifier.analyses.theorem import ON_FLOOR
    from verifier.evidence.verdict import Proved

    if problem.system.params:
        return None
    known = {name.removeprefix(ON_FLOOR) for name, _ in stored.lemmas if name.startswith(ON_FLOOR)}
    solver: Any = Listed(archive)
    try:
        market = market_of(case.design, problem, dict(case.settings), solver, known=known)
        verdict = settle_crowd(market, solver).verdict
    except (NotLifted, NothingHappens) as why:
        raise Refused(f"the list of obligations is not what lifting asks for: {why}") from None
    if not isinstance(verdict, Proved):
        raise Refused("the list of obligations does not cover all shocks")
    return verdict.certificate.obligations


class Listed:
    """Stands in for a solver, and knows only what the obligations of an archive claim."""

    arithmetic = "real"
    questions = 0

    def __init__(self, archive: Archive) -> None:
        self.known = {text: expected for _, expected, texts in listed(archive) for _, text in texts}

    def ask(self, facts: Sequence[Bool], goals: Sequence[Bool] = ()) -> Any:
        """None for what is claimed to have no model, and for what is to have one and is not claimed to."""
        from verifier.engines.ask import Model

        said = self.known.get(Obligation("", tuple(facts), tuple(goals)).text())
        return None if said == "unsat" or (said is None and not goals) else Model({}, ())
