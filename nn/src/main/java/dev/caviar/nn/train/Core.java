package dev.caviar.nn.train;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.memory.Type;
import dev.caviar.nn.data.Batches;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.data.Feed;
import dev.caviar.nn.data.Pipeline;
import dev.caviar.nn.layer.Functional;
import dev.caviar.nn.loss.MeanSquaredError;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// What a model consists of: its settings, how it is trained once that is said, and its weights once the shape of the examples is known.
final class Core {
    private final Settings settings;
    private final Set<String> frozen = new LinkedHashSet<>();
    private @Nullable State state;
    private @Nullable Recipe recipe;

    Core(Settings settings) {
        this.settings = settings;
    }

    Settings settings() {
        return settings;
    }

    DType dtype() {
        return settings.dtype();
    }

    /// The same with other settings, for as long as there are no weights.
    Core with(Settings other) {
        if (state != null) {
            throw new IllegalStateException("This model has weights already.\nMaybe set seed, type, normaliser and names before "
                    + "the first use.");
        }
        return copy(other);
    }

    /// The same with a copy of the weights.
    Core with(Precision precision) {
        var core = copy(settings.withPrecision(precision));
        core.state = state == null ? null : state.copy(precision);
        return core;
    }

    private Core copy(Settings other) {
        var core = new Core(other);
        core.recipe = recipe;
        core.frozen.addAll(frozen);
        return core;
    }

    // ---- how it is trained

    @Nullable Recipe recipe() {
        return recipe;
    }

    void compile(Recipe recipe) {
        this.recipe = recipe;
        restart();
    }

    /// The optimizer begins anew, where there is one and weights for it.
    private void restart() {
        if (state != null && recipe != null && recipe.optimizer() != null) {
            state.restart(recipe.optimizer());
        }
    }

    Recipe trained(String what) {
        if (recipe == null) {
            throw new IllegalStateException(what + ": the model is not compiled.\nMaybe call compile(\"adam\", "
                    + "\"sparse_categorical_crossentropy\", \"accuracy\") first.");
        }
        return recipe;
    }

    Recipe trainable() {
        var recipe = trained("fit");
        if (recipe.optimizer() == null) {
            throw new IllegalStateException("fit: the model was saved with an optimizer that is not Caviar's own.\nMaybe "
                    + "compile(...) it again.");
        }
        return recipe;
    }

    /// Enough to ask a model, which need not be compiled.
    Recipe asking() {
        return recipe != null ? recipe
                : Recipe.of(settings.layer(), null, Collections.nCopies(settings.layer().outputs(), Goal.of(new MeanSquaredError())));
    }

    // ---- weights

    /// The weights, if there are any yet.
    Optional<State> state() {
        return Optional.ofNullable(state);
    }

    /// The weights, made for examples of these shapes if there are none yet.
    State state(List<Shape> inputs) {
        return made(inputs.stream().map(shape -> new Type(dtype(), shape)).toList());
    }

    /// The weights, made for examples if there are none yet: `one` are the types of a batch of one.
    State stateFor(List<Type> one) {
        return made(one.stream()
                .map(type -> new Type(settings.normaliser() == null ? type.dtype() : DType.F32, type.shape().without(List.of(0)))).toList());
    }

    private State made(List<Type> examples) {
        var shapes = examples.stream().map(Type::shape).toList();
        if (state == null) {
            state = State.of(settings, examples, frozen);
            restart();
        }
        if (examples.size() != state.inputs.size()) {
            throw new IllegalArgumentException("The model has " + state.inputs.size() + " inputs, " + text(state.inputs) + ", but " + examples.size()
                    + (examples.size() == 1 ? " was given, " : " were given, ") + text(shapes) + ".\nMaybe give a list of features, one for each input.");
        }
        if (!state.takes(examples, settings)) {
            throw new IllegalArgumentException("The model takes examples of shape " + text(state.inputs) + ", these are " + text(shapes)
                    + ".\nMaybe they are from another data set.");
        }
        return state;
    }

    private static String text(List<Shape> shapes) {
        return shapes.stream().map(Shape::toString).collect(Collectors.joining(", "));
    }

    /// The weights, made as far as the model says itself what it takes.
    State built(String what) {
        if (state == null) {
            var shapes = declared();
            if (!shapes.isEmpty()) {
                return state(shapes);
            }
            throw new IllegalStateException(what + ": the model has no weights yet.\nMaybe build(...) it for the shape of one "
                    + "example, or fit it first.");
        }
        return state;
    }

    /// The shapes of a functional model's inputs, where it says them all.
    List<Shape> declared() {
        return settings.layer() instanceof Functional functional && functional.inputs().stream().allMatch(slot -> slot.shape().known())
                ? functional.inputs().stream().map(Functional.Slot::shape).toList() : List.of();
    }

    Set<String> frozen() {
        return Collections.unmodifiableSet(new LinkedHashSet<>(frozen));
    }

    void refreeze(Consumer<Set<String>> change) {
        change.accept(frozen);
        if (state != null) {
            state.freeze(frozen);
            restart();
        }
    }

    // ---- data

    Batches batches(Examples examples, int size) {
        if (settings.normaliser() != null) {
            settings.normaliser().check(examples.xType(1));
        }
        return Batches.of(examples, size);
    }

    /// The batches of a pipeline. Only a size that somebody has asked for is refused where it is larger than the data.
    Feed feed(Pipeline pipeline, Recipe recipe, int batch, boolean finite) {
        boolean asked = batch != Fit.BATCH && batch != State.INFERENCE_BATCH;
        long rows = asked ? batch : Math.clamp(pipeline.size().orElse(batch), 1, batch);
        var feed = Feed.of(pipeline.batched() ? pipeline : pipeline.batch((int) rows), recipe.heads().size(), finite);
        if (settings.normaliser() != null) {
            settings.normaliser().check(feed.xTypes(1).getFirst());
        }
        return feed;
    }

    /// Works with the batches of a pipeline, which stops afterwards; elements that are no batches yet are put together.
    <T> T feeding(Pipeline pipeline, Recipe recipe, int batch, boolean finite, Function<Feed, T> work) {
        var feed = feed(pipeline, recipe, batch, finite);
        try {
            return work.apply(feed);
        } finally {
            feed.stop();
        }
    }
}
