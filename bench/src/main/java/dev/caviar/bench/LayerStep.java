package dev.caviar.bench;

import dev.caviar.bench.LayerCases.LayerCase;
import dev.caviar.engine.compile.Compiler;
import dev.caviar.engine.compile.Options;
import dev.caviar.engine.compile.Profile;
import dev.caviar.engine.compile.Program;
import dev.caviar.engine.grad.Gradient;
import dev.caviar.engine.graph.Trace;
import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Random;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.layer.Bound;
import dev.caviar.nn.layer.Needs;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/// A layer as one compiled program: Σ output · c for a fixed random c, its gradients with regard to inputs and parameters, and the new state.
final class LayerStep implements AutoCloseable {
    private final Program program;
    private final List<Buffer> in;
    private final List<Buffer> out;
    /// How many numbers the layer gives.
    final long size;

    LayerStep(LayerCase one, int threads) {
        var types = one.inputs();
        var needs = Needs.of(one.layer(), DType.F32, types.toArray(Type[]::new));
        var weights = needs.initial(1);
        var given = new ArrayList<Tensor>();
        for (var type : types) given.add(input(type, one.words(), given.size()));
        given.addAll(weights.values());
        needs.scalars().values().forEach(value -> given.add(Tensor.scalar(value, DType.F32)));
        given.add(Random.key(2));
        given.add(Random.normal(Random.key(3), needs.output()));
        size = needs.output().shape().size();
        var graph = Trace.of(all -> {
            var x = all.subList(0, types.size());
            var rest = all.subList(types.size(), all.size()).iterator();
            var named = named(weights.keySet(), rest);
            var scope = Bound.of(named, named(needs.scalars().keySet(), rest), rest.next(), true);
            var wanted = Stream.concat(x.stream().filter(tensor -> tensor.dtype().isFloat()), needs.params().keySet().stream().map(named::get)).toList();
            var found = Gradient.at(_ -> one.layer().apply(scope, x.toArray(Tensor[]::new)).mul(all.getLast()).sum(), wanted);
            return Stream.of(List.of(found.value()), found.gradients(), scope.updates().values().stream().map(Tensor::stopGradient).toList())
                    .<Tensor>flatMap(List::stream).toList();
        }, given.stream().map(Tensor::type).toList());
        program = Compiler.compile(graph, Options.of().withThreads(threads));
        in = given.stream().map(tensor -> tensor.array().buffer()).toList();
        out = graph.outputs().stream().map(tensor -> Buffer.allocate(tensor.type())).toList();
    }

    private static Map<String, Tensor> named(Set<String> names, Iterator<Tensor> values) {
        var all = new LinkedHashMap<String, Tensor>();
        names.forEach(name -> all.put(name, values.next()));
        return all;
    }

    private static Tensor input(Type type, long words, int number) {
        var key = Random.key(10L + number);
        if (type.dtype().isFloat()) return Random.normal(key, type);
        return Random.uniform(key, type.withDType(DType.F32)).mul(words).floor().cast(type.dtype());
    }

    void run() {
        program.run(in, out);
    }

    Profile profile() {
        return program.profile();
    }

    @Override
    public void close() {
        program.close();
    }
}
