package dev.caviar.engine.graph;

import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Batched;
import dev.caviar.engine.tensor.Batched.Value;
import dev.caviar.engine.tensor.ShapeException;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.engine.tensor.TraceException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// K runs of one graph as one graph: inputs that differ from run to run, and all outputs, have the runs as one more axis
/// in front.
///
/// ```
/// before   %2 = contract{…sum 1, 0}(%0 [32, 64], %1 [64, 10])
/// after    %2 = contract{batch 0, 0; sum 2, 1}(%0 [K, 32, 64], %1 [K, 64, 10])
/// ```
///
/// ```java
/// Graph one = Trace.of(in -> List.of(in.get(0).mul(in.get(1)).sum()), Type.of(DType.F32, 3), Type.of(DType.F32));
/// Graph four = Batch.apply(one, 4, Set.of(1));        // f32[3], f32[4] -> f32[4]: one vector, four factors
/// Tensor slopes = Batch.each(Gradient.of(x -> x.pow(3)), Tensor.of(1f, 2f));     // 3, 12
/// ```
public final class Batch {
    private Batch() {}

    /// The graph of `k` runs. Inputs in `over` differ from run to run, the others are shared. A donated input stays so where
    /// it is not shared. Throws [IllegalArgumentException] for an input that does not exist, and for fewer than 1 run.
    public static Graph apply(Graph graph, int k, Set<Integer> over) {
        if (k < 1 || over.stream().anyMatch(i -> i < 0 || i >= graph.inputs().size())) {
            throw new IllegalArgumentException("Batch of " + k + " runs over inputs " + over + " of " + graph.inputs().size()
                    + ": there must be at least one run, and these inputs must exist.");
        }
        var types = new ArrayList<Type>();
        for (int i = 0; i < graph.inputs().size(); i++) {
            var type = graph.inputs().get(i).type();
            types.add(over.contains(i) ? type.withShape(type.shape().insert(0, k)) : type);
        }
        var donated = new LinkedHashMap<Integer, Integer>();
        graph.donated().forEach((in, out) -> {
            if (over.contains(in)) {
                donated.put(in, out);
            }
        });
        return Trace.of(in -> run(graph, in, k, over), types).withDonated(donated);
    }

    /// The outputs of `k` runs on these arguments under the current interpreter, all with the runs as their first axis.
    public static List<Tensor> run(Graph graph, List<? extends Tensor> arguments, int k, Set<Integer> over) {
        var values = new ArrayList<Value>();
        for (int i = 0; i < arguments.size(); i++) {
            values.add(new Value(arguments.get(i), over.contains(i)));
        }
        var out = graph.<Value>fold(values, array -> new Value(array, false), (node, in) -> Batched.apply(node.op(), in, k));
        return out.stream().map(value -> Batched.wide(value, k)).toList();
    }

    /// A function of one tensor on each slice of `x` along its first axis, at once: what others call vmap. Variables that it reads are
    /// shared.
    public static Tensor each(Function<Tensor, Tensor> f, Tensor x) {
        return each(in -> List.of(f.apply(in.getFirst())), List.of(x)).getFirst();
    }

    /// A function of several tensors on each of their slices along their first axes, which must be equally long.
    public static List<Tensor> each(Function<List<Tensor>, List<Tensor>> f, List<Tensor> xs) {
        int k = Math.toIntExact(xs.getFirst().shape().dim(0));
        for (var x : xs) {
            if (x.rank() == 0 || x.shape().dim(0) != k) {
                throw new ShapeException("each: the first axes are of different length: " + xs.stream().map(one -> one.shape().toString())
                        .collect(Collectors.joining(", ")) + ".\nMaybe let the function use what is shared from outside.");
            }
        }
        var traced = Trace.traced(f, xs.stream().map(x -> new Value(x, true).single()).toList());
        if (!traced.writes().isEmpty()) {
            throw new TraceException("each: the function assigns variable \"" + traced.writes().getFirst().name() + "\", once for each slice.\n"
                    + "Maybe return the value and assign it outside.");
        }
        var arguments = new ArrayList<Tensor>(xs);
        traced.reads().forEach(variable -> arguments.add(variable.value()));
        return run(traced.graph(), arguments, k, IntStream.range(0, xs.size()).boxed().collect(Collectors.toSet()));
    }
}
