package dev.caviar.nn.data;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.Shape;
import dev.caviar.nn.format.DataException;
import dev.caviar.nn.format.NumPy;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// A NumPy archive of `x_train`, `y_train`, `x_test`, `y_test`, as Keras keeps its data sets, or of `x` and `y` alone, of which
/// a fixed fifth is the test part. Integer labels are classes, others values.
final class ArrayArchive {
    private ArrayArchive() {}

    static DataSet load(Path file, String name) {
        var arrays = NumPy.readArchive(file);
        boolean parted = arrays.containsKey("x_train");
        var train = examples(arrays, file, parted ? "x_train" : "x", parted ? "y_train" : "y");
        var parts = parted ? new Examples.Split(train, examples(arrays, file, "x_test", "y_test")) : TestSplit.of(train);
        var task = parts.kept().y().type().dtype().isFloat() ? new Task.Regression()
                : new Task.Classification(IdxFolder.classes(parts.kept(), parts.held()));
        var unnamed = DataSet.of(name, parts.kept(), parts.held(), task);
        return new DataSet(name, parts.kept(), parts.held(), task, List.of(),
                new Provenance(file.toString(), unnamed.provenance().sha256()));
    }

    private static Examples examples(Map<String, Buffer> arrays, Path file, String features, String labels) {
        var x = arrays.get(features);
        var y = arrays.get(labels);
        if (x == null || y == null) {
            throw new DataException("Reading " + file + ": there is no array \"" + (x == null ? features : labels) + "\" among "
                    + arrays.keySet() + ".", "Maybe save it by numpy.savez(file, x_train=…, y_train=…, x_test=…, y_test=…).");
        }
        boolean column = y.type().dtype().isFloat() && y.type().shape().rank() == 1;
        return Examples.of(x, column ? y.as(y.type().withShape(Shape.of(y.size(), 1))) : flat(y));
    }

    /// Labels in a column of one, as some archives have them, are a list.
    private static Buffer flat(Buffer y) {
        var shape = y.type().shape();
        boolean list = !y.type().dtype().isFloat() && shape.rank() == 2 && shape.dim(1) == 1;
        return list ? y.as(y.type().withShape(Shape.of(y.size()))) : y;
    }
}
