package dev.caviar.nn.loss;

import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.layer.Targets;
import java.util.Map;
import java.util.stream.IntStream;

/// How badly what is predicted covers what is there, for masks of images in which most places are empty: `1 − TP/(TP + α·FP + β·FN)`.
///
/// Predictions are probabilities of any shape `[examples, …]`, targets 0 or 1 (or parts) of the same; all of an example's places and channels
/// count together, so that there is one loss for each example. TP is Σ p·t, FP Σ p·(1−t), FN Σ (1−p)·t. With α = β = ½ it is the Dice loss
/// `1 − 2·Σ p·t / (Σ p + Σ t)` (Milletari et al. 2016); a larger β counts what was missed more (Tversky loss, Salehi et al. 2017). `epsilon` above
/// and below keeps an example without anything from 0/0: its loss is 0 where nothing is predicted. With `strict`, as
/// in Keras, it stands below only, and such an example's loss is 1.
///
/// ```java
/// Loss dice = Overlap.dice();
/// Loss careful = Overlap.tversky(0.3, 0.7);
/// Tensor each = dice.perExample(Tensor.of(new float[][] {{1, 1, 0, 0}}), Tensor.of(new float[][] {{1, 0, 0, 0}}));      // 1 − 2/3
/// ```
///
/// @param alpha   what a place counts that is predicted and not there
/// @param beta    what a place counts that is there and not predicted
/// @param epsilon added to both sides of the fraction
/// @param strict  whether an example without anything has loss 1
public record Overlap(double alpha, double beta, double epsilon, boolean strict) implements Loss {
    public Overlap {
        if (!(alpha >= 0 && beta >= 0 && epsilon >= 0)) {
            throw new IllegalArgumentException("Overlap: alpha " + alpha + ", beta " + beta + " and epsilon " + epsilon + " must be 0 or more.");
        }
    }

    /// α = β = ½.
    public static Overlap dice() {
        return tversky(0.5, 0.5);
    }

    /// With ε 1e-7.
    public static Overlap tversky(double alpha, double beta) {
        return new Overlap(alpha, beta, 1e-7, false);
    }

    public Overlap withEpsilon(double epsilon) {
        return new Overlap(alpha, beta, epsilon, strict);
    }

    public Overlap withStrict(boolean strict) {
        return new Overlap(alpha, beta, epsilon, strict);
    }

    @Override
    public Map<String, Double> numbers() {
        return Map.of("alpha", alpha, "beta", beta);
    }

    @Override
    public Tensor perExample(Tensor predicted, Tensor target) {
        return perExample(predicted, target, Loss.constants(this, predicted.dtype()));
    }

    @Override
    public Tensor perExample(Tensor predicted, Tensor target, Map<String, Tensor> numbers) {
        var t = Targets.like(kind(), predicted, target);
        var both = all(predicted.mul(t));
        var wrong = all(predicted).sub(both).mul(numbers.get("alpha")).add(all(t).sub(both).mul(numbers.get("beta")));
        return (strict ? wrong.add(epsilon) : wrong).div(both.add(wrong).add(epsilon));
    }

    private static Tensor all(Tensor x) {
        return x.rank() < 2 ? x : x.sum(IntStream.range(1, x.rank()).toArray());
    }

    @Override
    public String kind() {
        return alpha == 0.5 && beta == 0.5 ? "dice" : "tversky";
    }
}
