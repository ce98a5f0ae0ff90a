package dev.caviar.bench;

import picocli.CommandLine.Option;

/// The option that says how long is trained.
final class Epochs {
    @Option(names = "--epochs", paramLabel = "N", description = "passes over the data in a training")
    private int count;

    Epochs(int usual) {
        count = usual;
    }

    int count() {
        return Work.positive("--epochs", count);
    }
}
