"""From the metrics of all runs to tables and figures."""

from selfstudy.sweep import SCRATCH as SCRATCH

KEYS = ["dataset", "backbone", "pretext", "task", "labels"]  # of a job
FEWEST = 5  # points of a correlation, datasets of a comparison
CURVE, PAPER = INTERPOLATIONS = ("curve", "paper")  # of accuracy from scratch between budgets
# What captions and pages say.
READINGS = {
    CURVE: "Labels from scratch are read from a curve that bends between budgets.",
    PAPER: "Labels from scratch are read along chords between budgets, as in the paper.",
}
ONE_NETWORK = (
    "Intervals and shares are about these pretrained networks, and do not know about others."
)
