package dev.caviar.nn.train;

import dev.caviar.engine.compile.Compiler;
import dev.caviar.engine.compile.Options;
import dev.caviar.engine.compile.Program;
import dev.caviar.engine.graph.Graph;
import dev.caviar.engine.graph.Trace;
import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.Origin;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.data.Feed;
import dev.caviar.nn.optim.Optimizer;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A step whose batch is split over replicas: each has a program that goes forward and back over its rows, by the same weights; then one
/// program adds their gradients up, in their order, and updates the state in place.
final class ReplicaStep implements Step {
    private final List<Buffer> x;
    private final List<Buffer> y;
    private final List<Part> parts = new ArrayList<>();
    private final Crew crew;
    private final Program update;
    private final Signature inputs;
    private final List<Buffer> out = new ArrayList<>();
    private final TrainStep.Numbers numbers;
    private final Tallies tallies;
    private boolean skipped;

    /// One replica's program and memory.
    private record Part(Replica replica, Signature inputs, List<String> gradients, List<String> states, Program program, List<Buffer> out) {}

    ReplicaStep(Recipe recipe, State state, DType dtype, Feed.Types types, Options options, Replicas replicas, Crew crew) {
        this.crew = crew;
        x = TrainStep.allocate(types.x());
        y = TrainStep.allocate(types.y());
        int rows = types.rows();
        tallies = Tallies.of(recipe, state);
        int count = Math.min(replicas.count(), rows);
        for (int rank = 0; rank < count; rank++) {
            int start = (int) ((long) rows * rank / count);
            int end = (int) ((long) rows * (rank + 1) / count);
            parts.add(part(recipe, state, dtype, types, new Replica(start, end - start, rows, replicas.synced() && count > 1), options));
        }
        inputs = TrainStep.signature(recipe, state, dtype, List.of(), List.of());
        numbers = new TrainStep.Numbers(recipe, state, inputs);
        for (int rank = 0; rank < count; rank++) {
            var part = parts.get(rank);
            for (int i = 0; i < part.gradients.size(); i++) {
                inputs.add("g" + rank + ":" + part.gradients.get(i), part.out.get(i));
            }
            for (int i = 0; i < part.states.size(); i++) {
                inputs.add("u" + rank + ":" + part.states.get(i), part.out.get(part.gradients.size() + i));
            }
        }
        var traced = TrainStep.donating(inputs, in -> TrainStep.after(recipe, state, inputs, in, gradients(in), states(in)));
        traced.updated().forEach(name -> out.add(inputs.buffer(name)));
        update = Origin.named("update of " + count + " replicas",
                () -> Compiler.compile(traced.graph(), options.withThreads(count * options.threads())));
    }

    private static Part part(Recipe recipe, State state, DType dtype, Feed.Types whole, Replica replica, Options options) {
        int rows = replica.rows();
        var types = whole.withRows(rows);
        var inputs = TrainStep.signature(recipe, state, dtype, TrainStep.allocate(types.x()), TrainStep.allocate(types.y()));
        var states = new ArrayList<String>();
        Graph graph = Trace.of(in -> {
            var back = Replica.inOrder(() -> TrainStep.back(recipe, state, inputs, in, replica));
            var outputs = new ArrayList<>(back.gradients());
            back.states().forEach((path, value) -> {
                states.add(path);
                outputs.add(value);
            });
            outputs.addAll(back.sums());
            return outputs;
        }, inputs.types());
        var program = Origin.named("replica, " + rows + " of " + replica.whole() + " rows",
                () -> Compiler.compile(graph, state.precision.in(options)));
        return new Part(replica, inputs, List.copyOf(state.params.keySet()), states, program,
                graph.outputs().stream().map(output -> Buffer.allocate(output.type())).toList());
    }

    /// Sums in the order of the replicas.
    private List<Tensor> gradients(List<Tensor> in) {
        var sums = new ArrayList<>(inputs.pick("g0:", in).values());
        for (int rank = 1; rank < parts.size(); rank++) {
            var own = List.copyOf(inputs.pick("g" + rank + ":", in).values());
            for (int i = 0; i < sums.size(); i++) {
                sums.set(i, sums.get(i).add(own.get(i)));
            }
        }
        return sums;
    }

    /// What was synced is everywhere the same; of the rest, the mean by rows.
    private Map<String, Tensor> states(List<Tensor> in) {
        var first = inputs.pick("u0:", in);
        if (parts.size() == 1 || parts.getFirst().replica.synced()) {
            return first;
        }
        var means = new LinkedHashMap<String, Tensor>();
        first.forEach((path, value) -> means.put(path, value.mul(parts.getFirst().replica.share())));
        for (int rank = 1; rank < parts.size(); rank++) {
            double share = parts.get(rank).replica.share();
            inputs.pick("u" + rank + ":", in).forEach((path, value) -> means.merge(path, value.mul(share), Tensor::add));
        }
        return means;
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
        crew.run(parts.size(), rank -> {
            var part = parts.get(rank);
            copy(x, part.inputs.buffers("x"), part.replica);
            copy(y, part.inputs.buffers("y"), part.replica);
            TrainStep.key(part.inputs.buffer("key"), seed, step);
            part.program.run(part.inputs.buffers(), part.out);
        });
        double before = numbers.scale();
        numbers.set(optimizer, step, epoch);
        update.run(inputs.buffers(), out);
        skipped = numbers.scale() < before;
    }

    private static void copy(List<Buffer> from, List<Buffer> to, Replica replica) {
        for (int i = 0; i < from.size(); i++) {
            long bytes = to.get(i).type().bytes();
            MemorySegment.copy(from.get(i).memory(), bytes / replica.rows() * replica.start(), to.get(i).memory(), 0, bytes);
        }
    }

    @Override
    public String inputName(int i) {
        return TrainStep.inputName(parts.getFirst().inputs.names().get(i));
    }

    @Override
    public double sum(int i) {
        double sum = 0;
        for (var part : parts) {
            sum += tallies.at(part.out.subList(part.out.size() - tallies.logs(), part.out.size()), i, 0);
        }
        return sum;
    }

    @Override
    public boolean skipped() {
        return skipped;
    }

    @Override
    public double scale() {
        return numbers.scale();
    }

    /// What was compiled for each replica.
    List<Program> programs() {
        return parts.stream().map(Part::program).toList();
    }

    @Override
    public void close() {
        parts.forEach(part -> part.program.close());
        update.close();
    }
}
