# Tables of all runs, and figures, each of which asks only for the runs that it shows.


TABLES_CAPTION = "../workflow/report/tables.rst"
NETWORKS = describe_networks(sweep.count_networks(), sweep.weights)


rule tables:
    input:
        finetuned=sweep.keep_present(sweep.list_finetuned()),
        linear=sweep.keep_present(sweep.list_linear()),
        frozen=sweep.keep_present(sweep.list_frozen()),
        tuning=sweep.keep_present(sweep.list_tuned()),
        longer=sweep.keep_present(sweep.longer.values()),
    output:
        **{
            name: report(f"{RESULTS}/tables/{name}.csv", category="Tables", caption=TABLES_CAPTION)
            for name in TABLES
        },
        laid_out=expand(f"{RESULTS}/tables/{{table}}.{{form}}", table=LAID_OUT, form=["tex", "md"]),
        claims=f"{RESULTS}/claims.md",
        claims_page=report(
            f"{RESULTS}/claims.html",
            category="Claims",
            caption="../workflow/report/claims.rst",
        ),
    log:
        f"logs/{RESULTS}/tables.log",
    localrule: True
    conda:
        "../envs/selfstudy.yaml"
    params:
        code=fingerprint_job(
            "tables",
            *[f"analysis.{name}" for name in ("claims", "layout", "longer", "measures", "tuning")],
        ),
        interpolation=config["interpolation"],
        measure=config["measure"],
        networks=NETWORKS,
        read=f"{READINGS[config['interpolation']]} {NETWORKS}{explain_measure(config['measure'])}",
    script:
        "../workflow/scripts/tables.py"


rule decision:
    input:
        rules.tables.output.runs,
    output:
        text=f"{RESULTS}/decision.md",
        picture=f"{RESULTS}/decision.png",
        page=report(
            f"{RESULTS}/decision.html",
            category="Decision",
            caption="../workflow/report/decision.rst",
        ),
    log:
        f"logs/{RESULTS}/decision.log",
    localrule: True
    conda:
        "../envs/selfstudy.yaml"
    params:
        question={key: config[key] for key in ("target", "price") if key in config},
        starts=sweep.starts,
        interpolation=config["interpolation"],
        measure=config["measure"],
        networks=NETWORKS,
        code=fingerprint_job("decision", "analysis.decision", "analysis.figures.learning"),
    script:
        "../workflow/scripts/decision.py"


rule about:
    input:
        rules.tables.output.runs,
    output:
        report(
            f"{RESULTS}/about.html",
            category="Provenance",
            caption="../workflow/report/about.rst",
        ),
    log:
        f"logs/{RESULTS}/about.log",
    localrule: True
    conda:
        "../envs/selfstudy.yaml"
    params:
        # Except for what makes no results here.
        config={key: config[key] for key in config if key not in ("searches", "tracking")},
        code=fingerprint_job("about", "analysis.about"),
    script:
        "../workflow/scripts/about.py"


rule figure:
    input:
        unpack(lambda w: read_figure(w.figure, sweep).keep_present(sweep)),
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
        figure=match_any(FIGURES),
    localrule: True
    conda:
        "../envs/selfstudy.yaml"
    params:
        caption=lambda w: read_figure(w.figure, sweep).caption,
        datasets=sweep.rendered,
        starts=sweep.starts,
        interpolation=config["interpolation"],
        measure=config["measure"],
        expected=lambda w: read_figure(w.figure, sweep).files,
        code=lambda w: fingerprint_job(
            "figure", f"analysis.figures.{w.figure}", "analysis.measures", "analysis.longer"
        ),
    script:
        "../workflow/scripts/figure.py"
