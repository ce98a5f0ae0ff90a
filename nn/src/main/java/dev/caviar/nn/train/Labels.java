package dev.caviar.nn.train;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.format.DataException;
import dev.caviar.nn.layer.Activation;
import java.util.List;
import java.util.function.IntUnaryOperator;

/// Whether examples can be learnt from, and labels are such as the model's outputs can be compared with.
final class Labels {
    private Labels() {}

    /// There are examples, all labels of all of them fit, and where it is asked for, their numbers are finite.
    static void check(String what, Recipe recipe, State state, Examples examples, boolean finite) {
        if (examples.size() == 0) {
            throw new DataException(what + ": there are no examples.", "Maybe the file is empty, or a split left none.");
        }
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
            if (head.loss().link() != Activation.SOFTMAX || ys.get(k).type().dtype().isFloat()) {
                continue;
            }
            long outputs = state.needs.outputs().get(k).shape().dim(-1);
            long width = ys.get(k).type().shape().without(List.of(0)).size();
            for (long i = 0; i < n * width; i++) {
                long label = ys.get(k).longAt(row.applyAsInt((int) (i / width)) * width + i % width);
                if (label < 0 || label >= outputs) {
                    throw new IllegalArgumentException("The class of " + (width == 1 ? "" : "step " + i % width + " of ") + "example " + i / width + (recipe.single() ? "" : " for \"" + head.name() + "\"") + " is "
                            + label + ", but the model has " + outputs + " outputs, for classes [0, " + outputs
                            + ").\nMaybe the last layer needs more units, or the labels begin at 1.");
                }
            }
        }
    }
}
