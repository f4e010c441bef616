"""The key ring: pure rules, then the table behind them."""
