"""From the metrics of all runs to tables and figures."""

from selfstudy.sweep import SCRATCH as SCRATCH

FEWEST = 5  # points of a correlation, datasets of a comparison
