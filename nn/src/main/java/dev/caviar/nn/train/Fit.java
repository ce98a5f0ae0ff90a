package dev.caviar.nn.train;

import dev.caviar.engine.compile.Options;
import dev.caviar.engine.grad.Gradient;
import dev.caviar.engine.memory.Type;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.data.Pipeline;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// How to train: passes, batches, validation, callbacks, and what is printed.
///
/// `seed` draws the order of the examples and the dropout masks: the same seed gives the same training, whatever the number
/// of threads. `stop` is asked between batches.
///
/// ```java
/// var held = Examples.of(new float[][] {{0}, {1}}, new int[] {0, 1});
/// var fit = Fit.of().withEpochs(20).withBatch(64).withValidation(held)
///         .withCallbacks(EarlyStopping.of("val_loss", 5)).withVerbosity(Verbosity.SILENT);
/// ```
public record Fit(int epochs, int batch, @Nullable Examples validation, double validationFraction, List<Callback> callbacks,
        Verbosity verbosity, boolean shuffle, long seed, int threads, BooleanSupplier stop, boolean allowNonFinite,
        boolean nanCheck, boolean recompute, List<Double> classWeights,
        @Nullable Checkpoints checkpoints, Replicas replicas, @Nullable Pipeline validationPipeline) {
    public Fit {
        callbacks = List.copyOf(callbacks);
        classWeights = List.copyOf(classWeights);
        if (epochs < 0 || batch < 1 || threads < 1) {
            throw new IllegalArgumentException("Fit of " + epochs + " epochs in batches of " + batch + " on " + threads
                    + " threads: epochs must be 0 or more, the others 1 or more.");
        }
        if (threads > 1024) {
            throw new IllegalArgumentException("Fit on " + threads + " threads: 1024 at most.\nMaybe one per core.");
        }
        if (!(validationFraction >= 0 && validationFraction < 1)) {
            throw new IllegalArgumentException("Fit: a validation part of " + validationFraction + " is not in [0, 1).");
        }
    }

    /// The size of a batch unless said; the only one that may be larger than the data.
    static final int BATCH = 32;

    /// One epoch in batches of 32, shuffled, on one thread, without validation.
    public static Fit of() {
        return new Fit(1, BATCH, null, 0, List.of(), Verbosity.AUTO, true, 1, 1, () -> false, false, false, false, List.of(), null, Replicas.of(1), null);
    }

    public Fit withEpochs(int epochs) {
        return new Fit(epochs, batch, validation, validationFraction, callbacks, verbosity, shuffle, seed, threads, stop,
                allowNonFinite, nanCheck, recompute, classWeights, checkpoints, replicas, validationPipeline);
    }

    public Fit withBatch(int batch) {
        return new Fit(epochs, batch, validation, validationFraction, callbacks, verbosity, shuffle, seed, threads, stop,
                allowNonFinite, nanCheck, recompute, classWeights, checkpoints, replicas, validationPipeline);
    }

    /// Examples to evaluate on after each epoch.
    public Fit withValidation(Examples validation) {
        return withValidation(validation, 0, null);
    }

    /// The same with the elements of a pipeline, which are made once and stay in memory. Batches may differ in the lengths of their sequences or the
    /// sizes of their images, and have the features and labels of several inputs and outputs.
    public Fit withValidation(Pipeline validation) {
        var kept = validation.cache();
        return even(kept) ? withValidation(kept.examples()) : withValidation(null, 0, kept);
    }

    /// Holds out this part of the training examples, drawn by the seed.
    public Fit withValidation(double fraction) {
        return withValidation(null, fraction, null);
    }

    private Fit withValidation(@Nullable Examples examples, double fraction, @Nullable Pipeline pipeline) {
        return new Fit(epochs, batch, examples, fraction, callbacks, verbosity, shuffle, seed, threads, stop, allowNonFinite, nanCheck, recompute, classWeights,
                checkpoints, replicas, pipeline);
    }

    /// Whether all elements are features and labels of one type, and there are some.
    private static boolean even(Pipeline pipeline) {
        List<Type> first = null;
        try (var pass = pipeline.open(0)) {
            while (pass.hasNext()) {
                var types = pass.next().parts().stream()
                        .map(part -> pipeline.batched() && part.rank() > 0 ? part.type().withShape(part.shape().with(0, 1)) : part.type()).toList();
                if (types.size() != 2 || first != null && !types.equals(first)) {
                    return false;
                }
                first = types;
            }
        }
        return true;
    }

    /// More callbacks, called after those before.
    public Fit withCallbacks(Callback... more) {
        var all = new ArrayList<>(callbacks);
        all.addAll(List.of(more));
        return new Fit(epochs, batch, validation, validationFraction, all, verbosity, shuffle, seed, threads, stop, allowNonFinite, nanCheck, recompute, classWeights, checkpoints, replicas, validationPipeline);
    }

    public Fit withVerbosity(Verbosity verbosity) {
        return new Fit(epochs, batch, validation, validationFraction, callbacks, verbosity, shuffle, seed, threads, stop,
                allowNonFinite, nanCheck, recompute, classWeights, checkpoints, replicas, validationPipeline);
    }

    public Fit withShuffle(boolean shuffle) {
        return new Fit(epochs, batch, validation, validationFraction, callbacks, verbosity, shuffle, seed, threads, stop,
                allowNonFinite, nanCheck, recompute, classWeights, checkpoints, replicas, validationPipeline);
    }

    public Fit withSeed(long seed) {
        return new Fit(epochs, batch, validation, validationFraction, callbacks, verbosity, shuffle, seed, threads, stop,
                allowNonFinite, nanCheck, recompute, classWeights, checkpoints, replicas, validationPipeline);
    }

    /// The threads that work on one step.
    public Fit withThreads(int threads) {
        return new Fit(epochs, batch, validation, validationFraction, callbacks, verbosity, shuffle, seed, threads, stop,
                allowNonFinite, nanCheck, recompute, classWeights, checkpoints, replicas, validationPipeline);
    }

    /// Asked between batches whether to end now.
    public Fit withStop(BooleanSupplier stop) {
        return new Fit(epochs, batch, validation, validationFraction, callbacks, verbosity, shuffle, seed, threads, stop,
                allowNonFinite, nanCheck, recompute, classWeights, checkpoints, replicas, validationPipeline);
    }

    /// Whether to go on when the loss is infinite or NaN, instead of throwing [DivergedException].
    public Fit withAllowNonFinite(boolean allowNonFinite) {
        return new Fit(epochs, batch, validation, validationFraction, callbacks, verbosity, shuffle, seed, threads, stop,
                allowNonFinite, nanCheck, recompute, classWeights, checkpoints, replicas, validationPipeline);
    }

    /// Runs each op on its own and looks through its results: slow, but training that goes wrong ends with a [DivergedException] that
    /// names the first op, layer and line that made a number which is not finite.
    public Fit withNanCheck(boolean nanCheck) {
        return new Fit(epochs, batch, validation, validationFraction, callbacks, verbosity, shuffle, seed, threads, stop, allowNonFinite,
                nanCheck, recompute, classWeights, checkpoints, replicas, validationPipeline);
    }

    /// Computes what lies inside the model once more for the gradients instead of keeping it: the same training in less memory and more
    /// time, whatever the model is made of. See [Gradient#recomputeInPieces].
    public Fit withRecompute(boolean recompute) {
        return new Fit(epochs, batch, validation, validationFraction, callbacks, verbosity, shuffle, seed, threads, stop, allowNonFinite,
                nanCheck, recompute, classWeights, checkpoints, replicas, validationPipeline);
    }

    /// What an example of each class counts for in the training loss; classes beyond the last one count 1. See also
    /// [Examples#withWeights].
    public Fit withClassWeights(double... weights) {
        return new Fit(epochs, batch, validation, validationFraction, callbacks, verbosity, shuffle, seed, threads, stop, allowNonFinite,
                nanCheck, recompute, java.util.Arrays.stream(weights).boxed().toList(), checkpoints, replicas, validationPipeline);
    }

    /// Writes the whole training down as it goes, and goes on where the newest checkpoint is; null for neither.
    public Fit withCheckpoints(@Nullable Checkpoints checkpoints) {
        return new Fit(epochs, batch, validation, validationFraction, callbacks, verbosity, shuffle, seed, threads, stop, allowNonFinite,
                nanCheck, recompute, classWeights, checkpoints, replicas, validationPipeline);
    }

    /// Copies of the model that share the work on each batch; [#withThreads] are those of each.
    public Fit withReplicas(Replicas replicas) {
        return new Fit(epochs, batch, validation, validationFraction, callbacks, verbosity, shuffle, seed, threads, stop, allowNonFinite,
                nanCheck, recompute, classWeights, checkpoints, replicas, validationPipeline);
    }

    /// Whether data with numbers that are not finite is refused at once.
    boolean finite() {
        return !allowNonFinite && !nanCheck;
    }

    /// How its steps are compiled.
    Options options() {
        return Options.of().withThreads(threads).withNanCheck(nanCheck);
    }
}
