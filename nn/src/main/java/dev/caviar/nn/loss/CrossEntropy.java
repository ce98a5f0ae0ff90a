package dev.caviar.nn.loss;

import dev.caviar.engine.tensor.Bodies;
import dev.caviar.engine.tensor.Call;
import dev.caviar.engine.tensor.ShapeException;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.layer.Activation;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/// Softmax cross-entropy over the last axis, or another: `-Σ target · log p`.
///
/// Integer targets, of the predictions' shape without the classes' axis, are classes; targets of the predictions' shape are probabilities, such as
/// one-hot rows; [Labels] may allow one of them only. `smoothing` moves targets towards equal probabilities by this part of the way. Where the target
/// is a class that is `ignored`, the loss is 0 and takes no part in a mean; such a class need not be one that is predicted, as −100 is none.
/// From logits nothing overflows. Probabilities are brought to sum 1 and kept 1e-7 away from 0 and 1.
///
/// ```java
/// Tensor loss = new CrossEntropy(true).perExample(Tensor.of(new float[][] {{5, 2, -1, 3}}), Tensor.of(1L));  // 3.171935
/// Loss smooth = new CrossEntropy(false).withSmoothing(0.1);
/// Loss pixels = new CrossEntropy(true).withAxis(1).withIgnored(255);       // logits [32, classes, 64, 64], targets [32, 64, 64]
/// ```
///
/// @param axis the classes' axis, from 1 or negative; 0 for the last
public record CrossEntropy(boolean fromLogits, Labels labels, double smoothing, int axis, List<Long> ignored) implements Loss {
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
        ignored = List.copyOf(ignored);
    }

    /// Over the last axis, with all classes.
    public CrossEntropy(boolean fromLogits, Labels labels, double smoothing) {
        this(fromLogits, labels, smoothing, 0, List.of());
    }

    public CrossEntropy(boolean fromLogits) {
        this(fromLogits, Labels.ANY, 0);
    }

    public CrossEntropy withLabels(Labels labels) {
        return new CrossEntropy(fromLogits, labels, smoothing, axis, ignored);
    }

    public CrossEntropy withSmoothing(double smoothing) {
        return new CrossEntropy(fromLogits, labels, smoothing, axis, ignored);
    }

    /// The axis of the classes, negative ones counted from the end.
    public CrossEntropy withAxis(int axis) {
        return new CrossEntropy(fromLogits, labels, smoothing, axis == -1 ? 0 : axis, ignored);
    }

    /// Classes that do not count where they are the target.
    public CrossEntropy withIgnored(long... ignored) {
        return new CrossEntropy(fromLogits, labels, smoothing, axis, LongStream.of(ignored).boxed().toList());
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
        boolean rows = target.shape().equals(predicted.shape());
        var last = behind(predicted);
        var counted = counted(predicted, target);
        var zero = Tensor.scalar(0, target.dtype());
        var each = each(last, counted != null ? counted.where(target, zero) : rows ? behind(target) : target, numbers);
        return counted == null ? each : counted.where(each, Tensor.scalar(0, each.dtype()));
    }

    /// With the classes' axis as the last one.
    private Tensor behind(Tensor x) {
        return axis == 0 ? x : x.moveAxis(axis, -1);
    }

    /// Those whose class is not ignored; null where all count.
    @Override
    public @Nullable Tensor counted(Tensor predicted, Tensor target) {
        if (ignored.isEmpty() || target.dtype().isFloat() || target.rank() != predicted.rank() - 1) {
            return null;
        }
        return ignored.stream().map(one -> target.ne(Tensor.scalar(one, target.dtype()))).reduce(Tensor::and).orElseThrow();
    }

    private Tensor each(Tensor predicted, Tensor target, Map<String, Tensor> numbers) {
        var wanted = Smoothing.on(distribution(kind(), labels, predicted, target), predicted.rank() == 0 ? 1 : 1.0 / predicted.shape().dim(-1), numbers);
        if (fromLogits) {
            return new Call(Bodies.SOFTMAX_CROSS_ENTROPY).on(predicted, wanted);
        }
        var p = predicted.div(predicted.sum(-1).expandDims(-1)).max(1e-7).min(1 - 1e-7);
        return p.log().mul(wanted).sum(-1).neg();
    }

    /// Targets as rows of probabilities.
    static Tensor distribution(String kind, Labels labels, Tensor predicted, Tensor target) {
        boolean rows = predicted.rank() >= 1 && target.shape().equals(predicted.shape());
        boolean classes = predicted.rank() == target.rank() + 1 && !target.dtype().isFloat()
                && predicted.shape().without(List.of(predicted.rank() - 1)).equals(target.shape());
        if (rows && labels != Labels.CLASSES) {
            return target.cast(predicted.dtype());
        }
        if (classes && labels != Labels.ROWS) {
            return target.oneHot(predicted.shape().dim(-1), predicted.dtype());
        }
        throw new ShapeException(kind + ": predictions are " + predicted.type() + " but targets are " + target.type() + "; they must be "
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

    /// None for another axis than the last, along which no layer's activation is.
    @Override
    public @Nullable Activation link() {
        return axis == 0 ? Activation.SOFTMAX : null;
    }

    @Override
    public Loss onLogits() {
        return new CrossEntropy(true, labels, smoothing, axis, ignored);
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
