"""The library: mechanisms, oracles, markets, shocks, properties, and deployed parameters with their sources."""
