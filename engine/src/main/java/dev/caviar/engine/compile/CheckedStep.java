package dev.caviar.engine.compile;

import dev.caviar.engine.kernel.Team;
import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Node;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/// One op whose results are looked through after it has run.
///
/// An op is to blame for a NaN where none went in, and for an infinity where neither went in; a constant such as −∞ in a mask is
/// meant. Nothing is looked for in what went in before there is something to explain.
final class CheckedStep implements Step {
    private final Step step;
    private final Node node;
    private final int index;
    private final List<Slot> inSlots;
    private final List<Slot> outSlots;
    private List<Buffer> in = List.of();
    private List<Buffer> out = List.of();

    CheckedStep(Step step, Node node, Values values, int index) {
        this.step = step;
        this.node = node;
        this.index = index;
        this.inSlots = node.in().stream().map(values::slot).toList();
        this.outSlots = values.slots(node);
    }

    @Override
    public void bind(Function<Slot, Buffer> memory) {
        step.bind(memory);
        var ins = new ArrayList<Buffer>();
        for (int i = 0; i < inSlots.size(); i++) {
            ins.add(memory.apply(inSlots.get(i)).as(node.in().get(i).type()));
        }
        in = ins;
        out = outSlots.stream().map(memory).toList();
    }

    @Override
    public void run(Team team) {
        step.run(team);
        for (var made : out) {
            long at = wrong(made);
            if (at >= 0) {
                explain(made, at);
            }
        }
    }

    /// The first element that is not finite; −1 where there is none.
    private static long wrong(Buffer buffer) {
        if (!buffer.type().dtype().isFloat()) {
            return -1;
        }
        for (long i = 0; i < buffer.size(); i++) {
            if (!Double.isFinite(buffer.at(i))) {
                return i;
            }
        }
        return -1;
    }

    private void explain(Buffer made, long at) {
        double value = made.at(at);
        boolean nanMade = nan(made);
        for (int i = 0; i < in.size(); i++) {
            if (wrong(in.get(i)) >= 0 && inSlots.get(i).input >= 0) {
                throw given(i);
            }
            if (nanMade ? nan(in.get(i)) : wrong(in.get(i)) >= 0) {
                return;
            }
        }
        var text = new StringBuilder(node.op().label()).append(part()).append(" (step ").append(index)
                .append(NonFiniteException.where(node.where())).append(") gave ").append(value).append(" at ").append(place(made.type(), at))
                .append(" of ").append(made.type()).append(in.isEmpty() ? "" : ", from");
        for (var operand : in) {
            text.append(operand == in.getFirst() ? " " : " and ").append(operand.type()).append(range(operand));
        }
        throw new NonFiniteException(text.append(".\n").append(NonFiniteException.advice(node.op().label(), value)).toString(),
                node.op().label(), node.origin().part(), index, -1, value);
    }

    private NonFiniteException given(int i) {
        long at = wrong(in.get(i));
        int input = inSlots.get(i).input;
        double value = in.get(i).at(at);
        return new NonFiniteException("The program was given " + value + " at " + place(in.get(i).type(), at) + " of input " + input + " ("
                + in.get(i).type() + "), which " + node.op().label() + part() + " was the first to use.\nMaybe the data has a value that is "
                + "not finite, or an earlier step made one.", node.op().label(), node.origin().part(), index, input, value);
    }

    private String part() {
        return node.origin().part().isEmpty() ? "" : " in \"" + node.origin().part() + "\"";
    }

    private static boolean nan(Buffer buffer) {
        for (long i = 0; buffer.type().dtype().isFloat() && i < buffer.size(); i++) {
            if (Double.isNaN(buffer.at(i))) {
                return true;
            }
        }
        return false;
    }

    private static String range(Buffer buffer) {
        double low = Double.POSITIVE_INFINITY;
        double high = Double.NEGATIVE_INFINITY;
        for (long i = 0; i < buffer.size(); i++) {
            low = Math.min(low, buffer.at(i));
            high = Math.max(high, buffer.at(i));
        }
        return buffer.size() == 0 ? "" : buffer.size() == 1 ? " of " + low : " between " + low + " and " + high;
    }

    /// An element's place along each axis.
    private static List<Long> place(Type type, long at) {
        var out = new ArrayList<Long>();
        var strides = type.shape().strides();
        long rest = at;
        for (long stride : strides) {
            out.add(stride == 0 ? 0 : rest / stride);
            rest = stride == 0 ? rest : rest % stride;
        }
        return out;
    }

    @Override
    public String what() {
        return step.what();
    }

    @Override
    public String how() {
        return "checked, " + step.how();
    }

    @Override
    public Slot shown() {
        return step.shown();
    }
}
