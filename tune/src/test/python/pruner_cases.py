"""Writes the cases of PrunersTest: random searches whose every verdict is Optuna's. Needs optuna and scipy.

    python pruner_cases.py > ../resources/dev/caviar/tune/prune/pruners.json
"""
import json
import math
import random
import warnings

import optuna

optuna.logging.set_verbosity(optuna.logging.ERROR)
warnings.simplefilter("ignore")
P = optuna.pruners


def pruner(spec):
    kind, *rest = spec
    if kind == "percentile":
        return P.PercentilePruner(rest[0], n_startup_trials=rest[1], n_warmup_steps=rest[2], interval_steps=rest[3], n_min_trials=rest[4])
    if kind == "patient":
        return P.PatientPruner(P.MedianPruner(n_startup_trials=1) if rest[2] else None, rest[0], rest[1])
    if kind == "threshold":
        return P.ThresholdPruner(rest[0], rest[1], rest[2], rest[3])
    if kind == "halving":
        return P.SuccessiveHalvingPruner(rest[0] or "auto", rest[1], rest[2], rest[3])
    if kind == "hyperband":
        return P.HyperbandPruner(rest[0], rest[1] or "auto", rest[2])
    return P.WilcoxonPruner(p_threshold=rest[0], n_startup_steps=rest[1])


def spec(kind, r):
    if kind == "percentile":
        return [kind, r.choice([0.0, 12.5, 25.0, 50.0, 75.0, 100.0]), r.randint(0, 4), r.randint(0, 3), r.randint(1, 3), r.randint(1, 3)]
    if kind == "patient":
        return [kind, r.randint(0, 3), r.choice([0.0, 0.1]), r.random() < 0.5]
    if kind == "threshold":
        return [kind, 0.1, 0.9, r.randint(0, 3), r.randint(1, 3)]
    if kind == "halving":
        least = r.choice([0, 1, 2])
        return [kind, least, r.choice([2, 3, 4]), r.randint(0, 1), r.choice([0, 0, 2]) if least else 0]
    if kind == "hyperband":
        return [kind, r.choice([1, 2]), r.choice([0, 9, 27]), r.choice([2, 3])]
    return [kind, r.choice([0.05, 0.1, 0.3]), r.randint(0, 4)]


def case(kind, seed):
    r = random.Random(seed)
    s = spec(kind, r)
    direction = r.choice(["minimize", "maximize"])
    name = f"kit ü {seed}"
    study = optuna.create_study(study_name=name, direction=direction, pruner=pruner(s))
    trials = []
    for _ in range(r.randint(8, 20)):
        trial = study.ask()
        level, ties = r.random(), r.random() < 0.2
        reports, step = [], r.randint(0, 1)
        stopped = False
        for _ in range(r.randint(1, 14)):
            value = level + 0.3 * (r.random() - 0.5)
            value = round(value, 1) if ties else round(value, 4)
            if kind != "wilcoxon" and r.random() < 0.04:
                value = r.choice([math.nan, math.inf, -math.inf])
            trial.report(value, step)
            asked = r.random() < 0.9
            verdict = bool(trial.should_prune()) if asked else None
            reports.append([step, value, verdict])
            if verdict:
                stopped = True
                break
            step += 1 if r.random() < 0.8 else 2
        finite = [v for _, v, _ in reports if math.isfinite(v)]
        if stopped:
            study.tell(trial, state=optuna.trial.TrialState.PRUNED)
            trials.append({"state": "PRUNED", "reports": reports})
        elif r.random() < 0.1 or not finite:
            study.tell(trial, state=optuna.trial.TrialState.FAIL)
            trials.append({"state": "FAIL", "reports": reports})
        else:
            value = sum(finite) / len(finite)
            study.tell(trial, value)
            trials.append({"state": "COMPLETE", "value": value, "reports": reports})
    return {"study": name, "direction": direction.upper(), "pruner": s, "trials": trials}


KINDS = {"percentile": 40, "patient": 30, "threshold": 10, "halving": 60, "hyperband": 60, "wilcoxon": 40}
lines = [json.dumps(case(kind, 1000 * i + k), ensure_ascii=False) for i, (kind, n) in enumerate(KINDS.items()) for k in range(n)]
print("[\n" + ",\n".join(lines) + "\n]")
