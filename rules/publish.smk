# All rows of one dataset, which `selfstudy publish` keeps and draws. Asking for them runs that
# dataset alone: a long sweep in sittings.


rule rows:
    input:
        finetuned=lambda w: sweep.narrow(w.dataset).list_finetuned(),
        linear=lambda w: sweep.narrow(w.dataset).list_linear(),
        longer=lambda w: [*sweep.narrow(w.dataset).longer.values()],
    output:
        **{name: f"{paths.rows}/{name}.csv" for name in ROWS},
    log:
        f"logs/{paths.rows}.log",
    localrule: True
    conda:
        "../envs/selfstudy.yaml"
    params:
        code=fingerprint_job("rows", "analysis.longer", "analysis.times"),
    script:
        "../workflow/scripts/rows.py"
