package dev.caviar.nn.train;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The inputs of a compiled function by name, in order, with the memory that each one is read from.
final class Signature {
    private final Map<String, Integer> index = new LinkedHashMap<>();
    private final List<Buffer> buffers = new ArrayList<>();

    /// One more input over this memory.
    int add(String name, Buffer buffer) {
        index.put(name, buffers.size());
        buffers.add(buffer);
        return buffers.size() - 1;
    }

    /// Several, their names behind a prefix.
    void addAll(String prefix, Map<String, Buffer> all) {
        all.forEach((name, buffer) -> add(prefix + name, buffer));
    }

    /// Several of one kind: `x`, `x1`, `x2` …
    void addEach(String name, List<Buffer> each) {
        for (int i = 0; i < each.size(); i++) {
            add(numbered(name, i), each.get(i));
        }
    }

    private static String numbered(String name, int i) {
        return i == 0 ? name : name + i;
    }

    /// The memory of several of one kind.
    List<Buffer> buffers(String name) {
        return each(name, buffers);
    }

    /// Those of some values of all inputs that belong to several of one kind.
    <T> List<T> each(String name, List<T> values) {
        var out = new ArrayList<T>();
        for (int i = 0; index.containsKey(numbered(name, i)); i++) {
            out.add(values.get(position(numbered(name, i))));
        }
        return out;
    }

    List<String> names() {
        return List.copyOf(index.keySet());
    }

    int position(String name) {
        return index.get(name);
    }

    Buffer buffer(String name) {
        return buffers.get(position(name));
    }

    List<Buffer> buffers() {
        return List.copyOf(buffers);
    }

    List<Type> types() {
        return buffers.stream().map(Buffer::type).toList();
    }

    /// The tensors of a trace's inputs whose names begin with a prefix, by the rest of the name.
    Map<String, Tensor> pick(String prefix, List<Tensor> in) {
        var out = new LinkedHashMap<String, Tensor>();
        index.forEach((name, i) -> {
            if (name.startsWith(prefix)) {
                out.put(name.substring(prefix.length()), in.get(i));
            }
        });
        return out;
    }
}
