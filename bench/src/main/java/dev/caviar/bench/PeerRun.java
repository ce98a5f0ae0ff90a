package dev.caviar.bench;

import dev.caviar.app.BadInput;
import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import dev.caviar.nn.data.Batches;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.data.Normaliser;
import dev.caviar.nn.format.NumPy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A peer, ready to do work: its program is installed, and a folder of its own holds arrays, request and answer until it is closed.
///
/// Made before our own work is measured, so that a peer that cannot be installed ends the command at once.
final class PeerRun implements AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.shared();

    private final Peer peer;
    private final Path folder;
    private final List<String> command;
    private final Thread hook = new Thread(this::clear, "caviar-bench-clear");

    private PeerRun(Peer peer, Runner runner, int threads) {
        this.peer = peer;
        try {
            folder = Files.createTempDirectory("caviar-bench");
        } catch (IOException e) {
            throw new BadInput("No temporary folder can be made: " + e + ".\nMaybe the disk is full.", e);
        }
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            command = runner.ready(folder, threads);
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    static PeerRun of(Peer peer, int threads) {
        return of(peer, peer.runner, threads);
    }

    static PeerRun of(Peer peer, Runner runner, int threads) {
        return new PeerRun(peer, runner, threads);
    }

    /// Gives the peer the arrays: normalised F32 features and I64 classes, to train on and to test on.
    void give(Examples train, Examples test, Normaliser normaliser) {
        give("train", train, normaliser);
        give("test", test, normaliser);
    }

    private void give(String part, Examples examples, Normaliser normaliser) {
        NumPy.write(folder.resolve("x_" + part + ".npy"), normaliser.apply(examples.features()));
        NumPy.write(folder.resolve("y_" + part + ".npy"), whole(examples.labels()));
    }

    /// Gives the peer what a training of ours begins with: the weights by name, and the order of the examples in each pass.
    void begin(Map<String, Buffer> weights, Batches batches, int epochs) {
        try {
            for (var weight : weights.entrySet()) {
                var file = folder.resolve("weights").resolve(weight.getKey() + ".npy");
                Files.createDirectories(file.getParent());
                NumPy.write(file, weight.getValue());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        int n = batches.examples().size();
        var order = Buffer.allocate(Type.of(DType.I64, epochs, n));
        for (int epoch = 0; epoch < epochs; epoch++) {
            batches.start(epoch);
            for (int i = 0; i < n; i++) order.setLong((long) epoch * n + i, batches.position(i / batches.size(), i % batches.size()));
        }
        NumPy.write(folder.resolve("order.npy"), order);
    }

    private static Buffer whole(Buffer labels) {
        if (labels.type().dtype() == DType.I64) return labels;
        var out = Buffer.allocate(labels.type().withDType(DType.I64));
        for (long i = 0; i < labels.size(); i++) out.setLong(i, labels.longAt(i));
        return out;
    }

    /// Has the work done, and returns the figures: those of the peer, its name first.
    Map<String, Object> run(Map<String, ?> request) {
        var answer = folder.resolve("answer.json");
        System.err.println("caviar bench: " + peer.title + " does the same work");
        try {
            var child = Child.run(words(request, answer), line -> line.matches("(pass|trial) \\d+: .*"));
            if (child.failed() || !Files.exists(answer)) throw new PeerException(peer, child);
            var figures = new LinkedHashMap<String, Object>();
            figures.put("name", peer.option);
            JSON.readTree(Files.readString(answer)).properties().forEach(entry -> figures.put(entry.getKey(), JSON.treeToValue(entry.getValue(), Object.class)));
            return figures;
        } catch (IOException e) {
            throw new UncheckedIOException("The peer " + peer.title + " could not be run.", e);
        }
    }

    private List<String> words(Map<String, ?> request, Path answer) throws IOException {
        var whole = new LinkedHashMap<String, Object>(request);
        whole.put("peer", peer.option);
        whole.put("folder", folder.toString());
        whole.put("answer", answer.toString());
        var words = new ArrayList<>(command);
        words.add(Files.writeString(folder.resolve("request.json"), JSON.writeValueAsString(whole)).toString());
        return words;
    }

    /// A peer that takes turns with us: it works only while it is asked.
    record Turns(Dialogue dialogue) implements AutoCloseable {
        /// Has it do the work of that name for so long, and returns what it says of it.
        JsonNode take(String name, double seconds) {
            try {
                return JSON.readTree(dialogue.ask(name + " " + seconds));
            } catch (IOException e) {
                throw new UncheckedIOException("The peer ended in its turn.", e);
            }
        }

        @Override
        public void close() {
            dialogue.close();
        }
    }

    /// Starts the peer for a request and takes turns from then on.
    Turns turns(Map<String, ?> request) {
        try {
            return new Turns(Dialogue.start(words(request, folder.resolve("answer.json"))));
        } catch (IOException e) {
            throw new UncheckedIOException("The peer " + peer.title + " could not be run.", e);
        }
    }

    /// A number of the figures.
    static double number(Map<String, ?> figures, String name) {
        if (figures.get(name) instanceof Number number) return number.doubleValue();
        throw new IllegalStateException("The peer's answer has no number \"" + name + "\": " + figures);
    }

    /// The passes of the figures of a training.
    static Passes passes(Map<String, ?> figures) {
        if (figures.get("seconds_per_epoch") instanceof List<?> list && !list.isEmpty())
            return new Passes(list.stream().map(each -> ((Number) each).doubleValue()).toList());
        throw new IllegalStateException("The peer's answer has no seconds: " + figures);
    }

    @Override
    public void close() {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            return;    // the process is ending, and the hook clears up
        }
        clear();
    }

    private void clear() {
        try (var files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
        } catch (IOException | UncheckedIOException e) {
            System.err.println("caviar bench: " + folder + " could not be deleted: " + e);
        }
    }

    /// A peer's program that failed. Our own figures are written by then.
    static final class PeerException extends RuntimeException {
        private static final long serialVersionUID = 1;

        PeerException(Peer peer, Child child) {
            super(peer.title + " failed with code " + child.code() + ":\n" + child.tail());
        }
    }

    /// A run of the peer that an option names; null where it names none.
    static @Nullable PeerRun named(@Nullable String name, Peer.Task task, Precision dtype, int threads) {
        if (name == null) return null;
        var peer = Peer.of(name, task);
        peer.check(dtype);
        return of(peer, threads);
    }
}
