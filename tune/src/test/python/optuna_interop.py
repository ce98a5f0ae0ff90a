"""Opens a study that Caviar wrote with Optuna itself, checks it, and runs more trials on it.

usage: optuna_interop.py check    DATABASE STUDY TRIALS   the study has TRIALS finished trials, all with typed parameters and reports
       optuna_interop.py continue DATABASE STUDY MORE     runs MORE trials on the space that the study has by now
       optuna_interop.py create   DATABASE STUDY TRIALS   a new study by Optuna alone, with every kind of value
       optuna_interop.py enqueue  DATABASE STUDY TRIALS   queues TRIALS settings, x = 0.5, 1.5, ... with a note on each
       optuna_interop.py run      DATABASE STUDY TRIALS   runs TRIALS trials of (x - 1)^2, queued ones first
       optuna_interop.py plot     DATABASE STUDY TRIALS   PED-ANOVA and every plot of optuna.visualization
       optuna_interop.py front    DATABASE STUDY TRIALS   the Pareto front has TRIALS trials; plots it
       optuna_interop.py silent   DATABASE STUDY SECONDS  leaves a trial running, x = 0.5, whose last heartbeat was SECONDS ago
       optuna_interop.py stale    DATABASE STUDY TRIALS   fails trials without a heartbeat for a minute, queues them again, and runs TRIALS
       optuna_interop.py age      DATABASE STUDY SECONDS  makes all heartbeats SECONDS older
       optuna_interop.py notes    DATABASE STUDY ARTIFACTS  what the dashboard shows: a note, tags, and the files in the folder ARTIFACTS
       optuna_interop.py dashboard DATABASE STUDY ARTIFACTS  what optuna-dashboard's own server answers about STUDY and "STUDY 2"; skips where it is not installed

DATABASE is a SQLite file, a URL, or journal:FILE. Needs optuna 4.9 or 5. Ends with status 1 and the reason where something is not as it should be.
"""

import json
import math
import os
import sys
import warnings

os.environ["TQDM_DISABLE"] = "1"

import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import TrialState

warnings.filterwarnings("ignore")
optuna.logging.set_verbosity(optuna.logging.WARNING)


def storage(database):
    if database.startswith("journal:"):
        return optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend(database[len("journal:"):]))
    return database if "://" in database else "sqlite:///" + database


def load(database, name, **options):
    return optuna.load_study(study_name=name, storage=storage(database), **options)


def expect(condition, message):
    if not condition:
        sys.exit("optuna_interop: " + message)


def check(database, name, count):
    study = load(database, name)
    finished = [t for t in study.trials if t.state.is_finished()]
    expect(len(finished) == count, f"{len(finished)} finished trials, not {count}")
    expect([t.number for t in study.trials] == list(range(len(study.trials))), "the numbers have gaps")
    for trial in finished:
        expect(trial.datetime_start is not None and trial.datetime_complete is not None, f"trial {trial.number} has no times")
        if trial.state == TrialState.FAIL:
            continue
        expect(len(trial.params) > 0, f"trial {trial.number} has no parameters")
        for param, value in trial.params.items():
            distribution = trial.distributions[param]
            inside = distribution._contains(distribution.to_internal_repr(value))
            expect(inside, f"trial {trial.number}: {param} = {value!r} is not in {distribution}")
            kind = {FloatDistribution: float, IntDistribution: int, CategoricalDistribution: (int, str, bool, float, type(None))}
            expect(isinstance(value, kind[type(distribution)]), f"trial {trial.number}: {param} is a {type(value).__name__}")
        expect(len(trial.intermediate_values) > 0, f"trial {trial.number} has no reports")
        expect(all(isinstance(step, int) for step in trial.intermediate_values), f"trial {trial.number} has odd steps")
    complete = [t for t in finished if t.state == TrialState.COMPLETE]
    expect(len(complete) > 0, "no trial is complete")
    expect(study.best_value == (max if study.direction.name == "MAXIMIZE" else min)(t.value for t in complete), "the best is not the best")
    print(f"{len(finished)} finished trials, best {study.best_value} by {study.best_params}")


