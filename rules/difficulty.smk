# Is the rendered data any good? A small network for each dataset of single objects, on all labels.
# Nothing else needs this: it is asked for by the table's or the figure's name.


rule difficulty:
    input:
        lambda w: sweep.require_prepared(w.dataset),
    output:
        f"{paths.difficulty}/confusion.csv",
    log:
        f"logs/{paths.difficulty}/confusion.log",
    wildcard_constraints:
        dataset=match_any(sweep.judged),
    conda:
        "../envs/selfstudy.yaml"
    threads: resources["finetune"]["threads"]
    resources:
        mem_mb=resources["finetune"]["mem_mb"],
        runtime=resources["finetune"]["runtime"],
        gpu=1,
    params:
        own=lambda w: own.identify_dataset(w.dataset),
        gin=lambda w: configure_difficulty(sweep, w.dataset),
        gin_text=lambda w: fingerprint_gin(configure_difficulty(sweep, w.dataset)),
        seed=config["seed"],
        code=fingerprint_run(
            "difficulty",
            "evaluation.difficulty",
            backbone="r9",
            pretext="scratch",
            task="classify",
        ),
    script:
        "../workflow/scripts/difficulty.py"


rule difficulty_table:
    input:
        expand(f"{paths.difficulty}/confusion.csv", dataset=sweep.judged),
    output:
        report(f"{RESULTS}/tables/difficulty.csv", category="Tables"),
    log:
        f"logs/{RESULTS}/tables/difficulty.log",
    localrule: True
    conda:
        "../envs/selfstudy.yaml"
    params:
        datasets=sweep.judged,
        code=fingerprint_job("difficulty_table", "analysis.difficulty"),
    script:
        "../workflow/scripts/difficulty_table.py"


rule confusion_matrices:
    input:
        expand(f"{paths.difficulty}/confusion.csv", dataset=sweep.judged),
    output:
        report(f"{RESULTS}/figures/difficulty.{{format}}", category="Figures"),
    log:
        f"logs/{RESULTS}/figures/difficulty.{{format}}.log",
    localrule: True
    conda:
        "../envs/selfstudy.yaml"
    params:
        datasets=sweep.judged,
        code=fingerprint_job("confusion_matrices", "analysis.figures.difficulty"),
    script:
        "../workflow/scripts/confusion_matrices.py"
