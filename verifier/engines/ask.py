"""One question, one fresh solver, in a warm worker process that can be stopped at once.

What was learnt about z3 5.4, so that nobody has to learn it again:

- One solver with push and pop is an order of magnitude slower on nonlinear questions than a fresh one for each.
- The order of declarations changes times by as much; scripts are written in order of appearance, never from a set.
- ``rlimit`` is counted per check, and differs by a few units in a warm process: slices leave a margin.
- No tactic suffices alone: integers need the relaxed reals, the bare core, the default solver and QF_NIA, each for
  something else. The bare core settles nine of ten of them in a few milliseconds, and loses itself in the others.
- Models of QF_NRA may be algebraic numbers; such a value is None here, and the question is asked again elsewhere.
"""

from __future__ import annotations

import hashlib
import json
import os
import select
import subprocess
import time
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Literal

import attrs

from verifier.engines.memory import Memory, key_of, solver_version
from verifier.evidence.process import begun, ended
from verifier.interpretations.smtlib import Encoding, Script, script
from verifier.language.errors import SpecError
from verifier.language.expr import Bool, Var
from verifier.language.system import Arithmetic

Kind = Literal["time", "memory", "resources", "incomplete"]


class GaveUp(Exception):  # noqa: N818 (it is an answer, not an error)
    """No solver settled the question within its limits."""

    def __init__(self, kind: Kind, detail: str) -> None:
        super().__init__(detail)
        self.kind: Kind = kind


@attrs.frozen
class Model:
    """Values under which the facts hold and the goals of the given positions fail. None stands for an irrational."""

    values: Mapping[Var, Fraction | bool | None]
    failed: tuple[int, ...]


@attrs.frozen
class Slice:
    """One attempt: an encoding, a solver, and how much of the solver's own resource units it may use."""

    encoding: Encoding
    tactic: str
    rlimit: int
    settles: Literal["both", "unsat"] = "both"
    alone: bool = False
    """Whether it is left out of questions about several goals, which are asked one by one where they stay open."""


REAL = (
    Slice("real", "qfnra-nlsat", 400_000),
    Slice("real", "QF_NRA", 4_000_000),
    Slice("real", "default", 4_000_000, alone=True),
)
FIXED = (
    Slice("integer", "simple", 200_000),
    Slice("relaxed", "QF_NRA", 2_000_000, "unsat"),
    Slice("integer", "default", 6_000_000),
    Slice("integer", "QF_NIA", 12_000_000, alone=True),
)
ASKER = f"{solver_version()} {hashlib.sha256(Path(__file__).with_name('worker.py').read_bytes()).hexdigest()}"
"""What an answer depends on beside the question: the solver and the program that asks it."""
LEAST = 80_000
"""The solver's units that every attempt has, however small its share."""
SLICES: Mapping[Arithmetic, tuple[Slice, ...]] = {"real": REAL, "fixed": FIXED}


