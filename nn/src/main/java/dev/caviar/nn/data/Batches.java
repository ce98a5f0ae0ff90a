package dev.caviar.nn.data;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import dev.caviar.nn.format.DataException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
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
/// var batches = Batches.of(examples, 100).shuffled(1).normalised(Normaliser.identity());
/// Buffer x = Buffer.allocate(batches.xType(100)), y = Buffer.allocate(batches.yType(100));
/// batches.start(0);
/// for (int b = 0; b < batches.count(); b++) {       // 11 batches
///     int rows = batches.fill(b, x, y);             // 100, the last time 50
/// }
/// ```
public final class Batches {
    private final Examples examples;
    private final int size;
    private final @Nullable Long seed;
    private final Normaliser.@Nullable Plan plan;
    private final int[] order;
    private final long[] xBytes;
    private final long[] yBytes;
    private final long width;

    private Batches(Examples examples, int size, @Nullable Long seed, Normaliser.@Nullable Plan plan) {
        this.examples = examples;
        this.size = size;
        this.seed = seed;
        this.plan = plan;
        this.order = new int[examples.size()];
        this.xBytes = examples.xs().stream().mapToLong(Examples::rowBytes).toArray();
        this.yBytes = examples.ys().stream().mapToLong(Examples::rowBytes).toArray();
        this.width = xBytes[0] / examples.x().type().dtype().bytes();
        start(0);
    }

    /// Batches of `size` examples in the examples' order, features as they are.
    public static Batches of(Examples examples, int size) {
        if (size < 1) {
            throw new DataException("Batches: a batch of " + size + " examples is not possible.", "Maybe use 32.");
        }
        return new Batches(examples, size, null, null);
    }

    /// The same batches, drawn anew for each epoch by this seed.
    public Batches shuffled(long seed) {
        return new Batches(examples, size, seed, plan);
    }

    /// The same batches with features normalised to F32 while they are copied.
    public Batches normalised(Normaliser normaliser) {
        return new Batches(examples, size, seed, new Normaliser.Plan(normaliser, examples.x()));
    }

    /// The examples that the batches are of.
    public Examples examples() {
        return examples;
    }

    /// The number of examples in a full batch.
    public int size() {
        return size;
    }

    /// The number of batches in an epoch: ⌈examples / size⌉.
    public int count() {
        return Math.ceilDiv(examples.size(), size);
    }

    /// The number of examples in batch `b` of an epoch.
    public int rows(int b) {
        if (b < 0 || b >= count()) {
            throw new IndexOutOfBoundsException("Batch " + b + " of " + count() + ".");
        }
        return Math.min(size, examples.size() - b * size);
    }

    /// The type of a batch's features with `rows` examples.
    public Type xType(int rows) {
        var type = examples.xType(rows);
        return plan == null ? type : type.withDType(DType.F32);
    }

    /// The types of a batch's features with `rows` examples, input by input.
    public List<Type> xTypes(int rows) {
        var types = new ArrayList<>(examples.xTypes(rows));
        types.set(0, xType(rows));
        return types;
    }

    /// The types of a batch's labels with `rows` examples, output by output.
    public List<Type> yTypes(int rows) {
        return examples.yTypes(rows);
    }

    /// The type of a batch's labels with `rows` examples.
    public Type yType(int rows) {
        return examples.yType(rows);
    }

    /// Puts the examples into the order of this epoch, from 0.
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

    /// The same for several inputs and outputs.
    public int fill(int b, List<Buffer> xs, List<Buffer> ys) {
        int rows = rows(b);
        for (int k = 0; k < xBytes.length; k++) {
            var from = examples.xs().get(k);
            boolean normal = k == 0 && plan != null;
            fit("x", xs.get(k), from.type(), normal ? DType.F32 : from.type().dtype(), rows);
            for (int i = 0; i < rows; i++) {
                long row = examples.row(order[b * size + i]);
                if (normal) {
                    plan.copy(row * width, xs.get(k), i * width, width);
                } else {
                    MemorySegment.copy(from.memory(), row * xBytes[k], xs.get(k).memory(), i * xBytes[k], xBytes[k]);
                }
            }
        }
        for (int k = 0; k < yBytes.length; k++) {
            var from = examples.ys().get(k);
            fit("y", ys.get(k), from.type(), from.type().dtype(), rows);
            for (int i = 0; i < rows; i++) {
                MemorySegment.copy(from.memory(), examples.row(order[b * size + i]) * yBytes[k], ys.get(k).memory(), i * yBytes[k], yBytes[k]);
            }
        }
        return rows;
    }

    private static void fit(String which, Buffer given, Type source, DType dtype, int rows) {
        var shape = given.type().shape();
        var needed = source.shape();
        boolean fits = given.type().dtype() == dtype && shape.rank() == needed.rank() && shape.dim(0) >= rows;
        for (int axis = 1; fits && axis < needed.rank(); axis++) {
            fits = shape.dim(axis) == needed.dim(axis);
        }
        if (!fits) {
            throw new IllegalArgumentException("Batches.fill: " + which + " is " + given.type() + ", the batch needs "
                    + new Type(dtype, needed.with(0, rows)) + ".");
        }
    }
}
