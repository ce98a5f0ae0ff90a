// A network of three layers written out by hand (forward, cost, dropout, backward, update) gives the framework's numbers,
// and checking its gradients finds a bug that was put into it.
import dev.caviar.engine.grad.GradientCheck;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.Random;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.Init;
import dev.caviar.nn.layer.UnaryLayer;
import dev.caviar.nn.loss.Loss;
import dev.caviar.nn.optim.Sgd;
import dev.caviar.nn.train.Fit;
import dev.caviar.nn.train.Model;
import dev.caviar.nn.train.Verbosity;
import java.util.LinkedHashMap;
import java.util.Map;

static final int N = 60;
static final double RATE = 0.5, KEEP = 0.8;
static final Tensor X = Random.normal(Random.key(1), N, 4).cast(DType.F64);
static final Tensor Y = X.square().sum(1).gt(4).cast(DType.F64).reshape(N, 1);
/// Which units of the second layer are kept: the same forward and backward.
static final Tensor MASK = Random.bernoulli(Random.key(2), Tensor.scalar(KEEP), N, 5).cast(DType.F64);

void main() {
    UnaryLayer dropout = (s, a) -> s.training() ? a.mul(MASK).mul(1 / KEEP) : a;
    var model = Model.of(Dense.of(8, "relu").withKernelInit(Init.he()), Dense.of(5, "relu").withKernelInit(Init.he()), dropout, Dense.of(1, "sigmoid"))
            .withDType(DType.F64).build(4).compile(Sgd.of(RATE), Loss.of("binary_crossentropy"));
    var p = new LinkedHashMap<String, Tensor>();
    model.weights().forEach((path, value) -> p.put(name(path), Tensor.wrap(value)));

    IO.println("gradients by hand, with a bug in dW2:\n" + GradientCheck.of(this::cost, p, backward(p, 2)));
    IO.println("without it:\n" + GradientCheck.of(this::cost, p, backward(p, 1)));

    for (int step = 0; step < 100; step++) {
        var gradients = backward(p, 1);
        p.replaceAll((name, value) -> value.sub(gradients.get(name).mul(RATE)));
    }
    model.fit(Examples.of(X.cast(DType.F32).array().buffer(), Y.array().buffer()),
            Fit.of().withEpochs(100).withBatch(N).withShuffle(false).withVerbosity(Verbosity.SILENT));
    double apart = 0;
    for (var one : model.weights().entrySet()) {
        apart = Math.max(apart, Tensor.wrap(one.getValue()).sub(p.get(name(one.getKey()))).abs().max(new int[] {0}).sum().itemAsDouble());
    }
    IO.println("cost after 100 steps: %.6f; the framework's weights differ by %s".formatted(cost(p).itemAsDouble(), apart < 1e-5 ? "less than 1e-5" : apart));
}

String name(String path) {
    int layer = path.startsWith("dense_2") ? 3 : path.startsWith("dense_1") ? 2 : 1;
    return (path.endsWith("kernel") ? "W" : "b") + layer;
}

Map<String, Tensor> forward(Map<String, Tensor> p) {
    var z1 = X.matmul(p.get("W1")).add(p.get("b1"));
    var a1 = z1.relu();
    var z2 = a1.matmul(p.get("W2")).add(p.get("b2"));
    var a2 = z2.relu().mul(MASK).mul(1 / KEEP);
    var a3 = a2.matmul(p.get("W3")).add(p.get("b3")).sigmoid();
    return Map.of("z1", z1, "a1", a1, "z2", z2, "a2", a2, "a3", a3);
}

Tensor cost(Map<String, Tensor> p) {
    var a = forward(p).get("a3");
    return Y.mul(a.log()).add(Y.neg().add(1).mul(a.neg().add(1).log())).mean().neg();
}

Map<String, Tensor> backward(Map<String, Tensor> p, double bug) {
    var f = forward(p);
    var dz3 = f.get("a3").sub(Y).mul(1.0 / N);
    var dz2 = dz3.matmul(p.get("W3").transpose()).mul(MASK).mul(1 / KEEP).mul(f.get("z2").gt(0).cast(DType.F64));
    var dz1 = dz2.matmul(p.get("W2").transpose()).mul(f.get("z1").gt(0).cast(DType.F64));
    return Map.of("W3", f.get("a2").transpose().matmul(dz3), "b3", dz3.sum(0), "W2", f.get("a1").transpose().matmul(dz2).mul(bug),
            "b2", dz2.sum(0), "W1", X.transpose().matmul(dz1), "b1", dz1.sum(0));
}
