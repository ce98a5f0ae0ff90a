package dev.caviar.engine.graph;

import dev.caviar.engine.tensor.Array;
import dev.caviar.engine.tensor.Node;
import dev.caviar.engine.tensor.Op;
import dev.caviar.engine.tensor.Sym;
import dev.caviar.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// Writes a graph as text: `%3 = mul(%1, %2) : f32[64, 10]  # dense`, the part of the model at the end where it has one.
final class Printer {
    private final Graph graph;
    private final Map<Object, String> names = new IdentityHashMap<>();

    Printer(Graph graph) {
        this.graph = graph;
    }

    String print() {
        var lines = new ArrayList<String>();
        int next = 0;
        for (int i = 0; i < graph.inputs().size(); i++) {
            var sym = graph.inputs().get(i);
            names.put(sym, "%" + next++);
            var given = graph.donated().get(i);
            lines.add(names.get(sym) + " = input " + i + " : " + sym.type() + (given == null ? "" : " donated to output " + given));
        }
        for (var node : graph.nodes()) {
            names.put(node, "%" + next++);
            lines.add(names.get(node) + " = " + call(node) + " : "
                    + node.out().stream().map(Object::toString).collect(Collectors.joining(", "))
                    + (node.origin().part().isEmpty() ? "" : "  # " + node.origin().part()));
        }
        lines.add("return " + graph.outputs().stream().map(this::name).collect(Collectors.joining(", ")));
        return String.join("\n", lines) + "\n";
    }

    /// A box for each input, op and output; small constants stand in the box that reads them.
    Diagram diagram() {
        var boxes = new ArrayList<Diagram.Box>();
        var arrows = new ArrayList<Diagram.Arrow>();
        var places = new IdentityHashMap<Object, Integer>();
        for (int i = 0; i < graph.inputs().size(); i++) {
            places.put(graph.inputs().get(i), boxes.size());
            boxes.add(new Diagram.Box("input " + i, List.of(graph.inputs().get(i).type().toString()), Diagram.Kind.INPUT));
        }
        for (var node : graph.nodes()) {
            var lines = new ArrayList<String>();
            if (!attributes(node.op()).isEmpty()) {
                lines.add(attributes(node.op()));
            }
            node.in().stream().filter(Array.class::isInstance).forEach(array -> lines.add(name(array)));
            if (!node.origin().part().isEmpty()) {
                lines.add(node.origin().part());
            }
            node.in().forEach(in -> arrow(in, boxes.size(), places, arrows));
            places.put(node, boxes.size());
            boxes.add(new Diagram.Box(node.op().label(), lines, Diagram.Kind.OP));
        }
        for (int i = 0; i < graph.outputs().size(); i++) {
            var output = graph.outputs().get(i);
            arrow(output, boxes.size(), places, arrows);
            boxes.add(new Diagram.Box("output " + i, List.of(output instanceof Array ? name(output) : output.type().toString()), Diagram.Kind.OUTPUT));
        }
        return new Diagram("", boxes, arrows);
    }

    private static void arrow(Tensor from, int to, Map<Object, Integer> places, List<Diagram.Arrow> arrows) {
        if (from instanceof Sym sym) {
            arrows.add(new Diagram.Arrow(places.get(sym.node() == null ? sym : sym.node()), to, sym.type().toString()));
        }
    }

    private String call(Node node) {
        return node.op().label() + attributes(node.op())
                + node.in().stream().map(this::name).collect(Collectors.joining(", ", "(", ")"));
    }

    /// A record's components, as it prints them itself; a constant has none.
    private static String attributes(Op op) {
        var text = op.toString();
        int open = text.indexOf('[');
        var inner = open < 0 ? "" : text.substring(open + 1, text.length() - 1);
        return op instanceof Enum || inner.isEmpty() ? "" : "{" + inner + "}";
    }

    private String name(Tensor tensor) {
        return switch (tensor) {
            case Array array -> array.type().shape().known() && array.type().shape().size() <= 4
                    ? array.toString().replace(" {", "{") : "constant " + array.type();
            case Sym sym -> {
                var node = sym.node();
                yield node == null ? names.get(sym)
                        : names.get(node) + (node.out().size() > 1 ? "." + sym.output() : "");
            }
        };
    }

}
