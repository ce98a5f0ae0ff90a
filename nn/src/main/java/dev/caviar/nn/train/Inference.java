package dev.caviar.nn.train;

import dev.caviar.engine.compile.Compiler;
import dev.caviar.engine.compile.Options;
import dev.caviar.engine.compile.Program;
import dev.caviar.engine.graph.Graph;
import dev.caviar.engine.graph.Trace;
import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Origin;
import dev.caviar.engine.tensor.Random;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.data.Batches;
import dev.caviar.nn.data.Feed;
import dev.caviar.nn.format.DataException;
import dev.caviar.nn.layer.Bound;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;

/// A compiled pass without training: predictions, or the sums of loss and metrics, of one size of batch.
///
/// Examples do not influence each other here, so a short last batch runs in the same program: rows that are left over are
/// not counted. Batches whose sequences or images have other lengths have programs of their own. What layers carry from batch to batch goes on here too.
final class Inference implements AutoCloseable {
    private static final int MOST = 16;

    private final Function<Key, Inference> another;
    private final Recipe recipe;
    private final State state;
    private final Key key;
    private final Kept<Key, Inference> others = new Kept<>(MOST, Inference::close);
    private final Tallies tallies;
    private final List<Buffer> x;
    private final List<Buffer> y;
    private final Buffer counted;
    private final List<Buffer> in;
    private final List<Buffer> out = new ArrayList<>();
    private final List<Buffer> carried = new ArrayList<>();
    private final Program program;

    /// What an inference is for; equal ones can share a program.
    record Key(boolean scoring, List<Type> x, List<Type> y, int threads) {
        /// The examples in a batch.
        long rows() {
            return x.getFirst().shape().dim(0);
        }

        /// The same for such batches, of as many examples or more.
        private Key with(Feed.Types types) {
            var wide = types.withRows(Math.toIntExact(Math.max(rows(), types.rows())));
            return new Key(scoring, wide.x(), wide.y(), threads);
        }
    }

    Inference(Recipe recipe, State state, DType dtype, Key key, Options options) {
        this.key = key;
        this.recipe = recipe;
        this.state = state;
        another = other -> new Inference(recipe, state, dtype, other, options);
        tallies = Tallies.of(recipe, state);
        var inputs = signature(recipe, state, dtype, key);
        x = inputs.buffers("x");
        y = key.scoring ? inputs.buffers("y") : TrainStep.allocate(key.y);
        counted = key.scoring ? inputs.buffer("counted") : Buffer.allocate(Type.of(DType.BOOL, key.rows()));
        in = inputs.buffers();
        var graph = trace(recipe, state, inputs, key.scoring);
        graph.outputs().forEach(output -> out.add(Buffer.allocate(output.type())));
        state.needs.carried().forEach(path -> carried.add(inputs.buffer("v:" + path)));
        program = Origin.named((key.scoring ? "evaluation" : "prediction") + ", batch " + key.rows(),
                () -> Compiler.compile(graph, state.precision.in(options.withThreads(key.threads))));
    }

    /// The inputs of a pass, over the state's own memory.
    static Signature signature(Recipe recipe, State state, DType dtype, Key key) {
        var inputs = new Signature();
        inputs.addAll("v:", state.all());
        state.needs.scalars().forEach((name, value) -> {
            var buffer = Buffer.allocate(Type.of(dtype));
            buffer.set(0, value);
            inputs.add("l:" + name, buffer);
        });
        inputs.add("key", Buffer.allocate(Random.KEY));
        inputs.addEach("x", TrainStep.allocate(key.x));
        if (key.scoring) {
            recipe.numbers().forEach((name, value) -> {
                var buffer = Buffer.allocate(Type.of(dtype));
                buffer.set(0, value);
                inputs.add("w:" + name, buffer);
            });
            inputs.addEach("y", TrainStep.allocate(key.y));
            inputs.add("counted", Buffer.allocate(Type.of(DType.BOOL, key.rows())));
        }
        return inputs;
    }

    /// Predictions, or the sums of loss and metrics followed by the penalty; then what is carried on.
    static Graph trace(Recipe recipe, State state, Signature inputs, boolean scoring) {
        return Trace.of(in -> {
            var scope = Bound.of(inputs.pick("v:", in), inputs.pick("l:", in), in.get(inputs.position("key")), false, state.dtype());
            var raw = recipe.body().applyAll(scope, state.ready(inputs.each("x", in)).toArray(Tensor[]::new));
            var outputs = new ArrayList<>(scoring ? sums(recipe, scope, raw, inputs, in) : recipe.outputs(raw));
            state.needs.carried().forEach(path -> outputs.add(scope.updates().get(path)));
            return outputs;
        }, inputs.types());
    }

