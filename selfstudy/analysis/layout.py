"""Tables in a paper's layout: a row a method, a column a budget, the best in bold."""

import re
from collections.abc import Iterable

import pandas as pd

from selfstudy.analysis.figures.style import dataset_title, look
from selfstudy.analysis.utility import PLACE, fill_in_bounds

PLACES = ["Task", "Dataset", "Backbone"]
HEADINGS = [*PLACES, "Method"]


def lay_out(table: pd.DataFrame) -> pd.DataFrame:
    """Accuracies in per cent, or utilities, as text.

    A cell is a mean, ± the standard deviation where there are several seeds; behind `≥` what the
    mean is at least, where seeds are censored; between asterisks if it is the best of its place and
    budget, as it is shown.

    Args:
        table: of `average_accuracy` (in `.runs`) or `measure_utility` (in `.utility`).
    """
    if "mean" in table:
        value, spread, digits, bound = table["mean"] * 100, table["std"] * 100, 1, ""
    else:
        value, spread, digits = fill_in_bounds(table), table["std"], 2
        bound = pd.Series("≥ ", table.index).where(table["censored"] > 0, "")
    rounded = value.round(digits) + 0.0  # which leaves no -0
    bold = rounded == rounded.groupby([table[key] for key in [*PLACE, "labels"]]).transform("max")
    several = (table["n"] > 1) & spread.notna()
    written = f"{{:.{digits}f}}".format
    text = bound + rounded.map(written) + (" ± " + spread.map(written)).where(several, "")
    text = text.where(~bold, "**" + text + "**")
    rows = pd.DataFrame(
        {
            "Task": table["task"].str.capitalize(),
            "Dataset": table["dataset"].map(dataset_title),
            "Backbone": table["backbone"],
            "Method": table["pretext"].map(lambda name: look(name).label),
            "labels": table["labels"],
            "text": text,
        }
    )
    order = rows.drop_duplicates(HEADINGS)[HEADINGS]
    wide = rows.pivot(index=HEADINGS, columns="labels", values="text").fillna("")
    wide = wide.loc[pd.MultiIndex.from_frame(order)].reset_index()
    wide.columns = [name if name in HEADINGS else f"{name:,}" for name in wide.columns]
    return wide


def format_markdown(table: pd.DataFrame) -> str:
    """A table laid out, as Markdown. What the row above says, too, is left out."""
    same = (table[PLACES] == table[PLACES].shift()).cummin(axis=1)
    table = table.assign(**table[PLACES].mask(same, ""))
    return table.to_markdown(index=False, disable_numparse=True) + "\n"


def format_latex(table: pd.DataFrame) -> str:
    """A table laid out, for LaTeX with booktabs and longtable, narrow enough for eight budgets.

    Rows of a task, dataset and backbone stand below a line that names them.
    """
    budgets = [name for name in table if name not in HEADINGS]
    lines = [
        r"% \usepackage{booktabs, longtable}",
        r"{\footnotesize\setlength{\tabcolsep}{2pt}",
        rf"\begin{{longtable}}{{l{'r' * len(budgets)}}}",
        r"\toprule",
        join_cells(["Labels", *budgets]),
        r"\midrule",
        r"\endhead",
        r"\bottomrule",
        r"\endfoot",
    ]
    for place, methods in table.groupby(PLACES, sort=False):
        name = escape_latex(", ".join(place))
        lines += [r"\addlinespace", rf"\multicolumn{{{1 + len(budgets)}}}{{l}}{{{name}}} \\*"]
        lines += [
            join_cells(map(escape_latex, cells))
            for cells in methods[["Method", *budgets]].to_numpy()
        ]
    return "\n".join([*lines, r"\end{longtable}}", ""])


def join_cells(cells: Iterable[str]) -> str:
    return " & ".join(cells) + r" \\"


def escape_latex(text: str) -> str:
    bold = text.startswith("**")
    text = text.strip("*").replace("_", r"\_").replace("≥ ", r"$\geq$")
    text = re.sub("-(?=-)", "-{}", text)  # two would become a dash
    text = re.sub(r"(?<!\w)-(?=\d)", "$-$", text)
    text = re.sub(" ± (.*)", r"{\\tiny$\\pm$\1}", text)
    return rf"\textbf{{{text}}}" if bold else text
