package dev.caviar.engine.tensor;

import dev.caviar.engine.kernel.Provider;
import dev.caviar.engine.memory.Buffer;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.List;

/// Computes each op at once. The default interpreter.
///
/// ```java
/// Tensor y = Eager.of(Provider.plain()).scoped(() -> Tensor.of(1f, 2f).exp());
/// ```
public final class Eager implements Interpreter {
    private final Provider provider;

    private static final class Default {
        static final Eager EAGER = new Eager(Provider.best());
    }

    private Eager(Provider provider) {
        this.provider = provider;
    }

    /// An interpreter that uses these routines.
    public static Eager of(Provider provider) {
        return new Eager(provider);
    }

    /// The one in force where nothing else is.
    public static Eager shared() {
        return Default.EAGER;
    }

    @Override
    public List<Tensor> apply(Op op, List<Tensor> in) {
        var buffers = new ArrayList<Buffer>(in.size());
        for (var tensor : in) {
            switch (tensor) {
                case Array array -> {
                    array.checkThread(op);
                    buffers.add(array.buffer());
                }
                case Sym sym -> throw sym.escaped(op.label() + " outside the trace");
            }
        }
        if (op instanceof Call call) {
            return scoped(() -> call.body().apply(in));
        }
        var types = op.infer(in.stream().map(Tensor::type).toList());
        if (op instanceof View) {
            return List.of(new Array(buffers.getFirst().as(types.getFirst())));
        }
        var out = new ArrayList<Buffer>(types.size());
        var arrays = new ArrayList<Tensor>(types.size());
        for (var type : types) {
            var array = Array.allocate(type);
            arrays.add(array);
            out.add(array.buffer());
        }
        op.run(new Args(provider, buffers, out));
        Reference.reachabilityFence(in);
        return List.copyOf(arrays);
    }
}
