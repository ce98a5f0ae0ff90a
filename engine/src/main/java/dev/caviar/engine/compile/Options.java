package dev.caviar.engine.compile;

import dev.caviar.engine.kernel.Provider;

/// How to compile: the routines to use, and the number of threads that work on one step.
///
/// ```java
/// var options = Options.of().withThreads(2);
/// ```
public record Options(Provider provider, int threads) {
    public Options {
        if (threads < 1) {
            throw new IllegalArgumentException("A program runs on 1 thread or more, not on " + threads + ".");
        }
    }

    /// The best routines of this machine, one thread.
    public static Options of() {
        return new Options(Provider.best(), 1);
    }

    public Options withProvider(Provider provider) {
        return new Options(provider, threads);
    }

    public Options withThreads(int threads) {
        return new Options(provider, threads);
    }
}
