package dev.caviar.engine.compile;

import dev.caviar.engine.kernel.BinaryFn;
import dev.caviar.engine.kernel.UnaryFn;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.Lane;
import dev.caviar.engine.tensor.Node;
import dev.caviar.engine.tensor.Tensor;
import java.util.Objects;

/// What elementwise ops cost in a compiled loop.
final class Weights {
    private Weights() {}

    /// Roughly how many operations on vectors an op takes.
    static int of(Node node) {
        return of(Objects.requireNonNull(node.op().lane()), node);
    }

    private static int of(Lane lane, Node node) {
        return switch (lane) {
            case Lane.In _ -> 0;
            case Lane.Map1(UnaryFn fn, Lane x) -> of(fn) + of(x, node);
            case Lane.Map2(BinaryFn fn, Lane x, Lane y) -> (fn == BinaryFn.POW ? 64 : 1) + of(x, node) + of(y, node);
            case Lane.Choose(Lane c, Lane x, Lane y) -> 1 + of(c, node) + of(x, node) + of(y, node);
            case Lane.Convert(DType to, Lane x) -> (to == DType.BF16 ? 9 : 2) + of(x, node);
        };
    }

    private static int of(UnaryFn fn) {
        return switch (fn) {
            case EXP -> 24;
            case TANH, SIGMOID, LOG -> 32;
            case ERF, EXPM1, LOG1P, SIN, COS, SIN_TURNS, COS_TURNS, SOFTPLUS -> 48;
            case SIGN, FLOOR, CEIL, ROUND, ROUND_BF16 -> 9;
            case ROUND_F16 -> 20;
            case NEG, ABS, SQRT, RSQRT, SQUARE, RECIPROCAL, RELU, NOT, NOT_FINITE -> 2;
        };
    }

    /// Whether an op runs on vectors of 32-bit lanes; one that does not would keep a whole group from it.
    static boolean vectors(Node node) {
        return inLanes(node.out().getFirst().dtype()) && node.in().stream().map(Tensor::dtype).allMatch(Weights::inLanes)
                && vectors(Objects.requireNonNull(node.op().lane()), node.in().getFirst().dtype());
    }

    private static boolean inLanes(DType dtype) {
        return dtype != DType.F64 && dtype != DType.I64 && dtype != DType.F16;
    }

    private static boolean vectors(Lane lane, DType dtype) {
        return switch (lane) {
            case Lane.In _ -> true;
            case Lane.Map1(UnaryFn fn, Lane x) -> fn != UnaryFn.SIN && fn != UnaryFn.COS && vectors(x, dtype);
            case Lane.Map2(BinaryFn fn, Lane x, Lane y) ->
                (dtype.isFloat() || fn != BinaryFn.DIV && fn != BinaryFn.POW) && vectors(x, dtype) && vectors(y, dtype);
            case Lane.Choose(Lane c, Lane x, Lane y) -> vectors(c, DType.BOOL) && vectors(x, dtype) && vectors(y, dtype);
            case Lane.Convert(_, Lane x) -> vectors(x, dtype);
        };
    }
}
