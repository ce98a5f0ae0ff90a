// Softmax of two classes is logistic regression: the same probabilities, the same gradients, and the same training, step by step.
import dev.caviar.engine.grad.Gradient;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.engine.tensor.Variable;
import dev.caviar.lab.plot.Regions;
import dev.caviar.lab.plot.Sheet;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.Init;
import dev.caviar.nn.loss.Loss;
import dev.caviar.nn.optim.Sgd;
import dev.caviar.nn.train.Fit;
import dev.caviar.nn.train.Model;
import dev.caviar.nn.train.Verbosity;
import java.nio.file.Path;
import java.util.SplittableRandom;

static final int N = 200;

void main(String... args) throws Exception {
    // Of two probabilities one is enough, and it depends on the difference of the scores alone.
    for (double[] z : new double[][] {{5, 2}, {-1, 3}, {0.3, -1.373185}}) {
        IO.println("scores %5.2f and %5.2f: softmax gives %.6f, sigmoid of the difference %.6f".formatted(z[0], z[1],
                Tensor.of(z).softmax(0).toDoubles()[0], Tensor.scalar(z[0] - z[1], DType.F64).sigmoid().itemAsDouble()));
    }

    // Two clouds that overlap.
    var random = new SplittableRandom(3);
    var x = new float[N][];
    var y = new int[N];
    for (int i = 0; i < N; i++) {
        y[i] = i % 2;
        x[i] = new float[] {(float) ((y[i] == 0 ? -0.7 : 0.7) + 0.8 * random.nextGaussian()), (float) ((y[i] == 0 ? 0.5 : -0.5) + 0.8 * random.nextGaussian())};
    }

    // Where the first column of weights is 0 and the second is that of the logistic regression, the gradients are −g and g.
    var w = Variable.of("w", Tensor.of(new float[][] {{0.4f}, {-0.3f}}));
    var both = Variable.of("W", Tensor.of(new float[][] {{0, 0.4f}, {0, -0.3f}}));
    var features = Tensor.of(x);
    var truth = Tensor.wrap(Examples.of(x, y).labels()).reshape(N, 1).cast(DType.F32);
    var g = Gradient.tape(tape -> tape.gradient(binary(features.matmul(w.value()).sigmoid(), truth), w)).toFloats();
    var gs = Gradient.tape(tape -> tape.gradient(categorical(features.matmul(both.value()).softmax(1), truth), both)).toFloats();
    IO.println("gradients of logistic regression: %.5f %.5f".formatted(g[0], g[1]));
    IO.println("gradients of softmax, class 0:    %.5f %.5f, class 1: %.5f %.5f".formatted(gs[0], gs[2], gs[1], gs[3]));

    // Both of its columns move, each as much: at half the rate their difference moves as the single one does.
    var fit = Fit.of().withEpochs(60).withBatch(N).withVerbosity(Verbosity.SILENT);
    var logistic = Model.of(Dense.of(1, "sigmoid").withKernelInit(Init.zeros())).compile(Sgd.of(1), Loss.of("binary_crossentropy"));
    var softmax = Model.of(Dense.of(2, "softmax").withKernelInit(Init.zeros())).compile(Sgd.of(0.5), Loss.of("sparse_categorical_crossentropy"));
    var one = logistic.fit(x, y, fit).of("loss");
    var other = softmax.fit(x, y, fit).of("loss");
    var p = logistic.predict(x);
    var q = softmax.predict(x);
    double apart = 0;
    for (int i = 0; i < N; i++) apart = Math.max(apart, Math.abs(p[i][0] - q[i][1]));
    IO.println("costs after 1, 10 and 60 steps: %.4f %.4f %.4f and %.4f %.4f %.4f".formatted(one.get(0), one.get(9), one.get(59), other.get(0), other.get(9), other.get(59)));
    IO.println("probabilities after 60 steps differ by " + (apart < 1e-5 ? "less than 1e-5" : apart));
    var file = Sheet.of(Regions.of("logistic regression: one output", logistic::predict, x, y), Regions.of("softmax: two outputs", softmax::predict, x, y))
            .withHeadline("Two classes: the same border").write(Path.of(args.length > 0 ? args[0] : "two-classes.png"));
    IO.println("drawn: " + file);
}

Tensor binary(Tensor p, Tensor y) {
    return y.mul(p.log()).add(y.neg().add(1).mul(p.neg().add(1).log())).mean().neg();
}

Tensor categorical(Tensor p, Tensor y) {
    return Tensor.concat(1, y.neg().add(1), y).mul(p.log()).sum(1).mean().neg();
}
