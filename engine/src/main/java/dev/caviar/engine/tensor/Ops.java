package dev.caviar.engine.tensor;

import dev.caviar.engine.kernel.ReduceFn;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.memory.Type;
import java.util.ArrayList;
import java.util.List;

/// One of each op, with attributes that exercise it: what the conformance tests go through.
///
/// ```java
/// var names = Ops.prototypes().stream().map(Op::label).distinct().toList();     // neg, abs, sign …
/// ```
public final class Ops {
    private Ops() {}

    public static List<Op> prototypes() {
        var ops = new ArrayList<Op>(List.of(Unary.values()));
        ops.addAll(List.of(Binary.values()));
        ops.add(new Select.Where());
        for (var fn : ReduceFn.values()) {
            for (var axes : List.of(List.of(0), List.of(1), List.of(2), List.of(0, 1), List.of(0, 1, 2))) {
                ops.add(new Reduce(fn, axes));
            }
        }
        ops.addAll(List.of(
                new View.Reshape(Shape.of(3, 4)),
                new Move.Transpose(List.of(1, 0)),
                new Move.Transpose(List.of(2, 0, 1)),
                new Move.Expand(Shape.of(4, 3), List.of(0)),
                new Move.Expand(Shape.of(4, 3), List.of(1)),
                new Move.Expand(Shape.of(2, 3, 4), List.of(0, 2)),
                new Move.Slice(List.of(1L, 0L), List.of(2L, 3L), List.of(1L, 2L)),
                new Move.Pad(List.of(1L, 0L), List.of(0L, 2L), List.of(1L, 2L)),
                new Move.Concat(0),
                new Move.Concat(1),
                new Move.Reverse(List.of(0)),
                new Move.Reverse(List.of(0, 1)),
                new Cast(DType.F64),
                new Cast(DType.F32),
                new Cast(DType.I32),
                new Cast(DType.BOOL),
                new View.Stop(),
                new View.After(),
                new Contract(List.of(), List.of(), List.of(1), List.of(0)),
                new Contract(List.of(), List.of(), List.of(0), List.of(0)),
                new Contract(List.of(), List.of(), List.of(1), List.of(1)),
                new Contract(List.of(0), List.of(0), List.of(2), List.of(1)),
                new Contract(List.of(1), List.of(2), List.of(2), List.of(0)),
                new Contract(List.of(), List.of(), List.of(0, 2), List.of(2, 0)),
                new Index.Gather(),
                new Index.Gather(1),
                new Index.ScatterAdd(5),
                new Index.ScatterAdd(5, 1),
                new Index.OneHot(4, DType.F32),
                new Index.ArgSort(),
                new Index.Arg(true, 1),
                new Index.Arg(false, 0),
                new Random.Draw(Random.Distribution.UNIFORM, Type.of(DType.F32, 100)),
                new Random.Draw(Random.Distribution.NORMAL, Type.of(DType.F32, 10, 10)),
                new Random.Coin(Shape.of(7, 30)),
                new Random.Split(3),
                new Call(new Standardize(List.of(0))),
                new Call(new Standardize(List.of(0, 2))),
                new Call(Bodies.SOFTMAX_CROSS_ENTROPY),
                new Loop(new Rnn.Step(Rnn.of(Rnn.Cell.LSTM)), 2, 1, 3, false, false),
                new Loop(new Rnn.Step(Rnn.of(Rnn.Cell.LSTM)), 2, 1, 3, true, false),
                new Call(Rnn.of(Rnn.Cell.SIMPLE)),
                new Call(Rnn.of(Rnn.Cell.LSTM)),
                new Call(Rnn.of(Rnn.Cell.GRU)),
                new Call(Rnn.of(Rnn.Cell.GRU_RESET_BEFORE)),
                new Call(new Rnn(Rnn.Cell.GRU, true, true, false))));
        ops.addAll(Conv.prototypes());
        ops.addAll(Window.prototypes());
        return List.copyOf(ops);
    }
}
