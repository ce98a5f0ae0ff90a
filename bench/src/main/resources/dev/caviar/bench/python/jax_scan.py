"""JAX: one jitted program per pass, a scan over its batches; for convolutions one per step, as XLA runs them slowly inside of a loop on CPUs."""
import sys
import time

from peer import Request, passes

request = Request(sys.argv[1])

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402
from jax import lax  # noqa: E402

LOW = {"f32": jnp.float32, "bf16": jnp.bfloat16}[request["dtype"]]


def dense(x, w):
    return jnp.dot(x.astype(LOW), w.astype(LOW)).astype(jnp.float32)


def make_mlp(start):
    weights = {"w%d" % i: start["dense%s/kernel" % ("_%d" % i if i else "")] for i in range(3)} | {"b2": start["dense_2/bias"]}
    weights |= {"gamma%d" % i: jnp.ones(256) for i in range(2)} | {"beta%d" % i: jnp.zeros(256) for i in range(2)}
    state = {"mean%d" % i: jnp.zeros(256) for i in range(2)} | {"var%d" % i: jnp.ones(256) for i in range(2)}
    return weights, state


def mlp(w, state, x, training):
    out = {}
    for i in range(2):
        x = dense(x, w["w%d" % i])
        mean, var = (x.mean(0), x.var(0)) if training else (state["mean%d" % i], state["var%d" % i])
        out["mean%d" % i] = 0.99 * state["mean%d" % i] + 0.01 * mean
        out["var%d" % i] = 0.99 * state["var%d" % i] + 0.01 * var
        x = jax.nn.relu((x - mean) * (lax.rsqrt(var + 1e-3) * w["gamma%d" % i]) + w["beta%d" % i])
    return dense(x, w["w2"]) + w["b2"], out


def make_cnn(start):
    return {
        "k0": start["conv2d/kernel"], "b0": start["conv2d/bias"], "k1": start["conv2d_1/kernel"], "b1": start["conv2d_1/bias"],
        "w2": start["dense/kernel"], "b2": start["dense/bias"], "w3": start["dense_1/kernel"], "b3": start["dense_1/bias"]}, {}


def cnn(w, state, x, training):
    x = x[..., None]
    for i in range(2):
        x = lax.conv_general_dilated(
            x.astype(LOW), w["k%d" % i].astype(LOW), (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC")).astype(jnp.float32)
        x = jax.nn.relu(x + w["b%d" % i])
        x = lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
    x = jax.nn.relu(dense(x.reshape(len(x), -1), w["w2"]) + w["b2"])
    return dense(x, w["w3"]) + w["b3"], state


def make_lstm(start):
    return {
        "wx": start["lstm/kernel"], "wh": start["lstm/recurrent_kernel"], "b": start["lstm/bias"], "w": start["dense/kernel"],
        "bo": start["dense/bias"]}, {}


def lstm(w, state, x, training):
    # The inputs' part of all steps is one product.
    all_steps = dense(x, w["wx"]) + w["b"]

    def step(carry, now):
        h, c = carry
        i, f, g, o = jnp.split(now + dense(h, w["wh"]), 4, axis=-1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        h = jax.nn.sigmoid(o) * jnp.tanh(c)
        return (h, c), None

    zero = jnp.zeros((len(x), 128))
    (h, _), _ = lax.scan(step, (zero, zero), all_steps.swapaxes(0, 1))
    return dense(h, w["w"]) + w["bo"], state


MODELS = {"mlp": (make_mlp, mlp), "cnn": (make_cnn, cnn), "lstm": (make_lstm, lstm)}


def train():
    x, y, x_test, y_test = request.arrays()
    batch = request["batch"]
    make, forward = MODELS[request["model"]]
    if request["model"] == "mlp":
        x, x_test = x.reshape(len(x), -1), x_test.reshape(len(x_test), -1)
    n = len(x)
    full = n // batch

    def loss(w, state, xb, yb):
        logits, state = forward(w, state, xb, True)
        return -jnp.take_along_axis(jax.nn.log_softmax(logits), yb[:, None], 1).mean(), state

    def step(carry, rows, x, y):
        w, m, v, state, t = carry
        (cost, state), g = jax.value_and_grad(loss, has_aux=True)(w, state, x[rows], y[rows])
        t = t + 1
        rate = 1e-3 * jnp.sqrt(1 - 0.999 ** t) / (1 - 0.9 ** t)
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, g)
        v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
        w = jax.tree.map(lambda w, m, v: w - rate * m / (jnp.sqrt(v) + 1e-8), w, m, v)
        return (w, m, v, state, t), cost

    def epoch(carry, order, x, y):
        carry, costs = lax.scan(lambda c, rows: step(c, rows, x, y), carry, order[:full * batch].reshape(full, batch))
        if n > full * batch:
            carry, _ = step(carry, order[full * batch:], x, y)
        return carry, costs.mean()

    epoch = jax.jit(epoch, donate_argnums=0) if request["model"] != "cnn" else None
    single = jax.jit(lambda carry, at, order, x, y: step(carry, lax.dynamic_slice(order, (at,), (batch,)), x, y), donate_argnums=0)
    short = jax.jit(lambda carry, order, x, y: step(carry, order[full * batch:], x, y), donate_argnums=0)

    def by_steps(carry, order, x, y):
        for at in range(0, full * batch, batch):
            carry, cost = single(carry, at, order, x, y)
        if n > full * batch:
            carry, cost = short(carry, order, x, y)
        return carry, cost

    def fresh():
        w, state = make({name: jnp.array(value) for name, value in request.weights().items()})
        return w, jax.tree.map(jnp.zeros_like, w), jax.tree.map(jnp.zeros_like, w), state, jnp.zeros(())

    x, y, x_test = jnp.asarray(x), jnp.asarray(y.astype(np.int32)), jnp.asarray(x_test)
    orders = [jnp.asarray(order.astype(np.int32)) for order in request.orders()]
    began = time.perf_counter()
    program = epoch or by_steps
    jax.block_until_ready(program(fresh(), orders[0], x, y))
    warmed = time.perf_counter() - began
    kept = [fresh()]

    def one(number):
        kept[0], cost = program(kept[0], orders[number], x, y)
        jax.block_until_ready((kept[0], cost))

    seconds = passes(request["epochs"], one)
    ask = jax.jit(lambda w, state, x: forward(w, state, x, False)[0].argmax(1))
    found = np.concatenate([ask(kept[0][0], kept[0][3], x_test[at:at + 1000]) for at in range(0, len(x_test), 1000)])
    request.answer(
        version=jax.__version__, seconds_per_epoch=seconds, test_accuracy=float((found == y_test).mean()), warm_up_seconds=warmed)


train()
