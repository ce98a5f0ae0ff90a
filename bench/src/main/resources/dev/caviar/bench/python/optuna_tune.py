"""Optuna: trials of an objective that costs nothing, through a storage."""
import math
import os
import sys
import tempfile
import time

from peer import Request

request = Request(sys.argv[1])

import optuna  # noqa: E402

optuna.logging.set_verbosity(optuna.logging.ERROR)


def objective(trial):
    rate = math.log10(trial.suggest_float("learning_rate", 1e-5, 1e-1, log=True))
    dropout = trial.suggest_float("dropout", 0, 0.5)
    units = trial.suggest_int("units", 16, 512) / 512
    momentum = trial.suggest_float("momentum", 0.8, 0.99)
    optimizer = trial.suggest_categorical("optimizer", ["adam", "sgd", "rmsprop"])
    return (rate + 3) ** 2 + dropout + abs(units - 0.5) + momentum + (optimizer != "adam")


def storage(folder):
    kind = request["storage"]
    if kind == "memory":
        return None
    if kind == "sqlite":
        return "sqlite:///" + os.path.join(folder, "optuna.db")
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    return JournalStorage(JournalFileBackend(os.path.join(folder, "optuna.log")))


def sampler(name):
    from optuna import samplers

    known = {"random": samplers.RandomSampler, "tpe": samplers.TPESampler, "gp": samplers.GPSampler,
             "cmaes": samplers.CmaEsSampler, "nsga2": samplers.NSGAIISampler, "default": samplers.TPESampler}
    if name not in known:
        raise SystemExit("Optuna is not measured with the sampler %s, only with %s." % (name, ", ".join(known)))
    return known[name](seed=1)


with tempfile.TemporaryDirectory(dir=request["folder"]) as folder:
    began = time.perf_counter()
    study = optuna.create_study(storage=storage(folder), sampler=sampler(request["sampler"]))
    study.optimize(objective, n_trials=request["trials"])
    seconds = time.perf_counter() - began
request.answer(version=optuna.__version__, seconds=seconds)
