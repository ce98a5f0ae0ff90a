package dev.caviar.nn.train;

import dev.caviar.engine.kernel.Provider;
import dev.caviar.engine.memory.Buffer;
import dev.caviar.nn.format.AtomicFile;
import dev.caviar.nn.format.DataException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Writes the checkpoints of one run, and takes it up from the newest.
final class Keeper implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Keeper.class.getName());
    private final Trainee trainee;
    private final Checkpoints settings;
    private final Map<String, String> identity;
    private long written = System.nanoTime();
    private @Nullable String last;
    private boolean failing;
    /// Open for as long as this training has the folder to itself; the system closes it with the process.
    private final @Nullable FileChannel lock;

    Keeper(Trainee trainee, Checkpoints settings) {
        this.trainee = trainee;
        this.settings = settings;
        identity = identity(trainee);
        try {
            Files.createDirectories(settings.folder());
        } catch (IOException e) {
            throw new DataException("Checkpoints in " + settings.folder() + ": the folder cannot be made: " + e + ".",
                    "Maybe a file has that name, or another user owns it.", e);
        }
        lock = alone(settings.folder());
        AtomicFile.sweep(settings.folder(), Checkpoint.PREFIX, Duration.ZERO);
    }

    /// Two trainings in one folder would delete each other's checkpoints, and go on from the wrong ones. Where the system has no locks, or
    /// nothing can be written, there is nothing to be done.
    private static @Nullable FileChannel alone(Path folder) {
        FileChannel channel = null;
        try {
            channel = FileChannel.open(folder.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (channel.tryLock() != null) {
                return channel;
            }
        } catch (IOException | UnsupportedOperationException e) {
            close(channel);
            return null;
        } catch (OverlappingFileLockException e) {
            // Of this process, which is told in the same words.
        }
        close(channel);
        throw new DataException("Checkpoints in " + folder + ": another training writes there.", "Maybe give each training a folder of its own, or wait for the end of the other.");
    }

    private static void close(@Nullable FileChannel channel) {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException ignored) {
            // It is given back with the process.
        }
    }

    @Override
    public void close() {
        close(lock);
    }

    /// What must be equal for a run to go on exactly.
    private static Map<String, String> identity(Trainee trainee) {
        var fit = trainee.fit;
        var held = trainee.validation;
        var out = new LinkedHashMap<String, String>();
        out.put("training data", trainee.batches.identity());
        out.put("validation data", held == null ? "none" : held.identity());
        out.put("batch size", Integer.toString(fit.batch()));
        out.put("class weights", fit.classWeights().toString());
        out.put("shuffle", Boolean.toString(fit.shuffle()));
        out.put("seed", Long.toString(fit.seed()));
        out.put("precision", trainee.state.precision.kind());
        out.put("scalars", trainee.state.needs.scalars().toString());
        out.put("replicas", fit.replicas().count() + (fit.replicas().synced() ? "" : ", not synced"));
        out.put("program", trainee.fingerprint());
        return out;
    }

    private static Map<String, String> versions() {
        var version = Keeper.class.getPackage().getImplementationVersion();
        return Map.of("caviar", version == null ? "development" : version, "java", Runtime.version().toString(),
                "system", System.getProperty("os.name") + " " + System.getProperty("os.arch"), "kernels", Provider.best().name());
    }

    // ---- write

    void afterBatch() {
        var time = settings.time();
        if (settings.steps() > 0 && trainee.state.step % settings.steps() == 0
                || time != null && System.nanoTime() - written >= time.toNanos()) {
            write();
        }
    }

    /// Where the run is now; a place that is on disk already is not written again.
    void write() {
        var place = trainee.state.step + "/" + trainee.state.epoch + "/" + trainee.batch() + "/" + trainee.run.stopped();
        if (place.equals(last)) {
            return;
        }
        written = System.nanoTime();
        var file = settings.folder().resolve(String.format(Locale.ROOT, "%s%010d%s", Checkpoint.PREFIX, trainee.state.step, Checkpoint.SUFFIX));
        try {
            var tensors = new LinkedHashMap<>(memory());
            var run = describe(tensors);
            Checkpoint.write(file, run, tensors);
            last = place;
            failing = false;
            var all = Checkpoint.all(settings.folder());
            for (var old : all.subList(0, Math.max(0, all.size() - settings.kept()))) {
                Files.deleteIfExists(old);
            }
        } catch (DataException | IOException e) {
            if (!failing) {
                LOG.log(Level.WARNING, "The training goes on, but its checkpoint was not written: " + e.getMessage());
            }
            failing = true;
        }
    }

    /// All tensors that training changes, by the names that they have in the file.
    private Map<String, Buffer> memory() {
        var state = trainee.state;
        var out = new LinkedHashMap<>(state.all());
        var names = Objects.requireNonNull(trainee.recipe.optimizer()).slots();
        int slot = 0;
        for (var path : state.params.keySet()) {
            for (var name : names) {
                out.put(Checkpoint.SLOT + name + ":" + path, state.slots.get(slot++));
            }
        }
        state.scaling(trainee.model.settings().dtype()).forEach((name, buffer) -> out.put(Checkpoint.SCALE + name, buffer));
        return out;
    }

    private ObjectNode describe(Map<String, Buffer> tensors) {
        var root = Checkpoint.JSON.createObjectNode().put("time", Instant.now().toString()).put("step", trainee.state.step)
                .put("epoch", trainee.state.epoch).put("batch", trainee.batch());
        var settings = root.putObject("settings");
        identity.forEach(settings::put);
        settings.put("epochs", Integer.toString(trainee.fit.epochs())).put("threads", Integer.toString(trainee.fit.threads()));
        var versions = root.putObject("versions");
        versions().forEach(versions::put);
        var optimizer = trainee.run.optimizer();
        settings.put("optimizer", optimizer.toString());
        numbers(root.putObject("scalars"), scalars());
        OptimizerJson.known(optimizer).ifPresent(text -> root.set("optimizer", text));
        progress(root.putObject("progress"), trainee.run.progress());
        callbacks(root.putArray("callbacks"), tensors);
        return root.put("elapsed", trainee.elapsed()).put("done", trainee.epochs());
    }

    /// The numbers that the next step goes by.
    private Map<String, Double> scalars() {
        var optimizer = trainee.run.optimizer();
        var out = new LinkedHashMap<String, Double>();
        optimizer.scalars().forEach(name -> out.put(name, optimizer.scalar(name, trainee.state.step, trainee.state.epoch)));
        return out;
    }

    private static void progress(ObjectNode to, Run.Progress progress) {
        to.put("epoch", progress.epoch()).put("batch", progress.batch()).put("seen", progress.seen());
        var sums = to.putArray("sums");
        for (double sum : progress.sums()) {
            sums.add(Double.toString(sum));
        }
        numbers(to.putObject("extra"), progress.extra());
        var epochs = to.putArray("epochs");
        progress.epochs().forEach(epoch -> numbers(epochs.addObject().put("number", epoch.number())
                .put("seconds", Double.toString(epoch.seconds())).putObject("values"), epoch.values()));
        if (progress.reason() != null) {
            to.put("reason", progress.reason());
        }
    }

    /// As text, which keeps all digits, and numbers that are not finite.
    private static void numbers(ObjectNode to, Map<String, Double> values) {
        values.forEach((name, value) -> to.put(name, Double.toString(value)));
    }

    private void callbacks(ArrayNode to, Map<String, Buffer> tensors) {
        var callbacks = trainee.callbacks();
        for (int i = 0; i < callbacks.size(); i++) {
            var memory = callbacks.get(i).memory();
            if (!memory.isNone()) {
                var node = to.addObject().put("kind", kind(i));
                var values = node.putObject("values");
                memory.values().forEach(values::put);
                var names = node.putArray("tensors");
                for (var entry : memory.tensors().entrySet()) {
                    names.add(entry.getKey());
                    tensors.put(Checkpoint.CALLBACK + (to.size() - 1) + ":" + entry.getKey(), entry.getValue());
                }
            }
        }
    }

    private String kind(int i) {
        return i < trainee.fit.callbacks().size() ? trainee.fit.callbacks().get(i).getClass().getSimpleName() : "";
    }

    // ---- read

    /// Takes the run up where the newest whole checkpoint is, if there is one.
    void resume() {
        for (var file : Checkpoint.all(settings.folder()).reversed()) {
            Checkpoint checkpoint;
            try {
                checkpoint = Checkpoint.read(file);
            } catch (DataException e) {
                if (file.equals(Checkpoint.all(settings.folder()).getFirst())) {
                    throw e;
                }
                setAside(file, e);
                continue;
            }
            restore(checkpoint);
            return;
        }
    }

    private static void setAside(Path file, DataException why) {
        LOG.log(Level.WARNING, "The training goes on from an older checkpoint: " + why.getMessage());
        try {
            Files.move(file, file.resolveSibling(file.getFileName() + ".damaged"), StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void restore(Checkpoint checkpoint) {
        var root = checkpoint.run();
        compare(checkpoint, root.path("settings"));
        checkpoint.into(memory());
        var state = trainee.state;
        state.step = checkpoint.step();
        state.epoch = checkpoint.epoch();
        trainee.run.restore(progress(root.path("progress")));
        trainee.resumeAt(root.path("done").asInt(), checkpoint.batch(), root.path("elapsed").asLong());
        restoreCallbacks(checkpoint);
        restoreOptimizer(checkpoint);
        last = state.step + "/" + state.epoch + "/" + trainee.batch() + "/" + trainee.run.stopped();
    }

    private void compare(Checkpoint checkpoint, JsonNode before) {
        var differ = new ArrayList<String>();
        identity.forEach((name, value) -> {
            var there = before.path(name).asString("");
            if (!there.equals(value)) {
                differ.add(name + " (" + brief(there) + " there, " + brief(value) + " here)");
            }
        });
        // Of another model, its tensors say more than the digest of its program.
        boolean program = differ.stream().anyMatch(one -> one.startsWith("program"));
        if (program) {
            checkpoint.check(memory());
        }
        if (!differ.isEmpty()) {
            throw new DataException(checkpoint.file() + ": this is not the run that the checkpoint is of; they differ in " + String.join(", ", differ) + "."
                    + (program ? " The program is all that a step computes: layers, loss, metrics and optimizer, as a version of Caviar writes them down; this is "
                    + versions().get("caviar") + ", there it was " + checkpoint.provenance().getOrDefault("caviar", "unknown") + "." : ""),
                    "Maybe begin in another folder, or take over the weights alone: model.assign(Checkpoint.read(file).weights()).");
        }
    }

    private static String brief(String text) {
        return text.length() <= 40 ? text : text.substring(0, 12) + "…";
    }

    private static Run.Progress progress(JsonNode node) {
        var sums = new double[node.path("sums").size()];
        for (int i = 0; i < sums.length; i++) {
            sums[i] = Double.parseDouble(node.path("sums").get(i).asString());
        }
        var epochs = new ArrayList<History.Epoch>();
        node.path("epochs").forEach(epoch -> epochs.add(new History.Epoch(epoch.path("number").asInt(), numbers(epoch.path("values")),
                Double.parseDouble(epoch.path("seconds").asString("0")))));
        var reason = node.get("reason");
        return new Run.Progress(node.path("epoch").asInt(), node.path("batch").asInt(), node.path("seen").asLong(), sums,
                numbers(node.path("extra")), epochs, reason == null ? null : reason.asString());
    }

    private static Map<String, Double> numbers(JsonNode node) {
        var out = new LinkedHashMap<String, Double>();
        node.properties().forEach(e -> out.put(e.getKey(), Double.parseDouble(e.getValue().asString())));
        return out;
    }

    private void restoreCallbacks(Checkpoint checkpoint) {
        var free = new ArrayList<Integer>();
        for (int i = 0; i < trainee.callbacks().size(); i++) {
            free.add(i);
        }
        int at = 0;
        for (var node : checkpoint.run().path("callbacks")) {
            var kind = node.path("kind").asString("");
            var taker = free.stream().filter(i -> kind(i).equals(kind)).findFirst().orElseThrow(() -> new DataException(checkpoint.file()
                    + ": the checkpoint has what a callback " + kind + " remembered, but this fit has no such one more: " + kinds() + ".",
                    "Maybe give the same callbacks as before."));
            free.remove(taker);
            var tensors = new LinkedHashMap<String, Buffer>();
            for (var name : node.path("tensors")) {
                tensors.put(name.asString(), checkpoint.tensors().get(Checkpoint.CALLBACK + at + ":" + name.asString()));
            }
            var values = new LinkedHashMap<String, String>();
            node.path("values").properties().forEach(e -> values.put(e.getKey(), e.getValue().asString()));
            trainee.callbacks().get(taker).restore(trainee.run, new Memory(values, tensors));
            at++;
        }
    }

    private List<String> kinds() {
        return trainee.fit.callbacks().stream().map(callback -> callback.getClass().getSimpleName()).toList();
    }

    /// Callbacks have set again what they had set. What somebody else has changed in the run is in the file, if it can be.
    private void restoreOptimizer(Checkpoint checkpoint) {
        var before = numbers(checkpoint.run().path("scalars"));
        var written = checkpoint.run().get("optimizer");
        if (!before.equals(scalars()) && written != null) {
            var optimizer = OptimizerJson.read(written);
            if (optimizer.scalars().equals(trainee.run.optimizer().scalars())) {
                trainee.run.optimizer(optimizer);
            }
        }
        if (!before.equals(scalars())) {
            throw new DataException(checkpoint.file() + ": the next step went by " + before + ", now it would go by " + scalars() + ".",
                    "Maybe a callback changes the optimizer without remembering it: see Callback.memory.");
        }
    }
}
