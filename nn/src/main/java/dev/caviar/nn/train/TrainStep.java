package dev.caviar.nn.train;

import dev.caviar.engine.compile.Compiler;
import dev.caviar.engine.compile.Options;
import dev.caviar.engine.compile.Plan;
import dev.caviar.engine.compile.Program;
import dev.caviar.engine.grad.Gradient;
import dev.caviar.engine.graph.Graph;
import dev.caviar.engine.graph.Trace;
import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Origin;
import dev.caviar.engine.tensor.Random;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.layer.Bound;
import dev.caviar.nn.optim.Optimizer;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// One compiled step of training for one size of batch: (state, batch, scalars) -> (state, logs), the state in place.
///
/// Inputs in order: parameters, slots, states, the layers' scalars, the optimizer's scalars, key, x, y. Outputs: new
/// parameters, slots and updated states, each in its input's memory, then the sums of loss and metrics over the batch.
final class TrainStep implements AutoCloseable {
    final Buffer x;
    final Buffer y;
    private final Signature inputs = new Signature();
    private final Program program;
    private final List<Buffer> in;
    private final List<Buffer> out;
    private final Buffer[] logs;
    private final String[] scalarNames;
    private final Buffer[] scalars;
    private final Buffer key;
    private final @Nullable Buffer scale;
    private boolean skipped;

    TrainStep(Recipe recipe, State state, DType dtype, Type x, Type y, Options options) {
        this(recipe, state, dtype, Buffer.allocate(x), Buffer.allocate(y), options);
    }

    private TrainStep(Recipe recipe, State state, DType dtype, Buffer x, Buffer y, Options options) {
        var optimizer = Objects.requireNonNull(recipe.optimizer());
        inputs.addAll("p:", state.params);
        int slot = 0;
        for (var path : state.params.keySet()) {
            for (var name : optimizer.slots()) {
                inputs.add("o:" + name + ":" + path, state.slots.get(slot++));
            }
        }
        inputs.addAll("s:", state.states);
        state.needs.scalars().forEach((name, value) -> inputs.add("l:" + name, number(dtype, value)));
        scalarNames = optimizer.scalars().toArray(String[]::new);
        scalars = new Buffer[scalarNames.length];
        for (int i = 0; i < scalars.length; i++) {
            scalars[i] = number(dtype, 0);
            inputs.add("r:" + scalarNames[i], scalars[i]);
        }
        inputs.addAll("a:", state.scaling(dtype));
        var scaling = state.precision.lossScale();
        inputs.addAll("n:", scaling == null ? Map.of() : scaling.numbers(dtype));
        scale = scaling == null ? null : inputs.buffer("a:" + LossScale.SCALE);
        key = Buffer.allocate(Random.KEY);
        inputs.add("key", key);
        this.x = x;
        this.y = y;
        inputs.add("x", this.x);
        inputs.add("y", this.y);
        logs = new Buffer[recipe.names().size()];
        in = inputs.buffers();
        out = new ArrayList<>();
        var graph = graph(recipe, state, optimizer);
        program = Origin.named("train step, batch " + x.type().shape().dim(0),
                () -> Compiler.compile(graph, options.withLow(state.precision.low())));
        for (int i = 0; i < logs.length; i++) {
            logs[i] = number(dtype, 0);
            out.add(logs[i]);
        }
    }

    /// What such a step would do and hold; a batch that no memory would hold can be asked about too.
    static Plan plan(Recipe recipe, State state, DType dtype, Type x, Type y, Options options) {
        var nowhere = MemorySegment.NULL;
        try (var step = new TrainStep(recipe, state, dtype, new Buffer(nowhere, x), new Buffer(nowhere, y), options)) {
            return step.program.plan();
        }
    }

    private static Buffer number(DType dtype, double value) {
        var buffer = Buffer.allocate(Type.of(dtype));
        buffer.set(0, value);
        return buffer;
    }

