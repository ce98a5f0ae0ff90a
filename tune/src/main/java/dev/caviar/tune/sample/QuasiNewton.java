package dev.caviar.tune.sample;

import java.util.ArrayDeque;

/// Goes downhill within a box by L-BFGS; axes that the gradient pushes against a bound stand still. See Nocedal and Wright, "Numerical
/// Optimization", 2006, algorithms 7.4 and 3.1.
final class QuasiNewton {
    private static final int MEMORY = 8;
    private static final int HALVINGS = 15;

    private QuasiNewton() {}

    /// A function with its gradient, which is written into the second argument.
    interface Smooth {
        double at(double[] x, double[] gradient);
    }

    private record Pair(double[] step, double[] change, double product) {}

    /// Moves `x` downhill in place until the largest free gradient is below the tolerance; what the function is worth there.
    static double minimise(Smooth function, double[] x, double[] low, double[] high, int iterations, double tolerance) {
        var n = x.length;
        var gradient = new double[n];
        var value = function.at(x, gradient);
        var pairs = new ArrayDeque<Pair>();
        for (var iteration = 0; iteration < iterations; iteration++) {
            var free = new boolean[n];
            var largest = 0.0;
            for (var i = 0; i < n; i++) {
                free[i] = !(x[i] <= low[i] && gradient[i] > 0 || x[i] >= high[i] && gradient[i] < 0);
                if (free[i]) largest = Math.max(largest, Math.abs(gradient[i]));
            }
            if (!(largest > tolerance)) break;
            var direction = direction(gradient, free, pairs);
            var slope = dot(direction, gradient);
            if (!(slope < 0)) {
                pairs.clear();
                direction = direction(gradient, free, pairs);
                slope = dot(direction, gradient);
            }
            var next = new double[n];
            var nextGradient = new double[n];
            var length = pairs.isEmpty() ? Math.min(1, 0.5 / largest) : 1;
            var nextValue = Double.NaN;
            var halvings = 0;
            for (; halvings < HALVINGS; halvings++, length /= 2) {
                for (var i = 0; i < n; i++) next[i] = Math.clamp(x[i] + length * direction[i], low[i], high[i]);
                nextValue = function.at(next, nextGradient);
                if (nextValue <= value + 1e-4 * length * slope) break;
            }
            if (halvings == HALVINGS) break;
            remember(pairs, x, next, gradient, nextGradient);
            var gain = value - nextValue;
            System.arraycopy(next, 0, x, 0, n);
            gradient = nextGradient;
            value = nextValue;
            if (gain < 1e-9 * (1 + Math.abs(value))) break;
        }
        return value;
    }

    private static void remember(ArrayDeque<Pair> pairs, double[] x, double[] next, double[] gradient, double[] nextGradient) {
        double[] step = new double[x.length], change = new double[x.length];
        for (var i = 0; i < x.length; i++) {
            step[i] = next[i] - x[i];
            change[i] = nextGradient[i] - gradient[i];
        }
        var product = dot(step, change);
        if (product <= 1e-12 * dot(change, change)) return;
        if (pairs.size() == MEMORY) pairs.removeLast();
        pairs.addFirst(new Pair(step, change, product));
    }

    private static double[] direction(double[] gradient, boolean[] free, ArrayDeque<Pair> pairs) {
        var direction = new double[gradient.length];
        for (var i = 0; i < direction.length; i++) direction[i] = free[i] ? -gradient[i] : 0;
        var shares = new double[pairs.size()];
        var index = 0;
        for (var pair : pairs) {
            var share = dot(pair.step, direction) / pair.product;
            shares[index++] = share;
            for (var i = 0; i < direction.length; i++) direction[i] -= share * pair.change[i];
        }
        if (!pairs.isEmpty()) {
            var newest = pairs.getFirst();
            var scale = newest.product / dot(newest.change, newest.change);
            for (var i = 0; i < direction.length; i++) direction[i] *= scale;
        }
        for (var oldest = pairs.descendingIterator(); oldest.hasNext();) {
            var pair = oldest.next();
            var share = shares[--index] - dot(pair.change, direction) / pair.product;
            for (var i = 0; i < direction.length; i++) direction[i] += share * pair.step[i];
        }
        for (var i = 0; i < direction.length; i++) if (!free[i]) direction[i] = 0;
        return direction;
    }

    private static double dot(double[] a, double[] b) {
        var sum = 0.0;
        for (var i = 0; i < a.length; i++) sum += a[i] * b[i];
        return sum;
    }
}
