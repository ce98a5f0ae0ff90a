package dev.caviar.nn.data;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.memory.Type;
import dev.caviar.nn.format.DataException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// Features and labels that belong together, and which rows of them are meant: parts of a split share one memory.
///
/// `x` is `[n, …]` of F32 or U8; `y` is `[n]` of class indices (I64 or I32), or F32 values of shape `[n]` or `[n, k]`. Labels of sequences have
/// one for each step: `[n, steps]` or `[n, steps, k]`; labels without places `[n, k]` ([dev.caviar.nn.loss.Ctc]) are whole numbers too.
/// For a model of several inputs or outputs there is a list of each. Nothing is changed through this class. Different lengths are a [DataException].
///
/// ```java
/// var examples = Examples.of(new float[][] {{0, 0}, {0, 1}, {1, 0}, {1, 1}}, new int[] {0, 1, 1, 0});
/// var split = examples.split(0.25, 1);
/// int kept = split.kept().size();          // 3
/// ```
public final class Examples {
    private final List<Buffer> xs;
    private final List<Buffer> ys;
    private final int[] rows;
    private final boolean weighted;

    private Examples(List<Buffer> xs, List<Buffer> ys, int[] rows) {
        this(xs, ys, rows, false);
    }

    private Examples(List<Buffer> xs, List<Buffer> ys, int[] rows, boolean weighted) {
        this.weighted = weighted;
        this.xs = List.copyOf(xs);
        this.ys = List.copyOf(ys);
        this.rows = rows;
    }

    /// Two parts of some examples.
    ///
    /// ```java
    /// var parts = Examples.of(new float[10][3], new int[10]).split(0.2, 7);
    /// int held = parts.held().size();      // 2
    /// ```
    public record Split(Examples kept, Examples held) {}

    /// All rows of these buffers. Features of other types become F32; labels of U8 or BOOL become I64, of other floats F32.
    public static Examples of(Buffer x, Buffer y) {
        return of(List.of(x), List.of(y));
    }

    /// The same for a model of several inputs and outputs, in their order.
    public static Examples of(List<Buffer> xs, List<Buffer> ys) {
        if (xs.isEmpty() || ys.isEmpty()) {
            throw new DataException("Examples of " + xs.size() + " features and " + ys.size() + " labels: there must be one of each or more.",
                    "Maybe give the inputs as labels too, where a model is to give back what it got.");
        }
        long n = length(xs.getFirst(), ys.getFirst());
        xs.forEach(x -> length(x, ys.getFirst()));
        ys.forEach(y -> length(xs.getFirst(), y));
        ys.forEach(y -> steps(y, xs));
        if (n > Integer.MAX_VALUE - 8) {
            throw new DataException(n + " examples are too many for one data set.", "Maybe use a part of them.");
        }
        return new Examples(xs.stream().map(Examples::features).toList(), ys.stream().map(Examples::labels).toList(),
                IntStream.range(0, (int) n).toArray());
    }

    private static long length(Buffer x, Buffer y) {
        if (x.type().shape().rank() == 0 || y.type().shape().rank() == 0) {
            throw new DataException("Features " + x.type() + " and labels " + y.type() + " need an axis of examples first.",
                    "Maybe reshape them to [n, …] and [n].");
        }
        long n = x.type().shape().dim(0);
        if (n != y.type().shape().dim(0)) {
            throw new DataException("Features and labels are of different length: " + n + " examples " + x.type() + ", "
                    + y.type().shape().dim(0) + " labels " + y.type() + ".", "Maybe they are from different files.");
        }
        return n;
    }

    /// Rows of features with a class index each.
    public static Examples of(float[][] x, int[] classes) {
        var y = Buffer.allocate(Type.of(DType.I64, classes.length));
        for (int i = 0; i < classes.length; i++) {
            y.setLong(i, classes[i]);
        }
        return of(matrix(x), y);
    }

    /// Rows of features with a row of values each.
    public static Examples of(float[][] x, float[][] values) {
        return of(matrix(x), matrix(values));
    }

    private static Buffer matrix(float[][] rows) {
        int width = rows.length == 0 ? 0 : rows[0].length;
        var out = Buffer.allocate(Type.of(DType.F32, rows.length, width));
        for (int i = 0; i < rows.length; i++) {
            if (rows[i].length != width) {
                throw new DataException("Row " + i + " has " + rows[i].length + " values, row 0 has " + width + ".",
                        "Maybe a value is missing.");
            }
            MemorySegment.copy(rows[i], 0, out.memory(), ValueLayout.JAVA_FLOAT,
                    (long) i * width * Float.BYTES, width);
        }
        return out;
    }

