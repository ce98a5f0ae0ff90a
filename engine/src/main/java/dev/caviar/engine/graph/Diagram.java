package dev.caviar.engine.graph;

import java.util.List;

/// Boxes and arrows between them: a graph of ops or a model, to be drawn. Arrows go from earlier boxes to later ones.
///
/// [#dot] is text for Graphviz; a picture without it is drawn by the lab's plots.
///
/// ```java
/// var boxes = List.of(new Diagram.Box("x", List.of("f32[3]"), Diagram.Kind.INPUT), new Diagram.Box("tanh", List.of(), Diagram.Kind.OP));
/// String dot = new Diagram("tiny", boxes, List.of(new Diagram.Arrow(0, 1, "f32[3]"))).dot();
/// ```
///
/// @param title  what stands above it; may be empty
/// @param boxes  in an order in which no arrow goes back
/// @param arrows from box to box, by position
public record Diagram(String title, List<Box> boxes, List<Arrow> arrows) {
    /// What a box is, which decides how it looks.
    public enum Kind { INPUT, OP, OUTPUT }

    /// A title and lines of smaller text.
    ///
    /// ```java
    /// var box = new Diagram.Box("dense", List.of("Dense(10)", "650 parameters"), Diagram.Kind.OP);
    /// ```
    public record Box(String title, List<String> lines, Kind kind) {
        public Box {
            lines = List.copyOf(lines);
        }
    }

    /// From one box to another, with what passes along it; may be empty.
    ///
    /// ```java
    /// var arrow = new Diagram.Arrow(0, 1, "[64, 10]");
    /// ```
    public record Arrow(int from, int to, String label) {}

    public Diagram {
        boxes = List.copyOf(boxes);
        arrows = List.copyOf(arrows);
        for (var arrow : arrows) {
            if (arrow.from < 0 || arrow.from >= arrow.to || arrow.to >= boxes.size()) {
                throw new IllegalArgumentException("Diagram: " + arrow + " does not go from an earlier to a later one of " + boxes.size() + " boxes.");
            }
        }
    }

    /// As text for Graphviz.
    public String dot() {
        var out = new StringBuilder("digraph {\n  rankdir=TB\n  node [shape=box, style=\"rounded,filled\", fillcolor=white, fontname=\"sans-serif\"]\n");
        if (!title.isEmpty()) {
            out.append("  labelloc=t\n  label=").append(quoted(title)).append('\n');
        }
        for (int i = 0; i < boxes.size(); i++) {
            var box = boxes.get(i);
            var text = box.lines.isEmpty() ? box.title : box.title + "\n" + String.join("\n", box.lines);
            out.append("  n").append(i).append(" [label=").append(quoted(text)).append(switch (box.kind) {
                case INPUT -> ", shape=ellipse";
                case OP -> "";
                case OUTPUT -> ", penwidth=2";
            }).append("]\n");
        }
        for (var arrow : arrows) {
            out.append("  n").append(arrow.from).append(" -> n").append(arrow.to)
                    .append(arrow.label.isEmpty() ? "" : " [label=" + quoted(arrow.label) + "]").append('\n');
        }
        return out.append("}\n").toString();
    }

    private static String quoted(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + '"';
    }
}
