package dev.caviar.nn.train;

/// What a training prints.
///
/// ```java
/// var quiet = Fit.of().withVerbosity(Verbosity.SILENT);
/// ```
public enum Verbosity {
    /// A bar on a terminal, lines elsewhere.
    AUTO,
    /// One line that fills as the epoch goes, then stays.
    BAR,
    /// One line per epoch.
    LINES,
    SILENT;

    Verbosity resolved() {
        if (this != AUTO) {
            return this;
        }
        var console = System.console();
        return console != null && console.isTerminal() ? BAR : LINES;
    }
}
