"""Small systems that once fooled an engine, an encoding or a check: each has to come out right for ever."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from verifier.analyses.cases import Case, cases, setting_text
from verifier.analyses.prove import Prover
from verifier.analyses.search import search
from verifier.evidence.run import Disagreement, Taken, replay
from verifier.evidence.verdict import Finding, Proved, Refuted, word
from verifier.interpretations.digest import exactly
from verifier.language import SpecError
from verifier.language.book import Tier
from verifier.language.expr import Q
from verifier.language.load import from_file, select

HEAD = """\
from typing import Annotated, Any
from verifier.language import *


"""


def load(folder: Path, name: str, body: str) -> list[Case]:
    path = folder / f"{name}.py"
    path.write_text(HEAD + textwrap.dedent(body))
    return cases(from_file(path).values())


def settle(folder: Path, body: str, name: str = "spec") -> list[Finding]:
    with Prover(jobs=1, seconds=120.0) as prover:
        return [prover.finding(case) for case in load(folder, name, body)]


def words(folder: Path, body: str) -> list[str]:
    return [word(finding.verdict) for finding in settle(folder, body)]


# Ways to a false "proved".


def test_a_claim_false_at_an_irrational_start_is_not_proved(tmp_path: Path) -> None:
    assert words(
        tmp_path,
        '''
        class M(Mechanism):
            """m"""
            x: Real = state()

            @initially
            def s(self) -> Bool:
                return self.x * self.x == 2

            @rule
            def halve(self) -> Step:
                """h"""
                return require(self.x > 0).then(self.after(x=self.x / 2))

            @invariant
            def small(self) -> Bool:
                """x at most 1: false at the start, where x = sqrt(2)."""
                return self.x <= 1

        class D(Design):
            """d"""
            m = M()
    ''',
    ) == ["unknown"]


@pytest.mark.parametrize(
    "claim",
    [
        # False where x = 0 and y = 1 at the start: the difference begins below zero.
        "(lowest(self.x - self.y) >= 0) | (lowest(self.x - self.y) < at_start(self.x - self.y))",
        # False of x = 1: a quotient by a third is three, a third of it is not.
        'implies(once(self.x / Q("1/3") > 1), once(self.x / 1 / 3 > 1))',
        # False of x = 1.5: it is over one to six decimals, and not to none.
        "implies(once(down(self.x, 6) > 1), once(down(self.x, 0) > 1))",
        # False once y is zero: the past that the claim asks for is divided by it.
        "once(1 / self.y > 0) | (self.x == 0)",
        "(lowest(1 / self.y) > 0) | (self.x == 0)",
    ],
)
def test_what_is_remembered_keeps_its_sign_its_grid_and_all_runs(claim: str, tmp_path: Path) -> None:
    assert words(
        tmp_path,
        f'''
        Fine = Annotated[Real, RATIO.kept_to(6)]

        class M(Mechanism):
            """m"""
            x: Fine = state()
            y: Fine = state()

            @rule
            def move(self, x: Fine, y: Fine) -> Step:
                """Anywhere."""
                return require(x <= 5, y <= 5).then(self.after(x=x, y=y))

            @invariant
            def claimed(self) -> Bool:
                """c"""
                return {claim}

        class D(Design):
            """d"""
            m = M()
            proved = ({"in_fixed(M.claimed)" if "down" in claim else "M.claimed"},)
    ''',
    ) == ["refuted"]


def test_two_others_deal_with_each_other_too(tmp_path: Path) -> None:
    """With one holder told apart, what two others do between them leaves it alone, and may move what all share."""
    assert words(
        tmp_path,
        '''
        class M(Mechanism):
            """m"""
            total: Real = state()
            moved: Real = state(0)
            mine: Real = holding("total")

            @rule
            def give(self, amount: Real) -> Step:
                """One holder gives to another, once."""
                return require(amount > 0, amount <= self.mine, self.moved == 0).then(
                    self.after(mine=self.mine - amount, moved=amount)
                )

            @rule
            def mint(self, amount: Real) -> Step:
                """Before that somebody may get something new, and this holder alone would say so."""
                return require(amount > 1, self.moved == 0).then(
                    self.after(mine=self.mine + amount, total=self.total + amount, moved=amount)
                )

            @invariant
            def this_holder_has_some(self) -> Bool:
                """False where two others deal, and where others get something new."""
                return (self.moved == 0) | (self.moved > 1) | (self.mine > 0)

            @invariant(on=give)
            def this_holder_is_part_of_it(self, post: "M") -> Bool:
                """False where two others deal."""
                return ~(post.mine == self.mine)

        class D(Design):
            """d"""
            m = M()
    ''',
    ) == ["refuted", "refuted"]


def test_a_start_that_cannot_be_is_vacuous_even_where_the_claim_does_not_speak_of_it(tmp_path: Path) -> None:
    assert words(
        tmp_path,
        '''
        class M(Mechanism):
            """m"""
            x: Real = state(0)
            y: Real = state(0)

            @assumption(on="start")
            def contradicts(self) -> Bool:
                """x > 0, though x starts at 0."""
                return self.x > 0

            @rule
            def go(self) -> Step:
                """h"""
                return require(True).then(self.after(x=self.x + 1, y=self.y + 1))

            @invariant
            def positive(self) -> Bool:
                """y"""
                return self.y >= 0

        class D(Design):
            """d"""
            m = M()
    ''',
    ) == ["vacuous"]


def test_a_state_between_two_grid_points_is_refused_or_seen_in_fixed_arithmetic(tmp_path: Path) -> None:
    body = '''
        N = base("three", decimals=0)

        class M(Mechanism):
            """m"""
            x: Annotated[Real, N] = state(1)

            @rule
            def halve(self) -> Step:
                """Nobody rounds."""
                return require(self.x > 0).then(self.after(x=self.x / 2))

            @invariant
            def never_half(self) -> Bool:
                """x"""
                return self.x != amount("1/2", N)

        class D(Design):
            """d"""
            m = M()
            proved = (in_fixed(M.never_half),)
    '''
    try:
        assert words(tmp_path, body) == ["refuted"]
    except SpecError:
        pass  # as good: an update that nobody rounds has no place in the fixed-point reading


def test_a_guard_that_only_rounding_makes_true_is_not_switched_off(tmp_path: Path) -> None:
    assert words(
        tmp_path,
        '''
        N = base("four", decimals=0)

        class M(Mechanism):
            """m"""
            k: Annotated[Real, RATIO.kept_to(18)] = param
            x: Annotated[Real, N] = state(1)

            @rule
            def jump(self) -> Step:
                """Only where k, rounded up to a whole number, is at least 1; k = 0.5 is."""
                return require(up(self.k, 0) >= 1).then(self.after(x=self.x + amount(1, N)))

            @rule
            def stay(self) -> Step:
                """h"""
                return require(True).then(self.after(x=self.x))

            @invariant
            def one(self) -> Bool:
                """x"""
                return self.x <= amount(1, N)

        class D(Design):
            """d"""
            m = M(k="0.5")
            refuted = {in_fixed(M.one): "k rounds up to 1"}
    ''',
    ) == ["refuted"]


BOUND = '''
    @generic
    def below(it, k) -> Bool:
        """x is at most k, for any k whatever."""
        return it.x <= k

    class M(Mechanism):
        """m"""
        k: Real = param
        x: Real = state(0)

        @rule
        def go(self, v: Real) -> Step:
            """h"""
            return require(v <= self.k).then(self.after(x=v))

        @invariant
        def inv(self, k: Real) -> Bool:
            """x is at most k, for any k whatever."""
            return self.x <= k

    class D(Design):
        """d"""
        m = M()
        proved = (%s,)
'''


@pytest.mark.parametrize("claim", ["below(k=ANY)", "M.inv"])
def test_a_claims_own_argument_is_no_parameter_of_the_same_name(claim: str, tmp_path: Path) -> None:
    try:
        assert words(tmp_path, textwrap.dedent(BOUND) % claim) == ["refuted"]
    except SpecError:
        pass  # as good: the name is taken


def test_positions_that_hold_up_the_price_are_not_independent(tmp_path: Path) -> None:
    (finding,) = settle(
        tmp_path,
        '''
        class P(Shock):
            """shock"""
            price: Real = state(1)

            @rule
            def tick(self, v: Real) -> Step:
                """t"""
                return require(v > 0).then(self.after(price=v))

        class M(Mechanism):
            """m"""
            shock: P
            debt: Real = state(1)

            @rule
            def pay(self) -> Step:
                """h"""
                return require(self.debt > 0).then(self.after(debt=0))

            @invariant
            def inv(self) -> Bool:
                """false as soon as another position's debt is what the assumption speaks of"""
                return (self.debt == 0) | (self.shock.price >= 1)

        class D(Design):
            """d"""
            shock = P()
            m = M(shock=shock)

            @assumption(on=shock.tick)
            def only_without_debt(self) -> Bool:
                """The price moves only when this position has no debt."""
                return self.m.debt == 0
    ''',
    )
    assert finding.borrowers == "one"


SCALE = '''
    U = base("seven")

    class M(Mechanism):
        """m"""
        x: Annotated[Real, U.kept_to(%d)] = state(1)

        @rule
        def go(self) -> Step:
            """h"""
            return require(True).then(self.after(x=down(self.x * "1/2")))

        @invariant
        def inv(self) -> Bool:
            """true of whole numbers alone"""
            return (self.x == amount(0, U)) | (self.x >= amount(1, U))

    class D(Design):
        """d"""
        m = M()
        proved = (in_fixed(M.inv),)
