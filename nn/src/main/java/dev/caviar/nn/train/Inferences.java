package dev.caviar.nn.train;

import dev.caviar.engine.compile.Options;
import dev.caviar.engine.memory.DType;
import java.util.HashMap;
import java.util.Map;

/// The compiled passes without training that a model was asked for lately.
final class Inferences implements AutoCloseable {
    private static final int MOST = 8;
    private final Map<Inference.Key, Inference> known = new HashMap<>();

    Inference get(Inference.Key key, Recipe recipe, State state, DType dtype) {
        var inference = known.get(key);
        if (inference == null) {
            if (known.size() >= MOST) {
                close();
            }
            inference = new Inference(recipe, state, dtype, key, Options.of());
            known.put(key, inference);
        }
        return inference;
    }

    @Override
    public void close() {
        known.values().forEach(Inference::close);
        known.clear();
    }
}
