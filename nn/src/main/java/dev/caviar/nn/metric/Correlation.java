package dev.caviar.nn.metric;

import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.layer.Targets;
import java.util.Locale;

/// How well each example's predictions go with its targets along an axis; the mean over the examples. Not a number where a row does not vary.
///
/// Pearson's: the covariance over both deviations, 1 on any rising line. Concordance (Lin 1989): on the line of equal values only,
/// `2·cov / (var + var + (difference of the means)²)`, with Keras's 1e-7 below.
///
/// ```java
/// Metric shape = Correlation.PEARSON;
/// Metric agreement = Correlation.CONCORDANCE.withAxis(1);
/// ```
public record Correlation(Form form, int axis) implements Metric {
    /// Along the last axis, whatever the scale.
    public static final Correlation PEARSON = new Correlation(Form.PEARSON, -1);
    /// Along the last axis, with the scale.
    public static final Correlation CONCORDANCE = new Correlation(Form.CONCORDANCE, -1);

    private static final double EPSILON = 1e-7;

    /// Which of the two.
    public enum Form {
        PEARSON,
        CONCORDANCE
    }

    public Correlation withAxis(int axis) {
        return new Correlation(form, axis);
    }

    @Override
    public Tensor perExample(Tensor predicted, Tensor target) {
        var t = Targets.like(kind(), predicted, target);
        var p = predicted;
        var tMean = t.mean(axis).expandDims(axis);
        var pMean = p.mean(axis).expandDims(axis);
        var tAway = t.sub(tMean);
        var pAway = p.sub(pMean);
        var together = tAway.mul(pAway).mean(axis);
        var tVar = tAway.square().mean(axis);
        var pVar = pAway.square().mean(axis);
        return switch (form) {
            case PEARSON -> together.div(tVar.sqrt().mul(pVar.sqrt()));
            case CONCORDANCE -> together.mul(2).div(tVar.add(pVar).add(tMean.sub(pMean).square().mean(axis)).add(EPSILON));
        };
    }

    @Override
    public String kind() {
        return form.name().toLowerCase(Locale.ROOT) + "_correlation";
    }
}
