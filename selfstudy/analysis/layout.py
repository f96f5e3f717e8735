"""Tables in a paper's layout: one row per method, one column per budget, the best in bold."""

import re

import pandas as pd

from selfstudy.analysis.convergence import find_cut_short
from selfstudy.analysis.escaping import escape_latex, escape_markdown
from selfstudy.analysis.figures.style import title_dataset, title_start
from selfstudy.analysis.measures import qualify_measure
from selfstudy.analysis.utility import PLACE, show_utility

PLACES = ["Task", "Dataset", "Backbone"]
HEADINGS = [*PLACES, "Method"]
CUT_SHORT = "†"  # marks what has not converged
NOTE = "not converged: more rounds would change it"


def lay_out(table: pd.DataFrame) -> pd.DataFrame:
    """Lay out accuracies in per cent, or utilities, as text.

    A cell is a mean, ± the standard deviation where there are several seeds; behind `≥` or `≤` what
    the mean is at least or at most, where no more is known; between asterisks if it is the best of
    its place and budget, as rounded, which what is `≤` never is; before `†` if runs that it is of
    have not converged.

    Args:
        table: of `average_accuracy` (in `.runs`) or `measure_utility` (in `.utility`).

    Returns:
        One row per task, dataset, backbone and method, with these four columns and one per budget.
    """
    if "mean" in table:
        value, spread, digits = table["mean"] * 100, table["std"] * 100, 1
        sign = pd.Series("", table.index)
    else:
        value, spread, digits = show_utility(table)["shown"], table["std"], 2
        sign = show_utility(table)["sign"]
    rounded = value.round(digits) + 0.0  # which leaves no -0
    known = rounded.where(sign != "≤")
    bold = known == known.groupby([table[key] for key in [*PLACE, "labels"]]).transform("max")
    several = (table["n"] > 1) & spread.notna()
    written = f"{{:.{digits}f}}".format
    text = rounded.map(written) + (" ± " + spread.map(written)).where(several, "")
    text = (sign + " " + text).where(sign != "", text)
    text = text.where(~bold, "**" + text + "**")
    text = text.mask(find_cut_short(table), text + " " + CUT_SHORT)
    rows = pd.DataFrame(
        {
            "Task": table["task"].str.capitalize() + qualify_measure(table),
            "Dataset": table["dataset"].map(title_dataset),
            "Backbone": table["backbone"],
            "Method": table["pretext"].map(title_start),
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
    """Write a table of `lay_out` as Markdown, without what the row above says, too."""
    same = (table[PLACES] == table[PLACES].shift()).cummin(axis=1)
    names = table[HEADINGS].map(escape_markdown)
    table = table.assign(**names).assign(**names[PLACES].mask(same, ""))
    note = f"\n{CUT_SHORT} {NOTE}\n" if has_cut_short(table) else ""
    return table.to_markdown(index=False, disable_numparse=True) + "\n" + note


def format_latex(table: pd.DataFrame) -> str:
    """Write a table of `lay_out` for LaTeX with booktabs and longtable.

    Rows of a task, dataset and backbone stand below a line that names them, so that eight budgets
    fit the width of a page.
    """
    table = table.iloc[table.groupby(PLACES, sort=False).ngroup().argsort(kind="stable")]
    budgets = [name for name in table if name not in HEADINGS]
    place = table["Task"].str.cat(table[["Dataset", "Backbone"]], ", ").map(escape_latex)
    line = f"\\addlinespace\n\\multicolumn{{{1 + len(budgets)}}}{{l}}{{" + place + "} \\\\*\n"
    method = table["Method"].map(escape_latex)
    # The line is a row of its own, written before the name of the first method.
    rows = table[budgets].set_axis(method.where(place.duplicated(), line + method))
    styler = rows.rename_axis(index=None, columns="Labels").style.format(typeset)
    columns = "l" + "r" * len(budgets)
    written = styler.to_latex(environment="longtable", hrules=True, column_format=columns)
    head = "% \\usepackage{booktabs, longtable}\n{\\footnotesize\\setlength{\\tabcolsep}{2pt}\n"
    note = f"\n\n\\noindent {typeset(CUT_SHORT)} {NOTE}\n" if has_cut_short(table) else ""
    return head + written + note + "}\n"


def has_cut_short(table: pd.DataFrame) -> bool:
    """Whether a table of `lay_out` marks anything that has not converged."""
    return bool(table.map(lambda text: text.endswith(CUT_SHORT)).any(axis=None))


def typeset(text: str) -> str:
    """Write a cell of `lay_out` for LaTeX: bold, signs and a small spread."""
    text, mark, _ = text.partition(CUT_SHORT)
    bold, text = text.startswith("**"), text.strip()
    text = text.strip("*").replace("≥ ", r"$\geq$").replace("≤ ", r"$\leq$")
    text = re.sub(r"(?<!\w)-(?=\d)", "$-$", text)
    text = re.sub(" ± (.*)", r"{\\tiny$\\pm$\1}", text)
    text = rf"\textbf{{{text}}}" if bold else text
    return text + r"$^\dagger$" * bool(mark)
