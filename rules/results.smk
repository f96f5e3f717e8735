# Tables of all runs, and figures, each of which asks only for the runs that it shows.


rule tables:
    input:
        finetuned=metrics(TASKS),
        linear=linear_metrics(),
    output:
        runs=report(f"{RESULTS}/tables/runs.csv", category="Tables"),
        accuracy=report(f"{RESULTS}/tables/accuracy.csv", category="Tables"),
        utility=report(f"{RESULTS}/tables/utility.csv", category="Tables"),
        linear=report(f"{RESULTS}/tables/linear.csv", category="Tables"),
    log:
        f"logs/{RESULTS}/tables.log",
    localrule: True
    conda:
        "../envs/selfstudy.yaml"
    params:
        code=code_fingerprint("analysis.runs", "analysis.utility"),
    script:
        "../workflow/scripts/tables.py"


rule contact_sheet:
    input:
        [f"{PACKED}/{bucket_name(0)}".format(dataset=dataset) for dataset in RENDERED],
    output:
        report(f"{RESULTS}/figures/fig2.{{format}}", category="Figures"),
    log:
        f"logs/{RESULTS}/figures/fig2.{{format}}.log",
    localrule: True
    conda:
        "../envs/selfstudy.yaml"
    params:
        datasets=RENDERED,
        code=code_fingerprint("analysis.figures.fig2"),
    script:
        "../workflow/scripts/contact_sheet.py"


rule accuracy_and_utility:
    input:
        metrics(["classify"], BACKBONES[:1]),
    output:
        report(f"{RESULTS}/figures/fig3.{{format}}", category="Figures"),
    log:
        f"logs/{RESULTS}/figures/fig3.{{format}}.log",
    localrule: True
    conda:
        "../envs/selfstudy.yaml"
    params:
        code=code_fingerprint("analysis.figures.fig3"),
    script:
        "../workflow/scripts/accuracy_and_utility.py"