def resuggest(trial, distributions):
    for param, distribution in distributions.items():
        if isinstance(distribution, FloatDistribution):
            trial.suggest_float(param, distribution.low, distribution.high, step=distribution.step, log=distribution.log)
        elif isinstance(distribution, IntDistribution):
            trial.suggest_int(param, distribution.low, distribution.high, step=distribution.step, log=distribution.log)
        else:
            trial.suggest_categorical(param, distribution.choices)


def run_more(database, name, more):
    study = load(database, name, sampler=optuna.samplers.TPESampler(seed=1))
    before = len([t for t in study.trials if t.state.is_finished()])
    shared = None
    for trial in study.get_trials(states=(TrialState.COMPLETE,)):
        own = trial.distributions
        shared = own if shared is None else {k: v for k, v in shared.items() if own.get(k) == v}

    def objective(trial):
        resuggest(trial, shared)
        trial.report(0.25, 0)
        trial.report(math.nan, 1)
        trial.set_user_attr("by", "Optuna")
        return 0.5

    study.optimize(objective, n_trials=more)
    after = len([t for t in study.trials if t.state.is_finished()])
    expect(after == before + more, f"{after} finished trials after {before} and {more} more")
    print(f"{after} finished trials now, parameters {', '.join(shared)}")


def create(database, name, count):
    study = optuna.create_study(storage=storage(database), study_name=name, direction="minimize", sampler=optuna.samplers.RandomSampler(seed=1))

    def objective(trial):
        x = trial.suggest_float("x", -10, 10)
        trial.suggest_float("rate", 1e-5, 1e-1, log=True)
        trial.suggest_float("stepped", -1, 1, step=0.1)
        trial.suggest_int("layers", 1, 5)
        trial.suggest_int("units", 1, 512, log=True)
        trial.suggest_categorical("activation", ["relu", "tanh", None, True, 2, 2.5, "é"])
        for step in range(3):
            trial.report([x, math.inf, math.nan][step], step)
        trial.set_user_attr("note", {"é": [1, 1.0, None, math.nan]})
        if trial.number % 5 == 1:
            raise optuna.TrialPruned()
        if trial.number % 5 == 2:
            return math.nan
        return -math.inf if trial.number % 5 == 3 else x * x

    study.optimize(objective, n_trials=count)
    study.enqueue_trial({"x": 1.0})
    print(f"{len(study.trials)} trials")


def enqueue(database, name, count):
    study = load(database, name)
    for i in range(count):
        study.enqueue_trial({"x": i + 0.5}, user_attrs={"by": "Optuna"})


def run(database, name, count):
    study = load(database, name, sampler=optuna.samplers.TPESampler(seed=2, multivariate=True))
    before = len(study.trials)

    def objective(trial):
        x = trial.suggest_float("x", -10, 10)
        trial.report(x, 0)
        return (x - 1) ** 2

    study.optimize(objective, n_trials=count)
    numbers = [t.number for t in study.trials]
    expect(numbers == list(range(len(numbers))), f"the numbers are {numbers}")
    print(" ".join(f"{t.number}:{t.params['x']!r}" for t in study.trials if t.state == TrialState.COMPLETE), "of", before)


def beating(database, **options):
    return optuna.storages.RDBStorage(storage(database), **options)


def silent(database, name, seconds):
    kept = beating(database, heartbeat_interval=60)
    study = optuna.load_study(study_name=name, storage=kept)
    trial = study.ask()
    trial.suggest_float("x", -10, 10)
    trial.set_user_attr("by", "Optuna")
    kept.record_heartbeat(trial._trial_id)
    age(kept, trial._trial_id, seconds)
    print(trial.number)


def age(kept, trial, seconds):
    import datetime

    from optuna.storages._rdb import models

    with kept.scoped_session() as session:
        beat = session.query(models.TrialHeartbeatModel).filter_by(trial_id=trial).one()
        beat.heartbeat -= datetime.timedelta(seconds=seconds)
        row = session.query(models.TrialModel).filter_by(trial_id=trial).one()
        row.datetime_start -= datetime.timedelta(seconds=seconds)
        session.commit()


def age_all(database, name, seconds):
    kept = beating(database)
    for trial in optuna.load_study(study_name=name, storage=kept).trials:
        if trial.state == TrialState.RUNNING:
            age(kept, trial._trial_id, seconds)


