package dev.caviar.nn.loss;

import dev.caviar.engine.tensor.Bodies;
import dev.caviar.engine.tensor.Call;
import dev.caviar.engine.tensor.ShapeException;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.layer.Activation;
import java.util.Map;

/// Softmax cross-entropy over the last axis: `-Σ target · log p`.
///
/// Integer targets `[…]` are classes; targets of the predictions' shape are probabilities, such as one-hot rows; [Labels] may
/// allow one of them only. `smoothing` moves targets towards equal probabilities by this part of the way. From logits nothing overflows.
/// Probabilities are brought to sum 1 and kept 1e-7 away from 0 and 1.
///
/// ```java
/// Tensor loss = new CrossEntropy(true).perExample(Tensor.of(new float[][] {{5, 2, -1, 3}}), Tensor.of(1L));  // 3.171935
/// Loss smooth = new CrossEntropy(false).withSmoothing(0.1);
/// ```
public record CrossEntropy(boolean fromLogits, Labels labels, double smoothing) implements Loss {
    /// What targets may be.
    public enum Labels {
        ANY,
        /// Integers, one per row.
        CLASSES,
        /// Rows of the predictions' shape.
        ROWS
    }

    public CrossEntropy {
        Smoothing.check("CrossEntropy", smoothing);
    }

    public CrossEntropy(boolean fromLogits) {
        this(fromLogits, Labels.ANY, 0);
    }

    public CrossEntropy withLabels(Labels labels) {
        return new CrossEntropy(fromLogits, labels, smoothing);
    }

    public CrossEntropy withSmoothing(double smoothing) {
        return new CrossEntropy(fromLogits, labels, smoothing);
    }

    @Override
    public Map<String, Double> numbers() {
        return Smoothing.numbers(smoothing);
    }

    @Override
    public Tensor perExample(Tensor predicted, Tensor target) {
        return perExample(predicted, target, Loss.constants(this, predicted.dtype()));
    }

    @Override
    public Tensor perExample(Tensor predicted, Tensor target, Map<String, Tensor> numbers) {
        var wanted = Smoothing.on(distribution(predicted, target), predicted.rank() == 0 ? 1 : 1.0 / predicted.shape().dim(-1), numbers);
        if (fromLogits) {
            return new Call(Bodies.SOFTMAX_CROSS_ENTROPY).on(predicted, wanted);
        }
        var p = predicted.div(predicted.sum(-1).expandDims(-1)).max(1e-7).min(1 - 1e-7);
        return p.log().mul(wanted).sum(-1).neg();
    }

    private Tensor distribution(Tensor predicted, Tensor target) {
        boolean rows = predicted.rank() >= 1 && target.shape().equals(predicted.shape());
        boolean classes = predicted.rank() == target.rank() + 1 && !target.dtype().isFloat()
                && predicted.shape().without(java.util.List.of(predicted.rank() - 1)).equals(target.shape());
        if (rows && labels != Labels.CLASSES) {
            return target.cast(predicted.dtype());
        }
        if (classes && labels != Labels.ROWS) {
            return target.oneHot(predicted.shape().dim(-1), predicted.dtype());
        }
        throw new ShapeException(kind() + ": predictions are " + predicted.type() + " but targets are " + target.type() + "; they must be "
                + switch (labels) {
                    case ANY -> "classes, one per row, or one-hot rows of the predictions' shape";
                    case CLASSES -> "classes, one integer per row";
                    case ROWS -> "one-hot rows of the predictions' shape";
                } + ".\n" + advice(predicted, rows, classes));
    }

    private static String advice(Tensor predicted, boolean rows, boolean classes) {
        if (rows) {
            return "Maybe use categorical_crossentropy, which takes one-hot rows.";
        }
        if (classes) {
            return "Maybe use sparse_categorical_crossentropy, which takes classes.";
        }
        return predicted.rank() > 2 ? "Maybe a Flatten is missing in front of the first Dense."
                : "Maybe the last layer needs as many units as there are classes.";
    }

    @Override
    public Activation link() {
        return Activation.SOFTMAX;
    }

    @Override
    public Loss onLogits() {
        return new CrossEntropy(true, labels, smoothing);
    }

    @Override
    public String kind() {
        var name = switch (labels) {
            case ANY -> "crossentropy";
            case CLASSES -> "sparse_categorical_crossentropy";
            case ROWS -> "categorical_crossentropy";
        };
        return fromLogits ? name + "_from_logits" : name;
    }
}
