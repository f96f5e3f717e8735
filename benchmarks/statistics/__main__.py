"""Simulations that docs/statistics.md rests on: tables in Markdown, all unless some are named.

python benchmarks/statistics [TABLE ...] [--studies 500]
"""

import argparse
from functools import partial

from convergence import tabulate_verdicts
from design import tabulate_power
from intervals import SEEDS, tabulate_coverage
from labels_needed import tabulate_errors
from labels_to_reach import tabulate_needs
from outcomes import tabulate_outcomes
from verdicts import FALSE, TRUE, tabulate_advice, tabulate_supported

WITH = f"with {' / '.join(map(str, SEEDS))} seeds"
SUPPORTED = "Percent of studies in which a claim is supported"
TABLES = {
    "intervals": [(f"Percent of 95 % intervals that hold the truth, {WITH}", tabulate_coverage)],
    "labels": [("Error of n̂ in percent of it: mean (mean of its size)", tabulate_errors)],
    "needs": [
        (
            f"Percent of intervals of labels that hold the truth (that have no upper end), {WITH}",
            tabulate_needs,
        )
    ],
    "outcomes": [(f"Percent of curves that have an outcome, {WITH}", tabulate_outcomes)],
    "convergence": [
        (
            "Percent of curves that are called converged / not / not known (of how many curves)",
            lambda studies: tabulate_verdicts(10 * studies),
        )
    ],
    "claims": [
        (f"{SUPPORTED}, though it is false", partial(tabulate_supported, FALSE)),
        (f"{SUPPORTED}, and true", partial(tabulate_supported, TRUE)),
        ("What undecided studies say would decide", lambda studies: tabulate_advice(studies // 5)),
    ],
    "study": [(f"{SUPPORTED}, of those of config/study_small.yaml", tabulate_power)],
}

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("tables", nargs="*", help=f"of {', '.join(TABLES)}; all unless given")
parser.add_argument("--studies", type=int, default=500, help="of each scenario")
chosen = parser.parse_args()
if wrong := set(chosen.tables) - set(TABLES):
    parser.error(f"{', '.join(sorted(wrong))}: expected {', '.join(TABLES)}")
for name in chosen.tables or TABLES:
    for title, tabulate in TABLES[name]:
        print(f"{title}, --studies {chosen.studies}:\n")
        print(tabulate(chosen.studies).to_markdown(index=False, disable_numparse=True), "\n")
