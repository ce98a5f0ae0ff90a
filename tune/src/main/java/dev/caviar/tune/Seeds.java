package dev.caviar.tune;

import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/// All randomness of a study, as a function of its seed, a slot and a name: nothing depends on order or timing.
final class Seeds {
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    private Seeds() {}

    /// What a trial seeds its own work with.
    static long trial(long study, int slot) {
        return mix(mix(study + GOLDEN) + (slot + 1) * GOLDEN);
    }

    /// The generator for one parameter of one trial, whichever others there are.
    static RandomGenerator parameter(long study, int slot, String name) {
        var hash = trial(study, slot);
        for (var i = 0; i < name.length(); i++) hash = mix(hash * 31 + name.charAt(i) + GOLDEN);
        return new SplittableRandom(hash);
    }

    // Finaliser of SplitMix64: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
    private static long mix(long z) {
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