    /// Classes in rows of another length than any sequence has are most likely one-hot, unless sequences say shorter ones.
    private static void steps(Buffer y, List<Buffer> xs) {
        var type = y.type();
        if (type.shape().rank() < 2 || type.dtype().isFloat() || xs.stream().map(x -> x.type().shape()).anyMatch(x -> x.rank() > 1 && x.dim(1) == type.shape().dim(1))) {
            return;
        }
        if (xs.stream().noneMatch(x -> x.type().shape().rank() > 2) || type.shape().rank() > 2 || oneHot(y)) {
            throw new DataException("Labels are " + type + ", which is neither [n] of class indices, nor [n, steps] of them for features of as many "
                    + "steps, nor [n] or [n, k] of values.", "Maybe reshape them, or take the index of the largest where they are one-hot.");
        }
    }

    private static boolean oneHot(Buffer y) {
        long width = y.type().shape().dim(1);
        for (long i = 0; i < y.type().shape().dim(0); i++) {
            long sum = 0;
            for (long k = i * width; k < (i + 1) * width; k++) {
                long label = y.longAt(k);
                sum += label == 0 || label == 1 ? label : 2;
            }
            if (sum != 1) {
                return false;
            }
        }
        return true;
    }

    private static Buffer labels(Buffer y) {
        return switch (y.type().dtype()) {
            case I64, I32, F32 -> y;
            case U8, BOOL -> converted(y, DType.I64);
            case F64, F16, BF16 -> converted(y, DType.F32);
        };
    }

    private static Buffer features(Buffer x) {
        return switch (x.type().dtype()) {
            case F32, U8 -> x;
            case F64, F16, BF16, I64, I32, BOOL -> converted(x, DType.F32);
        };
    }

    private static Buffer converted(Buffer from, DType to) {
        var out = Buffer.allocate(from.type().withDType(to));
        for (long i = 0; i < from.size(); i++) {
            out.set(i, from.at(i));
        }
        return out;
    }

    /// The number of examples meant.
    public int size() {
        return rows.length;
    }

    /// All features, also of rows that are not meant; the first where there are several.
    public Buffer x() {
        return xs.getFirst();
    }

    /// All labels, also of rows that are not meant; the first where there are several.
    public Buffer y() {
        return ys.getFirst();
    }

    /// The features for each input of a model, also of rows that are not meant.
    public List<Buffer> xs() {
        return xs;
    }

    /// The labels for each output of a model, then the weights where the examples have them, also of rows that are not meant.
    public List<Buffer> ys() {
        return ys;
    }

    /// Which row of `x` and `y` example `i` is.
    public int row(int i) {
        return rows[i];
    }

    /// The shape of one example's features.
    public Shape inputShape() {
        return x().type().shape().without(List.of(0));
    }

    /// The number of values that an example's label has: 1 for a class, for a sequence one for each step.
    public int targets() {
        return Math.toIntExact(y().type().shape().without(List.of(0)).size());
    }

    /// The type of the features of `n` examples.
    public Type xType(int n) {
        return rows(x(), n);
    }

    /// The types of the features of `n` examples, input by input.
    public List<Type> xTypes(int n) {
        return xs.stream().map(x -> rows(x, n)).toList();
    }

    /// The types of the labels of `n` examples, output by output.
    public List<Type> yTypes(int n) {
        return ys.stream().map(y -> rows(y, n)).toList();
    }

    private static Type rows(Buffer all, int n) {
        return all.type().withShape(all.type().shape().with(0, n));
    }

    /// The type of the labels of `n` examples.
    public Type yType(int n) {
        return rows(y(), n);
    }

    /// The class of example `i`.
    public int label(int i) {
        return label(0, i);
    }

    /// The class of example `i` for this output.
    public int label(int output, int i) {
        return (int) ys.get(output).longAt(rows[i]);
    }

    /// The examples at these positions (not rows of the buffers), in that order.
    public Examples select(int... positions) {
        var selected = new int[positions.length];
        for (int i = 0; i < positions.length; i++) {
            selected[i] = rows[positions[i]];
        }
        return new Examples(xs, ys, selected, weighted);
    }

