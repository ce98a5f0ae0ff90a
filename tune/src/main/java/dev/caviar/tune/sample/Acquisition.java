package dev.caviar.tune.sample;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// How much it pays to try a point: the logarithm of the expected improvement, averaged over fantasies, times the probability that every limit is kept.
///
/// See Ament et al., NeurIPS 2023 (logarithm), Snoek, Larochelle and Adams, NeurIPS 2012, section 3.2 (fantasies), and Gardner et al., "Bayesian
/// optimization with inequality constraints", ICML 2014, section 3.1.
///
/// @param objective the belief of the loss; null where no point is known to keep its limits: then only they count
/// @param best      the loss to be undercut, by fantasy
/// @param limits    beliefs of what must not be above zero
record Acquisition(@Nullable GaussianProcess objective, double[] best, List<GaussianProcess> limits) {
    double at(double[] x) {
        return at(x, (double[]) null);
    }

    /// The value and, added to the second argument, its gradient.
    double at(double[] x, double @Nullable [] gradient) {
        var sum = objective == null ? 0 : improvement(objective.at(x), gradient);
        for (var limit : limits) sum += kept(limit.at(x), gradient);
        return sum;
    }

    /// The value from the squared differences to the known points by axis and process: see [Sweep].
    double at(double[] x, double[][] squares) {
        var sum = objective == null ? 0 : improvement(objective.at(x, squares[0]), null);
        var first = objective == null ? 0 : 1;
        for (var i = 0; i < limits.size(); i++) sum += kept(limits.get(i).at(x, squares[first + i]), null);
        return sum;
    }

    /// All processes, the objective's first.
    List<GaussianProcess> processes() {
        if (objective == null) return limits;
        var all = new ArrayList<GaussianProcess>();
        all.add(objective);
        all.addAll(limits);
        return all;
    }

    private double improvement(GaussianProcess.Belief belief, double @Nullable [] gradient) {
        var logs = new double[best.length];
        var z = new double[best.length];
        var largest = Double.NEGATIVE_INFINITY;
        for (var m = 0; m < logs.length; m++) {
            z[m] = (best[m] - belief.means[m]) / belief.deviation;
            logs[m] = Normal.logImprovement(z[m]);
            largest = Math.max(largest, logs[m]);
        }
        var total = 0.0;
        for (var log : logs) total += Math.exp(log - largest);
        if (gradient != null) {
            var byMean = new double[logs.length];
            var byDeviation = 1 / belief.deviation;
            for (var m = 0; m < logs.length; m++) {
                var share = Math.exp(logs[m] - largest) / total * Normal.logImprovementSlope(z[m]) / belief.deviation;
                byMean[m] = -share;
                byDeviation -= share * z[m];
            }
            belief.addGradient(byMean, byDeviation, gradient);
        }
        return Math.log(belief.deviation) + largest + Math.log(total / logs.length);
    }

    private static double kept(GaussianProcess.Belief belief, double @Nullable [] gradient) {
        var z = -belief.means[0] / belief.deviation;
        if (gradient != null) {
            var slope = Normal.logCdfSlope(z) / belief.deviation;
            belief.addGradient(new double[] {-slope}, -slope * z, gradient);
        }
        return Normal.logCdf(z);
    }

    /// The squared distances from one point to all known ones, kept up as single axes move.
    static final class Sweep {
        private final Acquisition acquisition;
        private final List<GaussianProcess> processes;
        private double[] x;
        private final double[][] squares;

        Sweep(Acquisition acquisition, double[] x) {
            this.acquisition = acquisition;
            this.processes = acquisition.processes();
            this.squares = new double[processes.size()][];
            moveTo(x);
        }

        void moveTo(double[] to) {
            x = to;
            for (var p = 0; p < squares.length; p++) {
                var process = processes.get(p);
                squares[p] = Arrays.stream(process.points()).mapToDouble(point -> process.kernel().distance(to, point)).toArray();
            }
        }

        /// What the point would be worth with other places on a few axes.
        double at(double[] other) {
            var moved = new double[squares.length][];
            for (var p = 0; p < moved.length; p++) {
                moved[p] = squares[p].clone();
                var kernel = processes.get(p).kernel();
                var points = processes.get(p).points();
                for (var axis = 0; axis < x.length; axis++) {
                    if (Double.compare(x[axis], other[axis]) == 0) continue;
                    double rate = kernel.rates()[axis];
                    var choice = kernel.choices()[axis];
                    for (var i = 0; i < points.length; i++) {
                        var change = Kernel.square(choice, other[axis], points[i][axis]) - Kernel.square(choice, x[axis], points[i][axis]);
                        moved[p][i] = Math.max(0, moved[p][i] + rate * change);
                    }
                }
            }
            return acquisition.at(other, moved);
        }
    }
}
