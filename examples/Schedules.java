// How learning rates fall over 40 epochs of 10 steps, and why they should: steps of a fixed size end around the best point, not on it.
import dev.caviar.lab.plot.Chart;
import dev.caviar.lab.plot.Sheet;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.loss.Loss;
import dev.caviar.nn.optim.Cosine;
import dev.caviar.nn.optim.OneCycle;
import dev.caviar.nn.optim.Piecewise;
import dev.caviar.nn.optim.Schedule;
import dev.caviar.nn.optim.Sgd;
import dev.caviar.nn.train.Fit;
import dev.caviar.nn.train.Model;
import dev.caviar.nn.train.Verbosity;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

static final double FIRST = 0.2;
static final int EPOCHS = 40, STEPS = 10, BATCH = 32;

record Named(String name, Schedule schedule) {}

void main(String... args) throws Exception {
    var decay = Schedule.inverse(FIRST, 0.2);
    var formulas = chart("By a formula", new Named("α₀ / (1 + 0.2 · epoch)", decay), new Named("0.95^epoch · α₀", Schedule.exponential(FIRST, 0.95)),
            new Named("α₀ / √epoch", Schedule.inverseRoot(FIRST, 1)), new Named("α₀ / √t, t in steps", Schedule.inverseRoot(FIRST, 1).inSteps()));
    var stairs = chart("On stairs", new Named("half each 10 epochs", Schedule.exponential(FIRST, 0.5).every(10)),
            new Named("the same as a staircase", Schedule.exponential(FIRST, 0.5).every(10).withStaircase(true)),
            new Named("by hand", Piecewise.of(List.of(5.0, 28.0), List.of(FIRST, 0.08, 0.01))));
    int steps = EPOCHS * STEPS;
    var waves = chart("Along cosines", new Named("cosine", Cosine.of(FIRST, steps).inSteps()),
            new Named("warm-up, then cosine", Cosine.of(FIRST, steps - 80).inSteps().warmedUp(0, 80).inSteps()),
            new Named("one cycle", OneCycle.of(FIRST, steps).inSteps()));

    var least = costs(Schedule.constant(0.5), 320)[EPOCHS - 1];       // by whole passes it is found
    var why = Chart.of("Why: how far a cost ends above its least", Chart.Side.of("epoch"), Chart.Side.of("cost − least cost").withLog(true))
            .withLegend(Chart.Corner.LOWER_LEFT);
    for (var named : List.of(new Named("α₀ / (1 + 0.2 · epoch)", decay), new Named("α₀ always", Schedule.constant(FIRST)))) {
        var above = Arrays.stream(costs(named.schedule, BATCH)).map(cost -> cost - least).toArray();
        why = why.withLine(named.name, above);
        IO.println("%-24s the last 10 epochs end %.4f above the least cost".formatted(named.name, Arrays.stream(above, EPOCHS - 10, EPOCHS).average().orElseThrow()));
    }
    var file = Path.of(args.length > 0 ? args[0] : "schedules.png");
    Sheet.of(formulas, stairs, waves, why).withHeadline("Learning rates that fall").withColumns(2).withSize(470, 350).write(file);
    IO.println("drawn: " + file);
}

Chart chart(String title, Named... all) {
    var chart = Chart.of(title, Chart.Side.of("epoch"), Chart.Side.of("learning rate α").withRange(0, 1.05 * FIRST)).withLegend(Chart.Corner.UPPER_RIGHT);
    for (var named : all) {
        var at = IntStream.range(0, EPOCHS * STEPS);
        var rates = at.mapToDouble(step -> named.schedule.at(step, step / STEPS)).toArray();
        chart = chart.withLine(named.name, IntStream.range(0, rates.length).mapToDouble(step -> (double) step / STEPS).toArray(), rates);
        IO.println("%-24s epochs 0, 10, 20, 39: %.3f %.3f %.3f %.3f".formatted(named.name, rates[0], rates[100], rates[200], rates[390]));
    }
    return chart;
}

// A line through noisy points: the cost over all of them after each epoch.
double[] costs(Schedule schedule, int batch) {
    var random = new SplittableRandom(3);
    var x = new float[320][2];
    var y = new float[320][1];
    for (int i = 0; i < x.length; i++) {
        x[i] = new float[] {(float) random.nextGaussian(), (float) random.nextGaussian()};
        y[i][0] = 2 * x[i][0] - x[i][1] + (float) random.nextGaussian();
    }
    var points = Examples.of(x, y);
    var costs = new double[EPOCHS];
    Model.of(Dense.of(1)).compile(Sgd.of(FIRST).withRate(schedule), Loss.of("mse")).fit(points, Fit.of().withEpochs(EPOCHS).withBatch(batch)
            .withVerbosity(Verbosity.SILENT).withCallbacks(run -> costs[run.epoch()] = run.model().evaluate(points).get("loss")));
    return costs;
}
