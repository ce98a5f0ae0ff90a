package dev.caviar.bench;

import java.util.List;

/// The seconds of each pass of a training.
record Passes(List<Double> seconds) {
    Passes {
        seconds = List.copyOf(seconds);
    }

    /// What a pass takes: the median of the passes after the first, or the first where there is no other. In the first one caches are cold and
    /// some compiler may still be at work; of the others a median shows neither a lucky moment nor a disturbed one.
    double typical() {
        return new Passes(seconds.size() > 1 ? seconds.subList(1, seconds.size()) : seconds).median();
    }

    /// The median of them all.
    double median() {
        var later = seconds.stream().sorted().toList();
        int half = later.size() / 2;
        return later.size() % 2 == 1 ? later.get(half) : (later.get(half - 1) + later.get(half)) / 2;
    }

    /// How many times as fast as the other side this one is.
    double ratio(Passes peer) {
        return peer.typical() / typical();
    }
}
