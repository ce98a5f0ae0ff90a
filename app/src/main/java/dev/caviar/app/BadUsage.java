package dev.caviar.app;

import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/// Says in one message what is wrong with a command line, and what may have been meant.
final class BadUsage {
    private BadUsage() {}

    static int report(ParameterException e) {
        var line = e.getCommandLine();
        var spec = line.getCommandSpec();
        line.getErr().println(spec.qualifiedName() + ": " + message(e, spec));
        line.getErr().println(advice(e, spec));
        return ExitCode.USAGE;
    }

    private static String message(ParameterException e, CommandSpec spec) {
        if (!(e instanceof UnmatchedArgumentException unmatched)) return e.getMessage();
        var word = unmatched.getUnmatched().getFirst();
        if (word.startsWith("-")) return "there is no option " + word + ".";
        return spec.subcommands().isEmpty() ? "there is no place for the argument " + word + "." : "there is no command " + word + ".";
    }

    private static String advice(ParameterException e, CommandSpec spec) {
        var help = "`" + spec.qualifiedName() + " --help` lists what there is.";
        var word = e instanceof UnmatchedArgumentException unmatched ? unmatched.getUnmatched().getFirst() : "";
        var known = word.startsWith("-")
                ? spec.options().stream().flatMap(option -> Stream.of(option.names())).toList()
                : List.copyOf(spec.subcommands().keySet());
        var near = nearest(word.contains("=") ? word.substring(0, word.indexOf('=')) : word, known);
        return near == null ? "Maybe look it up: " + help : "Maybe you meant " + near + ": " + help;
    }

    /// The known word with the fewest edits, where they are few for its length.
    private static @Nullable String nearest(String word, List<String> known) {
        return known.stream()
                .filter(name -> distance(word, name) <= Math.max(1, name.length() / 3))
                .min(Comparator.comparingInt((String name) -> distance(word, name)).thenComparing(Comparator.naturalOrder()))
                .orElse(null);
    }

    /// Levenshtein's distance, one row at a time.
    private static int distance(String a, String b) {
        var row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) row[j] = j;
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int swap = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(swap, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.length()];
    }
}
