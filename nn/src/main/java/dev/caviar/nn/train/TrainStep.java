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
import dev.caviar.nn.data.Feed;
import dev.caviar.nn.layer.Bound;
import dev.caviar.nn.optim.Optimizer;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// One compiled step of training for one size of batch: (state, batch, scalars) -> (state, logs), the state in place.
///
/// Inputs in order: parameters, slots, states, the layers' scalars, the optimizer's scalars, key, x, y. Outputs: new
/// parameters, slots and updated states, each in its input's memory, then the sums of loss and metrics over the batch.
final class TrainStep implements Step {
    private final List<Buffer> x;
    private final List<Buffer> y;
    private final Program program;
    private final List<String> names;
    private final List<Buffer> in;
    private final List<Buffer> out;
    private final List<Buffer> logs = new ArrayList<>();
    private final Tallies tallies;
    private final Numbers numbers;
    private final Buffer key;
    private boolean skipped;

    /// The step of one model as a graph; its first outputs take over the memory of the `updated` inputs.
    record Traced(Graph graph, List<String> updated) {}

    /// What a pass forward and back gives: gradients (of the scaled loss) in the order of the parameters, the layers' new states by path,
    /// and the sums of loss and metrics.
    record Back(List<Tensor> gradients, Map<String, Tensor> states, List<Tensor> sums) {}

    /// The inputs of an update that are numbers: those of the optimizer, and the loss' scale.
    static final class Numbers {
        private final String[] names;
        private final Buffer[] buffers;
        private final @Nullable Buffer scale;

        Numbers(Recipe recipe, State state, Signature inputs) {
            names = scalars(recipe);
            buffers = new Buffer[names.length];
            for (int i = 0; i < buffers.length; i++) {
                buffers[i] = inputs.buffer("r:" + names[i]);
            }
            scale = state.precision.lossScale() == null ? null : inputs.buffer("a:" + LossScale.SCALE);
        }

        void set(Optimizer optimizer, long step, int epoch) {
            for (int i = 0; i < buffers.length; i++) {
                buffers[i].set(0, optimizer.scalar(names[i], step, epoch));
            }
        }

        /// The loss' scale before or after an update: one that lowered it has changed nothing else.
        double scale() {
            return scale == null ? 1 : scale.at(0);
        }
    }

    TrainStep(Recipe recipe, State state, DType dtype, Feed batches, int rows, Options options) {
        this(recipe, state, dtype, batches.xTypes(rows), batches.yTypes(rows), options);
    }

    TrainStep(Recipe recipe, State state, DType dtype, List<Type> x, List<Type> y, Options options) {
        var inputs = signature(recipe, state, dtype, allocate(x), allocate(y));
        numbers = new Numbers(recipe, state, inputs);
        key = inputs.buffer("key");
        this.x = inputs.buffers("x");
        this.y = inputs.buffers("y");
        tallies = Tallies.of(recipe, state);
        names = inputs.names();
        in = inputs.buffers();
        out = new ArrayList<>();
        var traced = trace(recipe, state, inputs);
        program = compile(traced.graph, state, x.getFirst(), options);
        traced.updated.forEach(name -> out.add(inputs.buffer(name)));
        for (int i = 0; i < tallies.logs(); i++) {
            logs.add(Buffer.allocate(tallies.type(i, dtype)));
        }
        out.addAll(logs);
    }

    static List<Buffer> allocate(List<Type> types) {
        return types.stream().map(Buffer::allocate).toList();
    }

    private static Program compile(Graph graph, State state, Type x, Options options) {
        return Origin.named("train step, batch " + x.shape().dim(0), () -> Compiler.compile(graph, state.precision.in(options)));
    }

    /// What such a step would do and hold; a batch that no memory would hold can be asked about too.
    static Plan plan(Recipe recipe, State state, DType dtype, List<Type> x, List<Type> y, Options options) {
        var inputs = signature(recipe, state, dtype, nowhere(x), nowhere(y));
        try (var program = compile(trace(recipe, state, inputs).graph, state, x.getFirst(), options)) {
            return program.plan();
        }
    }

    private static List<Buffer> nowhere(List<Type> types) {
        return types.stream().map(type -> new Buffer(MemorySegment.NULL, type)).toList();
    }

