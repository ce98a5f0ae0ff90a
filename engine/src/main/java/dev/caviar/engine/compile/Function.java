package dev.caviar.engine.compile;

import dev.caviar.engine.graph.Graph;
import dev.caviar.engine.graph.Trace;
import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.Pool;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Array;
import dev.caviar.engine.tensor.Interpreter;
import dev.caviar.engine.tensor.Eager;
import dev.caviar.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;

/// A function of tensors that is traced once for each combination of input types and from then on runs as a program.
///
/// Variables may be read and assigned inside; ordinary Java `if` and loops outside of traced values decide at tracing.
/// Called inside another trace or under a tape, it is applied op by op there.
///
/// ```java
/// var f = Function.compile(x -> x.square().sum());
/// Tensor y = f.apply(Tensor.of(1f, 2f));          // 5
/// ```
public final class Function implements AutoCloseable {
    private static final int MOST_VARIANTS = 32;

    private final java.util.function.Function<List<Tensor>, List<Tensor>> body;
    private final Options options;
    private final Map<List<Type>, Variant> variants = new LinkedHashMap<>(16, 0.75f, true);

    private record Variant(Trace.Traced traced, Program program) {}

    private Function(java.util.function.Function<List<Tensor>, List<Tensor>> body, Options options) {
        this.body = body;
        this.options = options;
    }

    /// Compiles a function of one tensor.
    public static Function compile(UnaryOperator<Tensor> f) {
        return of(in -> List.of(f.apply(needed(in, 1).getFirst())), Options.of());
    }

    /// Compiles a function of two tensors.
    public static Function compile(BinaryOperator<Tensor> f) {
        return of(in -> List.of(f.apply(needed(in, 2).get(0), in.get(1))), Options.of());
    }

    /// Compiles a function of any number of tensors.
    public static Function of(java.util.function.Function<List<Tensor>, List<Tensor>> f, Options options) {
        return new Function(f, options);
    }

    private static List<Tensor> needed(List<Tensor> in, int number) {
        if (in.size() != number) {
            throw new IllegalArgumentException("A function of " + number + " was given " + in.size() + ": " + in.stream().map(Tensor::type).toList()
                    + ".\nMaybe compile one of a list, Function.of(f, options).");
        }
        return in;
    }

    /// The first output for these inputs.
    public Tensor apply(Tensor... in) {
        return call(List.of(in)).getFirst();
    }

    /// All outputs for these inputs.
    public List<Tensor> call(List<Tensor> in) {
        if (!(Interpreter.current() instanceof Eager)) {
            return body.apply(in);
        }
        synchronized (this) {
            return run(variant(in.stream().map(Tensor::type).toList()), in);
        }
    }

    /// The graph for inputs of these types, followed by the variables that it reads.
    public synchronized Graph graph(Type... types) {
        return variant(List.of(types)).traced.graph();
    }

    private Variant variant(List<Type> types) {
        var variant = variants.get(types);
        if (variant == null) {
            var traced = Trace.traced(body, types);
            variant = new Variant(traced, Compiler.compile(traced.graph(), options));
            variants.put(types, variant);
            if (variants.size() > MOST_VARIANTS) {
                var oldest = variants.entrySet().iterator();
                oldest.next().getValue().program.close();
                oldest.remove();
            }
        }
        return variant;
    }

    private static List<Tensor> run(Variant variant, List<Tensor> in) {
        var graph = variant.traced.graph();
        var buffers = new ArrayList<Buffer>();
        in.forEach(tensor -> buffers.add(tensor.array().buffer()));
        variant.traced.reads().forEach(variable -> buffers.add(variable.current().buffer()));
        var out = graph.outputs().stream().map(tensor -> Pool.shared().allocate(tensor.type())).toList();
        variant.program.run(buffers, out);
        var values = new ArrayList<Tensor>();
        out.forEach(buffer -> values.add(Tensor.wrap(buffer)));
        int results = values.size() - variant.traced.writes().size();
        for (int i = 0; i < variant.traced.writes().size(); i++) {
            variant.traced.writes().get(i).set((Array) values.get(results + i));
        }
        return List.copyOf(values.subList(0, results));
    }

    @Override
    public synchronized void close() {
        variants.values().forEach(variant -> variant.program.close());
        variants.clear();
    }
}
