package dev.caviar.nn.train;

import dev.caviar.engine.compile.Compiler;
import dev.caviar.engine.compile.Options;
import dev.caviar.engine.compile.Program;
import dev.caviar.engine.graph.Trace;
import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.Origin;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.data.Feed;
import dev.caviar.nn.layer.Bound;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Runs batches through a model as training does, but changes only what layers keep for inference.
final class Recalibration implements AutoCloseable {
    private final Recipe recipe;
    private final State state;
    private final DType dtype;
    private final Feed feed;
    private final Map<Integer, Step> steps = new HashMap<>();

    /// The program for one size of batch: it gives the new values of some states.
    private record Step(Signature inputs, List<Buffer> y, List<Buffer> states, List<Buffer> out, Program program) {}

    Recalibration(Recipe recipe, State state, DType dtype, Feed feed) {
        this.recipe = recipe;
        this.state = state;
        this.dtype = dtype;
        this.feed = feed;
    }

    void run(long seed) {
        state.recount();
        feed.start(0);
        for (int b = 0; feed.has(b); b++) {
            var step = steps.computeIfAbsent(feed.rows(b), this::step);
            feed.fill(b, step.inputs.buffers("x"), step.y);
            step.inputs.buffer("key").setLong(0, seed);
            step.inputs.buffer("key").setLong(1, b);
            step.program.run(step.inputs.buffers(), step.out);
            for (int i = 0; i < step.out.size(); i++) {
                step.states.get(i).copyFrom(step.out.get(i));
            }
        }
        state.forget();
    }

    private Step step(int rows) {
        var inputs = Inference.signature(recipe, state, dtype, new Inference.Key(false, feed.xTypes(rows), feed.yTypes(rows), 1));
        var updates = new LinkedHashMap<String, Tensor>();
        var graph = Trace.of(in -> {
            var scope = Bound.of(inputs.pick("v:", in), inputs.pick("l:", in), in.get(inputs.position("key")), true, dtype).withFrozen(state::frozen);
            recipe.body().applyAll(scope, state.ready(inputs.each("x", in)).toArray(Tensor[]::new));
            updates.putAll(scope.updates());
            return List.copyOf(updates.values());
        }, inputs.types());
        var out = graph.outputs().stream().map(output -> Buffer.allocate(output.type())).toList();
        var program = Origin.named("recalibration, batch " + rows, () -> Compiler.compile(graph, state.precision.in(Options.of())));
        return new Step(inputs, TrainStep.allocate(feed.yTypes(rows)), updates.keySet().stream().map(path -> inputs.buffer("v:" + path)).toList(),
                out, program);
    }

    @Override
    public void close() {
        steps.values().forEach(step -> step.program.close());
    }
}
