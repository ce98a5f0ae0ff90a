package dev.caviar.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;

/// A program that ran as a process of its own: its exit code and the last lines it wrote.
///
/// The process, and what it started, ends with ours.
record Child(int code, List<String> lines) {
    private static final int KEPT = 15;

    /// Runs a command to its end. The lines of both of its streams that `shown` picks go to standard error.
    static Child run(List<String> command, Predicate<String> shown) throws IOException {
        return run(command, line -> {
            if (shown.test(line)) System.err.println("  " + line);
        });
    }

    private static Child run(List<String> command, Consumer<String> listener) throws IOException {
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        var hook = new Thread(() -> end(process), "caviar-bench-child");
        Runtime.getRuntime().addShutdownHook(hook);
        try (var reader = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            process.getOutputStream().close();
            var last = new ArrayDeque<String>();
            for (var line = reader.readLine(); line != null; line = reader.readLine()) {
                listener.accept(line);
                last.add(line);
                if (last.size() > KEPT) last.remove();
            }
            return new Child(process.waitFor(), List.copyOf(last));
        } catch (InterruptedException e) {
            end(process);
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            forget(hook);
        }
    }

    boolean failed() {
        return code != 0;
    }

    /// The last line that tells of an error, or the last line.
    String reason() {
        return lines.reversed().stream().filter(line -> line.contains("rror")).findFirst()
                .orElse(lines.isEmpty() ? "it ended with code " + code : lines.getLast());
    }

    /// All the lines that are kept, indented.
    String tail() {
        return String.join("\n", lines.stream().map(line -> "  " + line).toList());
    }

    static void end(Process process) {
        process.descendants().forEach(ProcessHandle::destroy);
        process.destroy();
    }

    static void forget(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // Our process is ending, and the hook is at work.
        }
    }
}
