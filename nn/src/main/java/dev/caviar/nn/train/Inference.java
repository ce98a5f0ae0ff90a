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
import dev.caviar.nn.layer.Bound;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A compiled pass without training: predictions, or the sums of loss and metrics, of one size of batch.
///
/// Examples do not influence each other here, so a short last batch runs in the same program: rows that are left over are
/// not counted.
final class Inference implements AutoCloseable {
    private final Signature inputs = new Signature();
    private final Recipe recipe;
    private final boolean scoring;
    private final Buffer x;
    private final Buffer y;
    private final Buffer counted;
    private final List<Buffer> in;
    private final List<Buffer> out = new ArrayList<>();
    private final Program program;

    /// What an inference is for; equal ones can share a program.
    record Key(boolean scoring, Type x, Type y, int threads) {}

    Inference(Recipe recipe, State state, DType dtype, Key key) {
        this.recipe = recipe;
        this.scoring = key.scoring;
        inputs.addAll("v:", state.all());
        state.needs.scalars().forEach((name, value) -> {
            var buffer = Buffer.allocate(Type.of(dtype));
            buffer.set(0, value);
            inputs.add("l:" + name, buffer);
        });
        inputs.add("key", Buffer.allocate(Random.KEY));
        x = Buffer.allocate(key.x);
        y = Buffer.allocate(key.y);
        counted = Buffer.allocate(Type.of(DType.BOOL, key.x.shape().dim(0)));
        inputs.add("x", x);
        if (scoring) {
            inputs.add("y", y);
            inputs.add("counted", counted);
        }
        in = inputs.buffers();
        var graph = graph(state);
        graph.outputs().forEach(output -> out.add(Buffer.allocate(output.type())));
        program = Origin.named((scoring ? "evaluation" : "prediction") + ", batch " + key.x.shape().dim(0),
                () -> Compiler.compile(graph, Options.of().withThreads(key.threads).withLow(state.precision.low())));
    }

    private Graph graph(State state) {
        return Trace.of(in -> {
            var scope = Bound.of(inputs.pick("v:", in), inputs.pick("l:", in), in.get(inputs.position("key")), false);
            var raw = recipe.body().apply(scope, state.ready(in.get(inputs.position("x"))));
            if (!scoring) {
                return List.of(recipe.output(raw));
            }
            var y = in.get(inputs.position("y"));
            var keep = in.get(inputs.position("counted"));
            var each = new ArrayList<Tensor>();
            each.add(recipe.losses(raw, y));
            each.addAll(recipe.measures(raw, y));
            var outputs = new ArrayList<Tensor>();
            each.forEach(value -> outputs.add(keep.where(value, Tensor.scalar(0, value.dtype())).sum()));
            var penalty = scope.penalties();
            outputs.add(penalty == null ? Tensor.scalar(0, raw.dtype()) : penalty);
            return outputs;
        }, inputs.types());
    }

    /// Loss and metrics over all batches, by name.
    Map<String, Double> score(Batches batches) {
        var names = recipe.names();
        var sums = new double[names.size()];
        double penalty = 0;
        for (int b = 0; b < batches.count(); b++) {
            int rows = batches.fill(b, x, y);
            for (int i = 0; i < counted.size(); i++) {
                counted.set(i, i < rows ? 1 : 0);
            }
            program.run(in, out);
            for (int i = 0; i < sums.length; i++) {
                sums[i] += out.get(i).at(0);
            }
            penalty = out.get(sums.length).at(0);
        }
        var scores = new LinkedHashMap<String, Double>();
        int n = batches.examples().size();
        for (int i = 0; i < sums.length; i++) {
            scores.put(names.get(i), recipe.finish(i, sums[i] / n) + (i == 0 ? penalty : 0));
        }
        return scores;
    }

    /// The outputs for all examples, in order.
    Buffer predict(Batches batches) {
        var one = out.getFirst();
        int n = batches.examples().size();
        var all = Buffer.allocate(one.type().withShape(one.type().shape().with(0, n)));
        long rowBytes = one.type().bytes() / one.type().shape().dim(0);
        long at = 0;
        for (int b = 0; b < batches.count(); b++) {
            int rows = batches.fill(b, x, y);
            program.run(in, out);
            MemorySegment.copy(one.memory(), 0, all.memory(), at, rows * rowBytes);
            at += rows * rowBytes;
        }
        return all;
    }

    @Override
    public void close() {
        program.close();
    }
}
