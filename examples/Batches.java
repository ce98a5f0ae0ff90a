// Gradient descent on all examples, on mini-batches of 32, and on one example at a time: their costs, and their ways on the contours of the cost.
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.lab.plot.Chart;
import dev.caviar.lab.plot.Contours;
import dev.caviar.lab.plot.Sheet;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.loss.Loss;
import dev.caviar.nn.optim.Sgd;
import dev.caviar.nn.train.Callback;
import dev.caviar.nn.train.Fit;
import dev.caviar.nn.train.Model;
import dev.caviar.nn.train.Run;
import dev.caviar.nn.train.Verbosity;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Map;
import java.util.SplittableRandom;

static final int EXAMPLES = 512;
final float[][] x = new float[EXAMPLES][2], y = new float[EXAMPLES][1];

void main(String... args) throws Exception {
    // y = 2·x₁ − x₂ and noise; x₂ is small, so the cost is a long valley.
    var random = new SplittableRandom(1);
    for (int i = 0; i < EXAMPLES; i++) {
        x[i][0] = (float) random.nextGaussian();
        x[i][1] = (float) (0.5 * random.nextGaussian());
        y[i][0] = 2 * x[i][0] - x[i][1] + (float) (0.5 * random.nextGaussian());
    }
    var ways = Contours.of("Ways on the cost over two weights", this::cost, -1.4, 3, -2.2, 2.6);
    var each = Chart.of("Cost after each step", Chart.Side.of("step").withRange(0, 100), Chart.Side.of("cost over all examples").withLog(true));
    var seen = Chart.of("The same over the examples seen", Chart.Side.of("epoch").withRange(0, 5), Chart.Side.of("cost over all examples").withLog(true));
    for (int batch : new int[] {1, 32, EXAMPLES}) {
        var name = batch == 1 ? "stochastic, 1 example" : batch == EXAMPLES ? "batch, all %d".formatted(EXAMPLES) : "mini-batches of " + batch;
        var way = descend(batch, batch == 1 ? 0.03 : 0.3);
        var costs = way.stream().mapToDouble(w -> cost(w[0], w[1])).toArray();
        var epochs = new double[costs.length];
        int rises = 0;
        for (int i = 0; i < costs.length; i++) {
            epochs[i] = (double) i * batch / EXAMPLES;
            if (i > 0 && costs[i] > costs[i - 1] * (1 + 1e-6)) rises++;
        }
        if (batch == EXAMPLES) ways = ways.withMark("least cost", way.getLast()[0], way.getLast()[1]);
        ways = ways.withWay(name, way.subList(0, Math.min(way.size(), 400)));
        each = each.withLine(name, costs);
        seen = seen.withLine(name, epochs, costs);
        IO.println("%-22s %5d steps, the cost rises in %.0f %% of them, after one epoch it is %.2f, at the end %.3f".formatted(name, costs.length - 1,
                100.0 * rises / (costs.length - 1), costs[EXAMPLES / batch], costs[costs.length - 1]));
    }
    var file = Path.of(args.length > 0 ? args[0] : "batches.png");
    Sheet.of(ways, each, seen).withHeadline("Batch, mini-batch and stochastic gradient descent").withColumns(3).write(file);
    IO.println("drawn: " + file);
}

double cost(double w1, double w2) {
    double sum = 0;
    for (int i = 0; i < EXAMPLES; i++) {
        double error = w1 * x[i][0] + w2 * x[i][1] - y[i][0];
        sum += error * error;
    }
    return sum / EXAMPLES;
}

// The two weights before and after each step.
ArrayList<double[]> descend(int batch, double rate) {
    var way = new ArrayList<double[]>();
    way.add(new double[] {-1, 2});
    var model = Model.of(Dense.of(1).withBias(false)).compile(Sgd.of(rate), Loss.of("mse")).build(2);
    model.assign(Map.of("dense/kernel", Tensor.of(new float[][] {{-1}, {2}}).array().buffer()));
    var look = new Callback() {
        public void onBatchEnd(Run run) {
            var w = Tensor.wrap(run.model().weights().get("dense/kernel")).toFloats();
            way.add(new double[] {w[0], w[1]});
        }

        public void onEpochEnd(Run run) {}
    };
    model.fit(Examples.of(x, y), Fit.of().withEpochs(batch == EXAMPLES ? 100 : 5).withBatch(batch).withVerbosity(Verbosity.SILENT).withCallbacks(look));
    return way;
}
