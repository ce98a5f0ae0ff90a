package dev.caviar.bench;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.List;

/// A program that runs as a process of its own and answers each line with a line: a peer that takes turns with us.
///
/// The process ends when this is closed, or with ours.
final class Dialogue implements AutoCloseable {
    private static final int KEPT = 15;

    private final Process process;
    private final BufferedReader in;
    private final BufferedWriter out;
    private final ArrayDeque<String> errors = new ArrayDeque<>();
    private final Thread listener;
    private final Thread hook;

    private Dialogue(Process process) {
        this.process = process;
        this.in = process.inputReader();
        this.out = process.outputWriter();
        this.listener = Thread.ofVirtual().start(this::listen);
        this.hook = new Thread(() -> Child.end(process), "caviar-bench-dialogue");
        Runtime.getRuntime().addShutdownHook(hook);
    }

    static Dialogue start(List<String> command) throws IOException {
        return new Dialogue(new ProcessBuilder(command).start());
    }

    /// A pipe that nobody reads would stop the process.
    private void listen() {
        try (var lines = process.errorReader()) {
            for (var line = lines.readLine(); line != null; line = lines.readLine()) {
                errors.add(line);
                if (errors.size() > KEPT) errors.remove();
            }
        } catch (IOException e) {
            errors.add(e.toString());
        }
    }

    /// The answer to a line. Throws [IOException] with the process's last words where it has ended.
    String ask(String line) throws IOException {
        try {
            out.write(line);
            out.newLine();
            out.flush();
            var answer = in.readLine();
            if (answer != null) return answer;
        } catch (IOException e) {
            // Its own words say more than a broken pipe does.
        }
        throw new IOException("no answer to \"" + line + "\"\n" + new Child(ended(), List.copyOf(errors)).tail());
    }

    private int ended() {
        try {
            process.destroy();
            listener.join();
            return process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return -1;
        }
    }

    @Override
    public void close() {
        Child.forget(hook);
        try {
            out.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            Child.end(process);
        }
    }
}
