"""PyTorch, eager: each layer forward and backward, in turns with the other side.

A line "NAME SECONDS" on standard input is a turn; the answer is a line of JSON, {"size", "microseconds"}: how many numbers the layer gives,
and the time of each repetition.
"""
import json
import sys
import time

from peer import Request

request = Request(sys.argv[1])

import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402
from torch import nn  # noqa: E402

torch.set_num_threads(request["threads"])
torch.manual_seed(1)


class Do(nn.Module):
    """A function as a module."""

    def __init__(self, f):
        super().__init__()
        self.f = f

    def forward(self, *x):
        return self.f(*x)


class First(nn.Module):
    """The first output of a module."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        return self.inner(x)[0]


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.inner = nn.MultiheadAttention(width, heads, batch_first=True)

    def forward(self, x):
        return self.inner(x, x, x, need_weights=False)[0]


class Depthwise(nn.Sequential):
    """A convolution of each channel, then one of single taps."""

    def __init__(self, conv, channels, filters):
        super().__init__(conv(channels, channels, 3, padding=1, groups=channels, bias=False), conv(channels, filters, 1))


class ResetBefore(nn.Module):
    """A GRU whose reset gate acts before the product, which nn.GRU has not: the inputs' part of all steps is one product."""

    def __init__(self, features, units):
        super().__init__()
        self.kernel = nn.Linear(features, 3 * units)
        self.gates = nn.Linear(units, 2 * units, bias=False)
        self.candidate = nn.Linear(units, units, bias=False)

    def forward(self, x):
        h = x.new_zeros(len(x), self.candidate.out_features)
        out = []
        for now in self.kernel(x).unbind(1):
            zr, c = now.split([2 * len(h[0]), len(h[0])], 1)
            z, r = torch.sigmoid(zr + self.gates(h)).chunk(2, 1)
            h = z * h + (1 - z) * torch.tanh(c + self.candidate(r * h))
            out.append(h)
        return torch.stack(out, 1)


class Slopes(nn.Module):
    """A slope for each place, where nn.PReLU has one for each channel."""

    def __init__(self, *shape):
        super().__init__()
        self.slope = nn.Parameter(torch.zeros(shape))

    def forward(self, x):
        return torch.where(x > 0, x, self.slope * x)


def noisy(x):
    return x * (1 + torch.randn_like(x))


def crop(axes):
    inside = (slice(None), slice(None)) + (slice(1, -1),) * axes
    return Do(lambda x: x[inside])


def activation(name):
    return {
        "relu": nn.ReLU, "leaky_relu": lambda: nn.LeakyReLU(0.2), "elu": nn.ELU, "selu": nn.SELU, "gelu": nn.GELU,
        "gelu_tanh": lambda: nn.GELU("tanh"), "silu": nn.SiLU, "mish": nn.Mish, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid,
        "softplus": nn.Softplus, "softsign": nn.Softsign, "hard_sigmoid": nn.Hardsigmoid, "hard_silu": nn.Hardswish,
        "softmax": lambda: nn.Softmax(-1), "log_softmax": lambda: nn.LogSoftmax(-1)}[name]()


