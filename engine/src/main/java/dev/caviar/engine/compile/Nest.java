package dev.caviar.engine.compile;

import dev.caviar.engine.compile.Values.Mode;
import dev.caviar.engine.kernel.BinaryFn;
import dev.caviar.engine.kernel.ReduceFn;
import dev.caviar.engine.kernel.UnaryFn;
import dev.caviar.engine.memory.DType;
import java.util.List;
import java.util.Locale;
import java.util.function.IntUnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// A fused loop over `rows × columns` elements without addresses and sizes, so that equal nests share one compiled class.
///
/// Value `k` is source `k`, and after the sources come the results of the instructions. A reduction along the axis makes one
/// number for each row (or column); what reads it runs in a later pass over the same row (or column), while that is in the
/// cache:
///
/// ```
/// rows  %0 = f32 full  %1 = f32 column
///       %2 = sub %0 %1
///       %3 = exp %2            -> full
///       %4 = sum %3            -> column
/// ```
record Nest(Axis axis, List<Source> sources, List<Instruction> instructions, List<Store> stores) {
    /// FLAT has no rows; ROWS goes through the rows one by one and reduces each to a number; COLUMNS goes through blocks of columns.
    enum Axis { FLAT, ROWS, COLUMNS }

    record Source(DType dtype, Mode mode) {}

    /// One op; `dtype` is that of its result.
    sealed interface Instruction {
        DType dtype();

        List<Integer> operands();

        /// The same over other operands.
        Instruction with(IntUnaryOperator other);

        String label();
    }

    record Map1(UnaryFn fn, DType dtype, int a) implements Instruction {
        @Override
        public List<Integer> operands() {
            return List.of(a);
        }

        @Override
        public Instruction with(IntUnaryOperator other) {
            return new Map1(fn, dtype, other.applyAsInt(a));
        }

        @Override
        public String label() {
            return lower(fn);
        }
    }

    record Map2(BinaryFn fn, DType dtype, int a, int b) implements Instruction {
        @Override
        public List<Integer> operands() {
            return List.of(a, b);
        }

        @Override
        public Instruction with(IntUnaryOperator other) {
            return new Map2(fn, dtype, other.applyAsInt(a), other.applyAsInt(b));
        }

        @Override
        public String label() {
            return lower(fn);
        }
    }

    record Choose(DType dtype, int condition, int a, int b) implements Instruction {
        @Override
        public List<Integer> operands() {
            return List.of(condition, a, b);
        }

        @Override
        public Instruction with(IntUnaryOperator other) {
            return new Choose(dtype, other.applyAsInt(condition), other.applyAsInt(a), other.applyAsInt(b));
        }

        @Override
        public String label() {
            return "where";
        }
    }

    record Convert(DType dtype, int a) implements Instruction {
        @Override
        public List<Integer> operands() {
            return List.of(a);
        }

        @Override
        public Instruction with(IntUnaryOperator other) {
            return new Convert(dtype, other.applyAsInt(a));
        }

        @Override
        public String label() {
            return "cast " + lower(dtype);
        }
    }

    /// Along the axis of the nest.
    record Reduce(ReduceFn fn, DType dtype, int a) implements Instruction {
        @Override
        public List<Integer> operands() {
            return List.of(a);
        }

        @Override
        public Instruction with(IntUnaryOperator other) {
            return new Reduce(fn, dtype, other.applyAsInt(a));
        }

        @Override
        public String label() {
            return lower(fn);
        }
    }

    /// The position of the first largest or smallest element of a row.
    record Arg(boolean largest, int a) implements Instruction {
        @Override
        public DType dtype() {
            return DType.I64;
        }

        @Override
        public List<Integer> operands() {
            return List.of(a);
        }

        @Override
        public Instruction with(IntUnaryOperator other) {
            return new Arg(largest, other.applyAsInt(a));
        }

        @Override
        public String label() {
            return largest ? "argmax" : "argmin";
        }
    }

    /// A value that goes to memory. `over` is the source whose memory it takes over, or −1.
    record Store(int value, Mode mode, int over) {}

    Nest {
        sources = List.copyOf(sources);
        instructions = List.copyOf(instructions);
        stores = List.copyOf(stores);
    }

    DType dtype(int value) {
        return value < sources.size() ? sources.get(value).dtype() : instructions.get(value - sources.size()).dtype();
    }

    /// What a reduction along the axis leaves.
    Mode reduced() {
        return axis == Axis.COLUMNS ? Mode.ROW : Mode.COLUMN;
    }

    /// How each value varies over the rows and columns.
    Mode[] modes() {
        var modes = new Mode[sources.size() + instructions.size()];
        for (int k = 0; k < modes.length; k++) {
            if (k < sources.size()) {
                modes[k] = sources.get(k).mode();
            } else {
                modes[k] = switch (instructions.get(k - sources.size())) {
                    case Reduce _, Arg _ -> reduced();
                    case Instruction other -> other.operands().stream().map(o -> modes[o]).reduce(Mode.SCALAR, Nest::join);
                };
            }
        }
        return modes;
    }

    static Mode join(Mode a, Mode b) {
        return a == b || b == Mode.SCALAR ? a : a == Mode.SCALAR ? b : Mode.FULL;
    }

    /// Cuts between threads fall on multiples of this: lines of the cache are not shared, and blocks of columns stay whole.
    long grain() {
        return switch (axis) {
            case FLAT -> 1024;
            case ROWS -> 1;
            case COLUMNS -> 64;
        };
    }

    /// The nest as text, one value a line, results with where they go.
    String print() {
        var out = new StringBuilder(lower(axis));
        for (int k = 0; k < sources.size(); k++) {
            out.append(" %").append(k).append(':').append(lower(sources.get(k).dtype())).append(' ').append(lower(sources.get(k).mode()));
        }
        out.append('\n');
        for (int k = 0; k < instructions.size(); k++) {
            int value = sources.size() + k;
            var at = instructions.get(k);
            out.append("  %").append(value).append(":").append(lower(at.dtype())).append(" = ").append(at.label());
            at.operands().forEach(o -> out.append(" %").append(o));
            out.append(stored(value)).append('\n');
        }
        IntStream.range(0, sources.size()).filter(k -> !stored(k).isEmpty()).forEach(k -> out.append("  %").append(k).append(stored(k)).append('\n'));
        return out.toString();
    }

    private String stored(int value) {
        return stores.stream().filter(store -> store.value() == value)
                .map(store -> " -> " + lower(store.mode()) + (store.over() < 0 ? "" : " over %" + store.over())).collect(Collectors.joining());
    }

    private static String lower(Enum<?> name) {
        return name.name().toLowerCase(Locale.ROOT);
    }
}
