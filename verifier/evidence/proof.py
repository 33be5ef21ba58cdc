"""From a verdict to its evidence, and from evidence and a system back to what the evidence must be.

Writer and checker build evidence by the same functions, and both from texts: lemmas are written and read back before
anything is made of them, runs are replayed. So what is stored can be compared with what follows from a spec, byte for
byte, by somebody who trusts neither the store nor whoever found the proof.
"""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from verifier.evidence.archive import Archive, Refused, document, parsed, shaped
from verifier.evidence.obligations import Obligation, no_way_out, obligations, witnessed
from verifier.evidence.run import Disagreement, Run, advance, replay
from verifier.evidence.trace import as_texts, beginning, exact, itf, trace
from verifier.evidence.witness import Witness, happens, wanted
from verifier.interpretations.digest import digest, parts
from verifier.interpretations.text import Unreadable, read, written
from verifier.language.expr import Bool, decimal_text
from verifier.language.system import Arithmetic, Claim, System

if TYPE_CHECKING:
    from verifier.evidence.verdict import Finding

VERSION = 2
RUN, PICTURED = "run.json", "run.itf.json"
TEXTS = {
    "identity": "The claim holds of all values of the quantities in it: see the obligation 'identity'.",
    "guards": "The claim holds across each step that it speaks of, by what holds whenever the rule acts: "
    "see 'property of RULE'.",
    "induction": "Lemmas and claim hold at the start ('initiation'); each rule that writes something of them keeps "
    "them ('consecution of RULE'); together they imply the claim ('property'). So it holds in every reachable state.",
    "k-induction": "The lemmas are inductive ('initiation', 'consecution of RULE'); the claim holds in all states of "
    "short runs ('base after N steps'), and after as many steps within claim and lemmas ('property after N steps').",
    "tiers": "docs/tiers.md: lifting, the theorem on two groups, and the question that covers all shocks. A checker "
    "rebuilds this list by the analysis that lifts, which is given no other answers than those of these obligations.",
    "run": "The run breaks the claim: it is replayed by exact arithmetic.",
}
"""How the obligations add up to the claim."""
COMMON = "What is claimed has a value ('divisors'), and it is about something ('vacuity': these have models)."

CLAIMED = {
    "design": str, "property": str, "statement": str, "set": [str], "arithmetic": ("real", "fixed"), "borrowers": str,
    "parameters": {str: str}, "assumptions": {str: str},
}  # fmt: skip
LISTED = {"name": str, "files": [str], "expected": ("sat", "unsat")}
SHAPE = {
    "format": ("verifier evidence",), "version": (VERSION,), "kind": ("proof", "tiers", "run"), "claim": CLAIMED,
    "digest": str, "parts": {str: str}, "k": int, "identity": bool, "lemmas": [{"name": str, "formula": str}],
    "witnesses": [{"what": str, "way": int, "depth": int, "run": (str, None)}], "positions": [[str]],
    "argument": str, "obligations": [LISTED], "versions": {str: str},
}  # fmt: skip
TRACE = {
    "parameters": {str: str}, "steps": [{"rule": str, "inputs": {str: str}}], "states": [{str: str}],
}  # fmt: skip


@attrs.frozen(eq=False)
class Subject:
    """What a verdict is about."""

    design: str
    settings: tuple[str, ...]
    system: System
    claim: Claim
    arithmetic: Arithmetic
    borrowers: str
    positions: tuple[tuple[Fraction, Fraction], ...] = ()

    def claimed(self) -> dict[str, Any]:
        """The claim and its circumstances."""
        system = self.system
        return {
            "design": self.design,
            "property": self.claim.name,
            "statement": self.claim.doc,
            "set": list(self.settings),
            "arithmetic": self.arithmetic,
            "borrowers": self.borrowers,
            "parameters": {k: _text(v) for k, v in system.fixed.items()} | {var.name: "any" for var in system.params},
            "assumptions": system.sentences(),
        }

    @property
    def names(self) -> dict[str, Any]:
        """The quantities of which lemmas may speak."""
        return {var.name: var for var in (*self.system.params, *self.system.state, *self.system.rigid)}


@attrs.frozen(eq=False)
class Evidence:
    """Evidence in full: what is stored, and the obligations behind it."""

    archive: Archive
    obligations: tuple[Obligation, ...]


@attrs.frozen(eq=False)
class Stored:
    """The part of stored evidence that cannot be rebuilt from a spec: how the claim is proved."""

    kind: str
    k: int = 1
    identity: bool = False
    lemmas: tuple[tuple[str, str], ...] = ()
    witnesses: tuple[tuple[str, int, int, Mapping[str, Any] | None], ...] = ()
    """What happens, in which way, after how many steps, in which run."""
    run: Mapping[str, Any] | None = None


