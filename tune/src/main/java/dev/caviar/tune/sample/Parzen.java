package dev.caviar.tune.sample;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// A mixture of kernels, one around each of some settings and a wide one over everything: a density of settings over several parameters at once.
///
/// A kernel is a product over the parameters: a normal distribution cut off at the ends for a number, its mass over the cell for a number of few
/// values, and a share above the others for the value that was chosen. See Bergstra et al., "Algorithms for hyper-parameter optimization",
/// NIPS 2011, section 4, and Watanabe, "Tree-structured Parzen estimator", arXiv 2304.11127, sections 3.2 and 3.3. In place of a parameter that
/// a setting does not have stands the mixture of those that have it: so settings under different conditions share what they have in common.
final class Parzen {
    private static final double NEGLIGIBLE = -20;    // of a logarithm, below the best

    private final Factor[] factors;
    private final double[] weights;
    private final double[] logWeights;
    private final @Nullable Smooth narrow;
    private final double[] sums;

    /// Kernels around the settings with these rising indices, and around those without an index: `extra` holds their places by column. Weights
    /// are relative to the wide kernel's.
    Parzen(List<Column> columns, int[] members, double[][] extra, double[] weights) {
        int count = members.length + extra.length;
        this.weights = new double[count + 1];
        logWeights = new double[count + 1];
        sums = new double[count + 1];
        factors = new Factor[columns.size()];
        var kernels = new int[members.length == 0 ? 0 : members[members.length - 1] + 1];
        Arrays.fill(kernels, -1);
        for (int i = 0; i < members.length; i++) kernels[members[i]] = i;
        int sorted = sorted(columns, members, extra);
        var trials = sorted < 0 ? members : rising(columns.get(sorted), kernels, members.length);
        for (int i = 0; i <= count; i++) {
            this.weights[i] = i == count ? 1 : i < trials.length ? weights[kernels[trials[i]]] : weights[i];
            logWeights[i] = this.weights[i] == 1 ? 0 : Math.log(this.weights[i]);
        }
        for (int i = 0; i < trials.length; i++) kernels[trials[i]] = i;
        for (int c = 0; c < factors.length; c++) {
            var column = columns.get(c);
            var places = new double[count + 1];
            for (int i = 0; i < trials.length; i++) places[i] = column.at(trials[i]);
            for (int i = 0; i < extra.length; i++) places[trials.length + i] = extra[i][c];
            factors[c] = column.choice() ? new Chosen(column, places) : numeric(column, places, kernels, trials.length);
        }
        narrow = sorted < 0 ? null : (Smooth) factors[sorted];
    }

    // Where all kernels have all parameters: one whose order the kernels get, so that those near a place stand together.
    private static int sorted(List<Column> columns, int[] members, double[][] extra) {
        int found = -1;
        for (int c = 0; c < columns.size(); c++) {
            var column = columns.get(c);
            for (int trial : members) if (Double.isNaN(column.at(trial))) return -1;
            for (var point : extra) if (Double.isNaN(point[c])) return -1;
            if (found < 0 && !column.choice() && !column.cells()) found = c;
        }
        return found;
    }

    private static int[] rising(Column column, int[] kernels, int count) {
        var trials = new int[count];
        int known = 0;
        for (int i = 0; known < count; i++) {
            int trial = column.rising()[i];
            if (trial < kernels.length && kernels[trial] >= 0) trials[known++] = trial;
        }
        return trials;
    }

    /// The logarithm of the density at a point, up to a constant that is the same for all points with the same parameters; NaN stands for a
    /// parameter that the point does not have.
    double logDensity(double[] point) {
        if (narrow == null) {
            System.arraycopy(logWeights, 0, sums, 0, sums.length);
            for (int c = 0; c < factors.length; c++) if (!Double.isNaN(point[c])) add(factors[c], point[c], sums);
            return logSum(sums, 0, sums.length);
        }
        // Most kernels are so far away in one parameter already that the wide one makes up for what they could be in the others.
        double slack = NEGLIGIBLE, place = 0;
        for (int c = 0; c < factors.length; c++) {
            slack += factors[c].wide(point[c]) - factors[c].most();
            if (factors[c] == narrow) place = point[c];
        }
        int from = narrow.from(place, slack), to = narrow.to(place, slack);
        System.arraycopy(logWeights, from, sums, from, to - from);
        for (int c = 0; c < factors.length; c++) factors[c].add(point[c], sums, from, to);
        int first = from, last = to;
        for (int kernel : narrow.broad) {
            if (kernel >= from && kernel < to) continue;
            double sum = logWeights[kernel];
            for (int c = 0; c < factors.length; c++) sum += factors[c].at(kernel, point[c]);
            sums[kernel < from ? --first : last++] = sum;
        }
        return logSum(sums, first, last);
    }