'''


def test_two_specs_in_one_process_keep_their_own_decimals(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom verifier.analyses.cases import cases\n"
        "from verifier.analyses.prove import Prover\nfrom verifier.evidence.verdict import word\n"
        "from verifier.language.load import from_file\n"
        "for name in sys.argv[1:]:\n"
        "    with Prover(jobs=1) as p:\n"
        "        print(*[word(p.finding(c).verdict) for c in cases(from_file(Path(name)).values())])\n"
    )
    names = []
    for decimals in (0, 6):
        names.append(str(tmp_path / f"with{decimals}.py"))
        Path(names[-1]).write_text(HEAD + textwrap.dedent(SCALE) % decimals)
    done = [
        subprocess.run([sys.executable, "-c", code, *order], capture_output=True, text=True).stdout.split()
        for order in (names, names[::-1])
    ]
    assert done == [["proved", "refuted"], ["refuted", "proved"]]


def test_claims_under_different_settings_are_all_settled(tmp_path: Path) -> None:
    assert sorted(
        words(
            tmp_path,
            '''
        class P(Shock):
            """shock"""
            bound: Real = param
            price: Real = state(1)

            @rule
            def tick(self, v: Real) -> Step:
                """t"""
                return require(v <= self.bound).then(self.after(price=v))

        class K(Market):
            """k"""
            shock: P

        class M(Mechanism):
            """m"""
            market: K
            x: Real = state(1)

            @rule
            def go(self) -> Step:
                """h"""
                return require(True).then(self.after(x=self.market.shock.price))

            @invariant
            def inv(self) -> Bool:
                """x"""
                return self.x <= 2

        class D(Design):
            """d"""
            m = M(market=K(shock=P(bound=2)))
            proved = (given(M.inv, market=K(shock=P(bound=2))), given(M.inv, market=K(shock=P(bound=9))))
    ''',
        )
    ) in (["proved", "refuted"], ["bounded", "refuted"])


def test_a_rule_that_waits_for_a_flag_of_the_environment_reads_it(tmp_path: Path) -> None:
    assert words(
        tmp_path,
        '''
        @generic(on="not the environment")
        def reads_nothing(it, post, elsewhere) -> Bool:
            """No rule reads what the environment holds."""
            return elsewhere.same

        class P(Shock):
            """shock"""
            open: Bool = state(False)

            @rule
            def tick(self) -> Step:
                """t"""
                return require(~self.open).then(self.after(open=True))

        class M(Mechanism):
            """m"""
            shock: P
            x: Real = state(6)

            @rule
            def go(self) -> Step:
                """acts only once the environment says so"""
                return require(self.shock.open).then(self.after(x=self.x + 1))

        class D(Design):
            """d"""
            shock = P()
            m = M(shock=shock)
            proved = (reads_nothing(),)
    ''',
    ) == ["refuted"]


def test_a_claim_is_not_listed_as_proved_and_as_refuted(tmp_path: Path) -> None:
    with pytest.raises(SpecError):
        load(
            tmp_path,
            "spec",
            '''
            class M(Mechanism):
                """m"""
                x: Real = state(0)

                @rule
                def go(self) -> Step:
                    """h"""
                    return require(self.x <= 1).then(self.after(x=self.x + 1))

                @invariant
                def inv(self) -> Bool:
                    """x"""
                    return self.x <= 2

            class D(Design):
                """d"""
                m = M()
                proved = (M.inv,)
                refuted = {M.inv: "contradicts"}
        ''',
        )


# Crashes.


def test_a_quotient_whose_divisor_a_rule_sets_to_zero_is_settled(tmp_path: Path) -> None:
    assert words(
        tmp_path,
        '''
        class M(Mechanism):
            """m"""
            x: Real = state(3)
            y: Real = state(1)

            @rule
            def go(self) -> Step:
                """h"""
                return require(self.y > 0).then(self.after(x=0, y=self.y + 1))

            @invariant
            def inv(self) -> Bool:
                """ratio"""
                return implies(self.x > 0, self.y / self.x <= 1)

        class D(Design):
            """d"""
            m = M()
    ''',
    ) == ["proved"]


UNITS = '''
    A, B = base("eleven a"), base("bug eleven b")


    class M(Mechanism):
        """m"""
        x: Annotated[Real, A] = state(0)

        @rule
        def go(self, v: Annotated[Real, A]) -> Step:
            """h"""
            return require(v <= amount(3, A)).then(self.after(x=self.x + v))

        @invariant
        def inv(self) -> Bool:
            """x"""
            return self.x <= amount(4, A)


    class D(Design):
        """d"""
        m = M()
