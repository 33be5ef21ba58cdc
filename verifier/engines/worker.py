"""One process that answers questions with z3, each in a fresh context, until its standard input ends.

A line of JSON in, a line of JSON out. It ends at once when its parent does, even in the middle of a question.
"""

import json
import os
import queue
import resource
import signal
import sys
import threading
from typing import Any

import z3

MEMORY_MB = 1500


def values(model: Any, names: list[str], constants: dict[str, Any]) -> dict[str, str | None]:
    """The model's value of each name: "p/q", "true" or "false", or None for an irrational one."""
    found: dict[str, str | None] = {}
    for name in names:
        value = model.eval(constants[name], model_completion=True)
        if z3.is_true(value) or z3.is_false(value):
            found[name] = "true" if z3.is_true(value) else "false"
        elif z3.is_int_value(value) or z3.is_rational_value(value):
            found[name] = str(value.as_fraction() if z3.is_rational_value(value) else value.as_long())
        else:
            found[name] = None
    return found


def answer(question: dict[str, Any]) -> dict[str, Any]:
    """Ask one question: its text, tactic, limits, the names to read with their sorts, and goals."""
    ctx = z3.Context()
    tactic = question["tactic"]
    match tactic:
        case "simple":
            solver = z3.SimpleSolver(ctx=ctx)
        case "default":
            solver = z3.Solver(ctx=ctx)
        case "qfnra-nlsat":
            solver = z3.Tactic(tactic, ctx=ctx).solver()
        case _:
            solver = z3.SolverFor(tactic, ctx=ctx)
    solver.set("rlimit", question["rlimit"])
    solver.set("timeout", question["timeout"])
    goals = question["goals"]
    # A defined name is expanded while reading and gone afterwards: a constant beside each goal keeps it in sight.
    watches = [f"(declare-const |watch {goal}| Bool)(assert (= |watch {goal}| {goal}))" for goal in goals]
    solver.from_string("\n".join([question["smt2"], *watches]))
    before = _rlimit(solver)
    result = str(solver.check())
    reply: dict[str, Any] = {"answer": result, "rlimit": _rlimit(solver) - before}
    if result == "unknown":
        reply["reason"] = solver.reason_unknown()
    if result == "sat":
        model = solver.model()
        make = {"Real": z3.Real, "Int": z3.Int, "Bool": z3.Bool}
        constants = {name: make[sort](name, ctx) for name, sort in question["names"].items()}
        reply["model"] = values(model, list(constants), constants)
        reply["failed"] = [
            goal for goal in goals if z3.is_false(model.eval(z3.Bool(f"watch {goal}", ctx), model_completion=True))
        ]
    return reply


def _rlimit(solver: Any) -> int:
    statistics = solver.statistics()
    return int(statistics.get_key_value("rlimit count")) if "rlimit count" in statistics.keys() else 0  # noqa: SIM118


def main() -> None:
    """Read questions in a thread of its own, so that the end of input is noticed during a question too."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MB << 20, MEMORY_MB << 20))
    waiting: queue.Queue[str] = queue.Queue()

    def read() -> None:
        for line in sys.stdin:
            waiting.put(line)
        os._exit(0)

    threading.Thread(target=read, daemon=True).start()
    while True:
        question = json.loads(waiting.get())
        try:
            reply = answer(question)
        except (z3.Z3Exception, MemoryError) as error:
            reason = "memory" if "memory" in str(error).lower() or isinstance(error, MemoryError) else str(error)
            reply = {"answer": "unknown", "reason": reason, "rlimit": 0}
        sys.stdout.write(json.dumps(reply) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
