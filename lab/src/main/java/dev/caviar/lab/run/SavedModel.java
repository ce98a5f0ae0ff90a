package dev.caviar.lab.run;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.Shape;
import dev.caviar.nn.data.DataSet;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.data.Normaliser;
import dev.caviar.nn.data.Task;
import dev.caviar.nn.format.DataException;
import dev.caviar.nn.train.Model;
import dev.caviar.tune.json.Json;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A model that a search found, with what is needed to use it alone: normalisers, names of classes and of features.
///
/// ```java
/// var model = SavedModel.load(Path.of("runs/best"));
/// Buffer probabilities = model.predict(NumPy.read(Path.of("image.npy")));
/// System.out.println(model.classes().getFirst() + " " + probabilities.at(0));
/// ```
///
/// @param model the trained model
public record SavedModel(Model model) {
    private static final String DATA = "data";
    private static final String HASH = "data_sha256";
    private static final String FEATURES = "features";
    private static final String TARGETS = "targets";
    private static final String PARAMS = "params";
    private static final double LEAST = 1e-7;

    /// What such a model notes about itself.
    static Map<String, String> notes(DataSet data, @Nullable Normaliser targets, String params) {
        var notes = new LinkedHashMap<String, String>();
        notes.put(DATA, data.name());
        notes.put(HASH, data.provenance().sha256());
        notes.put(FEATURES, Json.write(data.features()));
        notes.put(PARAMS, params);
        if (targets != null) notes.put(TARGETS, targets.toJson());
        return notes;
    }

    /// Reads what [#save] wrote. Throws [DataException] where a file is missing or damaged.
    public static SavedModel load(Path folder) {
        return new SavedModel(Model.load(folder));
    }

    /// Writes weights and settings into a folder.
    public void save(Path folder) {
        model.save(folder);
    }

    /// The names of the classes; empty for a regression.
    public List<String> classes() {
        return model.classes();
    }

    private Shape input() {
        return model.inputShape().orElseThrow();
    }

    private @Nullable Normaliser targets() {
        var text = model.notes().get(TARGETS);
        return text == null ? null : Normaliser.fromJson(text);
    }

    /// Refuses data of another kind than the model was trained on, with [DataException].
    public void check(DataSet data) {
        if (!data.inputShape().equals(input()))
            throw new DataException("The model takes examples of shape " + input() + ", those of " + data.name() + " are " + data.inputShape() + ".",
                    "Maybe the model was trained on other data" + (model.notes().get(DATA) == null ? "." : ", " + model.notes().get(DATA) + "."));
        if (data.task() instanceof Task.Regression != classes().isEmpty())
            throw new DataException("The model predicts " + (classes().isEmpty() ? "values" : "classes") + ", but " + data.name() + " has "
                    + (classes().isEmpty() ? "classes" : "values") + " as labels.", "Maybe choose the column by --label.");
        if (!data.classes().equals(classes()))
            throw new DataException("The model knows the classes " + classes() + ", " + data.name() + " has " + data.classes() + ".",
                    "Maybe the model was trained on other data.");
        var features = model.notes().get(FEATURES);
        if (features != null && !features.equals(Json.write(data.features())))
            throw new DataException("The model was trained on the columns " + features + ", " + data.name() + " has " + Json.write(data.features()) + ".",
                    "Maybe the columns are in another order, or --label is another one.");
    }

    /// A probability for each class, or the values of a regression in their own units: F32 `[n, outputs]`.
    ///
    /// `x` is one example or `[n, …]`, not normalised; examples may also be given flat. Throws [DataException] for any other shape, and where
    /// a number is not finite.
    public Buffer predict(Buffer x) {
        var y = model.predict(finite(batch(x)));
        var targets = targets();
        return targets == null ? y : targets.invert(y);
    }

    // Of NaN a network makes NaN for every class, and then the first class would be the answer.
    private static Buffer finite(Buffer x) {
        var width = x.size() / x.type().shape().dim(0);
        for (var i = 0L; i < x.size(); i++)
            if (!Double.isFinite(x.at(i)))
                throw new DataException("predict: example " + i / width + " has " + x.at(i) + " in column " + i % width + ".", "Maybe a value is missing there: fill it in first.");
        return x;
    }

    private Buffer batch(Buffer x) {
        var given = x.type().shape();
        if (given.rank() > 0 && given.dim(0) == 0) throw new DataException("predict: there are no examples, x is " + x.type() + ".", "Maybe the file is another one.");
        var wanted = input();
        if (given.equals(wanted)) return x.as(x.type().withShape(wanted.insert(0, 1)));
        if (given.rank() > 0 && given.dim(0) > 0) {
            var one = given.without(List.of(0));
            var flat = Shape.of(wanted.size());
            if (one.equals(wanted) || one.equals(flat)) return x.as(x.type().withShape(wanted.insert(0, given.dim(0))));
        }
        if (given.equals(Shape.of(wanted.size()))) return x.as(x.type().withShape(wanted.insert(0, 1)));
        throw new DataException("predict: the examples are " + x.type() + ", the model takes one of " + wanted + " or several, [n, "
                + String.join(", ", wanted.dims().stream().map(String::valueOf).toList()) + "].", "Maybe they are of another data set, or an axis is missing.");
    }

    /// What the model is worth on examples as they were before normalising.
    public TestScore evaluate(Examples examples) {
        var y = predict(examples.features());
        var width = Math.toIntExact(y.size() / examples.size());
        return classes().isEmpty() ? distance(examples, y, width) : accuracy(examples, y, width);
    }

    private static TestScore accuracy(Examples examples, Buffer p, int width) {
        var right = 0;
        var loss = 0.0;
        for (var i = 0; i < examples.size(); i++) {
            var at = (long) i * width;
            var found = 0;
            for (var j = 1; j < width; j++) if (p.at(at + j) > p.at(at + found)) found = j;
            if (found == examples.label(i)) right++;
            loss -= Math.log(Math.max(LEAST, p.at(at + examples.label(i))));
        }
        return new TestScore((double) right / examples.size(), loss / examples.size(), examples.size());
    }

    private static TestScore distance(Examples examples, Buffer y, int width) {
        var sum = 0.0;
        for (var i = 0; i < examples.size(); i++)
            for (var j = 0; j < width; j++) {
                var off = y.at((long) i * width + j) - examples.y().at((long) examples.row(i) * width + j);
                sum += off * off;
            }
        return new TestScore(null, sum / ((double) examples.size() * width), examples.size());
    }
}
