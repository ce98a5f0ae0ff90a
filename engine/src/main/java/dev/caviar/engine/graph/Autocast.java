package dev.caviar.engine.graph;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.Array;
import dev.caviar.engine.tensor.Cast;
import dev.caviar.engine.tensor.Node;
import dev.caviar.engine.tensor.Op;
import dev.caviar.engine.tensor.Precision;
import dev.caviar.engine.tensor.Sym;
import dev.caviar.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Puts an F32 program into mixed precision: products read BF16 or F16 and sum in F32, everything is computed in F32, and
/// what products read is kept in the narrow type only.
///
/// ```
/// before   %4 = contract(%0, %1) : f32            %0 weights, %1 activations
///          %5 = gt(%1, 0)                         the gradient looks at the activations again
/// after    %4 = cast{BF16}(%0); %5 = cast{BF16}(%1)
///          %6 = contract(cast{F32}(%4), cast{F32}(%5)) : f32
///          %7 = gt(cast{F32}(%5), 0)
/// ```
///
/// A product of widened operands is how graphs say "narrow in, F32 out": it runs as one primitive, and so do the bias, the
/// activation and the cast behind it. Weights stay F32 where they are updated, each is cast once per program, and weight
/// gradients come out in F32. Values that a product reads are rounded once; all other readers see the rounded value, so
/// that nobody keeps the wide one. What moves values ([Precision#FOLLOW]) moves them narrow where they are kept so.
/// (Micikevicius et al. 2018, Mixed Precision Training.)
///
/// ```java
/// var matrix = Type.of(DType.F32, 4, 4);
/// Graph g = Trace.of(in -> List.of(in.get(0).matmul(in.get(1)).relu().matmul(in.get(1))), matrix, matrix);
/// Graph mixed = Autocast.apply(g, DType.BF16);
/// ```
public final class Autocast {
    private final DType low;
    private final Predicate<Node> chosen;
    private final Set<Spot> wanted = new HashSet<>();

    /// An output of a node, or an input of the graph.
    private record Spot(Object source, int output) {
        static Spot of(Tensor tensor) {
            return tensor instanceof Sym sym && sym.node() instanceof Node node ? new Spot(node, sym.output()) : new Spot(tensor, 0);
        }
    }

    private Autocast(DType low, Predicate<Node> chosen) {
        this.low = low;
        this.chosen = chosen;
    }

    /// The same program with products in `low`, which is BF16 or F16. What is of another type than F32 is left alone.
    public static Graph apply(Graph graph, DType low) {
        return apply(graph, low, _ -> true);
    }

    /// As above, but only those products that `chosen` says: the others stay F32.
    public static Graph apply(Graph graph, DType low, Predicate<Node> chosen) {
        if (low != DType.BF16 && low != DType.F16) {
            throw new IllegalArgumentException("autocast to " + low + ": the narrow type is BF16 or F16.");
        }
        var pass = new Autocast(low, chosen);
        pass.want(graph);
        var types = graph.inputs().stream().map(Tensor::type).toList();
        return Trace.of(in -> graph.fold(pass.sources(graph, in), pass::constant,
                (node, values) -> node.origin().scoped(() -> pass.node(node, values))).stream().map(Value::full).toList(), types)
                .withDonated(graph.donated());
    }

    /// Finds what products read, also by way of ops that only move it, from the last op to the first.
    private void want(Graph graph) {
        for (var node : graph.nodes().reversed()) {
            boolean low = lowers(node);
            boolean moved = moves(node.op()) && wanted(node);
            for (var tensor : node.in()) {
                if (tensor.dtype() == DType.F32 && (low || moved && worth(tensor, node))) {
                    wanted.add(Spot.of(tensor));
                }
            }
        }
    }

    private boolean lowers(Node node) {
        return node.op().precision() == Precision.LOW && chosen.test(node)
                && node.in().stream().allMatch(tensor -> tensor.dtype() == DType.F32 || !tensor.dtype().isFloat());
    }

