package dev.caviar.nn.data;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.Type;
import dev.caviar.nn.format.DataException;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Mini-batches of some examples: in their order, or in a new order each epoch; the last one may be short.
///
/// With a seed, epoch `e` has the order that SplitMix64 of `(seed, e)` draws, whatever was drawn before it, so that a run
/// can be resumed at any epoch. Features and labels stay together. Batches are written into the caller's buffers and
/// nothing is allocated after construction. Not safe for several threads: each takes its own.
///
/// ```java
/// var examples = Examples.of(new float[1050][4], new int[1050]);
/// var batches = Batches.of(examples, 100).shuffled(1);
/// Buffer x = Buffer.allocate(batches.xType(100)), y = Buffer.allocate(batches.yType(100));
/// batches.start(0);
/// for (int b = 0; b < batches.count(); b++) {       // 11 batches
///     int rows = batches.fill(b, x, y);             // 100, the last time 50
/// }
/// ```
public final class Batches implements Feed {
    private final Examples examples;
    private final int size;
    private final @Nullable Long seed;
    private final int[] order;
    private final long[] xBytes;
    private final long[] yBytes;
    private @Nullable Types types;

    private Batches(Examples examples, int size, @Nullable Long seed) {
        examples.xs().forEach(buffer -> readable("features", buffer));
        examples.ys().forEach(buffer -> readable("labels", buffer));
        this.examples = examples;
        this.size = size;
        this.seed = seed;
        this.order = new int[examples.size()];
        this.xBytes = examples.xs().stream().mapToLong(Examples::rowBytes).toArray();
        this.yBytes = examples.ys().stream().mapToLong(Examples::rowBytes).toArray();
        start(0);
    }

    /// Memory of an arena of one's own may be gone, or another thread's.
    private static void readable(String what, Buffer buffer) {
        boolean gone = !buffer.memory().scope().isAlive();
        if (gone || !buffer.memory().isAccessibleBy(Thread.currentThread())) {
            throw new DataException("Batches: the " + what + " " + buffer.type() + " lie in an arena that " + (gone ? "is closed." : "only another thread may use."),
                    gone ? "Maybe close it after the training, or use Buffer.allocate." : "Maybe use Arena.ofShared(), or Buffer.allocate.");
        }
    }

    /// Batches of `size` examples in the examples' order, features as they are.
    public static Batches of(Examples examples, int size) {
        if (size < 1) {
            throw new DataException("Batches: a batch of " + size + " examples is not possible.", "Maybe use 32.");
        }
        return new Batches(examples, size, null);
    }

    /// The same batches, drawn anew for each epoch by this seed.
    public Batches shuffled(long seed) {
        return new Batches(examples, size, seed);
    }

    /// The examples that the batches are of.
    public Examples examples() {
        return examples;
    }

    /// The number of examples in a full batch.
    public int size() {
        return size;
    }

    @Override
    public Object source() {
        return examples;
    }

    @Override
    public String identity() {
        return examples.sha256();
    }

    @Override
    public int most() {
        return Math.clamp(examples.size(), 1, size);
    }

    /// The number of batches in an epoch: ⌈examples / size⌉.
    @Override
    public int count() {
        return Math.ceilDiv(examples.size(), size);
    }

    @Override
    public boolean has(int b) {
        return b < count();
    }

    @Override
    public int rows(int b) {
        if (b < 0 || b >= count()) {
            throw new IndexOutOfBoundsException("Batch " + b + " of " + count() + ".");
        }
        return Math.min(size, examples.size() - b * size);
    }

    /// The same object for batches of the same size that follow one another.
    @Override
    public Types types(int b) {
        int rows = rows(b);
        if (types == null || types.rows() != rows) {
            types = new Types(xTypes(rows), yTypes(rows));
        }
        return types;
    }

    /// The type of a batch's features with `rows` examples.
    public Type xType(int rows) {
        return examples.xType(rows);
    }

    @Override
    public List<Type> xTypes(int rows) {
        return examples.xTypes(rows);
    }

    @Override
    public List<Type> yTypes(int rows) {
        return examples.yTypes(rows);
    }

    /// The type of a batch's labels with `rows` examples.
    public Type yType(int rows) {
        return examples.yType(rows);
    }

    /// Puts the examples into the order of this epoch, from 0.
    @Override
    public void start(int epoch) {
        for (int i = 0; i < order.length; i++) {
            order[i] = i;
        }
        if (seed != null) {
            new SplitMix(seed, epoch).shuffle(order);
        }
    }

    /// Which example stands at place `i` of batch `b`, as a position in [#examples].
    public int position(int b, int i) {
        return order[b * size + i];
    }

    /// Copies batch `b` into the first rows of these buffers, and returns how many rows it has.
    /// The buffers are of [#xType] and [#yType] with at least that many rows.
    public int fill(int b, Buffer x, Buffer y) {
        return fill(b, List.of(x), List.of(y));
    }

    @Override
    public int fill(int b, List<Buffer> xs, List<Buffer> ys) {
        int rows = rows(b);
        for (int k = 0; k < xBytes.length; k++) {
            fill(b, rows, "x", examples.xs().get(k), xBytes[k], xs.get(k));
        }
        for (int k = 0; k < yBytes.length; k++) {
            fill(b, rows, "y", examples.ys().get(k), yBytes[k], ys.get(k));
        }
        return rows;
    }

    private void fill(int b, int rows, String which, Buffer from, long bytes, Buffer to) {
        fit(which, to, from.type(), rows);
        for (int i = 0; i < rows; i++) {
            MemorySegment.copy(from.memory(), examples.row(order[b * size + i]) * bytes, to.memory(), i * bytes, bytes);
        }
    }

    private static void fit(String which, Buffer given, Type source, int rows) {
        var shape = given.type().shape();
        var needed = source.shape();
        boolean fits = given.type().dtype() == source.dtype() && shape.rank() == needed.rank() && shape.dim(0) >= rows;
        for (int axis = 1; fits && axis < needed.rank(); axis++) {
            fits = shape.dim(axis) == needed.dim(axis);
        }
        if (!fits) {
            throw new IllegalArgumentException("Batches.fill: " + which + " is " + given.type() + ", the batch needs "
                    + source.withShape(needed.with(0, rows)) + ".");
        }
    }
}
