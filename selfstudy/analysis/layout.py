"""Tables in a paper's layout: a row a method, a column a budget, the best in bold."""

import pandas as pd

from selfstudy.analysis.figures.style import dataset_title, look
from selfstudy.analysis.utility import PLACE, shown

HEADINGS = ["Task", "Dataset", "Backbone", "Method"]


def laid_out(table: pd.DataFrame) -> pd.DataFrame:
    """Accuracies in per cent, or utilities, as text.

    A cell is a mean, ± the standard deviation where there are several seeds; behind `≥` what the
    mean is at least, where seeds are censored; between asterisks if it is the best of its place and
    budget, as it is shown.

    Args:
        table: of `accuracies` in `selfstudy.analysis.runs` or `utilities` in `.utility`.
    """
    if "mean" in table:
        value, spread, digits, bound = table["mean"] * 100, table["std"] * 100, 1, ""
    else:
        value, spread, digits = shown(table), table["std"], 2
        bound = pd.Series("≥ ", table.index).where(table["censored"] > 0, "")
    rounded = value.round(digits)
    bold = rounded == rounded.groupby([table[key] for key in [*PLACE, "labels"]]).transform("max")
    several = (table["n"] > 1) & spread.notna()
    written = f"{{:.{digits}f}}".format
    text = bound + value.map(written) + (" ± " + spread.map(written)).where(several, "")
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
    # What the row above says, too, is left out.
    same = (wide[HEADINGS[:-1]] == wide[HEADINGS[:-1]].shift()).cummin(axis=1)
    wide[HEADINGS[:-1]] = wide[HEADINGS[:-1]].mask(same, "")
    return wide


def plain(table: pd.DataFrame) -> str:
    """A table laid out, as Markdown."""
    return table.to_markdown(index=False, disable_numparse=True) + "\n"


def latex(table: pd.DataFrame) -> str:
    """A table laid out, for LaTeX with booktabs and longtable."""
    written = table.map(as_latex)
    return "% \\usepackage{booktabs, longtable}\n" + written.to_latex(
        index=False, longtable=True, column_format="llll" + "r" * budgets(table)
    )


def budgets(table: pd.DataFrame) -> int:
    return len(table.columns) - len(HEADINGS)


def as_latex(text: str) -> str:
    bold = text.startswith("**")
    text = text.strip("*").replace("_", r"\_")
    text = text.replace("±", r"$\pm$").replace("≥", r"$\geq$")
    return rf"\textbf{{{text}}}" if bold else text
