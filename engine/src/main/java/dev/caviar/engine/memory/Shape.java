package dev.caviar.engine.memory;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/// The lengths of a tensor's axes, outermost first; the empty shape is a scalar's.
///
/// A negative length stands for an unknown one, as placeholders have it: equal negative lengths are the same unknown.
/// Such a shape has no size, and asking for it throws.
///
/// ```java
/// var images = Shape.of(32, 28, 28);
/// long pixels = images.size();             // 25088
/// ```
public record Shape(List<Long> dims) {
    /// The shape of a single number.
    public static final Shape SCALAR = new Shape(List.of());
    private static final Pattern JAVA = Pattern.compile("(java|jdk|sun)\\.");
    /// The project's own code, but not its tests.
    private static final Pattern LIBRARY = Pattern.compile("dev\\.caviar\\.(engine|nn|lab|exchange|spark|app|bench)\\.(?![\\w.]*Test\\b)");

    public Shape {
        dims = List.copyOf(dims);
    }

    /// A shape of these lengths.
    public static Shape of(long... dims) {
        return dims.length == 0 ? SCALAR : new Shape(LongStream.of(dims).boxed().toList());
    }

    /// The number of axes.
    public int rank() {
        return dims.size();
    }

    /// The length of an axis; negative axes count from the end. The library sees an unknown length as it is; a program that asks for one
    /// gets an [IllegalStateException] with its line, since a loop over it would run zero times without a word.
    public long dim(int axis) {
        long dim = dims.get(axis(axis));
        return dim < 0 ? unknown(axis, dim) : dim;
    }

    private long unknown(int axis, long dim) {
        var asks = StackWalker.getInstance().walk(frames -> frames.filter(frame -> !JAVA.matcher(frame.getClassName()).lookingAt()).skip(2).findFirst());
        if (asks.isEmpty() || LIBRARY.matcher(asks.get().getClassName()).lookingAt()) {
            return dim;
        }
        throw new IllegalStateException(asks.get().toStackTraceElement() + " asks for the length of axis " + axis + " of " + this
                + ", which is known only when something is fed: a Java loop over it would run zero times.\nMaybe work on the whole axis at once, such as "
                + "by sum(axis), or give the placeholder a length; a compiled function knows all lengths.");
    }

    /// The axis as a number from 0; throws [IllegalArgumentException] outside `[-rank, rank)`.
    public int axis(int axis) {
        if (axis < -rank() || axis >= rank()) {
            throw new IllegalArgumentException("axis " + axis + " does not exist in a tensor of shape " + this + ".");
        }
        return axis < 0 ? axis + rank() : axis;
    }

    /// Whether every length is known.
    public boolean known() {
        for (long dim : dims) {
            if (dim < 0) {
                return false;
            }
        }
        return true;
    }

    /// The number of elements; throws [IllegalStateException] where a length is unknown, [ArithmeticException] past 2⁶³.
    public long size() {
        long size = 1;
        // By position: an iterator would be allocated in every step of a running program.
        for (int axis = 0; axis < dims.size(); axis++) {
            long dim = dims.get(axis);
            if (dim < 0) {
                throw new IllegalStateException("The shape " + this + " has an unknown length, so it has no size.");
            }
            size = Math.multiplyExact(size, dim);
        }
        return size;
    }

    /// The distance in elements between neighbours along each axis, in row-major order.
    public long[] strides() {
        var strides = new long[rank()];
        long step = 1;
        for (int axis = rank() - 1; axis >= 0; axis--) {
            strides[axis] = step;
            step *= Math.max(1, dims.get(axis));
        }
        return strides;
    }

    /// The lengths as an array, a copy.
    public long[] toArray() {
        return dims.stream().mapToLong(Long::longValue).toArray();
    }

    /// This shape with one length replaced.
    public Shape with(int axis, long dim) {
        var out = new ArrayList<>(dims);
        out.set(axis(axis), dim);
        return new Shape(out);
    }

    /// This shape with an axis put in before `axis`, which may be the rank.
    public Shape insert(int axis, long dim) {
        var out = new ArrayList<>(dims);
        out.add(axis, dim);
        return new Shape(out);
    }

    /// This shape without these axes (each from 0).
    public Shape without(List<Integer> axes) {
        var out = new ArrayList<Long>();
        for (int axis = 0; axis < rank(); axis++) {
            if (!axes.contains(axis)) {
                out.add(dims.get(axis));
            }
        }
        return new Shape(out);
    }

    @Override
    public String toString() {
        return dims.stream().map(d -> d < 0 ? "?" : d.toString()).collect(Collectors.joining(", ", "[", "]"));
    }
}
