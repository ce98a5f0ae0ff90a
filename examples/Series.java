// An LSTM foretells a series from its last 48 values, better than taking the last one or the one a season ago; then it goes on by itself.
// With a table of your own, the last column of which is the series: Series.java table.csv
import dev.caviar.lab.plot.Chart;
import dev.caviar.lab.plot.Sheet;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.LSTM;
import dev.caviar.nn.layer.Reshape;
import dev.caviar.nn.loss.Loss;
import dev.caviar.nn.optim.Adam;
import dev.caviar.nn.train.Fit;
import dev.caviar.nn.train.Model;
import dev.caviar.nn.train.Verbosity;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;

static final int STEPS = 48;
static final int SEASON = 24;

void main(String... args) throws Exception {
    var table = Stream.of(args).filter(name -> name.endsWith(".csv")).findFirst();
    var series = table.isPresent() ? column(Path.of(table.get())) : hours(1200);

    // In the order of time: learnt on the first four fifths, measured on the last. Scaled by what was learnt on, and no more.
    int first = series.length * 4 / 5;
    double mean = Arrays.stream(series, 0, first).average().orElseThrow();
    double spread = Math.sqrt(Arrays.stream(series, 0, first).map(v -> (v - mean) * (v - mean)).average().orElseThrow());
    var scaled = Arrays.stream(series).map(v -> (v - mean) / spread).toArray();
    var model = Model.of(Reshape.of(STEPS, 1), LSTM.of(24), Dense.of(1)).compile(Adam.of(0.01), Loss.of("mse"));
    model.fit(windows(scaled, STEPS, first), next(scaled, STEPS, first), Fit.of().withEpochs(16).withVerbosity(Verbosity.SILENT));

    var foretold = model.predict(windows(scaled, first, scaled.length));
    double own = 0, last = 0, season = 0;
    for (int i = first; i < scaled.length; i++) {
        own += square(foretold[i - first][0] - scaled[i]);
        last += square(scaled[i - 1] - scaled[i]);
        season += square(scaled[i - SEASON] - scaled[i]);
    }
    int n = scaled.length - first;
    IO.println("root mean squared error over %d steps: LSTM %.2f, the last value %.2f, a season ago %.2f"
            .formatted(n, Math.sqrt(own / n) * spread, Math.sqrt(last / n) * spread, Math.sqrt(season / n) * spread));
    IO.println("the LSTM is better than both: " + (own < Math.min(last, season)));

    // Fed with what it said itself, it does not see the series any more.
    var alone = Arrays.copyOf(scaled, scaled.length);
    int end = Math.min(alone.length, first + 4 * SEASON);
    for (int i = first; i < end; i++) alone[i] = model.predict(windows(alone, i, i + 1))[0][0];
    int from = Math.max(0, first - 60);
    var hours = IntStream.range(0, series.length).asDoubleStream().toArray();
    var steps = IntStream.range(0, series.length).mapToDouble(i -> i < first ? Double.NaN : foretold[i - first][0] * spread + mean).toArray();
    var itself = IntStream.range(0, series.length).mapToDouble(i -> i < first || i >= end ? Double.NaN : alone[i] * spread + mean).toArray();
    var chart = Chart.of("The last fifth, which it has not seen: from step " + first + " on", Chart.Side.of("step").withRange(from, series.length), Chart.Side.of("value"))
            .withLine("the series", hours, series).withHue(7).withLine("one step ahead", hours, steps).withHue(0).withLine("by itself, from there on", hours, itself).withHue(1);
    var file = Sheet.of(chart).withSize(1100, 400).write(Path.of(args.length > 0 && args[0].endsWith(".png") ? args[0] : "series.png"));
    IO.println("drawn: " + file);
}

// A day's wave whose height swells and falls over weeks, and noise.
double[] hours(int n) {
    var random = new SplittableRandom(1);
    var out = new double[n];
    for (int t = 0; t < n; t++) {
        out[t] = 15 + 6 * (1 + 0.5 * Math.sin(2 * Math.PI * t / 170)) * Math.sin(2 * Math.PI * t / SEASON) + 0.8 * random.nextGaussian();
    }
    return out;
}

double[] column(Path file) throws Exception {
    return Files.readAllLines(file).stream().skip(1).filter(line -> !line.isBlank())
            .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(',') + 1).replace("\"", ""))).toArray();
}

float[][] windows(double[] series, int from, int to) {
    var out = new float[to - from][STEPS];
    for (int i = from; i < to; i++)
        for (int t = 0; t < STEPS; t++) out[i - from][t] = (float) series[i - STEPS + t];
    return out;
}

float[][] next(double[] series, int from, int to) {
    var out = new float[to - from][1];
    for (int i = from; i < to; i++) out[i - from][0] = (float) series[i];
    return out;
}

double square(double x) {
    return x * x;
}
