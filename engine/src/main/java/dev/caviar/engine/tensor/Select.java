package dev.caviar.engine.tensor;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Choices between tensors, element by element.
///
/// ```java
/// Tensor y = new Select.Where().on(Tensor.of(true, false), Tensor.of(1f, 2f), Tensor.of(3f, 4f));     // 1, 4
/// ```
public sealed interface Select extends Op {

    /// `a` where the condition is true, else `b`: three tensors of one shape, the condition boolean, the others of one type.
    record Where() implements Select {
        @Override
        public String label() {
            return "where";
        }

        @Override
        public Precision precision() {
            return Precision.FOLLOW;
        }

        @Override
        public List<Type> infer(List<Type> in) {
            var c = in.get(0);
            var a = in.get(1);
            var b = in.get(2);
            if (c.dtype() != DType.BOOL || !a.equals(b) || !c.shape().equals(a.shape())) {
                throw new ShapeException("where(" + c + ", " + a + ", " + b + "): it takes a bool and two of one type, all of "
                        + "one shape.\nMaybe compare with gt(), eq() … to get the bool.");
            }
            return List.of(a);
        }

        @Override
        public List<@Nullable Tensor> vjp(Vjp v) {
            var zero = v.grad().like(0);
            return Arrays.asList(null,
                    v.needed(1) ? v.in(0).where(v.grad(), zero) : null,
                    v.needed(2) ? v.in(0).where(zero, v.grad()) : null);
        }

        @Override
        public void run(Args a) {
            var y = a.out(0);
            a.loops().select(y.type().dtype(), a.in(0).memory(), 0, 1, a.in(1).memory(), 0, 1, a.in(2).memory(), 0, 1,
                    y.memory(), 0, y.size());
        }

        @Override
        public Lane lane() {
            return new Lane.Choose(new Lane.In(0), new Lane.In(1), new Lane.In(2));
        }

        @Override
        public List<Sample> samples() {
            var c = Type.of(DType.BOOL, 3, 4);
            var x = Type.of(DType.F32, 3, 4);
            return List.of(Sample.of(c, x, x), Sample.bad("it takes a bool", x, x, x), Sample.bad("of one shape",
                    Type.of(DType.BOOL, 4), x, x));
        }
    }
}