    /// What is no arithmetic on its own elements; elementwise ops have their results cast in the same loop anyway.
    private static boolean moves(Op op) {
        return op.precision() == Precision.FOLLOW && op.lane() == null;
    }

    private boolean wanted(Node node) {
        for (int i = 0; i < node.out().size(); i++) {
            if (wanted.contains(new Spot(node, i))) {
                return true;
            }
        }
        return false;
    }

    /// A part of a stored tensor is looked up before it is cast, not after: an embedding's table is large.
    private static boolean worth(Tensor tensor, Node node) {
        var to = node.out().getFirst().shape();
        return !stored(tensor) || tensor.shape().known() && to.known() && to.size() >= tensor.shape().size();
    }

    private static boolean stored(Tensor tensor) {
        return tensor instanceof Array || tensor instanceof Sym sym && sym.node() == null;
    }

    /// A tensor of the new program in the types that it was asked for. One that is stored outside is exact to those who compute.
    private final class Value {
        private final boolean wanted;
        private final boolean stored;
        private @Nullable Tensor full;
        private @Nullable Tensor low;

        Value(boolean wanted, boolean stored, @Nullable Tensor full, @Nullable Tensor low) {
            this.wanted = wanted;
            this.stored = stored;
            this.full = full;
            this.low = low;
        }

        Tensor full() {
            if (full == null) {
                full = widened();
            }
            return full;
        }

        Tensor low() {
            if (low == null && full != null) {
                var narrow = full instanceof Sym sym && sym.node() instanceof Node node && node.op() instanceof Cast
                        ? node.in().getFirst() : full;
                low = narrow.dtype() == Autocast.this.low ? narrow : full.cast(Autocast.this.low);
            }
            return Objects.requireNonNull(low);
        }

        Tensor widened() {
            return low().cast(DType.F32);
        }

        boolean narrow() {
            return wanted && !stored;
        }

        Tensor read() {
            return narrow() ? widened() : full();
        }
    }

    private List<Value> sources(Graph graph, List<Tensor> in) {
        var values = new ArrayList<Value>();
        for (int i = 0; i < in.size(); i++) {
            values.add(new Value(wanted.contains(Spot.of(graph.inputs().get(i))), true, in.get(i), null));
        }
        return values;
    }

    private Value constant(Array array) {
        return new Value(wanted.contains(Spot.of(array)), true, array, null);
    }

    private List<Value> node(Node node, List<Value> in) {
        var floats = in.stream().filter(value -> dtype(value) == DType.F32).toList();
        if (lowers(node)) {
            return results(node, in.stream().map(value -> dtype(value) == DType.F32 ? value.widened() : value.full()).toList(), false);
        }
        boolean narrow = !floats.isEmpty() && floats.stream().allMatch(value -> value.wanted)
                && (floats.stream().allMatch(Value::narrow) || wanted(node));
        if (narrow && moves(node.op())) {
            return node.op().apply(in.stream().map(value -> dtype(value) == DType.F32 ? value.low() : value.full()).toList()).stream()
                    .map(out -> out.dtype() == low ? new Value(true, false, null, out) : new Value(false, false, out, null)).toList();
        }
        return results(node, in.stream().map(value -> dtype(value) == DType.F32 ? value.read() : value.full()).toList(),
                narrow && node.op().precision() == Precision.FOLLOW);
    }

    /// `exact` where the narrow type holds the results as they are.
    private List<Value> results(Node node, List<Tensor> in, boolean exact) {
        var out = node.op().apply(in);
        var values = new ArrayList<Value>();
        for (int i = 0; i < out.size(); i++) {
            boolean f32 = out.get(i).dtype() == DType.F32;
            values.add(new Value(f32 && (exact || wanted.contains(new Spot(node, i))), false, out.get(i), null));
        }
        return values;
    }

    private static DType dtype(Value value) {
        return value.full != null ? value.full.dtype() : DType.F32;
    }
}
