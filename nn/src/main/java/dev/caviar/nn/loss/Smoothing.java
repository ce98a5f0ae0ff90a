package dev.caviar.nn.loss;

import dev.caviar.engine.tensor.Tensor;
import java.util.Map;

/// Targets moved a part of the way to a value that says nothing (Szegedy et al. 2016, section 7).
final class Smoothing {
    private static final String NAME = "label_smoothing";

    private Smoothing() {}

    static void check(String what, double smoothing) {
        if (!(smoothing >= 0 && smoothing <= 1)) {
            throw new IllegalArgumentException(what + ": label smoothing " + smoothing + " must be in [0, 1].");
        }
    }

    static Map<String, Double> numbers(double smoothing) {
        return smoothing == 0 ? Map.of() : Map.of(NAME, smoothing);
    }

    static Tensor on(Tensor target, double middle, Map<String, Tensor> numbers) {
        var part = numbers.get(NAME);
        return part == null ? target : target.add(target.neg().add(middle).mul(part));
    }
}
