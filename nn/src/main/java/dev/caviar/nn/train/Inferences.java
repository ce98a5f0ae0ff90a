package dev.caviar.nn.train;

import dev.caviar.engine.compile.Options;
import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.data.Feed;
import dev.caviar.nn.data.Pipeline;
import java.util.List;
import java.util.Map;

/// Asks a model for its outputs or its scores, by compiled passes without training, of which the latest are kept.
final class Inferences implements AutoCloseable {
    private static final int MOST = 8;
    private final Core core;
    private final Kept<Inference.Key, Inference> known = new Kept<>(MOST, Inference::close);

    Inferences(Core core) {
        this.core = core;
    }

    Map<String, Double> evaluate(Examples examples) {
        var recipe = core.trained("evaluate");
        Labels.some("evaluate", examples);
        var state = core.stateFor(examples.xTypes(1));
        Labels.check("evaluate", recipe, state, examples, true);
        state.forget();
        var batches = core.batches(examples, state.inferenceBatch());
        return pass(recipe, true, batches).score(batches);
    }

    Map<String, Double> evaluate(Pipeline pipeline) {
        var recipe = core.trained("evaluate");
        return core.feeding(pipeline, recipe, State.INFERENCE_BATCH, true, feed -> {
            core.stateFor(feed.xTypes(1)).forget();
            return pass(recipe, true, feed).score(feed);
        });
    }

    List<Buffer> predict(List<Buffer> xs) {
        var labels = Buffer.allocate(Type.of(DType.I64, xs.getFirst().type().shape().dim(0)));
        var examples = Examples.of(xs, List.of(labels));
        var batches = core.batches(examples, core.stateFor(examples.xTypes(1)).inferenceBatch());
        return pass(core.asking(), false, batches).predict(batches);
    }

    List<Buffer> predict(Pipeline pipeline) {
        return core.feeding(pipeline, core.asking(), State.INFERENCE_BATCH, false, feed -> {
            core.stateFor(feed.xTypes(1));
            return pass(core.asking(), false, feed).predict(feed);
        });
    }

    private Inference pass(Recipe recipe, boolean scoring, Feed batches) {
        return known.get(key(scoring, batches, 1), key -> new Inference(recipe, core.built("inference"), core.dtype(), key, Options.of()));
    }

    static Inference.Key key(boolean scoring, Feed batches, int threads) {
        int rows = batches.most();
        return new Inference.Key(scoring, batches.xTypes(rows), batches.yTypes(rows), threads);
    }

    @Override
    public void close() {
        known.close();
    }
}
