"""What others have published, as claims of bundled designs: the data behind docs/published.md.

``python tests/test_published.py`` writes the page. Each row names a claim that a design lists as proved or refuted;
``tests/specs/test_library.py`` settles all of those, so a row says what the tool says.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

import attrs

from verifier.analyses.cases import Case, cases
from verifier.language.load import bundled

PAGE = Path(__file__).parents[1] / "docs" / "published.md"

Verdict = Literal["proved", "refuted"]
Arithmetic = Literal["real", "fixed"]


@attrs.frozen
class Published:
    """One published result, and the claim by which a design states it."""

    source: str
    result: str
    says: str
    design: str
    claim: str
    verdict: Verdict
    arithmetic: Arithmetic = "real"
    agrees: bool = True
    """Whether the source says the same; if not, ``says`` tells what is different."""


THEORY = "Bartoletti, Lipparini, A theory of lending protocols in DeFi, arXiv 2506.15295"


def theory(
    result: str, says: str, claim: str, verdict: Verdict, *, agrees: bool = True, arithmetic: Arithmetic = "real"
) -> Published:
    return Published(THEORY, result, says, "lending-pool", claim, verdict, arithmetic, agrees)


RESULTS = (
    theory("Lemma 3.2", "tokens are conserved", "conservation", "proved"),
    theory("Lemma 3.3", "no credits: neither reserves nor debts", "no_credits_nothing_left", "proved"),
    theory("Lemma 3.3, integers", "the same with rounding", "no_credits_nothing_left", "refuted", arithmetic="fixed"),
    theory("Lemma 3.4", "the exchange rate changes by interest only, while credits remain",
           "rate_changes_by_interest_only", "proved"),
    theory("Lemma 3.4, as titled", "false for the redeem of the last credit, which sets the rate back to one",
           "rate_never_falls", "refuted", agrees=False),
    theory("Corollary 3.5", "the exchange rate is at least one", "rate_is_at_least_one", "proved"),
    theory("Corollary 3.5, integers", "the same with rounding", "rate_is_at_least_one", "proved", arithmetic="fixed"),
    theory("Theorem 3.6, users' acts", "deposit, borrow, repay, redeem preserve everybody's net worth",
           "own_acts_preserve_net_worth", "proved"),
    theory("Theorem 3.6, sum", "all steps but price updates preserve the sum of net worth",
           "total_net_worth_is_preserved", "proved"),
    theory("Theorem 3.6 for each user", "false: an accrual moves wealth from debtors to lenders",
           "accrual_preserves_own_net_worth", "refuted", agrees=False),
    theory("Theorem 3.6 for each user", "false: a liquidation moves the reward to the liquidator",
           "liquidation_preserves_own_net_worth", "refuted", agrees=False),
    theory("Theorem 3.6, price updates", "excepted for a reason", "price_preserves_total_net_worth", "refuted"),
    theory("Theorem 4.1", "what the liquidator gains the debtor loses, and nobody else anything",
           "who_gets_credits_gains", "proved"),
    theory("Theorem 4.1, another token", "the same if what is seized is in another token",
           "who_gets_credits_elsewhere_gains", "proved"),
    theory("Theorem 4.1, inequality", "with a reward above one the liquidator gains", "liquidators_gain", "proved"),
    theory("Theorem 4.1, reward of one", "nobody gains: the hypothesis is needed", "liquidators_gain", "refuted"),
    theory("Theorem 4.2", "a price change gains (w + cX - d) times the change", "gain_from_a_price", "proved"),
    theory("Health, criterion", "a liquidation raises health exactly above a collateralisation of the reward",
           "health_rises_above_the_reward", "proved"),
    theory("Health, in general", "liquidations raise health", "liquidation_improves_health", "refuted"),
    theory("Over-utilisation", "what is lent out cannot be redeemed", "redeem_is_enabled", "refuted"),
)  # fmt: skip

# The benchmark's truth of 16 July 2026 (ad9858c): 1 it holds, 0 it fails, - it gives none.
VERSIONS = ("v1", "v3", "v4", "v7", "v8")
CELLS = {
    "bor-additivity": "11111",
    "bor-state": "11111",
    "bor-tokens": "11111",
    "bor-xr-eq": "11111",
    "credits-zero": "00000",
    "credits-zero-notrunc": "11010",
    "dep-additivity": "00001",
    "dep-gain-eq": "0----",
    "dep-gain-eq-notrunc": "1----",
    "dep-state": "11111",
    "dep-tokens": "11111",
    "dep-xr": "11111",
    "dep-xr-eq": "00001",
    "dep-xr-eq-notrunc": "11011",
    "expected-interest": "10111",
    "int-xr-gneq": "11110",
    "rdm-additivity": "00001",
    "rdm-state": "11011",
    "rdm-tokens": "11011",
    "rdm-xr-eq": "00001",
    "rpy-additivity": "11111",
    "rpy-state": "1-101",
    "rpy-tokens": "11101",
    "rpy-xr-eq": "11111",
    "xr-geq-one": "11111",
    "xr-increasing": "00001",
    "xr-increasing-but-rdm": "11111",
    "xr-invariant": "0----",
    "xr-invariant-notrunc": "1----",
}
MISLABELLED = {("int-xr-gneq", version) for version in ("v1", "v3", "v4", "v7")}


def cells() -> Iterator[tuple[str, str, Verdict]]:
    """Each decided cell: property, version, and the verdict that is to come out."""
    for name, row in CELLS.items():
        for version, truth in zip(VERSIONS, row, strict=True):
            if truth != "-":
                holds = truth == "1" and (name, version) not in MISLABELLED
                yield name, version, "proved" if holds else "refuted"


def declared(todo: Iterable[Case]) -> set[tuple[str, str, str, Verdict]]:
    """What designs claim: design, property, arithmetic and verdict."""
    return {
        (c.design.title, c.prop.name, c.prop.arithmetic, "proved" if c.declared is None else "refuted") for c in todo
    }


def key(row: Published) -> tuple[str, str, str, Verdict]:
    """The claim that a row rests on."""
    return row.design, row.claim, row.arithmetic, row.verdict


def cell_key(name: str, version: str, verdict: Verdict) -> tuple[str, str, str, Verdict]:
    """The claim that a cell rests on."""
    claim = name.removesuffix("-notrunc").replace("-", "_")
    return f"lending-protocol-{version}", claim, "real" if name.endswith("-notrunc") else "fixed", verdict


def page() -> str:
    """The page, in Markdown."""
    lines = [
        "# Published results",
        "",
        "Each row is a claim of a bundled design: `verifier prove DESIGN --property CLAIM` returns it. This page is",
        "written by `python tests/test_published.py`; tests compare it with what the designs claim, and settle that.",
    ]
    for source in dict.fromkeys(row.source for row in RESULTS):
        rows = [row for row in RESULTS if row.source == source]
        lines += ["", f"## {source}", "", "| result | what it says | design | claim | arithmetic | verdict |"]
        lines += ["| --- | --- | --- | --- | --- | --- |"]
        for row in rows:
            verdict = row.verdict if row.agrees else f"{row.verdict}: not as published"
            lines += [f"| {row.result} | {row.says} | `{row.design}` | `{row.claim}` | {row.arithmetic} | {verdict} |"]
    lines += [
        "",
        "## contracts-verification-benchmark, lending-protocol",
        "",
        "Its labels of 16 July 2026 (ad9858c) for the versions without lazy interest; `notrunc` rows in exact",
        "arithmetic, all others in the contract's integers. ✓: it holds and is proved; ✗: it fails and is refuted;",
        "**✗**: labelled as true, and refuted; –: the benchmark gives no label.",
        "",
        "| property | " + " | ".join(VERSIONS) + " |",
        "| --- |" + " --- |" * len(VERSIONS),
    ]
    signs = {("proved", False): "✓", ("refuted", False): "✗", ("refuted", True): "**✗**"}
    found = {(n, v): signs[verdict, (n, v) in MISLABELLED] for n, v, verdict in cells()}
    lines += [f"| {name} | " + " | ".join(found.get((name, v), "–") for v in VERSIONS) + " |" for name in CELLS]
    lines += [
        "| trace1 | " + " | ".join("✓" for _ in VERSIONS) + " |",
        "| trace2 | " + " | ".join("✗" if v == "v7" else "✓" for v in VERSIONS) + " |",
        "",
        "The two traces are replayed exactly. `int-xr-gneq`, \"an accrual with debt raises the exchange rate\", is",
        "mislabelled for v1, v3, v4 and v7. A debt of 1 to 9 earns floor(debt / 10) = 0: deposit 100, borrow 9, accrue,",
        "and the rate is still 1000000. And with more than 10^6 credits a unit of interest is less than the rate's last",
        "digit: deposit 1000002, borrow 11, accrue, and the rate is still 1000000 beside a debt of 12. If the user owes",
        "at least 10 and there are at most 10^6 credits, it is proved (`int_xr_gneq_above_ten`); so it is in exact",
        "arithmetic (`int_xr_gneq`), except for v4, whose redeem may leave a debt without credits.",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def test_every_published_result_is_a_claim_of_a_design() -> None:
    claims = declared(cases(bundled().values()))

    assert [row for row in RESULTS if key(row) not in claims] == []
    assert [cell for cell in cells() if cell_key(*cell) not in claims] == []


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
