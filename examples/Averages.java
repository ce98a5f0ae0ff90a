// Exponentially weighted averages of a year's temperatures: a larger beta is smoother and later, and starts at 0 unless corrected.
import dev.caviar.lab.plot.Chart;
import dev.caviar.lab.plot.Sheet;
import dev.caviar.nn.layer.MovingAverage;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;

void main(String... args) throws Exception {
    // A year in a city, in degrees Celsius: coldest in January, and each day a little like the day before.
    var random = new SplittableRandom(7);
    var days = new double[365];
    double weather = 0;
    for (int day = 0; day < days.length; day++) {
        weather = 0.6 * weather + 2.2 * random.nextGaussian();
        days[day] = 12 - 8 * Math.cos(2 * Math.PI * (day - 20) / 365) + weather;
    }
    var number = new double[365];
    Arrays.setAll(number, day -> day + 1);

    var year = Chart.of("A year", "day", "temperature in °C").withPoints("each day", number, days).withHue(7);
    var start = Chart.of("Its first weeks: solid as they are, dashed corrected by 1 / (1 − βᵗ)", Chart.Side.of("day").withRange(1, 60),
            Chart.Side.of("temperature in °C").withRange(-2, 14)).withPoints("each day", number, days).withHue(7);
    int hue = 0;
    for (double beta : new double[] {0.5, 0.9, 0.98}) {
        var average = MovingAverage.of(beta);
        var plain = average.over(days);
        var corrected = average.withCorrected(true).over(days);
        var name = "β = " + beta + ", about %.0f days".formatted(average.window());
        year = year.withLine(name, number, plain).withHue(hue);
        start = start.withLine(name, number, plain).withHue(hue++).withDashed("", number, corrected);
        IO.println("β = %.2f: about %2.0f days; day 1 is %.0f %% of the temperature, corrected %.0f %%; day to day it moves by %.2f °C; warmest on day %d"
                .formatted(beta, average.window(), 100 * plain[0] / days[0], 100 * corrected[0] / days[0], roughness(plain), 1 + warmest(plain)));
    }
    var file = Path.of(args.length > 0 ? args[0] : "averages.png");
    Sheet.of(year, start).withHeadline("Exponentially weighted averages").withColumns(1).withSize(820, 340).write(file);
    IO.println("drawn: " + file);
}

double roughness(double[] curve) {
    double sum = 0;
    for (int i = 61; i < curve.length; i++) sum += Math.abs(curve[i] - curve[i - 1]);
    return sum / (curve.length - 61);
}

int warmest(double[] curve) {
    int at = 0;
    for (int i = 1; i < curve.length; i++) if (curve[i] > curve[at]) at = i;
    return at;
}
