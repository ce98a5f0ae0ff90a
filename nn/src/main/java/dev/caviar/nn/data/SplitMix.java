package dev.caviar.nn.data;

import java.util.random.RandomGenerator;

/// The generator behind splits and shuffles: SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number
/// generators", 2014). It is written out here so that a seed gives the same order on every JDK, today and later.
final class SplitMix implements RandomGenerator {
    private static final long GOLDEN = 0x9e3779b97f4a7c15L;
    private long state;

    /// Each pair of a seed and a stream (an epoch, say) is a generator of its own.
    SplitMix(long seed, long stream) {
        state = mix(mix(seed + GOLDEN) + stream * GOLDEN);
    }

    @Override
    public long nextLong() {
        state += GOLDEN;
        return mix(state);
    }

    private static long mix(long z) {
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }

    /// A number in `[low, high)`.
    double between(double low, double high) {
        return low + (high - low) * ((nextLong() >>> 11) * 0x1p-53);
    }

    /// A number in `[0, bound)`, each equally likely (Lemire, "Fast random integer generation in an interval", 2019).
    int below(int bound) {
        long x = nextLong();
        long low = x * bound;
        if (Long.compareUnsigned(low, bound) < 0) {
            long biased = Long.remainderUnsigned(-bound, bound);
            while (Long.compareUnsigned(low, biased) < 0) {
                x = nextLong();
                low = x * bound;
            }
        }
        return (int) Math.unsignedMultiplyHigh(x, bound);
    }

    /// Brings the array into a random order (Fisher and Yates).
    void shuffle(int[] values) {
        for (int i = values.length - 1; i > 0; i--) {
            int j = below(i + 1);
            int swapped = values[i];
            values[i] = values[j];
            values[j] = swapped;
        }
    }
}
