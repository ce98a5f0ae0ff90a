package dev.caviar.engine.tensor;

import dev.caviar.engine.memory.Type;
import java.util.List;

/// What an op asks of the machine: arithmetic on elements, and bytes that pass between it and memory.
///
/// An addition, a comparison and an exponential count one each, a multiply-add counts two. Bytes are those of the operands
/// and results themselves, each once: what a cache saves or a bad access pattern adds is not in it. All are zero for ops
/// that move nothing, such as a reshape.
///
/// ```java
/// var product = new Contract(List.of(), List.of(), List.of(1), List.of(0));
/// Cost cost = product.cost(List.of(Type.of(DType.F32, 64, 784), Type.of(DType.F32, 784, 256)));
/// double perByte = cost.intensity();      // 2·64·784·256 operations for 1.1 MB: 24
/// ```
public record Cost(long flops, long read, long written) {
    /// No work at all.
    public static final Cost NONE = new Cost(0, 0, 0);

    /// Reading these and writing those, with so much arithmetic.
    public static Cost of(long flops, List<Type> read, List<Type> written) {
        return new Cost(flops, bytes(read), bytes(written));
    }

    private static long bytes(List<Type> types) {
        long bytes = 0;
        for (var type : types) {
            bytes = Math.addExact(bytes, type.bytes());
        }
        return bytes;
    }

    /// Both together.
    public Cost plus(Cost other) {
        return new Cost(flops + other.flops, read + other.read, written + other.written);
    }

    /// The same work on other bytes.
    public Cost withBytes(long read, long written) {
        return new Cost(flops, read, written);
    }

    /// All bytes that are moved.
    public long bytes() {
        return read + written;
    }

    /// Operations for each byte: low where memory is what it waits for. Infinite where nothing is moved.
    public double intensity() {
        return (double) flops / bytes();
    }

    /// The operations that one element of an expression takes.
    static int each(Lane lane) {
        return switch (lane) {
            case Lane.In _ -> 0;
            case Lane.Convert convert -> each(convert.x());
            case Lane.Map1 map -> 1 + each(map.x());
            case Lane.Map2 map -> 1 + each(map.a()) + each(map.b());
            case Lane.Choose choose -> 1 + each(choose.condition()) + each(choose.a()) + each(choose.b());
        };
    }
}
