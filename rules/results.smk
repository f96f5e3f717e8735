# Tables of all runs, and figures, each of which asks only for the runs that it shows.


TABLES_CAPTION = "../workflow/report/tables.rst"


rule tables:
    input:
        finetuned=metrics(TASKS),
        linear=linear_metrics(),
    output:
        runs=report(f"{RESULTS}/tables/runs.csv", category="Tables", caption=TABLES_CAPTION),
        accuracy=report(f"{RESULTS}/tables/accuracy.csv", category="Tables", caption=TABLES_CAPTION),
        utility=report(f"{RESULTS}/tables/utility.csv", category="Tables", caption=TABLES_CAPTION),
        linear=report(f"{RESULTS}/tables/linear.csv", category="Tables", caption=TABLES_CAPTION),
        outcomes=report(f"{RESULTS}/tables/outcomes.csv", category="Tables", caption=TABLES_CAPTION),
        correlations=report(
            f"{RESULTS}/tables/correlations.csv", category="Tables", caption=TABLES_CAPTION
        ),
        ranks=report(f"{RESULTS}/tables/ranks.csv", category="Tables", caption=TABLES_CAPTION),
        claims=report(f"{RESULTS}/claims.md", category="Claims", caption=TABLES_CAPTION),
    log:
        f"logs/{RESULTS}/tables.log",
    localrule: True
    conda:
        "../envs/selfstudy.yaml"
    params:
        code=code_fingerprint("analysis.claims"),
    script:
        "../workflow/scripts/tables.py"


rule figure:
    input:
        unpack(lambda w: figure_inputs()[w.figure]),
    output:
        report(
            f"{RESULTS}/figures/{{figure}}.{{format}}",
            category="Figures",
            labels={"figure": "{figure}", "format": "{format}"},
            caption="../workflow/report/figure.rst",
        ),
    log:
        f"logs/{RESULTS}/figures/{{figure}}.{{format}}.log",
    wildcard_constraints:
        figure="|".join(figure_inputs()) or "(?!)",
    localrule: True
    conda:
        "../envs/selfstudy.yaml"
    params:
        datasets=RENDERED,
        code=lambda w: code_fingerprint(f"analysis.figures.{w.figure}", "analysis.runs"),
    script:
        "../workflow/scripts/figure.py"
