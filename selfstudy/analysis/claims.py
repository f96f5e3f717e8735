"""The page of the paper's claims, each with the test of it on the runs at hand."""

import numpy as np
import pandas as pd

from selfstudy.analysis import CURVE, ONE_NETWORK, READINGS
from selfstudy.analysis.accuracy_claims import (
    assess_best_methods,
    assess_convergence,
    assess_linear_evaluation,
)
from selfstudy.analysis.convergence import keep_converged
from selfstudy.analysis.escaping import escape_markdown
from selfstudy.analysis.findings import Finding
from selfstudy.analysis.gains import leave_out_seeds, measure_gains
from selfstudy.analysis.pages import compose_page
from selfstudy.analysis.runs import leave_out_collapsed
from selfstudy.analysis.utility_claims import assess_data, assess_decline, assess_networks
from selfstudy.measures import ACCURACY, explain_measure

TITLE = "The paper's claims, on these runs"
EXPLAINED = (
    "How each is tested, and how often the tests are wrong: docs/statistics.md. Datasets are what "
    "is drawn: each has one value. Intervals are of 95 %; p, corrected after Holm within a "
    "family of claims, decides at 5 %. Utilities that are bounds are left out."
)


def assess_claims(
    runs: pd.DataFrame, linear: pd.DataFrame, interpolation: str = CURVE
) -> list[Finding]:
    """Test every claim, on the runs that are sound.

    Args:
        runs: the table of `selfstudy.analysis.runs.collect_runs`.
        linear: that of `collect_linear`.
        interpolation: of the curves from scratch, as in `selfstudy.analysis.scratch_curve`.
    """
    sound, _ = keep_converged(leave_out_collapsed(runs))
    gains, without = measure_gains(sound, interpolation), leave_out_seeds(sound, interpolation)
    return [
        *assess_decline(gains, without),
        *assess_convergence(gains),
        *assess_linear_evaluation(sound, linear),
        *assess_best_methods(gains, without),
        *assess_data(gains, without),
        *assess_networks(gains, without),
    ]


def count_left_out(runs: pd.DataFrame) -> str:
    """Say how many runs the claims leave out, and why."""
    sound = leave_out_collapsed(runs)
    collapsed, (_, unconverged) = len(runs) - len(sound), keep_converged(sound)
    return (
        f"Of {len(runs)} runs, {collapsed} are left out because they have collapsed and "
        f"{unconverged} because they have not converged."
    )


def tabulate_findings(found: list[Finding]) -> pd.DataFrame:
    """Write the findings as people read them: one row each, all text."""
    rows = [
        {
            "claim": each.claim,
            "statistic": each.statistic,
            "datasets": str(each.n),
            "value": "" if np.isnan(each.value) else show(each.value),
            "interval": "" if np.isnan(each.low) else f"{show(each.low)} to {show(each.high)}",
            "p": "" if np.isnan(each.p) else "< 0.001" if each.p < 0.001 else f"{each.p:.3f}",
            "verdict": each.verdict,
            "to decide": each.more,
        }
        for each in found
    ]
    return pd.DataFrame(rows)


def show(value: float) -> str:
    """Write a number in three digits."""
    return f"{value:.3g}"


def explain(
    runs: pd.DataFrame,
    interpolation: str = CURVE,
    networks: str = ONE_NETWORK,
    measure: str = ACCURACY,
) -> str:
    """Say how claims are tested, and of what.

    Args:
        runs: the table of `selfstudy.analysis.runs.collect_runs`.
        interpolation: as of `assess_claims`.
        networks: what intervals know of these (`selfstudy.analysis.describe_networks`).
        measure: what stands for accuracy (`selfstudy.measures`).
    """
    read = f"{READINGS[interpolation]}{explain_measure(measure)}"
    known = f"{networks} " if networks else ""
    return f"{EXPLAINED} {known}{read} {count_left_out(runs)}"


def format_claims(found: list[Finding], explained: str) -> str:
    """Write the findings as a page in Markdown, below what `explain` says."""
    table = tabulate_findings(found).map(escape_markdown)
    table = table.to_markdown(index=False, disable_numparse=True)
    return f"# {TITLE}\n\n{explained}\n\n{table}\n"


def compose_claims_page(found: list[Finding], explained: str) -> str:
    """Compose the same page for browsers."""
    return compose_page(TITLE, {"": explained, "Claims": tabulate_findings(found)})
