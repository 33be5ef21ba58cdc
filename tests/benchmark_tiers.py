"""Times of claims about a whole market: by tiers, for any number of borrowers, beside positions told apart one by one."""

import random
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import attrs

from verifier.analyses.bound import bound
from verifier.analyses.cases import Case, cases
from verifier.analyses.crowd import settle_crowd
from verifier.analyses.market import Market, market_of
from verifier.analyses.prove import Prover, judge_crowd
from verifier.engines.ask import Solver, Worker
from verifier.evidence.verdict import Proved, word
from verifier.language.book import Tier
from verifier.language.load import select
from verifier_specs.books import Positions, Tiers, classes

EXPLICIT_SECONDS = 20


class Timed(Worker):
    """A worker that knows how long its answers took."""

    waited = 0.0

    def ask(self, question: Any, seconds: float) -> dict[str, object]:
        started = time.perf_counter()
        try:
            return super().ask(question, seconds)
        finally:
            self.waited += time.perf_counter() - started


def book(count: int) -> Tiers:
    """So many classes of random healths, holding half of the pool together."""
    chance, health, rows = random.Random(1), Fraction("1.02"), []
    for _ in range(count):
        health += Fraction(chance.randint(1, 60), 1000) * Fraction(16, count)
        rows.append(Tier(health, health, Fraction(chance.randint(1, 1000), 1000 * count)))
    return Tiers(rows=tuple(rows))


def case(claim: str, **settings: Any) -> Case:
    given = {name: Fraction(value) if isinstance(value, str) else value for name, value in settings.items()}
    return cases(select(("close-out-eight",)).values(), only=(claim,), settings=given)[0]


def timed(worker: Timed, run: Callable[[Solver], object]) -> tuple[float, float]:
    """Milliseconds in all, and those that are ours and not the solver's; the best of three."""
    best = (float("inf"), 0.0)
    for _ in range(3):
        worker.waited = 0.0
        started = time.perf_counter()
        run(Solver("real", time.monotonic() + 60, worker))
        taken = time.perf_counter() - started
        best = min(best, (1000 * taken, 1000 * (taken - worker.waited)))
    return best


def floors(worker: Timed) -> None:
    """One shock: every obligation of lifting, and the question about the curve."""
    for count in (8, 64, 512):
        todo = case("price_floor", book=book(count), shock="0.2", floor="0.1")

        def run(solver: Solver, todo: Case = todo) -> None:
            finding = judge_crowd(todo, todo.problem(), solver, 0.0)
            assert isinstance(finding.verdict, Proved), finding.verdict

        whole, ours = timed(worker, run)
        print(f"price floor, {count:3d} tiers, one shock       {whole:8.1f} ms, of which our own layer {ours:.1f} ms")


def curve(worker: Timed) -> None:
    """A hundred shocks, each with its own floor proved."""
    for count in (8, 64):
        todo = case("price_floor", book=book(count), shock="0.2", floor="0.1")
        solver = Solver("real", time.monotonic() + 60, worker)
        started = time.perf_counter()
        market = market_of(todo.design, todo.problem(), dict(todo.settings), solver)
        for percent in range(1, 100):
            shock = Fraction(percent, 100)
            floor = market.stairs.floor(market.stairs.fallen(shock), shock)
            assert isinstance(settle_crowd(at(market, shock, floor), solver).verdict, Proved)
        print(f"price floor, {count:3d} tiers, 99 shocks       {time.perf_counter() - started:8.2f} s")


def at(market: Market, shock: Fraction, floor: Fraction) -> Market:
    """The market at another shock, with another floor claimed."""
    prop = attrs.evolve(market.problem.prop, arguments=(("floor", floor),))
    return attrs.evolve(market, shock=shock, problem=attrs.evolve(market.problem, prop=prop))


def critical(worker: Timed) -> None:
    """The largest shock without a cascade: both sides and the closed form."""
    for count in (2, 64, 512):
        todo = case("no_cascade", book=book(count))
        whole, _ = timed(worker, lambda solver, todo=todo: bound(todo, solver))  # type: ignore[misc]
        print(f"critical shock, {count:3d} classes             {whole:8.1f} ms")


def files(run: Callable[..., float]) -> None:
    """From a CSV file of positions to a proved floor, cold, by the number of borrowers."""
    with tempfile.TemporaryDirectory() as folder:
        for count in (1_000, 10_000, 100_000, 1_000_000):
            path = Path(folder) / f"{count}.csv"
            write(path, count)
            given = ("--set", "floor=0.05", "--set", "shock=0.05", "--set", f"depth={4 * count}", "--price", "2000")
            taken = run("prove", "close-out", "--property", "price_floor", "--book", str(path), *given)
            print(f"{count:9,d} positions from CSV to a floor   {taken:8.2f} s, cold")


def write(path: Path, count: int) -> None:
    chance = random.Random(7)
    with path.open("w", encoding="utf-8") as stream:
        stream.write("owner,collateral,debt\n")
        for _ in range(count):
            held, health = chance.lognormvariate(0, 1.5), 1.02 + chance.expovariate(1.2)
            stream.write(f"0x{chance.getrandbits(160):040x},{held:.6f},{0.83 * 2000 * held / health:.2f}\n")


def explicit() -> None:
    """The same claim about N positions, each told apart, by the ordinary engines."""
    rows = classes(("1.05", ".03"), ("1.15", ".1"), ("1.3", ".1"), ("1.5", ".1"), ("1.8", ".1"))
    for count in (1, 2, 3, 4, 5):
        todo = case("price_floor", book=Positions(rows=rows[:count]), shock="0.07", floor="0.8")
        with Prover(jobs=1, seconds=EXPLICIT_SECONDS) as prover:
            finding = prover.finding(todo)
        print(f"the same of {count} positions told apart       {finding.seconds:8.2f} s, {word(finding.verdict)}")


def main(run: Callable[..., float]) -> None:
    """Print everything; ``run`` gives the seconds of a cold command."""
    worker = Timed()
    try:
        floors(worker)
        curve(worker)
        critical(worker)
    finally:
        worker.stop()
    files(run)
    explicit()