def evidence(subject: Subject, stored: Stored, tiers: Sequence[Obligation] = ()) -> Evidence:
    """All evidence for what is stored about the subject; ``tiers`` are the obligations of a proof over tiers.

    Raises Refused where it is none.
    """
    files: dict[str, str] = {}
    made: list[Obligation] = list(tiers)
    kept: list[dict[str, Any]] = []
    if stored.kind == "proof":
        made = [*_obligations(subject, stored), *_vacuity(subject, stored, files, kept)]
    elif stored.kind == "run":
        assert stored.run is not None
        run = _replayed(subject, stored.run, subject.claim)
        files |= {RUN: document(trace(run)), PICTURED: document(itf(run, f"{subject.design}: {subject.claim.name}"))}
        made = no_way_out(subject.system, subject.claim, run)
    listed = []
    for number, item in enumerate(made, 1):
        own = {}
        for encoding in item.encodings(subject.arithmetic):
            own[f"{number:03d}.{encoding}.smt2"] = item.text(encoding)
        files |= own
        listed.append({"name": item.name, "files": list(own), "expected": item.expected})
    found = parts(subject.system, subject.claim, subject.arithmetic)
    manifest = {
        "format": "verifier evidence", "version": VERSION, "kind": stored.kind, "claim": subject.claimed(),
        "digest": digest(found), "parts": found, "k": stored.k, "identity": stored.identity,
        "lemmas": [{"name": name, "formula": text} for name, text in stored.lemmas], "witnesses": kept,
        "positions": [[decimal_text(number) for number in seat] for seat in subject.positions],
        "argument": argument(stored), "obligations": listed, "versions": versions(),
    }  # fmt: skip
    return Evidence(Archive(manifest, files), tuple(made))


def argument(stored: Stored) -> str:
    """How the obligations add up to the claim."""
    if stored.kind != "proof":
        return TEXTS[stored.kind]
    how = "identity" if stored.identity else ("guards", "induction")[stored.k] if stored.k < 2 else "k-induction"
    return f"{TEXTS[how]} {COMMON}"


def versions() -> dict[str, str]:
    """What made the evidence; nothing rests on it."""
    made = {"python": platform.python_version()}
    for name in ("liquidation-verifier", "z3-solver"):
        try:
            made[name] = version(name)
        except PackageNotFoundError:
            continue
    return made


def _obligations(subject: Subject, stored: Stored) -> list[Obligation]:
    if (stored.identity and (stored.lemmas or stored.k)) or not 0 <= stored.k <= 8 or (not stored.k and stored.lemmas):
        raise Refused("there is no such proof")
    if stored.k != 1 and not stored.identity and subject.claim.on_steps != (stored.k == 0):
        raise Refused("a claim of this form has no such proof")
    lemmas: list[tuple[str, Bool]] = []
    for name, text in stored.lemmas:
        try:
            lemmas.append((name, read(text, subject.names)))
        except Unreadable as why:
            raise Refused(f"lemma {name}: {why}") from None
    return obligations(subject.system, subject.claim, stored.k, lemmas, identity=stored.identity)


def _vacuity(
    subject: Subject, stored: Stored, files: dict[str, str], kept: list[dict[str, Any]]
) -> Iterable[Obligation]:
    asked = wanted(subject.system, subject.claim)
    if subject.claim.on_steps and not any(rule.name in subject.claim.steps for rule in subject.system.rules):
        raise Refused("the parameters rule out every step that is spoken of: the proof is vacuous")
    if [item.what for item in asked] != [what for what, *_ in stored.witnesses]:
        raise Refused("the list of what must be able to happen is not that of this claim")
    for number, (item, (what, way, depth, data)) in enumerate(zip(asked, stored.witnesses, strict=True), 1):
        if not 0 <= way < len(item.ways):
            raise Refused(f"{what} has no way {way}")
        name = f"witness-{number}.json" if data is not None else None
        kept.append({"what": what, "way": way, "depth": depth, "run": name})
        run = None if data is None else _replayed(subject, data, None)
        if run is not None:
            files[f"{name}"] = document(trace(run))
            acts = item.ways[way].rule is not None
            if depth != len(run) - acts or happens(item, run.states, run.steps, subject.arithmetic, within=way) is None:
                raise Refused(f"{name} does not show {what}")
        elif not 0 <= depth <= 8:
            raise Refused(f"{what}: {depth} steps are too many")
        yield witnessed(subject.system, item, Witness(what, way, run, depth))


