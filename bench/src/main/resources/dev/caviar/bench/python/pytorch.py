"""PyTorch, eager or compiled: training, inference, and a search with Optuna."""
import sys
import time

from peer import Request, passes, say, throughput

request = Request(sys.argv[1])

import numpy as np  # noqa: E402
import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402
from torch import nn  # noqa: E402

torch.set_num_threads(request["threads"])
torch.manual_seed(1)
CAST = {"f32": None, "bf16": torch.bfloat16, "f16": torch.float16}[request["dtype"]]


class LastStep(nn.Module):
    """An LSTM of which the last step alone goes on."""

    def __init__(self, features, units):
        super().__init__()
        self.lstm = nn.LSTM(features, units, batch_first=True)

    def forward(self, x):
        return self.lstm(x)[0][:, -1]


def network(name, shape, outputs):
    if name == "mlp":
        width = int(np.prod(shape))
        return nn.Sequential(
            nn.Linear(width, 256, bias=False), nn.BatchNorm1d(256, 1e-3, 0.01), nn.ReLU(),
            nn.Linear(256, 256, bias=False), nn.BatchNorm1d(256, 1e-3, 0.01), nn.ReLU(), nn.Linear(256, outputs))
    if name == "cnn":
        return nn.Sequential(
            nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
            nn.LazyLinear(128), nn.ReLU(), nn.Linear(128, outputs))
    return nn.Sequential(LastStep(shape[1], 128), nn.Linear(128, outputs))


def begin(model, weights):
    """Lets a network begin with the weights of the other side: here the last axis comes first."""
    seen = {}
    channels = 0

    def of(kind):
        number = seen[kind] = seen.get(kind, -1) + 1
        prefix = kind + ("_%d/" % number if number else "/")
        return {name[len(prefix):]: torch.from_numpy(value) for name, value in weights.items() if name.startswith(prefix)}

    for layer in model.modules():
        if isinstance(layer, nn.Conv2d):
            own = of("conv2d")
            values = {"weight": own["kernel"].permute(3, 2, 0, 1), "bias": own["bias"]}
            channels = layer.out_channels
        elif isinstance(layer, nn.Linear):
            own = of("dense")
            kernel = own.pop("kernel")
            if channels:  # flattened images have their channels first here
                kernel = kernel.reshape(-1, channels, kernel.shape[1]).transpose(0, 1).reshape(kernel.shape)
                channels = 0
            values = {"weight": kernel.T, **own}
        elif isinstance(layer, nn.BatchNorm1d):
            own = of("batch_norm")
            values = {"weight": own["gamma"], "bias": own["beta"]}
        elif isinstance(layer, nn.LSTM):
            own = of("lstm")
            values = {
                "weight_ih_l0": own["kernel"].T, "weight_hh_l0": own["recurrent_kernel"].T, "bias_ih_l0": own["bias"],
                "bias_hh_l0": torch.zeros_like(own["bias"])}
            # Two biases that are added would learn at twice the rate.
            layer.bias_hh_l0.requires_grad_(False)
        else:
            continue
        layer.load_state_dict(values, strict=False)


def inputs(name, x):
    """The images as the network of that name takes them."""
    x = torch.from_numpy(x)
    if name == "mlp":
        return x.reshape(len(x), -1)
    # Channels last is the faster layout of convolutions here, by a third.
    return x.unsqueeze(1).contiguous(memory_format=torch.channels_last) if name == "cnn" else x


def one_pass(model, optimizer, scaler, x, y, batch, order):
    model.train()
    for at in range(0, len(order), batch):
        rows = order[at:at + batch]
        with torch.autocast("cpu", dtype=CAST, enabled=CAST is not None):
            loss = F.cross_entropy(model(x[rows]), y[rows])
        optimizer.zero_grad(set_to_none=True)
        if scaler is None:
            loss.backward()
            optimizer.step()
        else:
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()


def accuracy(model, x, y):
    model.eval()
    with torch.inference_mode(), torch.autocast("cpu", dtype=CAST, enabled=CAST is not None):
        right = sum((model(x[at:at + 1000]).argmax(1) == y[at:at + 1000]).sum().item() for at in range(0, len(x), 1000))
    return right / len(x)


