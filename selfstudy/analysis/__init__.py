"""From the metrics of all runs to tables and figures."""

SCRATCH = "scratch"  # stands where a pretext method would: none
