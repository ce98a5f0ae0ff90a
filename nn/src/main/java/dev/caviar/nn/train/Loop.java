package dev.caviar.nn.train;

import dev.caviar.engine.compile.Options;
import dev.caviar.engine.compile.NonFiniteException;
import dev.caviar.engine.memory.DType;
import dev.caviar.nn.data.Feed;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The loop around the compiled step: epochs, batches, validation.
final class Loop implements AutoCloseable {
    private static final int MOST = 32;

    private final Trainee trainee;
    private final DType dtype;
    private final Options options;
    private final @Nullable Inference scorer;
    private final @Nullable Crew crew;
    /// A step for each kind of batch: a full one, the rest of an epoch, sequences of another length.
    private final Kept<Feed.Types, Step> steps = new Kept<>(MOST, Step::close);
    private Feed.@Nullable Types last;
    private @Nullable Step step;

    Loop(Trainee trainee, DType dtype, Options options) {
        this.trainee = trainee;
        this.dtype = dtype;
        this.options = options;
        crew = trainee.fit.replicas().count() == 1 ? null : new Crew(trainee.fit.replicas().count());
        var held = trainee.validation;
        scorer = held == null ? null
                : new Inference(trainee.recipe, trainee.state, dtype, trainee.model.key(true, held, options.threads()), options);
    }

    History run() {
        while (!trainee.done()) {
            if (!epoch()) {
                return trainee.end(true);
            }
        }
        return trainee.end(false);
    }

    /// Whether it was not interrupted.
    private boolean epoch() {
        if (trainee.interrupted()) {
            return false;
        }
        int first = trainee.beginEpoch();
        for (int b = first; trainee.batches.has(b) && !trainee.stopped(); b++) {
            if (b > first && trainee.interrupted()) {
                return false;
            }
            var step = step(b);
            trainee.fill(b, step);
            try {
                step.run(trainee.run.optimizer(), trainee.fit.seed(), trainee.state.step, trainee.state.epoch);
            } catch (NonFiniteException e) {
                throw trainee.diverged(b, (e.input() < 0 ? "" : "input " + e.input() + " is " + step.inputName(e.input()) + "; ") + e.getMessage());
            }
            trainee.add(b, step);
        }
        trainee.state.forget();
        trainee.endEpoch(scorer == null || trainee.validation == null ? Map.of() : scorer.score(trainee.validation));
        return true;
    }

    private Step step(int b) {
        var types = trainee.batches.types(b);
        if (step == null || types != last) {
            step = steps.get(types, kind -> Inference.fitting(b, kind, trainee.batches, this::made));
            last = types;
        }
        return step;
    }

    private Step made(Feed.Types types) {
        return crew == null ? new TrainStep(trainee.recipe, trainee.state, dtype, types.x(), types.y(), options)
                : new ReplicaStep(trainee.recipe, trainee.state, dtype, types, options, trainee.fit.replicas(), crew);
    }

    @Override
    public void close() {
        steps.close();
        if (scorer != null) {
            scorer.close();
        }
        if (crew != null) {
            crew.close();
        }
    }
}
