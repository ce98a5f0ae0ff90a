package dev.caviar.tune.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class GaussianProcessTest {
    private static final boolean[] CHOICES = {false, true, false};
    private static final Offset<Double> CLOSE = within(1e-5);

    @ParameterizedTest
    @CsvSource({"1, -0.17275377902344989, 0.08002621884930694", "0, -0.693147180559945309, -0.918938533204672742", "-3, -6.60772622151035, -7.86968605960302852",
            "-40, -804.608442013754, -808.29856835661996", "-1000, -500007.826694812185, -500014.734452091158"})
    void tailsOfTheNormalDistributionAreExact(double z, double logCdf, double logImprovement) {
        assertThat(Normal.logCdf(z)).isEqualTo(logCdf, within(1e-9 * Math.abs(logCdf)));
        assertThat(Normal.logImprovement(z)).isEqualTo(logImprovement, within(1e-9 * Math.abs(logImprovement)));
    }

    @Test
    void slopesOfTheNormalDistributionAreItsDifferences() {
        for (var z = -30.0; z < 6; z += 0.37) {
            var h = 1e-6;
            assertThat(Normal.logCdfSlope(z)).isEqualTo((Normal.logCdf(z + h) - Normal.logCdf(z - h)) / (2 * h), within(1e-5));
            assertThat(Normal.logImprovementSlope(z)).isEqualTo((Normal.logImprovement(z + h) - Normal.logImprovement(z - h)) / (2 * h), within(1e-5));
        }
    }

    @Test
    void aProcessKnowsWhatItWasTold() {
        var points = points(12);
        var values = values(points);
        var process = new GaussianProcess(new Kernel(CHOICES, new double[] {2, 1, 3}, 1.5, 1e-6), points, values);
        for (var i = 0; i < points.length; i++) {
            assertThat(process.at(points[i]).means[0]).isEqualTo(values[i], within(1e-3));
            assertThat(process.at(points[i]).deviation).isLessThan(0.01);
        }
        assertThat(process.at(new double[] {0.9, 3, 0.9}).deviation).isGreaterThan(0.1);
    }

    @Test
    void theFitGoesDownhillByItsGradient() {
        var points = points(15);
        QuasiNewton.Smooth fit = KernelFit.of(CHOICES, points, values(points));
        var x = new double[] {0.3, -0.5, 0.8, 0.2, -3};
        var gradient = new double[5];
        fit.at(x, gradient);
        for (var i = 0; i < x.length; i++) assertThat(gradient[i]).isEqualTo(difference(fit, x, i), CLOSE);
    }

    @Test
    void theAcquisitionKnowsItsGradient() {
        var points = points(10);
        var kernel = new Kernel(CHOICES, new double[] {2, 1, 3}, 1.5, 1e-3);
        var random = new SplittableRandom(5);
        var objective = new GaussianProcess(kernel, points, values(points)).imagining(points(13, 9), values(points), 4, random);
        var limit = new GaussianProcess(kernel, points, Arrays.stream(points).mapToDouble(point -> Math.cos(point[0])).toArray());
        var acquisition = new Acquisition(objective, new double[] {-1, -1, -0.5, -2}, List.of(limit));
        for (var x : points(30, 3)) {
            var gradient = new double[3];
            acquisition.at(x, gradient);
            for (var axis : Double.isNaN(x[2]) ? new int[] {0} : new int[] {0, 2})
                assertThat(gradient[axis]).isEqualTo(difference((at, g) -> acquisition.at(at), x, axis), within(1e-4 * (1 + Math.abs(gradient[axis]))));
            var moved = x.clone();
            moved[0] = 0.77;
            moved[1] = 2;
            assertThat(new Acquisition.Sweep(acquisition, x).at(moved)).isEqualTo(acquisition.at(moved), within(1e-8));
        }
    }

    @Test
    void quasiNewtonFindsTheBottomOfRosenbrocksValleyAndStopsAtWalls() {
        QuasiNewton.Smooth valley = (x, gradient) -> {
            gradient[0] = -400 * x[0] * (x[1] - x[0] * x[0]) - 2 * (1 - x[0]);
            gradient[1] = 200 * (x[1] - x[0] * x[0]);
            return 100 * Math.pow(x[1] - x[0] * x[0], 2) + Math.pow(1 - x[0], 2);
        };
        var x = new double[] {-1.2, 1};
        QuasiNewton.minimise(valley, x, new double[] {-5, -5}, new double[] {5, 5}, 200, 1e-6);
        assertThat(x[0]).isEqualTo(1, within(1e-3));
        var walled = new double[] {-1.2, 1};
        QuasiNewton.minimise(valley, walled, new double[] {-5, -5}, new double[] {0.5, 5}, 200, 1e-6);
        assertThat(walled).containsExactly(new double[] {0.5, 0.25}, within(1e-3));
    }

    @Test
    void warpingKeepsTheOrderAndTamesTheTail() {
        double[] losses = {0.1, 0.2, 0.15, 1e9, 3, Double.POSITIVE_INFINITY, 0.11, Double.NaN};
        var warped = Losses.warped(losses);
        assertThat(warped[0]).isLessThan(warped[6]);
        assertThat(warped[6]).isLessThan(warped[2]);
        assertThat(warped[4]).isLessThan(warped[3]);
        assertThat(warped[3]).isEqualTo(warped[5]).isEqualTo(warped[7]).isLessThan(2.5);
        assertThat(Arrays.stream(warped).distinct().average().getAsDouble()).isEqualTo(0, within(1e-12));
    }

    private static double difference(QuasiNewton.Smooth function, double[] x, int axis) {
        double[] up = x.clone(), down = x.clone(), ignored = new double[x.length];
        up[axis] += 1e-6;
        down[axis] -= 1e-6;
        return (function.at(up, ignored) - function.at(down, ignored)) / 2e-6;
    }

    private static double[][] points(int count) {
        return points(count, 1);
    }

    // Where the choice is 0 there is no third number.
    private static double[][] points(int count, long seed) {
        var random = new SplittableRandom(seed);
        var points = new double[count][];
        for (var i = 0; i < count; i++) {
            var choice = random.nextInt(3);
            points[i] = new double[] {random.nextDouble(), choice, choice == 0 ? Double.NaN : random.nextDouble()};
        }
        return points;
    }

    private static double[] values(double[][] points) {
        return Arrays.stream(points).mapToDouble(point -> Math.sin(5 * point[0]) + 0.3 * point[1] + (Double.isNaN(point[2]) ? 0 : point[2])).toArray();
    }
}
