"""Opens a study that Caviar wrote with Optuna itself, checks it, and runs more trials on it.

usage: optuna_interop.py check    DATABASE STUDY TRIALS   the study has TRIALS finished trials, all with typed parameters and reports
       optuna_interop.py continue DATABASE STUDY MORE     runs MORE trials on the space that the study has by now
       optuna_interop.py create   DATABASE STUDY TRIALS   a new study by Optuna alone, with every kind of value

Needs optuna 5.0.0. Ends with status 1 and the reason where something is not as it should be.
"""

import math
import sys
import warnings

import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import TrialState

warnings.filterwarnings("ignore")
optuna.logging.set_verbosity(optuna.logging.WARNING)


def load(database, name, **options):
    return optuna.load_study(study_name=name, storage="sqlite:///" + database, **options)


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
    study = optuna.create_study(storage="sqlite:///" + database, study_name=name, direction="minimize", sampler=optuna.samplers.RandomSampler(seed=1))

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


if __name__ == "__main__":
    if len(sys.argv) != 5 or sys.argv[1] not in ("check", "continue", "create"):
        sys.exit(__doc__)
    {"check": check, "continue": run_more, "create": create}[sys.argv[1]](sys.argv[2], sys.argv[3], int(sys.argv[4]))
