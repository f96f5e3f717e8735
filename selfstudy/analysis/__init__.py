"""From the metrics of all runs to tables and figures."""

from collections.abc import Collection

from selfstudy.sweep import SCRATCH as SCRATCH

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


def describe_networks(networks: int, elsewhere: Collection[str] = ()) -> str:
    """Say what intervals know of pretrained networks.

    Args:
        networks: that each method pretrains, on a dataset and with a backbone; 0 where all runs
            are from scratch, of which there is nothing to say.
        elsewhere: names of starts whose weights come from elsewhere, one network each.
    """
    if networks == 0:
        return ""
    if networks == 1:
        return ONE_NETWORK
    known = f"Each method has {networks} pretrained networks, and intervals know how they differ."
    if not elsewhere:
        return known
    return f"{known} Those of {', '.join(elsewhere)} are about these weights alone."
