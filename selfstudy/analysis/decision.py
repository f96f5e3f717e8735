"""The decision page: what runs say to someone who has images to label."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from selfstudy.analysis import CURVE, ONE_NETWORK, READINGS
from selfstudy.analysis.advice import Advice, Question, advise
from selfstudy.analysis.costs import Hours, Price
from selfstudy.analysis.escaping import escape_markdown, show_name
from selfstudy.analysis.figures.style import title_dataset
from selfstudy.analysis.measures import use_measure
from selfstudy.analysis.pages import compose_page
from selfstudy.analysis.runs import KEYS, NETWORK
from selfstudy.analysis.tables import read_table, require_numbers
from selfstudy.analysis.utility import PLACE
from selfstudy.analysis.wording import say_accuracy
from selfstudy.measures import ACCURACY, explain_measure

TITLE = "Which start, and how many labels"
EXPLAINED = (
    "Accuracies are validation accuracies, means over seeds. Intervals are of 95 %; what lies "
    "outside of them is unlikely, what lies inside is not known better. Beyond the most labels "
    "that were measured, curves are extrapolated, to four times these at most. How: "
    "docs/statistics.md."
)
Times = Mapping[tuple[str, ...], Hours]


def read_question(
    config: Mapping, target: float | None = None, labels: int | None = None
) -> Question:
    """Read what a configuration asks, unless it is given."""
    price = Price(**config.get("price", {}))
    return Question(config.get("target") if target is None else target, labels, price)


def read_runs(path: Path, measure: str = ACCURACY) -> pd.DataFrame:
    """Read the table of runs, with a measure in the place of accuracy.

    Raises:
        DataError: it cannot be read, or lacks a column or a number, or a run the measure.
    """
    names = [key for key in KEYS if key != "labels"]
    types = dict.fromkeys(names, str) | {NETWORK: "Int64"}
    runs = read_table(path, [*KEYS, "seed", "accuracy"], dtype=types)
    require_numbers(path, runs, ["labels", "accuracy"])
    return use_measure(runs, measure)


def advise_all(
    runs: pd.DataFrame, question: Question, times: Times, interpolation: str = CURVE
) -> dict[str, Advice]:
    """Say what runs tell, by the title of each dataset, backbone and task.

    Args:
        runs: the table of `selfstudy.analysis.runs.collect_runs`.
        question: to answer.
        times: of `selfstudy.analysis.costs.collect_hours`.
        interpolation: of curves from scratch, as in `selfstudy.analysis.scratch_curve`.
    """
    found = {}
    for place, group in runs.groupby(PLACE, sort=False):
        hours = {start: of for (*where, start), of in times.items() if tuple(where) == place}
        title = ", ".join(part for part in (title_dataset(str(place[0])), *place[1:]) if part)
        found[title] = advise(group, question, hours, interpolation)
    return found


def list_sections(advice: Advice) -> dict[str, list[str] | pd.DataFrame]:
    """List what there is to say, by its heading."""
    reach = "" if advice.target is None else f" {say_accuracy(advice.target)}"
    sections = {
        "": advice.answer,
        "What labels are worth": advice.worth,
        f"Labels needed for{reach}": advice.needs,
        "What that costs": advice.costs,
        "When a start pays": advice.break_even,
        "What would tell more": advice.more,
        "Left out": advice.left_out,
    }
    return {heading: content for heading, content in sections.items() if len(content)}


def explain(
    interpolation: str = CURVE, networks: str = ONE_NETWORK, measure: str = ACCURACY
) -> str:
    """Say how the page is to be read."""
    known = f"{networks} " if networks else ""
    return f"{EXPLAINED} {known}{READINGS[interpolation]}{explain_measure(measure)}"


def format_decision(found: Mapping[str, Advice], explained: str, picture: str = "") -> str:
    """Write the page in Markdown.

    Args:
        found: of `advise_all`.
        explained: of `explain`.
        picture: name of the file of `draw_learning_curves`, if there is one.
    """
    parts = [f"# {TITLE}", explained]
    if picture:
        parts.append(f"![Learning curves]({picture})")
    for title, advice in found.items():
        parts += [f"## {escape_markdown(title)}"] if title else []
        for heading, content in list_sections(advice).items():
            parts += [f"### {heading}"] if heading else []
            if isinstance(content, pd.DataFrame):
                content = content.fillna("").map(escape_markdown)
                parts.append(content.to_markdown(index=False, disable_numparse=True))
            elif heading:
                parts.append("\n".join(f"- {escape_markdown(line)}" for line in content))
            else:
                parts += [f"**{escape_markdown(line)}**" for line in content]
    return "\n\n".join(parts) + "\n"


def compose_decision_page(found: Mapping[str, Advice], explained: str, picture: bytes) -> str:
    """Compose the same page for browsers, with the picture in it."""
    sections = {"": explained, "Learning curves": picture}
    for title, advice in found.items():
        for heading, content in list_sections(advice).items():
            name = ": ".join(part for part in (show_name(title), heading) if part) or "Answer"
            if not isinstance(content, pd.DataFrame):
                content = "\n".join(content)
            sections[name] = content
    return compose_page(TITLE, sections)
