package dev.caviar.nn.train;

import dev.caviar.engine.memory.Buffer;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/// What a callback knows in the middle of a run, in a form that a checkpoint can keep: texts and tensors by name.
///
/// ```java
/// var memory = Memory.none().with("best", 0.25).with("waited", 3);
/// double best = memory.number("best");      // 0.25, to the last bit
/// ```
public record Memory(Map<String, String> values, Map<String, Buffer> tensors) {
    private static final Memory NONE = new Memory(Map.of(), Map.of());

    public Memory {
        values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
        tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
    }

    public static Memory none() {
        return NONE;
    }

    /// One more value: a text, a number or a truth.
    public Memory with(String name, Object value) {
        var more = new LinkedHashMap<>(values);
        more.put(name, value.toString());
        return new Memory(more, tensors);
    }

    /// These tensors in the place of those before; they are not copied.
    public Memory withTensors(Map<String, Buffer> tensors) {
        return new Memory(values, tensors);
    }

    public boolean isNone() {
        return values.isEmpty() && tensors.isEmpty();
    }

    /// Throws [IllegalArgumentException] where there is none.
    public String text(String name) {
        var value = values.get(name);
        if (value == null) {
            throw new IllegalArgumentException("There is no \"" + name + "\" in this memory; there are " + values.keySet()
                    + ".\nMaybe an older version wrote it.");
        }
        return value;
    }

    public double number(String name) {
        return Double.parseDouble(text(name));
    }

    public int whole(String name) {
        return Integer.parseInt(text(name));
    }
}
