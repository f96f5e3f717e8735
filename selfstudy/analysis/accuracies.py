"""Accuracies that people bring in a table: what each row says, and which can be compared.

Every row counts: one that cannot be understood is refused, one that cannot be compared is named.
"""

import re
from collections.abc import Collection, Sequence
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from selfstudy.analysis import SCRATCH
from selfstudy.delimited import SEPARATORS, read_delimited
from selfstudy.errors import ConfigurationError, DataError, suggest

COLUMNS = ("method", "labels", "seed", "accuracy")
GROUPS = ("dataset", "backbone", "task")
MOST = 10**12  # labels
WHOLE = re.compile(r"[0-9]+([.,]0)?|[0-9](\.[0-9]+)?[eE]\+?[0-9]+")
NUMBER = re.compile(r"[+-]?([0-9]+([.,][0-9]*)?|[.,][0-9]+)([eE][+-]?[0-9]+)?(\s*%)?")
EXPECTED = "expected a number from 0 to 1, or a percentage"


class Accuracies(NamedTuple):
    """The runs of a table.

    Attributes:
        runs: as `selfstudy.analysis.utility.measure_utility` takes them; their `dataset` is the
            number of the group that they are compared in.
        groups: what tells the groups apart, one row each.
        said: what was made of the table, for people.
    """

    runs: pd.DataFrame
    groups: pd.DataFrame
    said: list[str]


def read_accuracies(
    path: str | Path, by: Sequence[str] = (), ignored: Collection[str] = ()
) -> Accuracies:
    """Read a table of one row per run.

    Args:
        path: of the file, with the columns of `COLUMNS` and maybe those of `GROUPS`.
        by: further columns that tell curves apart.
        ignored: columns that do not matter. So are those that are the same in all rows.

    Raises:
        DataError: the table cannot be read, or a row cannot be understood; it names the line.
        ConfigurationError: `by` and `ignored` do not fit the table.
    """
    columns, rows, separator = read_delimited(path, COLUMNS, GROUPS)
    lines, values = zip(*rows, strict=True)
    table = pd.DataFrame(values, lines, columns, dtype=object).map(str.strip)
    said = [] if separator == "," else [f"values are parted by {SEPARATORS[separator]}"]
    groups, constant = find_groups(path, table, by, ignored)
    if constant:
        said.append(f"ignored, as they are the same in all rows: {', '.join(constant)}")
    for column in ("method", "seed", *groups):
        require_names(path, table[column])
    method = table["method"].where(table["method"].str.casefold() != SCRATCH, SCRATCH)
    accuracy, spelled = read_shares(path, table["accuracy"])
    runs = pd.DataFrame(
        {
            "dataset": table.groupby(groups, sort=False).ngroup() if groups else 0,
            "backbone": "",
            "task": "",
            "pretext": method,
            "labels": read_budgets(path, table["labels"]),
            "seed": table["seed"].str.replace(r"^(-?[0-9]+)[.,]0*$", r"\1", regex=True),
            "accuracy": accuracy,
        }
    )
    require_once(path, runs)
    said += spelled
    kept, left_out = leave_out(path, runs, table[groups])
    scratch, methods = kept["pretext"] == SCRATCH, kept["pretext"].nunique() - 1
    said.insert(
        0,
        f"{path}: {len(table)} rows: {scratch.sum()} from scratch, {(~scratch).sum()} of {methods} "
        f"other method{'s' if methods > 1 else ''}, {len(table) - len(kept)} left out",
    )
    names = table[groups].groupby(runs["dataset"]).first()
    return Accuracies(kept, names, said + left_out)


def find_groups(
    path: str | Path, table: pd.DataFrame, by: Sequence[str], ignored: Collection[str]
) -> tuple[list[str], list[str]]:
    """Find the columns that tell curves apart, and those that can be ignored.

    Raises:
        DataError: a column may matter, and nothing says whether it does.
        ConfigurationError: a column of `by` or `ignored` is not there, or not to choose.
    """
    others = {name.casefold(): name for name in table if name not in COLUMNS}
    chosen = {}
    for option, names in (("--by", by), ("--ignore", ignored)):
        for name in names:
            column = others.get(name.strip().casefold())
            if column is None:
                known = suggest(name, others.values()) if others else "there are no further columns"
                raise ConfigurationError(f"{option} {name!r}: {path} has no such column: {known}")
            if chosen.setdefault(column, option) != option:
                raise ConfigurationError(f"{option} {name!r}: is given with {chosen[column]}, too")
    groups, constant = [], []
    for column in others.values():
        values = table[column].unique()
        if chosen.get(column) == "--by" or (column in GROUPS and column not in chosen):
            if any(values):
                groups.append(column)
        elif len(values) == 1:
            constant.append(f"{column} ({values[0]!r})")
        elif column not in chosen:
            raise DataError(
                f"{path}: column {column!r} has {len(values)} values, such as {values[0]!r} and "
                f"{values[1]!r}: expected it in --by, if curves differ by it, or in --ignore"
            )
    return groups, constant


def require_names(path: str | Path, column: pd.Series) -> None:
    """Require that no value is blank, and that none differ in case or blanks alone.

    Raises:
        DataError: it is not so; it names the lines.
    """
    if (column == "").any():
        line = (column == "").idxmax()
        raise DataError(f"{path}, line {line}: {column.name} is blank: expected a name")
    spelled = {}
    for line, name in column.drop_duplicates().items():
        first, as_first = spelled.setdefault(" ".join(name.split()).casefold(), (line, name))
        if first != line:
            raise DataError(
                f"{path}: {column.name} is {as_first!r} on line {first} and {name!r} on line "
                f"{line}: expected one spelling, or names that differ in more"
            )


