"""Checks of `caviar search` and its neighbours as a user meets them. Each function named on the command line is run.

CAVIAR is the launcher in a fresh clone, WORK a folder for what is written, SHARED the reference data ("" where there is none).
"""

import contextlib
import gzip
import hashlib
import json
import os
import re
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path

CAVIAR = os.environ.get("CAVIAR", "./caviar")
WORK = Path(os.environ.get("WORK", "."))
SHARED = Path(os.environ["SHARED"]) if os.environ.get("SHARED") else None
SHORT = ["search", "--epochs", "2", "--seed", "7"]


def need(condition, message):
    if not condition:
        sys.exit("check failed: " + message)


def caviar(*args, cwd=WORK, code=0, env=None):
    """Runs the command to its end and returns (standard output, standard error)."""
    done = subprocess.run([CAVIAR, *map(str, args)], cwd=cwd, capture_output=True, text=True, env=env)
    shown = f"caviar {' '.join(map(str, args))}\n{done.stdout[-3000:]}\n{done.stderr[-6000:]}"
    need(done.returncode == code, f"exit code {done.returncode} instead of {code} from {shown}")
    return done.stdout, done.stderr


def folder(name):
    path = WORK / name
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    return path


def summary_of(out):
    return json.loads((Path(out) / "summary.json").read_text())


def check_summary(summary, trials, accuracy=0.0):
    need(set(summary) == {"study", "trials", "complete", "pruned", "failed", "best", "test", "seconds"}, f"keys of {summary}")
    need(set(summary["best"]) == {"number", "value", "params"}, f"keys of {summary['best']}")
    need(set(summary["test"]) == {"accuracy", "loss"}, f"keys of {summary['test']}")
    need(summary["trials"] == trials == summary["complete"] + summary["pruned"] + summary["failed"], f"numbers of trials in {summary}")
    need(summary["best"]["params"] and 0 <= summary["best"]["value"] <= 1, f"best of {summary}")
    need(accuracy <= summary["test"]["accuracy"] <= 1, f"test accuracy of {summary}, at least {accuracy} was expected")


