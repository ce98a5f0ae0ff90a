package dev.caviar.bench;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// `caviar bench`: measures one kind of work and writes the figures as JSON.
@Command(
    name = "bench",
    synopsisSubcommandLabel = "WORK",
    description = "Measures our own work, and the same work on its peers.%n",
    mixinStandardHelpOptions = true,
    subcommands = {BenchTrain.class, BenchFit.class, BenchPair.class, BenchInfer.class, BenchSearch.class, BenchTune.class, BenchTables.class, BenchBatched.class,
        BenchPipeline.class, BenchLayers.class},
    footer = {"", "Examples:",
        "  caviar bench train --data fashion-mnist --epochs 4 --threads 2 --peer pytorch --json train.json",
        "  caviar bench infer --batch 256 --peer pytorch --json infer.json",
        "  caviar bench search --peer keras-tf --json search.json",
        "  caviar bench layers --peer pytorch --json layers.json",
        "  caviar bench pipeline --threads 2 --json pipeline.json",
        "  caviar bench tune --trials 1000 --storage sqlite:/tmp/bench.db --json tune.json",
        "  caviar bench tables DIR --sampler default --json tables.json"})
final class Bench implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }
}
