package dev.caviar.engine.tensor;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The same values as another element type: to integers cut towards zero, to bool `!= 0`.
///
/// ```java
/// Tensor i = new Cast(DType.I32).on(Tensor.of(1.9, -1.9));      // {1, -1}
/// ```
public record Cast(DType to) implements Op {
    @Override
    public String label() {
        return "cast";
    }

    @Override
    public List<Type> infer(List<Type> in) {
        return List.of(in.getFirst().withDType(to));
    }

    @Override
    public List<@Nullable Tensor> vjp(Vjp v) {
        return Vjp.one(to.isFloat() && v.in(0).dtype().isFloat() ? v.grad().cast(v.in(0).dtype()) : null);
    }

    @Override
    public void run(Args a) {
        var x = a.in(0);
        a.loops().cast(x.type().dtype(), x.memory(), 0, to, a.out(0).memory(), 0, x.size());
    }

    @Override
    public Lane lane() {
        return new Lane.Convert(to, new Lane.In(0));
    }

    @Override
    public List<Sample> samples() {
        return List.of(Sample.of(Type.of(DType.F32, 3, 2)), Sample.of(Type.of(DType.I32, 4)), Sample.of(Type.of(DType.BOOL, 4)));
    }
}
