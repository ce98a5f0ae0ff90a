package dev.caviar.nn.train;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.optim.Optimizer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// The compiled step of [Model#fit] by itself, for batches of one size that come from anywhere: nothing is shuffled, checked, printed or
/// called back around it, and a run allocates nothing.
///
/// It trains the model's own weights. While it is open, the model may be asked and saved; [Model#compile], [Model#freeze] or a [Fleet]
/// end its use. For one thread, as the model is.
///
/// ```java
/// var examples = Examples.of(new float[][] {{0, 1}, {1, 0}, {1, 1}, {0, 0}}, new int[] {1, 1, 0, 0});
/// var model = Model.of(Dense.of(8, "tanh"), Dense.of(2, "softmax")).compile("adam", "sparse_categorical_crossentropy", "accuracy");
/// var batches = Batches.of(examples, 4);
/// try (var step = Stepper.of(model, examples, Fit.of().withBatch(4))) {
///     for (int i = 0; i < 100; i++) {
///         batches.fill(0, step.x(), step.y());
///         double loss = step.run();
///     }
///     double accuracy = step.logs().get("accuracy");      // of the last batch
/// }
/// ```
public final class Stepper implements AutoCloseable {
    private final Model model;
    private final State state;
    private final Fit fit;
    private final Optimizer optimizer;
    private final List<Buffer> slots;
    private final TrainStep step;
    private final Tallies tallies;
    private final int rows;

    Stepper(Model model, Recipe recipe, State state, Fit fit, TrainStep step, int rows) {
        this.model = model;
        this.state = state;
        this.fit = fit;
        this.step = step;
        this.rows = rows;
        optimizer = Objects.requireNonNull(recipe.optimizer());
        slots = state.slots;
        tallies = Tallies.of(recipe, state);
    }

    /// For batches of [Fit#batch] examples such as these. Of the rest of `fit`, seed, threads, class weights and recomputing are looked at.
    public static Stepper of(Model model, Examples such, Fit fit) {
        return model.stepper(such, fit);
    }

    /// The memory that a batch's features are put into, input by input.
    public List<Buffer> x() {
        return step.x();
    }

    /// The memory that its labels are put into, output by output.
    public List<Buffer> y() {
        return step.y();
    }

    /// Trains on what [#x] and [#y] hold; gives the mean loss of the batch before the update, which may be infinite or NaN.
    public double run() {
        model.turns().take("run");
        try {
            if (state.slots != slots) {
                throw new IllegalStateException("run: the model was compiled, frozen or moved since this stepper was made.\nMaybe make a new one.");
            }
            step.run(optimizer, fit.seed(), state.step, state.epoch);
            if (!step.skipped()) {
                state.step++;
            }
            return step.sum(0) / rows;
        } finally {
            model.turns().release();
        }
    }

    /// Loss and metrics of the last batch, by name.
    public Map<String, Double> logs() {
        var sums = new double[tallies.size()];
        for (int i = 0; i < sums.length; i++) {
            sums[i] = step.sum(i);
        }
        return new LinkedHashMap<>(tallies.report(sums, rows));
    }

    @Override
    public void close() {
        step.close();
    }
}