    /// The first `n`, or all where there are fewer.
    public Examples limit(int n) {
        return new Examples(xs, ys, Arrays.copyOf(rows, Math.min(n, rows.length)), weighted);
    }

    /// Holds out a fraction, drawn by the seed: ⌈fraction · size⌉ examples, at least one on each side.
    public Split split(double fraction, long seed) {
        int held = (int) Math.ceil(fraction * size() - 1e-9);
        if (!(fraction > 0 && fraction < 1) || held >= size()) {
            throw new DataException("Holding out a fraction of " + fraction + " of " + size() + " examples leaves one side empty.",
                    "Maybe use a fraction between 0 and 1, such as 0.1, and more examples.");
        }
        var order = IntStream.range(0, size()).toArray();
        new SplitMix(seed, 0).shuffle(order);
        return new Split(select(Arrays.copyOf(order, size() - held)), select(Arrays.copyOfRange(order, size() - held, size())));
    }

    /// The same rows with other features, of the same number.
    public Examples withX(Buffer other) {
        return new Examples(of(List.of(other), ys).xs, ys, rows, weighted);
    }

    /// The same rows with other labels, of the same number.
    public Examples withY(Buffer other) {
        return new Examples(xs, of(xs, List.of(other)).ys, rows);
    }

    /// The same examples, each with what it counts for in the loss: 1 for most, 0 to leave it out. The mean is still over all examples.
    public Examples withWeights(float... weights) {
        if (weights.length != size() || weighted) {
            throw new DataException("withWeights: " + weights.length + " weights for " + size() + " examples"
                    + (weighted ? ", which have weights already." : "."), "Maybe weigh the examples before they are split.");
        }
        var all = Buffer.allocate(Type.of(DType.F32, x().type().shape().dim(0)));
        for (int i = 0; i < weights.length; i++) {
            if (!(weights[i] >= 0 && weights[i] < Float.POSITIVE_INFINITY)) {
                throw new DataException("withWeights: the weight of example " + i + " is " + weights[i] + ", not a number from 0 on.", "Maybe 0 leaves an example out.");
            }
            all.set(rows[i], weights[i]);
        }
        return new Examples(xs, Stream.concat(ys.stream(), Stream.of(all)).toList(), rows, true);
    }

    /// Whether the last of [#ys] is what each example counts for.
    public boolean weighted() {
        return weighted;
    }

    /// The meant features alone, copied together.
    public Buffer features() {
        return gather(x());
    }

    /// The meant labels alone, copied together.
    public Buffer labels() {
        return gather(y());
    }

    /// The meant features for each input, copied together.
    public List<Buffer> allFeatures() {
        return xs.stream().map(this::gather).toList();
    }

    private Buffer gather(Buffer from) {
        var out = Buffer.allocate(rows(from, size()));
        long bytes = rowBytes(from);
        for (int i = 0; i < rows.length; i++) {
            MemorySegment.copy(from.memory(), rows[i] * bytes, out.memory(), i * bytes, bytes);
        }
        return out;
    }

    static long rowBytes(Buffer buffer) {
        long n = buffer.type().shape().dim(0);
        return n == 0 ? 0 : buffer.type().bytes() / n;
    }

    /// Throws [DataException] that names row and column where features or labels of F32 have NaN or an infinity.
    public void checkFinite() {
        xs.forEach(x -> Finite.check(x, rows, "features"));
        ys.forEach(y -> Finite.check(y, rows, "labels"));
    }

    /// The SHA-256 of the meant rows' types, features and labels.
    public String sha256() {
        var digest = Hash.sha256();
        for (var part : Stream.concat(xs.stream(), ys.stream()).toList()) {
            digest.update(part.type().withShape(part.type().shape().with(0, size())).toString().getBytes());
            int bytes = Math.toIntExact(rowBytes(part));
            for (int row : rows) {
                digest.update(part.memory().asSlice((long) row * bytes, bytes).asByteBuffer());
            }
        }
        return Hash.hex(digest);
    }

    @Override
    public String toString() {
        return size() + " examples of " + xs.stream().map(x -> x.type().dtype().name().toLowerCase(Locale.ROOT)
                + x.type().shape().without(List.of(0))).collect(Collectors.joining(", "));
    }
}
