package dev.caviar.engine.compile;

import dev.caviar.engine.compile.Nest.Axis;
import dev.caviar.engine.compile.Values.Mode;
import dev.caviar.engine.kernel.Loops;
import dev.caviar.engine.kernel.Provider;
import dev.caviar.engine.kernel.ReduceFn;
import dev.caviar.engine.kernel.Team;
import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.tensor.Move;
import dev.caviar.engine.tensor.Node;
import dev.caviar.engine.tensor.Reduce;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A reduction or a repetition of axes in the middle of a tensor: one loop over rows and columns, for each slice in front of them.
final class SlicedStep implements Step {
    private final Unit.Single unit;
    private final Slot in;
    private final Slot out;
    private final Cut cut;
    private final Kernels.Compiled compiled;
    private final Table table = new Table(2);
    private MemorySegment from = MemorySegment.NULL;
    private MemorySegment to = MemorySegment.NULL;

    /// `slices × rows × columns` elements, of which the rows come or go.
    private record Cut(Nest nest, long slices, long rows, long columns, long inBytes, long outBytes) {}

    private SlicedStep(Unit.Single unit, Values values, Cut cut) {
        this.unit = unit;
        this.in = values.slot(unit.node.in().getFirst());
        this.out = values.slots(unit.node).getFirst();
        this.cut = cut;
        this.compiled = Kernels.of(cut.nest, true);
    }

    /// The step of a unit that is such an op, else null.
    static @Nullable SlicedStep of(Unit.Single unit, Values values, Provider provider) {
        var cut = provider.loops() == Loops.plain() ? null : cut(unit.node);
        return cut == null ? null : new SlicedStep(unit, values, cut);
    }

    private static @Nullable Cut cut(Node node) {
        var in = node.in().getFirst().type();
        return switch (node.op()) {
            case Reduce(ReduceFn fn, List<Integer> axes) when in.dtype() == DType.F32 && fn != ReduceFn.PROD && !axes.isEmpty() ->
                cut(in.shape(), axes, new Nest(Axis.COLUMNS, List.of(new Nest.Source(DType.F32, Mode.FULL)),
                        List.of(new Nest.Reduce(fn, DType.F32, 0)), List.of(new Nest.Store(1, Mode.ROW, -1))), true);
            case Move.Expand(Shape shape, List<Integer> axes) when in.dtype() == DType.F32 && neighbours(axes) ->
                cut(shape, axes, new Nest(Axis.ROWS, List.of(new Nest.Source(DType.F32, Mode.ROW)), List.of(),
                        List.of(new Nest.Store(0, Mode.FULL, -1))), false);
            default -> null;
        };
    }

    private static boolean neighbours(List<Integer> axes) {
        return !axes.isEmpty() && axes.getLast() - axes.getFirst() == axes.size() - 1;
    }

    private static @Nullable Cut cut(Shape whole, List<Integer> axes, Nest nest, boolean reduces) {
        long slices = Groups.product(whole.dims().subList(0, axes.getFirst()));
        long rows = Groups.product(whole.dims().subList(axes.getFirst(), axes.getLast() + 1));
        long columns = Groups.product(whole.dims().subList(axes.getLast() + 1, whole.rank()));
        long all = 4 * rows * columns;
        long few = 4 * columns;
        return slices == 0 || rows == 0 || columns < 2 ? null : new Cut(nest, slices, rows, columns, reduces ? all : few, reduces ? few : all);
    }

    @Override
    public void bind(Function<Slot, Buffer> places) {
        from = FusedStep.place(places, in);
        to = FusedStep.place(places, out);
    }

    @Override
    public void run(Team team) {
        long end = cut.nest.axis() == Axis.ROWS ? cut.rows : cut.columns;
        for (long slice = 0; slice < cut.slices; slice++) {
            table.set(0, from.address() + slice * cut.inBytes);
            table.set(1, to.address() + slice * cut.outBytes);
            compiled.kernel().run(table.address(), cut.rows, cut.columns, 0, end);
        }
        Reference.reachabilityFence(this);
    }

    @Override
    public String what() {
        return unit.what();
    }

    @Override
    public String how() {
        return cut.slices + " slices, " + compiled.how();
    }

    @Override
    public Slot shown() {
        return out;
    }
}
