"""From the metrics of all runs to tables and figures."""

SCRATCH = "scratch"  # stands where a pretext method would: none
FEWEST = 5  # points of a correlation, datasets of a comparison
