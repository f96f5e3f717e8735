"""What studies of the size of config/study_small.yaml can decide, by simulation."""

import numpy as np
import pandas as pd
from verdicts import COLOR, CONVERGES, FALLS, LINEAR, VARIED, Cell, fall, keep, tabulate_supported
from worlds import World

# Five datasets whose errors from scratch fall to a few percent; single runs differ by 0.03 at 100
# labels and less at more, of which training, label subsets and networks have a share each.
STUDY = World(
    datasets=5,
    methods=6,
    seeds=3,
    labels=np.array([100, 300, 1000, 3000, 10000]),
    codes=("0000", "0100", "0010", "1100", "0110"),
    floor=(0.01, 0.08),
    factor_of_error=(4.0, 14.0),
    power=0.7,
    training=0.02,
    subsets=0.015,
    pretraining=0.015,
    fall=0.3,
    **VARIED,
)
MORE = (*STUDY.codes, "1000", "0001", "0101")


def list_cells(design: World, name: str = "") -> list[Cell]:
    """List what may be true of a study of this design, and the claims that are tried of it."""
    worlds = {
        "utility is 1 at all labels": (design._replace(utility=keep(1)), (FALLS, COLOR)),
        "utility falls as 3 (100 / n)^0.1": (design._replace(utility=fall(0.1)), (FALLS,)),
        "utility falls as 3 (100 / n)^0.2": (design._replace(utility=fall(0.2)), (FALLS,)),
        "utility falls as 3 (100 / n)^0.4": (design._replace(utility=fall(0.4)), (FALLS,)),
        "utility falls as 3 (100 / n)^0.8": (
            design._replace(utility=fall(0.8)),
            (FALLS, CONVERGES),
        ),
    }
    design = design._replace(utility=fall(0.2))
    for times in (2, 4):
        world = design._replace(factor=np.log(times))
        worlds[f"colour brings {times} times the labels"] = world, (COLOR,)
    for linear in (0.72, 0.3, 0.0):
        world = design._replace(linear=linear)
        worlds[f"linear accuracy correlates by {linear}"] = world, (LINEAR,)
    return [(name + what, *cell) for what, cell in worlds.items()]


def tabulate_power(studies: int) -> pd.DataFrame:
    """Give a row per world, a column per claim; percent of studies in which it is supported."""
    larger = STUDY._replace(datasets=len(MORE), codes=MORE)
    cells = [*list_cells(STUDY), *list_cells(larger, f"{len(MORE)} datasets: ")]
    table = tabulate_supported(cells, studies)
    return table.loc[:, (table != "").any()]
