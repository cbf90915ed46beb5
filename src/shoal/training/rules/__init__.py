"""The learning rules, a module for each family; `shoal.training.optimizers` is their registry."""
