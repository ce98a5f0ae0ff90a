package dev.caviar.nn.layer;

import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.tensor.ShapeException;
import dev.caviar.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// The axes of what attention is over, `[examples, a, b, …, features]`: those `along` which steps ask are read as one, and those that are kept
/// `apart`, of which the examples' is the first, as another, so that all is `[apart, steps, features]`. Three axes are that already.
record Steps(Tensor x, List<Integer> apart, List<Integer> along) {
    /// Along these axes, negative ones counted from the features' axis, which is −1; along all if none is named.
    static Steps of(Tensor x, List<Integer> axes) {
        int features = x.rank() - 1;
        var along = axes.isEmpty() ? IntStream.range(1, features).boxed().toList()
                : axes.stream().map(axis -> axis < 0 ? axis + x.rank() : axis).sorted().distinct().toList();
        if (!axes.isEmpty() && along.size() != axes.size() || along.getFirst() < 1 || along.getLast() >= features) {
            throw new ShapeException("it asks along the axes " + axes + ", the input is " + x.shape() + ".\nMaybe use 1, the first behind the examples'.");
        }
        return new Steps(x, IntStream.range(0, features).filter(axis -> !along.contains(axis)).boxed().toList(), along);
    }

    private boolean plain() {
        return x.rank() == 3;
    }

    private List<Long> dims(List<Integer> axes) {
        return axes.stream().map(x.shape()::dim).toList();
    }

    private static long product(List<Long> dims) {
        return dims.stream().reduce(1L, Math::multiplyExact);
    }

    /// How many steps there are along all of the axes.
    long count() {
        return product(dims(along));
    }

    /// Refuses others that are kept apart in another way.
    void fits(Steps other) {
        if (!dims(apart).equals(other.dims(apart))) {
            throw new ShapeException("the axes " + apart + " are kept apart, and differ in " + x.shape() + " and " + other.x.shape()
                    + ".\nMaybe ask along them too.");
        }
    }

    private int[] order(int rank) {
        var front = Stream.concat(apart.stream(), along.stream());
        return IntStream.concat(front.mapToInt(i -> i), IntStream.range(x.rank() - 1, rank)).toArray();
    }

    /// A tensor with these axes as `[apart, steps, features]`.
    Tensor rows(Tensor tensor) {
        if (plain()) {
            return tensor;
        }
        long features = tensor.shape().dim(-1);
        return tensor.transpose(order(tensor.rank())).reshape(product(dims(apart)), count(), features);
    }

    /// Which steps count, `[examples, a, …]`, as `[apart, steps]`.
    Tensor flags(Tensor mask) {
        if (plain()) {
            return mask;
        }
        var wide = mask;
        while (wide.rank() < x.rank() - 1) {
            wide = wide.expandDims(-1);
        }
        return wide.expandTo(x.shape().without(List.of(x.rank() - 1))).transpose(order(x.rank() - 1)).reshape(product(dims(apart)), count());
    }

    /// `[apart, steps, …]` with all axes where they were.
    Tensor back(Tensor y) {
        if (plain()) {
            return y;
        }
        var dims = new ArrayList<>(dims(apart));
        dims.addAll(dims(along));
        dims.addAll(y.shape().dims().subList(2, y.rank()));
        var order = order(dims.size());
        var back = new int[order.length];
        for (int i = 0; i < order.length; i++) {
            back[order[i]] = i;
        }
        return y.reshape(new Shape(dims)).transpose(back);
    }

    /// Where these may look among others: `[examples, steps…, others…]`, with an axis of heads before the steps or not, as `[apart, heads or 1, steps, others]`.
    Tensor given(Tensor mask, Steps others) {
        if (plain()) {
            return mask.rank() == 3 ? mask.expandDims(1) : mask;
        }
        int ends = apart.size();
        var headed = mask.rank() == ends + 2 * along.size() ? mask.expandDims(ends) : mask;
        if (headed.rank() != ends + 1 + 2 * along.size()) {
            return mask;
        }
        long heads = headed.shape().dim(ends);
        return headed.expandTo(scores(heads, others)).reshape(product(dims(apart)), heads, count(), others.count());
    }

    /// Weights `[apart, heads, steps, others]` with all axes apart: `[examples, …, heads, steps…, others…]`.
    Tensor weights(Tensor weights, Steps others) {
        return plain() ? weights : weights.reshape(scores(weights.shape().dim(1), others));
    }

    private Shape scores(long heads, Steps others) {
        var dims = new ArrayList<>(dims(apart));
        dims.add(heads);
        dims.addAll(dims(along));
        dims.addAll(others.dims(along));
        return new Shape(dims);
    }
}
