package dev.caviar.engine.tensor;

import dev.caviar.engine.memory.Type;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One call of an op to test it with: the inputs' types, the range that their values are drawn from, and for a bad one a
/// part of the message that is expected. Integer inputs are drawn from the same range, cut to whole numbers.
///
/// ```java
/// var good = Sample.of(Type.of(DType.F32, 3, 4)).within(0, 1);
/// var bad = Sample.bad("do not fill", Type.of(DType.F32, 5));     // a reshape of 12 numbers refuses it
/// ```
public record Sample(List<Type> in, double low, double high, @Nullable String error) {
    public static Sample of(Type... in) {
        return new Sample(List.of(in), -2, 2, null);
    }

    /// A call that must be refused with this text in the message.
    public static Sample bad(String error, Type... in) {
        return new Sample(List.of(in), -2, 2, error);
    }

    /// This sample with values from `[low, high)`.
    public Sample within(double low, double high) {
        return new Sample(in, low, high, error);
    }
}
