package dev.caviar.engine.compile;

import dev.caviar.engine.kernel.ConvSpec.Pass;
import dev.caviar.engine.kernel.GemmSpec.Activation;
import dev.caviar.engine.kernel.ReduceFn;
import dev.caviar.engine.tensor.Binary;
import dev.caviar.engine.tensor.Conv;
import dev.caviar.engine.tensor.Node;
import dev.caviar.engine.tensor.Reduce;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.engine.tensor.Unary;
import dev.caviar.engine.tensor.Window;
import java.util.ArrayList;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Finds what runs together with a convolution.
final class Sliding {
    private Sliding() {}

    /// The unit of a convolution or pooling; that of the convolution before it for a bias or a relu that ends one; else null.
    /// `only` gives the unit that makes a tensor which nobody else reads.
    static @Nullable Unit unit(Node node, Values values, Function<Tensor, @Nullable Unit> only) {
        return switch (node.op()) {
            case Conv conv -> new Unit.Convolution(values.slot(node.in().get(0)), values.slot(node.in().get(1)),
                    conv.spec(node.in().get(0).type(), node.in().get(1).type()), values.slots(node).getFirst());
            case Window window -> new Unit.Pooling(node, window.spec(node.in().getFirst().type()));
            case Unary u when u == Unary.RELU -> {
                if (!(only.apply(node.in().getFirst()) instanceof Unit.Convolution unit) || !open(unit)) {
                    yield null;
                }
                unit.spec = unit.spec.withActivation(Activation.RELU);
                unit.out = values.slots(node).getFirst();
                yield unit;
            }
            case Binary b when b == Binary.ADD -> {
                var unit = biased(node, 0, values, only);
                yield unit != null ? unit : biased(node, 1, values, only);
            }
            default -> null;
        };
    }

    private static boolean open(Unit.Convolution unit) {
        return unit.spec.pass() == Pass.FORWARD && unit.spec.activation() == Activation.NONE;
    }

    /// `conv + b` with one number of b for each channel.
    private static @Nullable Unit biased(Node node, int side, Values values, Function<Tensor, @Nullable Unit> only) {
        var y = node.in().get(side);
        if (!(only.apply(y) instanceof Unit.Convolution unit) || !open(unit) || unit.bias != null) {
            return null;
        }
        var other = values.operand(node.in().get(1 - side), y.shape().size());
        if (!other.row(y.shape().dim(-1))) {
            return null;
        }
        unit.bias = other.slot();
        unit.spec = unit.spec.withBias(true);
        unit.out = values.slots(node).getFirst();
        return unit;
    }

    /// dw = W(x, dy) and db = Σ dy read the same slopes: one pass over them gives both.
    static void joinBiasGradients(Map<Node, Unit> units, Values values) {
        for (var node : new ArrayList<>(units.keySet())) {
            if (!(node.op() instanceof Reduce(var fn, var axes)) || fn != ReduceFn.SUM || !(units.get(node) instanceof Unit.Single sum)
                    || !axes.equals(IntStream.range(0, node.in().getFirst().rank() - 1).boxed().toList())) {
                continue;
            }
            var slopes = values.slot(node.in().getFirst());
            for (var unit : new ArrayList<>(units.values())) {
                if (unit instanceof Unit.Convolution conv && conv.spec.pass() == Pass.WEIGHT_GRADIENT && conv.bias == null
                        && conv.right == slopes && conv.spec.y().equals(node.in().getFirst().shape()) && !Fusion.between(sum, conv)) {
                    conv.bias = values.slots(node).getFirst();
                    conv.bias.producer = conv;
                    conv.spec = conv.spec.withBias(true);
                    conv.settle();
                    units.put(node, conv);
                    break;
                }
            }
        }
    }
}
