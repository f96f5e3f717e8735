# Searches for hyperparameters. A search's jobs share its trials, whatever machines they run on; one
# that is killed is made up for when it runs again. They are asked for by the names of the results.


rule search_worker:
    input:
        data=lambda w: prepared(searched(w)),
        snapshot=search_start,
    output:
        touch(f"{SEARCH}/workers/{{worker}}.done"),
    log:
        f"logs/{SEARCH}/workers/{{worker}}.log",
    wildcard_constraints:
        worker=r"\d+",
    conda:
        "../envs/selfstudy.yaml"
    threads: search_resources("threads")
    resources:
        mem_mb=search_resources("mem_mb"),
        runtime=search_resources("runtime"),
        gpu=1,
    params:
        folder=SEARCH,
        gin=search_gin,
        gin_text=lambda w: gin_fingerprint(search_gin(w)),
        settings=lambda w: search_settings(SEARCHES[w.search]),
        trials=lambda w: SEARCHES[w.search]["trials"],
        code=lambda w: run_code(searched(w), "search.worker"),
    script:
        "../workflow/scripts/search_worker.py"


rule search:
    input:
        lambda w: expand(
            f"{SEARCH}/workers/{{worker}}.done",
            search=w.search,
            worker=range(SEARCHES[w.search].get("jobs", 1)),
        ),
    output:
        trials=report(f"{SEARCH}/trials.csv", category="Searches"),
        best=f"{SEARCH}/best.gin",
        importance=report(f"{SEARCH}/importance.png", category="Searches"),
        parallel=report(f"{SEARCH}/parallel.png", category="Searches"),
    log:
        f"logs/{SEARCH}/search.log",
    localrule: True
    conda:
        "../envs/selfstudy.yaml"
    params:
        folder=SEARCH,
        code=fingerprint_code("search.results"),
    script:
        "../workflow/scripts/search.py"