def _replayed(subject: Subject, data: Mapping[str, Any], claim: Claim | None) -> Run:
    """The stored run, each state compared before the next is computed: numbers cannot outgrow what is stored."""
    try:
        start, steps = beginning(subject.system, data)
        if len(data["states"]) != len(steps) + 1:
            raise Refused("a run has one state more than steps")
        state = start
        for number, taken in enumerate(steps, 1):
            rule, inputs = subject.system.rule(taken.rule), dict(taken.inputs)
            post = advance(subject.system, rule, state, inputs, subject.arithmetic)
            if post is None:
                raise Refused(f"a run does not replay: step {number}: {rule.name} is not enabled")
            state = post
            if as_texts(state, subject.system.params) != data["states"][number]:
                raise Refused(f"a run's state after step {number} is not the one that follows")
        return replay(subject.system, claim, start, steps, subject.arithmetic)
    except Disagreement as why:
        raise Refused(f"a run does not replay: {why}") from None
    except (ValueError, KeyError):
        raise Refused("a run does not replay: it has a number that is too long, or lacks one") from None


def of_finding(finding: Finding) -> tuple[Subject, Stored, tuple[Obligation, ...]] | None:
    """What there is to store of a verdict: of a proof or a refutation."""
    from verifier.evidence.verdict import Proved, Refuted

    verdict, system = finding.verdict, finding.system
    if system is None or not isinstance(verdict, Proved | Refuted):
        return None
    tiers = finding.tiers and isinstance(verdict, Proved)
    subject = Subject(
        finding.design, finding.settings, system, finding.claim, finding.arithmetic,
        "any" if tiers else system.borrowers, finding.positions,
    )  # fmt: skip
    if isinstance(verdict, Refuted):
        return subject, Stored("run", run=trace(verdict.run)), ()
    proof = verdict.certificate
    lemmas = tuple((name, written(formula)) for name, formula in proof.lemmas)
    if tiers:
        return subject, Stored("tiers", lemmas=lemmas), proof.obligations
    seen = tuple((w.what, w.way, w.depth, None if w.run is None else trace(w.run)) for w in finding.witnesses)
    return subject, Stored("proof", proof.k, proof.identity, lemmas, seen), ()


def with_evidence(finding: Finding, folder: Path | None) -> Finding:
    """The finding with its evidence written below the folder, where it is a proof or a refutation."""
    found = None if folder is None else of_finding(finding)
    if folder is None or found is None:
        return finding
    whole = evidence(*found)
    name = f"{finding.design}-{finding.claim.name}-{whole.archive.manifest['digest'][:8]}"
    return attrs.evolve(finding, evidence=str(whole.archive.write(folder / name)))


def stored_of(archive: Archive) -> Stored:
    """How the claim is proved, according to an archive. Raises Refused."""
    manifest, files = shaped(archive.manifest, SHAPE, "the manifest"), archive.files

    def data(name: str | None) -> Mapping[str, Any] | None:
        if name is None:
            return None
        if name not in files:
            raise Refused(f"{name} is missing")
        return shaped(parsed(files[name], name), TRACE, name)  # type: ignore[no-any-return]

    return Stored(
        manifest["kind"], manifest["k"], manifest["identity"],
        tuple((item["name"], item["formula"]) for item in manifest["lemmas"]),
        tuple((item["what"], item["way"], item["depth"], data(item["run"])) for item in manifest["witnesses"]),
        data(RUN) if manifest["kind"] == "run" else None,
    )  # fmt: skip


def refuse_difference(there: Archive, here: Archive) -> None:
    """Stored evidence is what follows from the spec. Raises Refused with what differs first."""
    for name in ("claim", "k", "identity", "lemmas", "witnesses", "positions", "argument", "obligations"):
        if there.manifest[name] != here.manifest[name]:
            raise Refused(_difference(name, there.manifest[name], here.manifest[name]))
    for name in sorted({*there.files, *here.files}):
        if there.files.get(name) != here.files.get(name):
            missing = "is missing" if name not in there.files else "is not what follows from the spec"
            raise Refused(f"{name} {missing}")


def _difference(name: str, there: Any, here: Any) -> str:
    if isinstance(there, dict) and isinstance(here, dict):
        for key in sorted({*there, *here}):
            if there.get(key) != here.get(key):
                return _difference(f"{name}, {key}", there.get(key), here.get(key))
    if name == "obligations":
        stored, built = [item["name"] for item in there], [item["name"] for item in here]
        missing = next((item for item in built if item not in stored), None)
        return f"the obligation '{missing}' is missing" if missing else "the obligations are not those of the claim"
    return f"the manifest's {name} is not what follows from the spec"


def _text(value: object) -> str:
    return exact(value) if isinstance(value, bool | Fraction) else str(value)