    private static List<Tensor> sums(Recipe recipe, Bound scope, List<Tensor> raw, Signature inputs, List<Tensor> in) {
        var y = inputs.each("y", in);
        var keep = in.get(inputs.position("counted"));
        var masks = Recipe.masks(scope, raw);
        var each = new ArrayList<>(recipe.losses(raw, masks, y, inputs.pick("w:", in), false,
                mask -> mask.mul(keep.cast(mask.dtype()).expandDims(1)).sum().max(1).div(keep.cast(mask.dtype()).sum().max(1))));
        each.addAll(recipe.measures(raw, masks, y, inputs.pick("w:", in), false));
        var outputs = new ArrayList<Tensor>();
        each.forEach(value -> {
            var zero = Tensor.scalar(0, value.dtype());
            outputs.add(value.rank() > 1 ? keep.expandDims(1).where(value, zero).sum(0) : keep.where(value, zero).sum());
        });
        var penalty = scope.penalties();
        outputs.add(penalty == null ? Tensor.scalar(0, each.getFirst().dtype()) : penalty);
        return outputs;
    }

    /// Says of each row of a batch whether it is one of the first `rows`.
    static void count(Buffer counted, int rows) {
        for (int i = 0; i < counted.size(); i++) {
            counted.set(i, i < rows ? 1 : 0);
        }
    }

    /// What is reported, given the sums over `n` examples and the penalty.
    static Map<String, Double> scores(Tallies tallies, double[] sums, double penalty, int n) {
        var scores = tallies.report(sums, n);
        scores.merge("loss", penalty, Double::sum);
        return scores;
    }

    private void run() {
        program.run(in, out);
        for (int i = 0; i < carried.size(); i++) {
            carried.get(i).copyFrom(out.get(out.size() - carried.size() + i));
        }
    }

    /// Loss and metrics over all batches, by name.
    Map<String, Double> score(Feed batches) {
        int n = 0;
        batches.start(0);
        var sums = new double[tallies.size()];
        double penalty = 0;
        for (int b = 0; batches.has(b); b++) {
            var pass = suiting(batches, b);
            int rows = batches.fill(b, pass.x, pass.y);
            if (!(batches instanceof Batches)) {
                Labels.check(recipe, state, pass.y, i -> i, rows);
            }
            n += rows;
            count(pass.counted, rows);
            pass.run();
            for (int i = 0; i < sums.length; i++) {
                sums[i] += tallies.at(pass.out, i, 0);
            }
            penalty = pass.out.get(tallies.logs()).at(0);
        }
        return scores(tallies, sums, penalty, n);
    }

    /// The outputs for all examples, in order.
    List<Buffer> predict(Feed batches) {
        var parts = out.subList(0, out.size() - carried.size()).stream().map(_ -> new ArrayList<Buffer>()).toList();
        batches.start(0);
        for (int b = 0; batches.has(b); b++) {
            var pass = suiting(batches, b);
            int rows = batches.fill(b, pass.x, pass.y);
            pass.run();
            for (int i = 0; i < parts.size(); i++) {
                var made = pass.out.get(i);
                if (!made.type().withShape(made.type().shape().with(0, 1)).equals(out.get(i).type().withShape(out.get(i).type().shape().with(0, 1)))) {
                    throw new DataException("Output " + i + " is " + made.type() + " for batch " + b + " and " + out.get(i).type() + " for the first.",
                            "Maybe predict batches of one length at a time.");
                }
                var some = Buffer.allocate(made.type().withShape(made.type().shape().with(0, rows)));
                MemorySegment.copy(made.memory(), 0, some.memory(), 0, some.type().bytes());
                parts.get(i).add(some);
            }
        }
        return IntStream.range(0, parts.size()).mapToObj(i -> joined(parts.get(i), out.get(i).type())).toList();
    }

    private static Buffer joined(List<Buffer> parts, Type one) {
        long n = parts.stream().mapToLong(part -> part.type().shape().dim(0)).sum();
        var all = Buffer.allocate(one.withShape(one.shape().with(0, n)));
        long at = 0;
        for (var part : parts) {
            MemorySegment.copy(part.memory(), 0, all.memory(), at, part.type().bytes());
            at += part.type().bytes();
        }
        return all;
    }

    /// This pass, or one for a batch of other lengths or more examples.
    private Inference suiting(Feed batches, int b) {
        var types = batches.types(b);
        var wanted = key.with(types);
        return wanted.equals(key) ? this : others.get(wanted, other -> fitting(b, types, batches, _ -> another.apply(other)));
    }

    /// Makes a program for batch `b`. Where the model takes the first batch and not this one, the error says so.
    static <T> T fitting(int b, Feed.Types types, Feed batches, Function<Feed.Types, T> make) {
        try {
            return make.apply(types);
        } catch (IllegalArgumentException e) {
            var first = new Feed.Types(batches.xTypes(types.rows()), batches.yTypes(types.rows()));
            if (types.equals(first)) {
                throw e;
            }
            throw new DataException("Batch " + b + " has " + types.x() + " where the first has " + first.x() + ", which this model does not take: "
                    + e.getMessage().lines().findFirst().orElse(""), "Maybe bring images to one size, or sequences to one length, first.", e);
        }
    }

    @Override
    public void close() {
        others.close();
        program.close();
    }
}
