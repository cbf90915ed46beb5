"""Sweeps: many experiments from one document, trained together."""
