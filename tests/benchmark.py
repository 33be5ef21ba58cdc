"""Times and memory, printed and never judged: ``python tests/benchmark.py``."""

import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from fractions import Fraction

import benchmark_tiers

DESIGNS = ("aave-v3", "maker-clipper", "options-pair")


def run(*args: str) -> float:
    """Seconds of one cold command."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-m", "verifier", *args], check=True, capture_output=True)
    return time.perf_counter() - started


def median(function: Callable[[], object], times: int = 20) -> float:
    """The median time of a call, in milliseconds."""
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        function()
        taken.append(time.perf_counter() - started)
    return 1000 * statistics.median(taken)


def by_hand() -> object:
    """Aave's liquidation keeps ``debt <= LT·collateral·peak``, written for z3 directly."""
    import z3

    ctx = z3.Context()
    c, d, f, p, m, x, r, s, c2, d2 = (z3.Real(name, ctx) for name in "c d f p m x r s c2 d2".split())
    q = lambda text: z3.RealVal(text, ctx)  # noqa: E731
    threshold, bonus, value = q("0.83"), q("1.05"), c * p
    large = z3.And(value >= 2000, d >= 2000, threshold * value > q("0.95") * d)
    limited = z3.If(x <= z3.If(large, d / 2, d), x, z3.If(large, d / 2, d))
    solver = z3.SolverFor("QF_NRA", ctx=ctx)
    solver.add(c >= 0, d >= 0, p > 0, m >= p, p >= q("0.8715") * m, f == 0, d <= threshold * c * m, x > 0)
    solver.add(threshold * value < d, s * p == limited * bonus)
    solver.add(r == z3.If(s > c, value / bonus, limited), c2 == c - z3.If(s > c, c, s))
    solver.add(d2 == z3.If(c2 == 0, 0, d - r), z3.Not(d2 <= threshold * c2 * m))
    assert solver.check() == z3.unsat
    return solver


def layer() -> tuple[float, float, float]:
    """The same obligation by hand, by our worker as a whole, and how much of that is our building of the question."""
    from verifier.analyses.cases import cases
    from verifier.engines.ask import Solver, Worker
    from verifier.interpretations.unroll import rule_facts
    from verifier.interpretations.smtlib import script
    from verifier.interpretations.specialise import specialise
    from verifier.language.expr import number, variable
    from verifier.language.load import select
    from verifier.language.system import after

    case = cases(select(("aave-v3",)).values(), only=("solvency",))[0]
    system = specialise(case.problem().system, "real")
    term = {var.name: variable(var) for var in system.state}
    lemma = term["debt"] <= number(Fraction("0.83")) * term["collateral"] * term["peak"]
    rule = system.rule("liquidate")
    known = [
        lemma,
        *(item.formula for item in system.lemmas[:2]),
        *(t >= 0 for t in system.unsigned()),
        term["price"] > 0,
    ]
    facts, goals = [*known, *rule_facts(system, rule)], [after(rule, lemma)]
    worker = Worker()
    try:
        whole = median(lambda: Solver("real", time.monotonic() + 60, worker).ask(facts, goals))
    finally:
        worker.stop()
    return median(by_hand), whole, median(lambda: script(facts, goals, "real"))


def main() -> None:
    """Print everything."""
    print(f"verifier --help                        {min(run('--help') for _ in range(5)):8.2f} s")
    print(f"verifier list                          {min(run('list') for _ in range(3)):8.2f} s")
    for design in DESIGNS:
        print(f"verifier prove {design:24s}{run('prove', design):8.2f} s, cold")
    print(f"verifier prove, these three            {run('prove', *DESIGNS):8.2f} s, cold")
    print(f"verifier prove, everything bundled     {run('prove'):8.2f} s, cold")
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"peak memory of any one process         {memory:8.0f} MB")
    hand, whole, building = layer()
    print(f"one obligation by hand for z3          {hand:8.2f} ms")
    print(f"the same by our worker                 {whole:8.2f} ms, of which building the question {building:.2f} ms")
    benchmark_tiers.main(run)


if __name__ == "__main__":
    main()
