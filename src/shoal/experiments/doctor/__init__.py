"""Diagnosis: what is wrong with an experiment, with proof."""
