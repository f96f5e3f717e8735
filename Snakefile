# How many labels does self-supervised pretraining save? The rules follow the images' way.


include: "rules/common.smk"
include: "rules/render.smk"
include: "rules/data.smk"
include: "rules/pretrain.smk"
include: "rules/finetune.smk"
include: "rules/results.smk"
include: "rules/publish.smk"
include: "rules/difficulty.smk"
include: "rules/search.smk"


report: "workflow/report/workflow.rst"


rule all:
    default_target: True
    input:
        rules.tables.output,
        rules.decision.output,
        rules.about.output,
        expand(f"{RESULTS}/figures/{{figure}}.{{format}}", figure=FIGURES, format=FORMATS),
    localrule: True
