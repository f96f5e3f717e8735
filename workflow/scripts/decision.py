"""What to do. Input: the table of runs. Output: the decision page, and its picture."""

from pathlib import Path

from selfstudy.job import run_job

with run_job(snakemake.log[0], snakemake.threads):
    from selfstudy.analysis.costs import collect_hours
    from selfstudy.analysis.decision import (
        advise_all,
        compose_decision_page,
        explain,
        format_decision,
        read_question,
        read_runs,
    )
    from selfstudy.analysis.figures.learning import draw_learning_curves
    from selfstudy.analysis.figures.style import assign_looks
    from selfstudy.drawing import save
    from selfstudy.files import write_whole
    from selfstudy.sweep.runs import Sweep

    params, picture = snakemake.params, Path(snakemake.output.picture)
    question, locate = read_question(params.question), Sweep(snakemake.config).locate_network
    hours = collect_hours(picture.parent, locate)
    runs = read_runs(snakemake.input[0], params.measure)
    found = advise_all(runs, question, hours, params.interpolation)
    save(draw_learning_curves(found, assign_looks(params.starts), params.measure), picture)
    explained = explain(params.interpolation, params.networks, params.measure)
    pages = {
        snakemake.output.text: format_decision(found, explained, picture.name),
        snakemake.output.page: compose_decision_page(found, explained, picture.read_bytes()),
    }
    for path, text in pages.items():
        with write_whole(path) as temporary:
            temporary.write_text(text, encoding="utf-8")
