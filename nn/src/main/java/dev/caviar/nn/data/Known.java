package dev.caviar.nn.data;

import java.net.URI;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The data sets of four IDX files that have a name: what their files contain, and where they can be downloaded.
enum Known {
    MNIST("mnist", Digits.CLASSES, List.of(
            new File(IdxFolder.TRAIN_IMAGES, "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db", 47_040_016),
            new File(IdxFolder.TRAIN_LABELS, "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5", 60_008),
            new File(IdxFolder.TEST_IMAGES, "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7", 7_840_016),
            new File(IdxFolder.TEST_LABELS, "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2", 10_008)),
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
            "https://raw.githubusercontent.com/fgnt/mnist/master/"),
    FASHION_MNIST("fashion-mnist", List.of("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
            "Ankle boot"), List.of(
            new File(IdxFolder.TRAIN_IMAGES, "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888", 47_040_016),
            new File(IdxFolder.TRAIN_LABELS, "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9", 60_008),
            new File(IdxFolder.TEST_IMAGES, "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b", 7_840_016),
            new File(IdxFolder.TEST_LABELS, "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34", 10_008)),
            "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/");

    /// One of the four files: its name without `.gz`, and the hash and size of its uncompressed content.
    record File(String name, String sha256, long bytes) {}

    final String id;
    final List<String> classes;
    final List<File> files;
    final List<URI> mirrors;

    Known(String id, List<String> classes, List<File> files, String... mirrors) {
        this.id = id;
        this.classes = classes;
        this.files = files;
        this.mirrors = Arrays.stream(mirrors).map(URI::create).toList();
    }

    static @Nullable Known named(String id) {
        for (var known : values()) {
            if (known.id.equals(id)) {
                return known;
            }
        }
        return null;
    }

    /// The data set that has a file of this content.
    static @Nullable Known holding(String sha256) {
        for (var known : values()) {
            if (known.files.stream().anyMatch(file -> file.sha256.equals(sha256))) {
                return known;
            }
        }
        return null;
    }
}
