"""Simulations that docs/statistics.md rests on: three tables in Markdown.

python benchmarks/statistics [--studies 500]
"""

import argparse

from intervals import SEEDS, tabulate_coverage
from labels_needed import tabulate_errors
from labels_to_reach import tabulate_needs

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--studies", type=int, default=500, help="of each scenario")
studies = parser.parse_args().studies
print(f"Percent of 95 % intervals that hold the truth, with {' / '.join(map(str, SEEDS))} seeds,")
print(f"of {studies} studies each:\n")
print(tabulate_coverage(studies).to_markdown(index=False, disable_numparse=True))
print("\nError of n̂ in percent of it: mean (mean of its size):\n")
print(tabulate_errors(studies).to_markdown(index=False, disable_numparse=True))
print("\nPercent of intervals of labels that hold the truth (that have no upper end):\n")
print(tabulate_needs(studies).to_markdown(index=False, disable_numparse=True))
