package dev.caviar.nn.layer;

import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.tensor.ShapeException;
import dev.caviar.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/// The product of two inputs, example by example, summed over one axis of each: `first` of the one, `second` of the other.
///
/// The output has the first's other axes, then the second's; where none are left, `[examples, 1]`. With `normalize`, vectors along these
/// axes are brought to length 1 first: the cosine of their angle.
///
/// ```java
/// var layer = Dot.of(1);             // [32, 8] and [32, 8] -> [32, 1]
/// var scores = Dot.of(2, 2);         // [32, 5, 8] and [32, 7, 8] -> [32, 5, 7]
/// ```
public record Dot(int first, int second, boolean normalize) implements Layer {
    public static Dot of(int axis) {
        return of(axis, axis);
    }

    /// An axis for each input; negative ones count from the end.
    public static Dot of(int first, int second) {
        return new Dot(first, second, false);
    }

    public Dot withNormalize(boolean normalize) {
        return new Dot(first, second, normalize);
    }

    @Override
    public Tensor apply(Scope s, Tensor... x) {
        if (x.length != 2) {
            throw new ShapeException("it takes two inputs, there " + (x.length == 1 ? "is 1." : "are " + x.length + "."));
        }
        int a = place(first, x[0]);
        int b = place(second, x[1]);
        if (x[0].shape().dim(a) != x[1].shape().dim(b)) {
            throw new ShapeException("axis " + a + " of the first has length " + x[0].shape().dim(a) + ", axis " + b + " of the second "
                    + x[1].shape().dim(b) + ".\nMaybe sum over other axes.");
        }
        var left = matrices(x[0], a, true);
        var right = matrices(x[1], b, false);
        var y = left.matmul(right);
        var dims = new ArrayList<>(List.of(x[0].shape().dim(0)));
        others(x[0], a).forEach(axis -> dims.add(x[0].shape().dim(axis)));
        others(x[1], b).forEach(axis -> dims.add(x[1].shape().dim(axis)));
        if (dims.size() == 1) {
            dims.add(1L);
        }
        return y.reshape(new Shape(dims));
    }

    private static int place(int axis, Tensor x) {
        int at = axis < 0 ? axis + x.rank() : axis;
        if (at < 1 || at >= x.rank()) {
            throw new ShapeException("axis " + axis + " is not one behind the examples' of " + x.shape() + ".");
        }
        return at;
    }

    private static List<Integer> others(Tensor x, int axis) {
        return IntStream.range(1, x.rank()).filter(i -> i != axis).boxed().toList();
    }

    /// `[examples, others, axis]`, or `[examples, axis, others]`.
    private Tensor matrices(Tensor given, int axis, boolean last) {
        var x = normalize ? unit(given, axis) : given;
        var order = new ArrayList<>(others(x, axis));
        order.add(last ? order.size() : 0, axis);
        order.addFirst(0);
        long n = x.shape().dim(axis);
        long rest = others(x, axis).stream().mapToLong(i -> x.shape().dim(i)).reduce(1, Math::multiplyExact);
        var turned = x.transpose(order.stream().mapToInt(i -> i).toArray());
        return last ? turned.reshape(x.shape().dim(0), rest, n) : turned.reshape(x.shape().dim(0), n, rest);
    }

    private static Tensor unit(Tensor x, int axis) {
        return x.mul(x.square().sum(axis).rsqrt().min(1e12).expandDims(axis));
    }

    @Override
    public String toString() {
        return "Dot(" + first + ", " + second + (normalize ? ", normalize)" : ")");
    }
}
