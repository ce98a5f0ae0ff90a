package dev.caviar.bench;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import dev.caviar.nn.data.Augment;
import dev.caviar.nn.data.Pipeline;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// How fast a data pipeline delivers augmented images.
@Command(
    name = "pipeline",
    description = "Shuffles, augments and batches images of bytes.%n",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    footer = {"", "megabytes_per_second are of images that leave the pipeline mirrored, shifted and with other light and contrast; with `turned_` in front, also "
        + "turned and zoomed, which interpolates each pixel. The median of five rounds, after one as a warm-up.",
        "", "Examples:",
        "  caviar bench pipeline --threads 2 --json pipeline.json",
        "  caviar bench pipeline --size 28 --channels 1 --batch 64"})
final class BenchPipeline implements Callable<Integer> {
    private static final int IMAGES = 4096;
    private static final int ROUNDS = 5;
    private static final Augment MOVED = Augment.of().withFlip(true, false).withShift(0.1, 0.1).withBrightness(0.2).withContrast(0.2);

    @Option(names = "--threads", paramLabel = "N", defaultValue = "2", description = "the threads that augment")
    private int threads;

    @Option(names = "--batch", paramLabel = "N", defaultValue = "64", description = "images in a batch")
    private int batch;

    @Option(names = "--size", paramLabel = "N", defaultValue = "32", description = "height and width of an image")
    private int size;

    @Option(names = "--channels", paramLabel = "N", defaultValue = "3", description = "1 or 3")
    private int channels;

    @Option(names = "--seconds", paramLabel = "S", defaultValue = "2", description = "about how long a round is")
    private double seconds;

    @Mixin
    private Report report = new Report();

    @Override
    public Integer call() {
        report.prepare();
        var images = images();
        double moved = megabytesPerSecond(images, MOVED);
        double turned = megabytesPerSecond(images, MOVED.withRotation(0.05).withZoom(0.1));
        var figures = new LinkedHashMap<String, Object>();
        figures.put("megabytes_per_second", moved);
        figures.put("turned_megabytes_per_second", turned);
        figures.put("images_per_second", moved * 1e6 / (size * size * channels));
        figures.put("image", size + "x" + size + "x" + channels);
        figures.put("batch", batch);
        figures.put("threads", threads);
        report.write(figures);
        return 0;
    }

    private Buffer images() {
        var images = Buffer.allocate(Type.of(DType.U8, IMAGES, size, size, channels));
        for (long i = 0; i < images.size(); i++) images.set(i, (i * 2654435761L >>> 16) % 256);
        return images;
    }

    private double megabytesPerSecond(Buffer images, Augment augment) {
        var pipeline = Pipeline.of(images).repeat().shuffle(IMAGES, 1).augment(augment, 2).batch(batch).parallel(threads);
        var rounds = new double[ROUNDS];
        try (var pass = pipeline.open(0)) {
            for (int round = -1; round < ROUNDS; round++) {
                long began = System.nanoTime();
                long bytes = 0;
                do {
                    bytes += pass.next().x().type().bytes();
                } while (System.nanoTime() - began < seconds * 1e9);
                if (round >= 0) rounds[round] = bytes * 1e3 / (System.nanoTime() - began);
            }
        }
        Arrays.sort(rounds);
        return rounds[ROUNDS / 2];
    }
}
