# Searches for hyperparameters. A search's jobs share its trials, whatever machines they run on; one
# that is killed is made up for when it runs again. They are asked for by the names of the results, and
# by the finetuning that `tuning:` tunes.


rule search_worker:
    input:
        data=lambda w: sweep.require_prepared(sweep.searches[w.search]["dataset"]),
        snapshot=lambda w: find_search_snapshot(sweep, w.search),
    output:
        touch(f"{paths.search}/workers/{{worker}}.done"),
    log:
        f"logs/{paths.search}/workers/{{worker}}.log",
    wildcard_constraints:
        worker=r"\d+",
    conda:
        "../envs/selfstudy.yaml"
    threads: lambda w: find_search_resources(sweep, w.search)["threads"]
    resources:
        mem_mb=lambda w: find_search_resources(sweep, w.search)["mem_mb"],
        runtime=lambda w: find_search_resources(sweep, w.search)["runtime"],
        gpu=1,
    params:
        folder=paths.search,
        own=lambda w: own.identify_dataset(sweep.searches[w.search]["dataset"]),
        start=lambda w: own.identify_start(sweep.find_weights(**sweep.searches[w.search])),
        gin=lambda w: configure_search(sweep, w.search),
        gin_text=lambda w: fingerprint_gin(configure_search(sweep, w.search)),
        settings=lambda w: complete_settings(sweep.searches[w.search]),
        trials=lambda w: sweep.searches[w.search]["trials"],
        code=lambda w: fingerprint_run(
            "search_worker",
            "search.worker",
            **find_modules(sweep, **sweep.searches[w.search]),
        ),
    script:
        "../workflow/scripts/search_worker.py"


rule search:
    input:
        lambda w: expand(
            f"{paths.search}/workers/{{worker}}.done",
            search=w.search,
            worker=range(sweep.searches[w.search].get("jobs", 1)),
        ),
    output:
        trials=report(f"{paths.search}/trials.csv", category="Searches"),
        best=f"{paths.search}/best.gin",
        recipe=f"{paths.search}/recipe.gin",
        importance=report(f"{paths.search}/importance.png", category="Searches"),
        parallel=report(f"{paths.search}/parallel.png", category="Searches"),
    log:
        f"logs/{paths.search}/search.log",
    localrule: True
    conda:
        "../envs/selfstudy.yaml"
    params:
        folder=paths.search,
        code=fingerprint_job("search", "search.results"),
    script:
        "../workflow/scripts/search.py"