def stale(database, name, count):
    again = optuna.storages.RetryFailedTrialCallback(max_retry=2)
    kept = beating(database, heartbeat_interval=30, grace_period=60, failed_trial_callback=again)
    study = optuna.load_study(study_name=name, storage=kept)
    study.optimize(lambda trial: (trial.suggest_float("x", -10, 10) - 1) ** 2, n_trials=count)
    for trial in study.trials:
        print(trial.number, trial.state.name, trial.params.get("x"), again.retried_trial_number(trial), again.retry_history(trial))


def plot(database, name, count):
    from optuna import visualization
    from optuna.terminator import BestValueStagnationEvaluator

    study = load(database, name)
    expect(len(study.trials) == count, f"{len(study.trials)} trials")
    evaluator = optuna.importance.PedAnovaImportanceEvaluator()
    importance = optuna.importance.get_param_importances(study, evaluator=evaluator)
    expect(len(importance) >= 2 and all(math.isfinite(v) for v in importance.values()), f"importance {importance}")
    print(json.dumps(importance))
    # The default evaluator of the terminator needs torch.
    options = {"plot_param_importances": {"evaluator": evaluator}, "plot_terminator_improvement": {"improvement_evaluator": BestValueStagnationEvaluator()}}
    several = {"plot_pareto_front", "plot_hypervolume_history"}
    for draw in plots() - several:
        figure = getattr(visualization, draw)(study, **options.get(draw, {}))
        expect(len(figure.data) > 0, f"{draw} drew nothing")
    expect(len(study.trials_dataframe()) == count if has_pandas() else True, "the table lacks trials")


def plots():
    from optuna import visualization

    found = {draw for draw in visualization.__all__ if draw.startswith("plot_")}
    expect(len(found) >= 12, f"optuna.visualization has only {found}")
    return found


def has_pandas():
    try:
        import pandas  # noqa: F401
    except ImportError:
        return False
    return True


def front(database, name, count):
    study = load(database, name)
    best = study.best_trials
    print(" ".join(str(t.number) for t in best))
    expect(len(best) == count, f"{len(best)} trials on the front")
    one_value = {"plot_intermediate_values", "plot_terminator_improvement"}
    options = {"plot_pareto_front": {}, "plot_hypervolume_history": {"reference_point": [200.0, 200.0]}, "plot_timeline": {}}
    for draw in plots() - one_value:
        for target in range(2):
            figure = getattr(optuna.visualization, draw)(study, **options.get(draw, {"target": lambda t, i=target: t.values[i], "target_name": f"value {target}"}))
            expect(len(figure.data) > 0, f"{draw} drew nothing")


def notes(database, name, folder):
    import optuna.artifacts as artifacts

    study = load(database, name)
    attrs = study._storage.get_study_system_attrs(study._study_id)
    text = lambda prefix: "".join(attrs[f"{prefix}note_str:{i}"] for i in range(100) if f"{prefix}note_str:{i}" in attrs)
    expect(attrs["dashboard:note_ver"] == 1 and text("dashboard:").startswith("about the study ü"), "the note on the study")
    trial = study.trials[0]
    expect(text(f"dashboard:{trial._trial_id}:") == "about trial 0", "the note on the trial")
    expect(study.user_attrs["tags"] == ["baseline"], "the tags")
    store = artifacts.FileSystemArtifactStore(folder)
    meta = artifacts.get_all_artifact_meta(trial, storage=study._storage)
    expect([m.filename for m in meta] == ["curve.csv"] and meta[0].mimetype == "text/csv", f"the files are {meta}")
    with store.open_reader(meta[0].artifact_id) as file:
        expect(file.read() == b"step,loss\n", "the content of the file")


