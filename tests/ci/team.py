"""A team's design in which each thing goes wrong that can. Data of tests."""

from verifier_specs.patience import SpotSpread
from verifier_specs.properties import liquidation_improves_health, solvency


class Team(SpotSpread, name="team"):
    """Automatic liquidation, about which more is said than is so."""

    proved = (
        solvency(shock="0.1"),
        solvency(shock="0.2"),
        liquidation_improves_health(shock="0.1", health="1.25"),
    )
    refuted = {
        solvency(shock="0.3"): "beyond 12.85 % the collateral does not pay debt and bonus",
        solvency(shock="0.05"): "said by mistake",
    }