    static String[] scalars(Recipe recipe) {
        return Objects.requireNonNull(recipe.optimizer()).scalars().toArray(String[]::new);
    }

    /// The inputs of a step, over the state's own memory.
    static Signature signature(Recipe recipe, State state, DType dtype, List<Buffer> x, List<Buffer> y) {
        var inputs = new Signature();
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
        for (var name : scalars(recipe)) {
            inputs.add("r:" + name, number(dtype, 0));
        }
        inputs.addAll("a:", state.scaling(dtype));
        var scaling = state.precision.lossScale();
        inputs.addAll("n:", scaling == null ? Map.of() : scaling.numbers(dtype));
        inputs.add("key", Buffer.allocate(Random.KEY));
        recipe.numbers().forEach((name, value) -> inputs.add("w:" + name, number(dtype, value)));
        inputs.addEach("x", x);
        inputs.addEach("y", y);
        return inputs;
    }

    private static Buffer number(DType dtype, double value) {
        var buffer = Buffer.allocate(Type.of(dtype));
        buffer.set(0, value);
        return buffer;
    }

    static Traced trace(Recipe recipe, State state, Signature inputs) {
        var sums = new ArrayList<Tensor>();
        return donating(inputs, in -> {
            var back = back(recipe, state, inputs, in, null);
            sums.addAll(back.sums);
            return after(recipe, state, inputs, in, back.gradients, back.states);
        }, sums);
    }

    static Traced donating(Signature inputs, Function<List<Tensor>, Map<String, Tensor>> after) {
        return donating(inputs, after, List.of());
    }

    /// The graph of what inputs become, each in its own memory, and of more outputs, known by then.
    private static Traced donating(Signature inputs, Function<List<Tensor>, Map<String, Tensor>> after, List<Tensor> more) {
        var updated = new ArrayList<String>();
        var graph = Trace.of(in -> {
            var become = after.apply(in);
            updated.addAll(become.keySet());
            var outputs = new ArrayList<>(become.values());
            outputs.addAll(more);
            return outputs;
        }, inputs.types());
        var donated = new LinkedHashMap<Integer, Integer>();
        updated.forEach(name -> donated.put(inputs.position(name), donated.size()));
        return new Traced(graph.withDonated(donated), updated);
    }

    /// The pass forward and back, of a whole batch or of the rows of a replica.
    static Back back(Recipe recipe, State state, Signature inputs, List<Tensor> in, @Nullable Replica replica) {
        var params = inputs.pick("p:", in);
        var values = new LinkedHashMap<>(params);
        values.putAll(inputs.pick("s:", in));
        var scope = Bound.of(values, inputs.pick("l:", in), in.get(inputs.position("key")), true, state.dtype())
                .withFrozen(state::frozen);
        var x = Origin.named("normalise", () -> state.ready(inputs.each("x", in)));
        var y = inputs.each("y", in);
        var sums = new ArrayList<Tensor>();
        var scaling = inputs.pick("a:", in);
        var gradients = Gradient.tape(tape -> {
            tape.watch(params.values().toArray(Tensor[]::new));
            Supplier<List<Tensor>> layers = () -> recipe.body().applyAll(scope, x.toArray(Tensor[]::new));
            Supplier<List<Tensor>> meant = replica == null ? layers : () -> replica.layers(layers);
            var raw = recipe.recompute() ? scope.recomputeInPieces(meant) : meant.get();
            var masks = Recipe.masks(scope, raw);
            var cost = Origin.named("loss", () -> {
                var all = recipe.losses(raw, masks, y, inputs.pick("w:", in), true, replica == null ? Head::lengths : replica::lengths);
                var mean = cost(all.getFirst(), scope.penalties(), replica);
                long n = all.getFirst().shape().size();
                sums.add(mean.mul(replica == null ? n : n / replica.rows() * replica.whole()).stopGradient());
                all.subList(1, all.size()).forEach(each -> sums.add(each.stopGradient().sum()));
                return mean;
            });
            sums.addAll(Origin.named("metrics", () -> recipe.measures(raw.stream().map(Tensor::stopGradient).toList(), masks, y, inputs.pick("w:", in), true).stream()
                    .map(each -> each.rank() > 1 ? each.sum(0) : each.sum()).toList()));
            return tape.gradient(scaling.isEmpty() ? cost : cost.mul(scaling.get(LossScale.SCALE)), List.copyOf(params.values()));
        });
        return new Back(gradients, scope.updates(), sums);
    }