def dashboard(database, name, folder):
    """Starts optuna-dashboard on a free port of this machine, and asks its JSON API."""
    try:
        import optuna_dashboard
    except ImportError:
        print("Skipped, no optuna-dashboard is installed: what it shows of our studies.")
        return
    import threading
    import urllib.request
    import wsgiref.simple_server

    class Quiet(wsgiref.simple_server.WSGIRequestHandler):
        def log_message(self, *_):
            pass

    backend = optuna.artifacts.FileSystemArtifactStore(folder)
    opened = storage(database)
    opened = optuna.storages.RDBStorage(opened) if isinstance(opened, str) else opened
    server = wsgiref.simple_server.make_server("127.0.0.1", 0, optuna_dashboard.wsgi(opened, artifact_store=backend), handler_class=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def read(path):
        with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}{path}") as answer:
            return answer.read()

    expect(b"<html" in read("/dashboard/").lower(), "the page")
    summaries = {s["study_name"]: s for s in json.loads(read("/api/studies"))["study_summaries"]}
    ask = lambda study, what="": json.loads(read(f"/api/studies/{summaries[study]['study_id']}{what}"))
    expect(summaries[name]["directions"] == ["minimize"] and summaries[name + " 2"]["directions"] == ["maximize", "minimize"], f"the studies {summaries}")

    study, trials = ask(name), ask(name)["trials"]
    expect(study["note"]["body"] == "about *the study* ü <b>", f"the note {study['note']}")
    expect(study["user_attrs"] == [{"key": "tags", "value": '["baseline"]'}], f"the tags {study['user_attrs']}")
    expect(study["has_intermediate_values"] and {s["name"] for s in study["union_search_space"]} == {"x", "rate", "batch", "kind", "momentum"}, "the space")
    expect([t["state"] for t in trials] == ["Fail" if i % 10 == 3 else "Pruned" if i % 10 == 4 else "Complete" for i in range(30)], "the states")
    expect(all(len(t["intermediate_values"]) == (2 if t["state"] == "Pruned" else 3) for t in trials), "the curves")
    expect(trials[0]["note"]["body"] == "about trial 0", "the note on the trial")
    kinds = {p["name"]: (p["param_external_value"], p["distribution"]) for t in trials for p in t["params"]}
    expect(kinds["rate"][1]["log"] and not kinds["x"][1]["log"], "the scales")
    expect([c["value"] for c in kinds["kind"][1]["choices"]] == ["a", "b", "None"] and kinds["batch"][0] in ("16", "32", "64"), f"the choices {kinds}")
    best = load(database, name).best_trial.number
    expect([t["number"] for t in study["best_trials"]] == [best], "the best")
    shares = ask(name, "/param_importances")["param_importances"][0]
    expect({s["name"] for s in shares} == set(kinds) and abs(sum(s["importance"] for s in shares) - 1) < 1e-6, f"the importance {shares}")
    file = trials[0]["artifacts"][0]
    path = f"/artifacts/{summaries[name]['study_id']}/{trials[0]['trial_id']}/{file['artifact_id']}"
    expect(file["filename"] == "curve.csv" and read(path) == b"step,loss\n", f"the file {file}")
    expect(read(f"/csv/{summaries[name]['study_id']}").count(b"\n") == 31, "the table")

    two = ask(name + " 2")
    # The dashboard's own front is that without constraints.
    losses = {t["number"]: (-t["values"][0], t["values"][1]) for t in two["trials"]}
    front = [n for n, a in losses.items() if not any(b != a and b[0] <= a[0] and b[1] <= a[1] for b in losses.values())]
    expect(sorted(t["number"] for t in two["best_trials"]) == front, f"the front is not {front}")
    expect(two["trials"][0]["constraints"] == [-1.0], f"the constraints {two['trials'][0]['constraints']}")
    expect(len(ask(name + " 2", "/param_importances")["param_importances"]) == 2, "importance by objective")
    server.shutdown()
    print("The dashboard shows all.")


COMMANDS = {"check": check, "continue": run_more, "create": create, "enqueue": enqueue, "run": run, "plot": plot, "front": front, "silent": silent, "age": age_all, "stale": stale}

if __name__ == "__main__":
    if len(sys.argv) == 5 and sys.argv[1] in ("notes", "dashboard"):
        {"notes": notes, "dashboard": dashboard}[sys.argv[1]](*sys.argv[2:])
    elif len(sys.argv) == 5 and sys.argv[1] in COMMANDS:
        COMMANDS[sys.argv[1]](sys.argv[2], sys.argv[3], int(sys.argv[4]))
    else:
        sys.exit(__doc__)