'''


def test_one_prover_settles_two_designs_that_differ_in_units_alone(tmp_path: Path) -> None:
    other = UNITS.split("class M(", 1)[1].replace(", A]", ", B]").replace(", A)", ", B)").replace("M()", "M2()")
    body = UNITS + "\n    class M2(" + other.replace("class D(", "class D2(")
    assert words(tmp_path, body) == ["refuted", "refuted"]


def test_books_that_owe_different_amounts_are_told_apart() -> None:
    """A verdict is kept under what is said of its settings and its system: debts decide where sales are bounded."""
    design = select(("fixed-spread",))["fixed-spread"]
    rows = (Tier(Q("1.2"), Q("1.5"), Q(3), debt=Q(2)), Tier(Q("1.2"), Q("1.5"), Q(3), debt=Q("1.9")))
    found = [cases([design], only=("price_floor",), settings={"floor": Q("0.1"), "rows": (row,)})[0] for row in rows]

    assert len({setting_text("rows", case.settings["rows"]) for case in found}) == 2
    assert len({exactly(problem.system, problem.claim, "real") for problem in map(Case.problem, found)}) == 2


def test_a_search_without_any_start_says_so(tmp_path: Path) -> None:
    (case,) = load(
        tmp_path,
        "spec",
        '''
        class M(Mechanism):
            """m"""
            x: Real = state(0)

            @assumption(on="start")
            def no(self) -> Bool:
                """No."""
                return self.x > 1

            @rule
            def go(self) -> Step:
                """h"""
                return require(True).then(self.after(x=self.x + 1))

            @invariant
            def inv(self) -> Bool:
                """x"""
                return self.x <= 2

        class D(Design):
            """d"""
            m = M()
    ''',
    )
    result = search(case, examples=20, length=5, seed=0).results["real"]
    assert not isinstance(result, str)
    assert (result.runs, result.found) == (0, None)


def test_a_search_takes_steps_whose_only_corner_is_out_of_reach(tmp_path: Path) -> None:
    (case,) = load(
        tmp_path,
        "spec",
        '''
        class M(Mechanism):
            """m"""
            x: Real = state(1)

            @rule
            def go(self, v: Real) -> Step:
                """A quotient by x + v: its corner, v = -x, is no amount."""
                return require(v > 0).then(self.after(x=self.x + 1 / (self.x + v)))

            @invariant
            def inv(self) -> Bool:
                """x"""
                return self.x <= 1

        class D(Design):
            """d"""
            m = M()
    ''',
    )
    result = search(case, examples=50, length=5, seed=0).results["real"]
    assert not isinstance(result, str)
    assert result.found is not None


def test_the_line_of_a_class_is_found_in_threads_too(tmp_path: Path) -> None:
    code = (
        "import gc, sys, threading\nfrom pathlib import Path\nfrom verifier.language.load import from_file\n"
        "gc.set_threshold(50)\ngc.callbacks.append(lambda phase, info: sum(range(200)))\nsys.setswitchinterval(1e-5)\n"
        "designs, errors = list(from_file(Path(sys.argv[1])).values()), []\n"
        "def work():\n    for _ in range(40):\n        for design in designs:\n            try:\n"
        "                design.site()\n            except BaseException as error:\n                errors.append(error)\n"
        "threads = [threading.Thread(target=work) for _ in range(2)]\n"
        "[t.start() for t in threads]\n[t.join() for t in threads]\nprint(len(errors))\n"
    )
    toys = str(Path(__file__).parent / "engines" / "toys.py")
    done = subprocess.run([sys.executable, "-c", code, toys], capture_output=True, text=True)
    assert done.stdout == "0\n"


def test_two_threads_that_write_one_term_get_one_node() -> None:
    code = (
        "import sys, threading\nfrom fractions import Fraction\nfrom verifier.language.expr import number\n"
        "sys.setswitchinterval(1e-6)\nbad = 0\n"
        "for r in range(300):\n    out, bar = [None, None], threading.Barrier(2)\n"
        "    def work(i):\n        bar.wait()\n        out[i] = [number(Fraction(k, 7) + r * 1000) for k in range(200)]\n"
        "    ts = [threading.Thread(target=work, args=(i,)) for i in range(2)]\n"
        "    [t.start() for t in ts]\n    [t.join() for t in ts]\n    bad += any(a is not b for a, b in zip(*out))\n"
        "print(bad)\n"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "0\n"


def test_a_dead_worker_is_replaced_without_leaving_its_pipes_open() -> None:
    from verifier.engines.ask import Worker

    worker = Worker()
    process = worker.start()
    process.kill()
    process.wait()
    worker.start()
    assert process.stdin is not None
    assert process.stdin.closed
    worker.stop()


# What could be proved or refuted and is not.


def test_k_induction_is_tried_however_cheap_the_first_runs_are(tmp_path: Path) -> None:
    (finding,) = settle(
        tmp_path,
        '''
        class M(Mechanism):
            """m"""
            left: Annotated[Real, RATIO, SIGNED] = state(1)
            right: Annotated[Real, RATIO, SIGNED] = state(2)

            @rule
            def swap(self) -> Step:
                """They change places."""
                return require(True).then(self.after(left=self.right, right=self.left))

            @invariant
            def left_is_small(self) -> Bool:
                """The left one is at most five."""
                return self.left <= 5

        class D(Design):
            """d"""
            m = M()
    ''',
    )
    assert isinstance(finding.verdict, Proved)


def test_a_state_variable_may_be_called_like_a_solvers_auxiliary(tmp_path: Path) -> None:
    (finding,) = settle(
        tmp_path,
        '''
        class M(Mechanism):
            """m"""
            q1: Real = state(1)
            y: Real = state(1)

            @rule
            def go(self, v: Real) -> Step:
                """h"""
                return require(v <= self.q1 / self.y).then(self.after(q1=v, y=self.y + 1))

            @invariant
            def inv(self) -> Bool:
                """q1 / y never grows"""
                return (self.y > 0) & (self.q1 / self.y <= 1)

        class D(Design):
            """d"""
            m = M()
    ''',
    )
    assert isinstance(finding.verdict, Proved)


def test_a_step_that_two_rules_can_take_is_given_to_the_one_that_the_claim_speaks_of(tmp_path: Path) -> None:
    (finding,) = settle(
        tmp_path,
        '''
        class M(Mechanism):
            """m"""
            ant: Real = state(0)

            @rule
            def other(self) -> Step:
                """h"""
                return require(True).then(self.after(ant=self.ant + 0))

            @rule
            def jump(self) -> Step:
                """the same step as the other one, once ant is 1"""
                return require(True).then(self.after(ant=1))

            @invariant(on=jump)
            def never_again(self, post: Any) -> Bool:
                """false at the second jump"""
                return self.ant + 0 <= 0

        class D(Design):
            """d"""
            m = M()
    ''',
    )
    assert isinstance(finding.verdict, Refuted)
    assert (finding.verdict.shortest, finding.engine) == (True, "bounded model checking")


def test_a_prover_that_was_left_starts_no_process_again(tmp_path: Path) -> None:
    import time

    from verifier.engines.ask import GaveUp, Solver

    with Prover(jobs=1) as prover:
        worker = prover.worker()
        worker.start()
    solver = Solver("real", time.monotonic() + 60, worker)
    try:
        with pytest.raises(GaveUp):
            solver.ask([])
        assert worker.process is None  # a job that still runs in its thread must not start another one
    finally:
        worker.stop()


# The replay itself.


def one_step(folder: Path) -> tuple[Case, Finding]:
    (case,) = load(
        folder,
        "spec",
        '''
        class M(Mechanism):
            """m"""
            x: Real = state(0)

            @rule
            def go(self, v: Real) -> Step:
                """h"""
                return require(v <= 3).then(self.after(x=self.x + v))

            @invariant
            def inv(self) -> Bool:
                """x"""
                return self.x <= 2

        class D(Design):
            """d"""
            m = M()
    ''',
    )
    with Prover(jobs=1) as prover:
        return case, prover.finding(case)


def test_a_run_may_not_give_itself_state_as_an_input(tmp_path: Path) -> None:
    case, finding = one_step(tmp_path)
    assert isinstance(finding.verdict, Refuted)
    problem, run = case.problem(), finding.verdict.run
    (x,) = problem.system.state
    (v,) = problem.system.rule("go").inputs
    with pytest.raises(Disagreement):
        replay(problem.system, problem.claim, run.states[0], [Taken("go", {v: 1, x: 100})], "real")


def test_a_run_by_an_unknown_rule_or_a_negative_start_or_missing_inputs_is_refused(tmp_path: Path) -> None:
    case, finding = one_step(tmp_path)
    assert isinstance(finding.verdict, Refuted)
    problem, run = case.problem(), finding.verdict.run
    for steps in ([Taken("gone", {})], [Taken("go", {})]):
        with pytest.raises(Disagreement):
            replay(problem.system, problem.claim, run.states[0], steps, "real")


def test_a_claim_about_rules_that_the_parameters_switch_off_is_vacuous(tmp_path: Path) -> None:
    assert words(
        tmp_path,
        '''
        class M(Mechanism):
            """m"""
            x: Real = state(0)
            open: Bool = param

            @rule
            def grow(self) -> Step:
                """g"""
                return require(self.open).then(self.after(x=self.x + 1))

            @rule
            def rest(self) -> Step:
                """r"""
                return require().then(self.after(x=self.x))

            @invariant(on=grow)
            def false(self, post: Any) -> Bool:
                """Nothing of the kind."""
                return post.x < self.x


        class D(Design):
            """d"""
            m = M(open=False)
    ''',
    ) == ["vacuous"]