def check_picture(path):
    """A PNG file that decodes to the size it states, and shows something."""
    data = path.read_bytes()
    need(data[:8] == b"\x89PNG\r\n\x1a\n", f"{path} is no PNG file")
    at, packed, header = 8, b"", None
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        body = data[at + 8 : at + 8 + length]
        need(zlib.crc32(kind + body) == struct.unpack(">I", data[at + 8 + length : at + 12 + length])[0], f"checksum in {path}")
        header = struct.unpack(">IIBBBBB", body) if kind == b"IHDR" else header
        packed += body if kind == b"IDAT" else b""
        at += 12 + length
    width, height, depth, colour = header[:4]
    samples = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    pixels = zlib.decompress(packed)
    need(len(pixels) == height * (1 + (width * samples * depth + 7) // 8), f"size of {path}")
    need(width >= 300 and height >= 200 and len(set(pixels)) > 8, f"{path}, {width}x{height}, shows nothing")


def trials(database, study=None):
    """number -> (state, params, value, intermediate values), by the tables of Optuna's schema."""
    with contextlib.closing(sqlite3.connect(f"{Path(database).as_uri()}?mode=ro", uri=True, timeout=30)) as db:
        where = "" if study is None else " where study_id = (select study_id from studies where study_name = ?)"
        rows = db.execute("select trial_id, number, state from trials" + where, [] if study is None else [study]).fetchall()
        found = {}
        for trial, number, state in rows:
            params = dict(db.execute("select param_name, param_value from trial_params where trial_id = ?", [trial]))
            value = db.execute("select value from trial_values where trial_id = ?", [trial]).fetchone()
            steps = db.execute("select step, intermediate_value from trial_intermediate_values where trial_id = ? order by step", [trial])
            found[number] = (state, tuple(sorted(params.items())), value and value[0], tuple(steps.fetchall()))
        return found


def complete(database, study=None):
    return {number: trial for number, trial in trials(database, study).items() if trial[0] == "COMPLETE"}


def results(database, study=None):
    return sorted((params, value) for _, params, value, _ in complete(database, study).values())


def wait_for(process, database, count):
    """Returns as soon as the study in a running search has this many complete trials."""
    while process.poll() is None:
        with contextlib.suppress(sqlite3.OperationalError):
            if len(complete(database)) >= count:
                return
    sys.exit(f"check failed: the search ended with {process.returncode} before it had {count} trials: {process.communicate()}")


def start(*args, cwd):
    return subprocess.Popen([CAVIAR, *args], cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def doctor():
    out, _ = caviar("doctor")
    print(out)
    need(re.search(r"JDK.*\d\d", out) and "cache" in out.lower() and "sqlite" in out.lower(), "what doctor prints")


def main_job():
    """README's command, in an empty folder, with nothing but defaults; within a gigabyte."""
    here = folder("main")
    begun = time.monotonic()
    with open(here / "errors.log", "w") as errors:
        process = subprocess.Popen([CAVIAR, "search"], cwd=here, stdout=subprocess.PIPE, stderr=errors, text=True)
        out = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
    err = (here / "errors.log").read_text()
    print(out, err)
    print(f"{time.monotonic() - begun:.1f} s, peak {usage.ru_maxrss / 1024:.0f} MiB")
    need(status == 0, f"the search ended with {os.waitstatus_to_exitcode(status)}")
    need(usage.ru_maxrss <= 1024 * 1024, "the search took more than 1 GiB")
    need(out.count("BEST CONFIGURATION") == 1 and "★ NEW BEST!" in out, "what the search prints")
    need("WARNING" not in out + err, "a warning in what the search prints")
    summaries = list(here.glob("runs/*/summary.json"))
    need(len(summaries) == 1, f"one summary.json was expected, found {summaries}")
    found = summaries[0].parent
    summary = summary_of(found)
    check_summary(summary, 20, accuracy=0.95)
    for name in ["hyperparameter_analysis.png", "learning-curves.png", *(f"impact-{name}.png" for name in summary["best"]["params"])]:
        check_picture(found / name)
    need(list((found / "best").glob("*.safetensors")) and list((found / "best").glob("*.json")), f"a model in {found / 'best'}")
    done = complete(here / "runs" / "caviar.db", summary["study"])
    need(len(done) == 20 and all(len(trial[3]) == 10 for trial in done.values()), "20 trials of 10 reported epochs in the database")
    best = max(done, key=lambda number: (done[number][2], -number))
    need(best == summary["best"]["number"], f"best trial: {best} in the database, {summary['best']} in the summary")
    need(abs(done[best][2] - summary["best"]["value"]) < 1e-6, "the best value in the database")


def main_run():
    return next((WORK / "main").glob("runs/*/summary.json")).parent


def saved_model():
    import numpy

    run = main_run()
    caviar("evaluate", run / "best", "--data", "digits", "--json", WORK / "evaluated.json")
    evaluated = json.loads((WORK / "evaluated.json").read_text())
    test = summary_of(run)["test"]
    need(set(evaluated) == {"accuracy", "loss", "samples"} and evaluated["samples"] > 0, f"keys of {evaluated}")
    need(abs(evaluated["accuracy"] - test["accuracy"]) < 1e-6 and abs(evaluated["loss"] - test["loss"]) < 1e-4, f"{evaluated} against {test}")
    one = numpy.zeros((1, 64), dtype=numpy.float32)
    one[0, [10, 18, 26, 34, 42, 50]] = 16  # a stroke from top to bottom
    numpy.save(WORK / "one.npy", one)
    out, _ = caviar("predict", run / "best", "--in", WORK / "one.npy", "--out", WORK / "predicted.npy")
    need(re.search(r"\d \(\d+\.\d %\)", out), f"what predict prints: {out}")
    predicted = numpy.load(WORK / "predicted.npy")
    need(len(predicted) == 1 and numpy.isfinite(predicted).all(), f"what predict writes: {predicted}")


def optuna():
    """Optuna reads the study of the main job, adds five trials, and Caviar goes on with all of them."""
    import optuna as library

    library.logging.set_verbosity(library.logging.WARNING)
    name = summary_of(main_run())["study"]
    url = f"sqlite:///{WORK / 'main' / 'runs' / 'caviar.db'}"
    study = library.load_study(study_name=name, storage=url)
    need(len(study.trials) == 20 and study.direction == library.study.StudyDirection.MAXIMIZE, "the study as Optuna sees it")
    for trial in study.trials:
        need(trial.state == library.trial.TrialState.COMPLETE and len(trial.intermediate_values) == 10, f"trial {trial}")
        need(set(trial.params) == set(trial.distributions) and trial.duration is not None, f"trial {trial}")
        for key, value in trial.params.items():
            dist = trial.distributions[key]
            need(value in dist.choices if hasattr(dist, "choices") else dist.low <= value <= dist.high, f"{key} = {value} of {dist}")
    kinds = {type(d).__name__ for trial in study.trials for d in trial.distributions.values()}
    types = {type(value) for trial in study.trials for value in trial.params.values()}
    need(kinds >= {"FloatDistribution", "CategoricalDistribution", "IntDistribution"}, f"kinds of parameters: {kinds}")
    need(types >= {float, int, str}, f"types of parameters: {types}")
    space = study.best_trial.distributions

    study.sampler = library.samplers.TPESampler(seed=0)
    for _ in range(5):
        trial = study.ask(space)
        trial.report(0.25, step=1)
        study.tell(trial, 0.5)
    caviar("search", "--study", name, "--resume", "--trials", "25", "--json", WORK / "joined.json", cwd=WORK / "main")
    joined = json.loads((WORK / "joined.json").read_text())
    need(joined["trials"] == joined["complete"] == 25, f"25 trials were expected: {joined}")
    need(joined["best"]["number"] == study.best_trial.number and joined["best"]["value"] == study.best_value, f"the best of {joined}")
    need(len(library.load_study(study_name=name, storage=url).trials) == 25, "no trial was run again")


def workers():
    found = []
    for count in ["1", "2"]:
        here = folder("workers" + count)
        out, _ = caviar(*SHORT, "--workers", count, "--study", "same", cwd=here)
        lines = [line for line in out.splitlines() if "NEW BEST" in line]
        found.append((complete(here / "runs" / "caviar.db"), len(lines)))
    need(len(found[0][0]) == 20, "20 complete trials")
    need(found[0] == found[1], f"one worker and two differ:\n{found[0]}\n{found[1]}")


def reference():
    """The search that the interrupted ones have to agree with."""
    here = WORK / "reference"
    if not here.exists():
        folder("reference")
        caviar(*SHORT, "--study", "whole", cwd=here)
    return here / "runs" / "caviar.db", summary_of(here / "runs" / "whole")


def resumed(here, before):
    """Completes a search that was cut off, and compares it with one that was not."""
    database = here / "runs" / "caviar.db"
    _, err = caviar(*SHORT, "--study", "cut", cwd=here, code=2)
    need("--resume" in err, f"how to resume is not said: {err}")
    caviar(*SHORT, "--study", "cut", "--resume", cwd=here)
    after = trials(database)
    whole, summary = reference()
    need(all(after[number] == trial for number, trial in before.items()), "a finished trial has changed")
    need(results(database) == results(whole), "the resumed search has other trials than one that was not interrupted")
    need(all(trial[0] in ("COMPLETE", "FAIL") for trial in after.values()), "a trial is still running")
    mine = summary_of(here / "runs" / "cut")
    check_summary(mine, 20)
    need(mine["best"]["value"] == summary["best"]["value"] and mine["best"]["params"] == summary["best"]["params"], f"best {mine} of {summary}")


def kill_and_resume():
    here = folder("killed")
    process = start(*SHORT, "--study", "cut", cwd=here)
    wait_for(process, here / "runs" / "caviar.db", 5)
    process.kill()
    process.wait()
    before = complete(here / "runs" / "caviar.db")
    print(f"killed after {len(before)} trials")
    need(5 <= len(before) < 20, "it was to be killed in the middle")
    resumed(here, before)


def interrupt_and_resume():
    here = folder("interrupted")
    process = start(*SHORT, "--study", "cut", cwd=here)
    wait_for(process, here / "runs" / "caviar.db", 3)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    need(process.returncode not in (0, None), "an interrupted search has not succeeded")
    need("--resume" in out + err, f"how to resume is not printed: {out} {err}")
    need(all(trial[0] != "RUNNING" for trial in trials(here / "runs" / "caviar.db").values()), "a trial was left running")
    resumed(here, complete(here / "runs" / "caviar.db"))


def two_processes():
    here = folder("two")
    first = start(*SHORT, "--study", "both", "--workers", "1", cwd=here)
    wait_for(first, here / "runs" / "caviar.db", 1)
    second = start(*SHORT, "--study", "both", "--workers", "1", "--resume", "--out", "runs/second", cwd=here)
    for process in (first, second):
        out, err = process.communicate(timeout=300)
        need(process.returncode == 0, f"exit code {process.returncode}: {out} {err}")
    need(results(here / "runs" / "caviar.db") == results(reference()[0]), "two processes found other trials than one")
    check_summary(summary_of(here / "runs" / "second"), 20)


def idx(path, items, shape=(8, 8), cut=0):
    """Writes an IDX file of bytes: labels where shape is (), else images."""
    size = 1
    for n in shape:
        size *= n
    head = struct.pack(">BBBB", 0, 0, 8, 1 + len(shape)) + b"".join(struct.pack(">I", n) for n in (items, *shape))
    body = bytes((i * 7) % (250 if shape else 10) for i in range(items * size))
    with gzip.open(path, "wb") as file:
        file.write((head + body)[: len(head) + len(body) - cut])


def image_folder(name, train=40, labels=40, cut=0, leave_out=None):
    here = folder(name)
    for part, items in (("train", train), ("t10k", 20)):
        idx(here / f"{part}-images-idx3-ubyte.gz", items, cut=cut if part == "train" else 0)
        idx(here / f"{part}-labels-idx1-ubyte.gz", labels if part == "train" else items, shape=())
    if leave_out:
        (here / leave_out).unlink()
    return here


def table(name, replace=(), header="a,b,label"):
    path = WORK / "bad" / f"{name}.csv"
    rows = [f"{i % 7}.5,{i % 5},{'xy'[i % 2]}" for i in range(60)]
    for number, row in replace:
        rows[number] = row
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def space(name, *parameters):
    path = WORK / "bad" / f"{name}.json"
    path.write_text(json.dumps({"parameters": list(parameters)}))
    return path


def real(low, high, **more):
    return {"name": "lr", "type": "real", "low": low, "high": high, **more}


def refused(what, *args, keep=None, env=None, mentions=""):
    """Exit code 2, one message without a stack trace, nothing lost, nothing left behind."""
    digest = keep and hashlib.sha256(keep.read_bytes()).digest()
    out, err = caviar("search", *args, cwd=WORK / "bad", code=2, env=env)
    lines = [line for line in err.splitlines() if line.strip()]
    print(f"{what}: {' / '.join(lines)}")
    need(1 <= len(lines) <= 4 and not re.search(r"^\s+at |Exception", err, re.M), f"{what} is answered by {err}")
    need(mentions.lower() in err.lower(), f"{what}: the message does not say {mentions}")
    need(digest is None or digest == hashlib.sha256(keep.read_bytes()).digest(), f"{what}: {keep} has changed")


def bad_input():
    here = folder("bad")
    refused("an unknown option", "--trails", "3", mentions="--trials")
    refused("an unknown command's value", "--sampler", "magic", mentions="magic")
    refused("an unknown data name", "--data", "digitz", mentions="digitz")
    refused("no data where they should be", "--data", "mnist", "--data-dir", folder("bad/empty"), mentions="train-images")
    refused("a missing IDX file", "--data", image_folder("bad/a", leave_out="t10k-labels-idx1-ubyte.gz"), mentions="t10k-labels")
    refused("a truncated IDX file", "--data", image_folder("bad/b", cut=100), mentions="train-images")
    refused("images and labels of different length", "--data", image_folder("bad/c", labels=39), mentions="39")
    refused("a CSV file with a missing column", "--data", table("short", [(30, "1.5,x")]), mentions="short.csv")
    refused("a label that no column has", "--data", table("label"), "--label", "colour", mentions="colour")
    refused("text among numbers", "--data", table("text", [(30, "many,1,x")]), mentions="many")
    refused("an infinite value", "--data", table("inf", [(30, "inf,1,x")]), mentions="inf")
    refused("an empty cell", "--data", table("empty", [(30, ",1,x")]), mentions="--missing")
    refused("no trials", "--trials", "0", mentions="trials")
    refused("an impossible range", "--space", space("range", real(1.0, 0.1)), mentions="lr")
    refused("a log scale from 0", "--space", space("log", real(0.0, 0.1, scale="log")), mentions="log")
    bad_storage(here)


def bad_storage(here):
    database = here / "study.db"
    storage = ["--storage", f"sqlite:{database}"]
    caviar(*SHORT, "--trials", "2", "--study", "old", *storage, cwd=here)
    before = trials(database)
    refused("a study that exists", *SHORT[1:], "--study", "old", *storage, mentions="--resume")
    other = space("other", real(0.001, 0.1))
    refused("a study with another space", *SHORT[1:], "--study", "old", "--resume", "--trials", "3", "--space", other, *storage, mentions="old")
    flipped = here / "flipped.db"
    altered(database, flipped, "update study_directions set direction = 'MINIMIZE'")
    refused("a study with another direction", *SHORT[1:], "--study", "old", "--resume", "--trials", "3", "--storage", f"sqlite:{flipped}")
    newer = here / "newer.db"
    altered(database, newer, "update version_info set schema_version = 99")
    refused("another schema version", *SHORT[1:], "--storage", f"sqlite:{newer}", mentions="99")
    text = here / "text.db"
    text.write_text("This is no database at all, and longer than a header of one. " * 20)
    refused("a file that is no database", *SHORT[1:], "--storage", f"sqlite:{text}", keep=text, mentions="text.db")
    need(trials(database) == before, "the study has changed")
    read_only(here, database)


def altered(database, copy, statement):
    with contextlib.closing(sqlite3.connect(database)) as source, contextlib.closing(sqlite3.connect(copy)) as target:
        source.backup(target)
        target.execute(statement)
        target.commit()


def read_only(here, database):
    """As a user without write access, which root has always: root becomes nobody for this one."""
    locked = folder("bad/locked")
    altered(database, locked / "study.db", "select 1")
    (locked / "study.db").chmod(0o444)
    locked.chmod(0o555)
    scratch = folder("bad/scratch")
    env = {**os.environ, "HOME": str(scratch), "CAVIAR_CACHE": str(scratch / "cache")}
    arguments = ["--study", "new", "--storage", f"sqlite:{locked / 'study.db'}", "--out", str(scratch / "out")]
    global CAVIAR
    launcher = CAVIAR
    if os.getuid() == 0:
        drop = here / "as-nobody"
        drop.write_text('#!/bin/sh\nexec setpriv --reuid=65534 --regid=65534 --clear-groups "$LAUNCHER" "$@"\n')
        drop.chmod(0o755)
        os.chown(scratch, 65534, 65534)
        for place in (WORK, here):
            place.chmod(0o755)
        env["LAUNCHER"] = launcher
        CAVIAR = str(drop)
    try:
        refused("a read-only database", *SHORT[1:], *arguments, env=env, keep=locked / "study.db", mentions="study.db")
    finally:
        CAVIAR = launcher
        locked.chmod(0o755)


def diverging():
    """A learning rate that no training survives: these trials fail with a message, the others do not."""
    here = folder("bad") if not (WORK / "bad").exists() else WORK / "bad"
    steep = space("steep", {"name": "lr", "type": "choice", "values": [0.01, 1e38]}, {"name": "optimizer", "type": "choice", "values": ["sgd"]})
    caviar(*SHORT, "--trials", "8", "--space", steep, "--study", "steep", "--json", WORK / "steep.json", cwd=here)
    summary = json.loads((WORK / "steep.json").read_text())
    need(summary["failed"] >= 1 and summary["complete"] >= 1, f"some of both were expected: {summary}")
    check_summary(summary, 8)
    need(summary["best"]["params"]["lr"] == 0.01, f"the best of {summary}")


def fashion():
    if SHARED is None:
        print("skipped: no reference data beside the checkout")
        return
    here = folder("fashion")
    out, _ = caviar("search", "--data", "fashion-mnist", "--data-dir", SHARED / "data" / "fashion-mnist", "--epochs", "5", "--json", "f.json", cwd=here)
    print(out[-2500:])
    summary = json.loads((here / "f.json").read_text())
    check_summary(summary, 20, accuracy=0.86)
    need(summary["best"]["value"] > 0.88, f"the best of {summary}")


def benchmarks():
    here = folder("bench")
    caviar("bench", "tune", "--trials", "1000", "--sampler", "random", "--storage", "sqlite:bench.db", "--json", "tune.json", cwd=here)
    tune = json.loads((here / "tune.json").read_text())
    print(tune)
    need(set(tune) == {"seconds", "trials", "sampler", "propose_ms_at_end"} and tune["trials"] == 1000 and len(complete(here / "bench.db")) == 1000, f"{tune}")
    if SHARED is None:
        print("skipped: no reference data beside the checkout")
        return
    caviar("bench", "train", "--model", "mlp", "--data", "fashion-mnist", "--data-dir", SHARED / "data" / "fashion-mnist", "--epochs", "4",
           "--batch", "64", "--dtype", "f32", "--threads", "2", "--json", "train.json", cwd=here)
    train = json.loads((here / "train.json").read_text())
    print(train)
    keys = {"seconds_per_epoch", "train_loss", "test_accuracy", "heap_bytes_per_step", "compile_seconds", "peak_bytes", "threads", "provider"}
    need(set(train) >= keys and len(train["seconds_per_epoch"]) == 4, f"keys of {train}")
    need(train["test_accuracy"] >= 0.87 and train["threads"] == 2, f"{train}")


def readme_program():
    """The Java program in README does what README says of it: it runs."""
    text = (Path(CAVIAR).parent / "README.md").read_text()
    programs = [block for block in re.findall(r"```java\n(.*?)```", text, re.S) if "main(" in block]
    need(programs, "README has a Java program")
    for number, block in enumerate(programs):
        named = re.search(r"^(?:public )?(?:final )?class (\w+)", block, re.M)
        file = folder(f"readme{number}") / f"{named[1] if named else 'Program'}.java"
        file.write_text(block)
        print(caviar("run", file)[0])


if __name__ == "__main__":
    for name in sys.argv[1:]:
        globals()[name]()
