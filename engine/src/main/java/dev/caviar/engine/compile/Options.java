package dev.caviar.engine.compile;

import dev.caviar.engine.kernel.Provider;
import dev.caviar.engine.memory.DType;
import org.jspecify.annotations.Nullable;

/// How to compile: the routines to use, the number of threads that work on one step, and the narrow type that products run
/// in, if any.
///
/// ```java
/// var options = Options.of().withThreads(2);
/// ```
public record Options(Provider provider, int threads, @Nullable DType low) {
    public Options {
        if (threads < 1) {
            throw new IllegalArgumentException("A program runs on 1 thread or more, not on " + threads + ".");
        }
    }

    /// The best routines of this machine, one thread.
    public static Options of() {
        return new Options(Provider.best(), 1, null);
    }

    public Options withProvider(Provider provider) {
        return new Options(provider, threads, low);
    }

    public Options withThreads(int threads) {
        return new Options(provider, threads, low);
    }

    /// Products in BF16 or F16, everything else in F32 as traced; null for all in the types as traced. See [dev.caviar.engine.graph.Autocast].
    public Options withLow(@Nullable DType low) {
        return new Options(provider, threads, low);
    }
}
