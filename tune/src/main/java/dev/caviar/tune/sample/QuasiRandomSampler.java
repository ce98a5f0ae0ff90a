package dev.caviar.tune.sample;

import dev.caviar.tune.record.History;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.space.Dist;
import dev.caviar.tune.space.Space;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.hipparchus.random.SobolSequenceGenerator;
import org.jspecify.annotations.Nullable;

/// Points that fill the space more evenly than chance does: the trial in slot k gets the k-th.
///
/// In all parameters at once, and in any few of them: after 16 trials each sixteenth of a parameter's scale was tried once. Each parameter has a
/// dimension of its own, whether it exists in a trial or not. The seed scrambles the points and keeps how even they are. Parameters that an
/// objective defines as it runs are drawn at random.
///
/// ```java
/// var space = Space.of(Param.of("rate", Real.log(1e-4, 1)), Param.of("units", Whole.of(50, 100)));
/// var study = Study.inMemory(StudyOptions.of("even").withSpace(space).withSampler(QuasiRandomSampler.sobol().withSeed(1)));
/// study.optimize(trial -> trial.real("rate"), Budget.trials(16));
/// assert study.best().orElseThrow().value().getAsDouble() < 2e-4;      // in the lowest sixteenth of the scale
/// ```
public final class QuasiRandomSampler implements Sampler {
    private final Sequence sequence;
    private final long seed;
    private @Nullable SobolSequenceGenerator sobol;
    private int dimensions;

    private QuasiRandomSampler(Sequence sequence, long seed) {
        this.sequence = sequence;
        this.seed = seed;
    }

    /// Sobol's points with the direction numbers of Joe and Kuo (SIAM J. Sci. Comput. 2008), scrambled as Owen does (J. Complexity 1998), by the
    /// hash of Burley (JCGT 2020). Most even after a power of two of trials.
    public static QuasiRandomSampler sobol() {
        return new QuasiRandomSampler(Sequence.SOBOL, 0);
    }

    /// Halton's points, the digits of which are permuted at random; see Owen, "A randomized Halton algorithm in R", arXiv 1706.02808. Even after
    /// any number of trials, for up to some ten parameters.
    public static QuasiRandomSampler halton() {
        return new QuasiRandomSampler(Sequence.HALTON, 0);
    }

    /// The same points otherwise scrambled.
    public QuasiRandomSampler withSeed(long seed) {
        return new QuasiRandomSampler(sequence, seed);
    }

    @Override
    public Map<String, @Nullable Object> propose(History past, TrialView trial, Space space, RandomGenerator random) {
        var point = point(trial.slot(), space.params().size());
        var values = new LinkedHashMap<String, @Nullable Object>();
        for (int i = 0; i < point.length; i++) values.put(space.params().get(i).name(), space.params().get(i).dist().at(point[i]));
        return values;
    }

    @Override
    public @Nullable Object propose(History past, TrialView trial, String name, Dist dist, RandomGenerator random) {
        return dist.at(random.nextDouble());
    }

    @Override
    public boolean usesHistory() {
        return false;
    }

    /// The point of this index, from 0: a number in [0, 1) for each dimension.
    double[] point(int index, int dimensions) {
        return dimensions == 0 ? new double[0] : switch (sequence) {
            case SOBOL -> sobol(index, dimensions);
            case HALTON -> halton(index, dimensions);
        };
    }

    private double[] sobol(int index, int dimensions) {
        var point = plain(index, dimensions);
        for (int d = 0; d < point.length; d++)
            point[d] = (Integer.toUnsignedLong(scrambled((int) (long) (point[d] * 0x1p32), hash(d, 0))) + 0.5) * 0x1p-32;
        return point;
    }

    private synchronized double[] plain(int index, int dimensions) {
        var generator = sobol;
        if (generator == null || this.dimensions != dimensions) {
            generator = new SobolSequenceGenerator(dimensions);
            sobol = generator;
            this.dimensions = dimensions;
        }
        return index == 0 ? new double[dimensions] : generator.skipTo(index);
    }

    // A bit is flipped or not by what all bits above it are: a hash in which higher bits never depend on lower ones, on the reversed number.
    private static int scrambled(int bits, int seed) {
        int x = Integer.reverse(bits);
        x ^= x * 0x3D20ADEA;
        x += seed;
        x *= (seed >>> 16) | 1;
        x ^= x * 0x05526C56;
        x ^= x * 0x53A22864;
        return Integer.reverse(x);
    }

    private double[] halton(int index, int dimensions) {
        var point = new double[dimensions];
        int base = 1;
        for (int d = 0; d < dimensions; d++) {
            base = nextPrime(base);
            double unit = 1.0 / base;
            long rest = index;
            // Zeros without end follow the last digit; they are permuted too, as far as a double can tell.
            for (int digit = 0; unit > 1e-12; digit++) {
                point[d] += permuted((int) (rest % base), base, hash(d, digit)) * unit;
                rest /= base;
                unit /= base;
            }
            point[d] = Math.min(point[d], Math.nextDown(1.0));
        }
        return point;
    }

    private static int permuted(int digit, int base, int seed) {
        var digits = new int[base];
        Arrays.setAll(digits, i -> i);
        var random = new SplittableRandom(seed);
        for (int i = base - 1; i > 0; i--) {
            int other = random.nextInt(i + 1), kept = digits[i];
            digits[i] = digits[other];
            digits[other] = kept;
        }
        return digits[digit];
    }

    private static int nextPrime(int after) {
        for (int candidate = after + 1;; candidate++) {
            boolean prime = true;
            for (int divisor = 2; divisor * divisor <= candidate; divisor++) prime &= candidate % divisor != 0;
            if (prime) return candidate;
        }
    }

    private int hash(int dimension, int digit) {
        return new SplittableRandom(seed * 0x9E3779B97F4A7C15L + ((long) dimension << 32) + digit).nextInt();
    }

    private enum Sequence { SOBOL, HALTON }
}
