package dev.caviar.engine.compile;

import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Array;
import org.jspecify.annotations.Nullable;

/// A place for one tensor of the program: an input's buffer, a constant's, an output's, or a part of the arena.
final class Slot {
    final Type type;
    final int input;
    final @Nullable Array constant;
    @Nullable Unit producer;
    /// The output whose buffer this slot is, or −1.
    int output = -1;
    /// Where it lies in the arena, or −1.
    long offset = -1;

    private Slot(Type type, int input, @Nullable Array constant) {
        this.type = type;
        this.input = input;
        this.constant = constant;
    }

    static Slot input(Type type, int index) {
        return new Slot(type, index, null);
    }

    static Slot constant(Array array) {
        return new Slot(array.type(), -1, array);
    }

    static Slot made(Type type) {
        return new Slot(type, -1, null);
    }

    /// Whether its memory is the program's own to place.
    boolean temporary() {
        return input < 0 && constant == null && output < 0;
    }
}
