package dev.caviar.nn.train;

import dev.caviar.nn.data.Examples;
import dev.caviar.nn.layer.Activation;

/// Whether labels fit what a model gives.
final class Labels {
    private Labels() {}

    /// A class that the model has no output for would count as no class at all.
    static void check(Recipe recipe, State state, Examples examples) {
        if (examples.ys().size() != recipe.heads().size()) {
            throw new IllegalArgumentException("The model has " + recipe.heads().size() + " outputs, "
                    + recipe.heads().stream().map(Head::name).toList() + ", but the examples have " + examples.ys().size()
                    + " labels.\nMaybe make them by Examples.of(List.of(features, …), List.of(labels, …)).");
        }
        for (int k = 0; k < recipe.heads().size(); k++) {
            var head = recipe.heads().get(k);
            if (head.loss().link() == Activation.SOFTMAX && !examples.ys().get(k).type().dtype().isFloat()) {
                check(recipe.single() ? "" : " for \"" + head.name() + "\"", state.needs.outputs().get(k).shape().dim(-1), examples, k);
            }
        }
    }

    private static void check(String where, long outputs, Examples examples, int k) {
        for (int i = 0; i < examples.size(); i++) {
            int label = examples.label(k, i);
            if (label < 0 || label >= outputs) {
                throw new IllegalArgumentException("The class of example " + i + where + " is " + label + ", but the model has " + outputs
                        + " outputs, for classes [0, " + outputs + ").\nMaybe the last layer needs more units, or the labels begin "
                        + "at 1.");
            }
        }
    }
}
