// Inputs of different sizes make the cost a long valley, in which gradient descent goes to and fro; normalised ones make it a round bowl.
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.engine.tensor.Variable;
import dev.caviar.lab.plot.Contours;
import dev.caviar.lab.plot.Sheet;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.data.Normaliser;
import dev.caviar.nn.optim.Minimizer;
import dev.caviar.nn.optim.Sgd;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.SplittableRandom;

static final int N = 200;

void main(String... args) throws Exception {
    // Flats: 1 to 5 rooms; the area, in units of 50 m², grows with them. What they cost comes from both.
    var random = new SplittableRandom(1);
    var x = new float[N][];
    var y = new float[N][];
    for (int i = 0; i < N; i++) {
        double rooms = random.nextDouble(1, 5), area = 0.15 * rooms + random.nextDouble(0.3, 2.4);
        x[i] = new float[] {(float) rooms, (float) area};
        y[i] = new float[] {(float) (0.8 * rooms + 0.8 * area + 0.2 * random.nextGaussian())};
    }
    var raw = Examples.of(x, y);
    var normaliser = Normaliser.fit(raw);
    IO.println("means %.2f and %.2f, deviations %.2f and %.2f".formatted(normaliser.mean().get(0), normaliser.mean().get(1), normaliser.deviation().get(0), normaliser.deviation().get(1)));
    var targets = Tensor.wrap(raw.y());
    var left = panel("raw", Tensor.wrap(raw.features()), targets);
    var right = panel("normalised", Tensor.wrap(normaliser.apply(raw).features()), targets.sub(targets.mean()));
    var file = Sheet.of(left, right).withHeadline("The cost over two weights, and gradient descent on it").write(Path.of(args.length > 0 ? args[0] : "normalised-inputs.png"));
    IO.println("drawn: " + file);
}

// Linear regression without a bias, so that there are two weights to look at.
Contours panel(String name, Tensor x, Tensor y) {
    // The cost is (w − best)ᵀ·H·(w − best)/2 above its lowest place: H says how steep the bowl is in each direction.
    double[] h = x.transpose().matmul(x).div(N).toDoubles(), g = x.transpose().matmul(y).div(N).toDoubles();
    double a = h[0], b = h[1], c = h[3], spread = Math.hypot((a - c) / 2, b), steepest = (a + c) / 2 + spread, flattest = (a + c) / 2 - spread;
    double best1 = (c * g[0] - b * g[1]) / (a * c - b * b), best2 = (a * g[1] - b * g[0]) / (a * c - b * b);

    // As fast as it may be, and a little slower: from 2/steepest on, steps no longer become shorter.
    var w = Variable.of("w", Tensor.of((float) (best1 - 1.7), (float) (best2 + 0.9)).reshape(2, 1));
    var descent = Minimizer.of(Sgd.of(1.7 / steepest));
    double first = cost(w, x, y), lowest = cost(Variable.of("best", Tensor.of((float) best1, (float) best2).reshape(2, 1)), x, y);
    var steps = new ArrayList<double[]>();
    steps.add(w.value().toDoubles());
    while (cost(w, x, y) - lowest > 0.001 * (first - lowest) && steps.size() < 1000) {
        descent.minimize(() -> x.matmul(w.value()).sub(y).square().mean().div(2), w);
        steps.add(w.value().toDoubles());
    }
    IO.println("%-10s %4.1f times as steep in one direction as in the other; at the ground after %d steps".formatted(name, steepest / flattest, steps.size() - 1));
    return Contours.of("%s: %d steps to the ground".formatted(name, steps.size() - 1), (w1, w2) -> {
        double d1 = w1 - best1, d2 = w2 - best2;
        return (a * d1 * d1 + 2 * b * d1 * d2 + c * d2 * d2) / 2;
    }, best1 - 2, best1 + 2, best2 - 2, best2 + 2).withAxes("weight of the rooms", "weight of the area").withWay("gradient descent", steps).withMark("lowest cost", best1, best2);
}

double cost(Variable w, Tensor x, Tensor y) {
    return x.matmul(w.value()).sub(y).square().mean().div(2).itemAsDouble();
}
