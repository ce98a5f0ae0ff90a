"""What all peers share: the request, the arrays, the clock, the answer.

A request is a JSON file: {"task", "peer", "model", "batch", "epochs", "threads", "dtype", "folder", "answer", ...}. The folder
holds x_train.npy, y_train.npy, x_test.npy and y_test.npy: float32 images that are normalised already, int64 classes; for training also
order.npy, the examples' order in each pass, and the weights to begin with by name in weights/. The answer is written all or not at all.
"""
import json
import os
import sys
import time

import numpy as np


class Request(dict):
    def __init__(self, path):
        with open(path) as file:
            super().__init__(json.load(file))
        threads = self["threads"]
        # Before a framework is imported: the numbers of threads that OpenMP, XLA and Eigen begin with.
        for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "NPROC", "PJRT_NPROC", "TF_NUM_INTRAOP_THREADS"):
            os.environ[name] = str(threads)
        if hasattr(os, "sched_setaffinity"):
            cores = sorted(os.sched_getaffinity(0))
            if threads < len(cores):
                os.sched_setaffinity(0, cores[:threads])

    def arrays(self):
        """x and y to train on, then x and y to test on."""
        names = ("x_train", "y_train", "x_test", "y_test")
        return [np.load(os.path.join(self["folder"], name + ".npy")) for name in names]

    def orders(self):
        """[passes, examples]: which example comes when."""
        return np.load(os.path.join(self["folder"], "order.npy"))

    def weights(self):
        """What the other side begins with too, by names such as dense_1/kernel, in Keras's layouts."""
        return {name: np.load(os.path.join(self["folder"], "weights", name + ".npy")) for name in self["weights"]}

    def answer(self, **figures):
        temporary = self["answer"] + ".tmp"
        with open(temporary, "w") as file:
            json.dump(figures, file)
        os.replace(temporary, self["answer"])


def say(words):
    print(words, file=sys.stderr, flush=True)


def passes(count, one):
    """The seconds of each of `count` calls of `one`."""
    seconds = []
    for epoch in range(count):
        began = time.perf_counter()
        one(epoch)
        seconds.append(time.perf_counter() - began)
        say("pass %d: %.2f s" % (epoch + 1, seconds[-1]))
    return seconds


def throughput(call, seconds=2.0):
    """The least mean time of a call, in seconds, over 10 rounds of together about `seconds`, after as long a warm-up."""
    end = time.perf_counter() + seconds / 2
    calls = 0
    while time.perf_counter() < end:
        call()
        calls += 1
    best = float("inf")
    each = max(1, calls // 5)
    for _ in range(10):
        began = time.perf_counter()
        for _ in range(each):
            call()
        best = min(best, (time.perf_counter() - began) / each)
    return best
