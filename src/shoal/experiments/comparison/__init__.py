"""Comparisons: experiments on paired seeds, and a verdict."""
