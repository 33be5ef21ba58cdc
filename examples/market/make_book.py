"""Writes ``book.csv`` and ``depth.csv`` beside this file: a generated market, the same on every machine.

No position here is anybody's. Sizes are heavy-tailed and healths crowd above 1.1, as books of lending pools do; the
depth is what the order book below it sums to.
"""

import random
from pathlib import Path

HERE = Path(__file__).parent
THRESHOLD, PRICE, POSITIONS = 0.83, 2000, 2000


def book() -> str:
    """Positions: collateral in tokens, debt in debt tokens; every twentieth owes nothing."""
    chance, rows = random.Random(2026), ["owner,collateral,debt"]
    for number in range(POSITIONS):
        collateral = round(2 * chance.paretovariate(1.3), 4)
        health = 1.03 + chance.gammavariate(1.6, 0.45)
        debt = 0.0 if number % 20 == 19 else THRESHOLD * PRICE * collateral / health
        rows.append(f"account-{number:04d},{collateral:.4f},{debt:.2f}")
    return "\n".join(rows) + "\n"


def depth() -> str:
    """Standing bids: discount from the fundamental price, quantity in tokens."""
    rows = ["discount,quantity"]
    for step in range(1, 61):
        rows.append(f"{step * 0.005:.3f},{1200 + 40 * step}")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    (HERE / "book.csv").write_text(book(), encoding="utf-8")
    (HERE / "depth.csv").write_text(depth(), encoding="utf-8")
