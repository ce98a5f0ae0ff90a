package dev.caviar.nn.train;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.format.DataException;
import dev.caviar.nn.layer.Activation;
import dev.caviar.nn.loss.CrossEntropy;
import dev.caviar.nn.loss.Loss;
import java.util.List;
import java.util.function.IntUnaryOperator;

/// Whether examples can be learnt from, and labels are such as the model's outputs can be compared with.
final class Labels {
    private Labels() {}

    /// There are examples.
    static void some(String what, Examples examples) {
        if (examples.size() == 0) {
            throw new DataException(what + ": there are no examples.", "Maybe the file is empty, or a split left none.");
        }
    }

    /// There are examples, all labels of all of them fit, and where it is asked for, their numbers are finite.
    static void check(String what, Recipe recipe, State state, Examples examples, boolean finite) {
        some(what, examples);
        if (examples.ys().size() - (examples.weighted() ? 1 : 0) != recipe.heads().size()) {
            throw new IllegalArgumentException("The model has " + recipe.heads().size() + " outputs, "
                    + recipe.heads().stream().map(Head::name).toList() + ", but the examples have " + examples.ys().size()
                    + " labels.\nMaybe make them by Examples.of(List.of(features, …), List.of(labels, …)).");
        }
        check(recipe, state, examples.ys(), examples::row, examples.size());
        if (finite) {
            examples.checkFinite();
        }
    }

    /// A class that the model has no output for would count as no class at all. Example `i` is row `row(i)` of the labels.
    static void check(Recipe recipe, State state, List<Buffer> ys, IntUnaryOperator row, int n) {
        for (int k = 0; k < recipe.heads().size(); k++) {
            var head = recipe.heads().get(k);
            var link = head.loss().link();
            if (link == null) {
                continue;
            }
            var which = recipe.single() ? "" : " for \"" + head.name() + "\"";
            long outputs = state.needs.outputs().get(k).shape().dim(-1);
            if (link == Activation.SOFTMAX && outputs == 1) {
                throw new IllegalArgumentException("The model has 1 output" + which + ", whose softmax is always 1.\nMaybe give it a unit for each class, or "
                        + "end in sigmoid and use binary_crossentropy.");
            }
            if (link == Activation.SOFTMAX && !ys.get(k).type().dtype().isFloat()) {
                classes(which, outputs, head.given() instanceof CrossEntropy entropy ? entropy.ignored() : List.of(), ys.get(k), row, n);
            } else {
                shares(which, head.given(), ys.get(k), row, n);
            }
        }
    }

    private static void classes(String which, long outputs, List<Long> ignored, Buffer y, IntUnaryOperator row, int n) {
        long width = y.type().shape().without(List.of(0)).size();
        for (long i = 0; i < n * width; i++) {
            long label = y.longAt(row.applyAsInt((int) (i / width)) * width + i % width);
            if ((label < 0 || label >= outputs) && !ignored.contains(label)) {
                throw new IllegalArgumentException("The class of " + (width == 1 ? "" : "step " + i % width + " of ") + "example " + i / width + which + " is "
                        + label + ", but the model has " + outputs + " outputs, for classes [0, " + outputs
                        + ").\nMaybe the last layer needs more units, or the labels begin at 1.");
            }
        }
    }

    /// What a probability is compared with is 0, 1, or between; what is not finite is told by [Examples#checkFinite].
    private static void shares(String which, Loss loss, Buffer y, IntUnaryOperator row, int n) {
        long width = y.type().shape().without(List.of(0)).size();
        for (long i = 0; i < n * width; i++) {
            double label = y.at(row.applyAsInt((int) (i / width)) * width + i % width);
            if (Double.isFinite(label) && (label < 0 || label > 1)) {
                throw new IllegalArgumentException("The label of example " + i / width + which + " is " + (float) label + (width == 1 ? "" : " in column " + i % width)
                        + ", but " + loss.kind() + " compares with probabilities, in [0, 1].\nMaybe it is a class of several: give the model a unit for each, end in "
                        + "softmax and use sparse_categorical_crossentropy.");
            }
        }
    }
}
