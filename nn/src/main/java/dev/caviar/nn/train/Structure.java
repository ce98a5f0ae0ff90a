package dev.caviar.nn.train;

import dev.caviar.nn.layer.Functional;
import dev.caviar.nn.layer.Layer;
import dev.caviar.nn.layer.Sequential;
import java.util.LinkedHashMap;
import java.util.Map;

/// The layers of a model by path, as far as they are known before it is traced: parts of layers of one's own are not.
final class Structure {
    private Structure() {}

    static Map<String, Layer> paths(Layer model) {
        var out = new LinkedHashMap<String, Layer>();
        parts(model).forEach((name, layer) -> walk(name, layer, out));
        return out;
    }

    private static void walk(String path, Layer layer, Map<String, Layer> out) {
        out.put(path, layer);
        parts(layer).forEach((name, part) -> walk(path + "/" + name, part, out));
    }

    private static Map<String, Layer> parts(Layer layer) {
        var parts = new LinkedHashMap<String, Layer>();
        switch (layer) {
            case Sequential sequence -> sequence.items().forEach(item -> parts.put(item.name(), item.layer()));
            case Functional functional -> functional.steps().forEach(step -> parts.put(step.name(), step.layer()));
            default -> { }
        }
        return parts;
    }
}
