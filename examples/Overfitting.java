// A network that is too large learns its examples by heart. L2 makes its border smoother, too much of it too smooth; dropout helps as well.
import dev.caviar.lab.plot.Regions;
import dev.caviar.lab.plot.Sheet;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.Dropout;
import dev.caviar.nn.layer.Layer;
import dev.caviar.nn.layer.Regularizer;
import dev.caviar.nn.layer.Sequential;
import dev.caviar.nn.loss.Loss;
import dev.caviar.nn.metric.Metric;
import dev.caviar.nn.optim.Adam;
import dev.caviar.nn.train.Fit;
import dev.caviar.nn.train.Model;
import dev.caviar.nn.train.Verbosity;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.SplittableRandom;

static final int TRAIN = 90, DEV = 1000;

/// Rows of two numbers, and their classes.
record Points(float[][] x, int[] y) { }

void main(String... args) throws Exception {
    var train = moons(TRAIN, 5);
    var dev = moons(DEV, 77);
    var panels = new ArrayList<Regions>();
    for (double lambda : new double[] {0, 0.3, 1, 10}) panels.add(panel(lambda == 0 ? "nothing" : "L2, λ = " + number(lambda), lambda, 0, train, dev));
    for (double rate : new double[] {0.2, 0.5}) panels.add(panel("dropout " + rate, 0, rate, train, dev));
    var file = Sheet.of(panels).withHeadline("90 noisy examples, and a network of 4,417 weights").write(Path.of(args.length > 0 ? args[0] : "overfitting.png"));
    IO.println("drawn: " + file);
}

Regions panel(String name, double lambda, double rate, Points train, Points dev) {
    // λ/(2m)·Σw² on kernels, as the notes have it. Nothing is dropped of the input and the output.
    Layer network = Sequential.of(Dense.of(64, "relu"), Dropout.of(rate), Dense.of(64, "relu"), Dropout.of(rate), Dense.of(1, "sigmoid"))
            .withRegularizer("kernel", Regularizer.notes(lambda, TRAIN));
    var model = Model.of(network).compile(Adam.of(0.01), Loss.of("binary_crossentropy"), Metric.of("accuracy"));
    model.fit(train.x, train.y, Fit.of().withEpochs(400).withBatch(TRAIN).withVerbosity(Verbosity.SILENT));
    double learnt = 100 * model.evaluate(train.x, train.y).get("accuracy"), unseen = 100 * model.evaluate(dev.x, dev.y).get("accuracy");
    IO.println("%-12s train %5.1f %%, dev %5.1f %%, apart by %4.1f".formatted(name, learnt, unseen, learnt - unseen));
    return Regions.of("%s: train %.0f %%, dev %.0f %%".formatted(name, learnt, unseen), model::predict, train.x, train.y).withClasses("upper moon", "lower moon");
}

// Two half circles that reach into each other, blurred.
Points moons(int n, long seed) {
    var random = new SplittableRandom(seed);
    var x = new float[n][];
    var y = new int[n];
    for (int i = 0; i < n; i++) {
        y[i] = i % 2;
        double turn = Math.PI * random.nextDouble();
        double across = y[i] == 0 ? Math.cos(turn) : 1 - Math.cos(turn), up = y[i] == 0 ? Math.sin(turn) : 0.5 - Math.sin(turn);
        x[i] = new float[] {(float) (across + 0.32 * random.nextGaussian()), (float) (up + 0.32 * random.nextGaussian())};
    }
    return new Points(x, y);
}

String number(double value) {
    return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
}
