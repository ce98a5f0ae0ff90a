package dev.caviar.nn.layer;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Tensor;

/// Every line of a tensor along one axis becomes another by weighted sums, such as to make images larger.
final class Lines {
    /// Products of matrices of fewer columns are slow.
    private static final long FEW = 8;
    /// A matrix for lines and columns at once has at most so many numbers.
    private static final long MOST = 1 << 16;

    private Lines() {}

    /// With weights `[to, from]` for an axis of length `from`, which gets the length `to`.
    static Tensor weigh(Tensor x, int axis, Buffer weights) {
        var dims = x.shape().dims();
        long to = weights.type().shape().dim(0);
        long from = weights.type().shape().dim(1);
        long columns = dims.subList(axis + 1, dims.size()).stream().reduce(1L, Math::multiplyExact);
        long lines = x.shape().size() / from / columns;
        var y = columns < FEW && from * to * columns * columns <= MOST
                ? x.reshape(lines, from * columns).matmul(Tensor.wrap(spread(weights, columns)))
                : Tensor.wrap(weights).matmul(x.reshape(lines, from, columns));
        return y.reshape(x.shape().with(axis, to));
    }

    /// `[from·columns, to·columns]`: each column by itself.
    private static Buffer spread(Buffer weights, long columns) {
        long to = weights.type().shape().dim(0);
        long from = weights.type().shape().dim(1);
        var out = Buffer.allocate(new Type(weights.type().dtype(), Shape.of(from * columns, to * columns)));
        for (long i = 0; i < to; i++) {
            for (long j = 0; j < from; j++) {
                for (long c = 0; c < columns; c++) {
                    out.set((j * columns + c) * to * columns + i * columns + c, weights.at(i * from + j));
                }
            }
        }
        return out;
    }
}