# What has its channels first here; of the others the last axis is that of the features on both sides.
CHANNELS_FIRST = {
    "conv1d": lambda: nn.Conv1d(64, 64, 3, padding=1),
    "conv1d_strided": lambda: nn.Conv1d(64, 64, 3, 2, padding=1),
    "conv1d_dilated": lambda: nn.Conv1d(64, 64, 3, padding=2, dilation=2),
    "conv1d_grouped": lambda: nn.Conv1d(64, 64, 3, padding=1, groups=4),
    "conv1d_causal": lambda: nn.Sequential(Do(lambda x: F.pad(x, (2, 0))), nn.Conv1d(64, 64, 3)),
    "conv2d": lambda: nn.Conv2d(32, 32, 3, padding=1),
    "conv2d_strided": lambda: nn.Conv2d(32, 32, 3, 2),
    "conv2d_dilated": lambda: nn.Conv2d(32, 32, 3, padding=2, dilation=2),
    "conv2d_grouped": lambda: nn.Conv2d(32, 32, 3, padding=1, groups=4),
    "conv3d": lambda: nn.Conv3d(16, 16, 3, padding=1),
    "conv3d_strided": lambda: nn.Conv3d(16, 16, 3, 2),
    "conv1d_transpose": lambda: nn.ConvTranspose1d(64, 64, 3, 2, padding=1, output_padding=1),
    "conv2d_transpose": lambda: nn.ConvTranspose2d(32, 32, 3, 2, padding=1, output_padding=1),
    "conv3d_transpose": lambda: nn.ConvTranspose3d(16, 16, 3, 2, padding=1, output_padding=1),
    "depthwise_conv1d": lambda: nn.Conv1d(64, 64, 3, padding=1, groups=64),
    "depthwise_conv2d": lambda: nn.Conv2d(32, 32, 3, padding=1, groups=32),
    "separable_conv1d": lambda: Depthwise(nn.Conv1d, 64, 64),
    "separable_conv2d": lambda: Depthwise(nn.Conv2d, 32, 32),
    "max_pooling1d": lambda: nn.MaxPool1d(2),
    "max_pooling2d": lambda: nn.MaxPool2d(2),
    "max_pooling2d_overlapping": lambda: nn.MaxPool2d(3, 2),
    "max_pooling3d": lambda: nn.MaxPool3d(2),
    "average_pooling1d": lambda: nn.AvgPool1d(2),
    "average_pooling2d": lambda: nn.AvgPool2d(2),
    "average_pooling3d": lambda: nn.AvgPool3d(2),
    "global_max_pooling1d": lambda: nn.AdaptiveMaxPool1d(1),
    "global_max_pooling2d": lambda: Do(lambda x: x.amax((2, 3))),
    "global_average_pooling1d": lambda: Do(lambda x: x.mean(2)),
    "global_average_pooling2d": lambda: Do(lambda x: x.mean((2, 3))),
    "batch_norm": lambda: nn.BatchNorm2d(32, 1e-3, 0.01),
    "group_norm": lambda: nn.GroupNorm(8, 32, 1e-3),
    "spatial_dropout1d": lambda: nn.Dropout1d(0.5),
    "spatial_dropout2d": lambda: nn.Dropout2d(0.5),
    "up_sampling1d": lambda: nn.Upsample(scale_factor=2),
    "up_sampling2d": lambda: nn.Upsample(scale_factor=2),
    "up_sampling2d_bilinear": lambda: nn.Upsample(scale_factor=2, mode="bilinear"),
    "up_sampling3d": lambda: nn.Upsample(scale_factor=2),
    "resizing": lambda: nn.Upsample((24, 24), mode="bilinear"),
    "zero_padding1d": lambda: Do(lambda x: F.pad(x, (1, 1))),
    "zero_padding2d": lambda: Do(lambda x: F.pad(x, (1,) * 4)),
    "zero_padding3d": lambda: Do(lambda x: F.pad(x, (1,) * 6)),
    "cropping1d": lambda: crop(1),
    "cropping2d": lambda: crop(2),
    "cropping3d": lambda: crop(3),
}

