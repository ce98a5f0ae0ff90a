package dev.caviar.engine.kernel;

import dev.caviar.engine.memory.DType;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The routines in use, chosen once by probing: oneDNN and the Vector API where they work, plain Java elsewhere.
///
/// The system property `caviar.provider` (or the variable `CAVIAR_PROVIDER`) asks for one by name: `plain` for plain Java in
/// everything, `vector` for what needs no native library, `onednn` to insist on it, `auto` for the best that works, which
/// is the default. `why` is a sentence for people: what was loaded and from where, or why not.
///
/// ```java
/// System.out.println(Provider.best().name() + ": " + Provider.best().why());
/// ```
public record Provider(String name, String why, Loops loops, Gemm gemm, Convolution convolution, Pooling pooling) {
    /// The best routines that work here. Throws [IllegalArgumentException] where the setting names no provider, and
    /// [IllegalStateException] where it insists on one that does not work here.
    public static Provider best() {
        return Chosen.best();
    }

    private static final ScopedValue<DType> ROUNDED = ScopedValue.newInstance();

    /// Lets the F32 products and convolutions that are prepared in `make` round what they multiply to a narrow type, where the processor is
    /// faster so (AMX); null leaves them exact.
    public static <T> T rounding(@Nullable DType low, Supplier<T> make) {
        return low == null ? make.get() : ScopedValue.where(ROUNDED, low).call(make::get);
    }

    static @Nullable DType rounded() {
        return ROUNDED.isBound() ? ROUNDED.get() : null;
    }

    /// Plain Java for everything: the oracle of the tests.
    public static Provider plain() {
        return Chosen.PLAIN;
    }
}
