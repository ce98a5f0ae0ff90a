package dev.caviar.app;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/// What commands print to: UTF-8 whatever the locale says, since `★` is part of the output that scripts look for.
final class Streams {
    private Streams() {}

    static PrintStream out() {
        return new PrintStream(System.out, true, StandardCharsets.UTF_8);
    }

    static PrintStream err() {
        return new PrintStream(System.err, true, StandardCharsets.UTF_8);
    }

    /// Whether a person watches: only then something may be drawn that is wiped out again.
    static boolean terminal() {
        var console = System.console();
        return console != null && console.isTerminal();
    }
}
