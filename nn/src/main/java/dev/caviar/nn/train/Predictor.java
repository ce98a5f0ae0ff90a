package dev.caviar.nn.train;

import dev.caviar.engine.compile.Compiler;
import dev.caviar.engine.compile.Options;
import dev.caviar.engine.compile.Program;
import dev.caviar.engine.graph.Autocast;
import dev.caviar.engine.graph.Graph;
import dev.caviar.engine.graph.Trace;
import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Origin;
import dev.caviar.engine.tensor.Random;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.layer.Bound;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// A model's answers for batches of one size, as fast as they can be had: compiled once, nothing is allocated by a call.
///
/// It keeps copies of the weights as they were when it was made, so the model may go on training. Features are given as the model takes
/// them, before its normaliser. One thread at a time asks; each of several threads takes a predictor of its own.
///
/// ```java
/// var model = Model.of(Dense.of(16, "relu"), Dense.of(3, "softmax")).build(4);
/// try (var one = Predictor.of(model, 1)) {
///     var answer = new float[one.outputs()];
///     one.predict(new float[] {5.1f, 3.5f, 1.4f, 0.2f}, answer);      // three probabilities
/// }
/// ```
public final class Predictor implements AutoCloseable {
    private final Buffer x;
    private final Buffer y;
    private final List<Buffer> in;
    private final List<Buffer> out;
    private final Program program;
    private final int rows;

    Predictor(Recipe recipe, State state, DType dtype, int rows, int threads) {
        if (state.inputs.size() > 1 || !recipe.single()) {
            throw new IllegalArgumentException("Predictor: it is for models of one input and one output, this one has " + state.inputs.size()
                    + " and " + recipe.heads().size() + ".\nMaybe use predict(...).");
        }
        this.rows = rows;
        var features = Type.of(DType.F32, state.inputs.getFirst().insert(0, rows).toArray());
        var frozen = frozen(recipe, state, dtype, features);
        x = Buffer.allocate(features);
        y = Buffer.allocate(Type.of(DType.F32, frozen.graph().outputs().getFirst().shape().toArray()));
        in = new ArrayList<>(List.of(x));
        in.addAll(frozen.values());
        out = List.of(y);
        program = Origin.named("predictor, batch " + rows, () -> Compiler.compile(frozen.graph(), Options.of().withThreads(threads)));
    }

    /// For batches of `rows` examples, on one thread. Throws [IllegalStateException] where the model has no weights yet.
    public static Predictor of(Model model, int rows) {
        return of(model, rows, 1);
    }

    /// The same with so many threads at work on one batch.
    public static Predictor of(Model model, int rows, int threads) {
        if (rows < 1 || threads < 1) {
            throw new IllegalArgumentException("Predictor of " + rows + " rows on " + threads + " threads: both must be 1 or more.");
        }
        return model.predictor(rows, threads);
    }

    private static Frozen frozen(Recipe recipe, State state, DType dtype, Type features) {
        var inputs = new Signature();
        inputs.addAll("v:", state.all());
        state.needs.scalars().forEach((name, value) -> {
            var buffer = Buffer.allocate(Type.of(dtype));
            buffer.set(0, value);
            inputs.add("l:" + name, buffer);
        });
        inputs.add("key", Buffer.allocate(Random.KEY));
        inputs.add("x", Buffer.allocate(features));
        Graph graph = Trace.of(in -> {
            var scope = Bound.of(inputs.pick("v:", in), inputs.pick("l:", in), in.get(inputs.position("key")), false, dtype);
            var ready = state.ready(inputs.each("x", in)).getFirst().cast(dtype);
            return List.<Tensor>of(recipe.head().output(recipe.body().apply(scope, ready)).cast(DType.F32));
        }, inputs.types());
        var weights = new ArrayList<Optional<Buffer>>();
        inputs.buffers().forEach(buffer -> weights.add(Optional.of(buffer)));
        weights.set(inputs.position("x"), Optional.empty());
        // Before freezing, so that weights are rounded once.
        var low = state.precision.low();
        return Frozen.of(low == null ? graph : Autocast.apply(graph, low), weights);
    }

    /// The number of examples in a batch.
    public int rows() {
        return rows;
    }

    /// The number of features of one example.
    public int features() {
        return Math.toIntExact(x.size() / rows);
    }

    /// The number of values that answer one example.
    public int outputs() {
        return Math.toIntExact(y.size() / rows);
    }

    /// Answers a batch: reads [#rows] times [#features] numbers, row by row, and writes [#rows] times [#outputs]. Throws
    /// [IllegalArgumentException] where an array is of another length.
    public void predict(float[] features, float[] answers) {
        if (features.length != x.size() || answers.length != y.size()) {
            throw new IllegalArgumentException("predict: " + features.length + " features and room for " + answers.length + " answers, but "
                    + rows + " examples have " + x.size() + " and " + y.size() + ".\nMaybe the predictor was made for another size of batch.");
        }
        MemorySegment.copy(features, 0, x.memory(), ValueLayout.JAVA_FLOAT, 0, features.length);
        program.run(in, out);
        MemorySegment.copy(y.memory(), ValueLayout.JAVA_FLOAT, 0, answers, 0, answers.length);
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
