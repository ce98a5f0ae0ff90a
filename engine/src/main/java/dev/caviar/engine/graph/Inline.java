package dev.caviar.engine.graph;

import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Call;
import dev.caviar.engine.tensor.Cast;
import dev.caviar.engine.tensor.Contract;
import dev.caviar.engine.tensor.Interpreter;
import dev.caviar.engine.tensor.Move;
import dev.caviar.engine.tensor.Node;
import dev.caviar.engine.tensor.Op;
import dev.caviar.engine.tensor.Origin;
import dev.caviar.engine.tensor.Reduce;
import dev.caviar.engine.tensor.Sym;
import dev.caviar.engine.tensor.Tensor;
import java.util.Comparator;
import java.util.List;
import java.util.function.BiPredicate;
import java.util.stream.IntStream;

/// Puts bodies in the place of their calls, products into the form that runs as one matrix product, and large sums into sums of sums.
///
/// ```
/// before   %2 = call softmax_cross_entropy(%0, %1)
/// after    the ops of its body
/// before   %2 = contract{…}(%0, %1)          whose axes no strides can walk
/// after    %2 = transpose{…}(%0); %3 = contract{…}(%2, %1)
/// ```
///
/// ```java
/// var scores = Type.of(DType.F32, 3, 4);
/// Graph call = Trace.of(in -> new Call(Bodies.SOFTMAX_CROSS_ENTROPY).apply(in), scores, scores);
/// Graph ops = Inline.apply(call);          // max, sub, exp, sum, log … in the place of the call
/// ```
public final class Inline {
    private Inline() {}

    public static Graph apply(Graph graph) {
        return apply(graph, (call, in) -> false);
    }

    /// The same, but for the calls that `keep` says yes to, given the types of their inputs.
    public static Graph apply(Graph graph, BiPredicate<Call, List<Type>> keep) {
        var types = graph.inputs().stream().map(Tensor::type).toList();
        return Trace.of(in -> {
            var rules = new Rules(Interpreter.current(), keep);
            return rules.scoped(() -> graph.apply(in));
        }, types).withDonated(graph.donated());
    }

    /// Replaces ops as they are written, however deeply a body calls others.
    private record Rules(Interpreter below, BiPredicate<Call, List<Type>> keep) implements Interpreter {
        @Override
        public List<Tensor> apply(Op op, List<Tensor> in) {
            return switch (op) {
                case Call call when keep.test(call, in.stream().map(Tensor::type).toList()) -> below.apply(call, in);
                case Call call -> Origin.current().part().isEmpty() ? Origin.named(call.body().label(), () -> inlined(call, in)) : inlined(call, in);
                case Contract contract -> contract(contract, in);
                case Move.Expand expand when expand.stretches().size() > Simplify.WALKED -> expand(expand, in);
                case Reduce reduce when Sums.split(reduce, in.getFirst(), below) instanceof Tensor sum -> List.of(sum);
                default -> below.apply(op, in);
            };
        }

        private List<Tensor> inlined(Call call, List<Tensor> in) {
            return scoped(() -> call.body().apply(in));
        }

        /// The longest stretch (of equal ones the outermost) comes last, on its own: loops see through that one, and only what the others make is written out.
        private List<Tensor> expand(Move.Expand expand, List<Tensor> in) {
            var last = expand.stretches().stream().filter(Move.Expand.Stretch::fresh).max(Comparator.comparingLong(Move.Expand.Stretch::length)).orElseThrow().axes();
            var others = expand.axes().stream().filter(axis -> !last.contains(axis))
                    .map(axis -> axis - (int) last.stream().filter(before -> before < axis).count()).toList();
            var few = apply(new Move.Expand(expand.to().without(last), others), in);
            return below.apply(new Move.Expand(expand.to(), last), few);
        }

        private List<Tensor> contract(Contract contract, List<Tensor> in) {
            var plan = contract.plan(in.get(0).type(), in.get(1).type());
            if (plan.copyLeft() == null && plan.copyRight() == null) {
                return below.apply(contract, in);
            }
            int batch = contract.batchLeft().size();
            int sums = contract.sumLeft().size();
            var left = in.get(0);
            var right = in.get(1);
            var batchLeft = contract.batchLeft();
            var batchRight = contract.batchRight();
            var sumLeft = contract.sumLeft();
            var sumRight = contract.sumRight();
            if (plan.copyLeft() != null) {
                left = transpose(plan.copyLeft(), left);
                batchLeft = range(0, batch);
                sumLeft = range(left.rank() - sums, left.rank());
            }
            if (plan.copyRight() != null) {
                right = transpose(plan.copyRight(), right);
                batchRight = range(0, batch);
                sumRight = range(batch, batch + sums);
            }
            return below.apply(new Contract(batchLeft, batchRight, sumLeft, sumRight), List.of(left, right));
        }

        /// What is kept in a narrow type is moved before it is widened.
        private Tensor transpose(List<Integer> order, Tensor x) {
            if (x instanceof Sym sym && sym.node() instanceof Node node && node.op() instanceof Cast cast
                    && node.in().getFirst().dtype().bytes() < x.dtype().bytes()) {
                return below.apply(cast, List.of(transpose(order, node.in().getFirst()))).getFirst();
            }
            return below.apply(new Move.Transpose(order), List.of(x)).getFirst();
        }

        private static List<Integer> range(int from, int to) {
            return IntStream.range(from, to).boxed().toList();
        }
    }
}
