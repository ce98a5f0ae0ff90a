// What batch norm does: larger learning rates work and more of them are good, layer 3 sees its inputs move less, and small batches add noise.
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.lab.plot.Chart;
import dev.caviar.lab.plot.Sheet;
import dev.caviar.nn.data.DataSet;
import dev.caviar.nn.data.DataSource;
import dev.caviar.nn.layer.Activation;
import dev.caviar.nn.layer.BatchNorm;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.Flatten;
import dev.caviar.nn.layer.Init;
import dev.caviar.nn.layer.Layer;
import dev.caviar.nn.layer.Rescaling;
import dev.caviar.nn.layer.Scope;
import dev.caviar.nn.layer.UnaryLayer;
import dev.caviar.nn.loss.Loss;
import dev.caviar.nn.metric.Metric;
import dev.caviar.nn.optim.Sgd;
import dev.caviar.nn.train.Callback;
import dev.caviar.nn.train.Fit;
import dev.caviar.nn.train.Fleet;
import dev.caviar.nn.train.Model;
import dev.caviar.nn.train.Run;
import dev.caviar.nn.train.Verbosity;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

static final int BATCH = 32, EXAMPLES = 1024, EPOCHS = 4, UNITS = 32;
static final double[] RATES = {0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10};
static final double GOOD = 0.85;

/// Hands on what it is given, and keeps the last batch of it.
record Watch() implements UnaryLayer {
    public Tensor apply(Scope s, Tensor x) {
        s.state("seen", Shape.of(BATCH, x.shape().dim(-1)), Init.zeros());
        if (s.training()) s.update("seen", x);
        return x;
    }
}

void main(String... args) throws Exception {
    var digits = DataSource.of("digits").load();
    var rates = Chart.of("Larger learning rates, and more good ones", Chart.Side.of("learning rate α").withLog(true), Chart.Side.of("test accuracy").withRange(0, 1.02));
    var panels = new ArrayList<Chart>();
    for (boolean on : new boolean[] {false, true}) {
        var name = on ? "with batch norm" : "without";
        var accuracy = accuracies(digits, on);
        rates = rates.withLine(name, RATES, accuracy);
        var good = IntStream.range(0, RATES.length).filter(i -> accuracy[i] >= GOOD).mapToDouble(i -> RATES[i]).toArray();
        IO.println("%-16s %d of %d learning rates reach %.0f %%, the largest is %s".formatted(name + ":", good.length, RATES.length, 100 * GOOD, good[good.length - 1]));
        panels.add(watched(digits, on, name));
    }
    var file = Path.of(args.length > 0 ? args[0] : "batch-norm.png");
    panels.addAll(List.of(rates, noise()));
    Sheet.of(panels).withHeadline("Batch norm on and off").withColumns(2).withSize(470, 350).write(file);
    IO.println("drawn: " + file);
}

Model net(boolean norm, double rate, Layer... seen) {
    var layers = new ArrayList<Layer>(List.of(Flatten.of(), Rescaling.of(1 / 16.0)));
    for (int i = 1; i <= 3; i++) {
        layers.add(Dense.of(UNITS).withBias(!norm));       // β takes the bias's place
        if (norm) layers.add(BatchNorm.of().withMomentum(0.9));
        if (i == 2) layers.addAll(List.of(seen));
        layers.add(Activation.RELU);
    }
    layers.add(Dense.of(10, "softmax"));
    return Model.of(layers.toArray(Layer[]::new)).compile(Sgd.of(rate), Loss.of("sparse_categorical_crossentropy"), Metric.of("accuracy"));
}

// One model for each learning rate, all of them trained side by side as one program.
double[] accuracies(DataSet digits, boolean norm) {
    var fit = Fit.of().withEpochs(EPOCHS).withBatch(BATCH).withValidation(digits.test()).withVerbosity(Verbosity.SILENT).withAllowNonFinite(true);
    var fleet = Arrays.stream(RATES).mapToObj(rate -> new Fleet.Member(net(norm, rate), digits.train().limit(EXAMPLES), fit)).toList();
    return Fleet.fit(fleet).stream().mapToDouble(history -> history.last("val_accuracy")).toArray();
}

// What layer 3 is given, after each step: of one unit where the middle 70 % of the batch lie, and the median.
Chart watched(DataSet digits, boolean norm, String name) {
    int steps = EPOCHS * EXAMPLES / BATCH;
    double[] at = new double[steps], low = new double[steps], middle = new double[steps], high = new double[steps], means = new double[steps * UNITS];
    var look = new Callback() {
        public void onBatchEnd(Run run) {
            int step = (int) run.step() - 1;
            var seen = Tensor.wrap(run.model().weights().get("watch/seen"));
            var unit = seen.slice(1, 7, 8).reshape(BATCH).toFloats();
            Arrays.sort(unit);
            at[step] = step;
            low[step] = unit[BATCH * 15 / 100];
            middle[step] = unit[BATCH / 2];
            high[step] = unit[BATCH * 85 / 100];
            var mean = seen.mean(0).toFloats();
            for (int k = 0; k < UNITS; k++) means[k * steps + step] = mean[k];
        }

        public void onEpochEnd(Run run) {}
    };
    net(norm, 0.3, new Watch()).fit(digits.train().limit(EXAMPLES), Fit.of().withEpochs(EPOCHS).withBatch(BATCH).withVerbosity(Verbosity.SILENT).withCallbacks(look));
    double moved = IntStream.range(0, UNITS).mapToDouble(k -> Arrays.stream(means, k * steps, (k + 1) * steps).max().orElseThrow()
            - Arrays.stream(means, k * steps, (k + 1) * steps).min().orElseThrow()).average().orElseThrow();
    IO.println("%-16s the mean of a unit in front of layer 3 moves over a range of %.1f".formatted(name + ":", moved));
    int hue = norm ? 1 : 0;
    return Chart.of("What layer 3 is given by one unit, " + name, Chart.Side.of("step"), Chart.Side.of("z² of one unit").withRange(-2, 5))
            .withBand("middle 70 % of a batch", at, low, high).withHue(hue).withLine("median", at, middle).withHue(hue).withLegend(Chart.Corner.UPPER_LEFT);
}

// The same example normalised in many batches: it is never quite the same.
Chart noise() {
    var random = new SplittableRandom(5);
    double[] sizes = {4, 8, 16, 32, 64, 128, 256, 512}, spread = new double[sizes.length], root = new double[sizes.length];
    for (int i = 0; i < sizes.length; i++) {
        int n = (int) sizes[i];
        double sum = 0, squares = 0;
        for (int batch = 0; batch < 100; batch++) {
            var z = new float[n][1];
            for (int k = 0; k < n; k++) z[k][0] = (float) random.nextGaussian();
            z[0][0] = 1;
            var x = Tensor.of(z);
            double y = BatchNorm.normalize(x, x.mean(0), x.variance(0), 1e-3).toFloats()[0];
            sum += y;
            squares += y * y;
        }
        spread[i] = Math.sqrt(squares / 100 - sum / 100 * sum / 100);
        root[i] = spread[3] * Math.sqrt(sizes[3] / n);
    }
    IO.println("one example, normalised in batches of 8: ± %.2f, of 64: ± %.2f, of 512: ± %.2f".formatted(spread[1], spread[4], spread[7]));
    return Chart.of("Its noise", Chart.Side.of("batch size").withLog(true), Chart.Side.of("spread of one example's ẑ").withLog(true))
            .withPoints("one example over 100 batches", sizes, spread).withHue(2).withDashed("∝ 1/√n", sizes, root).withLegend(Chart.Corner.UPPER_RIGHT);
}
