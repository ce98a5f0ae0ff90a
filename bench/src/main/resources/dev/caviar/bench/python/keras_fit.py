"""Keras on TensorFlow or on JAX: fit on arrays in memory, everything else as Keras does it by itself."""
import os
import sys
import time

from peer import Request, say

request = Request(sys.argv[1])
os.environ["KERAS_BACKEND"] = "jax" if request["peer"] == "keras-jax" else "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"

import keras  # noqa: E402
from keras import layers  # noqa: E402

if keras.backend.backend() == "tensorflow":
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(request["threads"])
    tf.config.threading.set_inter_op_parallelism_threads(request["threads"])
    VERSION = "%s on TensorFlow %s" % (keras.__version__, tf.__version__)
else:
    import jax

    VERSION = "%s on JAX %s" % (keras.__version__, jax.__version__)

keras.utils.set_random_seed(1)
keras.config.set_dtype_policy({"f32": "float32", "bf16": "mixed_bfloat16", "f16": "mixed_float16"}[request["dtype"]])


def network(name, shape, outputs):
    last = [layers.Dense(outputs, dtype="float32")]
    if name == "mlp":
        body = [layers.Flatten()]
        for _ in range(2):
            body += [layers.Dense(256, use_bias=False), layers.BatchNormalization(), layers.ReLU()]
    elif name == "cnn":
        body = [layers.Reshape((*shape, 1))]
        for filters in (32, 64):
            body += [layers.Conv2D(filters, 3, activation="relu"), layers.MaxPooling2D()]
        body += [layers.Flatten(), layers.Dense(128, activation="relu")]
    else:
        body = [layers.LSTM(128)]
    return keras.Sequential([keras.Input(shape), *body, *last])


def begin(model, weights):
    """Lets a network begin with the weights of the other side."""
    kinds = {layers.Dense: "dense", layers.BatchNormalization: "batch_norm", layers.Conv2D: "conv2d", layers.LSTM: "lstm"}
    seen = {}
    for layer in model.layers:
        if type(layer) in kinds:
            kind = kinds[type(layer)]
            number = seen[kind] = seen.get(kind, -1) + 1
            for weight in layer.weights:
                weight.assign(weights["%s%s/%s" % (kind, "_%d" % number if number else "", weight.name)])


def compiled(model, optimizer, metrics=()):
    model.compile(optimizer=optimizer, loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=list(metrics))
    return model


class Clock(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.seconds = []

    def on_epoch_begin(self, epoch, logs=None):
        self.began = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        self.seconds.append(time.perf_counter() - self.began)
        say("pass %d: %.2f s" % (len(self.seconds), self.seconds[-1]))


def train():
    x, y, x_test, y_test = request.arrays()
    batch = request["batch"]
    model = compiled(network(request["model"], x.shape[1:], int(y.max()) + 1), keras.optimizers.Adam(1e-3))
    begin(model, request.weights())
    model.optimizer.build(model.trainable_variables)
    variables = [*model.variables, *model.optimizer.variables]
    fresh = [keras.ops.convert_to_numpy(v) for v in variables]
    began = time.perf_counter()
    warm = min(len(x), 50 * batch) // batch * batch + len(x) % batch
    model.fit(x[:warm], y[:warm], batch_size=batch, epochs=2, verbose=0)
    warmed = time.perf_counter() - began
    # What was traced stays, all numbers begin anew.
    for variable, value in zip(variables, fresh):
        variable.assign(value)
    clock = Clock()
    for order in request.orders():
        model.fit(x[order], y[order], batch_size=batch, shuffle=False, verbose=0, callbacks=[clock])
    found = model.predict(x_test, batch_size=1000, verbose=0).argmax(1)
    request.answer(
        version=VERSION, seconds_per_epoch=clock.seconds, test_accuracy=float((found == y_test).mean()), warm_up_seconds=warmed)


def search():
    x, y, x_val, y_val = request.arrays()
    outputs = int(y.max()) + 1
    best = 0
    began = time.perf_counter()
    for number, setting in enumerate(request["settings"]):
        body = [layers.Flatten()]
        for _ in range(setting["layers"]):
            body += [
                layers.Dense(setting["units"], use_bias=False), layers.BatchNormalization(momentum=0.9), layers.ReLU(),
                layers.Dropout(setting["dropout"])]
        model = keras.Sequential([keras.Input(x.shape[1:]), *body, layers.Dense(outputs, dtype="float32")])
        rate = setting["learning_rate"]
        optimizer = {
            "adam": keras.optimizers.Adam, "sgd": keras.optimizers.SGD, "rmsprop": keras.optimizers.RMSprop}[setting["optimizer"]](rate)
        history = compiled(model, optimizer, ["accuracy"]).fit(
            x, y, batch_size=setting["batch_size"], epochs=request["epochs"], validation_data=(x_val, y_val), validation_batch_size=256,
            verbose=0)
        worth = max(history.history["val_accuracy"])
        best = max(best, worth)
        say("trial %d: %.4f" % (number, worth))
        keras.backend.clear_session()
    request.answer(version=VERSION, seconds=time.perf_counter() - began, best=float(best))


{"train": train, "search": search}[request["task"]]()
