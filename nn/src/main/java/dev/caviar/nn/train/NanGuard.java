package dev.caviar.nn.train;

import dev.caviar.engine.memory.Buffer;
import java.util.List;

/// Ends a training whose loss is no longer finite, and puts everything back as it was before that epoch: weights, what the optimizer
/// keeps, statistics. Without it, [Model#fit] throws [DivergedException] and leaves the model as it is.
///
/// ```java
/// var model = Model.of(Dense.of(1)).compile("sgd", "mse");
/// var train = Examples.of(new float[][] {{1e30f}}, new float[][] {{1}});
/// var history = model.fit(train, Fit.of().withCallbacks(NanGuard.of()));
/// String why = history.reason();
/// ```
public record NanGuard() implements Callback {
    public static NanGuard of() {
        return new NanGuard();
    }

    @Override
    public Callback begin(Run run) {
        return new Watch(run);
    }

    @Override
    public void onEpochEnd(Run run) {}

    /// Keeps the state that is known to be good.
    private static final class Watch implements Callback {
        private List<Buffer> good;
        private long step;
        private int epoch;
        private boolean lost;

        Watch(Run run) {
            good = copies(run);
        }

        private List<Buffer> copies(Run run) {
            step = run.state().step;
            epoch = run.state().epoch;
            return run.state().memory().stream().map(State::copy).toList();
        }

        @Override
        public void onEpochBegin(Run run) {
            good = copies(run);
        }

        @Override
        public void onBatchEnd(Run run) {
            double loss = run.logs().get("loss");
            if (!Double.isFinite(loss)) {
                lost = true;
                run.stop("the loss became " + loss + " in batch " + (run.batch() + 1) + " of epoch " + (run.epoch() + 1)
                        + "; the weights are those before that epoch");
            }
        }

        @Override
        public void onEpochEnd(Run run) {}

        @Override
        public void onEnd(Run run) {
            if (lost) {
                var memory = run.state().memory();
                for (int i = 0; i < memory.size(); i++) {
                    memory.get(i).copyFrom(good.get(i));
                }
                run.state().step = step;
                run.state().epoch = epoch;
            }
        }
    }
}