    private static Tensor cost(Tensor losses, @Nullable Tensor penalty, @Nullable Replica replica) {
        if (replica == null) {
            return penalty == null ? losses.mean() : losses.mean().add(penalty);
        }
        return penalty == null ? replica.mean(losses) : replica.mean(losses).add(penalty.mul(replica.share()));
    }

    /// What parameters, slots, states and the loss' scale become, by their inputs' names.
    static Map<String, Tensor> after(Recipe recipe, State state, Signature inputs, List<Tensor> in, List<Tensor> gradients, Map<String, Tensor> states) {
        var scaling = inputs.pick("a:", in);
        var after = new LinkedHashMap<String, Tensor>();
        update(Objects.requireNonNull(recipe.optimizer()), inputs.pick("p:", in), LossScale.undone(gradients, scaling), inputs, in, after);
        constrain(state, inputs.pick("l:", in), after);
        states.forEach((path, value) -> after.put("s:" + path, value));
        if (!scaling.isEmpty()) {
            var finite = LossScale.finite(gradients);
            after.replaceAll((name, value) -> finite.where(value, in.get(inputs.position(name))));
            var next = LossScale.next(scaling, inputs.pick("n:", in), finite);
            scaling.keySet().forEach(name -> after.put("a:" + name, next.get(name)));
        }
        return after;
    }

    private static void constrain(State state, Map<String, Tensor> scalars, Map<String, Tensor> after) {
        state.needs.constraints().forEach((path, constraint) -> {
            var numbers = new HashMap<String, Tensor>();
            constraint.numbers().keySet().forEach(name -> numbers.put(name, scalars.get(path + ":" + name)));
            after.computeIfPresent("p:" + path, (_, value) -> Origin.named("constrain", () -> constraint.on(value, numbers)));
        });
    }

    private static void update(Optimizer optimizer, Map<String, Tensor> params, List<Tensor> gradients, Signature inputs, List<Tensor> in,
            Map<String, Tensor> after) {
        var all = new ArrayList<Optimizer.Parameter>();
        for (var param : params.entrySet()) {
            var slots = new HashMap<String, Tensor>();
            for (var name : optimizer.slots()) {
                slots.put(name, in.get(inputs.position("o:" + name + ":" + param.getKey())));
            }
            all.add(new Optimizer.Parameter(param.getKey(), param.getValue(), gradients.get(all.size()), slots));
        }
        var updates = Origin.named("update", () -> optimizer.updates(all, inputs.pick("r:", in)));
        for (int i = 0; i < updates.size(); i++) {
            var path = all.get(i).path();
            after.put("p:" + path, updates.get(i).param());
            for (var name : optimizer.slots()) {
                after.put("o:" + name + ":" + path, updates.get(i).slots().get(name));
            }
        }
    }

    @Override
    public List<Buffer> x() {
        return x;
    }

    @Override
    public List<Buffer> y() {
        return y;
    }

    @Override
    public void run(Optimizer optimizer, long seed, long step, int epoch) {
        numbers.set(optimizer, step, epoch);
        key(key, seed, step);
        double before = numbers.scale();
        program.run(in, out);
        skipped = numbers.scale() < before;
    }

    static void key(Buffer key, long seed, long step) {
        key.setLong(0, seed);
        key.setLong(1, step);
    }

    @Override
    public String inputName(int i) {
        return inputName(names.get(i));
    }

    static String inputName(String name) {
        return switch (name) {
            case "x" -> "the features";
            case "y" -> "the labels";
            default -> name.substring(name.indexOf(':') + 1);
        };
    }

    @Override
    public boolean skipped() {
        return skipped;
    }

    @Override
    public double scale() {
        return numbers.scale();
    }

    @Override
    public double sum(int i) {
        return tallies.at(logs, i, 0);
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