OTHERS = {
    "dense": lambda: nn.Linear(256, 256),
    "dense_relu": lambda: nn.Sequential(nn.Linear(256, 256), nn.ReLU()),
    "time_distributed": lambda: nn.Linear(64, 64),
    "embedding": lambda: nn.Embedding(10_000, 64),
    "multi_head_attention": lambda: Attention(64, 8),
    "dot": lambda: Do(lambda a, b: (a * b).sum(-1)),
    "simple_rnn": lambda: First(nn.RNN(64, 64, batch_first=True)),
    "lstm": lambda: First(nn.LSTM(64, 64, batch_first=True)),
    "gru": lambda: First(nn.GRU(64, 64, batch_first=True)),
    "gru_reset_before": lambda: ResetBefore(64, 64),
    "bidirectional": lambda: First(nn.LSTM(64, 64, batch_first=True, bidirectional=True)),
    "batch_norm_rows": lambda: nn.BatchNorm1d(256, 1e-3, 0.01),
    "layer_norm": lambda: nn.LayerNorm(64, 1e-3),
    "rms_norm": lambda: nn.RMSNorm(64, 1e-6),
    "dropout": lambda: nn.Dropout(0.5),
    "alpha_dropout": lambda: nn.AlphaDropout(0.5),
    "gaussian_noise": lambda: Do(lambda x: x + 0.1 * torch.randn_like(x)),
    "gaussian_dropout": lambda: Do(noisy),
    "flatten": lambda: nn.Flatten(),
    "reshape": lambda: Do(lambda x: x.reshape(-1, 64, 32)),
    "permute": lambda: Do(lambda x: x.permute(0, 2, 1)),
    "repeat_vector": lambda: Do(lambda x: x.unsqueeze(1).expand(-1, 16, -1)),
    "concatenate": lambda: Do(lambda a, b: torch.cat((a, b), -1)),
    "add": lambda: Do(torch.add),
    "multiply": lambda: Do(torch.mul),
    "average": lambda: Do(lambda a, b: (a + b) / 2),
    "maximum": lambda: Do(torch.maximum),
    "prelu": lambda: Slopes(32, 64),
}

LAST = {4: torch.channels_last, 5: torch.channels_last_3d}


def inputs(name, shapes, last):
    if name == "embedding":
        return [torch.randint(10_000, shapes[0])]
    x = [torch.randn(*shape) for shape in shapes]
    if name in CHANNELS_FIRST:
        x = [each.movedim(-1, 1).contiguous(memory_format=LAST[each.dim()] if last else torch.contiguous_format) for each in x]
    return [each.requires_grad_() for each in x]


class Step:
    """One way to run a layer: with channels last in memory or first."""

    def __init__(self, name, shapes, last):
        self.x = inputs(name, shapes, last)
        make = CHANNELS_FIRST.get(name) or OTHERS.get(name) or (lambda: activation(name))
        self.layer = make().train()
        if last:
            self.layer = self.layer.to(memory_format=LAST[self.x[0].dim()])
        self.wanted = [x for x in self.x if x.is_floating_point()] + list(self.layer.parameters())
        y = self.layer(*self.x)
        self.size = y.numel()
        # In the order in which the output lies in memory: the sum is one pass over both.
        self.order = sorted(range(y.dim()), key=lambda axis: -y.stride(axis)) if y.dim() > 3 else list(range(y.dim()))
        self.c = torch.randn(self.size)

    def run(self):
        y = self.layer(*self.x)
        loss = torch.dot(y.permute(self.order).reshape(-1), self.c)
        return torch.autograd.grad(loss, self.wanted)


def times(step, seconds):
    each = []
    now = time.perf_counter()
    end = now + seconds
    while now < end or len(each) < 3:
        step.run()
        then = time.perf_counter()
        each.append((then - now) * 1e6)
        now = then
    return each


def median(values):
    return sorted(values)[len(values) // 2]


def faster(name, seconds):
    """The layer in the layout that is faster for it."""
    shapes = request["layers"][name]
    ways = [False, True] if name in CHANNELS_FIRST and len(shapes[0]) in LAST else [False]
    steps = [Step(name, shapes, last) for last in ways]
    return min(steps, key=lambda step: median(times(step, seconds)))


step, current = None, None
for line in sys.stdin:
    name, seconds = line.split()
    if name != current:
        step, current = faster(name, float(seconds)), name
    print(json.dumps({"size": step.size, "microseconds": times(step, float(seconds))}), flush=True)
