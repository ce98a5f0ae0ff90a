package dev.caviar.nn.train;

import dev.caviar.engine.graph.Trace;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Random;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.layer.Bound;
import dev.caviar.nn.layer.Layer;
import dev.caviar.nn.layer.Needs;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/// A model as a table: each layer, what it gives for one example, how many numbers it has, the memory of these and of what it gives, and the
/// operations that it takes for one example at inference.
final class Summary {
    private static final String ROW = "%-28s %-28s %-16s %12s %10s %10s%n";

    private Summary() {}

    /// One layer; what is used again has its numbers once.
    private record Row(Needs.Part part, boolean again, long trained, long kept, long weightBytes, long outputBytes, long flops) {}

    static String of(Layer model, State state, Type[] in) {
        var needs = state.needs;
        var flops = flops(model, needs, in);
        var rows = new ArrayList<Row>();
        var seen = new HashSet<String>();
        for (var part : needs.parts()) {
            boolean first = seen.add(part.path());
            var prefix = part.path() + "/";
            rows.add(new Row(part, !first, first ? count(needs.params(), prefix) : 0, first ? count(needs.states(), prefix) : 0,
                    first ? bytes(needs.params(), prefix) + bytes(needs.states(), prefix) : 0, bytes(part.out()),
                    first ? flops.entrySet().stream().filter(e -> (e.getKey() + "/").startsWith(prefix)).mapToLong(Map.Entry::getValue).sum() : 0));
        }
        return text(rows, state, flops.values().stream().mapToLong(Long::longValue).sum());
    }

    private static String text(List<Row> rows, State state, long flops) {
        var out = new StringBuilder(String.format(ROW, "layer", "kind", "output", "parameters", "memory", "FLOPs"));
        for (var row : rows) {
            var kind = Layer.text(row.part.layer()) + (state.frozen(row.part.path() + "/") ? ", frozen" : "") + (row.again ? ", shared" : "");
            out.append(String.format(ROW, row.part.path(), kind, shape(row.part.out()), number(row.trained + row.kept),
                    memory(row.weightBytes + row.outputBytes), number(row.flops)));
        }
        var needs = state.needs;
        long kept = count(needs.states(), "");
        long all = count(needs.params(), "") + kept;
        long trained = needs.params().entrySet().stream().filter(e -> !state.frozen(e.getKey())).mapToLong(e -> e.getValue().type().shape().size()).sum();
        out.append(number(all)).append(" parameters, ").append(number(trained)).append(" of them trained");
        if (all - kept > trained) {
            out.append(", ").append(number(all - kept - trained)).append(" frozen");
        }
        long weights = bytes(needs.params(), "") + bytes(needs.states(), "");
        return out.append(String.format(Locale.ROOT, "%nmemory: %s of weights, %s of what layers give for one example%n", memory(weights),
                memory(rows.stream().mapToLong(Row::outputBytes).sum())))
                .append(String.format(Locale.ROOT, "one example takes %,d floating-point operations at inference%n", flops)).toString();
    }

    /// The operations of each part, by path.
    private static Map<String, Long> flops(Layer model, Needs needs, Type... in) {
        var types = new ArrayList<>(List.of(in));
        types.add(Random.KEY);
        var names = new ArrayList<String>();
        needs.params().forEach((path, wish) -> add(path, wish, names, types));
        needs.states().forEach((path, wish) -> add(path, wish, names, types));
        var graph = Trace.of(arguments -> {
            var values = new LinkedHashMap<String, Tensor>();
            for (int i = 0; i < names.size(); i++) {
                values.put(names.get(i), arguments.get(in.length + 1 + i));
            }
            return model.applyAll(Bound.of(values, arguments.get(in.length), false), arguments.subList(0, in.length).toArray(Tensor[]::new));
        }, types);
        var out = new LinkedHashMap<String, Long>();
        for (var node : graph.nodes()) {
            out.merge(node.origin().part(), node.op().cost(node.in().stream().map(Tensor::type).toList()).flops(), Long::sum);
        }
        return out;
    }

    private static void add(String path, Needs.Wish wish, List<String> names, List<Type> types) {
        names.add(path);
        types.add(wish.type());
    }

    static long count(Map<String, Needs.Wish> wishes, String prefix) {
        return wishes.entrySet().stream().filter(e -> e.getKey().startsWith(prefix))
                .mapToLong(e -> e.getValue().type().shape().size()).sum();
    }

    private static long bytes(Map<String, Needs.Wish> wishes, String prefix) {
        return wishes.entrySet().stream().filter(e -> e.getKey().startsWith(prefix)).mapToLong(e -> e.getValue().type().bytes()).sum();
    }

    private static long bytes(List<Type> types) {
        return types.stream().mapToLong(Type::bytes).sum();
    }

    private static String shape(List<Type> types) {
        return types.stream().map(type -> type.shape().without(List.of(0)).toString()).collect(Collectors.joining(", "));
    }

    private static String number(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }

    private static String memory(long bytes) {
        if (bytes < 1024) {
            return bytes + " B";
        }
        return bytes < 1 << 20 ? String.format(Locale.ROOT, "%.1f KiB", bytes / 1024.0) : String.format(Locale.ROOT, "%.1f MiB", bytes / 1048576.0);
    }
}
