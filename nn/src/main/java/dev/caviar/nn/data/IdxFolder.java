package dev.caviar.nn.data;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.nn.format.DataException;
import dev.caviar.nn.format.Idx;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Four IDX files in one folder, named as MNIST's are.
final class IdxFolder {
    static final String TRAIN_IMAGES = "train-images-idx3-ubyte";
    static final String TRAIN_LABELS = "train-labels-idx1-ubyte";
    static final String TEST_IMAGES = "t10k-images-idx3-ubyte";
    static final String TEST_LABELS = "t10k-labels-idx1-ubyte";
    static final List<String> FILES = List.of(TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS);

    private IdxFolder() {}

    /// Whether any of the four files is there.
    static boolean isOne(Path folder) {
        return FILES.stream().anyMatch(name -> find(folder, name) != null);
    }

    /// A file under its name, also with `.gz`, also with a dot before `idx` as some copies have it.
    static @Nullable Path find(Path folder, String name) {
        for (var variant : List.of(name, name.replace("-idx", ".idx"))) {
            for (var ending : List.of("", ".gz")) {
                var file = folder.resolve(variant + ending);
                if (Files.isRegularFile(file)) {
                    return file;
                }
            }
        }
        return null;
    }

    /// Reads the four files. `known` gives the classes' names; with `checked`, the content must be exactly its own.
    static DataSet load(Path folder, String name, @Nullable Known known, boolean checked) {
        var found = new ArrayList<Path>();
        for (var file : FILES) {
            var path = find(folder, file);
            if (path == null) {
                throw new DataException("Data " + name + ": " + folder + " has no " + file + ", with or without .gz.",
                        "Maybe copy it there: a data set is the four files " + String.join(", ", FILES) + ".");
            }
            found.add(path);
        }
        var read = new ArrayList<Idx>();
        var digest = Hash.sha256();
        for (int i = 0; i < FILES.size(); i++) {
            var idx = Idx.read(found.get(i));
            if (known != null) {
                check(known, i, found.get(i), idx, checked);
            }
            digest.update((idx.sha256() + "  " + FILES.get(i) + "\n").getBytes());
            read.add(idx);
        }
        var train = examples(found.get(0), read.get(0).array(), found.get(1), read.get(1).array());
        var test = examples(found.get(2), read.get(2).array(), found.get(3), read.get(3).array());
        var classes = known != null ? known.classes : classes(train, test);
        return new DataSet(name, train, test, new Task.Classification(classes), List.of(),
                new Provenance(folder.toString(), Hash.hex(digest)));
    }

    private static void check(Known known, int which, Path file, Idx idx, boolean exactly) {
        var expected = known.files.get(which).sha256();
        if (exactly && !idx.sha256().equals(expected)) {
            throw new DataException("Data " + known.id + ": " + file + " has been changed: its content's SHA-256 is " + idx.sha256()
                    + ", not " + expected + ".", "Maybe delete it: it is downloaded again.");
        }
        var other = Known.holding(idx.sha256());
        if (other != null && other != known) {
            throw new DataException("Data " + known.id + ": " + file + " is " + other.id + "'s.", "Maybe use --data " + other.id + ".");
        }
    }

    private static Examples examples(Path imageFile, Buffer images, Path labelFile, Buffer labels) {
        if (images.type().shape().rank() < 2) {
            throw new DataException(imageFile + " holds " + images.type() + ", which are no images.", "Maybe it is a file of labels.");
        }
        if (labels.type().shape().rank() != 1 || labels.type().dtype().isFloat()) {
            throw new DataException(labelFile + " holds " + labels.type() + ", which are no labels.", "Maybe it is a file of images.");
        }
        long n = images.type().shape().dim(0);
        if (n != labels.size()) {
            throw new DataException("Labels and images are of different length: " + imageFile + " has " + n + " images, " + labelFile
                    + " has " + labels.size() + " labels.", "Maybe one of the files is from another data set, or was cut off.");
        }
        if (n == 0) {
            throw new DataException(imageFile + " holds no image.", "Maybe it is the wrong file.");
        }
        return Examples.of(images, labels);
    }

    /// As many numbered classes as the largest label asks for, at least two.
    static List<String> classes(Examples... parts) {
        long most = 1;
        for (var part : parts) {
            for (int i = 0; i < part.size(); i++) {
                most = Math.max(most, part.y().longAt(part.row(i)));
            }
        }
        if (most > 100_000) {
            throw new DataException("Label " + most + " is too large for the index of a class.", "Maybe the file holds other numbers.");
        }
        return IntStream.rangeClosed(0, (int) most).mapToObj(Integer::toString).toList();
    }
}
