"""A model in use: drift of its inputs, rows unlike those it learned from, and a history."""
