package dev.caviar.engine.compile;

import dev.caviar.engine.kernel.Provider;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.Origin;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// How to compile: the routines to use, the number of threads that work on one step, and the narrow type that products run
/// in, if any; whether to look for numbers that are not finite, and whether ops share loops.
///
/// ```java
/// var options = Options.of().withThreads(2);
/// ```
public record Options(Provider provider, int threads, @Nullable DType low, Set<String> exact, boolean nanCheck,
        boolean fusion) {
    public Options {
        exact = Set.copyOf(exact);
        if (threads < 1) {
            throw new IllegalArgumentException("A program runs on 1 thread or more, not on " + threads + ".");
        }
    }

    /// The best routines of this machine, one thread.
    public static Options of() {
        return new Options(Provider.best(), 1, null, Set.of(), false, true);
    }

    public Options withProvider(Provider provider) {
        return new Options(provider, threads, low, exact, nanCheck, fusion);
    }

    public Options withThreads(int threads) {
        return new Options(provider, threads, low, exact, nanCheck, fusion);
    }

    /// Products in BF16 or F16, everything else in F32 as traced; null for all in the types as traced. See [dev.caviar.engine.graph.Autocast].
    public Options withLow(@Nullable DType low) {
        return new Options(provider, threads, low, exact, nanCheck, fusion);
    }

    /// Products of these parts stay as they were traced, whatever [#withLow] says: parts of the model by path, such as `encoder` or
    /// `encoder/dense`.
    public Options withExact(Set<String> exact) {
        return new Options(provider, threads, low, exact, nanCheck, fusion);
    }

    /// Whether what comes from here stays as it was traced.
    boolean exact(Origin origin) {
        var part = origin.part().replace("∇", "");
        return exact.stream().anyMatch(one -> part.equals(one) || part.startsWith(one + "/"));
    }

    /// Each op on its own, and its results looked through: slow, but a number that is not finite is found where it is made, which
    /// throws [NonFiniteException].
    public Options withNanCheck(boolean nanCheck) {
        return new Options(provider, threads, low, exact, nanCheck, fusion);
    }

    /// Without fusion each op is a step of its own: slower, and easier to look into.
    public Options withFusion(boolean fusion) {
        return new Options(provider, threads, low, exact, nanCheck, fusion);
    }
}
