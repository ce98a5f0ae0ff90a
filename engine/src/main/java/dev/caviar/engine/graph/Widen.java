package dev.caviar.engine.graph;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.Cast;
import dev.caviar.engine.tensor.CustomOp;
import dev.caviar.engine.tensor.Node;
import dev.caviar.engine.tensor.Precision;
import dev.caviar.engine.tensor.ShapeException;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.engine.tensor.Unary;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/// Emulates narrow types where the processor has none: what is BF16 or F16 inside a program is kept in F32, rounded to what the
/// narrow type can hold. Inputs and outputs keep their types.
///
/// ```
/// before   %3 = cast{BF16}(%0) : bf16[4, 4]; %4 = contract(cast{F32}(%3), cast{F32}(%3)); %5 = exp(%3) : bf16[4, 4]
/// after    %3 = round_bf16(%0) : f32[4, 4];  %4 = contract(%3, %3);                       %5 = round_bf16(exp(%3)) : f32[4, 4]
/// ```
///
/// The values are those of the narrow program, and the speed is nearly that of F32: products are plain F32 primitives, and
/// rounding is one more op of a loop that runs anyway.
///
/// ```java
/// var matrix = Type.of(DType.F32, 4, 4);
/// Graph g = Autocast.apply(Trace.of(in -> List.of(in.get(0).matmul(in.get(0))), matrix), DType.BF16);
/// Graph emulated = Widen.apply(g, Set.of(DType.BF16, DType.F16));
/// ```
public final class Widen {
    private final Set<DType> narrow;
    /// F32 tensors of the new program all of whose values a narrow type has.
    private final Map<Tensor, DType> exact = new IdentityHashMap<>();

    private Widen(Set<DType> narrow) {
        this.narrow = narrow;
    }

    /// The same program without the types `narrow` between its inputs and outputs.
    public static Graph apply(Graph graph, Set<DType> narrow) {
        boolean any = graph.nodes().stream().anyMatch(node -> node.out().stream().anyMatch(type -> narrow.contains(type.dtype()))
                || node.in().stream().anyMatch(tensor -> narrow.contains(tensor.dtype())));
        if (!any) {
            return graph;
        }
        var pass = new Widen(narrow);
        var types = graph.inputs().stream().map(Tensor::type).toList();
        return Trace.of(in -> {
            var wide = graph.fold(in.stream().map(pass::wide).toList(), pass::wide,
                    (node, values) -> node.origin().scoped(() -> pass.node(node, values)));
            var outputs = new ArrayList<Tensor>();
            for (int i = 0; i < wide.size(); i++) {
                outputs.add(wide.get(i).cast(graph.outputs().get(i).dtype()));
            }
            return outputs;
        }, types).withDonated(graph.donated());
    }

    private Tensor wide(Tensor tensor) {
        if (!narrow.contains(tensor.dtype())) {
            return tensor;
        }
        var out = tensor.cast(DType.F32);
        exact.put(out, tensor.dtype());
        return out;
    }

    private List<Tensor> node(Node node, List<Tensor> in) {
        if (node.op() instanceof Cast(DType to)) {
            return List.of(narrow.contains(to) ? rounded(in.getFirst().cast(DType.F32), to) : in.getFirst().cast(to));
        }
        if (node.in().stream().noneMatch(tensor -> narrow.contains(tensor.dtype()))
                && node.out().stream().noneMatch(type -> narrow.contains(type.dtype()))) {
            var out = node.op().apply(in);
            follow(node, in, out);
            return out;
        }
        if (!generic(node, in)) {
            return asItWas(node, in);
        }
        var out = node.op().apply(in);
        boolean moves = node.op().precision() == Precision.FOLLOW;
        return IntStream.range(0, out.size()).mapToObj(i -> {
            var dtype = node.out().get(i).dtype();
            if (!narrow.contains(dtype)) {
                return out.get(i);
            }
            if (moves) {
                exact.put(out.get(i), dtype);
            }
            return rounded(out.get(i), dtype);
        }).toList();
    }

    /// What hands on exact values gives exact values.
    private void follow(Node node, List<Tensor> in, List<Tensor> out) {
        var kinds = in.stream().filter(tensor -> tensor.dtype() == DType.F32).map(exact::get).distinct().toList();
        if (node.op().precision() == Precision.FOLLOW && kinds.size() == 1 && kinds.getFirst() != null) {
            out.stream().filter(tensor -> tensor.dtype() == DType.F32).forEach(tensor -> exact.put(tensor, kinds.getFirst()));
        }
    }

    private Tensor rounded(Tensor x, DType to) {
        if (exact.get(x) == to) {
            return x;
        }
        var out = (to == DType.BF16 ? Unary.ROUND_BF16 : Unary.ROUND_F16).on(x);
        exact.put(out, to);
        return out;
    }

    /// Whether the op does the same in F32, giving F32 where it gave a narrow type.
    private boolean generic(Node node, List<Tensor> in) {
        if (node.op() instanceof CustomOp) {
            return false;
        }
        try {
            var types = node.op().infer(in.stream().map(Tensor::type).toList());
            return types.equals(node.out().stream().map(type -> narrow.contains(type.dtype()) ? type.withDType(DType.F32) : type).toList());
        } catch (ShapeException e) {
            return false;
        }
    }

    /// An op that names its types: its operands are narrowed for it, which changes no value, and its results widened.
    private List<Tensor> asItWas(Node node, List<Tensor> in) {
        var narrowed = IntStream.range(0, in.size()).mapToObj(i -> in.get(i).cast(node.in().get(i).dtype())).toList();
        return node.op().apply(narrowed).stream().map(this::wide).toList();
    }
}
