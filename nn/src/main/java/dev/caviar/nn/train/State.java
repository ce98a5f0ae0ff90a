package dev.caviar.nn.train;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.data.Normaliser;
import dev.caviar.nn.layer.Needs;
import dev.caviar.nn.optim.Optimizer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// All of a model that training changes, in memory that the compiled steps write in place.
final class State {
    final Shape input;
    final Needs needs;
    final Map<String, Buffer> params = new LinkedHashMap<>();
    final Map<String, Buffer> states = new LinkedHashMap<>();
    /// In the order of the parameters, and for each of the optimizer's slots.
    List<Buffer> slots = List.of();
    long step;
    int epoch;

    private final @Nullable Normaliser normaliser;

    State(Shape input, Needs needs, @Nullable Normaliser normaliser, long seed) {
        this.normaliser = normaliser;
        this.input = input;
        this.needs = needs;
        needs.initial(seed).forEach((path, value) -> {
            var buffer = Buffer.allocate(value.type());
            buffer.copyFrom(value.array().buffer());
            (needs.params().containsKey(path) ? params : states).put(path, buffer);
        });
    }

    /// What the model sees of a batch of features as they are stored: normalising is a part of every program, so that a batch of
    /// bytes is copied as bytes.
    Tensor ready(Tensor x) {
        return normaliser == null ? x : normaliser.on(x);
    }

    /// Slots of zeros for an optimizer, and the count of steps back at 0.
    void restart(Optimizer optimizer) {
        var fresh = new ArrayList<Buffer>();
        for (var param : params.values()) {
            for (int i = 0; i < optimizer.slots().size(); i++) {
                fresh.add(Buffer.allocate(param.type()));
            }
        }
        slots = fresh;
        step = 0;
        epoch = 0;
    }

    /// Parameters and states by path.
    Map<String, Buffer> all() {
        var all = new LinkedHashMap<>(params);
        all.putAll(states);
        return all;
    }

    static Buffer copy(Buffer buffer) {
        var copy = Buffer.allocate(buffer.type());
        copy.copyFrom(buffer);
        return copy;
    }
}