    /// A generator of points: the kernel around which the next one is drawn. `known` holds what is decided already, NaN elsewhere.
    Draw draw(double[] known, RandomGenerator random) {
        boolean decided = false;
        for (double place : known) decided |= !Double.isNaN(place);
        if (!decided) return new Draw(pick(weights, random), random);
        var shares = logWeights.clone();
        for (int c = 0; c < factors.length; c++) if (!Double.isNaN(known[c])) add(factors[c], known[c], shares);
        double most = Double.NEGATIVE_INFINITY;
        for (double share : shares) most = Math.max(most, share);
        for (int i = 0; i < shares.length; i++) shares[i] = Math.exp(shares[i] - most);
        return new Draw(pick(shares, random), random);
    }

    /// One point being drawn, parameter by parameter.
    final class Draw {
        private final int kernel;
        private final RandomGenerator random;

        private Draw(int kernel, RandomGenerator random) {
            this.kernel = kernel;
            this.random = random;
        }

        /// A place for one parameter.
        double place(int column) {
            var factor = factors[column];
            return factor.draw(factor.has(kernel) ? kernel : present(factor), random);
        }

        private int present(Factor factor) {
            var shares = weights.clone();
            for (int i = 0; i < shares.length; i++) if (!factor.has(i)) shares[i] = 0;
            return pick(shares, random);
        }
    }

    // Kernels without the parameter get what the others say of it together.
    private void add(Factor factor, double place, double[] sums) {
        var own = new double[sums.length];
        factor.add(place, own, 0, own.length);
        double all = 0, present = 0;
        for (int i = 0; i < own.length; i++)
            if (factor.has(i)) {
                present += weights[i];
                if (factor.missing > 0 && own[i] > NEGLIGIBLE) all += weights[i] * Math.exp(own[i]);
            }
        double marginal = factor.missing > 0 ? Math.log(all / present) : 0;
        for (int i = 0; i < own.length; i++) sums[i] += factor.has(i) ? own[i] : marginal;
    }

    private static int pick(double[] shares, RandomGenerator random) {
        double sum = 0;
        for (double share : shares) sum += share;
        double left = random.nextDouble() * sum;
        for (int i = 0; i < shares.length; i++) if ((left -= shares[i]) < 0) return i;
        return shares.length - 1;
    }

    private static double logSum(double[] logs, int from, int to) {
        double most = Double.NEGATIVE_INFINITY;
        for (int i = from; i < to; i++) if (logs[i] > most) most = logs[i];
        double sum = 0, least = most + NEGLIGIBLE;
        for (int i = from; i < to; i++) if (logs[i] > least) sum += Math.exp(logs[i] - most);
        return most + Math.log(sum);
    }

    private static Factor numeric(Column column, double[] places, int[] kernels, int members) {
        int last = places.length - 1;
        places[last] = 0.5;
        var order = new int[places.length];
        int known = 0;
        var rising = column.rising();
        for (int i = 0, present = members == 0 ? 0 : column.present(); i < present; i++)
            if (rising[i] < kernels.length && kernels[rising[i]] >= 0) order[known++] = kernels[rising[i]];
        for (int i = members; i <= last; i++)
            if (!Double.isNaN(places[i])) {
                int at = known++;
                for (; at > 0 && places[order[at - 1]] > places[i]; at--) order[at] = order[at - 1];
                order[at] = i;
            }
        double least = 1 / Math.min(100.0, known + 1);
        var widths = widths(places, order, known, least);
        return column.cells() ? new Cells(column, places, widths) : new Smooth(column, places, widths, members, least);
    }

    // As wide as the larger gap to the neighbours in order, of the outermost as the inner one; within limits that close in as kernels become many.
    private static double[] widths(double[] places, int[] order, int known, double least) {
        var widths = new double[places.length];
        for (int i = 0; i < known; i++) {
            double place = places[order[i]];
            double left = i > 0 ? place - places[order[i - 1]] : known > 1 ? 0 : place;
            double right = i < known - 1 ? places[order[i + 1]] - place : known > 1 ? 0 : 1 - place;
            widths[order[i]] = Math.clamp(Math.max(left, right), least, 1);
        }
        widths[places.length - 1] = 1;
        return widths;
    }

    /// The kernels of one parameter, the wide one last.
    private abstract static class Factor {
        final double[] places;
        final int missing;

        Factor(double[] places) {
            this.places = places;
            int missing = 0;
            for (double place : places) if (Double.isNaN(place)) missing++;
            this.missing = missing;
        }

        /// Adds the logarithm of each kernel's density at a place; anything for those that are missing.
        abstract void add(double place, double[] sums, int from, int to);

        /// That of one kernel.
        abstract double at(int kernel, double place);

        /// That of the wide kernel.
        final double wide(double place) {
            return at(places.length - 1, place);
        }

        /// The most that any kernel adds anywhere.
        abstract double most();

        abstract double draw(int kernel, RandomGenerator random);

        final boolean has(int kernel) {
            return !Double.isNaN(places[kernel]);
        }
    }

    private static final class Chosen extends Factor {
        private static final double ANY = -1;
        private final int choices;
        private final double hit;
        private final double miss;
        private final double wide;

