package dev.caviar.nn.data;

import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.format.DataException;
import java.util.ArrayList;
import java.util.List;

/// What flows through a [Pipeline]: one example or one batch, as a list of tensors, by custom the features and then the labels.
///
/// The tensors are values, and nobody changes them.
///
/// ```java
/// var item = Item.of(Tensor.of(5.1f, 3.5f), Tensor.scalar(1, DType.I64));
/// Item scaled = item.withX(item.x().div(10));
/// ```
public record Item(List<Tensor> parts) {
    public Item {
        parts = List.copyOf(parts);
        if (parts.isEmpty()) {
            throw new DataException("An item of a pipeline has no part.", "Maybe give features and labels.");
        }
    }

    public static Item of(Tensor... parts) {
        return new Item(List.of(parts));
    }

    /// The first part: the features.
    public Tensor x() {
        return parts.getFirst();
    }

    /// The last part: the labels.
    public Tensor y() {
        return parts.getLast();
    }

    /// The same with another first part.
    public Item withX(Tensor x) {
        return with(0, x);
    }

    /// The same with another last part.
    public Item withY(Tensor y) {
        return with(parts.size() - 1, y);
    }

    private Item with(int place, Tensor part) {
        var all = new ArrayList<>(parts);
        all.set(place, part);
        return new Item(all);
    }

    /// The parts of both, one after another.
    Item and(Item other) {
        var all = new ArrayList<>(parts);
        all.addAll(other.parts);
        return new Item(all);
    }
}
