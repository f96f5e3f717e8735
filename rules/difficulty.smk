# Is the rendered data any good? A small network for each dataset of single objects, on all labels.
# Nothing else needs this: it is asked for by the table's or the figure's name.


rule difficulty:
    input:
        prepared,
    output:
        f"{DIFFICULTY}/confusion.csv",
    log:
        f"logs/{DIFFICULTY}/confusion.log",
    wildcard_constraints:
        dataset="|".join(JUDGED) or "(?!)",
    conda:
        "../envs/selfstudy.yaml"
    threads: config["resources"]["finetune"]["threads"]
    resources:
        mem_mb=config["resources"]["finetune"]["mem_mb"],
        runtime=config["resources"]["finetune"]["runtime"],
        gpu=1,
    params:
        gin=difficulty_gin,
        gin_text=lambda w: gin_fingerprint(difficulty_gin(w)),
        seed=config["seed"],
        code=fingerprint_code("evaluation.difficulty", "tasks.classify"),
    script:
        "../workflow/scripts/difficulty.py"


rule difficulty_table:
    input:
        expand(f"{DIFFICULTY}/confusion.csv", dataset=JUDGED),
    output:
        report(f"{RESULTS}/tables/difficulty.csv", category="Tables"),
    log:
        f"logs/{RESULTS}/tables/difficulty.log",
    localrule: True
    conda:
        "../envs/selfstudy.yaml"
    params:
        datasets=JUDGED,
        code=fingerprint_code("analysis.difficulty"),
    script:
        "../workflow/scripts/difficulty_table.py"


rule confusion_matrices:
    input:
        expand(f"{DIFFICULTY}/confusion.csv", dataset=JUDGED),
    output:
        report(f"{RESULTS}/figures/difficulty.{{format}}", category="Figures"),
    log:
        f"logs/{RESULTS}/figures/difficulty.{{format}}.log",
    localrule: True
    conda:
        "../envs/selfstudy.yaml"
    params:
        datasets=JUDGED,
        code=fingerprint_code("analysis.figures.difficulty"),
    script:
        "../workflow/scripts/confusion_matrices.py"
