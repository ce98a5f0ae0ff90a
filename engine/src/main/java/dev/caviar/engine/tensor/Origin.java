package dev.caviar.engine.tensor;

import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Where an op of a trace comes from: the part of the model that asked for it, such as `encoder/dense`, and the line of the
/// program. Graphs, plans, profiles and errors name both.
///
/// The part is a path that callers build up by nesting [#named]; ops that a gradient rule writes belong to `∇` of their
/// op's part. What a pass writes in the place of an op inherits that op's origin.
///
/// ```java
/// Graph g = Origin.named("encoder", () -> Trace.of(in -> List.of(in.get(0).tanh()), Type.of(DType.F32, 3)));
/// String part = g.nodes().getFirst().origin().part();      // encoder
/// ```
public record Origin(String part, @Nullable StackTraceElement where) {
    private static final ScopedValue<Origin> CURRENT = ScopedValue.newInstance();
    private static final Origin NOWHERE = new Origin("", null);
    private static final String GRADIENT = "∇";
    /// The project's own code, but not its tests.
    private static final Pattern ENGINE = Pattern.compile("(java|jdk|sun)\\.|dev\\.caviar\\.engine\\.(?![\\w.]*Test\\b)");
    private static final Pattern LIBRARY =
            Pattern.compile("(java|jdk|sun)\\.|dev\\.caviar\\.(engine|nn|lab|tune|exchange|spark|app|bench)\\.(?![\\w.]*Test\\b)");

    /// The origin of what is written now; its line is known only where a pass writes in the place of another op.
    public static Origin current() {
        return CURRENT.orElse(NOWHERE);
    }

    /// Runs `body` as a part of what runs now.
    public static <T> T named(String name, Supplier<T> body) {
        var part = current().part;
        return new Origin(part.isEmpty() ? name : part + "/" + name, current().where).scoped(body);
    }

    /// Runs what writes in the place of an op from here.
    public <T> T scoped(Supplier<T> body) {
        return ScopedValue.where(CURRENT, this).call(body::get);
    }

    /// The gradient rules of what is from here.
    public Origin gradient() {
        return part.isEmpty() || part.startsWith(GRADIENT) ? this : new Origin(GRADIENT + part, where);
    }

    /// This with the line that calls the engine now, where none is known yet.
    public Origin located() {
        return where != null ? this : new Origin(part, caller(ENGINE).orElse(null));
    }

    /// The line of the user's own program that is running now; of the library's, where there is no other.
    static @Nullable StackTraceElement line() {
        return caller(LIBRARY).or(() -> caller(ENGINE)).orElse(null);
    }

    private static Optional<StackTraceElement> caller(Pattern own) {
        return StackWalker.getInstance().walk(frames -> frames
                .filter(frame -> !own.matcher(frame.getClassName()).lookingAt())
                .findFirst().map(StackWalker.StackFrame::toStackTraceElement));
    }
}
