"""From the metrics of all runs to tables and figures."""

from selfstudy.sweep import SCRATCH as SCRATCH

FEWEST = 5  # points of a correlation, datasets of a comparison
CURVE, PAPER = INTERPOLATIONS = ("curve", "paper")  # of accuracy from scratch between budgets
