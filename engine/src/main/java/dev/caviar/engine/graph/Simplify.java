package dev.caviar.engine.graph;

import dev.caviar.engine.kernel.Provider;
import dev.caviar.engine.kernel.ReduceFn;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Array;
import dev.caviar.engine.tensor.Binary;
import dev.caviar.engine.tensor.Cast;
import dev.caviar.engine.tensor.Contract;
import dev.caviar.engine.tensor.CustomOp;
import dev.caviar.engine.tensor.Eager;
import dev.caviar.engine.tensor.Interpreter;
import dev.caviar.engine.tensor.Move;
import dev.caviar.engine.tensor.Node;
import dev.caviar.engine.tensor.Op;
import dev.caviar.engine.tensor.Reduce;
import dev.caviar.engine.tensor.Sym;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.engine.tensor.Unary;
import dev.caviar.engine.tensor.View;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Takes out work that changes nothing: ops on constants, moves that undo each other, numbers that leave the other operand as it
/// is. Every rule keeps each value bit for bit, but for the sign of a zero.
///
/// ```
/// mul(x, 1), div(x, 1), add(x, 0), sub(x, 0)      x
/// mul(x, x), pow(x, 2)                            square(x)
/// neg(neg(x)), transpose of its inverse           x
/// contract of a transposed operand                contract of the operand
/// reshape of a reshape, expand of an expand       one of them
/// slice of a slice, pad of a pad                  one of them
/// reduce of nothing but lengths of 1              reshape
/// any op of small constants                       its value
/// ```
///
/// Constants of one value become one, so that what is done with them is written once.
///
/// ```java
/// Graph g = Trace.of(in -> List.of(in.get(0).mul(1).neg().neg()), Type.of(DType.F32, 3));
/// Graph h = Simplify.apply(g);          // no op is left
/// ```
public final class Simplify {
    /// What is folded and looked through has at most so many numbers: larger constants are kept as they are.
    private static final long SMALL = 64;
    /// An expansion of so many stretches is walked by strides; one of more has to be written out.
    static final int WALKED = 3;

    private Simplify() {}

    public static Graph apply(Graph graph) {
        var types = graph.inputs().stream().map(Tensor::type).toList();
        return Trace.of(in -> {
            var rules = new Rules(Interpreter.current(), new HashMap<>());
            return rules.scoped(() -> graph.apply(in));
        }, types).withDonated(graph.donated());
    }

    private record Rules(Interpreter below, Map<Constant, Array> constants) implements Interpreter {
        private record Constant(Type type, List<Double> values) {}

        @Override
        public List<Tensor> apply(Op op, List<Tensor> given) {
            var in = given.stream().map(this::same).toList();
            if (folds(op, in)) {
                return Eager.of(Provider.plain()).scoped(() -> op.apply(in)).stream().map(this::same).toList();
            }
            var simple = simpler(op, in);
            return simple == null ? below.apply(op, in) : List.of(simple);
        }

        /// The one constant that stands for all of its value. Numbers that doubles cannot tell apart stay apart.
        private Tensor same(Tensor tensor) {
            if (!(tensor instanceof Array array) || array.shape().size() > SMALL || array.dtype() == DType.I64) {
                return tensor;
            }
            var values = new ArrayList<Double>();
            for (double value : array.toDoubles()) {
                values.add(value);
            }
            return constants.computeIfAbsent(new Constant(array.type(), values), _ -> array);
        }

        /// An expansion is worth more than its value: who reads it reads one number again and again.
        private static boolean folds(Op op, List<Tensor> in) {
            return !(op instanceof CustomOp || op instanceof Move.Expand) && !in.isEmpty() && in.stream().allMatch(Array.class::isInstance)
                    && op.infer(in.stream().map(Tensor::type).toList()).stream().allMatch(type -> type.shape().known() && type.shape().size() <= SMALL)
                    && in.stream().allMatch(tensor -> tensor.shape().size() <= SMALL);
        }

        private @Nullable Tensor simpler(Op op, List<Tensor> in) {
            var x = in.isEmpty() ? null : in.getFirst();
            return switch (op) {
                case Unary unary -> unary == Unary.NEG && made(x) instanceof Node node && node.op() == Unary.NEG ? node.in().getFirst() : null;
                case Binary binary -> binary(binary, in.get(0), in.get(1));
                case Move move when x != null -> move(move, x);
                case View.Reshape(Shape to) when x != null -> to.equals(x.shape()) ? x
                        : made(x) instanceof Node node && node.op() instanceof View.Reshape ? on(op, node.in().getFirst()) : null;
                case View.Stop _ -> x;
                case Cast cast when x != null -> cast.to() == x.dtype() ? x : null;
                case Contract contract -> contract(contract, in.get(0), in.get(1));
                case Reduce reduce when x != null -> reduce(reduce, x);
                default -> null;
            };
        }

