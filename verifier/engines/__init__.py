"""How claims are settled: each engine is one file, and the portfolio is the one door."""