        Chosen(Column column, double[] places) {
            super(places);
            places[places.length - 1] = ANY;
            choices = column.choices();
            double share = 1.0 / (places.length - missing), whole = 1 + choices * share;
            hit = Math.log((1 + share) / whole);
            miss = Math.log(share / whole);
            wide = -Math.log(choices);
        }

        @Override
        void add(double place, double[] sums, int from, int to) {
            for (int i = from; i < to; i++) sums[i] += places[i] == place ? hit : miss;
            if (to == places.length) sums[to - 1] += wide - miss;
        }

        @Override
        double at(int kernel, double place) {
            return places[kernel] == ANY ? wide : places[kernel] == place ? hit : miss;
        }

        @Override
        double most() {
            return 0;
        }

        @Override
        double draw(int kernel, RandomGenerator random) {
            if (places[kernel] != ANY && random.nextDouble() < Math.exp(hit) - Math.exp(miss)) return places[kernel];
            return random.nextInt(choices);
        }
    }

    private abstract static class Numeric extends Factor {
        final Column column;
        final double[] widths;

        Numeric(Column column, double[] places, double[] widths) {
            super(places);
            this.column = column;
            this.widths = widths;
        }

        final double mass(int kernel, double from, double to) {
            return NormalTable.cdf((to - places[kernel]) / widths[kernel]) - NormalTable.cdf((from - places[kernel]) / widths[kernel]);
        }

        @Override
        final double draw(int kernel, RandomGenerator random) {
            double place;
            do {
                place = places[kernel] + widths[kernel] * random.nextGaussian();
            } while (place < 0 || place > 1);
            return column.place(column.value(place));
        }
    }

    private static final class Smooth extends Numeric {
        private final double[] scales;
        private final double[] offsets;
        private final int[] broad;
        private final int members;
        private final double least;
        private final double most;

        Smooth(Column column, double[] places, double[] widths, int members, double least) {
            super(column, places, widths);
            this.members = members;
            this.least = least;
            scales = new double[places.length];
            offsets = new double[places.length];
            var broad = new int[places.length];
            int broads = 0;
            double most = Double.NEGATIVE_INFINITY, usual = -Math.log(least), border = 9 * least, half = Math.sqrt(0.5);
            for (int i = 0; i < places.length; i++) {
                double width = widths[i], place = places[i];
                if (width != least || i >= members) broad[broads++] = i;
                if (!has(i)) continue;
                scales[i] = half / width;
                offsets[i] = width == least && place > border && 1 - place > border ? usual : -Math.log(width * mass(i, 0, 1));
                most = Math.max(most, offsets[i]);
            }
            this.broad = Arrays.copyOf(broad, broads);
            this.most = most;
        }

        /// Where kernels begin that may add more than this to the density at a place, by a bound from above, where they stand in order.
        int from(double place, double slack) {
            return rank(place - least * Math.sqrt(Math.max(0, -2 * slack)));
        }

        /// Where they end.
        int to(double place, double slack) {
            return rank(place + least * Math.sqrt(Math.max(0, -2 * slack)));
        }

        private int rank(double place) {
            int low = 0, high = members;
            while (low < high) {
                int middle = (low + high) >>> 1;
                if (places[middle] < place) low = middle + 1;
                else high = middle;
            }
            return low;
        }

        @Override
        void add(double place, double[] sums, int from, int to) {
            for (int i = from; i < to; i++) {
                double distance = (place - places[i]) * scales[i];
                sums[i] += offsets[i] - distance * distance;
            }
        }

        @Override
        double at(int kernel, double place) {
            double distance = (place - places[kernel]) * scales[kernel];
            return offsets[kernel] - distance * distance;
        }

        @Override
        double most() {
            return most;
        }
    }

    private static final class Cells extends Numeric {
        private final int[] kinds;
        private final int[] examples;
        private final double[] wholes;
        private int count;

        // Kernels of the same place and width are the same: there are few of them, however many trials there were.
        Cells(Column column, double[] places, double[] widths) {
            super(column, places, widths);
            kinds = new int[places.length];
            examples = new int[places.length];
            wholes = new double[places.length];
            var known = new HashMap<Kernel, Integer>();
            for (int i = 0; i < places.length; i++) {
                if (!has(i)) continue;
                var kernel = new Kernel(places[i], widths[i]);
                var found = known.get(kernel);
                if (found == null) {
                    found = count++;
                    known.put(kernel, found);
                    examples[found] = i;
                    wholes[found] = mass(i, 0, 1);
                }
                kinds[i] = found;
            }
        }

        @Override
        void add(double place, double[] sums, int from, int to) {
            double low = column.from(place), high = column.to(place);
            var logs = new double[count];
            for (int i = 0; i < count; i++) logs[i] = log(i, low, high);
            for (int i = from; i < to; i++) sums[i] += logs[kinds[i]];
        }

        @Override
        double at(int kernel, double place) {
            return log(kinds[kernel], column.from(place), column.to(place));
        }

        @Override
        double most() {
            return 0;
        }

        private double log(int kind, double from, double to) {
            return Math.log(Math.max(1e-12, mass(examples[kind], from, to)) / wholes[kind]);
        }

        private record Kernel(double place, double width) {}
    }
}