def train():
    x, y, x_test, y_test = request.arrays()
    name, batch = request["model"], request["batch"]
    shape, outputs = x.shape[1:], int(y.max()) + 1
    x, y, x_test, y_test = inputs(name, x), torch.from_numpy(y), inputs(name, x_test), torch.from_numpy(y_test)

    orders = [torch.from_numpy(order) for order in request.orders()]

    def adam(model):
        # Fused is the fastest of Adam's ways on a CPU.
        return torch.optim.Adam((p for p in model.parameters() if p.requires_grad), lr=1e-3, fused=True)

    def fresh():
        model = network(name, shape, outputs)
        model(x[:2])  # lazy layers take their widths from it
        begin(model, request.weights())
        if name == "cnn":
            model = model.to(memory_format=torch.channels_last)
        return model, adam(model), torch.amp.GradScaler("cpu") if CAST is torch.float16 else None

    compiled = request["peer"] == "torch-compile"
    warm = min(len(x), 50 * batch) // batch * batch + len(x) % batch
    model, optimizer, scaler = fresh()
    state = {key: value.clone() for key, value in model.state_dict().items()}
    runs = torch.compile(model) if compiled else model
    began = time.perf_counter()
    for _ in range(3):
        one_pass(runs, optimizer, scaler, x, y, batch, torch.randperm(len(x))[:warm])
    warmed = time.perf_counter() - began
    # The compiled code stays, weights and optimizer begin anew.
    model.load_state_dict(state)
    optimizer = adam(model)
    seconds = passes(request["epochs"], lambda epoch: one_pass(runs, optimizer, scaler, x, y, batch, orders[epoch]))
    request.answer(
        version=torch.__version__, seconds_per_epoch=seconds, test_accuracy=accuracy(model, x_test, y_test), warm_up_seconds=warmed)


def fold(model):
    """The same answers with batch norms folded into the products before them."""
    layers = []
    for layer in model:
        if isinstance(layer, nn.BatchNorm1d):
            layers[-1] = nn.utils.fusion.fuse_linear_bn_eval(layers[-1], layer)
        else:
            layers.append(layer)
    return nn.Sequential(*layers).eval()


def infer():
    x = request.arrays()[2]
    name, batch = request["model"], request["batch"]
    model = network(name, x.shape[1:], 10)
    one = inputs(name, x[:batch])
    model.eval()
    model(one)  # lazy layers take their widths from it
    if name == "cnn":
        model = model.to(memory_format=torch.channels_last)
    with torch.inference_mode(), torch.autocast("cpu", dtype=CAST, enabled=CAST is not None):
        folded = fold(model)
        seconds = min(throughput(lambda: model(one)), throughput(lambda: folded(one)))
    request.answer(version=torch.__version__, microseconds=seconds * 1e6, images_per_second=len(one) / seconds)


def of_setting(setting, width, outputs):
    layers = []
    for _ in range(setting["layers"]):
        layers += [nn.Linear(width, setting["units"], bias=False), nn.BatchNorm1d(setting["units"]), nn.ReLU(), nn.Dropout(setting["dropout"])]
        width = setting["units"]
    model = nn.Sequential(*layers, nn.Linear(width, outputs))
    rate = setting["learning_rate"]
    optimizer = {
        "adam": lambda p: torch.optim.Adam(p, lr=rate, fused=True), "sgd": lambda p: torch.optim.SGD(p, lr=rate, fused=True),
        "rmsprop": lambda p: torch.optim.RMSprop(p, lr=rate, alpha=0.9)}[setting["optimizer"]](model.parameters())
    return model, optimizer


def search():
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    x, y, x_val, y_val = request.arrays()
    outputs = int(y.max()) + 1
    x, y, x_val, y_val = inputs("mlp", x), torch.from_numpy(y), inputs("mlp", x_val), torch.from_numpy(y_val)

    def objective(trial):
        setting = {
            "learning_rate": trial.suggest_float("learning_rate", 1e-4, 1e-2, log=True),
            "batch_size": trial.suggest_categorical("batch_size", [32, 64, 128]),
            "layers": trial.suggest_int("layers", 1, 3),
            "units": trial.suggest_categorical("units", [64, 128, 256, 512]),
            "dropout": trial.suggest_float("dropout", 0.1, 0.5),
            "optimizer": trial.suggest_categorical("optimizer", ["adam", "sgd", "rmsprop"])}
        model, optimizer = of_setting(setting, x.shape[1], outputs)
        best = 0
        for epoch in range(request["epochs"]):
            one_pass(model, optimizer, None, x, y, setting["batch_size"], torch.randperm(len(x)))
            best = max(best, accuracy(model, x_val, y_val))
            trial.report(best, epoch)
        say("trial %d: %.4f" % (trial.number, best))
        return best

    began = time.perf_counter()
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.RandomSampler(seed=1))
    # The same settings on both sides: others would be other work.
    for setting in request["settings"]:
        study.enqueue_trial(setting)
    study.optimize(objective, n_trials=len(request["settings"]))
    request.answer(
        version="%s, optuna %s" % (torch.__version__, optuna.__version__), seconds=time.perf_counter() - began, best=study.best_value)


{"train": train, "infer": infer, "search": search}[request["task"]]()
