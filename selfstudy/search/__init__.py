"""Search for hyperparameters. Any number of processes share a search, and each may be killed."""

from pathlib import Path

SEARCHES = Path("results/search")
SAMPLERS = ("tpe", "cmaes")
ROUNDS, GRACE = 100, 20  # of the authors' searches