class Worker:
    """A solver process; it is started at the first question and replaced after it was stopped."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.buffer = b""
        self.closed = False

    def start(self) -> subprocess.Popen[bytes]:
        if self.closed:
            raise GaveUp("time", "interrupted")
        if self.process is None or self.process.poll() is not None:
            self.stop()
            self.buffer = b""
            self.process = begun("verifier.engines.worker")
        return self.process

    def ask(self, question: Mapping[str, object], seconds: float) -> dict[str, object]:
        """The worker's reply. Raises GaveUp when it does not come in time or the worker dies."""
        process = self.start()
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps(question).encode() + b"\n")
            process.stdin.flush()
        except BrokenPipeError:
            self.stop()
            raise GaveUp("memory", "the solver's process died") from None
        return dict(json.loads(self.line(process, time.monotonic() + seconds)))

    def line(self, process: subprocess.Popen[bytes], deadline: float) -> bytes:
        assert process.stdout is not None
        while b"\n" not in self.buffer:
            ready, _, _ = select.select([process.stdout], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                self.stop()
                raise GaveUp("time", "the solver was stopped by the clock, so this answer is not reproducible")
            chunk = os.read(process.stdout.fileno(), 1 << 16)
            if not chunk:
                self.stop()
                raise GaveUp("memory", "the solver's process died, most likely out of memory")
            self.buffer += chunk
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line

    def close(self) -> None:
        """Stop, and never start again."""
        self.closed = True
        self.stop()

    def stop(self) -> None:
        """End the process and everything it started, at once; two threads may say so at the same time."""
        process, self.process = self.process, None
        ended(process)


@attrs.define
class Solver:
    """Puts questions to a worker, one slice after the other, and remembers the answers."""

    arithmetic: Arithmetic
    deadline: float
    """When to stop, in seconds of ``time.monotonic``."""
    worker: Worker
    memory: Memory = attrs.field(factory=Memory)
    scale: float = 1.0
    """A factor on the slices: an engine that must not use up the whole allowance asks with less."""
    thorough: bool = True
    """Whether the last of the slices is tried, too: what is asked beside a verdict is not worth that."""
    questions: int = 0

    def ask(self, facts: Sequence[Bool], goals: Sequence[Bool] = (), share: float = 1.0) -> Model | None:
        """A model in which all facts hold and some goal fails, or None if there is none.

        Raises GaveUp if no slice settles it within a share of its allowance, SpecError if it is about integers and some
        quantity has no decimals.
        """
        why: list[str] = []
        kind: Kind = "resources"
        off_grid: SpecError | None = None
        for part in self.attempts(share):
            try:
                question = script(facts, goals, part.encoding)
            except SpecError as error:  # what has no decimals is no integer, but may follow from the reals
                off_grid = error
                continue
            allowed = max(LEAST, int(part.rlimit * self.scale * share))
            key = key_of("answer", ASKER, part.encoding, part.tactic, str(allowed), question.text)
            reply = self.memory.get(key)
            if reply is None:
                reply = self.put(question, part, allowed)
                if reply.get("reason") != "memory":  # which another machine may have more of
                    self.memory.put(key, "answer", reply)
            if reply["answer"] == "unsat":
                return None
            if reply["answer"] == "sat" and part.settles == "both":
                return self.model(question, reply)
            if reply["answer"] == "sat":
                continue
            why.append(f"{part.tactic}: {reply.get('reason')}")
            if reply.get("reason") == "memory":
                kind = "memory"
        if off_grid is not None:
            raise off_grid
        raise GaveUp(kind, "; ".join(why))

    def attempts(self, share: float) -> list[Slice]:
        """The slices that are tried with a share of their allowance."""
        slices = SLICES[self.arithmetic]
        return [part for part in (slices if self.thorough else slices[:-1]) if share == 1 or not part.alone]

    def put(self, question: Script, part: Slice, allowed: int) -> dict[str, object]:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise GaveUp("time", "the time for this claim is used up, so this answer is not reproducible")
        kind = "Int" if part.encoding == "integer" else "Real"
        sorts = {name.strip("|"): "Bool" if var.sort is Bool else kind for var, name in question.names.items()}
        try:
            return self.worker.ask(
                {
                    "smt2": question.text,
                    "tactic": part.tactic,
                    "rlimit": allowed,
                    "timeout": int(left * 1000) + 1000,
                    "names": sorts,
                    "goals": list(question.goals),
                },
                left,
            )
        finally:
            self.questions += 1

    def model(self, question: Script, reply: Mapping[str, object]) -> Model:
        given = reply["model"]
        assert isinstance(given, dict)
        values: dict[Var, Fraction | bool | None] = {}
        for var, name in question.names.items():
            text = given[name.strip("|")]
            if text is None:
                values[var] = None
            elif var.sort is Bool:
                values[var] = text == "true"
            else:
                values[var] = Fraction(text) / question.steps[var]
        failed = reply["failed"]
        assert isinstance(failed, list)
        return Model(values, tuple(int(name.removeprefix("goal!")) for name in failed))