def read_budgets(path: str | Path, column: pd.Series) -> pd.Series:
    """Read numbers of labels.

    Raises:
        DataError: one is no whole number from 1; it names the line.
    """
    for line, text in column.items():
        number = float(text.replace(",", ".")) if WHOLE.fullmatch(text) else 0
        if not 1 <= number <= MOST or number % 1:
            raise DataError(
                f"{path}, line {line}: labels is {text!r}: expected a whole number from 1, without "
                f"separators"
            )
    return column.str.replace(",", ".").astype(float).astype(int)


def read_shares(path: str | Path, column: pd.Series) -> tuple[pd.Series, list[str]]:
    """Read accuracies: from 0 to 1, with a decimal point or comma, or percentages throughout.

    Returns:
        Numbers from 0 to 1, and how they were spelled, where it is not the usual way.

    Raises:
        DataError: one is none, or they are spelled in different ways; it names the lines.
    """
    wrong = ~column.str.fullmatch(NUMBER)
    if wrong.any():
        line = wrong.idxmax()
        raise DataError(f"{path}, line {line}: accuracy is {column[line]!r}: {EXPECTED}")
    said, comma, percent = [], column.str.contains(","), column.str.endswith("%")
    if comma.any():
        require_alike(path, column, comma, column.str.contains(".", regex=False))
        said.append("accuracies have decimal commas")
    numbers = column.str.replace(",", ".").str.replace(r"\s*%", "", regex=True).astype(float)
    if percent.any():
        require_alike(path, column, percent, ~percent)
    elif (numbers > 1).any():
        percent = numbers > 1
        require_alike(path, column, percent, (numbers > 0) & (numbers < 1))
    if percent.any():
        said.append(f"accuracies are percentages, from {numbers.min():g} to {numbers.max():g}")
        numbers = numbers / 100
    wrong = ~numbers.between(0, 1)
    if wrong.any():
        line = wrong.idxmax()
        raise DataError(f"{path}, line {line}: accuracy is {column[line]!r}: {EXPECTED}")
    return numbers, said


def require_alike(path: str | Path, column: pd.Series, one: pd.Series, other: pd.Series) -> None:
    """Require that not `one` (n,) of the values and `other` (n,), too, are spelled so.

    Raises:
        DataError: they are; it names a line of each.
    """
    if other.any():
        first, second = sorted((one.idxmax(), other.idxmax()))
        raise DataError(
            f"{path}: {column.name} is {column[first]!r} on line {first} and {column[second]!r} on "
            f"line {second}: expected all from 0 to 1 or all percentages, with one decimal sign"
        )


def require_once(path: str | Path, runs: pd.DataFrame) -> None:
    """Require that no run is there twice, which would count as two seeds.

    Raises:
        DataError: one is; it names both lines.
    """
    keys = ["dataset", "pretext", "labels", "seed"]
    again = runs.duplicated(keys)
    if again.any():
        line = again.idxmax()
        row = runs.loc[line]
        first = (runs[keys] == row[keys]).all(axis=1).idxmax()
        raise DataError(
            f"{path}: lines {first} and {line} are the same run, method {row['pretext']!r}, labels "
            f"{row['labels']}, seed {row['seed']!r}: expected it once, or a column in --by that "
            f"tells them apart"
        )


def leave_out(
    path: str | Path, runs: pd.DataFrame, groups: pd.DataFrame
) -> tuple[pd.DataFrame, list[str]]:
    """Leave out the groups in which nothing can be compared.

    Returns:
        The other runs, and what was left out.

    Raises:
        DataError: none is left.
    """
    said, kept = [], []
    for _, group in runs.groupby("dataset", sort=False):
        scratch = group["pretext"] == SCRATCH
        if scratch.any() and not scratch.all():
            kept.append(group)
            continue
        place = " and ".join(
            f"{name} {value!r}" for name, value in groups.loc[group.index[0]].items()
        )
        found = f"found {', '.join(map(repr, group['pretext'].unique()))}"
        lacks = "another method" if scratch.all() else "the method 'scratch'"
        if not place:
            raise DataError(f"{path}: no row has {lacks}, so nothing can be compared: {found}")
        said.append(
            f"left out: {place}, {len(group)} of the rows (on {list_lines(group.index)}), as none "
            f"has {lacks}: {found}"
        )
    if not kept:
        raise DataError(f"{path}: nothing can be compared: {'; '.join(said)}")
    return pd.concat(kept), said


def describe_limits(runs: pd.DataFrame) -> list[str]:
    """Say in a line each what too few runs cannot tell, and where curves fall.

    Args:
        runs: of `Accuracies`.
    """
    said, points = [], runs.groupby(["dataset", "pretext", "labels"])["accuracy"]
    if points.count().max() == 1:
        said.append("each point is of one seed: nothing tells how seeds differ")
    ends = points.mean().groupby(["dataset", "pretext"]).agg(["first", "last", "count"])
    scratch = ends.xs(SCRATCH, level="pretext")
    if (scratch["count"] == 1).all():
        said.append("scratch has one number of labels: utilities are bounds")
    names = ends.index[ends["last"] < ends["first"]].get_level_values("pretext").unique()
    if len(names):
        said.append(f"at the most labels less accurate than at the fewest: {', '.join(names)}")
    return said


def list_lines(lines: Collection[int]) -> str:
    """List lines in few characters, such as `lines 2-5, 9`."""
    runs = groupby(enumerate(sorted(lines)), lambda pair: pair[1] - pair[0])
    ends = [[line for _, line in run] for _, run in runs]
    parts = [f"{run[0]}-{run[-1]}" if len(run) > 1 else f"{run[0]}" for run in ends]
    return f"line{'s' if len(lines) > 1 else ''} {', '.join(parts)}"
