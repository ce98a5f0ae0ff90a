package dev.caviar.nn.train;

import dev.caviar.engine.graph.Batch;
import dev.caviar.engine.graph.Graph;
import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.Type;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/// The inputs of one model's function made those of K models: what differs lies side by side with the models as first axis,
/// what does not is there once.
final class Stack {
    private final Signature one;
    private final int k;
    private final List<Buffer> buffers;
    private final Set<Integer> over = new HashSet<>();

    /// All shared at first.
    Stack(Signature one, int k) {
        this.one = one;
        this.k = k;
        this.buffers = new ArrayList<>(one.buffers());
    }

    static Buffer whole(Type one, int k) {
        return Buffer.allocate(one.withShape(one.shape().insert(0, k)));
    }

    /// Model `i`'s part of what lies side by side.
    static Buffer part(Buffer whole, int i) {
        var type = whole.type().withShape(whole.type().shape().without(List.of(0)));
        return new Buffer(whole.memory().asSlice(i * type.bytes(), type.bytes()), type);
    }

    /// An input that differs from model to model, over this memory.
    Buffer spread(String name, Buffer whole) {
        int position = one.position(name);
        buffers.set(position, whole);
        over.add(position);
        return whole;
    }

    /// An input that differs from model to model, in memory of its own.
    Buffer spread(String name) {
        return spread(name, whole(one.buffer(name).type(), k));
    }

    /// A number of each model.
    void numbers(String name, double[] values) {
        var buffer = java.util.Arrays.stream(values).distinct().count() == 1 ? one.buffer(name) : spread(name);
        for (int i = 0; i < buffer.size(); i++) {
            buffer.set(i, values[i]);
        }
    }

    /// The memory of several inputs of one kind: once where all models share it, else for each model.
    List<List<Buffer>> examples(String name, boolean shared) {
        var names = one.each(name, one.names());
        if (shared) {
            return List.of(names.stream().map(this::buffer).toList());
        }
        var wholes = names.stream().map(this::spread).toList();
        return IntStream.range(0, k).mapToObj(i -> wholes.stream().map(whole -> part(whole, i)).toList()).toList();
    }

    Buffer buffer(String name) {
        return buffers.get(one.position(name));
    }

    List<Buffer> buffers() {
        return List.copyOf(buffers);
    }

    /// The graph of one model as that of all.
    Graph graph(Graph single) {
        return Batch.apply(single, k, over);
    }
}