    /// Traces the step; fills `out` with the memory of what is updated in place.
    private Graph graph(Recipe recipe, State state, Optimizer optimizer) {
        var donated = new LinkedHashMap<Integer, Integer>();
        var graph = Trace.of(in -> {
            var params = inputs.pick("p:", in);
            var values = new LinkedHashMap<>(params);
            values.putAll(inputs.pick("s:", in));
            var scope = Bound.of(values, inputs.pick("l:", in), in.get(inputs.position("key")), true);
            var x = in.get(inputs.position("x"));
            var ready = Origin.named("normalise", () -> state.ready(x));
            var y = in.get(inputs.position("y"));
            var sums = new ArrayList<Tensor>();
            var scaling = inputs.pick("a:", in);
            var gradients = Gradient.tape(tape -> {
                tape.watch(params.values().toArray(Tensor[]::new));
                var raw = recipe.body().apply(scope, ready);
                var cost = Origin.named("loss", () -> {
                    var losses = recipe.losses(raw, y);
                    long n = losses.shape().size();
                    var penalty = scope.penalties();
                    var mean = penalty == null ? losses.mean() : losses.mean().add(penalty);
                    sums.add(mean.mul(n).stopGradient());
                    return mean;
                });
                sums.addAll(Origin.named("metrics",
                        () -> recipe.measures(raw.stopGradient(), y).stream().map(each -> each.sum()).toList()));
                return tape.gradient(scaling.isEmpty() ? cost : cost.mul(scaling.get(LossScale.SCALE)), List.copyOf(params.values()));
            });
            var outputs = new ArrayList<Tensor>();
            update(optimizer, params, LossScale.undone(gradients, scaling), in, outputs, donated);
            scope.updates().forEach((path, value) -> put("s:" + path, value, outputs, donated));
            if (!scaling.isEmpty()) {
                var finite = LossScale.finite(gradients);
                donated.forEach((given, taken) -> outputs.set(taken, finite.where(outputs.get(taken), in.get(given))));
                LossScale.next(scaling, inputs.pick("n:", in), finite).forEach((name, value) -> put("a:" + name, value, outputs, donated));
            }
            outputs.addAll(sums);
            return outputs;
        }, inputs.types());
        return graph.withDonated(donated);
    }

    private void update(Optimizer optimizer, Map<String, Tensor> params, List<Tensor> gradients, List<Tensor> in,
            List<Tensor> outputs, Map<Integer, Integer> donated) {
        var numbers = inputs.pick("r:", in);
        int i = 0;
        for (var param : params.entrySet()) {
            var path = param.getKey();
            var slots = new HashMap<String, Tensor>();
            for (var name : optimizer.slots()) {
                slots.put(name, in.get(inputs.position("o:" + name + ":" + path)));
            }
            var gradient = gradients.get(i++);
            var update = Origin.named("update", () -> Origin.named(path, () -> optimizer.update(param.getValue(), gradient, slots, numbers)));
            put("p:" + path, update.param(), outputs, donated);
            for (var name : optimizer.slots()) {
                put("o:" + name + ":" + path, update.slots().get(name), outputs, donated);
            }
        }
    }

    private void put(String name, Tensor value, List<Tensor> outputs, Map<Integer, Integer> donated) {
        donated.put(inputs.position(name), outputs.size());
        outputs.add(value);
        out.add(inputs.buffer(name));
    }

    /// Runs on what `x` and `y` hold. The optimizer's numbers and the random key are those of this step.
    void run(Optimizer optimizer, long seed, long step, int epoch) {
        for (int i = 0; i < scalars.length; i++) {
            scalars[i].set(0, optimizer.scalar(scalarNames[i], step, epoch));
        }
        key.setLong(0, seed);
        key.setLong(1, step);
        double before = scale == null ? 0 : scale.at(0);
        program.run(in, out);
        skipped = scale != null && scale.at(0) < before;
    }

    /// Whether the gradients of the last run were not finite, so that it changed nothing but the loss' scale.
    boolean skipped() {
        return skipped;
    }

    /// The factor on the loss for the next run; 1 where it is not scaled.
    double scale() {
        return scale == null ? 1 : scale.at(0);
    }

    /// Sum `i` over the batch of the last run: the loss, then the metrics.
    double sum(int i) {
        return logs[i].at(0);
    }

    /// What was compiled.
    Program program() {
        return program;
    }

    @Override
    public void close() {
        program.close();
    }
}
