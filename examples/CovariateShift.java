// Covariate shift: a network that has learnt digits in dark ink on white meets pale ink on grey paper. Which digit is which has not changed,
// but all that its units are given has. Batch norm takes the shift out again, by the new statistics alone; without it, all layers learn anew.
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.lab.plot.Chart;
import dev.caviar.lab.plot.Sheet;
import dev.caviar.nn.data.DataSource;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.layer.Activation;
import dev.caviar.nn.layer.BatchNorm;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.Flatten;
import dev.caviar.nn.layer.Layer;
import dev.caviar.nn.loss.Loss;
import dev.caviar.nn.metric.Metric;
import dev.caviar.nn.optim.Sgd;
import dev.caviar.nn.train.Callback;
import dev.caviar.nn.train.Fit;
import dev.caviar.nn.train.Model;
import dev.caviar.nn.train.Run;
import dev.caviar.nn.train.Verbosity;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

void main(String... args) throws Exception {
    var digits = DataSource.of("digits").load();
    Examples train = inked(digits.train(), 1, 0), test = inked(digits.test(), 1, 0);
    Examples paleTrain = inked(digits.train(), 0.4, 0.5), paleTest = inked(digits.test(), 0.4, 0.5);
    var chart = Chart.of("Digits of one kind, then of another", Chart.Side.of("step"), Chart.Side.of("accuracy on new digits").withRange(0, 1.02));
    for (boolean norm : new boolean[] {false, true}) {
        var model = net(norm);
        var curve = new ArrayList<Double>();
        fit(model, train, test, curve);
        double before = curve.getLast();
        int shift = curve.size();
        curve.add(model.evaluate(paleTest).get("accuracy"));
        if (norm) {
            // Only batch norm's averages: no weight changes, no label is looked at.
            var weights = model.weights();
            double again = model.recalibrate(paleTrain, 64).evaluate(paleTest).get("accuracy");
            chart = chart.withPoints("new statistics alone", new double[] {shift}, new double[] {again}).withHue(2);
            IO.println("with batch norm, by new statistics alone: %.2f".formatted(again));
            model.assign(weights);
        }
        fit(model, paleTrain, paleTest, curve);
        var name = norm ? "with batch norm" : "without";
        chart = chart.withLine(name, curve.stream().mapToDouble(accuracy -> accuracy).toArray()).withHue(norm ? 1 : 0);
        IO.println("%s: %.2f, after the shift %.2f, a mean of %.2f over the next 40 steps".formatted(name, before, curve.get(shift),
                curve.subList(shift + 1, shift + 41).stream().mapToDouble(accuracy -> accuracy).average().orElseThrow()));
    }
    var file = Path.of(args.length > 0 ? args[0] : "covariate-shift.png");
    Sheet.of(chart).withSize(780, 400).write(file);
    IO.println("drawn: " + file);
}

// From 0, the paper, to 1, the darkest ink; then with so much ink on paper so grey.
Examples inked(Examples digits, double ink, double grey) {
    return digits.withX(Tensor.wrap(digits.x()).cast(DType.F32).mul(ink / 16).add(grey).array().buffer());
}

Model net(boolean norm) {
    var layers = new ArrayList<Layer>(List.of(Flatten.of()));
    for (int i = 1; i <= 2; i++) {
        layers.add(Dense.of(32).withBias(!norm));       // β takes the bias's place
        if (norm) layers.add(BatchNorm.of().withMomentum(0.9));
        layers.add(Activation.RELU);
    }
    layers.add(Dense.of(10, "softmax"));
    return Model.of(layers.toArray(Layer[]::new)).compile(Sgd.of(0.1), Loss.of("sparse_categorical_crossentropy"), Metric.of("accuracy"));
}

void fit(Model model, Examples train, Examples test, List<Double> curve) {
    var after = new Callback() {
        public void onBatchEnd(Run run) {
            curve.add(run.model().evaluate(test).get("accuracy"));
        }

        public void onEpochEnd(Run run) {}
    };
    model.fit(train, Fit.of().withEpochs(5).withBatch(64).withVerbosity(Verbosity.SILENT).withCallbacks(after));
}
