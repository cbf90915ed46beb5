"""shoal: a laboratory for small neural networks."""
