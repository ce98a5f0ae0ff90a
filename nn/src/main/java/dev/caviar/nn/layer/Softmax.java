package dev.caviar.nn.layer;

import dev.caviar.engine.tensor.ShapeException;
import dev.caviar.engine.tensor.Tensor;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/// Makes numbers along an axis, or along several together, into shares of 1: eˣ / Σ eˣ, or their logarithms. [Activation#SOFTMAX] is the
/// one of the last axis.
///
/// ```java
/// var layer = Softmax.of(1);       // [32, 10, 8] -> [32, 10, 8], 1 over the axis of length 10
/// var all = Softmax.of(1, 2);      // 1 over the 80 numbers of an example
/// ```
public record Softmax(List<Long> axis, boolean log) implements UnaryLayer {
    public Softmax {
        axis = List.copyOf(axis);
        if (axis.isEmpty()) {
            throw new IllegalArgumentException("Softmax along no axis: there must be one.");
        }
    }

    /// Along the last axis.
    public static Softmax of() {
        return of(-1);
    }

    /// Along these axes together, negative ones counted from the end.
    public static Softmax of(long... axis) {
        return new Softmax(Padding.each(axis.length, axis), false);
    }

    /// The logarithms, which are exact where shares are too small for a number.
    public Softmax withLog(boolean log) {
        return new Softmax(axis, log);
    }

    @Override
    public Tensor apply(Scope s, Tensor given) {
        var x = given.cast(s.dtype());
        var along = axis.stream().mapToInt(one -> Units.axis(x, one)).sorted().distinct().toArray();
        if (along.length != axis.size()) {
            throw new ShapeException("the axes " + axis + " of " + x.shape() + " name one twice.");
        }
        return along.length == 1 ? shares(x, along[0]) : together(x, along);
    }

    private Tensor shares(Tensor x, int along) {
        return log ? x.logSoftmax(along) : x.softmax(along);
    }

    /// The axes are brought behind the others and read as one.
    private Tensor together(Tensor x, int[] along) {
        var others = IntStream.range(0, x.rank()).filter(i -> IntStream.of(along).noneMatch(one -> one == i));
        var order = IntStream.concat(others, IntStream.of(along)).toArray();
        var back = new int[order.length];
        for (int i = 0; i < order.length; i++) {
            back[order[i]] = i;
        }
        var behind = x.transpose(order);
        long n = IntStream.of(along).mapToLong(x.shape()::dim).reduce(1, Math::multiplyExact);
        var rows = behind.reshape(behind.shape().size() / Math.max(1, n), n);
        return shares(rows, 1).reshape(behind.shape()).transpose(back);
    }

    @Override
    public Optional<Tail> tail() {
        return axis.equals(List.of(-1L)) ? Optional.of(new Tail(Activation.LINEAR, log ? Activation.LOG_SOFTMAX : Activation.SOFTMAX)) : Optional.empty();
    }

    @Override
    public String toString() {
        return "Softmax(" + (axis.size() == 1 ? axis.getFirst() : axis) + (log ? ", log)" : ")");
    }
}
