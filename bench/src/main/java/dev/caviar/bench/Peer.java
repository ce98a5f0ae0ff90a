package dev.caviar.bench;

import dev.caviar.app.BadInput;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;

/// What our work is measured beside.
enum Peer {
    PYTORCH("pytorch", "PyTorch", Runner.python("pytorch.py", "pytorch.txt"), Task.TRAIN, Task.INFER),
    TORCH_COMPILE("torch-compile", "PyTorch, compiled", Runner.python("pytorch.py", "pytorch.txt"), Task.TRAIN),
    JAX("jax", "JAX", Runner.python("jax_scan.py", "jax.txt"), Task.TRAIN),
    KERAS_TF("keras-tf", "Keras on TensorFlow", Runner.python("keras_fit.py", "tensorflow.txt"), Task.TRAIN, Task.SEARCH),
    KERAS_JAX("keras-jax", "Keras on JAX", Runner.python("keras_fit.py", "jax.txt"), Task.TRAIN),
    DJL("djl", "DJL on PyTorch", new Runner.Jvm(), Task.TRAIN),
    PYTORCH_OPTUNA("pytorch-optuna", "PyTorch with Optuna", Runner.python("pytorch.py", "pytorch.txt"), Task.SEARCH),
    PYTORCH_LAYERS("pytorch", "PyTorch", Runner.python("pytorch_layers.py", "pytorch.txt"), Task.LAYERS),
    OPTUNA("optuna", "Optuna", Runner.python("optuna_tune.py", "optuna.txt"), Task.TUNE);

    /// The kinds of work that can be measured.
    enum Task { TRAIN, INFER, SEARCH, TUNE, LAYERS }

    /// Its name in options.
    final String option;
    /// Its name for people.
    final String title;
    final Runner runner;
    private final Set<Task> tasks;

    Peer(String option, String title, Runner runner, Task first, Task... more) {
        this.option = option;
        this.title = title;
        this.runner = runner;
        this.tasks = EnumSet.of(first, more);
    }

    /// The peer of that name, where it can do such work.
    static Peer of(String name, Task task) {
        return Arrays.stream(values()).filter(peer -> peer.option.equals(name) && peer.tasks.contains(task)).findFirst().orElseThrow(() ->
                new BadInput("--peer " + name + " is not known here.\nMaybe one of " + names(task) + " was meant."));
    }

    /// The names of those that do such work.
    static String names(Task task) {
        return Arrays.stream(values()).filter(peer -> peer.tasks.contains(task)).map(peer -> peer.option).collect(Collectors.joining(", "));
    }

    /// Refuses a number format that this peer does not train in.
    void check(Precision dtype) {
        boolean fits = switch (this) {
            case JAX -> dtype != Precision.f16;
            case DJL -> dtype == Precision.f32;
            default -> true;
        };
        if (!fits) throw new BadInput("--peer " + option + " is not measured in " + dtype + ".\nMaybe --peer pytorch was meant.");
    }
}