        private @Nullable Tensor binary(Binary op, Tensor a, Tensor b) {
            return switch (op) {
                case ADD -> is(b, 0) ? a : is(a, 0) ? b : null;
                case SUB -> is(b, 0) ? a : null;
                case MUL -> is(b, 1) ? a : is(a, 1) ? b : a == b ? on(Unary.SQUARE, a) : null;
                case DIV -> is(b, 1) ? a : null;
                case POW -> is(b, 1) ? a : is(b, 2) ? on(Unary.SQUARE, a) : null;
                default -> null;
            };
        }

        private @Nullable Tensor move(Move op, Tensor x) {
            var from = made(x);
            return switch (op) {
                case Move.Transpose(List<Integer> order) -> {
                    if (order.equals(IntStream.range(0, order.size()).boxed().toList())) {
                        yield x;
                    }
                    yield from != null && from.op() instanceof Move.Transpose(List<Integer> before)
                            ? on(new Move.Transpose(order.stream().map(before::get).toList()), from.in().getFirst()) : null;
                }
                case Move.Expand(Shape to, List<Integer> axes) -> axes.isEmpty() ? x
                        : from != null && from.op() instanceof Move.Expand(Shape _, List<Integer> before)
                        ? expand(new Move.Expand(to, joined(to, axes, before)), from.in().getFirst()) : null;
                case Move.Slice slice -> from != null && from.op() instanceof Move.Slice inner ? on(inner.then(slice), from.in().getFirst()) : null;
                case Move.Pad pad -> from != null && from.op() instanceof Move.Pad inner && inner.then(pad) instanceof Move.Pad both
                        ? on(both, from.in().getFirst()) : null;
                default -> null;
            };
        }

        /// What no loop can walk stays in two.
        private @Nullable Tensor expand(Move.Expand both, Tensor x) {
            return both.stretches().size() > WALKED ? null : on(both, x);
        }

        /// The new axes of two expansions in terms of the last shape: those of the second, and what the first's have become.
        private static List<Integer> joined(Shape to, List<Integer> axes, List<Integer> before) {
            var kept = IntStream.range(0, to.rank()).boxed().filter(axis -> !axes.contains(axis)).toList();
            var all = new ArrayList<>(axes);
            before.forEach(axis -> all.add(kept.get(axis)));
            return all.stream().sorted().toList();
        }

        /// A product walks its operands by strides: a transposed one is read as it lies. With more than one free axis their order would
        /// be that of the output; and where no strides walk it, it has to be transposed after all.
        private @Nullable Tensor contract(Contract op, Tensor a, Tensor b) {
            if (!a.shape().known() || !b.shape().known()) {
                return null;
            }
            if (made(a) instanceof Node node && node.op() instanceof Move.Transpose(List<Integer> order)
                    && a.rank() - op.batchLeft().size() - op.sumLeft().size() <= 1) {
                var lying = new Contract(through(op.batchLeft(), order), op.batchRight(), through(op.sumLeft(), order), op.sumRight());
                if (lying.plan(node.in().getFirst().type(), b.type()).copyLeft() == null) {
                    return both(lying, node.in().getFirst(), b);
                }
            }
            if (made(b) instanceof Node node && node.op() instanceof Move.Transpose(List<Integer> order)
                    && b.rank() - op.batchRight().size() - op.sumRight().size() <= 1) {
                var lying = new Contract(op.batchLeft(), through(op.batchRight(), order), op.sumLeft(), through(op.sumRight(), order));
                if (lying.plan(a.type(), node.in().getFirst().type()).copyRight() == null) {
                    return both(lying, a, node.in().getFirst());
                }
            }
            return null;
        }

        private static List<Integer> through(List<Integer> axes, List<Integer> order) {
            return axes.stream().map(order::get).toList();
        }

        private Tensor both(Op op, Tensor a, Tensor b) {
            return apply(op, List.of(a, b)).getFirst();
        }

        private @Nullable Tensor reduce(Reduce op, Tensor x) {
            boolean ones = op.axes().stream().allMatch(axis -> x.shape().dim(axis) == 1);
            return ones && op.fn() != ReduceFn.PROD || op.axes().isEmpty()
                    ? apply(new View.Reshape(x.shape().without(op.axes())), List.of(x)).getFirst() : null;
        }

        private Tensor on(Op op, Tensor x) {
            return apply(op, List.of(x)).getFirst();
        }

        private static @Nullable Node made(@Nullable Tensor tensor) {
            return tensor instanceof Sym sym ? sym.node() : null;
        }

        /// Whether a tensor is this number, or that number again and again.
        private static boolean is(Tensor tensor, double value) {
            var at = tensor;
            while (made(at) instanceof Node node && (node.op() instanceof Move.Expand || node.op() instanceof View.Reshape)) {
                at = node.in().getFirst();
            }
            return at instanceof Array array && array.shape().size() == 1 && array.dtype().isFloat() && array.buffer().at(0) == value;
        }
    }
}
