package dev.caviar.nn.layer;

import dev.caviar.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/// Layers one after another. Each has a name: `dense`, `dense_1`, … where none is given.
///
/// A linear Dense in front of a BatchNorm loses its bias, which the norm's centring would cancel and β replaces.
///
/// ```java
/// var net = Sequential.of(Flatten.of(), Dense.of(128, "relu"), Dropout.of(0.2), Dense.of(10, "softmax"));
/// var encoder = Sequential.of(Dense.of(32, "relu"), Dense.of(8)).withName(-1, "code");
/// ```
public record Sequential(List<Item> items) implements UnaryLayer {
    /// A layer with its name.
    ///
    /// ```java
    /// var item = new Sequential.Item("head", Dense.of(10));
    /// ```
    public record Item(String name, Layer layer) {
        public Item {
            if (name.isEmpty() || name.contains("/")) {
                throw new IllegalArgumentException("A layer cannot be named \"" + name + "\": a name is not empty and has no /.\nMaybe use _ instead.");
            }
        }
    }

    public Sequential {
        items = List.copyOf(items);
        if (items.isEmpty()) {
            throw new IllegalArgumentException("Sequential of no layers.");
        }
        if (items.stream().map(Item::name).distinct().count() < items.size()) {
            throw new IllegalArgumentException("Sequential: two layers have the same name: "
                    + items.stream().map(Item::name).toList() + ".\nMaybe number them.");
        }
    }

    public static Sequential of(Layer... layers) {
        return of(List.of(layers));
    }

    public static Sequential of(List<? extends Layer> layers) {
        var counts = new HashMap<String, Integer>();
        var items = new ArrayList<Item>();
        for (int i = 0; i < layers.size(); i++) {
            var layer = layers.get(i);
            if (layer instanceof Dense dense && dense.activation() == Activation.LINEAR && i + 1 < layers.size()
                    && layers.get(i + 1) instanceof BatchNorm norm && norm.center()) {
                layer = dense.withBias(false);
            }
            int before = counts.merge(layer.kind(), 1, Integer::sum) - 1;
            items.add(new Item(before == 0 ? layer.kind() : layer.kind() + "_" + before, layer));
        }
        return new Sequential(items);
    }

    /// This sequence with the layer at a position (from 0; negative counts from the end) named so.
    public Sequential withName(int position, String name) {
        var out = new ArrayList<>(items);
        int i = position < 0 ? position + items.size() : position;
        out.set(i, new Item(name, items.get(i).layer));
        return new Sequential(out);
    }

    @Override
    public Tensor apply(Scope s, Tensor x) {
        return apply(s, x, 0, items.size());
    }

    private Tensor apply(Scope s, Tensor x, int from, int to) {
        var y = x;
        for (var item : items.subList(from, to)) {
            y = s.call(item.name, item.layer, y);
        }
        return y;
    }

    /// The same layers under the same names, in √n pieces of which training keeps only what goes in (Chen et al. 2016): less memory, and
    /// the time of about one more forward pass. The last piece is kept, since its gradient comes next.
    public UnaryLayer recomputed() {
        int piece = (int) Math.ceil(Math.sqrt(items.size()));
        return (s, x) -> {
            var y = x;
            for (int i = 0; i < items.size(); i += piece) {
                int from = i;
                int to = Math.min(from + piece, items.size());
                y = to == items.size() ? apply(s, y, from, to) : s.recompute(in -> apply(s, in, from, to), y);
            }
            return y;
        };
    }

    @Override
    public Optional<Tail> tail() {
        return items.getLast().layer.tail().map(tail -> {
            var body = new ArrayList<>(items);
            body.set(items.size() - 1, new Item(items.getLast().name, tail.body()));
            return new Tail(new Sequential(body), tail.activation());
        });
    }

    @Override
    public String toString() {
        return items.stream().map(item -> item.layer.toString()).collect(Collectors.joining(", ", "Sequential(", ")"));
    }
}
