"""A second opinion: cvc5 asked for the answer to a script, in a process that can be stopped, several at once.

cvc5 1.4 does not always keep the limits that it is given, so each question has a child process of its own with limits
on time and memory, forked from one that has the library loaded. ``python -m verifier.evidence.referee`` is that one.
"""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from typing import Literal, Self

import attrs

from verifier.evidence.process import begun, ended

Answer = Literal["sat", "unsat", "unknown"]
MEMORY = 4 * 2**30
GRACE = 5.0
STRATEGIES: tuple[tuple[float, dict[str, str]], ...] = (
    (0.3, {}),
    (0.3, {"nl-ext-tplanes": "true", "nl-cov": "false"}),
    (0.4, {"nl-cov": "true"}),
)
"""Shares of the time, each with cvc5's options; the first answer counts."""


def available() -> bool:
    """Whether cvc5 is installed."""
    return find_spec("cvc5") is not None


@attrs.define(eq=False)
class Referee:
    """A process that answers one question at a time; closing it ends what it is doing."""

    seconds: float
    """The most time for one question."""
    process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def ask(self, text: str) -> Answer:
        """The answer; a question that is not settled in time, or kills the process, is unknown."""
        process = self.start()
        assert process.stdin is not None
        assert process.stdout is not None
        question = json.dumps({"text": text, "seconds": self.seconds}).encode() + b"\n"
        try:
            process.stdin.write(question)
            process.stdin.flush()
            if select.select([process.stdout], [], [], self.seconds + GRACE)[0]:
                answer = process.stdout.readline().decode().strip()
                if answer in {"sat", "unsat", "unknown"}:
                    return answer  # type: ignore[return-value]
        except OSError:
            pass
        self.stop()
        return "unknown"

    def start(self) -> subprocess.Popen[bytes]:
        if self.process is None or self.process.poll() is not None:
            self.stop()
            self.process = begun("verifier.evidence.referee")
        return self.process

    def stop(self) -> None:
        """End the process and all that it started."""
        process, self.process = self.process, None
        ended(process)


def answer(text: str, options: dict[str, str]) -> str:
    """What cvc5 says, in this process."""
    import cvc5

    solver = cvc5.Solver()
    for name, value in options.items():
        solver.setOption(name, value)
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, text, "obligation")
    symbols, said = parser.getSymbolManager(), ""
    while not (command := parser.nextCommand()).isNull():
        said += command.invoke(solver, symbols)
    return said.strip()


def within(text: str, options: dict[str, str], seconds: float) -> str:
    """The same in a child process that is ended when its time is over."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        said = "unknown"
        try:
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            said = answer(text, options)
        finally:
            os.write(writing, said.encode()[:100])
            os._exit(0)
    os.close(writing)
    ready, _, _ = select.select([reading], [], [], seconds)
    said = os.read(reading, 100).decode() if ready else ""
    os.close(reading)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return said if said in {"sat", "unsat"} else "unknown"


def serve() -> None:
    """Answer question after question, one a line."""
    import cvc5

    assert cvc5.Solver
    for line in sys.stdin.buffer:
        question = json.loads(line)
        said, ends = "unknown", time.monotonic() + question["seconds"]
        for share, options in STRATEGIES:
            left = min(share * question["seconds"], ends - time.monotonic())
            said = within(question["text"], options, left) if left > 0 else said
            if said != "unknown":
                break
        print(said, flush=True)


if __name__ == "__main__":
    serve()
